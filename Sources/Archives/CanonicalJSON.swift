extension JSONValue {
  /// The value as JSON in its one canonical spelling, for digests and comparisons (RFC 8785).
  ///
  /// Members are sorted by the UTF-16 code units of their names, there is no space, a number has its shortest
  /// spelling that reads back the same, so that 2 and 2.0 are one, and texts are escaped only where they must
  /// be. Beyond the RFC, whole numbers of more than 53 bits keep all their digits, and numbers that JSON does not
  /// know are the texts `"NaN"`, `"Infinity"` and `"-Infinity"`.
  public var canonicalText: String {
    var text = ""
    writeCanonical(to: &text)
    return text
  }

  private func writeCanonical(to text: inout String) {
    switch self {
    case .number(let value) where value.isFinite: text += Self.shortest(value)
    case .null, .bool, .integer, .number: text += compactText
    case .string(let value): Self.quote(value, to: &text)
    case .array(let items):
      text += "["
      for (index, item) in items.enumerated() {
        if index > 0 { text += "," }
        item.writeCanonical(to: &text)
      }
      text += "]"
    case .object(let members):
      text += "{"
      let sorted = members.sorted { $0.key.utf16.lexicographicallyPrecedes($1.key.utf16) }
      for (index, (key, value)) in sorted.enumerated() {
        if index > 0 { text += "," }
        Self.quote(key, to: &text)
        text += ":"
        value.writeCanonical(to: &text)
      }
      text += "}"
    }
  }

  /// A finite number as ECMAScript spells it (ECMA-262, Number::toString).
  private static func shortest(_ value: Double) -> String {
    guard value != 0 else { return "0" }
    let sign = value < 0 ? "-" : ""
    // Swift's digits are the shortest that read back the same too; only the exponent is spelled otherwise.
    let parts = "\(value.magnitude)".split(separator: "e")
    let decimal = parts[0].split(separator: ".")
    let fraction = decimal.count > 1 && decimal[1] != "0" ? decimal[1] : ""
    let all = decimal[0] + fraction
    let leadingZeros = all.prefix { $0 == "0" }.count
    let digits = all.dropFirst(leadingZeros).trimmingSuffix("0")
    // The value is 0.DIGITS times ten to this power.
    let power = decimal[0].count - leadingZeros + (parts.count > 1 ? Int(parts[1])! : 0)

    if power > 21 || power <= -6 {
      let rest = digits.count > 1 ? "." + digits.dropFirst() : ""
      return "\(sign)\(digits.prefix(1))\(rest)e\(power > 0 ? "+" : "-")\(abs(power - 1))"
    }
    if power <= 0 { return "\(sign)0." + String(repeating: "0", count: -power) + digits }
    if digits.count <= power { return sign + digits + String(repeating: "0", count: power - digits.count) }
    return "\(sign)\(digits.prefix(power)).\(digits.dropFirst(power))"
  }
}

extension Substring {
  /// The text without the characters at its end that are this one.
  fileprivate func trimmingSuffix(_ character: Character) -> Substring {
    prefix(count - reversed().prefix { $0 == character }.count)
  }
}
