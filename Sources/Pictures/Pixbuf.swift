internal import CPixbuf
import Foundation

/// BMP, GIF and PNM through GdkPixbuf's loaders, of which only the named one is used.
enum Pixbuf {
  /// What a loader has told: the size, and the rows from `top` to before `bottom` that it has filled, from either end.
  private struct Told {
    var (width, height) = (0, 0)
    var (top, bottom) = (Int.max, 0)
    var isTooLarge: Bool {
      max(width, height) > Picture.longestSide || width * height > Picture.mostPixels
    }
    var isWhole: Bool { top == 0 && bottom == height }
  }

  /// A handler of "size-prepared": the size is known before memory is asked for, and one of 0 ends the loader's work.
  private static let sized:
    @convention(c) (UnsafeMutableRawPointer?, Int32, Int32, UnsafeMutableRawPointer?) -> Void = {
      loader, width, height, context in
      guard let told = context?.assumingMemoryBound(to: Told.self) else { return }
      (told.pointee.width, told.pointee.height) = (Int(width), Int(height))
      if told.pointee.isTooLarge { gdk_pixbuf_loader_set_size(OpaquePointer(loader), 0, 0) }
    }

  /// A handler of "area-updated": some loaders leave rows that are missing as they are, and do not say so.
  private static let filled:
    @convention(c) (UnsafeMutableRawPointer?, Int32, Int32, Int32, Int32, UnsafeMutableRawPointer?) -> Void =
      {
        _, _, y, _, height, context in
        guard let told = context?.assumingMemoryBound(to: Told.self) else { return }
        told.pointee.top = min(told.pointee.top, Int(y))
        told.pointee.bottom = max(told.pointee.bottom, Int(y) + Int(height))
      }

  /// Loaders print what they think of a file; here errors say it.
  private static let isQuiet: Bool =
    g_log_set_handler("GdkPixbuf", Int32(G_LOG_LEVELS), { _, _, _, _ in }, nil) > 0

  /// Decodes a file with the loader of a name; of an animation the first frame.
  static func decode(
    _ data: Data, by loaderName: String, as format: PictureFormat, from file: String
  ) throws(PictureError) -> Picture {
    _ = isQuiet
    // GdkPixbuf's loader asks for memory for as many colours, and up to where pixels begin, as a file says.
    if loaderName == "bmp", !isConsistent(bmp: data) {
      throw .damaged(file, format, "its header names more colours or other places of pixels than it can have")
    }
    var problem: UnsafeMutablePointer<GError>?
    guard let loader = gdk_pixbuf_loader_new_with_type(loaderName, &problem) else {
      let reason = reason(&problem)
      throw PictureError(
        .unreadable, file,
        "is \(format.name), whose loader GdkPixbuf does not have here (\(reason)); save it as a PNG or JPEG")
    }
    defer { g_object_unref(UnsafeMutableRawPointer(loader)) }
    var told = Told()
    let isLoaded = withUnsafeMutablePointer(to: &told) { told in
      let instance = UnsafeMutableRawPointer(loader)
      _ = g_signal_connect_data(
        instance, "size-prepared", unsafeBitCast(sized, to: (@convention(c) () -> Void).self), told, nil, 0)
      _ = g_signal_connect_data(
        instance, "area-updated", unsafeBitCast(filled, to: (@convention(c) () -> Void).self), told, nil, 0)
      // In pieces, so that a loader stops where it finds the mistake.
      var isRight = data.withUnsafeBytes { bytes in
        stride(from: 0, to: bytes.count, by: 1 << 20).allSatisfy { at in
          gdk_pixbuf_loader_write(
            loader, bytes.baseAddress?.advanced(by: at).assumingMemoryBound(to: UInt8.self),
            min(1 << 20, bytes.count - at), &problem) != 0
        }
      }
      // It must be closed in any case, and may complain again.
      var atTheEnd: UnsafeMutablePointer<GError>?
      isRight = gdk_pixbuf_loader_close(loader, &atTheEnd) != 0 && isRight
      if problem == nil { problem = atTheEnd } else if let atTheEnd { g_error_free(atTheEnd) }
      return isRight
    }
    let reason = reason(&problem)
    guard !told.isTooLarge else { throw .absurdSize(file, width: told.width, height: told.height) }
    // A GIF's frame may leave rows free, and its loader does say where data are missing.
    guard isLoaded, told.isWhole || loaderName == "gif", let pixbuf = gdk_pixbuf_loader_get_pixbuf(loader),
      let pixels = gdk_pixbuf_read_pixels(pixbuf)
    else { throw .damaged(file, format, reason) }
    let (width, height) = (Int(gdk_pixbuf_get_width(pixbuf)), Int(gdk_pixbuf_get_height(pixbuf)))
    let canvas = Canvas()
    _ = canvas.begin(width: width, height: height, rows: 0)
    canvas.take(
      0, rows: height, from: pixels, stride: Int(gdk_pixbuf_get_rowstride(pixbuf)),
      step: Int(gdk_pixbuf_get_n_channels(pixbuf)))
    guard let whole = canvas.finished(after: "GdkPixbuf") else {
      throw .damaged(file, format, "rows are missing")
    }
    return Picture(width: whole.width, height: whole.height, pixels: whole.pixels)
  }

  /// Whether the pixels of a BMP begin behind its header, in the file, and its palette has no more colours than its
  /// pixels can name.
  private static func isConsistent(bmp data: Data) -> Bool {
    func number(at place: Int, bytes: Int = 4) -> Int {
      data.dropFirst(place).prefix(bytes).reversed().reduce(0) { $0 << 8 | Int($1) }
    }
    let (bits, colours) = (number(at: 28, bytes: 2), number(at: 46))
    guard number(at: 14) < 40 || colours <= 1 << min(bits, 16) else { return false }
    // Masks of colours follow a header that has no place for them.
    let masks = number(at: 14) == 40 && number(at: 30) == 3 ? 12 : 0
    let (start, least) = (number(at: 10), 14 + number(at: 14) + masks)
    return start >= least && start <= data.count
  }

  private static func reason(_ problem: inout UnsafeMutablePointer<GError>?) -> String {
    guard let error = problem else { return "it ends early" }
    problem = nil
    defer { g_error_free(error) }
    return String(cString: error.pointee.message).split(whereSeparator: \.isNewline).joined(separator: " ")
  }
}
