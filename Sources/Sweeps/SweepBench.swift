public import Models
import Networks
import Pictures
import Records
import Tensors

/// What was measured of one network whose positions were computed in one way.
public struct BenchResult: Encodable, Sendable {
  /// The network's name.
  public private(set) var network = ""
  /// `dense` or `incremental`.
  public let mode: String
  /// The positions that were computed, and how long that took.
  public let positions: Int
  let seconds: Double
  /// The speed.
  public let positionsPerSecond: Double
  /// How many times fewer multiplications than whole passes.
  public let bound: Double
  /// Arithmetic that was really done, against what the processor can do.
  public private(set) var shareOfCeiling = 0.0
  /// Speed against whole passes, over the bound; nil where those were not measured.
  public private(set) var shareOfBound: Double?
  private let operationsPerPosition: Double

  enum CodingKeys: String, CodingKey {
    case network, mode, positions, bound
    case seconds = "wall_s"
    case positionsPerSecond = "positions_per_second"
    case shareOfCeiling = "share_of_ceiling"
    case shareOfBound = "share_of_bound"
    case operationsPerPosition = "operations_per_position"
  }

  init(mode: String, positions: Int, seconds: Double, bound: Double, operations: Double) {
    (self.mode, self.positions, self.seconds, self.bound) = (mode, positions, seconds, bound)
    positionsPerSecond = Double(positions) / seconds
    operationsPerPosition = operations / bound
  }

  /// The result under a network's name, against the processor's ceiling in GFLOP/s and the network's whole passes.
  public func named(_ network: String, ceiling: Double, dense: BenchResult?) -> BenchResult {
    var result = self
    result.network = network
    result.shareOfCeiling = positionsPerSecond * operationsPerPosition / (ceiling * 1e9)
    if mode == "incremental" {
      result.shareOfBound = dense.map { positionsPerSecond / $0.positionsPerSecond / bound }
    }
    return result
  }
}

/// A network on a random crop, and rows of positions of a sweep over every pixel with an occluder of 40.
public struct SweepBench: Sendable {
  private let multiplications: Double
  private let sweep: Sweep
  private let plain: Sweep
  private let chunks: [Range<Int>]
  private let workers: Int
  private let share: Double

  /// Draws crop and rows for a network that regresses a body, whatever it sees.
  ///
  /// - Throws: `NetworkError` when memory runs out.
  public init(
    _ model: SMPLModel, positions count: Int, batch: Int?, workers: Int, seed: UInt64
  ) throws {
    var random = SeededGenerator(seed: seed)
    let side = model.regressor.side
    let crop = Tensor([side, side, 3], (0..<side * side * 3).map { _ in random.uniform(-2...2) })
    try self.init(
      model, over: model.prepared(crop, occlusion: Occlusion()),
      multiplications: model.regressor.multiplications, positions: count, batch: batch, workers: workers,
      seed: seed)
  }

  /// Draws rows of a prepared picture.
  ///
  /// - Parameters:
  ///   - occlusion: what was prepared for.
  ///   - multiplications: those of a whole pass.
  ///   - count: about how many positions to compute incrementally; whole passes compute an eighth of it.
  ///   - batch: how many windows at once; as in a sweep unless given.
  /// - Throws: `NetworkError` when memory runs out.
  public init(
    _ model: any PoseModel, over prepared: any PreparedPicture, under occlusion: Occlusion = Occlusion(),
    multiplications: Double, positions count: Int, batch given: Int?, workers: Int, seed: UInt64
  ) throws {
    (self.multiplications, self.workers) = (multiplications, workers)
    let batch =
      given ?? model.batch(within: 2e9 - 1e6 * ProcessMemory.currentMegabytes, workers: workers) ?? 1
    var random = SeededGenerator(seed: seed)
    let positions = PositionRule(stride: 1).positions(of: occlusion, in: prepared.frame)!
    sweep = try Sweep(model, over: prepared, positions: positions, batch: batch)
    plain = try Sweep(model, over: prepared, positions: positions, batch: batch, isPlanned: false)
    let (rowCount, columnCount) = (positions.rows.count, positions.columns.count)
    let wanted = max(1, min(rowCount, (count + columnCount / 2) / columnCount))
    // As many rows for every worker.
    let rows = min(rowCount, (wanted + workers - 1) / workers * workers)
    // Evenly spread from a random start: borders and middle as often as in the whole sweep.
    let first = random.integer(below: max(1, rowCount / rows))
    chunks = (0..<rows).map { i in
      let row = (first + i * rowCount / rows) % rowCount
      return row * columnCount..<(row + 1) * columnCount
    }
    let all = chunks.flatMap { $0 }
    let planned = sweep.prepared
    share = all.reduce(0) { $0 + planned.cost(of: positions[$1].window).share } / Double(all.count)
  }

  private func time(_ sweep: Sweep, _ chunks: [Range<Int>]) throws -> Double {
    let start = ContinuousClock.now
    _ = try Runner(workers: workers).run(chunks.count) { index in
      try sweep.results(at: chunks[index]).count
    }
    return (ContinuousClock.now - start).seconds
  }

  /// Whole passes.
  public func dense() throws -> BenchResult {
    // Whole passes all cost the same, so that an eighth of the positions will do.
    let (batch, all) = (sweep.batch, sweep.positions.count)
    let count = max(batch, chunks.reduce(0) { $0 + $1.count } / 8 / workers / batch * batch)
    let parts = (0..<workers).map { worker in
      let first = min(worker * count, all - 1)
      return first..<min(first + count, all)
    }
    _ = try time(plain, parts.map { $0.lowerBound..<min($0.upperBound, $0.lowerBound + batch) })
    return BenchResult(
      mode: "dense", positions: parts.reduce(0) { $0 + $1.count }, seconds: try time(plain, parts), bound: 1,
      operations: 2 * multiplications)
  }

  /// Only what the occluder changes.
  public func incremental() throws -> BenchResult {
    BenchResult(
      mode: "incremental", positions: chunks.reduce(0) { $0 + $1.count }, seconds: try time(sweep, chunks),
      bound: 1 / share, operations: 2 * multiplications)
  }
}
