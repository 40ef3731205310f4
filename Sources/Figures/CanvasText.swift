internal import CCairo
internal import Presentation

/// Where a text stands relative to the point it is given.
public enum Alignment: Sendable {
  /// The point is at its left end.
  case left
  /// The point is at its middle.
  case centre
  /// The point is at its right end.
  case right
}

/// The few sizes and weights that all pages keep to, in points.
struct TypeStyle {
  var size: Double
  var isBold = false
  var colour = Colour.ink

  static let title = TypeStyle(size: 15, isBold: true)
  static let heading = TypeStyle(size: 9, isBold: true)
  static let body = TypeStyle(size: 8)
  static let bodyMuted = TypeStyle(size: 8, colour: .muted)
  static let caption = TypeStyle(size: 7, colour: .muted)
  static let label = TypeStyle(size: 6.5)
  static let tick = TypeStyle(size: 6, colour: .muted)

  func scaled(by factor: Double) -> TypeStyle {
    TypeStyle(size: size * factor, isBold: isBold, colour: colour)
  }
  func coloured(_ colour: Colour) -> TypeStyle { TypeStyle(size: size, isBold: isBold, colour: colour) }
  func bold() -> TypeStyle { TypeStyle(size: size, isBold: true, colour: colour) }
}

extension Canvas {
  private func line(_ text: String, _ style: TypeStyle) -> Typesetter.Line {
    typesetter.line(text, size: style.size, isBold: style.isBold)
  }

  /// The width of a text in points.
  func width(of text: String, _ style: TypeStyle) -> Double { line(text, style).width }

  /// Writes a line of text whose baseline is at `y`.
  func text(_ text: String, _ x: Double, _ y: Double, _ style: TypeStyle, _ alignment: Alignment = .left) {
    write(Fitted(parts: [text]), x, y, style, alignment)
  }

  /// Writes a line that is no wider than a limit: in smaller type, then with its names cut.
  func text(
    _ phrase: Phrase, _ x: Double, _ y: Double, _ style: TypeStyle, _ alignment: Alignment = .left,
    width limit: Double
  ) {
    write(fitted(phrase, style, width: limit), x, y, style, alignment)
  }

  /// Writes a line that is no wider than a limit, or more lines where one would need smaller type than names are cut for.
  func text(
    _ phrase: Phrase, _ x: Double, _ y: Double, _ style: TypeStyle, width limit: Double, lines: Int
  ) {
    guard lines > 1, width(of: phrase.text, style) * Self.smallestType > limit else {
      return text(phrase, x, y, style, width: limit)
    }
    // What a word leaves of a line that it does not fit into is lost.
    let fitted = fitted(phrase, style, width: limit * (Double(lines) - 0.25))
    paragraph(fitted.text, x, y, width: limit, style.scaled(by: fitted.shrink), leading: 1.25)
  }

  private func write(
    _ fitted: Fitted, _ x: Double, _ y: Double, _ style: TypeStyle, _ alignment: Alignment
  ) {
    guard !fitted.text.isEmpty else { return }
    let style = style.scaled(by: fitted.shrink)
    let text = Self.isolated(fitted.parts)
    let line = line(text, style)
    let shift =
      switch alignment {
      case .left: 0.0
      case .centre: -line.width / 2
      case .right: -line.width
      }
    use(style.colour)
    typesetter.draw(text, x + shift, y, size: style.size, isBold: style.isBold)
    note(
      fitted.text,
      over: Rect(x + shift + line.ink.x, y + line.ink.y, line.ink.width, line.ink.height),
      isCut: fitted.isCut, shrink: fitted.shrink)
  }

  /// A text in which names that run from the right keep to themselves: numbers beside them stay where they are.
  private static func isolated(_ parts: [String]) -> String {
    guard parts.contains(where: { $0.unicodeScalars.contains(where: runsFromTheRight) }) else {
      return parts.joined()
    }
    return parts.map { part in
      part.unicodeScalars.contains(where: runsFromTheRight) ? "\u{2068}\(part)\u{2069}" : part
    }.joined()
  }

  /// Whether a letter is of a block of scripts that are written from the right, such as Hebrew and Arabic.
  private static func runsFromTheRight(_ letter: Unicode.Scalar) -> Bool {
    switch letter.value {
    case 0x590...0x8FF, 0xFB1D...0xFDFF, 0xFE70...0xFEFC, 0x10800...0x10FFF, 0x1E800...0x1EFFF: true
    default: false
    }
  }

  /// Writes a line upward, no longer than a limit, about or from a point.
  func textUpward(
    _ phrase: Phrase, _ x: Double, _ y: Double, _ style: TypeStyle, _ alignment: Alignment = .centre,
    length limit: Double = .infinity
  ) {
    cairo_save(context)
    cairo_translate(context, x, y)
    cairo_rotate(context, -.pi / 2)
    text(phrase, 0, 0, style, alignment, width: limit)
    cairo_restore(context)
  }

  // MARK: Short of space

  /// A text that fits.
  private struct Fitted {
    var parts: [String]
    var isCut = false
    var shrink = 1.0
    var text: String { parts.joined() }
  }

  /// The smallest type that is taken before names are cut.
  private static let smallestType = 0.85

  private func fitted(_ phrase: Phrase, _ style: TypeStyle, width limit: Double) -> Fitted {
    let whole = width(of: phrase.text, style)
    let texts = phrase.parts.map(\.text)
    if whole <= limit { return Fitted(parts: texts) }
    if whole * Self.smallestType <= limit { return Fitted(parts: texts, shrink: limit / whole) }
    var kept = phrase.parts.map { $0.isName ? $0.text.count : nil }
    func cut() -> [String] {
      zip(texts, kept).map { text, kept in kept.map { Self.shortened(text, to: $0) } ?? text }
    }
    // The longest name gives first, so that all stay as readable as they can.
    while let longest = kept.indices.filter({ kept[$0] ?? 0 > 1 }).max(by: { kept[$0]! < kept[$1]! }) {
      kept[longest]! -= 1
      if width(of: cut().joined(), style) * Self.smallestType <= limit { break }
    }
    let parts = cut()
    return Fitted(
      parts: parts, isCut: parts != texts, shrink: min(1, limit / width(of: parts.joined(), style)))
  }

  /// A name of so many letters, whole with their accents, and an ellipsis in its middle: names often differ at their
  /// ends.
  private static func shortened(_ name: String, to count: Int) -> String {
    guard count < name.count else { return name }
    return name.prefix((count + 1) / 2) + "…" + name.suffix(count / 2)
  }

  // MARK: Paragraphs

  /// The lines that a text takes within a width.
  func lines(_ text: String, width limit: Double, _ style: TypeStyle) -> [String] {
    text.split(separator: " ").reduce(into: [String]()) { lines, word in
      guard let last = lines.last else { return lines.append(String(word)) }
      let longer = last + " " + word
      if width(of: longer, style) > limit {
        lines.append(String(word))
      } else {
        lines[lines.count - 1] = longer
      }
    }
  }

  /// Writes words over as many lines as they need and returns the baseline after the last one.
  ///
  /// A word that is wider than a line is written in smaller type, or cut.
  @discardableResult
  func paragraph(
    _ text: String, _ x: Double, _ y: Double, width limit: Double, _ style: TypeStyle, leading: Double = 1.4
  ) -> Double {
    var baseline = y
    for line in lines(text, width: limit, style) {
      self.text(Phrase(name: line), x, baseline, style, width: limit)
      baseline += style.size * leading
    }
    return baseline
  }
}
