import Networks
import Tensors
import Testing

@Suite("Patches") struct PatchTests {
  static let crop = Tensor([4, 5, 3], (0..<60).map(Float.init))

  @Test("one value overwrites the covered rows and columns, and nothing else") func value() {
    let covered = Patch(rows: 1..<3, columns: 2..<5, content: .value(-7)).pasted(on: Self.crop)
    for y in 0..<4 {
      for x in 0..<5 {
        for c in 0..<3 {
          #expect(covered[y, x, c] == (1..<3 ~= y && 2..<5 ~= x ? -7 : Self.crop[y, x, c]))
        }
      }
    }
    #expect(Patch(rows: 2..<2, columns: 0..<5, content: .value(-7)).pasted(on: Self.crop) == Self.crop)
  }

  @Test("pixels are mixed with what is beneath by their coverage; the window's corner may be outside")
  func pixels() {
    let pixels = Tensor([3, 2, 3], (0..<18).map { Float(100 + $0) })
    let coverage = Tensor([3, 2], [1, 1, 0, 0.5, 0.25, 1])
    let patch = Patch(
      rows: 0..<2, columns: 0..<1, content: .pixels(pixels, coverage: coverage), top: -1, left: -1)
    let covered = patch.pasted(on: Self.crop)
    for c in 0..<3 {
      #expect(covered[0, 0, c] == 0.5 * pixels[1, 1, c] + 0.5 * Self.crop[0, 0, c])
      #expect(covered[1, 0, c] == pixels[2, 1, c])
      #expect(covered[0, 1, c] == Self.crop[0, 1, c] && covered[2, 0, c] == Self.crop[2, 0, c])
    }
    let opaque = Patch(rows: 1..<4, columns: 3..<5, content: .pixels(pixels, coverage: nil))
    #expect(opaque.pasted(on: Self.crop)[3, 4, 2] == pixels[2, 1, 2])
  }

  @Test("a whole crop stays where it is under a window, and its coverage moves with the window") func whole()
  {
    let other = Tensor([4, 5, 3], (0..<60).map { Float(1000 + $0) })
    let hard = Patch(rows: 1..<3, columns: 2..<5, content: .whole(other, coverage: nil)).pasted(on: Self.crop)
    let coverage = Tensor([3, 2], [1, 1, 0, 0.5, 0.25, 1])
    let soft = Patch(
      rows: 0..<2, columns: 0..<1, content: .whole(other, coverage: coverage), top: -1, left: -1
    ).pasted(on: Self.crop)
    for c in 0..<3 {
      for y in 0..<4 {
        for x in 0..<5 {
          #expect(hard[y, x, c] == (1..<3 ~= y && 2..<5 ~= x ? other : Self.crop)[y, x, c])
        }
      }
      #expect(soft[0, 0, c] == 0.5 * other[0, 0, c] + 0.5 * Self.crop[0, 0, c])
      #expect(soft[1, 0, c] == other[1, 0, c] && soft[0, 1, c] == Self.crop[0, 1, c])
    }
  }

  @Test("pasted on areas of a crop, a patch is what it is on the whole crop") func areas() {
    let pixels = Tensor([3, 4, 3], (0..<36).map { Float(100 + $0) })
    let soft = Patch(
      rows: 1..<4, columns: 1..<4,
      content: .pixels(pixels, coverage: Tensor([3, 4], (0..<12).map { Float($0) / 11 })), top: 1, left: 0)
    let under = Patch(
      rows: 1..<4, columns: 1..<4,
      content: .whole(
        Tensor([4, 5, 3], (0..<60).map { Float(500 - $0) }),
        coverage: Tensor([3, 4], (0..<12).map { Float($0) / 11 })), top: 1, left: 0)
    for patch in [soft, under, Patch(rows: 0..<2, columns: 1..<5, content: .value(9))] {
      let covered = patch.pasted(on: Self.crop)
      for (rows, columns) in [(0..<4, 0..<5), (0..<1, 0..<1), (2..<4, 3..<5), (3..<4, 0..<4)] {
        func cut(_ crop: Tensor) -> [Float] {
          rows.flatMap { y in columns.flatMap { x in (0..<3).map { crop[y, x, $0] } } }
        }
        var area = Tensor([rows.count, columns.count, 3], cut(Self.crop))
        area.withMutableElements {
          patch.paste(into: $0, width: columns.count, top: rows.lowerBound, left: columns.lowerBound)
        }
        #expect(area.elements == cut(covered))
      }
    }
    let several = [soft, soft].pasted(on: Self.crop)
    #expect(
      several.shape == [2, 4, 5, 3] && several.rows(1..<2).elements == soft.pasted(on: Self.crop).elements)
  }

  @Test("a list of windows has every range once, and a position for every window") func windows() {
    let windows = PatchWindows([(0..<3, 1..<2), (0..<3, 4..<5), (2..<4, 1..<2), (0..<3, 1..<2)])
    #expect(windows.rows == [0..<3, 2..<4] && windows.columns == [1..<2, 4..<5])
    #expect(windows.positions.map(\.row) == [0, 0, 1, 0] && windows.positions.map(\.column) == [0, 1, 0, 0])
    let grid = PatchWindows(rows: [0..<1, 1..<2], columns: [3..<4])
    #expect(grid.positions.map(\.row) == [0, 1] && grid.positions.map(\.column) == [0, 0])
  }
}
