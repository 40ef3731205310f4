import Foundation
import Models
import Networks
import Pictures
import TestSupport
import Tensors
import Testing

/// A frame over a picture of its own size.
func frame(_ side: Int, boxShare: Double = 1) -> PictureFrame {
  PictureFrame(side: side, x: 0, y: 0, width: Double(side), height: Double(side), boxShare: boxShare)
}

/// A window of an occluder of one size whose first pixel is at `y`, `x`, clipped to a side.
func window(y: Int, x: Int, size: Int, side: Int) -> Window {
  func span(_ start: Int) -> Span {
    Span(
      pixels: max(0, start)..<min(side, start + size), centre: Float(start) + Float(size) / 2, start: start)
  }
  return Window(y: span(y), x: span(x))
}

@Suite("Occlusion") struct OcclusionTests {
  static let crop = try! DummyModel.picture().networkInput(around: nil, side: 32, by: .spin)

  /// The coverage of every pixel of an occluder that is a disc.
  static func coverage(size: Int, side: Int = 224) throws -> Tensor {
    let disc = Occlusion(size: size, shape: .disc)
    let extent = disc.extent(in: frame(side))
    let patch = disc.patch(at: window(y: 0, x: 0, size: extent.width, side: side), in: frame(side))
    guard case .pixels(_, let coverage?) = patch.content else {
      Issue.record("a disc of another content")
      return Tensor([0])
    }
    return coverage
  }

  @Test("sizes are scaled to the network's side, rounded, at least one pixel") func scaling() {
    func width(_ size: Int, on side: Int) -> Int { Occlusion(size: size).extent(in: frame(side)).width }
    #expect(width(40, on: 224) == 40)
    #expect(width(40, on: 96) == 17)  // 17.14
    #expect(width(35, on: 112) == 18)  // 17.5
    #expect(width(1, on: 64) == 1)  // 0.29
    for side in [28, 96, 224, 256] { #expect(width(224, on: side) == side) }
  }

  @Test("a crop that is larger than the box shows the occluder as much smaller") func boxShare() {
    func width(_ size: Int, on side: Int, _ share: Double) -> Int {
      Occlusion(size: size).extent(in: frame(side, boxShare: share)).width
    }
    #expect(width(40, on: 224, 0.8) == 32)
    #expect(width(40, on: 256, 0.8) == 37)  // 36.57
    #expect(width(35, on: 224, 0.5) == 18)  // 17.5
    #expect(width(40, on: 224, 1.25) == 50)
    #expect(width(1, on: 64, 0.5) == 1)
    #expect(PositionRule(stride: 10).stride(in: frame(224, boxShare: 0.8)) == 8)
  }

  @Test("a rectangle is so many times as high as wide, up to the whole box") func rectangle() {
    func extent(_ size: Int, _ aspect: Float, on side: Int = 224) -> [Int] {
      let extent = Occlusion(size: size, shape: .rectangle(aspect: aspect)).extent(in: frame(side))
      return [extent.height, extent.width]
    }
    #expect(extent(40, 1.5) == [60, 40] && extent(40, 0.5) == [20, 40] && extent(40, 100) == [224, 40])
    #expect(extent(40, 0.01) == [1, 40] && extent(40, 1.5, on: 96) == [26, 17])
    #expect(extent(40, 1) == [40, 40])
  }

  @Test("the patch covers its window and nothing else", arguments: [-3, 0, 11, 29])
  func square(start: Int) throws {
    let occlusion = Occlusion(size: 42, fill: .value(0.25))
    let window = window(y: start, x: 5, size: occlusion.extent(in: frame(32)).width, side: 32)
    let occluded = occlusion.patch(at: window, in: frame(32)).pasted(on: Self.crop)
    for y in 0..<32 {
      for x in 0..<32 {
        let isHidden = window.y.pixels.contains(y) && window.x.pixels.contains(x)
        for c in 0..<3 { #expect(occluded[y, x, c] == (isHidden ? 0.25 : Self.crop[y, x, c])) }
      }
    }
  }

  @Test("a disc is round: its centre is covered, its corners are not, its area is π/4 of the square")
  func disc() throws {
    for size in [1, 2, 9, 40, 41] {
      let coverage = try Self.coverage(size: size)
      #expect(coverage.shape == [size, size])
      let area = coverage.elements.reduce(0, +) / Float(size * size)
      // As near as 8 × 8 samples a pixel come.
      expectClose([area], [Float.pi / 4], absolute: size < 9 ? 0.03 : 0.005, "\(size)")
      #expect(coverage.elements == coverage.elements.reversed())
      #expect(coverage.elements.allSatisfy { (0...1).contains($0) })
      if size >= 9 {
        #expect(coverage[size / 2, size / 2] == 1 && coverage[0, 0] == 0 && coverage[0, size / 2] > 0)
      }
    }
  }

  @Test("a disc blends with the crop by its coverage, and the border clips it") func discPasted() throws {
    let occlusion = Occlusion(size: 84, shape: .disc, fill: .value(0.5))
    let coverage = try Self.coverage(size: 84, side: 32)
    #expect(coverage.shape == [12, 12])
    for (y, x) in [(7, 9), (-5, 26), (25, -7)] {
      let window = window(y: y, x: x, size: 12, side: 32)
      let occluded = occlusion.patch(at: window, in: frame(32)).pasted(on: Self.crop)
      for row in 0..<32 {
        for column in 0..<32 {
          let isThere = (0..<12).contains(row - y) && (0..<12).contains(column - x)
          let share = isThere ? coverage[row - y, column - x] : 0
          for c in 0..<3 {
            let below = Self.crop[row, column, c]
            #expect(occluded[row, column, c] == (share == 0 ? below : share * 0.5 + (1 - share) * below))
          }
        }
      }
    }
  }

  @Test(
    "a colour is that of pixels of the picture, to the bit",
    arguments: [(0, 0, 0), (255, 128, 3)] as [(UInt8, UInt8, UInt8)])
  func colour(red: UInt8, green: UInt8, blue: UInt8) throws {
    var painted = DummyModel.picture()
    for y in 4..<10 { for x in 20..<26 { painted[x, y] = (red, green, blue) } }
    let occlusion = Occlusion(size: 42, fill: .colour(red: red, green: green, blue: blue))
    let occluded = occlusion.patch(at: window(y: 4, x: 20, size: 6, side: 32), in: frame(32))
      .pasted(on: Self.crop)
    #expect(occluded == painted.normalised())
    let shown = try #require(occlusion.displayColour)
    expectClose(
      [shown.red, shown.green, shown.blue].map { Float($0 * 255) },
      [Float(red), Float(green), Float(blue)], absolute: 1e-4)
  }

  @Test("gray is the mean colour of ImageNet") func gray() throws {
    let colour = try #require(Occlusion().displayColour)
    #expect(Occlusion(fill: .mean).displayColour == nil)
    expectClose(
      [colour.red, colour.green, colour.blue].map(Float.init), [0.485, 0.456, 0.406], absolute: 1e-6)
  }

  @Test("a texture is pasted unchanged, clipped at the border") func texture() {
    var random = SeededGenerator(seed: 2)
    let texture = Tensor([6, 6, 3], (0..<108).map { _ in random.normal() })
    for (y, x) in [(3, 4), (-2, 28)] {
      let window = window(y: y, x: x, size: 6, side: 32)
      let occluded = Occlusion(size: 42).patch(at: window, in: frame(32), texture: texture)
        .pasted(on: Self.crop)
      for row in window.y.pixels {
        for column in window.x.pixels {
          for c in 0..<3 { #expect(occluded[row, column, c] == texture[row - y, column - x, c]) }
        }
      }
    }
  }

  // MARK: Names and JSON

  static let named: [(String, Occlusion)] = [
    ("square40", Occlusion()),
    ("square20-black", Occlusion(size: 20, fill: .colour(red: 0, green: 0, blue: 0))),
    ("disc80-#ff8003", Occlusion(size: 80, shape: .disc, fill: .colour(red: 255, green: 128, blue: 3))),
    ("rectangle1.540-0.25", Occlusion(shape: .rectangle(aspect: 1.5), fill: .value(0.25))),
    ("square40-mean", Occlusion(fill: .mean)), ("square40-blur10", Occlusion(fill: .blur(10))),
    ("square40-blur2.5", Occlusion(fill: .blur(2.5))),
    ("disc40-noise7", Occlusion(shape: .disc, fill: .noise(7))),
  ]

  @Test("files are known by name and digest, and JSON does without what they contain") func files() throws {
    for fill in OccluderSamples.fills {
      let occlusion = Occlusion(size: 33, shape: OccluderSamples.mask, fill: fill)
      let read = try JSONDecoder().decode(Occlusion.self, from: JSONEncoder().encode(occlusion))
      #expect(read == occlusion && read.extent(in: frame(224)) == (66, 33))
      #expect(read.name == occlusion.name && read.coverage((66, 33)) == nil)
      #expect(occlusion.name.hasPrefix("mask-my_mask-33-"))
      guard case .texture = fill else { continue }
      #expect(occlusion.name == "mask-my_mask-33-texture-bricks_2")
      #expect(throws: ModelError.self) { try read.filler(in: DummyModel.picture(), box: nil) }
    }
    #expect(Occlusion.Fill(name: "blur") == .blur(10) && Occlusion.Fill(name: "noise") == .noise(1))
    for name in ["blur0", "blur-3", "blurry", "noise-1", "noise1.5", "texture:x.png", "mask", "#12345", ""] {
      #expect(Occlusion.Fill(name: name) == nil, "\(name)")
    }
  }

  @Test("names carry shape, size and fill, and JSON reads back what it wrote", arguments: named)
  func json(name: String, occlusion: Occlusion) throws {
    #expect(occlusion.name == name)
    #expect(try JSONDecoder().decode(Occlusion.self, from: JSONEncoder().encode(occlusion)) == occlusion)
    #expect(Occlusion.Shape(name: occlusion.shape.name) == occlusion.shape)
    #expect(Occlusion.Fill(name: occlusion.fill.name) == occlusion.fill)
  }

  @Test("occluders of version 0.1.0 are read") func version010() throws {
    func read(_ text: String) throws -> Occlusion {
      try JSONDecoder().decode(Occlusion.self, from: Data(text.utf8))
    }
    #expect(try read(#"{"size":40,"value":0}"#) == Occlusion())
    #expect(try read(#"{"size":35,"value":0.25}"#) == Occlusion(size: 35, fill: .value(0.25)))
    #expect(try read(#"{"size":35}"#) == Occlusion(size: 35))
  }

  @Test(
    "invalid occluders are refused",
    arguments: [
      #"{"size":0}"#, #"{"size":225}"#, #"{"size":40,"shape":"star"}"#, #"{"size":40,"fill":"plaid"}"#,
      #"{"size":40,"shape":"rectangle0"}"#, #"{"size":40,"shape":"rectangle1000"}"#,
      #"{"size":40,"shape":"rectanglenan"}"#, #"{"size":40,"fill":"nan"}"#, #"{"size":40,"fill":"inf"}"#,
      ##"{"size":40,"fill":"#ff80"}"##, ##"{"size":40,"fill":"#+12345"}"##,
      ##"{"size":40,"fill":"#gggggg"}"##,
      #"{"shape":"disc"}"#,
    ])
  func refused(text: String) {
    #expect(throws: DecodingError.self) { try JSONDecoder().decode(Occlusion.self, from: Data(text.utf8)) }
  }
}
