import Networks
import Tensors
import TestSupport
import Testing

/// A network that works out again only what a patch changes, against the same network on the whole crop.
@Suite("Rerunning") struct RerunTests {
  static let architectures: [(String, Architecture)] = [
    (
      "pooled, bottlenecks",
      Architecture(side: 64, block: .bottleneck, blocks: [1, 2, 1, 1], width: 32, head: .pooled)
    ),
    ("pooled, basic", Architecture.resNet18(.pooled, side: 96, width: 32)),
    ("part attention, basic", Architecture.resNet18(.partAttention, side: 96, width: 32)),
    ("part attention on HRNet", Architecture.hrNetW32()),
  ]

  @Test(
    "gives the maps of a whole pass to the last bit, and its answers up to rounding",
    arguments: 0..<architectures.count, Regressor.Convolutions.allCases.filter(\.isSupported))
  func exactness(index: Int, convolutions: Regressor.Convolutions) throws {
    let (name, architecture) = Self.architectures[index]
    var random = SeededGenerator(seed: UInt64(index))
    let side = architecture.side
    let crop = Tensor([side, side, 3], (0..<side * side * 3).map { _ in random.uniform(-2...2) })
    let plain = try Network(
      estimating: architecture, Weights(Network(learning: architecture).initialWeights(seed: 5), source: name)
    )
    let network =
      switch convolutions {
      case .direct: plain
      case .winograd: plain.savingMultiplications
      case .bfloat16: plain.savingMultiplications.rounding
      }
    // Squares and rectangles, at borders and corners, one pixel and the whole crop.
    let spans = [
      0..<1, 0..<9, 3..<20, side / 2..<side / 2 + 17, side - 9..<side, 0..<side, side / 3..<side / 3 + 2,
    ]
    let wanted = [network.features, network.pose6D, network.betas, network.camera]
    for (batch, classes) in [(3, 1), (4, 4), (16, 16)] {
      let rerunner = Rerunner(
        network.graph, network.folded, on: crop, patches: (spans, spans.reversed()), value: 0.25,
        returning: wanted, batch: batch, mostClasses: classes)
      var places: [(row: Int, column: Int)] = []
      for row in spans.indices {
        for column in spans.indices where (row + column) % 2 == 0 || architecture.fusion == nil {
          places.append((row, column))
        }
      }
      if architecture.fusion != nil { places = Array(places.prefix(6)) }
      let found = rerunner.run(places)
      for (i, place) in places.enumerated() {
        var covered = crop
        for y in spans[place.row] {
          for x in spans[spans.count - 1 - place.column] { for c in 0..<3 { covered[y, x, c] = 0.25 } }
        }
        let whole = network.graph.run(
          covered.reshaped([1, side, side, 3]), network.folded, returning: wanted)
        #expect(found[0].rows(i..<i + 1) == whole[0], "\(name), batches of \(batch), place \(place)")
        for k in 1..<4 {
          // A last digit of a sum may tip a number's rounding to bfloat16, which moves it by 0.4 %.
          let isRounded = convolutions == .bfloat16
          expectClose(
            found[k].rows(i..<i + 1), whole[k], absolute: isRounded ? 5e-3 : 2e-5,
            relative: isRounded ? 1e-2 : 1e-4, "\(name) \(k)")
        }
        let share = rerunner.share(row: place.row, column: place.column)
        #expect(share > 0 && share <= 1)
      }
    }
  }

  @Test("tells where a part-attention network looks, as a whole pass does; a pooled one looks nowhere")
  func attention() throws {
    var random = SeededGenerator(seed: 3)
    let crop = Tensor([96, 96, 3], (0..<96 * 96 * 3).map { _ in random.uniform(-2...2) })
    for head in Architecture.Head.allCases {
      let regressor = try Regressor.random(.resNet18(head, side: 96, width: 16), seed: 2)
      let spans = [0..<17, 40..<57, 79..<96]
      let found = regressor.rerunning(on: crop, rows: spans, columns: spans, value: 0, withAttention: true)
        .estimate([(1, 2), (0, 0)])
      var covered = crop
      for y in spans[1] { for x in spans[2] { for c in 0..<3 { covered[y, x, c] = 0 } } }
      let whole = regressor.estimate(covered.reshaped([1, 96, 96, 3]), withAttention: true)
      guard let attention = whole.attention else {
        #expect(head == .pooled && found.attention == nil)
        continue
      }
      let rerun = try #require(found.attention)
      #expect(rerun.shape[0] == 2)
      expectClose(rerun.rows(0..<1), attention, absolute: 1e-6, relative: 1e-4)
      let quiet = regressor.rerunning(on: crop, rows: spans, columns: spans, value: 0)
        .estimate([(1, 2), (0, 0)])
      #expect(quiet.attention == nil && quiet.camera == found.camera)
    }
  }
}
