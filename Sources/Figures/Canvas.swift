internal import CCairo
public import Foundation
public import Pictures
public import Presentation
internal import Tensors

/// A page to draw on: of a PDF document, or one that becomes a picture.
///
/// Lengths are in points of 1/72 inch, x to the right and y downward. The same calls give the same bytes.
public final class Canvas {
  /// The width of a page in points.
  public let width: Double
  /// The height of a page in points.
  public let height: Double
  let context: OpaquePointer
  private let surface: OpaquePointer
  private let output: Output?
  /// The pixels of a picture, which Cairo draws.
  private let pixels: GuardedMemory?
  /// The pixels of a picture, or points of a page, that a unit of length takes.
  private let scale: Double
  private var page = 0
  private(set) lazy var typesetter = Typesetter(context)
  /// Every text and frame, in order: what a check of the layout needs.
  package private(set) var texts: [DrawnText] = []
  package private(set) var frames: [DrawnFrame] = []
  /// Letters that were drawn as boxes, because no font has them.
  public var missingLetters: MissingLetters { MissingLetters(typesetter.missing) }
  /// Every text that was written, in order.
  var words: [String] { texts.map(\.text) }
  /// Pictures by content: one that is drawn again is stored in a PDF only once.
  private var surfaces: [Bitmap: OpaquePointer] = [:]

  /// What Cairo has written of a document.
  private final class Output {
    var data = Data()

    static let append: cairo_write_func_t = { closure, bytes, count in
      let output = Unmanaged<Output>.fromOpaque(closure!).takeUnretainedValue()
      output.data.append(bytes!, count: Int(count))
      return CAIRO_STATUS_SUCCESS
    }
  }

  /// A PDF document; `title` is what viewers show in their window.
  public init(pdfWidth width: Double, height: Double, title: String) {
    let output = Output()
    surface = cairo_pdf_surface_create_for_stream(
      Output.append, Unmanaged.passUnretained(output).toOpaque(), width, height)
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, title)
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "Penumbra")
    // The clock would make every run's bytes differ.
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, "2000-01-01T00:00:00Z")
    context = cairo_create(surface)
    self.output = output
    (pixels, scale) = (nil, 1)
    (self.width, self.height) = (width, height)
    prepare()
  }

  /// An SVG drawing.
  public init(svgWidth width: Double, height: Double) {
    let output = Output()
    surface = cairo_svg_surface_create_for_stream(
      Output.append, Unmanaged.passUnretained(output).toOpaque(), width, height)
    cairo_svg_surface_set_document_unit(surface, CAIRO_SVG_UNIT_PT)
    context = cairo_create(surface)
    self.output = output
    (pixels, scale) = (nil, 1)
    (self.width, self.height) = (width, height)
    prepare()
  }

  /// Pages that are only recorded: for their texts and frames, without the time that pictures take on paper.
  package init(recordingWidth width: Double, height: Double) {
    surface = cairo_recording_surface_create(CAIRO_CONTENT_COLOR_ALPHA, nil)
    context = cairo_create(surface)
    (output, pixels, scale) = (nil, nil, 1)
    (self.width, self.height) = (width, height)
    prepare()
  }

  /// The longest side of a picture in pixels, which is Cairo's.
  public static let longestSide = 32_767

  /// A white picture of `width · scale` by `height · scale` pixels, at most ``longestSide`` each.
  public init(pictureWidth width: Double, height: Double, scale: Double = 2) {
    precondition(
      (max(width, height) * scale).rounded() <= Double(Self.longestSide),
      "a picture of \(width * scale) × \(height * scale) pixels")
    let (columns, rows) = (Int32((width * scale).rounded()), Int32((height * scale).rounded()))
    let stride = cairo_format_stride_for_width(CAIRO_FORMAT_RGB24, columns)
    let pixels = GuardedMemory(byteCount: Int(stride) * Int(rows), isPooled: false)
    memset(pixels.start, 0, pixels.byteCount)
    (self.pixels, self.scale) = (pixels, scale)
    surface = cairo_image_surface_create_for_data(
      pixels.start.assumingMemoryBound(to: UInt8.self), CAIRO_FORMAT_RGB24, columns, rows, stride)
    context = cairo_create(surface)
    output = nil
    (self.width, self.height) = (width, height)
    cairo_scale(context, scale, scale)
    prepare()
    fill(Rect(0, 0, width + 1, height + 1), .white)
  }

  deinit {
    for surface in surfaces.values { cairo_surface_destroy(surface) }
    cairo_destroy(context)
    cairo_surface_destroy(surface)
    pixels?.check("a picture", after: "Cairo")
  }

  private func prepare() {
    cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND)
  }

  /// Ends a page of a PDF; what follows goes on the next.
  public func nextPage() {
    cairo_show_page(context)
    page += 1
  }

  /// Ends a PDF or SVG document and returns its bytes; nothing can be drawn afterwards.
  public func finished() -> Data {
    cairo_surface_finish(surface)
    return output?.data ?? Data()
  }

  /// What was drawn on a picture canvas.
  public func picture() -> Picture {
    cairo_surface_flush(surface)
    pixels?.check("a picture", after: "Cairo")
    let (width, height) = (
      Int(cairo_image_surface_get_width(surface)), Int(cairo_image_surface_get_height(surface))
    )
    let stride = Int(cairo_image_surface_get_stride(surface))
    let source = UnsafeRawPointer(cairo_image_surface_get_data(surface)!)
    let bytes = [UInt8](unsafeUninitializedCapacity: width * height * 3) { target, count in
      count = width * height * 3
      for y in 0..<height {
        for x in 0..<width {
          let value = source.load(fromByteOffset: y * stride + x * 4, as: UInt32.self)
          let i = (y * width + x) * 3
          target[i] = UInt8(truncatingIfNeeded: value >> 16)
          target[i + 1] = UInt8(truncatingIfNeeded: value >> 8)
          target[i + 2] = UInt8(truncatingIfNeeded: value)
        }
      }
    }
    return Picture(width: width, height: height, pixels: bytes)
  }

  /// Notes a text that is inked over a rectangle of what is drawn on now.
  func note(_ text: String, over ink: Rect, isCut: Bool = false, shrink: Double = 1) {
    texts.append(DrawnText(text: text, page: page, rect: onPage(ink), isCut: isCut, shrink: shrink))
  }

  /// Notes a frame.
  func note(frame: Rect) { frames.append(DrawnFrame(page: page, rect: onPage(frame))) }

  /// The rectangle on the page that holds one of what is drawn on now, turned or not.
  private func onPage(_ rect: Rect) -> Rect {
    let corners = [(rect.x, rect.y), (rect.maxX, rect.y), (rect.x, rect.maxY), (rect.maxX, rect.maxY)].map {
      var (x, y) = $0
      cairo_user_to_device(context, &x, &y)
      return (x: x / scale, y: y / scale)
    }
    let (xs, ys) = (corners.map(\.x), corners.map(\.y))
    return Rect(xs.min()!, ys.min()!, xs.max()! - xs.min()!, ys.max()! - ys.min()!)
  }

  /// Draws with the origin elsewhere.
  func shifted<Result>(by margin: Double, _ body: () -> Result) -> Result {
    shifted(right: margin, down: margin, body)
  }

  /// Draws with the origin elsewhere.
  func shifted<Result>(right x: Double = 0, down y: Double, _ body: () -> Result) -> Result {
    cairo_save(context)
    cairo_translate(context, x, y)
    defer { cairo_restore(context) }
    return body()
  }

  /// Draws within a rectangle only.
  func clipped(to rect: Rect, _ body: () -> Void) {
    cairo_save(context)
    cairo_rectangle(context, rect.x, rect.y, rect.width, rect.height)
    cairo_clip(context)
    body()
    cairo_restore(context)
  }

  /// Draws within the disc in a square only.
  func clipped(toDiscIn rect: Rect, _ body: () -> Void) {
    cairo_save(context)
    cairo_new_path(context)
    cairo_arc(context, rect.midX, rect.midY, rect.width / 2, 0, 2 * .pi)
    cairo_clip(context)
    body()
    cairo_restore(context)
  }

  /// Draws a bitmap over a rectangle: its pixels as squares, or smoothed.
  func draw(_ bitmap: Bitmap, in rect: Rect, smoothly: Bool = true, opacity: Double = 1) {
    cairo_save(context)
    cairo_translate(context, rect.x, rect.y)
    cairo_scale(context, rect.width / Double(bitmap.width), rect.height / Double(bitmap.height))
    cairo_set_source_surface(context, surface(of: bitmap), 0, 0)
    let pattern = cairo_get_source(context)
    cairo_pattern_set_filter(pattern, smoothly ? CAIRO_FILTER_GOOD : CAIRO_FILTER_NEAREST)
    // The edge of a smoothed picture must not fade into the page; on paper this would store padded copies.
    if output == nil { cairo_pattern_set_extend(pattern, CAIRO_EXTEND_PAD) }
    cairo_rectangle(context, 0, 0, Double(bitmap.width), Double(bitmap.height))
    if opacity < 1 {
      cairo_clip(context)
      cairo_paint_with_alpha(context, opacity)
    } else {
      cairo_fill(context)
    }
    cairo_restore(context)
  }

  /// Draws a picture over a rectangle; of one that is longer than Cairo draws, a smaller copy.
  public func draw(_ picture: Picture, in rect: Rect) {
    // Pixels and what Cairo's filter takes around them are counted in 15 bits.
    let share = 16_000 / Double(max(picture.width, picture.height))
    guard share < 1 else { return draw(Bitmap(picture), in: rect) }
    func length(_ own: Int) -> Int { max(1, Int(bounded: Double(own) * share, .down)) }
    draw(Bitmap(picture.resized(width: length(picture.width), height: length(picture.height))), in: rect)
  }

  private func surface(of bitmap: Bitmap) -> OpaquePointer {
    if let known = surfaces[bitmap] { return known }
    let format = bitmap.isOpaque ? CAIRO_FORMAT_RGB24 : CAIRO_FORMAT_ARGB32
    let surface = cairo_image_surface_create(format, Int32(bitmap.width), Int32(bitmap.height))!
    let stride = Int(cairo_image_surface_get_stride(surface)) / 4
    cairo_image_surface_get_data(surface).withMemoryRebound(to: UInt32.self, capacity: stride * bitmap.height)
    {
      for y in 0..<bitmap.height {
        for x in 0..<bitmap.width { $0[y * stride + x] = bitmap.pixels[y * bitmap.width + x] }
      }
    }
    cairo_surface_mark_dirty(surface)
    surfaces[bitmap] = surface
    return surface
  }
}

/// A text on a page.
package struct DrawnText: Sendable {
  /// The text as it was written.
  package let text: String
  /// The page, from 0.
  package let page: Int
  /// What its ink covers, in points.
  package let rect: Rect
  /// Whether a name in it was cut.
  package let isCut: Bool
  /// How much smaller its type is than others of its style.
  package let shrink: Double
}

/// A frame on a page: of a picture, a map or a bar.
package struct DrawnFrame: Sendable {
  /// The page, from 0.
  package let page: Int
  /// The frame, in points.
  package let rect: Rect
}
