import Foundation
import Pictures
import TestSupport
import Testing

@Suite("Reading pictures") struct ReadingTests {
  /// What the fixtures hold: 5 × 4 pixels whose colours tell where they are.
  private func expected(gray: Bool) -> Picture {
    var bytes: [UInt8] = []
    for y in 0..<4 {
      for x in 0..<5 {
        let red = UInt8(40 * x + 10)
        bytes += gray ? [red, red, red] : [red, UInt8(60 * y + 5), UInt8(200 - 20 * x - 10 * y)]
      }
    }
    return Picture(width: 5, height: 4, pixels: bytes)
  }

  @Test(
    "gives the stored colours of every kind of PNG",
    arguments: ["rgb8", "rgb8_gamma", "rgb16", "rgba8", "palette", "interlaced"])
  func colours(name: String) throws {
    #expect(try Picture(contentsOf: fixture("pictures/\(name).png")) == expected(gray: false))
  }

  @Test("gives grays as three equal colours", arguments: ["gray8", "gray16", "gray_alpha"])
  func grays(name: String) throws {
    #expect(try Picture(contentsOf: fixture("pictures/\(name).png")) == expected(gray: true))
  }

  @Test("spreads one bit to black and white") func bits() throws {
    let picture = try Picture(contentsOf: fixture("pictures/gray1.png"))
    #expect((0..<5).map { picture[$0, 0].red } == [255, 0, 255, 0, 255])
    #expect((0..<5).map { picture[$0, 3].green } == [0, 0, 0, 0, 0])
  }

  @Test("reads JPEG, colour and gray") func jpeg() throws {
    let colour = try Picture(contentsOf: fixture("pictures/colours.jpg"))
    #expect(colour.width == 32 && colour.height == 24)
    let pixel = colour[20, 12]
    #expect(
      abs(Int(pixel.red) - 160) < 6 && abs(Int(pixel.green) - 120) < 6 && abs(Int(pixel.blue) - 128) < 6)
    let gray = try Picture(contentsOf: fixture("pictures/gray.jpg"))[20, 12]
    #expect(gray.red == gray.green && gray.green == gray.blue && abs(Int(gray.red) - 160) < 6)
  }

  /// For every orientation, the corners of the upright picture (top left, top right, bottom left) by where they
  /// are stored: L left or R right, T top or B bottom.
  static let corners: [(Int, [String])] = [
    (1, ["LT", "RT", "LB"]), (2, ["RT", "LT", "RB"]), (3, ["RB", "LB", "RT"]), (4, ["LB", "RB", "LT"]),
    (5, ["LT", "LB", "RT"]), (6, ["LB", "LT", "RB"]), (7, ["RB", "RT", "LB"]), (8, ["RT", "RB", "LT"]),
  ]

  @Test("turns a JPEG upright that says how the camera was held", arguments: corners)
  func orientation(number: Int, corners: [String]) throws {
    let file = try Data(contentsOf: URL(filePath: fixture("pictures/colours.jpg")))
    // Exif with one entry in big-endian order: tag 0x0112, a short, one of it.
    let exif: [UInt8] =
      Array("Exif\0\0MM".utf8) + [0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, UInt8(number), 0, 0]
      + [0, 0, 0, 0]
    let segment = [0xFF, 0xE1, 0, UInt8(exif.count + 2)] + exif
    let stored = try Picture(data: file, from: "stored")
    let upright = try Picture(data: file.prefix(2) + segment + file.dropFirst(2), from: "upright")
    #expect(upright.width == (number > 4 ? 24 : 32) && upright.height == (number > 4 ? 32 : 24))
    // Any number of FF before a marker is filling.
    let filled = try Picture(
      data: Data(file.prefix(2)) + Data([0xFF, 0xFF, 0xFF] + segment + [0xFF]) + Data(file.dropFirst(2)),
      from: "filled")
    #expect(filled.pixels == upright.pixels)
    let places = [(0, 0), (upright.width - 1, 0), (0, upright.height - 1)]
    for (place, corner) in zip(places, corners) {
      #expect(
        upright[place.0, place.1] == stored[corner.hasPrefix("L") ? 0 : 31, corner.hasSuffix("T") ? 0 : 23])
    }
  }

  @Test("a JPEG of four inks has the colours of the one that it was made from") func inks() throws {
    let (inks, colours) = (
      try Picture(contentsOf: fixture("pictures/inks.jpg")),
      try Picture(contentsOf: fixture("pictures/colours.jpg"))
    )
    #expect(inks.width == colours.width && inks.height == colours.height)
    let off = zip(inks.pixels, colours.pixels).map { abs(Int($0) - Int($1)) }
    #expect(off.reduce(0, +) < 4 * off.count)
  }

  @Test("tells PNG from JPEG by first bytes, not by name") func names() throws {
    try withTemporaryFolder { folder in
      try FileManager.default.copyItem(
        atPath: fixture("pictures/colours.jpg"), toPath: folder + "/colours.png")
      #expect(try Picture(contentsOf: folder + "/colours.png").width == 32)
    }
  }

  @Test("turns down a file cut short anywhere", arguments: ["rgb8.png", "interlaced.png", "colours.jpg"])
  func truncated(name: String) throws {
    let whole = try Data(contentsOf: URL(filePath: fixture("pictures/\(name)")))
    // Of a PNG the last 12 bytes are the end chunk, and 4 before them a checksum of pixels that are all there.
    for kept in stride(from: 12, to: whole.count - (name.hasSuffix("png") ? 20 : 2), by: 9) {
      let error = #expect(throws: PictureError.self) { try Picture(data: whole.prefix(kept), from: "cut") }
      #expect(error?.kind == .damaged && error?.file == "cut", "\(kept) of \(whole.count) bytes")
    }
  }

  @Test("bounds the size before it asks for memory") func absurd() throws {
    let error = #expect(throws: PictureError.self) {
      try Picture(contentsOf: fixture("pictures/absurd.png"))
    }
    #expect(error?.kind == .absurdSize)
    #expect(error?.sentence.hasPrefix("declares 2000000 × 2000000 pixels") == true)
  }

  @Test("says what is wrong with a file that is no picture") func noPicture() throws {
    try withTemporaryFolder { folder in
      func failure(_ path: String) -> PictureError? {
        #expect(throws: PictureError.self) { try Picture(contentsOf: path) }
      }
      try Data("hello, world".utf8).write(to: URL(filePath: folder + "/text.png"))
      try Data().write(to: URL(filePath: folder + "/empty.png"))
      #expect(
        failure(folder + "/none.png")?.description == "\(folder)/none.png: no such file; check the path")
      #expect(failure(folder + "/none.png")?.kind == .missing)
      #expect(
        failure(folder + "/text.png")?.sentence
          == "is text; give a PNG, JPEG, WebP, TIFF, BMP, GIF or PNM file")
      #expect(
        failure(folder + "/empty.png")?.sentence
          == "is empty; give a PNG, JPEG, WebP, TIFF, BMP, GIF or PNM file")
      #expect(failure(folder)?.sentence == "is a folder; give a PNG, JPEG, WebP, TIFF, BMP, GIF or PNM file")
      #expect(failure("/dev/zero")?.kind == .notAPicture)
      // Reading it fails, and what a link to itself leads to is not known.
      #expect(failure("/proc/self/mem")?.kind == .io)
      try FileManager.default.createSymbolicLink(atPath: folder + "/loop", withDestinationPath: "loop")
      #expect(failure(folder + "/loop")?.kind == .io)
      for (path, kind) in [
        ("/dev/null", .unreadable), ("/proc/self/mem", .io), (folder + "/none.png", .unreadable),
      ] as [(String, PictureError.Kind)] {
        let error = #expect(throws: PictureError.self) { try Cutout(contentsOf: path) }
        #expect(error?.kind == kind && error?.description.hasPrefix(path + ": ") == true)
      }
    }
  }
}

@Suite("Writing pictures") struct WritingTests {
  private let noise = Picture(
    width: 7, height: 3, pixels: (0..<63).map { UInt8(truncatingIfNeeded: $0 &* 151 &+ 17) })

  @Test("gives back what was written, in the same bytes every time") func roundTrip() throws {
    try withTemporaryFolder { folder in
      try noise.writePNG(to: folder + "/a.png")
      #expect(try Picture(contentsOf: folder + "/a.png") == noise)
      #expect(try Data(contentsOf: URL(filePath: folder + "/a.png")) == noise.pngData())
    }
  }

  @Test("stray bytes between the segments of a JPEG do no harm, a lost end does") func strayBytes() throws {
    let data = try Data(contentsOf: URL(filePath: fixture("pictures/colours.jpg")))
    let picture = try Picture(contentsOf: fixture("pictures/colours.jpg"))
    let end = data.count - 2
    try withTemporaryFolder { folder in
      // Before the last marker, and before the first table after the header.
      for place in [end, 2 + 2 + Int(data[4]) << 8 + Int(data[5])] {
        var stray = data
        stray.insert(contentsOf: [0, 0, 0, 0], at: place)
        try stray.write(to: URL(filePath: folder + "/a.jpg"))
        #expect(try Picture(contentsOf: folder + "/a.jpg") == picture, "\(place)")
      }
      try data.prefix(data.count / 2).write(to: URL(filePath: folder + "/a.jpg"))
      #expect(throws: PictureError.self) { try Picture(contentsOf: folder + "/a.jpg") }
    }
  }
}
