import ArgumentParser
import Bodies
import Foundation
import Networks
import Sweeps
import Tensors

/// `penumbra bench`: how fast places are worked out, and how far from what the processor could do.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure how many places a second are worked out, in several ways.",
    discussion: """
      Networks of full size with random weights (gap and attention are the built-in ones), on a random crop, patch 40; rows of places are drawn from a sweep \
      over every pixel. The ceiling is what the same threads reach when they multiply and add in registers; the bound \
      how many times fewer multiplications these places take than whole passes; the share what part of the bound is \
      reached against whole passes.
      """)

  /// The networks that can be timed.
  enum Net: String, CaseIterable, ExpressibleByArgument {
    case spin, pare
    case pareR50 = "pare-r50"
    case gap, attention

    /// The network, with random weights unless it is built in.
    func regressor(seed: UInt64) throws -> Regressor {
      switch self {
      case .spin: try .random(.resNet50(.pooled), seed: seed)
      case .pare: try .random(.hrNetW32(), seed: seed)
      case .pareR50: try .random(.resNet50(.partAttention), seed: seed)
      case .gap, .attention: try LoadedModel(label: rawValue, source: rawValue).regressor
      }
    }
  }

  /// The ways to work places out.
  enum Mode: String, CaseIterable, ExpressibleByArgument { case dense, incremental, adaptive, layers }

  @Option(help: "Which network; repeat for several. spin and pare unless given.")
  var network: [Net] = [.spin, .pare]

  @Option(
    help: """
      Whole passes, only what the patch changes, sweeps of the demo's pictures that interpolate, against whole ones of \
      every pixel, or every convolution by each way to compute it; repeat for several. The first two unless given.
      """)
  var mode: [Mode] = [.dense, .incremental]

  @Option(help: ArgumentHelp("For adaptive sweeps; repeat for several. 1mm unless given.", valueName: "mm"))
  var tolerance: [Millimetres] = []

  @Option(
    help: ArgumentHelp("About how many places to work out incrementally; an eighth densely.", valueName: "n"))
  var places = 2000

  @OptionGroup var arithmetic: ArithmeticOptions

  @OptionGroup var instructions: InstructionSetOption

  @Option(
    help: ArgumentHelp(
      "The most crops that a network is given at once; as in a sweep unless given.", valueName: "n"))
  var batch: Int?

  @Option(help: ArgumentHelp("How many threads work, one a processor unless given.", valueName: "n"))
  var workers: Int?

  @Option(help: ArgumentHelp("For weights, crop and the choice of rows.", valueName: "n"))
  var seed: UInt64 = 1

  @Flag(help: "Print one JSON object and nothing else.")
  var json = false

  func validate() throws {
    if places < 1 { throw ValidationError("--places is \(places); give at least 1") }
    if let batch, batch < 1 { throw ValidationError("--batch is \(batch); give at least 1") }
    if let workers, workers < 1 { throw ValidationError("--workers is \(workers); give at least 1") }
  }

  func run() throws {
    try instructions.apply()
    let way = try arithmetic.way
    let workers = workers ?? Workers.available
    let ceiling = Processor.peakRate(workers: workers) / 1e9
    var results: [BenchResult] = []
    var adaptive: [AdaptiveBench] = []
    var layers: [String: [LayerTiming]] = [:]
    for network in network {
      let plain = try network.regressor(seed: seed)
      if mode.contains(.layers) {
        layers[network.rawValue] = try plain.layerTimings(batch: batch ?? 4)
        if !json { Self.write(layers[network.rawValue]!, of: network.rawValue) }
      }
      let speeds = mode.filter { $0 == .dense || $0 == .incremental }
      let bench =
        try speeds.isEmpty
        ? nil
        : Bench(plain.with(way), places: places, batch: batch, workers: workers, seed: seed)
      var dense: BenchResult?
      if mode.contains(.adaptive) {
        try AdaptiveBench.run(
          network.rawValue, plain, tolerances: tolerance.isEmpty ? [1] : tolerance.map(\.value), batch: batch,
          workers: workers, way: way, seed: seed
        ) {
          adaptive.append($0)
          if !json { Console.writeLine($0.line) }
        }
      }
      guard let bench else { continue }
      for mode in speeds {
        var result = mode == .dense ? bench.dense() : bench.incremental()
        result.name(network.rawValue, ceiling: ceiling, dense: dense)
        if mode == .dense { dense = result }
        results.append(result)
        if !json { Console.writeLine(result.line) }
      }
    }
    let after = Processor.peakRate(workers: workers) / 1e9
    if abs(after / ceiling - 1) > 0.1 {
      Console.writeError(
        String(
          format:
            "penumbra: the ceiling was %.0f GFLOP/s before and %.0f after: the processor was not this run's alone",
          ceiling, after))
    }
    if json {
      try Console.writeJSON(
        BenchReport(
          results: results, adaptive: adaptive, layers: layers, ceiling: ceiling, ceilingAfter: after,
          instructionSet: InstructionSet.current.rawValue, kernels: Processor.kernels, workers: workers,
          seed: seed,
          memory: Memory.peakMegabytes))
    } else {
      Console.writeLine(
        String(
          format: "ceiling %.0f GFLOP/s before, %.0f after, %d workers, seed %@, peak memory %.0f MB",
          ceiling, after,
          workers, "\(seed)", Memory.peakMegabytes))
      Console.writeLine(Processor.kernels)
    }
  }
}

extension BenchCommand {
  /// A table of Markdown.
  private static func write(_ timings: [LayerTiming], of network: String) {
    let ways = LayerTiming.ways.filter { way in timings.contains { $0.rates[way] != nil } }
    Console.writeLine("| \(network), GFLOP/s | layers | " + ways.joined(separator: " | ") + " | in sweeps |")
    Console.writeLine("| --- | --- |" + String(repeating: " --- |", count: ways.count) + " --- |")
    for timing in timings {
      let rates = ways.map { way in timing.rates[way].map { String(format: "%.0f", $0) } ?? "" }
      Console.writeLine(
        "| \(timing.layer) | \(timing.count) | " + rates.joined(separator: " | ") + " | \(timing.chosen) |")
    }
  }
}

/// What was measured of one network worked out in one way.
struct BenchResult: Encodable {
  private(set) var network = ""
  let mode: String
  let places: Int
  let seconds: Double
  let placesPerSecond: Double
  /// How many times fewer multiplications than whole passes.
  let bound: Double
  /// Arithmetic that was really done, against what the processor can do.
  private(set) var shareOfCeiling = 0.0
  /// Speed against whole passes, over the bound; nil where those were not measured.
  private(set) var shareOfBound: Double?
  private let operationsPerPlace: Double

  enum CodingKeys: String, CodingKey {
    case network, mode, places, bound
    case seconds = "wall_s"
    case placesPerSecond = "places_per_second"
    case shareOfCeiling = "share_of_ceiling"
    case shareOfBound = "share_of_bound"
    case operationsPerPlace = "operations_per_place"
  }

  init(mode: String, places: Int, seconds: Double, bound: Double, operations: Double) {
    (self.mode, self.places, self.seconds, self.bound) = (mode, places, seconds, bound)
    placesPerSecond = Double(places) / seconds
    operationsPerPlace = operations / bound
  }

  mutating func name(_ network: String, ceiling: Double, dense: BenchResult?) {
    self.network = network
    shareOfCeiling = placesPerSecond * operationsPerPlace / (ceiling * 1e9)
    if mode == "incremental" { shareOfBound = dense.map { placesPerSecond / $0.placesPerSecond / bound } }
  }

  var line: String {
    String(
      format: "%@ %@: %.1f places/s (%d places), %.0f %% of the ceiling", network, mode, placesPerSecond,
      places,
      100 * shareOfCeiling)
      + (shareOfBound.map { String(format: "; bound %.2f, share %.0f %%", bound, 100 * $0) } ?? "")
  }
}

private struct BenchReport: Encodable {
  let results: [BenchResult]
  let adaptive: [AdaptiveBench]
  let layers: [String: [LayerTiming]]
  let ceiling: Double, ceilingAfter: Double
  let instructionSet: String, kernels: String
  let workers: Int
  let seed: UInt64
  let memory: Double

  enum CodingKeys: String, CodingKey {
    case results, adaptive, layers, workers, seed, kernels
    case instructionSet = "instruction_set"
    case ceiling = "ceiling_gflops"
    case ceilingAfter = "ceiling_after_gflops"
    case memory = "peak_memory_mb"
  }
}

/// A network of random weights and rows of places of a sweep over every pixel.
private struct Bench {
  let regressor: Regressor
  let crop: Tensor
  let sweep: Sweep
  let plain: Sweep
  let chunks: [Range<Int>]
  let workers: Int
  let reference: Tensor
  let share: Double

  init(_ regressor: Regressor, places count: Int, batch given: Int?, workers: Int, seed: UInt64) throws {
    let batch =
      given ?? regressor.batch(within: 2e9 - 1e6 * Memory.currentMegabytes, workers: workers) ?? 1
    var random = SeededGenerator(seed: seed)
    let side = regressor.side
    crop = Tensor([side, side, 3], (0..<side * side * 3).map { _ in random.uniform(-2...2) })
    let body = try BodyOptions.parse([]).load()
    let occluder = Occluder(size: 40)
    func sweep(_ isIncremental: Bool) -> Sweep {
      Sweep(
        side: side, occluder: occluder, grid: Grid(stride: 1), batch: batch,
        estimate: { try regressor.estimate($0, withAttention: $1) },
        rerunning: isIncremental ? regressor.rerunning(value: occluder.value, batch: batch) : nil,
        joints: body.joints)
    }
    (self.sweep, plain) = (sweep(true), sweep(false))
    let places = self.sweep.places
    let wanted = max(1, min(places.rows.count, (count + places.columns.count / 2) / places.columns.count))
    // As many rows for every worker.
    let rows = min(places.rows.count, (wanted + workers - 1) / workers * workers)
    // Evenly spread from a random start: borders and middle as often as in the whole sweep.
    let first = random.integer(below: max(1, places.rows.count / rows))
    chunks = (0..<rows).map { i in
      let row = (first + i * places.rows.count / rows) % places.rows.count
      return row * places.columns.count..<(row + 1) * places.columns.count
    }
    let rerun = try regressor.incrementalInference(
      on: crop, rows: places.rows.map(\.pixels), columns: places.columns.map(\.pixels), value: 0)
    let all = chunks.flatMap { $0 }
    share =
      all.reduce(0) { $0 + rerun.share(row: places[$1].row, column: places[$1].column) } / Double(all.count)
    (self.regressor, self.workers) = (regressor, workers)
    reference = self.sweep.answers(to: crop).measured.reshaped([24, 3])
  }

  private func time(_ sweep: Sweep, _ chunks: [Range<Int>]) -> Double {
    let start = ContinuousClock.now
    _ = sweep.run(over: crop, against: reference, chunks: chunks, workers: workers) { _, _ in }
    return (ContinuousClock.now - start).seconds
  }

  func dense() -> BenchResult {
    // Whole passes all cost the same, so that an eighth of the places will do.
    let count = max(sweep.batch, chunks.reduce(0) { $0 + $1.count } / 8 / workers / sweep.batch * sweep.batch)
    let parts = (0..<workers).map { worker in
      let first = min(worker * count, sweep.places.count - 1)
      return first..<min(first + count, sweep.places.count)
    }
    _ = time(plain, parts.map { $0.lowerBound..<min($0.upperBound, $0.lowerBound + sweep.batch) })
    let seconds = time(plain, parts)
    return BenchResult(
      mode: "dense", places: parts.reduce(0) { $0 + $1.count }, seconds: seconds, bound: 1,
      operations: 2 * regressor.multiplications)
  }

  func incremental() -> BenchResult {
    let seconds = time(sweep, chunks)
    return BenchResult(
      mode: "incremental", places: chunks.reduce(0) { $0 + $1.count }, seconds: seconds, bound: 1 / share,
      operations: 2 * regressor.multiplications)
  }
}
