import Archives
import Tensors

/// The numbers of a condition on disk: arrays `[people, …]`, and in `is_measured` which people are in them.
struct ConditionFile {
  private static let measured = "is_measured"

  let path: String
  private var isMeasured: [Bool]
  private var rows: [String: [Tensor?]] = [:]

  /// Reads a file, with room for `people`; a file that does not exist has no one.
  ///
  /// - Throws: `ArchiveError`; `EvaluationError` when arrays are missing or not those of the condition.
  init(_ path: String, _ condition: Condition, people: Int) throws {
    self.path = path
    isMeasured = Array(repeating: false, count: people)
    missing = Array(0..<people)
    guard try isThere(path) else { return }
    let archive = try Archive(contentsOf: path)
    let flags = try archive.tensor(Self.measured).elements
    if flags.count > people { isMeasured += Array(repeating: false, count: flags.count - people) }
    for name in archive.names where name != Self.measured {
      let array = try archive.tensor(name)
      let shape = Array(array.shape.dropFirst())
      guard array.shape.first == flags.count,
        shape == condition.shapes[name] ?? OcclusionStatistics.Key(rawValue: name)?.shape
      else {
        throw EvaluationError(.badData, path, "'\(name)' has another shape; remove the file to measure again")
      }
      rows[name] = isMeasured.indices.map { person in
        person < flags.count && flags[person] == 1
          ? array.rows(person..<person + 1).reshaped(shape) : nil
      }
    }
    // A measurement that was interrupted before its first person has no arrays yet.
    if flags.contains(1), let name = condition.shapes.keys.sorted().first(where: { rows[$0] == nil }) {
      throw EvaluationError(.badData, path, "'\(name)' is missing; remove the file to measure again")
    }
    for (person, flag) in flags.enumerated() { isMeasured[person] = flag == 1 }
    missing = isMeasured.indices.prefix(people).filter { !isMeasured[$0] }
  }

  /// The people that are not measured.
  private(set) var missing: [Int]

  mutating func set(_ values: [String: Tensor], of person: Int) {
    for (name, value) in values {
      rows[name, default: Array(repeating: nil, count: isMeasured.count)][person] = value
    }
    isMeasured[person] = true
    missing.removeAll { $0 == person }
  }

  /// The arrays of the first people.
  func arrays(_ people: Int) -> [String: Tensor] {
    rows.compactMapValues { rows in
      guard let shape = rows.compactMap(\.self).first?.shape else { return nil }
      let none = Tensor(shape, repeating: .nan)
      return Tensor(stacking: rows.prefix(people).map { ($0 ?? none).reshaped([1] + shape) })
    }
  }

  func write() throws {
    let flags = Tensor([isMeasured.count], isMeasured.map { $0 ? 1 : 0 })
    let arrays = arrays(isMeasured.count).sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    try Npz.write([(Self.measured, flags)] + arrays, to: path)
  }
}
