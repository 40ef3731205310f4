import Foundation
import Models
import TestSupport
import Testing

@Suite("Positions") struct PositionTests {
  static func positions(
    _ kind: PositionRule.Kind, stride: Int, size: Int = 40, side: Int = 224
  ) -> PositionGrid {
    PositionRule(kind, stride: stride).positions(of: Occlusion(size: size), in: frame(side))!
  }

  // MARK: Grids

  @Test(
    "the corner grid's windows are those of the published script",
    arguments: [(40, 6, 200, 224), (20, 11, 200, 224), (10, 20, 190, 224)])
  func corner(stride: Int, count: Int, lastStart: Int, lastEnd: Int) {
    let positions = Self.positions(.corner, stride: stride)
    #expect(positions.rows.count == count && positions.columns.count == count)
    #expect(positions.count == count * count && positions.shape == [count, count])
    for (index, span) in positions.rows.enumerated() {
      #expect(span.pixels.lowerBound == index * stride && span.start == index * stride)
      #expect(span.pixels.upperBound == min(224, index * stride + 40))
    }
    #expect(positions.rows.last?.pixels == lastStart..<lastEnd)
    #expect(positions.rows[0].centre == 20)
    #expect(positions.rows.last?.centre == Float(lastStart + lastEnd) / 2)
  }

  @Test("no window of the corner grid is empty, at any stride") func apart() {
    for size in [1, 10, 40, 223, 224] {
      for stride in [1, 39, 60, 112, 223, 224] {
        for side in [28, 96, 224] {
          let spans = Self.positions(.corner, stride: stride, size: size, side: side).rows
          #expect(!spans.isEmpty && spans.allSatisfy { !$0.pixels.isEmpty && $0.pixels.upperBound <= side })
        }
      }
    }
  }

  @Test("an occluder larger than the frame has one position from the corner, and one far larger has none")
  func large() {
    let (rule, occlusion) = (PositionRule(.corner, stride: 1), Occlusion(size: 224))
    func frame(_ share: Double) -> PictureFrame {
      PictureFrame(side: 224, x: 0, y: 0, width: 9, height: 9, boxShare: share)
    }
    let positions = rule.positions(of: occlusion, in: frame(2))
    #expect(positions?.shape == [1, 1] && positions?[0].x.pixels == 0..<224)
    #expect(rule.positions(of: occlusion, in: frame(100)) == nil)
  }

  @Test("a stride of one gives the centred grid one value per pixel", arguments: [1, 2, 17, 40])
  func centred(size: Int) {
    let positions = Self.positions(.centred, stride: 1, size: size)
    #expect(positions.rows.count == 224)
    for (pixel, span) in positions.rows.enumerated() {
      #expect(span.pixels.contains(pixel))
      #expect(abs(span.centre - (Float(pixel) + 0.5)) <= 0.5)
      let isInside = pixel >= size / 2 && pixel - size / 2 + size <= 224
      #expect(isInside == (span.pixels.count == size))
      #expect(span.pixels.lowerBound >= 0 && span.pixels.upperBound <= 224)
      #expect(span.start == pixel - size / 2)
    }
  }

  @Test("a coarse centred map is a subset of the fine one", arguments: [2, 4, 7])
  func subset(stride: Int) {
    let fine = Self.positions(.centred, stride: 1)
    let coarse = Self.positions(.centred, stride: stride)
    #expect(coarse.rows == Swift.stride(from: 0, to: 224, by: stride).map { fine.rows[$0] })
  }

  @Test("strides are scaled to the network's side, rounded, at least one pixel") func scaling() {
    #expect(PositionRule(stride: 4).stride(in: frame(96)) == 2)  // 1.71
    #expect(PositionRule(stride: 1).stride(in: frame(96)) == 1)  // 0.43
    let positions = Self.positions(.centred, stride: 4, side: 96)
    #expect(positions.rows.count == 48 && positions.rows[10].pixels == 12..<29)
    #expect(positions.rows[10].centre == 20.5)
  }

  @Test("an occluder as large as the crop has one position in the corner grid") func whole() {
    let positions = Self.positions(.corner, stride: 10, size: 224, side: 96)
    #expect(positions.count == 1 && positions[0].y.pixels == 0..<96)
  }

  @Test("positions are in row-major order") func order() {
    let position = Self.positions(.corner, stride: 40)[8]
    #expect(position.row == 1 && position.column == 2)
    #expect(position.y.pixels == 40..<80 && position.x.pixels == 80..<120)
  }

  @Test("a rectangle has spans of its height down and of its width across") func rectangle() {
    let occlusion = Occlusion(size: 40, shape: .rectangle(aspect: 1.5))
    let positions = PositionRule(.corner, stride: 40).positions(of: occlusion, in: frame(224))!
    #expect(positions.rows[1].pixels == 40..<100 && positions.columns[1].pixels == 40..<80)
  }

  // MARK: Regions and lists

  /// A crop of 100 pixels over 200 × 200 pixels of a picture.
  static let half = PictureFrame(side: 100, x: 50, y: 20, width: 200, height: 200)

  @Test("a region keeps the positions of the grid whose centres are in it") func region() throws {
    let occlusion = Occlusion()
    for kind in PositionRule.Kind.allCases {
      let all = try #require(PositionRule(kind, stride: 11).positions(of: occlusion, in: Self.half))
      let rule = PositionRule(kind, stride: 11, region: [100, 60, 80, 40])
      let some = try #require(rule.positions(of: occlusion, in: Self.half))
      #expect(some.rows == all.rows.filter { (60..<100).contains(20 + 2 * Double($0.centre)) })
      #expect(some.columns == all.columns.filter { (100..<180).contains(50 + 2 * Double($0.centre)) })
      #expect(some.count > 1 && some.count < all.count)
    }
  }

  @Test(
    "a region without positions gives none",
    arguments: [
      [0, 0, 20, 20], [100, 60, 0, 40], [100, 60, -10, -10], [1e9, 0, 5, 5], [100.1, 60, 0.1, 0.1],
    ])
  func emptyRegion(region: [Double]) {
    #expect(PositionRule(region: region).positions(of: Occlusion(), in: Self.half) == nil)
  }

  @Test("a list has its centres within half a pixel, and the border clips its windows") func list() throws {
    let centres: [[Double]] = [[150, 120], [50, 20], [249.9, 131.3], [91, 219]]
    let rule = PositionRule(list: centres)
    let positions = try #require(rule.positions(of: Occlusion(size: 45), in: Self.half))  // 20.1 pixels
    #expect(positions.count == 4 && positions.shape == [1, 4] && positions.list?.count == 4)
    for (index, centre) in centres.enumerated() {
      let position = positions[index]
      #expect(position.row == 0 && position.column == index)
      #expect(abs(Self.half.pictureX(position.x.centre) - centre[0]) <= 1)
      #expect(abs(Self.half.pictureY(position.y.centre) - centre[1]) <= 1)
      #expect(position.x.pixels == max(0, position.x.start)..<min(100, position.x.start + 20))
    }
    #expect(positions[0].y.pixels == 40..<60 && positions[1].x.pixels == 0..<10)
    #expect(positions[2].x.pixels == 90..<100)
  }

  @Test("positions of a list that are off the crop are left out") func listOutside() {
    let rule = PositionRule(list: [[0, 0], [150, 120], [.nan, 3], [1e300, 3], [-1e300, 0]])
    #expect(rule.positions(of: Occlusion(), in: Self.half)?.count == 1)
    #expect(PositionRule(list: [[0, 0]]).positions(of: Occlusion(), in: Self.half) == nil)
    #expect(PositionRule(list: []).positions(of: Occlusion(), in: Self.half) == nil)
  }

  @Test("networks that crop more or less tightly see the same part of the picture covered")
  func boxShare() throws {
    // The same box of 200 pixels, once as the crop and once in a crop 1.25 times as large.
    let tight = PictureFrame(side: 224, x: 100, y: 50, width: 200, height: 200)
    let loose = PictureFrame(side: 256, x: 75, y: 25, width: 250, height: 250, boxShare: 0.8)
    let rule = PositionRule(list: [[200, 150], [120, 100], [230, 222]])
    for size in [20, 40, 80] {
      let occlusion = Occlusion(size: size)
      let (a, b) = (
        try #require(rule.positions(of: occlusion, in: tight)),
        try #require(rule.positions(of: occlusion, in: loose))
      )
      for index in 0..<3 {
        // A pixel of the picture is about one of the frames: edges and centres are rounded once each.
        for (first, second) in [
          (tight.pictureX(Float(a[index].x.start)), loose.pictureX(Float(b[index].x.start))),
          (tight.pictureY(Float(a[index].y.start)), loose.pictureY(Float(b[index].y.start))),
          (
            tight.pictureX(Float(a[index].x.pixels.upperBound)),
            loose.pictureX(Float(b[index].x.pixels.upperBound))
          ),
        ] { #expect(abs(first - second) < 1.5) }
      }
    }
    // Strides of the grid are as far apart in the picture.
    let grid = PositionRule(stride: 28)
    #expect(abs(28.0 / 224 * 200 - Double(grid.stride(in: loose)) / 256 * 250) < 0.5)
  }

  // MARK: JSON

  @Test("JSON reads back what it wrote, and grids of version 0.1.0") func json() throws {
    func read(_ text: String) throws -> PositionRule {
      try JSONDecoder().decode(PositionRule.self, from: Data(text.utf8))
    }
    for rule in [
      PositionRule(), PositionRule(.corner, stride: 40), PositionRule(region: [1.5, 2, 3, 4]),
      PositionRule(stride: 7, list: [[1, 2], [3.25, 4]]),
    ] {
      #expect(try read(String(decoding: JSONEncoder().encode(rule), as: UTF8.self)) == rule)
    }
    #expect(try read(#"{"kind":"script","stride":40}"#) == PositionRule(.corner, stride: 40))
    #expect(try read(#"{"kind":"centred","stride":4}"#) == PositionRule())
    #expect(PositionRule.Kind(name: "script") == .corner && PositionRule.Kind(name: "spiral") == nil)
    #expect(throws: DecodingError.self) { try read(#"{"kind":"spiral","stride":4}"#) }
    #expect(throws: DecodingError.self) { try read(#"{"kind":"centred"}"#) }
  }
}
