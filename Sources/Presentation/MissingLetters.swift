/// Letters that no installed font has, and what a reader is told of them.
public struct MissingLetters: Sendable, Equatable {
  /// The letters, in the order of their numbers.
  public let letters: [Unicode.Scalar]

  /// The given letters.
  public init(_ letters: some Sequence<Unicode.Scalar>) { self.letters = Set(letters).sorted() }

  /// The letters of both.
  public func union(_ other: MissingLetters) -> MissingLetters { MissingLetters(letters + other.letters) }

  /// One line with the letters and the font to install; nil where every letter has a font.
  public var notice: String? {
    guard !letters.isEmpty else { return nil }
    let shown = letters.prefix(8).map { letter in
      letter.properties.isAlphabetic || letter.properties.isIdeographic || letter.properties.isEmoji
        ? "\(letter)" : "U+" + String(letter.value, radix: 16, uppercase: true)
    }
    let more = letters.count > 8 ? " and \(letters.count - 8) more" : ""
    let packages = Set(letters.map(Self.package)).sorted().joined(separator: " ")
    return "no installed font has \(shown.joined(separator: " "))\(more); boxes are drawn in their place. "
      + "Install a font that has them, on Debian: apt-get install \(packages)"
  }

  /// The Debian package of a font that has a letter.
  private static func package(of letter: Unicode.Scalar) -> String {
    switch letter.value {
    case 0x1100...0x11FF, 0x2E80...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7FF, 0xF900...0xFAFF,
      0xFE30...0xFE4F, 0xFF00...0xFFEF, 0x20000...0x3FFFF:
      "fonts-noto-cjk"
    case 0x1F000...0x1FAFF: "fonts-noto-color-emoji"
    default: "fonts-noto-core"
    }
  }
}
