internal import CCairo
internal import CPango

/// Sets lines of text: in DejaVu Sans, and letters that it lacks in any font that has them.
///
/// Pango shapes letters of every script and orders those that run from the right; fontconfig finds the fonts. All type is
/// set at one size and scaled, so that a line is as long as its size in a picture and on paper. One thread uses a
/// typesetter, as its canvas.
final class Typesetter {
  /// The size at which type is set, points.
  private static let size = 64.0

  /// A line that is set.
  struct Line {
    /// How far the next letter would be, points.
    let width: Double
    /// What the ink covers, from the beginning of the baseline.
    let ink: Rect
  }

  private let target, context: OpaquePointer
  private let layouts: (plain: OpaquePointer, bold: OpaquePointer)
  /// Letters that no font has.
  private(set) var missing: Set<Unicode.Scalar> = []

  /// A typesetter for what a Cairo context draws on.
  init(_ target: OpaquePointer) {
    self.target = target
    // Fonts are kept for a thread, not for a canvas: to find them takes longer than to draw a page.
    context = pango_font_map_create_context(pango_cairo_font_map_get_default())!
    let options = cairo_font_options_create()
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY)
    pango_cairo_context_set_font_options(context, options)
    cairo_font_options_destroy(options)
    pango_context_set_round_glyph_positions(context, 0)
    pango_context_set_base_dir(context, Int32(PANGO_DIRECTION_LTR))
    layouts = (Self.layout(context, PANGO_WEIGHT_NORMAL), Self.layout(context, PANGO_WEIGHT_BOLD))
  }

  deinit {
    g_object_unref(UnsafeMutableRawPointer(context))
    g_object_unref(UnsafeMutableRawPointer(layouts.plain))
    g_object_unref(UnsafeMutableRawPointer(layouts.bold))
  }

  private static func layout(_ context: OpaquePointer, _ weight: Int) -> OpaquePointer {
    let font = pango_font_description_new()
    defer { pango_font_description_free(font) }
    pango_font_description_set_family(font, "DejaVu Sans, sans-serif")
    pango_font_description_set_weight(font, Int32(weight))
    pango_font_description_set_absolute_size(font, size * Double(PANGO_SCALE))
    let layout = pango_layout_new(context)!
    pango_layout_set_font_description(layout, font)
    // A line runs from the left as the page does, also where it begins with a name that runs from the right.
    pango_layout_set_auto_dir(layout, 0)
    pango_layout_set_single_paragraph_mode(layout, 1)
    return layout
  }

  /// The only line of a text.
  private func set(
    _ text: String, isBold: Bool
  ) -> (layout: OpaquePointer, line: OpaquePointer) {
    let layout = isBold ? layouts.bold : layouts.plain
    // A letter of number zero would end the text.
    let text = text.utf8.contains(0) ? text.replacing("\0", with: "\u{FFFD}") : text
    // The language of the machine would make its bytes differ from those of others.
    pango_context_set_language(context, pango_language_from_string(Self.language(of: text)))
    pango_layout_set_text(layout, text, Int32(text.utf8.count))
    return (layout, pango_layout_get_line_readonly(layout, 0)!)
  }

  /// The language whose forms Chinese characters take: Japanese or Korean beside letters of these, else Chinese.
  private static func language(of text: String) -> String {
    var language = "en"
    for letter in text.unicodeScalars where letter.value >= 0x1100 {
      switch letter.value {
      case 0x3040...0x30FF, 0x31F0...0x31FF, 0xFF66...0xFF9F: return "ja"
      case 0x1100...0x11FF, 0xA960...0xA97F, 0xAC00...0xD7FF: return "ko"
      case 0x2E80...0x9FFF, 0xF900...0xFAFF, 0x20000...0x3FFFF: language = "zh-cn"
      default: break
      }
    }
    return language
  }

  private static func extents(of line: OpaquePointer, size: Double) -> Line {
    var (ink, logical) = (PangoRectangle(), PangoRectangle())
    pango_layout_line_get_extents(line, &ink, &logical)
    let unit = size / Self.size / Double(PANGO_SCALE)
    return Line(
      width: Double(logical.width) * unit,
      ink: Rect(
        Double(ink.x) * unit, Double(ink.y) * unit, Double(ink.width) * unit, Double(ink.height) * unit))
  }

  /// How long a text is in a size.
  func line(_ text: String, size: Double, isBold: Bool) -> Line {
    Self.extents(of: set(text, isBold: isBold).line, size: size)
  }

  /// Draws a text whose baseline begins at a point.
  func draw(_ text: String, _ x: Double, _ y: Double, size: Double, isBold: Bool) {
    let (layout, line) = set(text, isBold: isBold)
    let isComplete = pango_layout_get_unknown_glyphs_count(layout) == 0
    cairo_save(target)
    cairo_translate(target, x, y)
    cairo_scale(target, size / Self.size, size / Self.size)
    cairo_move_to(target, 0, 0)
    pango_cairo_show_layout_line(target, line)
    cairo_restore(target)
    // The path is no part of what is restored.
    cairo_new_path(target)
    if !isComplete { noteMissing(in: text) }
  }

  /// Notes which letters of a text no font has.
  private func noteMissing(in text: String) {
    for letter in Set(text.unicodeScalars) {
      let (layout, _) = set(String(letter), isBold: false)
      if pango_layout_get_unknown_glyphs_count(layout) > 0 { missing.insert(letter) }
    }
  }
}
