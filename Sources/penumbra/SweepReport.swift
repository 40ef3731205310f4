import Evaluation
import Models
import Presentation
import Records
import Sweeps
import Tensors

/// What `penumbra sweep --json` prints.
struct SweepReport: Encodable {
  /// One network's record and findings.
  struct Result: Encodable {
    let record: String
    /// The name of the occlusion, as in the record's file name.
    let occlusion: String
    let occluderPixels: Int, stridePixels: Int, sidePixels: Int
    let wallSeconds: Double
    let positionsPerSecond: Double
    let tolerance: Double?
    let interpolation: RecordNotes.Interpolation?
    let findings: Findings

    enum CodingKeys: String, CodingKey {
      case record, occlusion, findings
      case occluderPixels = "occluder_px"
      case stridePixels = "stride_px"
      case sidePixels = "side_px"
      case wallSeconds = "wall_s"
      case positionsPerSecond = "positions_per_second"
      case tolerance = "tolerance_mm"
      case interpolation
    }

    init(_ outcome: SweepOutcome, _ findings: Findings) {
      let settings = outcome.record.settings
      (record, occlusion) = (outcome.path, settings.occlusion.name)
      occluderPixels = settings.occlusion.extent(in: settings.frame).width
      stridePixels = settings.positions.stride(in: settings.frame)
      sidePixels = settings.frame.side
      wallSeconds = outcome.seconds
      positionsPerSecond = outcome.seconds > 0 ? Double(outcome.computedPositions) / outcome.seconds : 0
      (tolerance, interpolation) = (settings.tolerance, outcome.record.notes.interpolation)
      self.findings = findings
    }
  }
  let results: [Result]
  /// The means over several pictures.
  let aggregates: PictureSet.Summary?
  /// What several occlusions do to one picture.
  let comparison: OccluderComparison?
  let peakMemory = ProcessMemory.peakMegabytes

  enum CodingKeys: String, CodingKey {
    case results, aggregates, comparison
    case peakMemory = "peak_memory_mb"
  }

  /// One picture, under one occlusion after the other.
  init(_ outcomes: [[SweepOutcome]]) {
    (results, aggregates) = (Self.results(of: outcomes.flatMap(\.self)), nil)
    comparison = OccluderComparison(outcomes.flatMap { $0.map(\.record) })
  }

  /// Several pictures.
  init(_ results: [Result], _ aggregates: PictureSet.Summary?) {
    (self.results, self.aggregates, comparison) = (results, aggregates, nil)
  }

  static func results(of outcomes: [SweepOutcome]) -> [Result] {
    zip(outcomes, Findings.compared(outcomes.map(\.record))).map(Result.init)
  }
}

/// What `penumbra sweep --shard` prints where others have not finished yet.
struct ShardReport: Encodable {
  let shard: String
  let records: [String]
  let isComplete = false

  enum CodingKeys: String, CodingKey {
    case shard, records
    case isComplete = "is_complete"
  }

  init(_ shard: Shard, records: [String]) { (self.shard, self.records) = ("\(shard)", records) }

  /// Prints it, with what is there so far.
  func write(_ state: String, out: String, json: Bool, last: String? = nil) throws {
    if json { return try Console.writeJSON(self) }
    for record in records { Console.writeLine(record) }
    let last = last ?? "whoever comes last, or penumbra merge \(out), closes them"
    Console.writeLine("shard \(shard) is complete; \(state), and \(last)")
  }
}
