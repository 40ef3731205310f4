import Archives
import Bodies
import Foundation
import Models
import Networks
import Pictures
import Rendering
import Synchronization
import Tensors

/// Measures one network on people, condition by condition; what is on disk is not measured again.
///
/// Each condition has a file of its own, `CONDITION-KEY.npz`, whose key follows from network, seed, patch and stride;
/// an experiment with more people or patches adds to what is there.
struct RobustnessMeasurement: Sendable {
  let label: String
  let network: MeasuredNetwork
  let people: MeasuredPeople
  /// The folder of the files.
  let folder: String

  private var settings: OcclusionRobustness.Settings { people.settings }

  /// A measurement of a network, into files of a folder.
  init(label: String, network: MeasuredNetwork, people: MeasuredPeople, folder: String) {
    (self.label, self.network) = (label, network)
    (self.people, self.folder) = (people, folder)
  }

  /// The file of a condition.
  func path(of condition: Condition) -> String {
    var key: [String: JSONValue] = [
      "network": .string(network.fingerprint), "body": .string(people.body.source.fingerprint),
      "seed": .integer(settings.seed), "section": .string(condition.name),
      "version": .integer(condition == .objects || settings.behindObjects ? 2 : 1),
    ]
    if settings.behindObjects { key["behind_objects"] = true }
    if let frames = settings.frames { key["frames"] = .integer(frames) }
    if case .patch = condition {
      key["stride"] = .integer(settings.stride)
      key["every"] = .integer(settings.texturedEvery)
    }
    var fingerprint = Fingerprint()
    fingerprint.add(Data(JSONValue.object(key).compactText.utf8))
    return "\(folder)/\(condition.name)-\(fingerprint.text).npz"
  }

  /// How many people each condition still lacks.
  func missing() throws -> [(condition: Condition, people: Int)] {
    try settings.conditions.map { condition in
      let file = try ConditionFile(path(of: condition), condition, people: settings.people)
      return (condition, file.missing.count)
    }
  }

  /// Measures what is not on disk, and returns all of it.
  ///
  /// - Throws: `EvaluationError` of the kind `interrupted` after a cancellation, when what was measured is on disk;
  ///   `ArchiveError` as files fail, and when another process measures the network.
  func run(_ context: WorkContext = WorkContext()) throws -> OcclusionRobustness {
    try makeFolder(folder)
    // What is all there is only read, by any number of shares; what is not is measured by one process.
    let isWhole = try missing().allSatisfy { $0.people == 0 }
    if isWhole { FolderLock.removeLeftovers(of: folder) }
    let lock = try isWhole ? nil : FolderLock(on: folder)
    defer { withExtendedLifetime(lock) {} }
    var conditions: [Condition: [String: Tensor]] = [:]
    for condition in settings.conditions { conditions[condition] = try measure(condition, context) }
    return OcclusionRobustness(people: settings.people, conditions: conditions)
  }

  /// Seconds that one person takes on one thread, once kernels are compiled.
  func secondsOfPerson(_ condition: Condition) throws -> Double {
    let fastest = self.fastest
    let rendered = people.people(0..<2, for: condition, side: network.side)
    _ = try measure(rendered[0], 0, condition, fastest)
    let start = ContinuousClock.now
    _ = try measure(rendered[1], 1, condition, fastest)
    return (ContinuousClock.now - start).seconds
  }

  private func measure(_ condition: Condition, _ context: WorkContext) throws -> [String: Tensor] {
    var file = try ConditionFile(path(of: condition), condition, people: settings.people)
    let count = settings.people
    guard !file.missing.isEmpty else { return file.arrays(count) }
    let reporter = context.progress("Measuring \(label), \(condition.name)")
    defer { reporter.clear() }
    let fastest = self.fastest
    var saved = ContinuousClock.now
    reporter.show(count - file.missing.count, of: count)
    for start in stride(from: 0, to: count, by: Renderer.block) {
      let block = start..<min(start + Renderer.block, count)
      let wanted = file.missing.filter(block.contains)
      guard !wanted.isEmpty, !context.cancellation.isRequested else { continue }
      let rendered = people.people(block, for: condition, side: network.side)
      let measured = Mutex<[Int: [String: Tensor]]>([:])
      _ = try context.runner(reporter).run(
        wanted.count, done: count - file.missing.count, total: count
      ) { index throws in
        let person = wanted[index]
        let values = try measure(rendered[person - start], person, condition, fastest)
        measured.withLock { $0[person] = values }
        return 1
      }
      for (person, values) in measured.withLock(\.self) { file.set(values, of: person) }
      if ContinuousClock.now - saved > .seconds(30) || context.cancellation.isRequested {
        try file.write()
        saved = .now
      }
    }
    guard file.missing.isEmpty else {
      throw EvaluationError(
        .interrupted, file.path,
        "interrupted at \(count - file.missing.count) of \(count) people; the same command continues")
    }
    try file.write()
    return file.arrays(count)
  }

  /// The network with its fastest convolutions, and how many windows it predicts at once.
  private typealias Fastest = (model: any PoseModel, batch: Int)
  private var fastest: Fastest {
    let model = network.fastest(label, people.body)
    return (model, model.batch(within: 2e9, workers: Workers.available) ?? 1)
  }

  private func measure(
    _ person: RenderedSample, _ index: Int, _ condition: Condition, _ fastest: Fastest
  ) throws -> [String: Tensor] {
    guard case .patch(let size, let fill) = condition else {
      var values = try clean(person, index, condition, fastest.model)
      if condition == .objects {
        values[OcclusionRobustness.CleanKey.isCovered.rawValue] = Tensor(
          [Joint.count], person.visibility.map { $0 == .hiddenByObject ? 1 : 0 })
      }
      return values
    }
    let (subject, occlusion) = (person.annotatedCrop, Occlusion(size: size))
    let isTextured = fill == .textured
    let frame = PictureFrame(wholeOf: subject.side)
    let (model, batch) = fastest
    let texture =
      isTextured
      ? people.texture(of: index, patch: size, size: occlusion.extent(in: frame).width) : nil
    let prepared = try prepared(
      subject.crop, of: person, index, condition, by: model, occlusion, texture, batch: batch)
    guard let positions = PositionRule(stride: settings.stride).positions(of: occlusion, in: frame) else {
      preconditionFailure("a grid over a whole crop has positions")
    }
    let statistics =
      isTextured
      ? try OcclusionStatistics(
        coarselyOf: prepared, on: subject, positions: positions, every: settings.texturedEvery, batch: batch)
      : try OcclusionStatistics(
        of: prepared, on: subject, positions: positions, every: settings.texturedEvery, batch: batch)
    return Dictionary(uniqueKeysWithValues: statistics.values.map { ($0.rawValue, $1) })
  }

  /// What the network has looked at: the crop, or the person's clip.
  private func prepared(
    _ crop: Tensor, of person: RenderedSample, _ index: Int, _ condition: Condition, by model: any PoseModel,
    _ occlusion: Occlusion, _ texture: Tensor?, batch: Int
  ) throws -> any PreparedPicture {
    if let model = model as? SMPLModel {
      return model.prepared(crop, occlusion: occlusion, texture: texture, batch: batch)
    }
    precondition(texture == nil, "textured patches in front of a temporal network")
    guard let model = model as? any ClipModel else { preconditionFailure("no network of an experiment") }
    let clip = people.clip(of: person, index, for: condition, side: network.side)
    return try model.prepare(clip, box: nil, occlusion: occlusion)
  }

  /// The errors without a patch; a network without a body has none of vertices.
  private func clean(
    _ person: RenderedSample, _ index: Int, _ condition: Condition, _ model: any PoseModel
  ) throws -> [String: Tensor] {
    let (joints, vertices): (JointErrors, Float)
    if let regressor = (model as? SMPLModel)?.regressor {
      let side = regressor.side
      let prediction = try regressor.estimate(person.picture.normalised().reshaped([1, side, side, 3]))
      let errors = BodyErrors.of(
        rotations: prediction.rotations, betas: prediction.betas, joints: prediction.joints, on: [person],
        with: people.body.model)[0]
      (joints, vertices) = (errors.joints, errors.vertices)
    } else {
      let prepared = try prepared(
        Tensor([0]), of: person, index, condition, by: model, Occlusion(), nil, batch: 1)
      let predicted = try prepared.predict(at: [nil]).joints.points
      (joints, vertices) = (JointErrors(of: predicted, from: person.joints, in: .smpl24), .nan)
    }
    typealias Key = OcclusionRobustness.CleanKey
    return [
      Key.error.rawValue: Tensor([Joint.count], joints.perJoint),
      Key.aligned.rawValue: Tensor([Joint.count], joints.perJointAligned),
      Key.vertices.rawValue: Tensor([], [vertices]),
    ]
  }
}
