public import Foundation

/// A value of JSON that is written the same way every time.
///
/// Members of objects are sorted by name, whole numbers stay whole, and other numbers keep every bit.
public enum JSONValue: Hashable, Sendable {
  case null
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  /// The member of an object; nil for other values.
  public subscript(_ key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members[key]
  }

  /// The text, if this is one.
  public var string: String? { if case .string(let value) = self { value } else { nil } }

  /// The whole number, if this is one.
  public var integer: Int? { if case .integer(let value) = self { value } else { nil } }

  /// The number, whole or not, if this is one.
  public var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  /// The truth value, if this is one.
  public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

  /// The items, if this is an array.
  public var array: [JSONValue]? { if case .array(let items) = self { items } else { nil } }

  /// The members, if this is an object.
  public var object: [String: JSONValue]? { if case .object(let members) = self { members } else { nil } }

  /// The value as JSON, over several lines with two spaces a level; short arrays of numbers stay on one.
  ///
  /// Numbers that JSON does not know are written as the texts `"NaN"`, `"Infinity"` and `"-Infinity"`.
  public var text: String {
    var text = ""
    write(to: &text, indent: "\n")
    return text + "\n"
  }

  /// The value as JSON without any space.
  public var compactText: String {
    var text = ""
    write(to: &text, indent: nil)
    return text
  }

  /// Appends the JSON; `indent` is the line break and the spaces of this level, nil for none at all.
  private func write(to text: inout String, indent: String?) {
    let inner = indent.map { $0 + "  " }
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .integer(let value): text += String(value)
    case .number(let value):
      text +=
        value.isFinite ? "\(value)" : value.isNaN ? "\"NaN\"" : value < 0 ? "\"-Infinity\"" : "\"Infinity\""
    case .string(let value): Self.quote(value, to: &text)
    case .array(let items):
      let isFlat = items.allSatisfy { $0.array == nil && $0.object == nil }
      text += "["
      for (i, item) in items.enumerated() {
        if i > 0 { text += "," }
        text += isFlat ? (i > 0 && indent != nil ? " " : "") : inner ?? ""
        item.write(to: &text, indent: inner)
      }
      text += isFlat ? "]" : (indent ?? "") + "]"
    case .object(let members):
      text += "{"
      for (i, (key, value)) in members.sorted(by: { $0.key < $1.key }).enumerated() {
        text += (i > 0 ? "," : "") + (inner ?? "")
        Self.quote(key, to: &text)
        text += indent == nil ? ":" : ": "
        value.write(to: &text, indent: inner)
      }
      text += members.isEmpty ? "}" : (indent ?? "") + "}"
    }
  }

  /// Appends a text in quotes, escaped only where it must be, as RFC 8785 does.
  static func quote(_ value: String, to text: inout String) {
    text += "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\u{8}": text += "\\b"
      case "\t": text += "\\t"
      case "\n": text += "\\n"
      case "\u{c}": text += "\\f"
      case "\r": text += "\\r"
      case "\0"..<" ": text += (scalar.value < 16 ? "\\u000" : "\\u00") + String(scalar.value, radix: 16)
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }

  /// The value that `text` is.
  ///
  /// - Throws: `ArchiveError` that names `file` and the byte of the first mistake.
  public init(_ text: Data, from file: String) throws(ArchiveError) {
    // Data lends its bytes to untyped closures only.
    let value = text.withUnsafeBytes { bytes in
      Result { () throws(JSONText.Mistake) in try JSONText.read(bytes) }
    }
    switch value {
    case .success(let value): self = value
    case .failure(let mistake):
      throw ArchiveError(.damaged, file: file, byte: mistake.byte, mistake.message)
    }
  }

  /// The value that a `JSONEncoder` makes of a Swift value.
  public init(encoding value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    try self.init(encoder.encode(value), from: "JSON")
  }

  /// A Swift value made of this one.
  public func decoded<T: Decodable>(as type: T.Type = T.self) throws -> T {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    return try decoder.decode(type, from: Data(text.utf8))
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  /// A text.
  public init(stringLiteral value: String) { self = .string(value) }
  /// A whole number.
  public init(integerLiteral value: Int) { self = .integer(value) }
  /// A number.
  public init(floatLiteral value: Double) { self = .number(value) }
  /// A truth value.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// Null.
  public init(nilLiteral: ()) { self = .null }
  /// An array.
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  /// An object; of two members of one name the last counts.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(Dictionary(elements) { _, last in last })
  }
}
