import Tensors

/// The type of the elements of an array in a file.
public enum ElementType: Hashable, Sendable, CustomStringConvertible {
  case float16, bfloat16, float32, float64
  case int8, int16, int32, int64
  case uint8, uint16, uint32, uint64
  case bool
  /// Text of so many Unicode code points of 32 bits, padded with zeros.
  case text32(Int)
  /// Text of so many bytes, padded with zeros.
  case text8(Int)

  /// Whether the elements are texts and not numbers.
  public var isText: Bool {
    switch self {
    case .text32, .text8: true
    default: false
    }
  }

  /// Whether the elements are whole numbers or truth values.
  var isWhole: Bool {
    switch self {
    case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .bool: true
    default: false
    }
  }

  /// How many bytes an element takes.
  public var size: Int {
    switch self {
    case .int8, .uint8, .bool: 1
    case .float16, .bfloat16, .int16, .uint16: 2
    case .float32, .int32, .uint32: 4
    case .float64, .int64, .uint64: 8
    case .text32(let count): 4 * count
    case .text8(let count): count
    }
  }

  /// The name as NumPy and PyTorch spell it.
  public var description: String {
    switch self {
    case .float16: "float16"
    case .bfloat16: "bfloat16"
    case .float32: "float32"
    case .float64: "float64"
    case .int8: "int8"
    case .int16: "int16"
    case .int32: "int32"
    case .int64: "int64"
    case .uint8: "uint8"
    case .uint16: "uint16"
    case .uint32: "uint32"
    case .uint64: "uint64"
    case .bool: "bool"
    case .text32(let count): "text[\(count)]"
    case .text8(let count): "bytes[\(count)]"
    }
  }
}

/// An array as it is in a file: little-endian, not yet converted.
struct StoredArray: Sendable {
  let shape: [Int]
  let type: ElementType
  /// How many elements are between neighbours along every dimension; nil for dense row-major order.
  let strides: [Int]?
  private(set) var bytes: Bytes

  var count: Int { shape.reduce(1, *) }

  /// Elements that share their place in the file must not grow into a burden.
  private static let mostShared = 1 << 20

  /// - Throws: `ArchiveError` unless all elements are in `bytes`, of which the rest is left away.
  init(shape: [Int], type: ElementType, strides: [Int]? = nil, in bytes: Bytes) throws(ArchiveError) {
    self.shape = shape
    self.type = type
    guard shape.count <= 64 else { throw bytes.damage("has \(shape.count) dimensions", at: 0) }
    guard let count = Self.product(shape.map { max(1, $0) }, type.size), shape.allSatisfy({ $0 >= 0 }) else {
      throw bytes.damage("declares the impossible shape \(shape)", at: 0)
    }
    var needed = shape.contains(0) ? 0 : count * type.size
    if let strides, strides != Self.rowMajor(shape), needed > 0 {
      guard strides.count == shape.count, strides.allSatisfy({ 0 <= $0 && $0 < 1 << 48 }) else {
        throw bytes.damage("declares the impossible strides \(strides)", at: 0)
      }
      var last = 0
      for (length, stride) in zip(shape, strides) {
        let (step, overflow) = (length - 1).multipliedReportingOverflow(by: stride)
        guard !overflow, step < 1 << 48 else { throw bytes.damage("is impossibly large", at: 0) }
        last += step
      }
      guard count <= max(last + 1, Self.mostShared) else {
        throw bytes.damage("declares \(count) elements where \(last + 1) are stored", at: 0)
      }
      needed = (last + 1) * type.size
      self.strides = strides
    } else {
      self.strides = nil
    }
    guard needed <= bytes.count else {
      throw bytes.damage(
        "is truncated: \(type) elements of shape \(shape) need \(needed) bytes, there are \(bytes.count)",
        at: bytes.count)
    }
    self.bytes = try bytes.slice(0, count: needed)
  }

  /// The same elements in another shape of as many.
  ///
  /// - Throws: `ArchiveError` unless they lie in row-major order.
  func reshaped(_ shape: [Int]) throws(ArchiveError) -> StoredArray {
    guard strides == nil, shape.reduce(1, *) == count else { throw bytes.damage("has no shape \(shape)") }
    return try StoredArray(shape: shape, type: type, in: bytes)
  }

  /// The same array under the name that errors call it by.
  func called(_ name: String) -> StoredArray {
    var array = self
    array.bytes.entry = name
    return array
  }

  /// The strides of a dense array whose last index runs fastest.
  static func rowMajor(_ shape: [Int]) -> [Int] { columnMajor(shape.reversed()).reversed() }

  /// The strides of a dense array whose first index runs fastest, as in Fortran.
  static func columnMajor(_ shape: [Int]) -> [Int] {
    var stride = 1
    return shape.map { length in
      defer { stride = stride.multipliedReportingOverflow(by: max(1, length)).partialValue }
      return stride
    }
  }

  /// The product of lengths, if so many elements are thinkable.
  private static func product(_ lengths: [Int], _ size: Int) -> Int? {
    var bytes = max(1, size)
    var count = 1
    for length in lengths {
      let (product, overflow) = bytes.multipliedReportingOverflow(by: length)
      guard !overflow, product < 1 << 48 else { return nil }
      bytes = product
      count *= length
    }
    return count
  }

  /// The numbers as 32-bit floats in row-major order.
  ///
  /// - Throws: `ArchiveError` for text.
  func tensor() throws(ArchiveError) -> Tensor {
    switch type {
    case .float16: read(UInt16.self) { Float(Float16(bitPattern: $0)) }
    case .bfloat16: read(UInt16.self) { Float(bitPattern: UInt32($0) << 16) }
    case .float32: read(UInt32.self) { Float(bitPattern: $0) }
    case .float64: read(UInt64.self) { Float(Double(bitPattern: $0)) }
    case .int8: read(Int8.self) { Float($0) }
    case .int16: read(Int16.self) { Float($0) }
    case .int32: read(Int32.self) { Float($0) }
    case .int64: read(Int64.self) { Float($0) }
    case .uint8: read(UInt8.self) { Float($0) }
    case .uint16: read(UInt16.self) { Float($0) }
    case .uint32: read(UInt32.self) { Float($0) }
    case .uint64: read(UInt64.self) { Float($0) }
    case .bool: read(UInt8.self) { $0 == 0 ? 0 : 1 }
    case .text32, .text8: throw bytes.error(.missingArray, "contains text instead of numbers")
    }
  }

  /// The numbers in row-major order, 64-bit floats as they are.
  ///
  /// - Throws: `ArchiveError` for text.
  func doubles() throws(ArchiveError) -> [Double] {
    if type == .float64 { return list(UInt64.self) { Double(bitPattern: $0) } }
    // Beyond 24 bits a float would round them.
    if type.isWhole, let integers = try? integers() { return integers.map(Double.init) }
    return try tensor().elements.map(Double.init)
  }

  /// The whole numbers, in row-major order.
  ///
  /// - Throws: `ArchiveError` for other types, and for numbers beyond 63 bits.
  func integers() throws(ArchiveError) -> [Int] {
    switch type {
    case .int8: return list(Int8.self) { Int($0) }
    case .int16: return list(Int16.self) { Int($0) }
    case .int32: return list(Int32.self) { Int($0) }
    case .int64: return list(Int64.self) { Int($0) }
    case .uint8: return list(UInt8.self) { Int($0) }
    case .uint16: return list(UInt16.self) { Int($0) }
    case .uint32: return list(UInt32.self) { Int($0) }
    case .uint64:
      let values = list(UInt64.self) { $0 }
      guard values.allSatisfy({ $0 <= Int.max }) else {
        throw bytes.error(.unsupported, "contains unsigned 64-bit numbers, which are not supported")
      }
      return values.map { Int($0) }
    case .bool: return list(UInt8.self) { $0 == 0 ? 0 : 1 }
    default: throw bytes.error(.missingArray, "contains \(type) instead of whole numbers")
    }
  }

  /// The texts, in row-major order, without their padding.
  ///
  /// - Throws: `ArchiveError` for numbers.
  func strings() throws(ArchiveError) -> [String] {
    switch type {
    case .text32(let length):
      return list { start in
        bytes.withBytes { bytes in
          var text = String.UnicodeScalarView()
          for at in start * length..<(start + 1) * length {
            let point = bytes.loadUnaligned(fromByteOffset: 4 * at, as: UInt32.self)
            if point != 0 { text.append(Unicode.Scalar(point) ?? "\u{fffd}") }
          }
          return String(text)
        }
      }
    case .text8(let length):
      return list { start in
        bytes.withBytes {
          String(decoding: $0[start * length..<(start + 1) * length].filter { $0 != 0 }, as: UTF8.self)
        }
      }
    default: throw bytes.error(.missingArray, "contains \(type) instead of text")
    }
  }

  /// What `element` makes of the place of each element, in row-major order.
  private func list<T>(_ element: (Int) -> T) -> [T] {
    guard let strides else { return (0..<count).map(element) }
    var result: [T] = []
    result.reserveCapacity(count)
    forEachPlace(strides) { result.append(element($0)) }
    return result
  }

  private func list<Raw: FixedWidthInteger, T>(_ raw: Raw.Type, _ convert: (Raw) -> T) -> [T] {
    bytes.withBytes { bytes in
      list {
        convert(
          Raw(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Raw>.size, as: Raw.self)))
      }
    }
  }

  @inline(__always)
  private func read<Raw: FixedWidthInteger>(_ raw: Raw.Type, _ convert: (Raw) -> Float) -> Tensor {
    Tensor(shape) { output in bytes.withBytes { fill(output, from: $0, raw, convert) } }
  }

  @inline(__always)
  private func fill<Raw: FixedWidthInteger>(
    _ output: UnsafeMutablePointer<Float>, from bytes: UnsafeRawBufferPointer, _ raw: Raw.Type,
    _ convert: (Raw) -> Float
  ) {
    if let strides {
      var i = 0
      forEachPlace(strides) { place in
        output[i] = convert(
          bytes.loadUnaligned(fromByteOffset: place * MemoryLayout<Raw>.size, as: Raw.self))
        i += 1
      }
    } else if type == .float32 {
      UnsafeMutableRawBufferPointer(start: output, count: bytes.count).copyMemory(from: bytes)
    } else {
      for i in 0..<count {
        output[i] = convert(bytes.loadUnaligned(fromByteOffset: i * MemoryLayout<Raw>.size, as: Raw.self))
      }
    }
  }

  /// Where each element is, in row-major order.
  private func forEachPlace(_ strides: [Int], _ body: (Int) -> Void) {
    var index = [Int](repeating: 0, count: shape.count)
    var place = 0
    for _ in 0..<count {
      body(place)
      var axis = shape.count - 1
      while axis >= 0 {
        index[axis] += 1
        place += strides[axis]
        if index[axis] < shape[axis] { break }
        place -= strides[axis] * shape[axis]
        index[axis] = 0
        axis -= 1
      }
    }
  }
}
