import Foundation

/// A kind of file, told by its first bytes: one that is read, or one that people give in place of a picture.
struct PictureFormat: Sendable {
  /// What such a file is, with its article: "a WebP".
  let name: String
  /// How it is read, or how a picture that is read is made of it.
  private let use: Use

  private enum Use: Sendable {
    case png, jpeg, webp, tiff, loader(String)
    case advice(String)
  }

  static let png = PictureFormat(name: "a PNG", use: .png)
  static let jpeg = PictureFormat(name: "a JPEG", use: .jpeg)
  static let webp = PictureFormat(name: "a WebP", use: .webp)
  static let tiff = PictureFormat(name: "a TIFF", use: .tiff)
  static let bmp = PictureFormat(name: "a BMP", use: .loader("bmp"))
  static let gif = PictureFormat(name: "a GIF", use: .loader("gif"))
  static let pnm = PictureFormat(name: "a PNM", use: .loader("pnm"))

  /// How many of a file's first bytes tell what it is.
  static let headCount = 1024

  /// Decodes a file of this kind.
  func decode(_ data: Data, from file: String) throws(PictureError) -> Picture {
    switch use {
    case .png: return try PNG.decode(data, from: file)
    case .jpeg: return try JPEG.decode(data, from: file)
    case .webp: return try WebP.decode(data, from: file)
    case .tiff: return try TIFF.decode(data, from: file)
    case .loader(let name): return try Pixbuf.decode(data, by: name, as: self, from: file)
    case .advice: throw refusal(file)
    }
  }

  /// Whether files of this kind are read.
  var isRead: Bool { if case .advice = use { false } else { true } }

  /// The error about a file of a kind that is not read.
  func refusal(_ file: String) -> PictureError {
    guard case .advice(let advice) = use else { return .notAPicture(file) }
    return PictureError(.notAPicture, file, "is \(name); \(advice)")
  }

  /// The kind that the first bytes of a file show, if they are known.
  init?(head: Data) {
    let head = Array(head.prefix(Self.headCount))
    guard let found = Self.known.first(where: { $0.isOf(head) })?.format ?? Self.box(head) ?? Self.text(head)
    else { return nil }
    self = found
  }

  private init(name: String, use: Use) { (self.name, self.use) = (name, use) }

  private init(name: String, advice: String) { self.init(name: name, use: .advice(advice)) }

  static let usualAdvice = "give a PNG, JPEG, WebP, TIFF, BMP, GIF or PNM file"
  private static let conversion = "convert it, for example with ImageMagick: magick IN OUT.png"
  private static let development = "develop it to a JPEG or TIFF, for example with darktable-cli or dcraw -w"
  private static let oneFrame = "take a frame of it: ffmpeg -i IN -frames:v 1 OUT.png"

  // MARK: Signatures

  private struct Signature {
    let format: PictureFormat
    /// Bytes and where they stand.
    let parts: [(at: Int, bytes: [UInt8])]

    func isOf(_ head: [UInt8]) -> Bool { parts.allSatisfy { head.dropFirst($0.at).starts(with: $0.bytes) } }
  }

  private static func known(_ format: PictureFormat, _ parts: (Int, [UInt8])...) -> Signature {
    Signature(format: format, parts: parts.map { ($0.0, $0.1) })
  }

  private static func known(_ name: String, _ advice: String, _ text: String, at: Int = 0) -> Signature {
    known(PictureFormat(name: name, advice: advice), (at, Array(text.utf8)))
  }

  private static func known(_ name: String, _ advice: String, _ bytes: [UInt8]) -> Signature {
    known(PictureFormat(name: name, advice: advice), (0, bytes))
  }

  /// The first that fits is taken.
  private static let known: [Signature] =
    [
      known(png, (0, [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])),
      known("a PNG that was copied as if it were text", "copy it again as it is", [0x89, 0x50, 0x4E, 0x47]),
      known(jpeg, (0, [0xFF, 0xD8, 0xFF])),
      known(webp, (0, Array("RIFF".utf8)), (8, Array("WEBP".utf8))),
      known("a camera's raw picture (CR2)", development, "CR\u{2}", at: 8),
      known(tiff, (0, [0x49, 0x49, 42, 0])), known(tiff, (0, [0x4D, 0x4D, 0, 42])),
      known(tiff, (0, [0x49, 0x49, 43, 0])), known(tiff, (0, [0x4D, 0x4D, 0, 43])),
      known(gif, (0, Array("GIF87a".utf8))), known(gif, (0, Array("GIF89a".utf8))),
    ]
    // A size of the header below the 256 that no BMP reaches keeps text that begins with BM apart.
    + [12, 16, 40, 52, 56, 64, 108, 124].map { known(bmp, (0, Array("BM".utf8)), (14, [$0, 0, 0, 0])) }
    + (1...6).flatMap { number in
      [0x09, 0x0A, 0x0D, 0x20, 0x23].map { known(pnm, (0, Array("P\(number)".utf8) + [$0])) }
    } + [
      known("a JPEG XL", "convert it: djxl IN OUT.png", [0xFF, 0x0A]),
      known("a JPEG XL", "convert it: djxl IN OUT.png", "JXL \r\n", at: 4),
      known("a JPEG 2000", "convert it: opj_decompress -i IN -o OUT.png", [0xFF, 0x4F, 0xFF, 0x51]),
      known("a JPEG 2000", "convert it: opj_decompress -i IN -o OUT.png", "jP  \r\n", at: 4),
      known("an OpenEXR picture", conversion, [0x76, 0x2F, 0x31, 0x01]),
      known("a Radiance HDR picture", conversion, "#?R"),
      known("a PFM picture", conversion, "PF\n"), known("a PFM picture", conversion, "Pf\n"),
      known("a PAM picture", conversion, "P7\n"), known("a Photoshop file", "export it as a PNG", "8BPS"),
      known("a QOI picture", conversion, "qoif"), known("a DDS texture", conversion, "DDS "),
      known("an icon of Windows", conversion, [0, 0, 1, 0]), known("an icon of macOS", conversion, "icns"),
      known("a DICOM file", "export it as a PNG", "DICM", at: 128),
      known("a FITS picture", conversion, "SIMPLE  ="),
      known("a camera's raw picture (RAF)", development, "FUJIFILMCCD-RAW"),
      known("a camera's raw picture (ORF)", development, "IIRO"),
      known("a camera's raw picture (ORF)", development, "IIRS"),
      known("a camera's raw picture (ORF)", development, "MMOR"),
      known("a camera's raw picture (RW2)", development, "IIU\0"),
      known("a camera's raw picture (X3F)", development, "FOVb"),
      known("a camera's raw picture (MRW)", development, "\0MRM"),
      known("a video (AVI)", oneFrame, "AVI ", at: 8),
      known("a video (Matroska)", oneFrame, [0x1A, 0x45, 0xDF, 0xA3]),
      known("a PDF", "save its page as a picture: pdftoppm -png -singlefile IN OUT", "%PDF"),
      known("a PostScript file", conversion, "%!PS"),
      known(
        "a NumPy array", "save its pixels as a PNG, for example with cv2.imwrite",
        [0x93] + Array("NUMPY".utf8)),
      known("a zip archive", "unpack it first", "PK\u{3}\u{4}"),
      known("an HDF5 file", "save the picture in it as a PNG", [0x89] + Array("HDF\r\n".utf8)),
      known("compressed with gzip", "unpack it first: gunzip", [0x1F, 0x8B]),
      known(
        "the companion that macOS makes of a file", "give the file without ._ before its name",
        [0, 5, 0x16, 7]),
      known(
        "a Git LFS pointer, not the picture itself", "fetch the picture: git lfs pull",
        "version https://git-lfs"),
    ]

  /// Formats in ISO's container, by the brands of its first box: pictures of phones, films.
  private static func box(_ head: [UInt8]) -> PictureFormat? {
    guard head.count >= 16, head[4..<8].elementsEqual("ftyp".utf8) else { return nil }
    let end = min(head.count, max(16, Int(head[2]) << 8 | Int(head[3])))
    let brands = stride(from: 8, to: end - 3, by: 4).map {
      String(decoding: head[$0..<$0 + 4], as: UTF8.self)
    }
    if brands.contains("avif") || brands.contains("avis") {
      return PictureFormat(name: "an AVIF", advice: "convert it: avifdec IN OUT.png")
    }
    if brands.contains(where: { $0.hasPrefix("he") || ["mif1", "msf1"].contains($0) }) {
      return PictureFormat(
        name: "a HEIC (HEIF) picture", advice: "convert it, as with heif-convert IN OUT.png or in Photos")
    }
    if brands[0] == "crx " {
      return PictureFormat(name: "a camera's raw picture (CR3)", advice: development)
    }
    return PictureFormat(name: "a video (MP4 or QuickTime)", advice: oneFrame)
  }

  /// Text in place of a picture.
  private static func text(_ head: [UInt8]) -> PictureFormat? {
    let bytes = head.starts(with: [0xEF, 0xBB, 0xBF]) ? head.dropFirst(3) : head[...]
    let text = String(decoding: bytes.drop { [0x09, 0x0A, 0x0D, 0x20].contains($0) }, as: UTF8.self)
      .lowercased()
    if text.hasPrefix("<!doctype html") || text.hasPrefix("<html") || text.hasPrefix("<head") {
      return PictureFormat(
        name: "a web page (HTML), saved in place of the picture",
        advice: "download the picture itself; the page may say why it did not come")
    }
    if text.hasPrefix("<svg") || text.hasPrefix("<?xml") || text.hasPrefix("<!doctype svg") {
      return text.contains("<svg")
        ? PictureFormat(name: "an SVG drawing", advice: "convert it: rsvg-convert IN -o OUT.png")
        : PictureFormat(name: "an XML document", advice: usualAdvice)
    }
    if text.hasPrefix("{") || text.hasPrefix("[") {
      return PictureFormat(name: "JSON text", advice: usualAdvice)
    }
    if text.hasPrefix("data:image/") {
      return PictureFormat(name: "a data URL, not the picture in it", advice: "decode it, as with base64 -d")
    }
    if head.count >= 16, head.allSatisfy({ $0 == 0 }) {
      return PictureFormat(
        name: "nothing but zeros where it begins, as after a copy that broke off", advice: "copy it again")
    }
    let isText = bytes.allSatisfy { (0x20..<0x7F).contains($0) || [0x09, 0x0A, 0x0C, 0x0D].contains($0) }
    return isText && !text.isEmpty ? PictureFormat(name: "text", advice: usualAdvice) : nil
  }
}
