import Presentation
import Testing

@Suite("Colour maps") struct ColormapTests {
  private func code(_ colour: Colour) -> UInt32 {
    let (red, green, blue) = colour.bytes
    return UInt32(red) << 16 | UInt32(green) << 8 | UInt32(blue)
  }

  @Test(
    "begin, pass and end at their known colours",
    arguments: [
      (.inferno, 0x000004, 0xBB3755, 0xFCFFA4), (.viridis, 0x440154, 0x21908C, 0xFDE725),
      (.jet, 0x000080, 0x80FF80, 0x800000), (.difference, 0x00441B, 0xF7F7F7, 0x40004B),
      (.change, 0x003C30, 0xF7F7F7, 0x67001F),
    ] as [(Colormap, UInt32, UInt32, UInt32)])
  func colours(map: Colormap, low: UInt32, middle: UInt32, high: UInt32) {
    #expect([0, 0.5, 1].map { code(map.colour(at: $0)) } == [low, middle, high])
  }

  @Test("go evenly between their points and stop at the ends") func between() {
    let jet = Colormap.jet
    #expect(code(jet.colour(at: 1.0 / 16)) == 0x0000C0)
    #expect(jet.colour(at: -3) == jet.colour(at: 0))
    #expect(jet.colour(at: 7) == jet.colour(at: 1))
  }

  @Test("inferno and viridis grow lighter all the way", arguments: [Colormap.inferno, .viridis])
  func lightness(map: Colormap) {
    let lightness = (0...64).map { i in
      let c = map.colour(at: Double(i) / 64)
      return 0.2126 * c.red + 0.7152 * c.green + 0.0722 * c.blue
    }
    #expect(zip(lightness, lightness.dropFirst()).allSatisfy { $0 < $1 })
  }

  @Test("are found by name only") func names() {
    #expect(Colormap(named: "viridis") == .viridis)
    #expect(Colormap(named: "rainbow") == nil)
  }
}

@Suite("Scale") struct ScaleTests {
  @Test("spans the values between round numbers") func round() {
    let scale = Scale(covering: [43.2, 187, 91])
    #expect(scale.low == 40 && scale.high == 200)
    #expect(scale.ticks.count == 9 && scale.ticks[1] == 60 && scale.saturatedShare == 0)
    #expect(scale.share(120) == 0.5)
  }

  @Test("of differences is even around 0") func differences() {
    let scale = Scale(covering: [-61, 12], isDifference: true)
    #expect(scale.low == -scale.high && scale.high >= 61 && scale.ticks.contains(0))
  }

  @Test("has a few ticks between any two numbers") func huge() {
    #expect(Scale(from: -1e308, to: 1e308, of: [0]).ticks.count < 20)
  }

  @Test("may leave out a share of the greatest values, and says so") func capped() {
    let values = (0..<100).map(Double.init) + [5000]
    #expect(Scale(covering: values).high == 5000)
    let capped = Scale(covering: values, share: 0.99)
    #expect(capped.high == 100 && capped.isCut == (false, true))
    #expect(abs(capped.saturatedShare - 1 / 101.0) < 1e-9)
    #expect(capped.label(capped.ticks.last!) == "≥ 100")
    let key = ColourKey(scale: capped, colours: .inferno, title: "mm")
    #expect(key.note == "1.0 % of the values are above the bar")
    #expect(ColourKey(scale: Scale(covering: values), colours: .inferno, title: "mm").note == nil)
  }

  @Test("between two given numbers has them at its ends") func given() {
    let scale = Scale(from: 25, to: 190, of: [10, 30, 100, 400])
    #expect(scale.ticks.first == 25 && scale.ticks.last == 190)
    #expect(scale.isCut == (true, true) && scale.saturatedShare == 0.5)
    #expect(scale.label(25) == "≤ 25")
  }

  @Test("of signed colours 0 is white, and equal numbers are equally strong") func signed() {
    let key = ColourKey(scale: Scale(covering: [-20, 180]), colours: .change, title: "mm")
    let zero = key.colour(of: 0).bytes
    #expect(zero == (0xF7, 0xF7, 0xF7))
    // A decrease of 20 is as far from the middle as an increase of 20.
    let (up, down) = (key.colour(of: 20), key.colour(of: -20))
    #expect(up.red > up.blue && down.red < down.blue)
    #expect(key.colour(of: 180) == Colormap.change.colour(at: 0.5 + 0.5 * 180 / key.scale.high))
  }

  @Test("of nothing, or of one value, still has an extent", arguments: [[], [7], [.nan]] as [[Double]])
  func degenerate(values: [Double]) {
    let scale = Scale(covering: values)
    #expect(scale.low < scale.high && scale.ticks.count > 1)
  }
}
