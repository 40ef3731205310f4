internal import CCairo

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

  func coloured(_ colour: Colour) -> TypeStyle { TypeStyle(size: size, isBold: isBold, colour: colour) }
  func bold() -> TypeStyle { TypeStyle(size: size, isBold: true, colour: colour) }
}

extension Canvas {
  private func use(_ colour: Colour) {
    cairo_set_source_rgba(context, colour.red, colour.green, colour.blue, colour.opacity)
  }

  func fill(_ rect: Rect, _ colour: Colour) {
    use(colour)
    cairo_rectangle(context, rect.x, rect.y, rect.width, rect.height)
    cairo_fill(context)
  }

  func frame(_ rect: Rect, _ colour: Colour = .hairline, width: Double = 0.5) {
    use(colour)
    cairo_set_line_width(context, width)
    cairo_rectangle(context, rect.x, rect.y, rect.width, rect.height)
    cairo_stroke(context)
  }

  func line(
    _ points: [(x: Double, y: Double)], _ colour: Colour, width: Double, dashes: [Double] = [],
    isRound: Bool = false
  ) {
    guard let first = points.first else { return }
    use(colour)
    cairo_set_line_width(context, width)
    cairo_set_line_cap(context, isRound ? CAIRO_LINE_CAP_ROUND : CAIRO_LINE_CAP_BUTT)
    cairo_set_dash(context, dashes, Int32(dashes.count), 0)
    cairo_move_to(context, first.x, first.y)
    for point in points.dropFirst() { cairo_line_to(context, point.x, point.y) }
    cairo_stroke(context)
    cairo_set_dash(context, [], 0, 0)
  }

  func line(_ x0: Double, _ y0: Double, _ x1: Double, _ y1: Double, _ colour: Colour, width: Double = 0.5) {
    line([(x0, y0), (x1, y1)], colour, width: width)
  }

  func disc(_ x: Double, _ y: Double, radius: Double, _ colour: Colour) {
    use(colour)
    cairo_new_sub_path(context)
    cairo_arc(context, x, y, radius, 0, 2 * .pi)
    cairo_fill(context)
  }

  func ring(_ x: Double, _ y: Double, radius: Double, _ colour: Colour, width: Double) {
    use(colour)
    cairo_set_line_width(context, width)
    cairo_new_sub_path(context)
    cairo_arc(context, x, y, radius, 0, 2 * .pi)
    cairo_stroke(context)
  }

  private func select(_ style: TypeStyle) {
    cairo_select_font_face(
      context, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
      style.isBold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL)
    cairo_set_font_size(context, style.size)
  }

  /// The width of a text in points.
  func width(of text: String, _ style: TypeStyle) -> Double {
    select(style)
    var extents = cairo_text_extents_t()
    cairo_text_extents(context, text, &extents)
    return extents.x_advance
  }

  /// Writes a line of text whose baseline is at `y`.
  func text(_ text: String, _ x: Double, _ y: Double, _ style: TypeStyle, _ alignment: Alignment = .left) {
    let shift =
      switch alignment {
      case .left: 0.0
      case .centre: -width(of: text, style) / 2
      case .right: -width(of: text, style)
      }
    select(style)
    use(style.colour)
    cairo_move_to(context, x + shift, y)
    cairo_show_text(context, text)
    note(text)
  }

  /// Writes a line upward, its middle at a point.
  func textUpward(_ text: String, _ x: Double, _ y: Double, _ style: TypeStyle) {
    cairo_save(context)
    cairo_translate(context, x, y)
    cairo_rotate(context, -.pi / 2)
    self.text(text, 0, 0, style, .centre)
    cairo_restore(context)
  }

  /// Writes a line upward that begins at a point.
  func textRising(_ text: String, _ x: Double, _ y: Double, _ style: TypeStyle) {
    cairo_save(context)
    cairo_translate(context, x, y)
    cairo_rotate(context, -.pi / 2)
    self.text(text, 0, 0, style)
    cairo_restore(context)
  }

  /// Cuts a text that is too wide and ends it with an ellipsis.
  func fitted(_ text: String, _ style: TypeStyle, width limit: Double) -> String {
    if width(of: text, style) <= limit { return text }
    var kept = text
    while !kept.isEmpty && width(of: kept + "…", style) > limit { kept.removeLast() }
    return kept + "…"
  }

  /// Writes words over as many lines as they need and returns the baseline after the last one.
  @discardableResult
  func paragraph(
    _ text: String, _ x: Double, _ y: Double, width limit: Double, _ style: TypeStyle, leading: Double = 1.4
  ) -> Double {
    var (baseline, line) = (y, "")
    for word in text.split(separator: " ") {
      let longer = line.isEmpty ? String(word) : line + " " + word
      if !line.isEmpty && width(of: longer, style) > limit {
        self.text(line, x, baseline, style)
        baseline += style.size * leading
        line = String(word)
      } else {
        line = longer
      }
    }
    if !line.isEmpty { self.text(line, x, baseline, style) }
    return baseline + style.size * leading
  }
}
