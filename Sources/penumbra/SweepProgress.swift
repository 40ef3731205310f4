import Archives
import Foundation
import Models
import Records
import Sweeps
import Tensors

/// What became of one network's sweep.
struct SweepOutcome {
  let path: String
  let record: SweepRecord
  /// The positions that this run computed, and how long it took, loading aside.
  let computedPositions: Int
  let seconds: Double
}

extension PictureSweep {
  /// Sweeps with every network under every occlusion, into one record each, going on where an earlier run stopped; shows progress.
  ///
  /// - Throws: a failure with the code of an interruption after Ctrl-C or a scheduler's signal, when the chunks under way are on
  ///   disk.
  func record(
    _ models: [any PoseModel], under occlusions: [PlacedOcclusion], in folder: String
  ) throws -> [[SweepOutcome]] {
    try occlusions.map { placed in
      var sweep = self
      sweep.options.occlusion = placed.occlusion
      if let centre = placed.centre {
        sweep.options.positions = PositionRule(stride: sweep.options.positions.stride, list: [centre])
      }
      return try sweep.record(models, in: folder)
    }
  }

  /// Sweeps with every network under the occlusion of the options.
  ///
  /// - Throws: as ``record(_:under:in:)``.
  func record(_ models: [any PoseModel], in folder: String) throws -> [SweepOutcome] {
    try models.enumerated().map { order, model in
      var sweep = self
      sweep.options.order = order
      return try sweep.record(model, in: folder)
    }
  }

  /// The same with one network.
  ///
  /// - Parameter remedy: what goes on with the record after Ctrl-C.
  func record(
    _ model: any PoseModel, in folder: String, remedy: String = "the same command continues"
  ) throws -> SweepOutcome {
    let line = ProgressLine("\(input.source.name), \(model.identity.label)")
    let start = ContinuousClock.now
    let (path, recorder) = try recorder(for: model, in: folder)
    let before = recorder.computedPositions
    let runner = Interruption.context(workers: options.workers).runner(line)
    let isDone: Bool
    do {
      isDone = try recorder.run(runner) { forecast in
        let memory = String(format: "%.1f GB", ProcessMemory.peakMegabytes / 1000)
        let limit = options.tolerance == nil ? "" : "at most "
        line.note(
          "\(limit)\(forecast.positions) positions, about \(ProgressLine.duration(forecast.seconds)) and \(memory)"
        )
      }
    } catch {
      line.clear()
      guard model is WorkerModel, error is ModelError, Interruption.isComing else { throw error }
      isDone = false
    }
    let computed = recorder.computedPositions
    guard isDone else {
      line.clear()
      throw Failure(
        .interrupted,
        "\(path): interrupted at \(computed) of \(recorder.positions) positions; \(remedy)"
      )
    }
    let seconds = (ContinuousClock.now - start).seconds
    let share = options.shard.map { ", shard \($0)" } ?? ""
    line.close(
      computed == before
        ? "\(path)\(share): is already complete"
        : "\(path)\(share): \(computed - before) positions in \(ProgressLine.duration(seconds))"
          + (options.tolerance == nil ? "" : ", of \(recorder.positions)"))
    model.finished(record: path)
    return SweepOutcome(
      path: path, record: try SweepRecord(contentsOf: path), computedPositions: computed - before,
      seconds: seconds)
  }
}
