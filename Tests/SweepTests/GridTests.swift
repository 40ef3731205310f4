import Sweeps
import Testing

@Suite("Grid") struct GridTests {
  @Test(
    "the script's windows are those of the published script",
    arguments: [(40, 6, 200, 224), (20, 11, 200, 224), (10, 20, 190, 224)])
  func script(stride: Int, count: Int, lastStart: Int, lastEnd: Int) {
    let places = Grid(.script, stride: stride).places(of: Occluder(size: 40), on: 224)
    #expect(places.rows.count == count && places.columns.count == count && places.count == count * count)
    for (index, window) in places.rows.enumerated() {
      #expect(window.pixels.lowerBound == index * stride)
      #expect(window.pixels.upperBound == min(224, index * stride + 40))
    }
    #expect(places.rows.last?.pixels == lastStart..<lastEnd)
    #expect(places.rows[0].centre == 20)
    #expect(places.rows.last?.centre == Float(lastStart + lastEnd) / 2)
  }

  @Test("no window of the script's grid is empty, however far apart they are")
  func apart() {
    for size in [1, 10, 40, 223, 224] {
      for stride in [1, 39, 60, 112, 223, 224] {
        for side in [28, 96, 224] {
          let windows = Grid(.script, stride: stride).places(of: Occluder(size: size), on: side).rows
          #expect(
            !windows.isEmpty && windows.allSatisfy { !$0.pixels.isEmpty && $0.pixels.upperBound <= side })
        }
      }
    }
  }

  @Test("a stride of one gives the centred grid one value per pixel", arguments: [1, 2, 17, 40])
  func centred(size: Int) {
    let occluder = Occluder(size: size)
    let places = Grid(.centred, stride: 1).places(of: occluder, on: 224)
    #expect(places.rows.count == 224)
    for (pixel, window) in places.rows.enumerated() {
      #expect(window.pixels.contains(pixel))
      #expect(abs(window.centre - (Float(pixel) + 0.5)) <= 0.5)
      let isInside = pixel >= size / 2 && pixel - size / 2 + size <= 224
      #expect(isInside == (window.pixels.count == size))
      #expect(window.pixels.lowerBound >= 0 && window.pixels.upperBound <= 224)
    }
  }

  @Test("a coarse centred map is a subset of the fine one", arguments: [2, 4, 7])
  func subset(stride: Int) {
    let fine = Grid(.centred, stride: 1).places(of: Occluder(), on: 224)
    let coarse = Grid(.centred, stride: stride).places(of: Occluder(), on: 224)
    #expect(coarse.rows == Swift.stride(from: 0, to: 224, by: stride).map { fine.rows[$0] })
  }

  @Test("sizes and strides are scaled to the network's side, rounded, at least one pixel")
  func scaling() {
    #expect(Occluder(size: 40).size(on: 224) == 40)
    #expect(Occluder(size: 40).size(on: 96) == 17)  // 17.14
    #expect(Occluder(size: 35).size(on: 112) == 18)  // 17.5
    #expect(Occluder(size: 1).size(on: 64) == 1)  // 0.29
    #expect(Grid(stride: 4).stride(on: 96) == 2)  // 1.71
    #expect(Grid(stride: 1).stride(on: 96) == 1)  // 0.43
    let places = Grid(.centred, stride: 4).places(of: Occluder(size: 40), on: 96)
    #expect(places.rows.count == 48 && places.rows[10].pixels == 12..<29 && places.rows[10].centre == 20.5)
  }

  @Test("an occluder as large as the crop has one place in the script's grid")
  func whole() {
    let places = Grid(.script, stride: 10).places(of: Occluder(size: 224), on: 96)
    #expect(places.count == 1 && places[0].y.pixels == 0..<96)
  }

  @Test("places run in row-major order") func order() {
    let places = Grid(.script, stride: 40).places(of: Occluder(), on: 224)
    let place = places[8]
    #expect(place.row == 1 && place.column == 2)
    #expect(place.y.pixels == 40..<80 && place.x.pixels == 80..<120)
  }
}
