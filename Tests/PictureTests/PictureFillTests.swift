import Foundation
import Pictures
import Tensors
import Testing

@Suite("What occluders show") struct PictureFillTests {
  /// A picture of one bright pixel in the middle of black.
  private func dot(_ side: Int, on ground: UInt8 = 0) -> Picture {
    var picture = Picture(width: side, height: side, red: ground, green: ground, blue: ground)
    picture[side / 2, side / 2] = (255, 255, 255)
    return picture
  }

  @Test(
    "a blur has the Gaussian's variance along both axes, and keeps what there is of light",
    arguments: [1.5, 4, 9.3])
  func blur(deviation: Double) {
    // A block of white, so that rounding to bytes is small beside the sums.
    let side = 161, half = 12
    var picture = Picture(width: side, height: side, red: 0, green: 0, blue: 0)
    for y in side / 2 - half...side / 2 + half {
      for x in side / 2 - half...side / 2 + half { picture[x, y] = (255, 255, 255) }
    }
    func moments(_ picture: Picture) -> (sum: Double, across: Double, down: Double) {
      var (sum, across, down) = (0.0, 0.0, 0.0)
      for y in 0..<side {
        for x in 0..<side {
          let value = Double(picture[x, y].green)
          let (dx, dy) = (Double(x - side / 2), Double(y - side / 2))
          (sum, across, down) = (sum + value, across + value * dx * dx, down + value * dy * dy)
        }
      }
      return (sum, across / sum, down / sum)
    }
    let (before, after) = (moments(picture), moments(picture.blurred(deviation: deviation)))
    #expect(abs(after.sum / before.sum - 1) < 0.01)
    for (a, b) in [(after.across, before.across), (after.down, before.down)] {
      #expect(abs((a - b) / (deviation * deviation) - 1) < 0.05, "\((a - b).squareRoot())")
    }
  }

  @Test("a blur is near the sampled Gaussian, continues the border, and leaves one colour as it is")
  func shape() {
    let deviation = 5.0
    let blurred = dot(81).blurred(deviation: deviation)
    #expect(blurred[40, 40].red == blurred[40, 40].blue)
    // 255 of a Gaussian of 5 pixels is 1.6 at its middle.
    #expect((1...2).contains(blurred[40, 40].red) && blurred[0, 0].red == 0)
    // Half black, half white: the edge is the Gaussian's integral.
    var edge = Picture(width: 80, height: 9, red: 0, green: 0, blue: 0)
    for y in 0..<9 { for x in 40..<80 { edge[x, y] = (255, 255, 255) } }
    let soft = edge.blurred(deviation: deviation)
    for x in 0..<80 {
      let wanted = 255 * 0.5 * (1 + erf((Double(x) - 39.5) / (deviation * 2.0.squareRoot())))
      #expect(abs(Double(soft[x, 4].red) - wanted) < 4, "\(x)")
      #expect(soft[x, 0].red == soft[x, 4].red)
    }
    let plain = Picture(width: 30, height: 20, red: 7, green: 200, blue: 90)
    #expect(plain.blurred(deviation: 100) == plain && plain.blurred(deviation: 0.01) == plain)
  }

  @Test("the mean colour is that of all pixels") func mean() {
    var picture = Picture(width: 4, height: 2, red: 10, green: 20, blue: 30)
    picture[3, 1] = (18, 20, 22)
    #expect(picture.averageColour == [11, 20, 29])
  }

  @Test("noise has cells of its size, every byte as often as others, and is drawn by its seed") func noise() {
    let noise = Picture(noiseOf: 3, width: 90, height: 61, cell: 3)
    #expect(noise == Picture(noiseOf: 3, width: 90, height: 61, cell: 3))
    #expect(noise != Picture(noiseOf: 4, width: 90, height: 61, cell: 3))
    for y in 0..<61 {
      for x in 0..<90 { #expect(noise[x, y] == noise[x / 3 * 3, y / 3 * 3]) }
    }
    let fine = Picture(noiseOf: 1, width: 200, height: 200, cell: 1)
    let mean = fine.averageColour
    // The deviation of the mean of 40,000 bytes is 0.37.
    #expect(mean.allSatisfy { abs($0 - 127.5) < 2 })
    #expect(Set(fine.pixels).count == 256)
    let halves = Picture(noiseOf: 1, width: 5, height: 1, cell: 2.5)
    #expect(halves[0, 0] == halves[2, 0] && halves[3, 0] == halves[4, 0] && halves[2, 0] != halves[3, 0])
  }

  @Test("a texture lies over the square once and is mirrored beside it") func tiled() {
    var random = SeededGenerator(seed: 1)
    let tile = Picture(width: 6, height: 4, pixels: (0..<72).map { _ in UInt8(random.integer(below: 256)) })
    let result = tile.tiled(over: Box(x: 2, y: 3, width: 4, height: 4), width: 20, height: 13)
    #expect((result.width, result.height) == (20, 13))
    for y in 0..<4 { for x in 0..<6 { #expect(result[2 + x, 3 + y] == tile[x, y]) } }
    for x in 0..<6 { #expect(result[8 + x, 3] == tile[5 - x, 0] && result[14 + x, 3] == tile[x, 0]) }
    #expect(result[1, 3] == tile[0, 0] && result[0, 3] == tile[1, 0])
    #expect(result[2, 2] == tile[0, 0] && result[2, 7] == tile[0, 3] && result[2, 11] == tile[0, 0])
    let large = tile.tiled(over: Box(x: 0, y: 0, width: 8, height: 8), width: 12, height: 8)
    #expect(large == tile.resized(width: 12, height: 8))
  }

  @Test("another picture fills the size, its middle kept") func covering() {
    var wide = Picture(width: 30, height: 10, red: 0, green: 0, blue: 0)
    for y in 0..<10 { for x in 10..<20 { wide[x, y] = (200, 100, 50) } }
    #expect(
      wide.covering(width: 10, height: 10) == Picture(width: 10, height: 10, red: 200, green: 100, blue: 50))
    #expect(wide.covering(width: 30, height: 10) == wide)
    let small = wide.covering(width: 60, height: 60)
    #expect((small.width, small.height) == (60, 60) && small[30, 30] == (200, 100, 50))
  }

  @Test("of a strip, or about a huge box, only what is seen is made") func huge() {
    let strip = Picture(width: 1, height: 65_535, red: 9, green: 80, blue: 7)
    #expect(
      strip.covering(width: 640, height: 480) == Picture(width: 640, height: 480, red: 9, green: 80, blue: 7))
    var random = SeededGenerator(seed: 2)
    let tile = Picture(width: 4, height: 6, pixels: (0..<72).map { _ in UInt8(random.integer(below: 256)) })
    let box = Box(x: -100_000, y: -100_000, width: 200_000, height: 200_000)
    let seen = tile.tiled(over: box, width: 40, height: 30)
    // A pixel of the pattern is 50,000 of the picture: the middle of what is seen is between four of them.
    #expect((seen.width, seen.height) == (40, 30))
    let near = [(1, 1), (2, 1), (1, 2), (2, 2)].map { Int(tile[$0.0, $0.1].green) }
    #expect((near.min()! - 1...near.max()! + 1).contains(Int(seen[20, 15].green)))
    // As it would be cut out of the whole.
    let whole = tile.tiled(over: Box(x: -20, y: -30, width: 100, height: 100), width: 40, height: 30)
    let large = tile.resized(width: 100, height: 150)
    for (x, y) in [(0, 0), (39, 0), (17, 21), (39, 29)] { #expect(whole[x, y] == large[20 + x, 30 + y]) }
  }

  @Test("a blur far wider than the picture leaves one colour as it is, and takes no longer") func wide() {
    let plain = Picture(width: 30, height: 20, red: 7, green: 200, blue: 90)
    #expect(plain.blurred(deviation: 1e8) == plain)
    // Half black and half white: of what is continued to either side for ever, the mean.
    var edge = Picture(width: 8, height: 1, red: 0, green: 0, blue: 0)
    for x in 4..<8 { edge[x, 0] = (255, 255, 255) }
    let levels = (0..<8).map { Int(edge.blurred(deviation: 1e6)[$0, 0].red) }
    #expect(levels.allSatisfy { (126...129).contains($0) })
  }

  @Test("what is seen through an occluder is stretched as the picture is, not by its own range")
  func stretch() throws {
    // A dull picture: bytes from 50 to 150.
    let dull = Picture(width: 64, height: 64, pixels: (0..<64 * 64 * 3).map { UInt8(50 + $0 % 101) })
    let gray = Picture(width: 64, height: 64, red: 100, green: 100, blue: 100)
    let box = Box(x: 8, y: 8, width: 48, height: 48)
    let crop = try gray.crop(around: box, side: 24, stretchedLike: dull)
    // (100 − 50) · 255 / 100 = 127.5, whose last digit is below.
    #expect(crop == Picture(width: 24, height: 24, red: 127, green: 127, blue: 127))
    #expect(try gray.crop(around: box, side: 24) != crop)
    #expect(try dull.crop(around: box, side: 24, stretchedLike: dull) == dull.crop(around: box, side: 24))
    let seen = try gray.networkInput(around: box, side: 24, by: .spin, like: dull)
    #expect(seen == crop.normalised())
    for method in [CropMethod.pare, .demo, .blazePose] {
      #expect(
        try gray.networkInput(around: box, side: 24, by: method, like: dull)
          == gray.networkInput(around: box, side: 24, by: method))
    }
  }
}
