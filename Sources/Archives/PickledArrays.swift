/// What a pickle holds in arrays: a dictionary of them, such as a body model of SMPL, or one alone.
///
/// Dictionaries inside become names with dots, rows of dictionaries an array for each key, and what stands for an
/// array is one (`PickledArrayReader`). A short list of arrays gives one of each besides, `NAME.0`, `NAME.1`, …:
/// the people of a sequence of 3DPW. Anything else is left out.
struct PickledArrays: ArrayFile {
  private(set) var names: [String] = []
  private(set) var hiddenNames: [String] = []
  private(set) var metadata: [String: String] = [:]
  /// Whether joblib wrote the numbers between the instructions.
  let isJoblib: Bool
  /// Whether the root is a dictionary, whose names are those of the arrays.
  let isDictionary: Bool
  private var arrays: [String: StoredArray] = [:]
  private var origins: [String: String] = [:]
  private var reasons: [String: String] = [:]
  private(set) var leftOut: [(name: String, reason: String)] = []

  private var reader: PickledArrayReader
  private var memberCount = 0

  /// More people than any picture is annotated with.
  private static let longestList = 64
  /// More than any body model has, or any sequence.
  private static let mostMembers = 100_000
  /// More values than the rows of any annotation file have.
  private static let mostRowValues = 1_000_000
  private static let deepest = 4

  init(_ file: Bytes) throws(ArchiveError) {
    let pickle = try PickleMachine.run(file)
    isJoblib = pickle.hasRawArrays
    reader = PickledArrayReader(pickle: pickle, file: file)
    let root = reader.unwrapped(pickle.root)
    if let members = reader.members(root) {
      isDictionary = true
      for (name, value) in members { try add(value, as: name) }
    } else if let rows = reader.rows(root) {
      isDictionary = true
      try add(rows: rows, as: nil)
    } else {
      isDictionary = false
      try add(root, as: Archive.onlyArray)
    }
    leftOut = reasons.map { ($0.key, $0.value) }.sorted { $0.name < $1.name }
    reader.forget()
    guard !names.isEmpty else {
      let reason = reasons.count == 1 ? ": " + reasons.first!.value : ""
      throw file.error(
        .unsupported, "the pickle contains \(pickle.describe(root)) without arrays\(reason)")
    }
  }

  private mutating func add(
    _ value: Pickle.Value, as name: String, depth: Int = 0
  ) throws(ArchiveError) {
    memberCount += 1
    guard memberCount <= Self.mostMembers else {
      throw reader.file.error(.unsupported, "a dictionary has more than \(Self.mostMembers) members")
    }
    let value = reader.unwrapped(value)
    if let text = reader.pickle.text(value, upTo: 200) {
      metadata[name] = text
      return
    }
    if depth < Self.deepest {
      if let members = reader.members(value), !members.isEmpty {
        for (key, value) in members { try add(value, as: "\(name).\(key)", depth: depth + 1) }
        return
      }
      if let rows = reader.rows(value) { return try add(rows: rows, as: name) }
    }
    let items = reader.items(value)
    let isShort = items.map { (1...Self.longestList).contains($0.count) } ?? false
    let stacked = isShort ? (try? reader.array(value)) ?? nil : nil
    let isSpread =
      isShort && items!.allSatisfy { reader.pickle.node($0, .object) != nil }
      && stacked.map { $0.shape.count > 1 } ?? true
    try add(name, isHidden: isSpread) { (reader) throws(ArchiveError) in
      try reader.array(value)
    } otherwise: { reader in
      "'\(name)' is \(reader.pickle.describe(value)), not an array"
    }
    let isListOfTexts =
      isShort && reader.pickle.sequence(value) != nil && items!.allSatisfy { reader.pickle.text($0) != nil }
    guard isSpread || isListOfTexts else { return }
    for (index, item) in items!.enumerated() { try add(item, as: "\(name).\(index)", depth: Self.deepest) }
  }

  /// Rows that are dictionaries give an array for each key of the first, where all have it.
  private mutating func add(rows: [Pickle.Value], as name: String?) throws(ArchiveError) {
    let (rows, count) = reader.tables(rows, upTo: Self.mostRowValues)
    guard let first = rows?.first else {
      let reason = "rows have \(count) values, more than \(Self.mostRowValues); save an array for each key"
      guard let name else { throw reader.file.error(.unsupported, reason) }
      reasons[name] = "'\(name)': \(reason)"
      return
    }
    for key in first.keys.sorted() {
      let column = rows!.compactMap { $0[key] }
      let full = name.map { "\($0).\(key)" } ?? key
      memberCount += 1
      guard column.count == rows!.count, memberCount <= Self.mostMembers else {
        reasons[full] = "'\(full)' is not in all rows"
        continue
      }
      try add(full, isHidden: false) { (reader) throws(ArchiveError) in
        try reader.stacked(column, depth: 0)
      } otherwise: { _ in
        "'\(full)' is not an array in all rows"
      }
    }
  }

  private mutating func add(
    _ name: String, isHidden: Bool,
    _ make: (inout PickledArrayReader) throws(ArchiveError) -> StoredArray?,
    otherwise: (PickledArrayReader) -> String
  ) throws(ArchiveError) {
    reader.file.entry = name
    reader.origin = nil
    do throws(ArchiveError) {
      if let array = try make(&reader) {
        if arrays.updateValue(array.called(name), forKey: name) == nil {
          if isHidden { hiddenNames.append(name) } else { names.append(name) }
        }
        origins[name] = reader.origin
      } else {
        reasons[name] = otherwise(reader)
      }
    } catch {
      guard error.kind == .unsupported else { throw error }
      reasons[name] = "'\(name)': \(error.message)"
    }
  }

  func array(_ name: String) throws(ArchiveError) -> StoredArray { arrays[name]! }
  func origin(_ name: String) -> String? { origins[name] }
  func reasonAgainst(_ name: String) -> String? { reasons[name] }
}
