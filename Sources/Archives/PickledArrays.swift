/// A pickled dictionary of arrays, such as a body model of SMPL.
///
/// A list of arrays or texts gives one of each, `NAME.0`, `NAME.1`, …: the people of a sequence of 3DPW. Known are
/// the arrays of NumPy, the sparse matrices of SciPy (which become dense) and the variables of chumpy (which
/// stand for their value); anything else is left out.
struct PickledArrays: ArrayFile {
  private(set) var names: [String] = []
  private(set) var metadata: [String: String] = [:]
  private var arrays: [String: StoredArray] = [:]
  private var reasons: [String: String] = [:]

  init(_ file: Bytes) throws(ArchiveError) {
    let pickle = try PickleMachine.run(file)
    let members = pickle.members(pickle.root) ?? [(Archive.onlyArray, pickle.root)]
    var reader = PickledArrayReader(pickle: pickle, file: file)
    guard let spread = Self.spread(members, pickle) else {
      throw file.error(.unsupported, "a dictionary has more than \(Self.mostMembers) members")
    }
    for (name, value) in spread {
      reader.file.entry = name
      do throws(ArchiveError) {
        if let array = try reader.array(value) {
          names.append(name)
          arrays[name] = array
        } else if let text = pickle.text(value, upTo: 200) {
          metadata[name] = text
        } else {
          reasons[name] = "'\(name)' is \(pickle.describe(value)), not an array"
        }
      } catch {
        guard error.kind == .unsupported else { throw error }
        reasons[name] = "'\(name)': \(error.message)"
      }
    }
    guard !names.isEmpty else {
      throw file.error(.unsupported, "the pickle contains \(pickle.describe(pickle.root)) without arrays")
    }
  }

  /// More people than any picture is annotated with.
  private static let longestList = 64
  /// More than any body model has, or any sequence.
  private static let mostMembers = 100_000

  /// The members, lists of a few objects or texts replaced by their items; nil when there are too many.
  private static func spread(
    _ members: [(name: String, value: Pickle.Value)], _ pickle: Pickle
  ) -> [(name: String, value: Pickle.Value)]? {
    var spread: [(name: String, value: Pickle.Value)] = []
    for (name, value) in members {
      if let list = pickle.node(value, .list), (1...longestList).contains(list.items.count),
        list.items.allSatisfy({ pickle.node($0, .object) != nil })
          || list.items.allSatisfy({ pickle.text($0) != nil })
      {
        for (index, item) in list.items.enumerated() { spread.append(("\(name).\(index)", item)) }
      } else {
        spread.append((name, value))
      }
      guard spread.count <= mostMembers else { return nil }
    }
    return spread
  }

  func array(_ name: String) throws(ArchiveError) -> StoredArray { arrays[name]! }
  func reasonAgainst(_ name: String) -> String? { reasons[name] }
}

/// Makes arrays of the objects of one member of a pickle.
private struct PickledArrayReader {
  let pickle: Pickle
  var file: Bytes
  /// How many numbers of sparse matrices may still be written out: more than any body model has.
  private var room = 1 << 24

  init(pickle: Pickle, file: Bytes) {
    self.pickle = pickle
    self.file = file
  }

  /// The array that a value stands for; nil if it is nothing of the kind.
  mutating func array(_ value: Pickle.Value, depth: Int = 0) throws(ArchiveError) -> StoredArray? {
    guard depth < 8, let object = pickle.node(value, .object), let name = pickle.className(object) else {
      return nil
    }
    switch name {
    case "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct":
      // (version, shape, type, whether Fortran's order, bytes)
      guard let state = pickle.tuple(object.state), state.count == 5, let shape = pickle.integers(state[1])
      else {
        throw file.damage("an array lacks its state")
      }
      let type = try elementType(state[2])
      let isFortran = pickle.integer(state[3]) == 1
      return try StoredArray(
        shape: shape, type: type, strides: isFortran ? StoredArray.columnMajor(shape) : nil,
        in: bytes(state[4]))
    case "numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer":
      // (bytes, type, shape, order)
      guard let arguments = pickle.tuple(object.arguments), arguments.count == 4,
        let shape = pickle.integers(arguments[2])
      else { throw file.damage("an array lacks its bytes") }
      let isFortran = pickle.text(arguments[3]) == "F"
      return try StoredArray(
        shape: shape, type: elementType(arguments[1]),
        strides: isFortran ? StoredArray.columnMajor(shape) : nil, in: bytes(arguments[0]))
    case "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar":
      guard let arguments = pickle.tuple(object.arguments), arguments.count == 2 else {
        throw file.damage("a number lacks its bytes")
      }
      return try StoredArray(shape: [], type: elementType(arguments[0]), in: bytes(arguments[1]))
    case "chumpy.ch.Ch":
      guard let value = pickle.state(object)["x"] else {
        throw file.damage("a chumpy variable has no value")
      }
      return try array(value, depth: depth + 1)
    case _ where name.hasPrefix("scipy.sparse.") && name.hasSuffix(".csc_matrix"):
      return try dense(object, isByColumns: true, depth: depth)
    case _ where name.hasPrefix("scipy.sparse.") && name.hasSuffix(".csr_matrix"):
      return try dense(object, isByColumns: false, depth: depth)
    default: return nil
    }
  }

  private func bytes(_ value: Pickle.Value) throws(ArchiveError) -> Bytes {
    guard case .bytes(var bytes) = value else {
      throw file.error(.unsupported, "arrays of Python objects are not supported")
    }
    bytes.entry = file.entry
    return bytes
  }

  /// `numpy.dtype('f8', …)` with the state (3, '<', …).
  private func elementType(_ value: Pickle.Value) throws(ArchiveError) -> ElementType {
    guard let object = pickle.node(value, .object), pickle.className(object) == "numpy.dtype",
      let name = pickle.tuple(object.arguments)?.first.flatMap({ pickle.text($0) }), name.utf8.count < 20
    else { throw file.damage("an array lacks its type") }
    let order = pickle.tuple(object.state).flatMap { $0.count > 1 ? pickle.text($0[1]) : nil } ?? "|"
    return try Npy.elementType(order + name, file)
  }

  /// A sparse matrix written out in 64-bit floats; values of one place add up.
  private mutating func dense(
    _ object: Pickle.Node, isByColumns: Bool, depth: Int
  ) throws(ArchiveError) -> StoredArray {
    let state = pickle.state(object)
    func part(_ name: String) throws(ArchiveError) -> StoredArray {
      guard let value = state[name], let array = try array(value, depth: depth + 1) else {
        throw file.damage("a sparse matrix lacks '\(name)'")
      }
      return array
    }
    guard let shape = (state["_shape"] ?? state["shape"]).flatMap(pickle.integers), shape.count == 2,
      shape.allSatisfy({ (0...room).contains($0) }), shape[0] * shape[1] <= room
    else { throw file.damage("a sparse matrix has no shape, or is too large") }
    room -= shape[0] * shape[1]
    let values = try part("data").doubles()
    let (indices, starts) = try (part("indices").integers(), part("indptr").integers())
    let (lines, places) = isByColumns ? (shape[1], shape[0]) : (shape[0], shape[1])
    guard starts.count == lines + 1, starts.first == 0, zip(starts, starts.dropFirst()).allSatisfy(<=),
      starts.last! <= min(values.count, indices.count), indices.allSatisfy({ 0 <= $0 && $0 < places })
    else { throw file.damage("a sparse matrix contradicts itself") }
    let bytes = Bytes(unpackedFrom: file, count: 8 * shape[0] * shape[1]) { output in
      let output = output.bindMemory(to: Double.self)
      output.initialize(repeating: 0)
      for line in 0..<lines {
        for k in starts[line]..<starts[line + 1] {
          output[isByColumns ? indices[k] * shape[1] + line : line * shape[1] + indices[k]] += values[k]
        }
      }
    }
    return try StoredArray(shape: shape, type: .float64, in: bytes)
  }
}
