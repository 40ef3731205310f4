internal import CCairo
internal import Presentation

extension Canvas {
  func use(_ colour: Colour) {
    cairo_set_source_rgba(context, colour.red, colour.green, colour.blue, colour.opacity)
  }

  func fill(_ rect: Rect, _ colour: Colour) {
    use(colour)
    cairo_rectangle(context, rect.x, rect.y, rect.width, rect.height)
    cairo_fill(context)
  }

  /// Draws the edge of a picture, a map or a bar.
  func frame(_ rect: Rect) {
    outline(rect, .hairline, width: 0.5)
    note(frame: rect)
  }

  /// Draws the edge of something within a picture.
  func outline(_ rect: Rect, _ colour: Colour, width: Double) {
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
}
