import Foundation
import Pictures
import TestSupport
import Testing

@Suite("Formats of pictures") struct FormatTests {
  /// What the fixtures hold: 5 × 4 pixels whose colours tell where they are.
  private static func expected(isGray: Bool = false) -> Picture {
    let bytes = (0..<20).flatMap { i -> [UInt8] in
      let (x, y) = (i % 5, i / 5)
      let red = UInt8(40 * x + 10)
      return isGray ? [red, red, red] : [red, UInt8(60 * y + 5), UInt8(200 - 20 * x - 10 * y)]
    }
    return Picture(width: 5, height: 4, pixels: bytes)
  }

  static let lossless = [
    "lossless.webp", "alpha.webp", "animated.webp", "turned.webp", "turned.png", "strips.tif", "packbits.tif",
    "palette.tif", "inks.tif", "pages.tif", "big.tif", "tiles.tif", "tiles16.tif", "turned.tif", "rgb.bmp",
    "rgba.bmp", "palette.bmp", "top_down.bmp", "palette.gif", "rgb.ppm",
  ]
  static let lossy = ["progressive.jpg", "restarts.jpg", "arithmetic.jpg", "jpeg.tif"]

  @Test("gives the stored colours of every format", arguments: lossless) func colours(name: String) throws {
    #expect(try Picture(contentsOf: fixture("pictures/\(name)")) == Self.expected())
  }

  @Test("gives a TIFF's grays as three equal colours") func grays() throws {
    #expect(try Picture(contentsOf: fixture("pictures/gray.tif")) == Self.expected(isGray: true))
  }

  @Test("gives nearly the colours of what is compressed with loss", arguments: lossy) func near(name: String)
    throws
  {
    let picture = try Picture(contentsOf: fixture("pictures/\(name)"))
    #expect(picture.width == 80 && picture.height == 64)
    for y in 0..<4 {
      for x in 0..<5 {
        let (found, right) = (picture[16 * x + 8, 16 * y + 8], Self.expected()[x, y])
        #expect(abs(Int(found.red) - Int(right.red)) < 12 && abs(Int(found.green) - Int(right.green)) < 12)
        #expect(abs(Int(found.blue) - Int(right.blue)) < 12)
      }
    }
  }

  @Test("turns a TIFF upright, more rows than one band", arguments: ReadingTests.corners)
  func orientation(number: Int, corners: [String]) throws {
    let (width, height) = (50, 70)
    let pixels = (0..<width * height).map { UInt8(truncatingIfNeeded: $0 &* 89 &+ $0 / 50) }
    var file = SmallTIFF(width: width, height: height, pixels: pixels)
    let stored = try Picture(data: file.data, from: "stored")
    #expect(stored.pixels == pixels.flatMap { [$0, $0, $0] })
    file.tags[274] = (3, UInt32(number))
    let upright = try Picture(data: file.data, from: "upright")
    #expect(upright.width == (number > 4 ? height : width) && upright.height == (number > 4 ? width : height))
    // From the corners every pixel's place follows: each step along the upright picture is one along the stored.
    func place(_ corner: String) -> SIMD2<Int> {
      SIMD2(corner.hasPrefix("L") ? 0 : width - 1, corner.hasSuffix("T") ? 0 : height - 1)
    }
    let (start, right, down) = (place(corners[0]), place(corners[1]), place(corners[2]))
    for y in 0..<upright.height {
      for x in 0..<upright.width {
        let at =
          start &+ (right &- start) &* x / (upright.width - 1) &+ (down &- start) &* y / (upright.height - 1)
        #expect(upright[x, y] == stored[at.x, at.y])
      }
    }
  }

  @Test("reads the 108 megapixels of a phone") func phone() throws {
    let picture = try Picture(contentsOf: fixture("pictures/large/phone.png"))
    #expect(picture.width == 12_000 && picture.height == 9_000)
    #expect(picture[0, 0] == (255, 255, 255) && picture[11_999, 8_999] == (255, 255, 255))
  }

  @Test(
    "a JPEG without its end marker has all its pixels",
    arguments: ["colours.jpg", "gray.jpg", "inks.jpg", "progressive.jpg", "restarts.jpg"])
  func lostEnd(name: String) throws {
    let file = try Data(contentsOf: URL(filePath: fixture("pictures/\(name)")))
    let picture = try Picture(data: file, from: name)
    let rest = file.dropLast(2)
    #expect(try Picture(data: rest, from: name) == picture)
    #expect(try Picture(data: file.dropLast(1), from: name) == picture)
    #expect(try Picture(data: rest + Data(count: 500), from: name) == picture)
    #expect(
      try Picture(data: file + Data("\u{1}\u{2} rubbish".utf8) + file.prefix(300), from: name) == picture)
    for lost in 4..<10 {
      let error = #expect(throws: PictureError.self) { try Picture(data: file.dropLast(lost), from: name) }
      #expect(error?.kind == .damaged)
    }
  }

  @Test("a progressive JPEG whose last scan is lost is damaged, and so is an arithmetic one without its end")
  func lostScan() throws {
    let file = try Data(contentsOf: URL(filePath: fixture("pictures/progressive.jpg")))
    let scan = try #require(file.range(of: Data([0xFF, 0xC4]), options: .backwards))
    #expect(throws: PictureError.self) { try Picture(data: file.prefix(scan.lowerBound), from: "scan") }
    let arithmetic = try Data(contentsOf: URL(filePath: fixture("pictures/arithmetic.jpg")))
    #expect(throws: PictureError.self) { try Picture(data: arithmetic.dropLast(2), from: "arithmetic") }
  }

  @Test("a PNG without its end chunk has all its pixels", arguments: ["rgb8.png", "interlaced.png"])
  func lostChunk(name: String) throws {
    let file = try Data(contentsOf: URL(filePath: fixture("pictures/\(name)")))
    #expect(try Picture(data: file.dropLast(12), from: name) == Self.expected())
    #expect(throws: PictureError.self) { try Picture(data: file.dropLast(26), from: name) }
  }

  /// First bytes, and how the error begins.
  static let heads: [(String, String)] = [
    ("\0\0\0\u{18}ftypheic\0\0\0\0mif1heic", "is a HEIC (HEIF) picture; convert it"),
    ("\0\0\0\u{18}ftypmif1\0\0\0\0mif1heic", "is a HEIC (HEIF) picture; convert it"),
    ("\0\0\0\u{1C}ftypmif1\0\0\0\0mif1avifmiaf", "is an AVIF; convert it"),
    ("\0\0\0\u{18}ftypcrx \u{0}\0\0\u{1}crx isom", "is a camera's raw picture (CR3)"),
    ("\0\0\0\u{18}ftypisom\0\0\0\u{1}isomavc1", "is a video (MP4 or QuickTime)"),
    ("\0\0\0\u{C}jP  \r\n\u{87}\n", "is a JPEG 2000; convert it"),
    ("\0\0\0\u{C}JXL \r\n\u{87}\n", "is a JPEG XL; convert it"),
    ("8BPS\0\u{1}", "is a Photoshop file"), ("%PDF-1.7\n", "is a PDF"),
    ("FUJIFILMCCD-RAW 0201", "is a camera's raw picture (RAF)"), ("RIFF\0\0\0\0AVI LIST", "is a video (AVI)"),
    ("\u{FEFF}\n<!DOCTYPE html>\n<html>", "is a web page (HTML), saved in place of the picture"),
    ("<?xml version=\"1.0\"?>\n<!-- a -->\n<svg width=\"4\">", "is an SVG drawing; convert it"),
    ("version https://git-lfs.github.com/spec/v1\noid", "is a Git LFS pointer, not the picture itself"),
    ("PK\u{3}\u{4}....", "is a zip archive"), ("BMW and other cars", "is text"), ("Not found\n", "is text"),
    ("{\"error\": 404}", "is JSON text"), (String(repeating: "\0", count: 64), "is nothing but zeros"),
    ("\u{3}\u{4}\u{5}", "is no picture of a known format; give a PNG, JPEG, WebP"),
  ]

  @Test("names formats that are not read, and what to do", arguments: heads)
  func others(head: String, sentence: String) {
    // Letters up to ÿ stand for bytes, but for the byte order mark of text.
    let bytes = Data(head.unicodeScalars.flatMap { $0.value < 256 ? [UInt8($0.value)] : [0xEF, 0xBB, 0xBF] })
    let error = #expect(throws: PictureError.self) { try Picture(data: bytes, from: "input") }
    #expect(error?.kind == .notAPicture)
    #expect(error?.sentence.hasPrefix(sentence) == true, "\(error?.sentence ?? "")")
  }

  @Test("names the JPEGs and TIFFs that are not read") func kinds() throws {
    var jpeg = try Data(contentsOf: URL(filePath: fixture("pictures/colours.jpg")))
    let frame = try #require(jpeg.range(of: Data([0xFF, 0xC0]))).lowerBound
    jpeg[frame + 4] = 12
    func sentence(_ data: Data) -> String {
      #expect(throws: PictureError.self) { try Picture(data: data, from: "input") }?.sentence ?? ""
    }
    #expect(
      sentence(jpeg).hasPrefix("is a JPEG of a kind that is not read (Unsupported JPEG data precision 12)"))
    jpeg[frame + 4] = 8
    jpeg[frame + 1] = 0xC3
    #expect(sentence(jpeg).hasPrefix("is a JPEG of a kind that is not read"))
    var tiff = SmallTIFF(width: 2, height: 2, pixels: [1, 2, 3, 4])
    tiff.tags[254] = (4, 1)
    #expect(throws: Never.self) { try Picture(data: tiff.data, from: "a small view alone") }
    tiff.tags[330] = (4, 8)
    #expect(sentence(tiff.data).contains("a camera's raw picture"))
    tiff = SmallTIFF(width: 2, height: 2, pixels: [UInt8](repeating: 0, count: 16))
    tiff.tags[258] = (3, 32)
    #expect(sentence(tiff.data).contains("32-bit samples"))
  }

  @Test("writes JPEGs that come back nearly the same, in the same bytes") func jpeg() throws {
    var picture = Picture(width: 40, height: 24, red: 0, green: 0, blue: 0)
    for y in 0..<24 { for x in 0..<40 { picture[x, y] = (UInt8(6 * x), UInt8(10 * y), UInt8(3 * (x + y))) } }
    let data = picture.jpegData(quality: 90)
    #expect(data == picture.jpegData(quality: 90) && data.count > picture.jpegData(quality: 30).count)
    let read = try Picture(data: data, from: "picture.jpg")
    #expect(read.width == 40 && read.height == 24)
    let off = zip(read.pixels, picture.pixels).map { abs(Int($0) - Int($1)) }
    #expect(off.max()! <= 24 && Double(off.reduce(0, +)) / Double(off.count) < 3)
  }
}
