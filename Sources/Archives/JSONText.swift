/// Reads JSON, keeping whole numbers whole and knowing the byte of every mistake (RFC 8259).
struct JSONText {
  struct Mistake: Error {
    let message: String
    let byte: Int
  }

  private let text: UnsafeRawBufferPointer
  private var at = 0
  /// How many values may still follow; they take more memory than their text.
  private var room: Int

  private init(_ text: UnsafeRawBufferPointer) {
    self.text = text
    room = max(4_000_000, text.count / 6)
    // What some programs begin a text in UTF-8 with.
    if text.starts(with: [0xef, 0xbb, 0xbf]) { at = 3 }
  }

  /// The value that the whole text is.
  static func read(_ bytes: UnsafeRawBufferPointer) throws(Mistake) -> JSONValue {
    var reader = JSONText(bytes)
    let value = try reader.value(depth: 0)
    reader.skipSpace()
    guard reader.at == bytes.count else { throw reader.mistake("there is text after the end of the JSON") }
    return value
  }

  private func mistake(_ message: String) -> Mistake { Mistake(message: message, byte: at) }

  private mutating func skipSpace() {
    while at < text.count, text[at] == 0x20 || text[at] == 0x0a || text[at] == 0x0d || text[at] == 0x09 {
      at += 1
    }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard at < text.count, text[at] == UInt8(ascii: character) else { return false }
    at += 1
    return true
  }

  private mutating func value(depth: Int) throws(Mistake) -> JSONValue {
    guard depth < 64 else { throw mistake("the JSON is nested too deeply") }
    room -= 1
    guard room > 0 else { throw mistake("the JSON has too many values") }
    skipSpace()
    guard at < text.count else { throw mistake("the JSON is truncated") }
    switch text[at] {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func word(_ word: String, _ value: JSONValue) throws(Mistake) -> JSONValue {
    guard text[at...].starts(with: word.utf8) else { throw mistake("there is no JSON value") }
    at += word.utf8.count
    return value
  }

  private mutating func object(depth: Int) throws(Mistake) -> JSONValue {
    var members: [String: JSONValue] = [:]
    _ = take("{")
    if take("}") { return .object(members) }
    repeat {
      skipSpace()
      let key = try string()
      guard take(":") else { throw mistake("the JSON lacks a ':'") }
      guard members.updateValue(try value(depth: depth + 1), forKey: key) == nil else {
        throw mistake("'\(key)' is in the JSON twice")
      }
    } while take(",")
    guard take("}") else { throw mistake("the JSON lacks a '}'") }
    return .object(members)
  }

  private mutating func array(depth: Int) throws(Mistake) -> JSONValue {
    var items: [JSONValue] = []
    _ = take("[")
    if take("]") { return .array(items) }
    repeat { items.append(try value(depth: depth + 1)) } while take(",")
    guard take("]") else { throw mistake("the JSON lacks a ']'") }
    return .array(items)
  }

  private mutating func string() throws(Mistake) -> String {
    guard at < text.count, text[at] == UInt8(ascii: "\"") else { throw mistake("the JSON lacks a string") }
    at += 1
    var bytes: [UInt8] = []
    while true {
      guard at < text.count, text[at] >= 0x20 else { throw mistake("a string in the JSON does not end") }
      let byte = text[at]
      at += 1
      if byte == UInt8(ascii: "\"") { return String(decoding: bytes, as: UTF8.self) }
      if byte != UInt8(ascii: "\\") {
        bytes.append(byte)
        continue
      }
      guard at < text.count else { throw mistake("a string in the JSON does not end") }
      let escape = text[at]
      at += 1
      switch escape {
      case UInt8(ascii: "n"): bytes.append(0x0a)
      case UInt8(ascii: "t"): bytes.append(0x09)
      case UInt8(ascii: "r"): bytes.append(0x0d)
      case UInt8(ascii: "b"): bytes.append(0x08)
      case UInt8(ascii: "f"): bytes.append(0x0c)
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(escape)
      case UInt8(ascii: "u"): bytes.append(contentsOf: String(try scalar()).utf8)
      default: throw mistake("unknown escape in the JSON")
      }
    }
  }

  /// What follows `\u`: four digits, or two times four for scalars beyond 16 bits.
  private mutating func scalar() throws(Mistake) -> Unicode.Scalar {
    let high = try hexadecimal()
    if let scalar = Unicode.Scalar(high) { return scalar }
    guard high < 0xdc00, text[at...].starts(with: "\\u".utf8) else { return "\u{fffd}" }
    at += 2
    let low = try hexadecimal()
    guard (0xdc00..<0xe000).contains(low) else { return "\u{fffd}" }
    return Unicode.Scalar(0x10000 + (high - 0xd800) << 10 + (low - 0xdc00)) ?? "\u{fffd}"
  }

  private mutating func hexadecimal() throws(Mistake) -> UInt32 {
    guard at + 4 <= text.count,
      text[at..<at + 4].allSatisfy({ Unicode.Scalar($0).properties.isASCIIHexDigit }),
      let value = UInt32(String(decoding: text[at..<at + 4], as: UTF8.self), radix: 16)
    else { throw mistake("four digits are missing after \\u in the JSON") }
    at += 4
    return value
  }

  private mutating func number() throws(Mistake) -> JSONValue {
    let start = at
    while at < text.count, "+-.eE0123456789".utf8.contains(text[at]) { at += 1 }
    let digits = String(decoding: text[start..<at], as: UTF8.self)
    if let value = Int(digits), !digits.hasPrefix("+") { return .integer(value) }
    guard let value = Double(digits), let first = digits.utf8.first, first != UInt8(ascii: "+"),
      first != UInt8(ascii: ".")
    else {
      at = start
      throw mistake("there is no JSON value")
    }
    return .number(value)
  }
}
