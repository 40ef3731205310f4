import Bodies
import Foundation
import Models
import Pictures
import TestSupport
import Tensors
import Testing

/// Frames against where the pixels of crops really come from: single pixels are painted and found again.
@Suite("Picture frames") struct PictureFrameTests {
  /// A black picture with a white square of an odd side about a pixel.
  static func painted(x: Int, y: Int, side: Int, width: Int = 120, height: Int = 90) -> Picture {
    var picture = Picture(width: width, height: height, red: 0, green: 0, blue: 0)
    for dy in -(side / 2)...side / 2 {
      for dx in -(side / 2)...side / 2 { picture[x + dx, y + dy] = (255, 255, 255) }
    }
    return picture
  }

  /// The middle of what is white in a crop as a network sees it, in its pixels.
  static func middle(of crop: Tensor) throws -> (x: Float, y: Float) {
    let side = crop.shape[0]
    var (sum, x, y): (Float, Float, Float) = (0, 0, 0)
    for row in 0..<side {
      for column in 0..<side {
        let level = crop[row, column, 1] * Picture.colourDeviation[1] + Picture.meanColour[1]
        guard level > 1e-4 else { continue }
        sum += level
        x += level * (Float(column) + 0.5)
        y += level * (Float(row) + 0.5)
      }
    }
    try #require(sum > 0, "the painted pixels are not in the crop")
    return (x / sum, y / sum)
  }

  struct Cut: Sendable, CustomTestStringConvertible {
    let box: Box?, side: Int
    /// The painted pixels, and how wide.
    let x: Int, y: Int, width: Int
    var testDescription: String {
      "\(box.map { "\($0.x),\($0.y),\($0.width),\($0.height)" } ?? "whole"), \(side)"
    }
  }

  static let cuts = [
    Cut(box: Box(x: 20, y: 10, width: 60, height: 60), side: 60, x: 31, y: 44, width: 1),
    Cut(box: Box(x: 20.3, y: 10.7, width: 60, height: 50), side: 96, x: 61, y: 21, width: 1),
    Cut(box: Box(x: 33, y: 12, width: 30, height: 41), side: 224, x: 40, y: 30, width: 1),
    // Beyond two edges of the picture.
    Cut(box: Box(x: -25, y: -31.5, width: 80, height: 80), side: 96, x: 12, y: 9, width: 1),
    Cut(box: Box(x: 70, y: 30, width: 90, height: 70), side: 112, x: 101, y: 71, width: 1),
    // Shrunk.
    Cut(box: Box(x: 5, y: 3, width: 100, height: 80), side: 64, x: 50, y: 40, width: 5),
    Cut(box: nil, side: 64, x: 80, y: 20, width: 5),
    Cut(box: nil, side: 200, x: 20, y: 70, width: 1),
  ]

  @Test(
    "pixels of a crop are where its frame has them, for every method", arguments: CropMethod.allCases, cuts)
  func cut(method: CropMethod, cut: Cut) throws {
    let picture = Self.painted(x: cut.x, y: cut.y, side: cut.width)
    let frame = try PictureFrame(side: cut.side, of: picture, box: cut.box, by: method)
    let crop = try picture.networkInput(around: cut.box, side: cut.side, by: method)
    let middle = try Self.middle(of: crop)
    let pixel = frame.width / Double(cut.side)
    #expect(frame.side == cut.side && frame.boxShare == (cut.box == nil ? 1 : 1 / method.margin))
    #expect(abs(frame.width - frame.height) <= 1)
    #expect(abs(frame.pictureX(middle.x) - (Double(cut.x) + 0.5)) < 0.2 * max(1, pixel))
    #expect(abs(frame.pictureY(middle.y) - (Double(cut.y) + 0.5)) < 0.2 * max(1, pixel))
  }

  @Test("a crop already is its own frame", arguments: CropMethod.allCases) func same(method: CropMethod)
    throws
  {
    let picture = DummyModel.picture(width: 96, height: 96)
    let frame = try PictureFrame(side: 96, of: picture, box: nil, by: method)
    #expect(frame == PictureFrame(side: 96, x: 0, y: 0, width: 96, height: 96))
    #expect(frame.pictureX(17.5) == 17.5 && frame.pictureY(0) == 0)
  }

  @Test("boxes that miss the picture have no frame") func missing() {
    let picture = DummyModel.picture()
    for box in [Box(x: 100, y: 0, width: 20, height: 20), Box(x: 0, y: 0, width: 0, height: 5)] {
      #expect(throws: PictureError.self) { try PictureFrame(side: 32, of: picture, box: box, by: .spin) }
    }
  }

  @Test("JSON reads back what it wrote") func json() throws {
    let frame = PictureFrame(side: 96, x: -1.5, y: 2.25, width: 100, height: 101, boxShare: 0.8)
    let text = try JSONEncoder().encode(frame)
    #expect(try JSONDecoder().decode(PictureFrame.self, from: text) == frame)
    #expect(String(decoding: text, as: UTF8.self).contains("\"side_px\":96"))
  }

  // MARK: Inputs

  @Test(
    "a camera of the whole picture is converted to one of what the network sees: points are on the same pixels",
    arguments: [CropMethod.spin, .blazePose])
  func camera(_ method: CropMethod) throws {
    let whole = WeakPerspectiveCamera(scale: 0.8, tx: 0.05, ty: -0.1)
    let box = Box(x: 30, y: 20, width: 60, height: 60)
    let input = DummyModel.input(width: 120, height: 120, box: box)
    let frame = try PictureFrame(side: 60, of: input.picture, box: box, by: method)
    let crop = input.cropCamera(whole, of: frame)
    for point in [Point(), Point(0.2, 0.3, 0), Point(-0.3, 0.1, 0)] {
      let (a, b) = (whole.pixel(of: point, side: 120), crop.pixel(of: point, side: 60))
      expectClose([Float(frame.pictureX(b.x)), Float(frame.pictureY(b.y))], [a.x, a.y], absolute: 1e-3)
    }
    #expect(
      DummyModel.input(width: 120, height: 120).cropCamera(whole, of: PictureFrame(wholeOf: 120)) == whole)
  }

  @Test("what is looked at is what the network sees, also where that is more than the box")
  func displayOfFrame() throws {
    // The blue is black and white, so that crops, which are stretched to the whole range of bytes, keep their values.
    let pixels = (0..<200 * 200).flatMap { index -> [UInt8] in
      [UInt8(index % 200), UInt8(index / 200), index.isMultiple(of: 2) ? 0 : 255]
    }
    let picture = Picture(width: 200, height: 200, pixels: pixels)
    let box = Box(x: 60, y: 40, width: 80, height: 80)
    let input = PictureInput(
      picture: picture, path: "p.png", box: box, source: SourceFile(name: "p.png", fingerprint: ""))
    for method in CropMethod.allCases {
      let frame = try PictureFrame(side: 64, of: picture, box: box, by: method)
      let crop = try input.displayCrop(of: frame)
      // Pixels tell where they come from.
      for (column, row) in [(2, 3), (crop.width / 2, crop.width / 4), (crop.width - 3, crop.width - 2)] {
        let pixel = (row * crop.width + column) * 3
        let scale = Float(frame.side) / Float(crop.width)
        let (x, y) = ((Float(column) + 0.5) * scale, (Float(row) + 0.5) * scale)
        let shown = (Double(crop.pixels[pixel]), Double(crop.pixels[pixel + 1]))
        #expect(abs(shown.0 - (frame.pictureX(x) - 0.5)) < 1.5, "\(method)")
        #expect(abs(shown.1 - (frame.pictureY(y) - 0.5)) < 1.5, "\(method)")
      }
    }
  }

  @Test("the crop for looking at is as fine as the picture allows, at least what the network sees")
  func display() throws {
    func side(_ picture: Int, _ box: Double?, _ side: Int) throws -> Int {
      let box = box.map { Box(x: 1, y: 1, width: $0, height: $0 / 2) }
      return try DummyModel.input(width: picture, height: picture, box: box).displayCrop(side: side).width
    }
    #expect(try side(100, nil, 32) == 100 && side(100, 50, 32) == 50 && side(100, 20, 32) == 32)
    #expect(try side(600, nil, 224) == 480)
  }

  @Test("errors of a picture name its file") func errors() {
    let input = DummyModel.input(box: Box(x: 500, y: 0, width: 5, height: 5))
    let error = #expect(throws: PictureError.self) {
      try input.prepared(for: DummyModel(), occlusion: Occlusion())
    }
    #expect(error?.description.hasPrefix("person.png: ") == true)
    #expect(DummyModel.input().stem == "person")
  }
}
