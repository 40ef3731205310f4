import Foundation
import Pictures
import TestSupport
import Testing

@Suite("Hostile pictures") struct HostileTests {
  static let files =
    FormatTests.lossless + FormatTests.lossy + ["rgb16.png", "interlaced.png", "inks.jpg", "gray.tif"]

  /// The picture, or nothing where the error is one line.
  private func read(_ data: Data) -> Picture? {
    do throws(PictureError) {
      let picture = try Picture(data: data, from: "input")
      #expect(picture.pixels.count == picture.width * picture.height * 3)
      return picture
    } catch {
      #expect(!error.description.contains("\n") && error.description.hasPrefix("input: "))
      return nil
    }
  }

  @Test("a file cut short is an error or has all its pixels", arguments: files) func cut(name: String) throws
  {
    let whole = try Data(contentsOf: URL(filePath: fixture("pictures/\(name)")))
    let picture = try Picture(data: whole, from: name)
    var isReadWhenCut = 0
    for kept in stride(from: 0, to: whole.count, by: max(1, whole.count / 400)) {
      guard let found = read(whole.prefix(kept)) else { continue }
      isReadWhenCut += 1
      // What is lost may be what says how the picture is turned.
      #expect(Set([found.width, found.height]) == [picture.width, picture.height])
      let isWhole = found == picture
      #expect(isWhole || name.hasPrefix("turned"), "\(kept) of \(whole.count) bytes")
    }
    #expect(read(whole.prefix(whole.count / 3)) == nil)
    #expect(isReadWhenCut < 400)
  }

  @Test("changed bytes give a picture or an error", arguments: files) func changed(name: String) throws {
    let whole = try Data(contentsOf: URL(filePath: fixture("pictures/\(name)")))
    var state: UInt64 = 1
    func chance(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }
    for _ in 0..<300 {
      var bytes = whole
      // Half of the changes are in the header.
      for _ in 0...chance(4) {
        bytes[chance(2) == 0 ? chance(min(100, bytes.count)) : chance(bytes.count)] = UInt8(chance(256))
      }
      _ = read(bytes)
    }
  }

  private func refused(_ data: Data, _ kind: PictureError.Kind, _ comment: Comment? = nil) {
    let error = #expect(throws: PictureError.self, comment) { try Picture(data: data, from: "input") }
    #expect(error?.kind == kind, comment)
  }

  @Test("sizes are refused before memory is asked for") func sizes() throws {
    var tiff = SmallTIFF(width: 60_000, height: 60_000, pixels: [1, 2])
    refused(tiff.data, .absurdSize)
    tiff = SmallTIFF(width: 16_384, height: 16_384, pixels: [1, 2])
    refused(tiff.data, .damaged)
    for (name, places) in [("rgb.bmp", [18, 19, 22, 23]), ("palette.gif", [6, 7, 8, 9])] {
      var data = try Data(contentsOf: URL(filePath: fixture("pictures/\(name)")))
      for place in places { data[place] = 0xFF }
      refused(data, .absurdSize, "\(name)")
    }
    refused(Data("P6 60000 60000 255 abc".utf8), .absurdSize)
    var bmp = try Data(contentsOf: URL(filePath: fixture("pictures/rgba.bmp")))
    for start in [0xFFFF_FFCE, UInt32(bmp.count) + 1, 53, 0] {
      bmp.replaceSubrange(10..<14, with: withUnsafeBytes(of: start.littleEndian, Array.init))
      let wrong = #expect(throws: PictureError.self) { try Picture(data: bmp, from: "input") }
      #expect(wrong?.sentence.contains("other places of pixels") == true, "\(start)")
    }
    bmp = try Data(contentsOf: URL(filePath: fixture("pictures/palette.bmp")))
    for colours in [257, 0xB9AC_0000 as UInt32] {
      bmp.replaceSubrange(46..<50, with: withUnsafeBytes(of: colours.littleEndian, Array.init))
      let wrong = #expect(throws: PictureError.self) { try Picture(data: bmp, from: "input") }
      #expect(wrong?.sentence.contains("more colours") == true, "\(colours)")
    }
    // A JPEG's header alone: no block of pixels takes less than a bit.
    var jpeg = try Data(contentsOf: URL(filePath: fixture("pictures/colours.jpg")))
    let frame = try #require(jpeg.range(of: Data([0xFF, 0xC0]))).lowerBound
    jpeg.replaceSubrange(frame + 5..<frame + 9, with: [0x40, 0, 0x40, 0])
    let error = #expect(throws: PictureError.self) { try Picture(data: jpeg, from: "input") }
    #expect(error?.sentence.contains("too short for its size") == true)
  }

  @Test("a TIFF whose tables lie is refused") func tables() throws {
    let right = SmallTIFF(width: 8, height: 8, pixels: [UInt8](repeating: 7, count: 64))
    _ = try Picture(data: right.data, from: "right")
    // Only the first page is read, so a next one that is the first again does no harm.
    var cyclic = right
    cyclic.next = 8
    _ = try Picture(data: cyclic.data, from: "cyclic")
    for (tag, value) in [
      (256, 0), (257, 0), (258, 3), (259, 9999), (262, 77), (277, 60_000), (277, 0), (258, 64),
    ] {
      var lying = right
      lying.tags[UInt16(tag)] = (tag < 258 ? 4 : 3, UInt32(value))
      #expect(read(lying.data) == nil, "\(tag) = \(value)")
    }
    // A strip that is too long, one past the end, and one row a strip where there is one strip.
    for (tag, value) in [(279, 1), (278, 1), (257, 9000)] {
      var lying = right
      lying.tags[UInt16(tag)] = (4, UInt32(value))
      _ = read(lying.data)
    }
    // A tile of 65,520 × 65,520 pixels for 8 × 8.
    var tiled = right
    tiled.tags[278] = nil
    tiled.tags[279] = nil
    for (tag, value) in [(322, 65_520), (323, 65_520), (324, 200), (325, 10)] {
      tiled.tags[UInt16(tag)] = (4, UInt32(value))
    }
    refused(tiled.data, .damaged)
  }
}
