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
  private func select(_ style: TypeStyle) {
    cairo_select_font_face(
      context, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
      style.isBold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL)
    cairo_set_font_size(context, style.size)
  }

  private func extents(of text: String, _ style: TypeStyle) -> cairo_text_extents_t {
    select(style)
    var extents = cairo_text_extents_t()
    cairo_text_extents(context, text, &extents)
    return extents
  }

  /// The width of a text in points.
  func width(of text: String, _ style: TypeStyle) -> Double { extents(of: text, style).x_advance }

  /// Writes a line of text whose baseline is at `y`.
  func text(_ text: String, _ x: Double, _ y: Double, _ style: TypeStyle, _ alignment: Alignment = .left) {
    write(Fitted(text: text), x, y, style, alignment)
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
    let extents = extents(of: fitted.text, style)
    let shift =
      switch alignment {
      case .left: 0.0
      case .centre: -extents.x_advance / 2
      case .right: -extents.x_advance
      }
    use(style.colour)
    cairo_move_to(context, x + shift, y)
    cairo_show_text(context, fitted.text)
    note(
      fitted.text,
      over: Rect(
        x + shift + extents.x_bearing, y + extents.y_bearing, extents.width, extents.height),
      isCut: fitted.isCut, shrink: fitted.shrink)
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
    var text: String
    var isCut = false
    var shrink = 1.0
  }

  /// The smallest type that is taken before names are cut.
  private static let smallestType = 0.85

  private func fitted(_ phrase: Phrase, _ style: TypeStyle, width limit: Double) -> Fitted {
    let whole = width(of: phrase.text, style)
    if whole <= limit { return Fitted(text: phrase.text) }
    if whole * Self.smallestType <= limit { return Fitted(text: phrase.text, shrink: limit / whole) }
    var parts = phrase.parts.map { (text: $0.text, kept: $0.isName ? $0.text.count : nil) }
    func joined() -> String {
      parts.map { part in part.kept.map { Self.shortened(part.text, to: $0) } ?? part.text }.joined()
    }
    // The longest name gives first, so that all stay as readable as they can.
    while let longest = parts.indices.filter({ parts[$0].kept ?? 0 > 1 }).max(by: {
      parts[$0].kept! < parts[$1].kept!
    }) {
      parts[longest].kept! -= 1
      if width(of: joined(), style) * Self.smallestType <= limit { break }
    }
    let text = joined()
    return Fitted(text: text, isCut: text != phrase.text, shrink: min(1, limit / width(of: text, style)))
  }

  /// A name of so many characters and an ellipsis in its middle: names often differ at their ends.
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
