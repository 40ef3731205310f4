/// The variables of chumpy, which stand for their value.
extension PickledArrayReader {
  /// The value of a variable, of what selects from one, or of what only moves its numbers.
  ///
  /// - Throws: `ArchiveError` of an expression that would have to be computed, by name.
  mutating func variable(
    _ object: Pickle.Node, _ name: String, _ depth: Int
  ) throws(ArchiveError) -> StoredArray? {
    let state = pickle.state(object)
    let kind = String(name.split(separator: ".").last ?? "")
    func unread(_ reason: String) -> ArchiveError {
      file.error(
        .unsupported,
        "is an expression of chumpy (\(name.dropFirst("chumpy.".count)))\(reason); save its value, .r")
    }
    func operand(_ name: String) throws(ArchiveError) -> StoredArray {
      guard let value = state[name], let array = try array(value, depth: depth + 1) else {
        throw unread(" without its '\(name)'")
      }
      return array
    }
    func number(_ name: String) -> Int? { state[name].flatMap(pickle.integer) }
    defer { origin = "chumpy's \(kind)" }

    switch kind {
    case "Ch":
      guard let value = state["x"] else { throw file.damage("a chumpy variable has no value") }
      return try array(value, depth: depth + 1)
    case "Select":
      let whole = try operand("a")
      let places = try operand("idxs").integers()
      try take(16 * (whole.count + places.count))
      let numbers = try whole.doubles()
      guard places.allSatisfy({ -numbers.count <= $0 && $0 < numbers.count }) else {
        throw file.damage("a selection of chumpy reaches outside its array")
      }
      let chosen = places.map { numbers[$0 < 0 ? $0 + numbers.count : $0] }
      let shape = try filled(state["preferred_shape"] ?? .none, chosen.count) ?? [chosen.count]
      return try StoredArray(writing: chosen, shape: shape, isWhole: whole.type.isWhole, for: file)
    case "Reshape":
      let whole = try operand("a")
      guard let shape = try filled(state["newshape"] ?? .none, whole.count) else { throw unread("") }
      return try rowMajor(whole).reshaped(shape)
    case "transpose", "Transpose":
      let whole = try operand("a")
      let rank = whole.shape.count
      var axes = Array((0..<rank).reversed())
      if let given = state["axes"].flatMap(pickle.integers) { axes = given.map { $0 < 0 ? $0 + rank : $0 } }
      return try permuted(whole, axes)
    case "swapaxes", "Swapaxes":
      let whole = try operand("a")
      let rank = whole.shape.count
      guard let first = number("axis1"), let second = number("axis2"),
        (-rank..<rank).contains(first), (-rank..<rank).contains(second)
      else { throw unread("") }
      var axes = Array(0..<rank)
      axes.swapAt((first + rank) % rank, (second + rank) % rank)
      return try permuted(whole, axes)
    case "AtleastNd":
      let whole = try operand("x")
      // A vector becomes one row.
      guard let rank = number("ndims"), whole.shape.count >= rank || rank < 3 else { throw unread("") }
      let ones = [Int](repeating: 1, count: max(0, rank - whole.shape.count))
      return try rowMajor(whole).reshaped(ones + whole.shape)
    case "Concatenate":
      guard let names = state["dterms"].flatMap(pickle.sequence)?.compactMap({ pickle.text($0) }),
        !names.isEmpty
      else { throw unread("") }
      var parts: [StoredArray] = []
      for name in names { parts.append(try operand(name)) }
      return try concatenated(parts, along: number("axis") ?? 0)
    default: throw unread("")
    }
  }

  /// A shape whose −1 is what the others leave; nil if there is none.
  private func filled(_ value: Pickle.Value, _ count: Int) throws(ArchiveError) -> [Int]? {
    guard var shape = pickle.integers(value) ?? pickle.integer(value).map({ [$0] }) else { return nil }
    var known = 1
    for length in shape where length != -1 {
      let (product, overflow) = known.multipliedReportingOverflow(by: length)
      guard length >= 0, !overflow else { throw file.damage("a shape of chumpy is impossible: \(shape)") }
      known = product
    }
    if let open = shape.firstIndex(of: -1), known > 0 { shape[open] = count / known }
    guard !shape.contains(-1),
      shape.reduce(1, { $0.multipliedReportingOverflow(by: $1).partialValue }) == count
    else { throw file.damage("a shape of chumpy does not hold \(count) numbers: \(shape)") }
    return shape
  }

  private mutating func rowMajor(_ array: StoredArray) throws(ArchiveError) -> StoredArray {
    guard array.strides != nil else { return array }
    try take(16 * array.count)
    return try StoredArray(
      writing: array.doubles(), shape: array.shape, isWhole: array.type.isWhole, for: file)
  }

  /// Dimension `axes[i]` of an array as dimension `i`.
  private func permuted(_ array: StoredArray, _ axes: [Int]) throws(ArchiveError) -> StoredArray {
    guard axes.sorted() == Array(array.shape.indices) else {
      throw file.damage("a transposition of chumpy is impossible: \(axes)")
    }
    let strides = array.strides ?? StoredArray.rowMajor(array.shape)
    return try StoredArray(
      shape: axes.map { array.shape[$0] }, type: array.type, strides: axes.map { strides[$0] },
      in: array.bytes)
  }

  private mutating func concatenated(
    _ parts: [StoredArray], along axis: Int
  ) throws(ArchiveError) -> StoredArray {
    let rank = parts[0].shape.count
    let axis = axis < 0 ? axis + rank : axis
    func others(_ part: StoredArray) -> [Int] {
      part.shape.indices.filter { $0 != axis }.map { part.shape[$0] }
    }
    guard (0..<rank).contains(axis),
      parts.allSatisfy({ $0.shape.count == rank && others($0) == others(parts[0]) })
    else { throw file.damage("arrays of chumpy do not fit together") }
    var count = 0
    for part in parts { count += part.count }
    try take(3 * 8 * count)
    var columns: [(numbers: [Double], width: Int)] = []
    for part in parts { columns.append((try part.doubles(), part.shape[axis...].reduce(1, *))) }
    let rows = parts[0].shape[..<axis].reduce(1, *)
    var joined: [Double] = []
    joined.reserveCapacity(count)
    for row in 0..<rows {
      for (numbers, width) in columns { joined += numbers[row * width..<(row + 1) * width] }
    }
    var shape = parts[0].shape
    shape[axis] = parts.reduce(0) { $0 + $1.shape[axis] }
    return try StoredArray(writing: joined, shape: shape, for: file)
  }
}
