/// Arrays as joblib writes them since 0.10: an object that says shape and type, then the numbers themselves between
/// the instructions of the pickle.
enum JoblibArray {
  /// Whether an object says of an array that its numbers follow.
  static func isWrapper(_ node: Pickle.Node) -> Bool {
    guard case .global(let name) = node.maker else { return false }
    return name.hasSuffix("joblib.numpy_pickle.NumpyArrayWrapper")
  }

  /// Whether an object names a file that has the numbers, as before joblib 0.10.
  static func isNamedFile(_ className: String) -> Bool {
    className.hasSuffix("joblib.numpy_pickle.NDArrayWrapper")
      || className.hasSuffix("joblib.numpy_pickle.ZNDArrayWrapper")
  }
}

extension PickleMachine {
  /// Reads what follows the description of an array, and keeps it as the description's only item.
  mutating func readRawArray(of index: Int) throws(ArchiveError) {
    hasRawArrays = true
    guard let (count, isPadded) = try extentOfRawArray(nodes[index]) else {
      // Python objects are a pickle of their own.
      nodes[index].items = [try innerProgram()]
      return
    }
    if isPadded { _ = try run(Int(byte())) }
    nodes[index].items = [.bytes(try run(count))]
  }

  /// How many bytes follow, and whether padding goes before; nil where a pickle follows.
  private func extentOfRawArray(_ node: Pickle.Node) throws(ArchiveError) -> (count: Int, isPadded: Bool)? {
    let pickle = Pickle(nodes: nodes, root: .none, end: at, hasRawArrays: true)
    let state = pickle.state(node)
    guard let shape = state["shape"].flatMap(pickle.integers), let type = state["dtype"] else {
      throw bytes.damage("an array of joblib lacks its shape or its type", at: at)
    }
    guard var count = try pickle.elementSize(type, bytes) else { return nil }
    for length in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: length)
      guard length >= 0, !overflow else {
        throw bytes.damage("an array declares the impossible shape \(shape)", at: at)
      }
      count = product
    }
    return (count, state["numpy_array_alignment_bytes"].flatMap(pickle.integer) != nil)
  }
}

extension Pickle {
  /// The type that `numpy.dtype('f8', …)` with the state (3, '<', …) stands for; nil is Python's objects.
  ///
  /// - Throws: `ArchiveError` when the type is not read, or the value is none.
  func elementType(_ value: Value, _ file: Bytes) throws(ArchiveError) -> ElementType? {
    let (name, state) = try typeName(value, file)
    if name.hasPrefix("O") { return nil }
    return try Npy.elementType((state.count > 1 ? text(state[1]) ?? "|" : "|") + name, file)
  }

  /// How many bytes an element of a type takes, also of types that are not read; nil is Python's objects.
  func elementSize(_ value: Value, _ file: Bytes) throws(ArchiveError) -> Int? {
    let (name, state) = try typeName(value, file)
    let holdsObjects = state.last.flatMap(integer).map { $0 & 1 == 1 } ?? false
    if name.hasPrefix("O") || holdsObjects { return nil }
    guard let size = Int(name.dropFirst()), (0...1 << 24).contains(size) else {
      throw file.error(.unsupported, "arrays of type '\(name)' are not supported")
    }
    return name.hasPrefix("U") ? 4 * size : size
  }

  private func typeName(_ value: Value, _ file: Bytes) throws(ArchiveError) -> (String, state: [Value]) {
    guard let object = node(value, .object), className(object) == "numpy.dtype",
      let name = tuple(object.arguments)?.first.flatMap({ text($0) }), name.utf8.count < 20
    else { throw file.damage("an array lacks its type") }
    return (name, tuple(object.state) ?? [])
  }
}
