/// A dense block of 32-bit floats in row-major order.
///
/// A tensor is a value: a copy shares its memory until one of the two is changed. Feature maps are
/// `[batch, rows, columns, channels]`, so that the channels of a pixel are side by side and a run of pixels
/// is a matrix that needs no rearranging.
public struct Tensor: Sendable {
  /// The length of every dimension, the slowest first.
  public let shape: [Int]
  private var storage: GuardedMemory

  /// A tensor of one value throughout.
  public init(_ shape: [Int], repeating value: Float = 0) {
    self.init(uninitialized: shape)
    storage.elements.update(repeating: value)
  }

  /// A tensor of the given elements, in row-major order; their count must be that of the shape.
  public init(_ shape: [Int], _ elements: some Collection<Float>) {
    self.init(uninitialized: shape)
    precondition(elements.count == storage.elements.count, "\(elements.count) elements do not fill \(shape)")
    _ = storage.elements.update(fromContentsOf: elements)
  }

  /// A tensor whose elements are whatever the memory held; the caller writes every one.
  package init(uninitialized shape: [Int]) {
    precondition(shape.allSatisfy { $0 >= 0 }, "negative dimension in \(shape)")
    self.shape = shape
    storage = GuardedMemory(byteCount: shape.reduce(1, *) * MemoryLayout<Float>.size)
  }

  /// The number of elements.
  public var count: Int { storage.elements.count }

  /// The elements in row-major order.
  public var elements: [Float] { Array(storage.elements) }

  /// The element at an index per dimension.
  public subscript(_ index: Int...) -> Float {
    get { storage.elements[offset(index)] }
    set {
      let offset = offset(index)
      withMutableElements { $0[offset] = newValue }
    }
  }

  private func offset(_ index: [Int]) -> Int {
    precondition(index.count == shape.count, "\(index.count) indices for a tensor of shape \(shape)")
    var offset = 0
    for (i, n) in zip(index, shape) {
      precondition(i >= 0 && i < n, "index \(index) is outside \(shape)")
      offset = offset * n + i
    }
    return offset
  }

  /// The same elements under another shape of the same count.
  public func reshaped(_ shape: [Int]) -> Tensor {
    precondition(shape.reduce(1, *) == count, "\(self.shape) cannot be reshaped to \(shape)")
    return Tensor(shape: shape, storage: storage)
  }

  private init(shape: [Int], storage: GuardedMemory) {
    self.shape = shape
    self.storage = storage
  }

  /// Lends the elements for reading.
  public func withElements<R, E>(_ body: (UnsafeBufferPointer<Float>) throws(E) -> R) throws(E) -> R {
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeBufferPointer(storage.elements))
  }

  /// Lends the elements for writing, after copying them if another tensor shares them.
  public mutating func withMutableElements<R, E>(
    _ body: (UnsafeMutableBufferPointer<Float>) throws(E) -> R
  ) throws(E) -> R {
    let memory = uniqueMemory()
    defer { withExtendedLifetime(memory) {} }
    return try body(memory.elements)
  }

  /// The memory of the elements, for libraries that read there.
  package var memory: GuardedMemory { storage }

  /// The memory of the elements, for libraries that write there and are checked afterwards; the elements are copied
  /// first if another tensor shares them.
  package mutating func uniqueMemory() -> GuardedMemory {
    if !isKnownUniquelyReferenced(&storage) {
      let copy = GuardedMemory(byteCount: storage.byteCount)
      _ = copy.elements.update(fromContentsOf: storage.elements)
      storage = copy
    }
    return storage
  }

  /// Part of the first dimension: `range.count` consecutive entries.
  public func rows(_ range: Range<Int>) -> Tensor {
    precondition(!shape.isEmpty && range.lowerBound >= 0 && range.upperBound <= shape[0])
    let stride = shape[0] == 0 ? 0 : count / shape[0]
    let result = Tensor(uninitialized: [range.count] + shape.dropFirst())
    let source = storage.elements[range.lowerBound * stride..<range.upperBound * stride]
    _ = result.storage.elements.update(fromContentsOf: source)
    return result
  }

  /// Tensors of one shape stacked along the first dimension.
  public init(stacking parts: [Tensor]) {
    let inner = parts.first.map { Array($0.shape.dropFirst()) } ?? []
    self.init(uninitialized: [parts.reduce(0) { $0 + $1.shape[0] }] + inner)
    var offset = 0
    for part in parts {
      precondition(Array(part.shape.dropFirst()) == inner, "\(part.shape) cannot be stacked on \(inner)")
      _ = UnsafeMutableBufferPointer(rebasing: storage.elements[offset..<offset + part.count])
        .update(fromContentsOf: part.storage.elements)
      offset += part.count
    }
  }

  /// A new tensor of `transform` applied to every element.
  public func map(_ transform: (Float) -> Float) -> Tensor {
    let result = Tensor(uninitialized: shape)
    for i in 0..<count { result.storage.elements[i] = transform(storage.elements[i]) }
    return result
  }

  /// Whether no element is infinite or not a number.
  public var isFinite: Bool { storage.elements.allSatisfy(\.isFinite) }
}

extension Tensor: Equatable {
  /// Whether shape and every element are equal.
  public static func == (a: Tensor, b: Tensor) -> Bool {
    a.shape == b.shape && a.storage.elements.elementsEqual(b.storage.elements)
  }
}
