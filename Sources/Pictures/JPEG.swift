internal import CTurboJPEG
import Foundation
import Tensors

/// JPEG through TurboJPEG, whose calls return codes and need no shim.
enum JPEG {
  static func decode(_ data: Data, from file: String) throws(PictureError) -> Picture {
    guard let decoder = tjInitDecompress() else {
      throw PictureError(.unreadable, file, "cannot be decoded: out of memory")
    }
    defer { tjDestroy(decoder) }
    let bytes = [UInt8](data)
    var (width, height, subsampling, space): (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
    let header = tjDecompressHeader3(
      decoder, bytes, UInt(bytes.count), &width, &height, &subsampling, &space)
    guard header == 0 || isHarmless(decoder), width > 0, height > 0 else { throw damaged(decoder, file) }
    guard width <= Picture.longestSide, height <= Picture.longestSide,
      Int(width) * Int(height) <= Picture.mostPixels
    else { throw .absurdSize(file, width: Int(width), height: Int(height)) }
    let isInk = [TJCS_CMYK, TJCS_YCCK].contains { space == Int32($0.rawValue) }
    let pixels = GuardedMemory(byteCount: Int(width) * Int(height) * (isInk ? 4 : 3), isPooled: false)
    let result = tjDecompress2(
      decoder, bytes, UInt(bytes.count), pixels.start.assumingMemoryBound(to: UInt8.self), width, 0, height,
      Int32((isInk ? TJPF_CMYK : TJPF_RGB).rawValue), TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS)
    pixels.check("the pixels of a picture", after: "TurboJPEG")
    guard result == 0 || isHarmless(decoder) else { throw damaged(decoder, file) }
    return Picture(
      width: Int(width), height: Int(height), pixels: isInk ? colours(of: pixels.bytes) : pixels.bytes
    ).upright(from: Orientation.of(jpeg: bytes))
  }

  /// The colours of four inks, stored the other way up as Adobe's programs do, by OpenCV's rule: no profile is applied.
  private static func colours(of inks: [UInt8]) -> [UInt8] {
    var colours = [UInt8](repeating: 0, count: inks.count / 4 * 3)
    for pixel in 0..<inks.count / 4 {
      let black = Int(inks[4 * pixel + 3])
      for channel in 0..<3 {
        colours[3 * pixel + channel] = UInt8(black - ((255 - Int(inks[4 * pixel + channel])) * black) >> 8)
      }
    }
    return colours
  }

  /// Whether the last call only warned, and of what leaves a good picture: stray bytes between segments do, a file
  /// that is cut short or whose data make no sense does not.
  private static func isHarmless(_ decoder: tjhandle) -> Bool {
    let reason = String(cString: tjGetErrorStr2(decoder))
    return tjGetErrorCode(decoder) == Int32(TJERR_WARNING.rawValue) && !reason.contains("Premature end")
      && (!reason.contains("Corrupt") || reason.contains("extraneous bytes before marker"))
  }

  private static func damaged(_ decoder: tjhandle, _ file: String) -> PictureError {
    let reason = String(cString: tjGetErrorStr2(decoder))
    return PictureError(.damaged, file, "is a damaged JPEG (\(reason)); copy or export it again")
  }
}
