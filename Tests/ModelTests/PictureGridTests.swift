import Models
import Testing

@Suite("Positions in the picture") struct PictureGridTests {
  private let square = [30.0, 50, 112]

  private func rule(stride: Int = 4) -> PositionRule {
    var rule = PositionRule(.picture, stride: stride)
    rule.square = square
    return rule
  }

  @Test("in a crop of the box they are the centred grid", arguments: [40, 41, 7], [1, 4, 20])
  func crop(size: Int, stride: Int) throws {
    let frame = PictureFrame(side: 224, x: 30, y: 50, width: 112, height: 112)
    let occlusion = Occlusion(size: size)
    let grid = try #require(rule(stride: stride).positions(of: occlusion, in: frame))
    #expect(grid == PositionRule(stride: stride).positions(of: occlusion, in: frame))
  }

  @Test("networks that see more or less have the occluder at the same places of the picture") func frames()
    throws
  {
    let occlusion = Occlusion()
    let frames = [
      PictureFrame(side: 224, x: 30, y: 50, width: 112, height: 112),
      PictureFrame(side: 512, x: 16, y: 36, width: 140, height: 140, boxShare: 0.8),
      PictureFrame(side: 300, x: 0, y: 0, width: 300, height: 300, boxShare: 112.0 / 300),
    ]
    let grids = try frames.map { try #require(rule().positions(of: occlusion, in: $0)) }
    #expect(grids.allSatisfy { $0.shape == [56, 56] })
    for index in stride(from: 0, to: 56 * 56, by: 37) {
      for (grid, frame) in zip(grids, frames) {
        let window = grid[index].window
        let pixel = frame.width / Double(frame.side)
        let wanted = (30 + Double(index % 56) * 2, 50 + Double(index / 56) * 2)
        #expect(abs(frame.pictureX(window.x.centre) - wanted.0) <= 0.51 * pixel)
        #expect(abs(frame.pictureY(window.y.centre) - wanted.1) <= 0.51 * pixel)
        let extent = Double(occlusion.extent(in: frame).width) * pixel
        #expect(abs(extent - 20) <= 0.51 * pixel)
      }
    }
  }

  @Test("a frame that the square is not in still has a pixel under every position") func outside() throws {
    let frame = PictureFrame(side: 16, x: 1e9, y: -1e9, width: 10, height: 10)
    let grid = try #require(rule(stride: 56).positions(of: Occlusion(size: 1), in: frame))
    for index in 0..<grid.count {
      #expect(!grid[index].x.pixels.isEmpty && !grid[index].y.pixels.isEmpty)
      #expect(grid[index].x.pixels.lowerBound >= 0 && grid[index].x.pixels.upperBound <= 16)
    }
  }
}
