/// Protocol 0 of pickle, which writes its numbers and texts in letters.
extension PickleMachine {
  /// Numbers of protocol 0: `I01` and `I00` are truth values, `L` ends in an L.
  mutating func writtenNumber(_ code: UInt8) throws(ArchiveError) -> Bool {
    var digits = try line().text
    if code == UInt8(ascii: "I"), digits == "01" || digits == "00" {
      stack.append(.bool(digits == "01"))
      return true
    }
    if digits.hasSuffix("L") { digits.removeLast() }
    // Whole numbers beyond 64 bits are rounded: nothing here asks for one.
    if code != UInt8(ascii: "F"), let value = Int(digits) {
      stack.append(.integer(value))
    } else {
      guard let value = Double(digits) else { return false }
      stack.append(.float(value))
    }
    return true
  }

  /// A text of protocol 0 in Unicode: Latin 1, with `\\u` and `\\U` before the digits of other characters.
  mutating func escapedText() throws(ArchiveError) -> Bytes {
    let line = try line()
    var rest = line.withBytes { Array($0) }[...]
    var text = String.UnicodeScalarView()
    while let byte = rest.popFirst() {
      let digits = byte == UInt8(ascii: "\\") ? ["u": 4, "U": 8][rest.first.map { Unicode.Scalar($0) }] : nil
      guard let digits else {
        text.append(Unicode.Scalar(byte))
        continue
      }
      guard let value = UInt32(String(decoding: rest.dropFirst().prefix(digits), as: UTF8.self), radix: 16)
      else {
        throw line.damage("no digits after an escape", at: 0)
      }
      text.append(Unicode.Scalar(value) ?? "\u{fffd}")
      rest = rest.dropFirst(1 + digits)
    }
    return try copy(Array(String(text).utf8))
  }

  /// A text of protocol 0: a Python literal of bytes in quotes.
  mutating func writtenText() throws(ArchiveError) -> Bool {
    let literal = try line().withBytes { Array($0) }
    guard literal.count >= 2, let quote = literal.first, quote == 0x27 || quote == 0x22, literal.last == quote
    else { return false }
    var text: [UInt8] = []
    var rest = literal[1..<literal.count - 1]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\") else {
        text.append(byte)
        continue
      }
      guard let escape = rest.popFirst() else { return false }
      switch escape {
      case UInt8(ascii: "n"): text.append(0x0a)
      case UInt8(ascii: "r"): text.append(0x0d)
      case UInt8(ascii: "t"): text.append(0x09)
      case UInt8(ascii: "x"):
        guard let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
          return false
        }
        text.append(value)
        rest = rest.dropFirst(2)
      default: text.append(escape)
      }
    }
    stack.append(.bytes(try copy(text)))
    return true
  }
}
