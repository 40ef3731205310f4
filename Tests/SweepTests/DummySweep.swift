import Bodies
import Models
import Records
import Sweeps
import Synchronization
import TestSupport
import Tensors
import Testing

/// Sweeps of the dummy over sixteen by sixteen positions, in four chunks of 64.
enum DummySweep {
  static let positions = 256
  static let chunk = 64
  /// Everything that a model can give.
  static let everything: ModelOutputs = [.body, .camera, .attention, .confidence, .uncertainty]

  static func options(_ change: (inout SweepOptions) -> Void = { _ in }) -> SweepOptions {
    var options = SweepOptions()
    options.positions.stride = 16
    options.batch = 16
    change(&options)
    return options
  }

  /// Ground truth that was given, of any joints.
  static func truth(_ joints: Tensor? = nil, of skeleton: Skeleton = DummyModel.skeleton) -> LoadedGroundTruth
  {
    let resting = Tensor(DummyModel.restingJoints)
    return LoadedGroundTruth(
      truth: GroundTruth(skeleton, joints: joints ?? resting),
      source: SourceFile(name: "truth.json", fingerprint: "t"))
  }

  /// Runs a sweep as far as the runner lets it, and lets go of its record.
  @discardableResult
  static func run(
    _ model: any PoseModel = DummyModel(), over input: PictureInput = DummyModel.input(), in folder: String,
    truth: LoadedGroundTruth? = nil, options: SweepOptions = options(), runner: Runner = Runner(workers: 1)
  ) throws -> (path: String, isComplete: Bool) {
    let sweep = PictureSweep(input, truth: truth, options: options)
    let (path, recorder) = try sweep.recorder(for: model, in: folder)
    return (path, try recorder.run(runner))
  }

  /// The record of a sweep that is run to its end.
  static func record(
    _ model: any PoseModel = DummyModel(), over input: PictureInput = DummyModel.input(), in folder: String,
    truth: LoadedGroundTruth? = nil, options: SweepOptions = options()
  ) throws -> SweepRecord {
    let (path, isComplete) = try run(model, over: input, in: folder, truth: truth, options: options)
    #expect(isComplete)
    return try SweepRecord(contentsOf: path)
  }
}

extension Runner {
  /// A runner that lets so many items begin and then is cancelled.
  static func stopping(after items: Int, workers: Int = 1) -> Runner {
    final class Begun: Sendable { let count = Mutex(0) }
    let begun = Begun()
    return Runner(
      workers: workers,
      isCancelled: {
        begun.count.withLock {
          $0 += 1
          return $0 > items
        }
      })
  }
}

/// Records an issue unless results have the same arrays, equal to the bit.
func expectEqual(
  _ found: PositionResults, _ expected: PositionResults, at location: SourceLocation = #_sourceLocation
) {
  for array in PositionArray.all {
    #expect(
      found[array]?.elements.map(\.bitPattern) == expected[array]?.elements.map(\.bitPattern),
      "\(array.name)", sourceLocation: location)
  }
}
