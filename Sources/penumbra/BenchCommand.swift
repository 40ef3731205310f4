import ArgumentParser
import Archives
import Foundation
import Models
import Networks
import Sweeps
import Tensors

/// `penumbra bench`: how fast positions are computed, and how far from what the processor could do.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure sweep speed in positions/s, computed in several ways.",
    discussion: """
      Full-size networks with random weights (spin, pare, pare-r50), or the built-in ones, on a random crop (blazepose on a person), occluder 40; \
      rows of positions are drawn from a sweep over every pixel. The ceiling is the speed of the same threads when they \
      multiply and add in registers. The bound is how many times fewer multiplications these positions need than whole \
      passes. The share of the bound is the speed-up over whole passes, divided by the bound.
      """)

  /// The networks that can be timed.
  enum Net: String, CaseIterable, ExpressibleByArgument {
    case spin, pare
    case pareR50 = "pare-r50"
    case blazepose, gap, attention, uv
    case gapSmall = "gap-small", attentionSmall = "attention-small"

    /// The network, with random weights unless it is built in.
    func regressor(seed: UInt64) throws -> Regressor {
      switch self {
      case .spin: try .random(.resNet50(.pooled), seed: seed)
      case .pare: try .random(.hrNetW32(), seed: seed)
      case .pareR50: try .random(.resNet50(.partAttention), seed: seed)
      case .gap, .attention, .uv, .gapSmall, .attentionSmall:
        try LoadedNetwork(label: rawValue, source: rawValue).regressor
      case .blazepose: preconditionFailure("BlazePose regresses no body")
      }
    }
  }

  /// What is timed.
  enum Mode: String, CaseIterable, ExpressibleByArgument { case dense, incremental, adaptive, layers, fills }

  @Option(help: "Network to time; repeat for several.")
  var network: [Net] = [.spin, .pare]

  @Option(
    help: """
      What to time: whole passes (dense), incremental inference, adaptive sweeps of the demo's pictures against full \
      ones, each convolution by every algorithm (layers), or fills and shapes against a gray square (fills); repeat for \
      several.
      """)
  var mode: [Mode] = [.dense, .incremental]

  @Option(
    help: ArgumentHelp(
      "Tolerance of adaptive sweeps, such as 2mm; repeat for several (default: 1mm).", valueName: "mm"))
  var tolerance: [Millimetres] = []

  @Option(
    help: ArgumentHelp(
      "Approximate number of positions to compute incrementally; whole passes compute an eighth of it.",
      valueName: "n"))
  var positions = 2000

  @Option(help: .hidden)
  var places: Int?

  @OptionGroup var arithmetic: ArithmeticOptions

  @OptionGroup var instructions: InstructionSetOption

  @Option(
    help: ArgumentHelp(
      "Maximum number of crops in a batch (default: as in a sweep).", valueName: "n"))
  var batch: Int?

  @Option(help: ArgumentHelp("Number of threads (default: one for each processor).", valueName: "n"))
  var workers: Int?

  @Option(help: ArgumentHelp("Seed of weights, crop and rows.", valueName: "n"))
  var seed: UInt64 = 1

  @Flag(help: "Print one JSON object and nothing else.")
  var json = false

  @OptionGroup var quiet: QuietOption

  func validate() throws {
    try checkNumber(positionCount, of: "--positions", in: 1...10_000_000)
    try checkNumber(batch, of: "--batch", in: NumberLimits.batch)
    try checkNumber(workers, of: "--workers", in: NumberLimits.workers)
  }

  private var positionCount: Int { places ?? positions }

  func run() throws {
    quiet.apply()
    // An adaptive sweep has files to remove; nothing else has.
    Interruption.watch()
    try Interruption.endAtOnce("bench")
    try instructions.apply()
    let algorithm = try arithmetic.algorithm
    let workers = workers ?? Workers.available
    let ceiling = Processor.peakRate(workers: workers) / 1e9
    let body = try SMPLBody()
    var report = BenchReport(workers: workers, seed: seed, ceiling: ceiling)
    for network in network {
      let timed = try Timed(network, body: body, convolutions: algorithm, seed: seed)
      if mode.contains(.layers) {
        let timings = try timed.layerTimings(batch ?? 4)
        report.layers[network.rawValue] = timings
        if !json { Self.write(timings, of: network.rawValue) }
      }
      if mode.contains(.adaptive) {
        report.adaptive += try AdaptiveBench.run(
          timed.model, tolerances: tolerance.isEmpty ? [1] : tolerance.map(\.value), batch: batch,
          workers: workers, seed: seed
        ) { if !json { Console.writeLine($0.line) } }
      }
      if mode.contains(.fills) {
        report.fills += try FillBench.run(
          timed.model, positions: positionCount, batch: batch, workers: workers, seed: seed
        ) { if !json { Console.writeLine($0.line) } }
      }
      report.results += try speeds(of: timed, workers: workers, ceiling: ceiling)
    }
    report.finish()
    if abs(report.ceilingAfter / ceiling - 1) > 0.1 { Console.writeNotice(report.warning) }
    if json { return try Console.writeJSON(report) }
    for line in report.lines { Console.writeLine(line) }
  }

  private func speeds(of timed: Timed, workers: Int, ceiling: Double) throws -> [BenchResult] {
    let modes = mode.filter { $0 == .dense || $0 == .incremental }
    guard !modes.isEmpty else { return [] }
    let bench = try timed.bench(positionCount, batch, workers, seed)
    var results: [BenchResult] = []
    for mode in modes {
      let result = try mode == .dense ? bench.dense() : bench.incremental()
      let dense = results.first { $0.mode == "dense" }
      results.append(result.named(timed.model.identity.label, ceiling: ceiling, dense: dense))
      if !json { Console.writeLine(Self.line(results.last!)) }
    }
    return results
  }

  private static func line(_ result: BenchResult) -> String {
    String(
      format: "%@ %@: %.1f positions/s (%d positions), %.0f %% of the ceiling", result.network, result.mode,
      result.positionsPerSecond, result.positions, 100 * result.shareOfCeiling)
      + (result.shareOfBound.map {
        String(format: "; bound %.2f, share of the bound %.0f %%", result.bound, 100 * $0)
      } ?? "")
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

/// A network that is timed.
private struct Timed {
  let model: any PoseModel
  let layerTimings: (_ batch: Int) throws -> [LayerTiming]
  let bench: (_ positions: Int, _ batch: Int?, _ workers: Int, _ seed: UInt64) throws -> SweepBench

  init(
    _ network: BenchCommand.Net, body: SMPLBody, convolutions: Regressor.Convolutions, seed: UInt64
  ) throws {
    let name = network.rawValue
    if network == .blazepose {
      let landmarks = try LandmarkModel(label: name, source: name, convolutions: convolutions)
      model = landmarks
      layerTimings = { try LandmarkModel(label: name, source: name).network.layerTimings(batch: $0) }
      bench = { positions, batch, workers, seed in
        // In noise it finds nobody.
        let input = try PictureInput(contentsOf: Fixtures.path("people/\(DemoCommand.people[0]).png"))
        return try SweepBench(
          landmarks, over: input.prepared(for: landmarks, occlusion: Occlusion()),
          multiplications: landmarks.network.multiplications, positions: positions, batch: batch,
          workers: workers, seed: seed)
      }
    } else {
      let plain = LoadedNetwork(label: name, name: name, regressor: try network.regressor(seed: seed))
      let regressing = SMPLModel(plain, body: body, convolutions: convolutions)
      model = regressing
      layerTimings = { try plain.regressor.layerTimings(batch: $0) }
      bench = { try SweepBench(regressing, positions: $0, batch: $1, workers: $2, seed: $3) }
    }
  }
}

private struct BenchReport: Encodable {
  var results: [BenchResult] = []
  var adaptive: [AdaptiveBench] = []
  var fills: [FillBench] = []
  var layers: [String: [LayerTiming]] = [:]
  let ceiling: Double
  private(set) var ceilingAfter = 0.0
  let instructionSet = InstructionSet.current.rawValue
  let kernels = Processor.kernels
  let workers: Int
  let seed: UInt64
  private(set) var memory = 0.0

  enum CodingKeys: String, CodingKey {
    case results, adaptive, fills, layers, workers, seed, kernels
    case instructionSet = "instruction_set"
    case ceiling = "ceiling_gflops"
    case ceilingAfter = "ceiling_after_gflops"
    case memory = "peak_memory_mb"
  }

  init(workers: Int, seed: UInt64, ceiling: Double) {
    (self.workers, self.seed, self.ceiling) = (workers, seed, ceiling)
  }

  /// Notes what is known at the end.
  mutating func finish() {
    ceilingAfter = Processor.peakRate(workers: workers) / 1e9
    memory = ProcessMemory.peakMegabytes
  }

  var warning: String {
    String(
      format: "penumbra: the ceiling was %.0f GFLOP/s before and %.0f after: other programs used the "
        + "processor meanwhile", ceiling, ceilingAfter)
  }

  var lines: [String] {
    [
      String(
        format: "ceiling %.0f GFLOP/s before, %.0f after, %d workers, seed %@, peak memory %.0f MB", ceiling,
        ceilingAfter, workers, "\(seed)", memory), kernels,
    ]
  }
}
