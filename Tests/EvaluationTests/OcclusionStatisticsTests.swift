import Networks
import Bodies
import Evaluation
import Models
import Records
import TestSupport
import Tensors
import Testing

/// A person of two rectangles in a crop of 56 pixels, and networks whose errors follow a rule.
private enum MadeUp {
  static let side = 56
  /// Parts 5 and 0, rows and columns.
  static let thigh = (rows: 28..<36, columns: 20..<28)
  static let hips = (rows: 6..<14, columns: 6..<14)
  static let truth = (0..<Joint.count).map {
    Point(Float($0) * 0.01, Float($0 % 5) * 0.1, Float($0 % 3) * 0.2)
  }

  /// Joint 7 is visible in the middle of the thigh, joint 9 hidden in the middle of the hips, the others outside.
  static let subject: AnnotatedCrop = {
    var parts = [UInt8](repeating: 0, count: side * side)
    for (area, label) in [(thigh, UInt8(6)), (hips, UInt8(1))] {
      for row in area.rows { for column in area.columns { parts[row * side + column] = label } }
    }
    return AnnotatedCrop(
      crop: Tensor([side, side, 3], repeating: 1), parts: parts, joints: truth,
      positions: (0..<Joint.count).map { $0 == 7 ? [24.5, 32.5] : $0 == 9 ? [10.5, 10.5] : [-5, -5] },
      visibility: (0..<Joint.count).map { $0 == 7 ? .visible : $0 == 9 ? .selfOccluded : .outsidePicture })
  }()

  /// How many pixels of an area the patch hides in a crop, whose own pixels are all 1.
  static func hidden(_ crops: Tensor, _ index: Int, _ rows: Range<Int>, _ columns: Range<Int>) -> Int {
    rows.reduce(0) { sum, row in sum + columns.count { crops[index, row, $0, 0] != 1 } }
  }

  /// A network that puts joints off along x, by metres that `rule` gives for a crop and a joint.
  struct Network: PreparedPicture {
    var texture: Tensor?
    let attention: (@Sendable (_ isClean: Bool) -> Tensor)?
    let rule: @Sendable (_ crops: Tensor, _ index: Int, _ joint: Int) -> Float
    let frame = PictureFrame(wholeOf: MadeUp.side)

    func predict(at windows: [Window?], attention wantsAttention: Bool) throws -> Predictions {
      let n = windows.count
      let crops = Tensor(
        stacking: windows.map { window in
          let patch = window.map { MadeUp.occlusion.patch(at: $0, in: frame, texture: texture) }
          return (patch?.pasted(on: MadeUp.subject.crop) ?? MadeUp.subject.crop).reshaped([1, side, side, 3])
        })
      var joints = Tensor([n, Joint.count, 3])
      for i in 0..<n {
        for j in 0..<Joint.count {
          for axis in 0..<3 { joints[i, j, axis] = truth[j][axis] + (axis == 0 ? rule(crops, i, j) : 0) }
        }
      }
      return Predictions(
        joints: joints,
        attention: attention.map { map in
          Tensor(stacking: (0..<n).map { map(hidden(crops, $0, 0..<side, 0..<side) == 0) })
        })
    }
  }

  static func network(
    attention: (@Sendable (_ isClean: Bool) -> Tensor)? = nil,
    _ rule: @escaping @Sendable (_ crops: Tensor, _ index: Int, _ joint: Int) -> Float
  ) -> Network {
    Network(attention: attention, rule: rule)
  }

  static let occlusion = Occlusion(size: 32)
  static let positions = PositionRule(stride: 12).positions(
    of: occlusion, in: PictureFrame(wholeOf: side))!

  static func statistics(of network: Network) throws -> OcclusionStatistics {
    try OcclusionStatistics(of: network, on: subject, positions: positions, every: 2, batch: 5)
  }

  static func coarseStatistics(of network: Network, texture: Tensor) throws -> OcclusionStatistics {
    var network = network
    network.texture = texture
    return try OcclusionStatistics(coarselyOf: network, on: subject, positions: positions, every: 2, batch: 5)
  }

  static func overlap(_ a: Range<Int>, _ b: Range<Int>) -> Int { a.clamped(to: b).count }
  static func covered(_ position: PositionGrid.Position, _ area: (rows: Range<Int>, columns: Range<Int>))
    -> Int
  {
    overlap(position.y.pixels, area.rows) * overlap(position.x.pixels, area.columns)
  }
}

@Suite("Occlusion statistics") struct OcclusionStatisticsTests {
  @Test("a joint that rises by 10 mm with a part covered does so in the influence matrix, and no other")
  func influence() throws {
    // Joint 7 is off by 20 mm, by 30 with half the thigh hidden; joint 9 by 5 with half the hips hidden.
    let statistics = try MadeUp.statistics(
      of: MadeUp.network { crops, index, joint in
        switch joint {
        case 7: MadeUp.hidden(crops, index, MadeUp.thigh.rows, MadeUp.thigh.columns) >= 32 ? 0.03 : 0.02
        case 9: MadeUp.hidden(crops, index, MadeUp.hips.rows, MadeUp.hips.columns) >= 32 ? 0.005 : 0
        default: 0
        }
      })
    let matrix = statistics.values[.influence]!
    for part in 0..<Joint.count {
      for joint in 0..<Joint.count {
        let increase = matrix[part, joint]
        guard part == 0 || part == 5 else {
          #expect(increase.isNaN)
          continue
        }
        let expected: Float = part == 5 && joint == 7 ? 0.01 : part == 0 && joint == 9 ? 0.005 : 0
        #expect(abs(increase - expected) < 1e-6, "part \(part), joint \(joint): \(increase)")
      }
    }
    let positions = MadeUp.positions
    let all = (0..<positions.count).map { positions[$0] }
    let count = all.count { MadeUp.covered($0, MadeUp.thigh) >= 32 }
    #expect(count > 0 && statistics.values[.partPositions]![5] == Float(count))
    #expect(statistics.values[.partPositions]![3] == 0)
    let mean = 0.02 + 0.01 * Float(count) / Float(positions.count)
    #expect(abs(statistics.values[.meanError]![7] - mean) < 1e-6)
    #expect(abs(statistics.values[.worstError]![7] - 0.03) < 1e-6)
    #expect(abs(statistics.values[.worst]!.elements[0] - 0.03 / Float(Joint.count)) < 1e-6)
  }

  @Test("visible joints are told from hidden ones, covered ones from others") func groups() throws {
    // Joint 7 rises by 10 mm where the patch hides it; joint 9, hidden, by 8 mm where the thigh is hidden.
    let statistics = try MadeUp.statistics(
      of: MadeUp.network { crops, index, joint in
        switch joint {
        case 7: crops[index, 32, 24, 0] != 1 ? 0.01 : 0
        case 9: MadeUp.hidden(crops, index, MadeUp.thigh.rows, MadeUp.thigh.columns) >= 32 ? 0.008 : 0
        default: 0
        }
      })
    let increase = statistics.values[.groupIncrease]!
    func value(_ group: OcclusionStatistics.Group) -> Float { increase[group.rawValue] }
    #expect(abs(value(.visibleCovered) - 0.01) < 1e-6)
    #expect(abs(value(.visibleElsewhere)) < 1e-6 && abs(value(.visibleElsewhereOnBody)) < 1e-6)
    #expect(abs(value(.hiddenCovered)) < 1e-6)
    let all = (0..<MadeUp.positions.count).map { MadeUp.positions[$0] }
    let elsewhere = all.filter { !($0.y.pixels.contains(10) && $0.x.pixels.contains(10)) }
    let hiding = elsewhere.count { MadeUp.covered($0, MadeUp.thigh) >= 32 }
    let expected = 0.008 * Float(hiding) / Float(elsewhere.count)
    #expect(abs(value(.hiddenElsewhere) - expected) < 1e-6)
    #expect(value(.hiddenElsewhereOnBody) > 2 * value(.hiddenElsewhere))
    #expect(statistics.values[.isVisible]![7] == 1 && statistics.values[.isVisible]![9] == 0)
    #expect(statistics.values[.isVisible]![1].isNaN)
  }

  @Test("the body, its edge and the background are told apart") func regions() throws {
    // All joints but the pelvis err by 24 mm more for each position that hides any pixel of the body.
    let statistics = try MadeUp.statistics(
      of: MadeUp.network { crops, index, joint in
        let hides = [MadeUp.thigh, MadeUp.hips].contains {
          MadeUp.hidden(crops, index, $0.rows, $0.columns) > 0
        }
        return joint > 0 && hides ? 0.024 : 0
      })
    let increase = statistics.values[.regionIncrease]!
    #expect(abs(increase[0] - 0.023) < 1e-6 && abs(increase[1] - 0.023) < 1e-6 && abs(increase[2]) < 1e-7)
    let counts = statistics.values[.regionPositions]!.elements
    #expect(counts.reduce(0, +) == Float(MadeUp.positions.count) && counts.allSatisfy { $0 > 0 })
    let onBody = (0..<MadeUp.positions.count).map { MadeUp.positions[$0] }.count { position in
      [MadeUp.thigh, MadeUp.hips].contains {
        $0.rows.contains(Int(position.y.centre)) && $0.columns.contains(Int(position.x.centre))
      }
    }
    #expect(counts[0] == Float(onBody))
  }

  @Test("attention on the patch is counted by area, and correlates with an error increase that follows it")
  func attention() throws {
    // All attention lies in the cell that holds the thigh, until a patch comes; then it is even.
    let statistics = try MadeUp.statistics(
      of: MadeUp.network(attention: { isClean in
        var map = Tensor([1, 7, 7, Joint.count], repeating: isClean ? 0 : 1 / 49)
        if isClean { for j in 0..<Joint.count { map[0, 3, 2, j] = 1 } }
        return map
      }) { crops, index, joint in
        let share = Float(MadeUp.hidden(crops, index, 24..<32, 16..<24)) / 64
        return joint == 7 ? 0.02 * share : joint == 9 ? -0.01 * share + 0.05 : 0
      })
    #expect(abs(statistics.values[.pearson]![7] - 1) < 1e-5)
    #expect(abs(statistics.values[.spearman]![7] - 1) < 1e-5)
    #expect(abs(statistics.values[.pearson]![9] + 1) < 1e-5)
    #expect(statistics.values[.pearson]![4].isNaN)
    let onBody = (0..<MadeUp.positions.count).map { MadeUp.positions[$0] }.filter { position in
      let at = Int(position.y.centre) * MadeUp.side + Int(position.x.centre)
      return at < MadeUp.subject.parts.count && MadeUp.subject.parts[at] > 0
    }
    func mean(_ value: (PositionGrid.Position) -> Int, _ whole: Float) -> Float {
      Float(onBody.reduce(0) { $0 + value($1) }) / Float(onBody.count) / whole
    }
    let before = mean({ MadeUp.covered($0, (rows: 24..<32, columns: 16..<24)) }, 64)
    let after = mean({ $0.y.pixels.count * $0.x.pixels.count }, 56 * 56)
    #expect(abs(statistics.values[.attentionBefore]![7] - before) < 1e-6)
    #expect(abs(statistics.values[.attentionAfter]![7] - after) < 1e-6)
  }

  @Test("a texture lies on the coarse positions as it is, cut off by the border") func texture() throws {
    var texture = Tensor([8, 8, 3], repeating: 0.5)
    texture[7, 7, 0] = 9
    let network = MadeUp.network { crops, index, joint in
      let hits = (0..<MadeUp.side).reduce(0) { sum, row in
        sum + (0..<MadeUp.side).count { crops[index, row, $0, 0] == 9 }
      }
      return joint == 7 ? 0.01 * Float(hits) : 0
    }
    let statistics = try MadeUp.coarseStatistics(of: network, texture: texture)
    let coarse = (0..<MadeUp.positions.count).map { MadeUp.positions[$0] }
      .filter { $0.row % 2 == 0 && $0.column % 2 == 0 }
    let whole = coarse.count { $0.y.centre + 4 <= 56 && $0.x.centre + 4 <= 56 }
    #expect(whole < coarse.count)
    let expected = 0.01 * Float(whole) / Float(coarse.count)
    #expect(abs(statistics.values[.coarseMeanError]![7] - expected) < 1e-6)
    #expect(statistics.values[.meanError] == nil)
  }

  @Test("the gray patch's coarse positions are some of all positions") func coarse() throws {
    let network = MadeUp.network { crops, index, joint in
      joint == 7 ? Float(MadeUp.hidden(crops, index, 0..<28, 0..<56)) * 1e-4 : 0
    }
    let statistics = try MadeUp.statistics(of: network)
    let gray = try MadeUp.coarseStatistics(of: network, texture: Tensor([8, 8, 3]))
    for key in [OcclusionStatistics.Key.coarseMeanError, .coarseMeanAligned, .coarseWorstError, .coarseWorst]
    {
      #expect(statistics.values[key] == gray.values[key], "\(key)")
    }
    #expect(statistics.values[.coarseMeanError] != statistics.values[.meanError])
  }

  @Test("correlations of ranks share equal ranks") func correlation() {
    #expect(abs(Correlation.spearman([1, 2, 3, 4], [1, 8, 27, 1000]) - 1) < 1e-12)
    #expect(abs(Correlation.pearson([1, 2, 3, 4], [2, 4, 6, 8]) - 1) < 1e-12)
    // Ranks 0, 1.5, 1.5, 3 against 0, 1, 2, 3.
    #expect(abs(Correlation.spearman([1, 2, 2, 3], [1, 2, 3, 4]) - 0.9486832980505138) < 1e-12)
    #expect(Correlation.pearson([1, 1], [1, 2]).isNaN)
  }
}

@Suite("Bootstrap") struct BootstrapTests {
  private static func values(_ count: Int, seed: UInt64, mean: Float = 10, deviation: Float = 3) -> [Double] {
    var random = SeededGenerator(seed: seed)
    return (0..<count).map { _ in Double(random.normal(mean: mean, deviation: deviation)) }
  }

  @Test("the seed decides the bounds") func seeded() {
    let values = Self.values(50, seed: 1)
    let first = Bootstrap(pictures: 50, seed: 7).estimate(values)
    #expect(Bootstrap(pictures: 50, seed: 7).estimate(values) == first)
    #expect(Bootstrap(pictures: 50, seed: 8).estimate(values) != first)
    #expect(abs(first.mean - values.reduce(0, +) / 50) < 1e-12 && first.pictures == 50)
    #expect(first.low < first.mean && first.mean < first.high)
  }

  @Test("bounds are as wide as theory has it, and shrink with the root of the number") func width() {
    for count in [100, 400, 1600] {
      let estimate = Bootstrap(pictures: count, resamples: 2000, seed: 3).estimate(
        Self.values(count, seed: 2))
      let expected = 2 * 1.96 * 3 / Double(count).squareRoot()
      #expect(abs((estimate.high - estimate.low) / expected - 1) < 0.15, "\(count)")
    }
  }

  @Test("bounds hold the true mean about as often as they say") func coverage() {
    let held = (0..<300).count { trial in
      let estimate = Bootstrap(pictures: 60, resamples: 400, seed: UInt64(trial))
        .estimate(Self.values(60, seed: UInt64(1000 + trial)))
      return estimate.low <= 10 && 10 <= estimate.high
    }
    #expect((270...297).contains(held), "\(held) of 300")
  }

  @Test(
    "bounds over three runs hold the true mean about as often as they say, whatever differs more",
    arguments: [(Float(3), Float(0)), (3, 0.3), (3, 0.6), (0.03, 0.5)])
  func coverageOfRuns(people: Float, runs: Float) {
    let held = (0..<300).count { trial in
      var random = SeededGenerator(seed: UInt64(5000 + trial))
      // What a picture adds to the error is common to all runs.
      let pictures = (0..<100).map { _ in Double(random.normal(deviation: people)) }
      let values = (0..<3).map { _ in
        let run = Double(random.normal(mean: 10, deviation: runs))
        return pictures.map { $0 + run }
      }
      let estimate = Bootstrap(pictures: 100, resamples: 200, seed: UInt64(trial))
        .estimate(runs: values)
      return estimate.low <= 10 && 10 <= estimate.high
    }
    #expect((270...300).contains(held), "\(held) of 300")
  }

  @Test("runs alone give the bounds of Student's distribution")
  func student() {
    for (n, expected) in [(1, 12.7062), (2, 4.3027), (3, 3.1824), (4, 2.7764), (9, 2.2622), (30, 2.0423)] {
      let bootstrap = Bootstrap(pictures: 2, resamples: 20_000, seed: 1)
      // Runs a mean of 0 and a standard error of 1 apart.
      var values = [Double](repeating: 0, count: n + 1)
      values[0] = 1
      values[1] = -1
      let error = (2 / Double(n) / Double(n + 1)).squareRoot()
      let estimate = bootstrap.estimate(runs: values.map { [$0 / error, $0 / error] })
      #expect(
        abs(estimate.high / expected - 1) < 0.03 && abs(estimate.low + estimate.high) < 0.05 * expected)
    }
  }

  @Test("two networks that are the same differ by exactly nothing") func same() {
    let bootstrap = Bootstrap(pictures: 40, seed: 5)
    var values = Self.values(40, seed: 3)
    values[7] = .nan
    let nothing = bootstrap.difference([values], [values])
    #expect(nothing == MeanWithInterval(mean: 0, low: 0, high: 0, pictures: 39))
    let runs = [values, Self.values(40, seed: 4), Self.values(40, seed: 6)]
    #expect(bootstrap.difference(runs, runs) == MeanWithInterval(mean: 0, low: 0, high: 0, pictures: 40))
  }

  @Test("differences are paired by picture") func paired() {
    let bootstrap = Bootstrap(pictures: 40, seed: 5)
    let first = Self.values(40, seed: 3, deviation: 50)
    let difference = bootstrap.difference([first], [first.map { $0 + 2 }])
    #expect(abs(difference.mean - 2) < 1e-9 && difference.high - difference.low < 1e-9)
    let whole = bootstrap.estimate(first)
    #expect(whole.high - whole.low > 20)
  }

  @Test("pictures without a value count for nothing; none at all gives none") func missing() {
    let bootstrap = Bootstrap(pictures: 4, seed: 1)
    let estimate = bootstrap.estimate([3, .nan, 3, .nan])
    #expect(estimate == MeanWithInterval(mean: 3, low: 3, high: 3, pictures: 2))
    let none = bootstrap.estimate([.nan, .nan, .nan, .nan])
    #expect(none.mean.isNaN && none.low.isNaN && none.pictures == 0)
  }

  @Test("runs that differ widen the bounds") func runs() {
    let bootstrap = Bootstrap(pictures: 100, seed: 2)
    let values = Self.values(100, seed: 9)
    let alike = bootstrap.estimate(runs: [values, values, values])
    let apart = bootstrap.estimate(runs: [values, values.map { $0 + 5 }, values.map { $0 - 5 }])
    #expect(abs(alike.mean - apart.mean) < 1e-9)
    #expect(apart.high - apart.low > 2 * (alike.high - alike.low))
    #expect(alike == bootstrap.estimate(values))
  }
}
