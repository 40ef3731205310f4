import Bodies
public import Models
import Networks
import Pictures
public import Rendering
public import Tensors
public import Training

/// Mean errors over many people, in millimetres.
public struct Accuracy: Codable, Sendable, Equatable {
  /// Mean distance of the joints with the pelvis at the origin.
  public var mpjpe: Float
  /// The same after Procrustes alignment of every person.
  public var alignedMPJPE: Float
  /// Mean distance of the vertices with the pelvis at the origin.
  public var pve: Float
  /// Mean distance of each joint, in SMPL's order, with the pelvis at the origin.
  public var perJoint: [Float]
  /// Mean distance of the joints but the pelvis, which is always 0.
  public var mpjpeWithoutRoot: Float { perJoint.dropFirst().reduce(0, +) / Float(perJoint.count - 1) }

  enum CodingKeys: String, CodingKey {
    case mpjpe = "mpjpe_mm"
    case alignedMPJPE = "pa_mpjpe_mm"
    case pve = "pve_mm"
    case perJoint = "per_joint_mm"
  }

  private enum AddedKeys: String, CodingKey {
    case mpjpeWithoutRoot = "mpjpe_without_root_mm"
  }

  /// Writes the numbers, and the mean without the pelvis.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(mpjpe, forKey: .mpjpe)
    try values.encode(alignedMPJPE, forKey: .alignedMPJPE)
    try values.encode(pve, forKey: .pve)
    try values.encode(perJoint, forKey: .perJoint)
    var added = encoder.container(keyedBy: AddedKeys.self)
    try added.encode(mpjpeWithoutRoot, forKey: .mpjpeWithoutRoot)
  }
}

/// Mean errors over the joints that bodies share, about the middle of the hips, in millimetres.
///
/// Bodies define their joints by centimetres apart, which is in the errors of a network of another body.
public struct SharedJointAccuracy: Codable, Sendable, Equatable {
  /// Mean distance of the joints of `common12`.
  public var mpjpe: Float = 0
  /// The same after Procrustes alignment of every person.
  public var alignedMPJPE: Float = 0
  /// The share of people in whose pictures the network finds nobody; they are not in the means.
  public var missed: Float = 0

  enum CodingKeys: String, CodingKey {
    case mpjpe = "mpjpe_mm"
    case alignedMPJPE = "pa_mpjpe_mm"
    case missed
  }
}

/// Evaluates networks on rendered people that none of them was trained on.
public struct RenderedEvaluation: Sendable {
  /// Renders the people; its panoramas should be the held-out ones.
  public let renderer: Renderer
  /// The number of people and their seed.
  public let count: Int, seed: UInt64

  /// The motions of people who move, and how many frames of each are seen; nil of people who stand still.
  private let clips: (motions: Motions, frames: Int)?

  /// An evaluation on the people `0..<count` of a seed.
  ///
  /// - Parameter clips: makes people move, and evaluates the middle of so many frames; networks of several frames see all.
  public init(
    _ renderer: Renderer, count: Int, seed: UInt64, clips: (motions: Motions, frames: Int)? = nil
  ) {
    (self.renderer, self.count, self.seed, self.clips) = (renderer, count, seed, clips)
  }

  /// The people of some numbers, or the middle frames of their clips.
  private func people(_ numbers: Range<Int>, side: Int) -> [RenderedSample] {
    renderer.people(numbers, moving: clips, seed: seed, side: side)
  }

  /// The people of some numbers, and what a network predicts of them.
  private func people(
    _ numbers: Range<Int>, seenBy model: any PoseModel
  ) throws -> (people: [RenderedSample], predictions: Predictions) {
    let side = model.side ?? Self.usualSide
    guard let clips, let model = model as? any ClipModel else {
      let people = people(numbers, side: side)
      return (people, try model.predictions(on: people.map { ($0.picture, nil) }))
    }
    var (people, predictions): ([RenderedSample], [Predictions]) = ([], [])
    for number in numbers {
      let frames = renderer.clip(
        number, frames: clips.frames, motions: clips.motions, seed: seed, side: side)
      let clip = Clip(frames: frames.map(\.picture), name: "\(number)")
      people.append(frames[clip.middle])
      predictions.append(
        try model.prepare(clip, box: nil, occlusion: Occlusion()).predict(at: [nil], attention: false))
    }
    return (people, Predictions(stacking: predictions))
  }

  /// The side of pictures for networks that cut their crops themselves.
  private static let usualSide = 224

  /// The errors of a network on pictures rendered at its own crop side: of its body, and of the joints that bodies share.
  ///
  /// - Parameters:
  ///   - shared: whether the joints that bodies share are measured too; they always are where it predicts no body.
  ///   - progress: called with the number of people done, from any thread.
  /// - Throws: an error of the network, such as `NetworkError` when there is no memory, or `ModelError` when it lacks
  ///   some of the shared joints.
  public func accuracy(
    of model: any PoseModel, shared: Bool, workers: Int = Workers.available,
    progress: @escaping @Sendable (Int) -> Void = { _ in }
  ) throws -> (body: Accuracy?, shared: SharedJointAccuracy?) {
    let measuresShared = shared || model.body == nil
    let sums =
      try runner(workers, progress).map(blocks.count) { (index) -> (Accuracy?, SharedJointAccuracy?) in
        let (people, predictions) = try people(blocks[index], seenBy: model)
        return try (
          model.body == nil ? nil : bodySum(predictions.body!, predictions.joints, of: model, on: people),
          measuresShared ? sharedSum(predictions, of: model, on: people) : nil
        )
      } ?? []
    return (
      model.body == nil ? nil : mean(of: sums.map { $0.0! }),
      measuresShared ? sharedMean(of: sums.map { $0.1! }) : nil
    )
  }

  private func bodySum(
    _ body: (rotations: Tensor, betas: Tensor), _ joints: Tensor, of model: any PoseModel,
    on people: [RenderedSample]
  ) throws -> Accuracy {
    guard body.betas.elements.allSatisfy({ !$0.isNaN }) else {
      throw ModelError(
        .badData, "\(model.identity.label): finds nobody on a rendered picture; give --dataset")
    }
    return sum(
      rotations: body.rotations, betas: body.betas, joints: model.skeleton == .smpl24 ? joints : nil,
      on: people)
  }

  /// Sums over the people whom the network finds, metres, and how many it does not.
  private func sharedSum(
    _ predictions: Predictions, of model: any PoseModel, on people: [RenderedSample]
  ) throws -> SharedJointAccuracy {
    let skeleton = Skeleton.common12
    let conversion = SkeletonConversion(from: .smpl24, to: skeleton)
    let joints = try model.joints(skeleton, of: predictions).points
    var sum = SharedJointAccuracy()
    for (row, person) in people.enumerated() {
      let predicted = Array(joints[row * skeleton.count..<(row + 1) * skeleton.count])
      guard predicted.allSatisfy({ !$0.sum().isNaN }) else {
        sum.missed += 1
        continue
      }
      let errors = JointErrors(of: predicted, from: conversion(person.joints), in: skeleton)
      (sum.mpjpe, sum.alignedMPJPE) = (sum.mpjpe + errors.mean, sum.alignedMPJPE + errors.meanAligned)
    }
    return sum
  }

  private func sharedMean(of sums: [SharedJointAccuracy]) -> SharedJointAccuracy {
    let all = sums.reduce(into: SharedJointAccuracy()) {
      $0.mpjpe += $1.mpjpe
      $0.alignedMPJPE += $1.alignedMPJPE
      $0.missed += $1.missed
    }
    let found = Float(count) - all.missed
    return SharedJointAccuracy(
      mpjpe: 1000 * all.mpjpe / found, alignedMPJPE: 1000 * all.alignedMPJPE / found,
      missed: all.missed / Float(count))
  }

  /// The errors of predicting the mean pose for everybody, facing the camera.
  public func accuracy(of mean: MeanParameters, workers: Int = Workers.available) -> Accuracy {
    let rotations = Rotation6D.matrices(mean.pose6D)
    let sums = runner(workers).map(blocks.count) { index in
      let people = people(blocks[index], side: 16)
      return sum(
        rotations: Tensor(stacking: people.map { _ in rotations.reshaped([1, Joint.count, 3, 3]) }),
        betas: Tensor(stacking: people.map { _ in mean.betas.reshaped([1, BodyModel.shapeCount]) }),
        on: people)
    }
    return self.mean(of: sums ?? [])
  }

  /// The errors of predicting the same joints for everybody; they have no vertices.
  public func accuracy(of constant: ConstantJoints) -> (mpjpe: Float, alignedMPJPE: Float) {
    var sum: (mpjpe: Float, alignedMPJPE: Float) = (0, 0)
    for block in blocks {
      for person in people(block, side: 16) {
        let errors = JointErrors(of: constant.joints, from: person.joints, in: .smpl24)
        sum = (sum.mpjpe + errors.mean, sum.alignedMPJPE + errors.meanAligned)
      }
    }
    return (1000 * sum.mpjpe / Float(count), 1000 * sum.alignedMPJPE / Float(count))
  }

  private var blocks: [Range<Int>] {
    stride(from: 0, to: count, by: Renderer.block).map { $0..<min($0 + Renderer.block, count) }
  }

  private func runner(_ workers: Int, _ progress: @escaping @Sendable (Int) -> Void = { _ in }) -> Runner {
    Runner(workers: workers, progress: { done, _ in progress(min(done * Renderer.block, count)) })
  }

  private func sum(
    rotations: Tensor, betas: Tensor, joints: Tensor? = nil, on people: [RenderedSample]
  ) -> Accuracy {
    BodyErrors.of(rotations: rotations, betas: betas, joints: joints, on: people, with: renderer.body)
      .reduce(into: Accuracy()) { $0.add(Accuracy($1), scaledBy: 1) }
  }

  private func mean(of sums: [Accuracy]) -> Accuracy {
    sums.reduce(into: Accuracy()) { $0.add($1, scaledBy: 1000 / Float(count)) }
  }
}

extension Accuracy {
  fileprivate init() {
    self.init(mpjpe: 0, alignedMPJPE: 0, pve: 0, perJoint: [Float](repeating: 0, count: Joint.count))
  }

  /// The errors of one person, metres.
  fileprivate init(_ errors: BodyErrors) {
    self.init(
      mpjpe: errors.joints.mean, alignedMPJPE: errors.joints.meanAligned, pve: errors.vertices,
      perJoint: errors.joints.perJoint)
  }

  fileprivate mutating func add(_ other: Accuracy, scaledBy factor: Float) {
    mpjpe += other.mpjpe * factor
    alignedMPJPE += other.alignedMPJPE * factor
    pve += other.pve * factor
    perJoint = zip(perJoint, other.perJoint).map { $0 + $1 * factor }
  }
}
