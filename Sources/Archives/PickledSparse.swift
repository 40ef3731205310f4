/// SciPy's sparse matrices and arrays, written out in 64-bit floats; values of one place add up.
extension PickledArrayReader {
  /// No sparse array that is read here has more values.
  private static let mostEntries = 1 << 24

  /// - Throws: `ArchiveError` when it contradicts itself, or is of no known format.
  mutating func sparse(
    _ object: Pickle.Node, _ name: String, _ depth: Int
  ) throws(ArchiveError) -> StoredArray? {
    // The module is scipy.sparse.csc or, since 1.8, scipy.sparse._csc; the class csc_matrix or csc_array.
    let kind = String(name.split(separator: ".").last ?? "")
    guard kind.hasSuffix("_matrix") || kind.hasSuffix("_array"), let format = kind.split(separator: "_").first
    else { return nil }
    let state = pickle.state(object)
    let shape = try shape(state)
    let count = shape.reduce(1, *)
    try take(8 * count)
    let entries: [Entry]
    switch format {
    case "csc", "csr": entries = try compressed(state, shape, isByColumns: format == "csc", depth)
    case "bsr": entries = try blocks(state, shape, depth)
    case "coo": entries = try coordinates(state, shape, depth)
    case "dia": entries = try diagonals(state, shape, depth)
    case "lil": entries = try lists(state, shape)
    case "dok": entries = try keys(object, state, shape, depth)
    default:
      throw file.error(.unsupported, "is SciPy's \(kind), which is not supported; save it with .toarray()")
    }
    let bytes = Bytes(unpackedFrom: file, count: 8 * count) { output in
      let output = output.bindMemory(to: Double.self)
      output.initialize(repeating: 0)
      for entry in entries { output[entry.place] += entry.value }
    }
    origin = "SciPy's \(kind)"
    return try StoredArray(shape: shape, type: .float64, in: bytes)
  }

  private typealias Entry = (place: Int, value: Double)

  private func contradiction() -> ArchiveError { file.damage("a sparse matrix contradicts itself") }

  private func shape(_ state: [String: Pickle.Value]) throws(ArchiveError) -> [Int] {
    guard let shape = (state["_shape"] ?? state["shape"]).flatMap(pickle.integers),
      (1...8).contains(shape.count)
    else { throw file.damage("a sparse matrix has no shape, or is too large") }
    var count = 8
    for length in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: length)
      guard length >= 0, !overflow, product <= room, length <= room else {
        throw file.damage("a sparse matrix has no shape, or is too large")
      }
      count = product
    }
    return shape
  }

  private mutating func part(
    _ name: String, _ state: [String: Pickle.Value], _ depth: Int
  ) throws(ArchiveError) -> StoredArray {
    guard let value = state[name], let array = try array(value, depth: depth + 1) else {
      throw file.damage("a sparse matrix lacks '\(name)'")
    }
    guard array.count <= Self.mostEntries else { throw file.damage("a sparse matrix is too large") }
    // What is shared by many matrices is converted for each.
    try take(8 * array.count)
    return array
  }

  /// Rows or columns one after the other: where each begins, the places in it, the values.
  private mutating func compressed(
    _ state: [String: Pickle.Value], _ shape: [Int], isByColumns: Bool, _ depth: Int
  ) throws(ArchiveError) -> [Entry] {
    let values = try part("data", state, depth).doubles()
    let indices = try part("indices", state, depth).integers()
    let starts = try part("indptr", state, depth).integers()
    // One dimension is one row.
    guard shape.count == 2 || shape.count == 1 && !isByColumns else { throw contradiction() }
    let (rows, columns) = shape.count == 2 ? (shape[0], shape[1]) : (1, shape[0])
    let (lines, places) = isByColumns ? (columns, rows) : (rows, columns)
    try check(starts, indices, lines, places, values.count)
    var entries: [Entry] = []
    for line in 0..<lines {
      for k in starts[line]..<starts[line + 1] {
        entries.append((isByColumns ? indices[k] * columns + line : line * columns + indices[k], values[k]))
      }
    }
    return entries
  }

  private func check(
    _ starts: [Int], _ indices: [Int], _ lines: Int, _ places: Int, _ count: Int
  ) throws(ArchiveError) {
    guard starts.count == lines + 1, starts.first == 0, zip(starts, starts.dropFirst()).allSatisfy(<=),
      starts.last! <= min(count, indices.count), indices.allSatisfy({ 0 <= $0 && $0 < places })
    else { throw contradiction() }
  }

  /// Rows of blocks, each of the same height and width.
  private mutating func blocks(
    _ state: [String: Pickle.Value], _ shape: [Int], _ depth: Int
  ) throws(ArchiveError) -> [Entry] {
    let data = try part("data", state, depth)
    let (height, width) = data.shape.count == 3 ? (data.shape[1], data.shape[2]) : (0, 0)
    guard shape.count == 2, height > 0, width > 0, shape[0] % height == 0, shape[1] % width == 0 else {
      throw contradiction()
    }
    let values = try data.doubles()
    let indices = try part("indices", state, depth).integers()
    let starts = try part("indptr", state, depth).integers()
    let lines = shape[0] / height
    try check(starts, indices, lines, shape[1] / width, data.shape[0])
    var entries: [Entry] = []
    for line in 0..<lines {
      for k in starts[line]..<starts[line + 1] {
        for row in 0..<height {
          for column in 0..<width {
            let place = (line * height + row) * shape[1] + indices[k] * width + column
            entries.append((place, values[(k * height + row) * width + column]))
          }
        }
      }
    }
    return entries
  }

  /// A place in every dimension for every value: `row` and `col`, and since SciPy 1.13 the tuple `coords`.
  private mutating func coordinates(
    _ state: [String: Pickle.Value], _ shape: [Int], _ depth: Int
  ) throws(ArchiveError) -> [Entry] {
    let values = try part("data", state, depth).doubles()
    var state = state
    var names = ["row", "col"]
    if let coordinates = state["coords"].flatMap(pickle.sequence) {
      guard coordinates.count == shape.count else { throw contradiction() }
      names = coordinates.indices.map { "coords \($0)" }
      for (name, value) in zip(names, coordinates) { state[name] = value }
    }
    guard names.count == shape.count else { throw contradiction() }
    var places = [Int](repeating: 0, count: values.count)
    for (name, length) in zip(names, shape) {
      let indices = try part(name, state, depth).integers()
      guard indices.count == values.count, indices.allSatisfy({ 0 <= $0 && $0 < length }) else {
        throw contradiction()
      }
      for k in places.indices { places[k] = places[k] * length + indices[k] }
    }
    return zip(places, values).map { ($0, $1) }
  }

  /// Diagonals, each by its distance from the main one, indexed by column.
  private mutating func diagonals(
    _ state: [String: Pickle.Value], _ shape: [Int], _ depth: Int
  ) throws(ArchiveError) -> [Entry] {
    let data = try part("data", state, depth)
    let offsets = try part("offsets", state, depth).integers()
    guard shape.count == 2, data.shape.count == 2, data.shape[0] == offsets.count,
      Set(offsets).count == offsets.count
    else { throw contradiction() }
    let values = try data.doubles()
    var entries: [Entry] = []
    for (line, offset) in offsets.enumerated() {
      for column in 0..<min(data.shape[1], shape[1]) {
        let (row, overflow) = column.subtractingReportingOverflow(offset)
        if !overflow, row >= 0, row < shape[0] {
          entries.append((row * shape[1] + column, values[line * data.shape[1] + column]))
        }
      }
    }
    return entries
  }

  /// For each row a list of columns and a list of values.
  private mutating func lists(
    _ state: [String: Pickle.Value], _ shape: [Int]
  ) throws(ArchiveError) -> [Entry] {
    guard shape.count == 2, let rows = state["rows"].flatMap(items), let data = state["data"].flatMap(items),
      rows.count == shape[0], data.count == rows.count
    else { throw contradiction() }
    var entries: [Entry] = []
    for (row, (columns, values)) in zip(rows, data).enumerated() {
      guard let columns = items(columns), let values = items(values), columns.count == values.count,
        entries.count + values.count <= Self.mostEntries
      else { throw contradiction() }
      for (column, value) in zip(columns, values) {
        let column = try number(column)
        guard column >= 0, column < Double(shape[1]) else { throw contradiction() }
        entries.append((row * shape[1] + Int(column), try number(value)))
      }
    }
    return entries
  }

  /// A dictionary of values by their places.
  private mutating func keys(
    _ object: Pickle.Node, _ state: [String: Pickle.Value], _ shape: [Int], _ depth: Int
  ) throws(ArchiveError) -> [Entry] {
    // In the state since SciPy 1.12; before, the matrix is a dictionary itself.
    var members = object.members
    if let inner = state["_dict"].flatMap({ pickle.node($0, .dictionary) }) {
      members = inner.members
    } else if members.isEmpty,
      let base = pickle.tuple(object.arguments)?.last.flatMap({ pickle.node($0, .dictionary) })
    {
      members = base.members
    }
    guard members.count <= Self.mostEntries else { throw contradiction() }
    var entries: [Entry] = []
    for (key, value) in members {
      let key = pickle.tuple(key) ?? [key]
      guard key.count == shape.count else { throw contradiction() }
      var place = 0
      for (index, length) in zip(key, shape) {
        let index = try number(index)
        guard index >= 0, index < Double(length) else { throw contradiction() }
        place = place * length + Int(index)
      }
      entries.append((place, try number(value)))
    }
    return entries
  }

  /// A number of Python's or of NumPy's.
  private mutating func number(_ value: Pickle.Value) throws(ArchiveError) -> Double {
    switch value {
    case .integer(let value): return Double(value)
    case .float(let value): return value
    case .bool(let value): return value ? 1 : 0
    default:
      guard let array = try array(value, depth: 1), array.count == 1, let number = try array.doubles().first
      else { throw contradiction() }
      return number
    }
  }
}
