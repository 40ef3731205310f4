import Foundation

/// A JSON object whose lists of numbers and texts are arrays, or a list of such objects, which are rows of them.
///
/// What is in an object within has a name such as `smpl.betas`; numbers and texts of their own are arrays of no dimension
/// and metadata.
struct JSONArrays: ArrayFile {
  private(set) var names: [String] = []
  private(set) var metadata: [String: String] = [:]
  private var arrays: [String: StoredArray] = [:]
  private let file: Bytes
  /// How many bytes may still be written out.
  private var room: Int

  /// Whether a file begins as JSON does.
  static func looksLike(_ file: Bytes) -> Bool {
    guard let head = try? file.slice(0, count: min(file.count, 64)) else { return false }
    return head.withBytes { bytes in
      let first = bytes.first { ![0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf].contains($0) }
      return first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
    }
  }

  init(_ file: Bytes) throws(ArchiveError) {
    self.file = file
    room = 8 * file.count
    let value = try JSONValue(file.withBytes { Data($0) }, from: file.file)
    switch value {
    case .object(let members): try add(members, "", depth: 0)
    case .array(let rows):
      let rows = rows.compactMap(\.object)
      // Columns that all rows have.
      for name in rows.first?.keys.sorted() ?? [] {
        let column = rows.compactMap { $0[name] }
        if column.count == rows.count { try add(.array(column), name, depth: 0) }
      }
    default: break
    }
    guard !names.isEmpty else { throw file.error(.unsupported, "is JSON without lists of numbers or texts") }
  }

  func array(_ name: String) throws(ArchiveError) -> StoredArray { arrays[name]! }

  private mutating func add(
    _ members: [String: JSONValue], _ prefix: String, depth: Int
  ) throws(ArchiveError) {
    for (name, value) in members.sorted(by: { $0.key < $1.key }) {
      try add(value, prefix + name, depth: depth)
    }
  }

  private mutating func add(_ value: JSONValue, _ name: String, depth: Int) throws(ArchiveError) {
    if case .object(let members) = value {
      if depth < 4 { try add(members, name + ".", depth: depth + 1) }
      return
    }
    if let text = value.string {
      if text.utf8.count <= 200 { metadata[name] = text }
      return
    }
    var (values, isWhole): ([Double], Bool) = ([], true)
    if let shape = Self.collect(value, &values, &isWhole), 8 * values.count <= room {
      room -= 8 * values.count
      arrays[name] = try StoredArray(writing: values, shape: shape, isWhole: isWhole, for: file)
    } else if let items = value.array {
      let texts = items.compactMap(\.string)
      let width = max(1, texts.map(\.utf8.count).max() ?? 1)
      guard !texts.isEmpty, texts.count == items.count, width * texts.count <= room else { return }
      room -= width * texts.count
      arrays[name] = try StoredArray(writing: texts, width: width, for: file)
    }
    if arrays[name] != nil { names.append(name) }
  }

  /// The shape of a number or of lists of numbers of equal lengths, whose numbers are added; nil of anything else.
  private static func collect(_ value: JSONValue, _ values: inout [Double], _ isWhole: inout Bool) -> [Int]? {
    if let number = value.number {
      values.append(number)
      isWhole = isWhole && value.integer != nil
      return []
    }
    guard let items = value.array, !items.isEmpty else { return nil }
    var inner: [Int]?
    for item in items {
      guard let shape = collect(item, &values, &isWhole), shape == inner ?? shape else { return nil }
      inner = shape
    }
    return [items.count] + inner!
  }
}
