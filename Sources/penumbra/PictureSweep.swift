import Bodies
import Foundation
import Networks
import Pictures
import Sweeps
import Tensors

/// A truth file that has been read.
struct LoadedTruth {
  let truth: Truth
  let source: SweepRecord.Info.Source
}

extension LoadedTruth {
  /// Reads a truth; the body poses it where it is told as a pose.
  init(contentsOf path: String, body: LoadedBody) throws {
    let file = try TruthFile(contentsOf: path)
    truth = try Truth(file, from: path, body: body.model)
    _ = try body.evaluation(of: truth.set, for: path)
    var fingerprint = Fingerprint()
    fingerprint.add(try file.json())
    source = .init(name: URL(filePath: path).lastPathComponent, fingerprint: fingerprint.text)
  }
}

/// How pictures are swept: where the patch goes, and by which means.
struct SweepSettings {
  var occluder = Occluder()
  var grid: Grid
  /// The most crops at once; as many as the memory allows unless given.
  var batch: Int?
  /// What the program may take.
  var memory = Megabytes(2000)
  var workers = Workers.available
  var seed: UInt64 = 0
  /// How far interpolated errors may be off on average, millimetres; every place is worked out unless given.
  var tolerance: Double?
  /// How convolutions are worked out.
  var convolutions = Regressor.Convolutions.fastest
}

/// One picture, swept by any number of networks in the same way.
struct PictureSweep {
  let picture: LoadedPicture
  let truth: LoadedTruth?
  let body: LoadedBody
  var settings: SweepSettings

  /// What became of one network's sweep.
  struct Outcome {
    let path: String
    let record: SweepRecord
    /// The places that this run measured, and how long it took, loading aside.
    let measuredPlaces: Int
    let seconds: Double
  }

  /// Sweeps with every network, into one record each, going on where an earlier run stopped.
  ///
  /// - Throws: a failure with the code of an interruption after Ctrl-C, when the chunks under way are on disk.
  func record(_ models: [LoadedModel], in folder: String) throws -> [Outcome] {
    try models.map { model in
      let path = "\(folder)/\(picture.stem).\(model.label).zarr"
      let sweep = try sweep(model)
      let crop = try picture.input(of: model)
      let line = ProgressLine("\(picture.source.name), \(model.label)")
      let start = ContinuousClock.now
      let recorder = try SweepRecorder(
        at: path, of: sweep, over: crop, beginning: try beginning(model, sweep, crop))
      let before = recorder.measuredPlaces
      let isDone: Bool
      do {
        isDone = try recorder.run(
          workers: settings.workers, isCancelled: { Interruption.isRequested },
          forecast: {
            let memory = String(format: "%.1f GB", Memory.peakMegabytes / 1000)
            let most = settings.tolerance == nil ? "" : "at most "
            line.note("\(most)\($0.places) places, about \(ProgressLine.duration($0.seconds)) and \(memory)")
          }
        ) { line.show($0, of: $1) }
      } catch {
        line.clear()
        throw error
      }
      let measured = recorder.measuredPlaces - before
      guard isDone else {
        line.clear()
        throw Failure(
          .interrupted,
          "\(path): interrupted at \(recorder.measuredPlaces) of \(sweep.places.count) places; "
            + "the same command goes on from there")
      }
      let seconds = (ContinuousClock.now - start).seconds
      line.close(
        measured == 0
          ? "\(path): was complete already"
          : "\(path): \(measured) places in \(ProgressLine.duration(seconds))"
            + (settings.tolerance == nil ? "" : ", of \(sweep.places.count)"))
      return Outcome(
        path: path, record: try SweepRecord(contentsOf: path), measuredPlaces: measured, seconds: seconds)
    }
  }

  private func sweep(_ model: LoadedModel) throws -> Sweep {
    let set = truth?.truth.set ?? .smpl24
    let regressor = model.regressor.with(settings.convolutions)
    let batch = try settings.batch ?? self.batch(of: regressor, label: model.label)
    return Sweep(
      side: regressor.side, occluder: settings.occluder, grid: settings.grid, batch: batch,
      estimate: { try regressor.estimate($0, withAttention: $1) },
      rerunning: regressor.rerunning(value: settings.occluder.value, batch: batch), joints: body.joints,
      evaluationJoints: try body.evaluation(of: set, for: truth?.source.name ?? ""))
  }

  private func batch(of regressor: Regressor, label: String) throws -> Int {
    // What an earlier sweep left for reuse is no reason to refuse this one.
    Tensor.releaseKeptMemory()
    let held = Memory.currentMegabytes
    let (memory, workers) = (settings.memory, settings.workers)
    if let batch = regressor.batch(within: (memory.value - held) * 1e6, workers: workers) { return batch }
    let least = held + regressor.memory(batch: 1, workers: workers) / 1e6
    throw Failure(
      .unavailable,
      String(
        format: "--memory %@: %@ takes about %.0f MB even one crop at a time; give more%@",
        memory.defaultValueDescription, label, least, workers > 1 ? ", or fewer --workers" : ""))
  }

  /// How far the joints lie from those of convolutions as defined, at eight places all over the crop.
  private func deviation(_ model: LoadedModel, _ sweep: Sweep, _ crop: Tensor) -> SweepRecord.Info.Deviation?
  {
    guard settings.convolutions != .direct else { return nil }
    let (places, count) = (sweep.places.count, min(8, sweep.places.count))
    let plain = model.regressor.withTemporaryCache
    // One at a time: this is no moment to take memory.
    let joints = (0..<count).map { i in
      let crop = sweep.occluded(crop, at: [(2 * i + 1) * places / (2 * count)])
      return (
        sweep.answers(to: crop.reshaped(Array(crop.shape.dropFirst()))).joints,
        body.joints(NetworkError.ending { try plain.estimate(crop) })
      )
    }
    return .init(of: Tensor(stacking: joints.map(\.0)), from: Tensor(stacking: joints.map(\.1)))
  }

  /// What is known of a sweep before the patch comes.
  private func beginning(_ model: LoadedModel, _ sweep: Sweep, _ crop: Tensor) throws
    -> SweepRecorder.Beginning
  {
    let answers = sweep.answers(to: crop, withAttention: true)
    let reference =
      truth?.truth.joints ?? answers.measured.reshaped(Array(answers.measured.shape.dropFirst()))
    let clean = Measurements(answers, against: reference, in: sweep.jointSet)

    let truthCamera = truth?.truth.camera.map { camera in
      let whole = camera.elements
      let crop = picture.cropCamera((whole[0], whole[1], whole[2]))
      return WeakPerspectiveCamera(scale: crop.scale, tx: crop.tx, ty: crop.ty)
    }
    let seen: BodyView
    var visibility = truth?.truth.visibility
    var maskOf = SweepRecord.Info.Reference.cleanPrediction
    if let parameters = truth?.truth.parameters, let truthCamera {
      seen = BodyView(
        of: body.model, rotations: parameters.rotations, betas: parameters.betas, camera: truthCamera,
        side: sweep.side)
      visibility = visibility ?? seen.visibility
      maskOf = .truth
    } else {
      seen = BodyView(
        of: body.model, rotations: clean.rotations, betas: clean.betas,
        camera: WeakPerspectiveCamera(clean.camera), side: sweep.side)
    }

    let display = try picture.displayCrop(side: sweep.side)
    let info = SweepRecord.Info(
      label: model.label, network: .init(name: model.name, fingerprint: model.regressor.fingerprint),
      head: model.head, picture: picture.source,
      box: picture.box.map { [$0.x, $0.y, $0.width, $0.height] }, crop: picture.method(of: model).rawValue,
      body: body.source, truth: truth?.source,
      visibility: visibility, maskOf: maskOf, jointSet: truth?.truth.set ?? .smpl24,
      occluder: settings.occluder,
      grid: settings.grid, side: sweep.side, seed: settings.seed, tolerance: settings.tolerance,
      convolutions: settings.convolutions,
      deviation: deviation(model, sweep, crop), kernels: Processor.kernels)
    return SweepRecorder.Beginning(
      info: info, clean: clean, truth: truth?.truth.joints, truthParameters: truth?.truth.parameters,
      truthCamera: truthCamera?.numbers, bodyMask: seen.mask,
      picture: .init(side: display.width, bytes: display.pixels),
      cleanAttention: answers.prediction.attention)
  }
}
