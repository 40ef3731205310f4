import Figures
import Pictures
import Presentation
import Testing

@Suite("Heatmap") struct HeatmapTests {
  private let white = Picture(width: 96, height: 96, red: 255, green: 255, blue: 255)
  private let key = ColourKey(scale: Scale(covering: [0, 100]), colours: .inferno, title: "")

  /// A map of zeros but for one cell of 100.
  private func map(hot row: Int, _ column: Int, centres: [Double]) -> PositionMap {
    var values = [Double](repeating: 0, count: centres.count * centres.count)
    values[row * centres.count + column] = 100
    return PositionMap(values, rowCentres: centres, columnCentres: centres, side: 96)
  }

  private func drawn(_ map: PositionMap) -> Picture {
    Heatmap(map, key).picture(over: white, side: 192)
  }

  /// The pixels of a 192-pixel figure that have the colour of 100.
  private func hotPixels(_ picture: Picture) -> (rows: ClosedRange<Int>, columns: ClosedRange<Int>)? {
    var (rows, columns): ([Int], [Int]) = ([], [])
    for y in 0..<192 {
      for x in 0..<192 where picture[x, y] == (0xFC, 0xFF, 0xA4) {
        rows.append(y)
        columns.append(x)
      }
    }
    guard let top = rows.min(), let bottom = rows.max(), let left = columns.min(), let right = columns.max(),
      rows.count == (bottom - top + 1) * (right - left + 1)
    else { return nil }
    return (top...bottom, left...right)
  }

  @Test("puts a value on the pixels around its true centre") func placement() throws {
    // The centres of a 17-pixel patch at every third pixel.
    let centres = stride(from: 0.5, to: 96, by: 3).map { $0 }
    let hot = try #require(hotPixels(drawn(map(hot: 4, 20, centres: centres))))
    // 12.5 and 60.5, a step and a half of 1.5 to either side, two pixels of the figure for one of the crop.
    #expect(hot.rows == 22...27)
    #expect(hot.columns == 118...123)
  }

  @Test("fills up to the border, where the last centre is less than a step away") func border() throws {
    let centres = stride(from: 0.5, to: 96, by: 3).map { $0 }
    let corner = try #require(hotPixels(drawn(map(hot: 31, 0, centres: centres))))
    #expect(corner.rows == 184...191)
    #expect(corner.columns == 0...3)
  }

  @Test("leaves free what no patch of the script's grid was centred near") func scriptGrid() throws {
    let centres = stride(from: 8.5, through: 88, by: 4).map { $0 }
    let picture = drawn(map(hot: 0, 1, centres: centres))
    let hot = try #require(hotPixels(picture))
    #expect(hot.rows == 13...20)
    #expect(hot.columns == 21...28)
    #expect(picture[5, 100] == (255, 255, 255))
    #expect(picture[14, 100] == (0, 0, 4))
  }

  @Test("leaves free what was not measured") func missing() {
    let map = PositionMap([0, .nan, 0, 0], rowCentres: [24, 72], columnCentres: [24, 72], side: 96)
    let picture = drawn(map)
    #expect(picture[150, 40] == (255, 255, 255))
    #expect(picture[40, 40] == (0, 0, 4))
    #expect(map.low == 0 && map.high == 0)
  }

  @Test("lets the crop through as far as the overlay says") func overlay() {
    let map = PositionMap([0], rowCentres: [48], columnCentres: [48], side: 96)
    let half = Heatmap(map, key, overlay: 0.5).picture(over: white, side: 96)
    #expect(abs(Int(half[50, 50].red) - 127) <= 1)
  }

  /// Every value's colour in a map is that of its place on the bar, whatever the crop beneath shows.
  @Test(
    "a colour in a map is the colour on its bar",
    arguments: [Colormap.inferno, .viridis, .jet, .change, .difference])
  func colourOfBar(colours: Colormap) {
    let values = stride(from: -40.0, through: 120, by: 10).map { $0 }
    let centres = values.indices.map { Double($0) * 5 + 8 }
    let map = PositionMap(values, rowCentres: [48], columnCentres: centres, side: 96)
    let key = ColourKey(scale: Scale(covering: values), colours: colours, title: "")
    let noise = Picture(
      width: 96, height: 96,
      pixels: (0..<96 * 96 * 3).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) })
    let picture = Heatmap(map, key).picture(over: noise, side: 192)
    for (value, centre) in zip(values, centres) {
      let drawn = picture[Int(centre * 2), 96]
      let expected = key.colour(of: value).bytes
      #expect(drawn == (expected.red, expected.green, expected.blue), "\(value)")
    }
  }
}
