/// Makes arrays of what a pickle describes.
///
/// Known are the arrays of NumPy, as pickle and joblib write them, those of Python objects that stack, lists of
/// numbers, texts and arrays of one shape, the sparse matrices and arrays of SciPy (which become dense), the variables
/// of chumpy (which stand for their value) and the tensors of PyTorch.
struct PickledArrayReader: Sendable {
  private(set) var pickle: Pickle
  var file: Bytes
  /// How many bytes may still be written out: in proportion to the file, since one thing may be there many times.
  var room: Int
  /// What the last array was made of, where that is more than an array.
  var origin: String?
  /// What was made of objects and lists before: a pickle may refer to one as often as it likes.
  private var made: [Int: (array: Result<StoredArray?, ArchiveError>, origin: String?)] = [:]
  /// How many bytes of checkpoints within the pickle may still be read.
  var innerRoom: Int

  private static let deepest = 8

  init(pickle: Pickle, file: Bytes) {
    self.pickle = pickle
    self.file = file
    room = min(1 << 32, 1 << 27 + 4 * file.count)
    innerRoom = 1 << 20 + 4 * file.count
  }

  /// Lets go of everything but the arrays that were handed out.
  mutating func forget() {
    pickle = Pickle(nodes: [], root: .none, end: 0, hasRawArrays: false)
    made = [:]
  }

  /// The array that a value stands for; nil if it is nothing of the kind.
  ///
  /// - Throws: `ArchiveError` when it is damaged, or of a kind that is not read.
  mutating func array(_ value: Pickle.Value, depth: Int = 0) throws(ArchiveError) -> StoredArray? {
    switch value {
    case .bool, .integer, .float:
      origin = "a number"
      return try Self.numbers([value], shape: [], self)
    case .node(let index):
      guard depth < Self.deepest else { return nil }
      if let known = made[index] {
        origin = known.origin
        return try known.array.get()
      }
      // What holds itself is no array.
      made[index] = (.success(nil), nil)
      origin = nil
      do throws(ArchiveError) {
        let array = try read(pickle.nodes[index], value, depth)
        made[index] = (.success(array), origin)
        return array
      } catch {
        made[index] = (.failure(error), nil)
        throw error
      }
    default: return nil
    }
  }

  private mutating func read(
    _ node: Pickle.Node, _ value: Pickle.Value, _ depth: Int
  ) throws(ArchiveError) -> StoredArray? {
    switch node.kind {
    case .list, .tuple: return try stacked(node.items, depth: depth)
    case .object:
      guard let name = pickle.className(node) else { return nil }
      return try object(node, name, value, depth)
    default: return nil
    }
  }

  private mutating func object(
    _ object: Pickle.Node, _ name: String, _ value: Pickle.Value, _ depth: Int
  ) throws(ArchiveError) -> StoredArray? {
    if let objects = objectArray(value) { return try array(of: objects, depth) }
    switch name {
    case "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct":
      // (version, shape, type, whether Fortran's order, bytes)
      guard let state = pickle.tuple(object.state), state.count == 5, let shape = pickle.integers(state[1])
      else {
        throw file.damage("an array lacks its state")
      }
      return try array(state[2], shape, isFortran: pickle.integer(state[3]) == 1, in: state[4])
    case "numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer":
      // (bytes, type, shape, order)
      guard let arguments = pickle.tuple(object.arguments), arguments.count == 4,
        let shape = pickle.integers(arguments[2])
      else { throw file.damage("an array lacks its bytes") }
      return try array(
        arguments[1], shape, isFortran: pickle.text(arguments[3]) == "F", in: arguments[0])
    case "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar":
      guard let arguments = pickle.tuple(object.arguments), arguments.count == 2 else {
        throw file.damage("a number lacks its bytes")
      }
      return try array(arguments[0], [], isFortran: false, in: arguments[1])
    case _ where JoblibArray.isWrapper(object):
      let state = pickle.state(object)
      guard let shape = state["shape"].flatMap(pickle.integers), let type = state["dtype"],
        let bytes = object.items.first
      else { throw file.damage("an array of joblib lacks its numbers") }
      return try array(
        type, shape, isFortran: state["order"].flatMap { pickle.text($0) } == "F", in: bytes)
    case _ where JoblibArray.isNamedFile(name):
      throw file.error(
        .unsupported,
        "its numbers are in a file beside this one, as joblib before 0.10 wrote them; load it with joblib.load and "
          + "save it with numpy.savez")
    case _ where name.hasPrefix("chumpy."): return try variable(object, name, depth)
    case _ where name.hasPrefix("scipy.sparse."): return try sparse(object, name, depth)
    case _ where name.hasPrefix("torch."): return try tensor(value)
    default: return nil
    }
  }

  private func array(
    _ type: Pickle.Value, _ shape: [Int], isFortran: Bool, in bytes: Pickle.Value
  ) throws(ArchiveError) -> StoredArray {
    guard let type = try pickle.elementType(type, file), case .bytes(var bytes) = bytes else {
      throw file.error(.unsupported, "arrays of Python objects are not supported")
    }
    bytes.entry = file.entry
    return try StoredArray(
      shape: shape, type: type, strides: isFortran ? StoredArray.columnMajor(shape) : nil, in: bytes)
  }

  // MARK: Arrays of Python objects

  /// The shape and the items, in row-major order, of an array of Python objects.
  private func objectArray(_ value: Pickle.Value) -> (shape: [Int], items: [Pickle.Value])? {
    guard var object = pickle.node(value, .object) else { return nil }
    // joblib keeps such an array as a pickle within, of an array.
    if JoblibArray.isWrapper(object) {
      guard let inner = object.items.first.flatMap({ pickle.node($0, .object) }) else { return nil }
      object = inner
    }
    guard case .global(let maker) = object.maker, maker.hasSuffix("core.multiarray._reconstruct"),
      let state = pickle.tuple(object.state), state.count == 5, let shape = pickle.integers(state[1]),
      let items = pickle.sequence(state[4])
    else { return nil }
    return (shape, items)
  }

  private mutating func array(
    of objects: (shape: [Int], items: [Pickle.Value]), _ depth: Int
  ) throws(ArchiveError) -> StoredArray? {
    var count = 1
    for length in objects.shape {
      guard length >= 0, length <= objects.items.count else { count = -1; break }
      count = min(count * length, objects.items.count + 1)
    }
    guard count == objects.items.count else {
      throw file.damage("an array of objects of shape \(objects.shape) has \(objects.items.count) of them")
    }
    guard let stacked = try stacked(objects.items, depth: depth + 1) else {
      throw file.error(
        .unsupported, "arrays of Python objects are not supported; save it as numbers or as text")
    }
    origin = "an array of objects"
    return try stacked.reshaped(objects.shape + stacked.shape.dropFirst())
  }

  // MARK: Containers

  /// What an array of one object without dimensions holds, or the value itself.
  func unwrapped(_ value: Pickle.Value) -> Pickle.Value {
    var value = value
    for _ in 0..<Self.deepest {
      guard let (shape, items) = objectArray(value), shape.isEmpty, items.count == 1 else { break }
      value = items[0]
    }
    return value
  }

  /// The members of a dictionary, in order; nil if it is none.
  func members(_ value: Pickle.Value) -> [(name: String, value: Pickle.Value)]? {
    pickle.node(value, .dictionary).map { pickle.named($0, numbered: true) }
  }

  /// The items of a list, a tuple, or an array of objects with one dimension.
  func items(_ value: Pickle.Value) -> [Pickle.Value]? {
    if let items = pickle.sequence(value) { return items }
    guard let (shape, items) = objectArray(value), shape.count == 1 else { return nil }
    return items
  }

  /// The items of what holds dictionaries and nothing else.
  func rows(_ value: Pickle.Value) -> [Pickle.Value]? {
    guard let items = items(value), !items.isEmpty,
      items.allSatisfy({ pickle.node($0, .dictionary) != nil })
    else { return nil }
    return items
  }

  /// The members of rows, nil if there are more than so many; and how many they are.
  func tables(_ rows: [Pickle.Value], upTo most: Int) -> ([[String: Pickle.Value]]?, count: Int) {
    let count = rows.reduce(0) { $0 + (pickle.node($1, .dictionary)?.members.count ?? 0) }
    guard count <= most else { return (nil, count) }
    let tables = rows.map { row in
      Dictionary((members(row) ?? []).map { ($0.name, unwrapped($0.value)) }) { _, last in last }
    }
    return (tables, count)
  }
}
