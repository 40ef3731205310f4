internal import Archives
import Foundation
internal import Networks
internal import Rendering
public import Tensors

/// A training run on disk: the network's file, the checkpoint to resume from, and the log of its losses.
///
/// For a network `gap.safetensors` the others are `gap.checkpoint` and `gap.csv`. All are replaced as a whole, so a
/// run may be killed at any time; the steps that it repeats since the checkpoint give the same bits.
public struct TrainingRun {
  /// The network's file.
  public let path: String
  /// Pictures between two lines of the log.
  public let logInterval: Int
  /// Seconds between two checkpoints.
  public let checkpointSeconds: Double
  /// The state of the run.
  public private(set) var trainer: Trainer
  private var rows: [String]
  private var sum = Losses.Terms()
  private var summed = 0
  /// A digest of the initial weights, which follow from start and body.
  private let origin: String
  private static let stepKey = "penumbra.step"
  private static let recipeKey = "penumbra.recipe"
  private static let originKey = "penumbra.origin"
  /// Where files have a digest of what is pasted over people.
  static let occludersKey = "penumbra.occluders"
  private static let sumKey = "penumbra.loss_since_log"

  /// Starts a run, or resumes the one whose checkpoint is beside `path`.
  ///
  /// Two runs at once would write over each other's checkpoints: who starts one holds the lock of its path.
  ///
  /// - Throws: `TrainingError` when the checkpoint belongs to another recipe, start or body, or is damaged; `ArchiveError`
  ///   when it cannot be read.
  public init(
    _ fresh: Trainer, path: String, logInterval: Int = 6400, checkpointSeconds: Double = 120
  ) throws {
    (self.path, self.logInterval, self.checkpointSeconds) = (path, logInterval, checkpointSeconds)
    trainer = fresh
    origin = fresh.weightsFingerprint
    rows = [
      (["pictures", "seconds_per_1000", "learning_rate", "total"] + Losses.Terms.names + Trainer.Times.names)
        .joined(separator: ",")
    ]
    let checkpoint = Self.beside(path, "checkpoint")
    guard try isThere(checkpoint) else { return }
    let archive: Archive
    do { archive = try Archive(contentsOf: checkpoint) } catch {
      // What cannot be read now may be whole.
      guard error.kind == .damaged || error.kind == .unsupported else { throw error }
      throw TrainingError("\(error); remove it to start again")
    }
    guard fresh.recipe.isWritten(as: archive.metadata[Self.recipeKey]),
      let step = archive.metadata[Self.stepKey].flatMap(Int.init), (0...fresh.recipe.steps).contains(step)
    else {
      throw TrainingError(
        "\(checkpoint): belongs to a run with other settings; remove it to start again, or give another --out"
      )
    }
    guard archive.metadata[Self.originKey] ?? origin == origin else {
      throw TrainingError(
        "\(checkpoint): its run began with other weights, those of another --start or --body; give these, or "
          + "remove it to start again")
    }
    guard archive.metadata[Self.occludersKey] == fresh.material else {
      throw TrainingError(
        fresh.recipe.clips == nil
          ? "\(checkpoint): its run had other occluders in \(fresh.recipe.augmentation.occluders); put them back, or "
            + "remove it to start again"
          : "\(checkpoint): its run saw other clips, or by another network of keypoints; give that as --start, or remove "
            + "it to start again")
    }
    var state: [String: Tensor] = [:]
    for name in archive.names { state[name] = try archive.tensor(name) }
    guard trainer.resume(from: state, step: step) else {
      throw TrainingError("\(checkpoint): does not contain this network's weights; remove it to start again")
    }
    let sums = (archive.metadata[Self.sumKey] ?? "").split(separator: " ").compactMap { Float($0) }
    if sums.count == sum.values.count + 1, let steps = sums.last.flatMap(Int.init(exactly:)) {
      sum.values = Array(sums.dropLast())
      summed = steps
    }
    if try isThere(Self.beside(path, "csv")) {
      let log = String(decoding: try fileContents(Self.beside(path, "csv")), as: UTF8.self)
      // Lines written after the checkpoint will be written again.
      let pictures = step * fresh.recipe.batch
      rows = Self.rows(of: log, under: rows[0]).filter { row in
        Int(row.prefix { $0 != "," }).map { $0 <= pictures } ?? true
      }
    }
  }

  /// The lines of a log with its header, with the columns of `header`; columns that the log lacks stay empty.
  private static func rows(of log: String, under header: String) -> [String] {
    let lines = log.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    let columns = header.split(separator: ",").map { name in lines.first?.firstIndex(of: name) }
    return [header]
      + lines.dropFirst().map { line in
        columns.map { $0.flatMap { line.indices.contains($0) ? line[$0] : nil } ?? "" }.joined(separator: ",")
      }
  }

  static func beside(_ path: String, _ kind: String) -> String {
    URL(filePath: path).deletingPathExtension().path + "." + kind
  }

  /// Trains until the recipe's end or until `shouldContinue` returns false.
  ///
  /// - Parameters:
  ///   - workers: threads; they do not change the result.
  ///   - shouldContinue: called after each step, with the pictures seen so far and the last mean loss.
  /// - Returns: whether the run is at its end; if not, the checkpoint is up to date.
  public mutating func run(
    workers: Int = Workers.available, shouldContinue: (_ pictures: Int, _ loss: Float) -> Bool
  ) throws -> Bool {
    let recipe = trainer.recipe
    // The wall clock may be set back.
    let clock = ContinuousClock()
    var lastCheckpoint = clock.now, lastLine = clock.now, lastTimes = trainer.times.values
    // After an interruption, the time of the first line counts from this step.
    var lastStep = trainer.step
    var shown: Float = .nan
    // Before any work, so that a folder that is not writable is reported at once.
    try writeLog()
    while !trainer.isFinished {
      let terms = try trainer.advance(workers: workers)
      sum.add(terms)
      summed += 1
      if shown.isNaN { shown = terms.total }
      let pictures = trainer.step * recipe.batch
      if pictures / logInterval > (pictures - recipe.batch) / logInterval || trainer.isFinished {
        shown = sum.total / Float(summed)
        let per1000 = 1000 / Double((trainer.step - lastStep) * recipe.batch)
        let seconds = (clock.now - lastLine).seconds * per1000
        let times = zip(trainer.times.values, lastTimes).map { Float(($0 - $1) * per1000) }
        let numbers =
          [Float(seconds), recipe.rate(at: trainer.step - 1), shown] + sum.values.map { $0 / Float(summed) }
          + times
        rows.append("\(pictures)," + numbers.map { String(format: "%.6g", $0) }.joined(separator: ","))
        (sum, summed, lastLine) = (Losses.Terms(), 0, clock.now)
        (lastStep, lastTimes) = (trainer.step, trainer.times.values)
        try writeLog()
      }
      let continues = shouldContinue(pictures, shown)
      if !continues || (clock.now - lastCheckpoint).seconds > checkpointSeconds {
        try saveCheckpoint()
        lastCheckpoint = clock.now
      }
      if !continues { return trainer.isFinished }
    }
    try saveCheckpoint()
    return true
  }

  private func writeLog() throws {
    try AtomicFile.write(rows.joined(separator: "\n") + "\n", to: Self.beside(path, "csv"))
  }

  private func saveCheckpoint() throws {
    try Safetensors.write(
      trainer.state,
      metadata: [
        Self.recipeKey: trainer.recipe.withoutFolders.json, Self.stepKey: String(trainer.step),
        Self.originKey: origin, Self.occludersKey: trainer.material,
        Self.sumKey: (sum.values + [Float(summed)]).map { "\($0)" }.joined(separator: " "),
      ],
      to: Self.beside(path, "checkpoint"))
  }

  /// Writes the network as it is, in 16-bit floats.
  ///
  /// - Throws: `TrainingError` when a weight is not finite; `ArchiveError` when the file cannot be written.
  public func writeNetwork() throws {
    let result = trainer.result
    guard result.tensors.values.allSatisfy(\.isFinite) else {
      throw TrainingError("\(path): training diverged, a weight is not finite; try a smaller --learning-rate")
    }
    let metadata = result.metadata.merging(["penumbra.pictures": String(trainer.step * trainer.recipe.batch)])
    { a, _ in a }
    try Safetensors.write(
      result.tensors.map { ($0.key, $0.value) }, precision: .float16, metadata: metadata, to: path)
  }
}

/// A training run that cannot continue: one line that states what is wrong and what to do.
public struct TrainingError: Error, CustomStringConvertible {
  /// The line.
  public let description: String

  init(_ description: String) { self.description = description }
}
