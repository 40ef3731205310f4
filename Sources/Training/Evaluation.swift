internal import Bodies
public import Networks
internal import Pictures
import Synchronization
public import Tensors

/// Mean errors over many people, in millimetres.
public struct Accuracy: Codable, Sendable, Equatable {
  /// Mean distance of the 24 joints with the pelvis at the origin.
  public var mpjpe: Float
  /// The same after Procrustes alignment of every person.
  public var alignedMPJPE: Float
  /// Mean distance of the vertices with the pelvis at the origin.
  public var pve: Float
  /// Mean distance of each joint, in SMPL's order, with the pelvis at the origin.
  public var perJoint: [Float]

  enum CodingKeys: String, CodingKey {
    case mpjpe = "mpjpe_mm"
    case alignedMPJPE = "pa_mpjpe_mm"
    case pve = "pve_mm"
    case perJoint = "per_joint_mm"
  }
}

/// Networks held against rendered people that none of them learned from.
public struct Evaluation: Sendable {
  /// Where the people come from; its panoramas should be the held-out ones.
  public let studio: Studio
  /// How many people, and the seed that decides who they are.
  public let count: Int, seed: UInt64

  /// An evaluation on the people `0..<count` of a seed.
  public init(_ studio: Studio, count: Int, seed: UInt64) {
    (self.studio, self.count, self.seed) = (studio, count, seed)
  }

  /// The errors of a network, which sees the pictures rendered at its own crop side.
  ///
  /// - Parameter progress: told how many people are done, from any thread.
  public func accuracy(
    of regressor: Regressor, workers: Int = Workers.available, progress: @Sendable (Int) -> Void = { _ in }
  ) -> Accuracy {
    accuracy(side: regressor.side, workers: workers, progress: progress) { people in
      let side = regressor.side
      let crops = people.map { $0.picture.normalised().reshaped([1, side, side, 3]) }
      let said = NetworkError.ending { try regressor.estimate(Tensor(stacking: crops)) }
      return (said.rotations, said.betas)
    }
  }

  /// The errors of saying the mean pose of everybody, facing the camera.
  public func accuracy(of mean: MeanParameters, workers: Int = Workers.available) -> Accuracy {
    let answers = Rotation6D.matrices(mean.pose6D)
    return accuracy(side: 16, workers: workers) { people in
      (
        Tensor(stacking: people.map { _ in answers.reshaped([1, 24, 3, 3]) }),
        Tensor(stacking: people.map { _ in mean.betas.reshaped([1, 10]) })
      )
    }
  }

  /// The MPJPE of one constant answer, the mean of the joints: the best that is possible without looking, but
  /// for the difference between mean and median.
  public func mpjpeOfConstantJoints(_ mean: MeanParameters) -> Float {
    var sum: Float = 0
    for block in blocks {
      for person in studio.people(block, seed: seed, side: 16) {
        sum += JointErrors(of: mean.joints, from: person.joints, in: .smpl24).mean
      }
    }
    return 1000 * sum / Float(count)
  }

  private var blocks: [Range<Int>] {
    stride(from: 0, to: count, by: Studio.block).map { $0..<min($0 + Studio.block, count) }
  }

  private func accuracy(
    side: Int, workers: Int, progress: @Sendable (Int) -> Void = { _ in },
    _ answer: @Sendable ([RenderedPerson]) -> (rotations: Tensor, betas: Tensor)
  ) -> Accuracy {
    let blocks = blocks
    let sums = Mutex([Accuracy?](repeating: nil, count: blocks.count))
    Workers.run(blocks.count, workers: workers) { index, _ in
      let people = studio.people(blocks[index], seed: seed, side: side)
      let (rotations, betas) = answer(people)
      let said = studio.body.posed(rotations: rotations, betas: betas)
      let truth = studio.body.posed(
        rotations: Tensor(stacking: people.map { $0.rotations.reshaped([1, 24, 3, 3]) }),
        betas: Tensor([people.count, 10], people.flatMap(\.betas)))
      var sum = Accuracy(mpjpe: 0, alignedMPJPE: 0, pve: 0, perJoint: [Float](repeating: 0, count: 24))
      for i in people.indices {
        let (joints, trueJoints) = (said.joints.rows(i..<i + 1).points, truth.joints.rows(i..<i + 1).points)
        let errors = JointErrors(of: joints, from: trueJoints, in: .smpl24)
        sum.mpjpe += errors.mean
        sum.alignedMPJPE += errors.meanAligned
        for j in 0..<24 { sum.perJoint[j] += errors.perJoint[j] }
        sum.pve += JointErrors.perVertex(
          of: said.vertices.rows(i..<i + 1), pelvis: joints[0], from: truth.vertices.rows(i..<i + 1),
          pelvis: trueJoints[0])
      }
      let done = sums.withLock { sums in
        sums[index] = sum
        return sums.count { $0 != nil }
      }
      progress(min(done * Studio.block, count))
    }
    let scale = 1000 / Float(count)
    return sums.withLock { sums in
      var total = Accuracy(mpjpe: 0, alignedMPJPE: 0, pve: 0, perJoint: [Float](repeating: 0, count: 24))
      for case let sum? in sums {
        total.mpjpe += sum.mpjpe * scale
        total.alignedMPJPE += sum.alignedMPJPE * scale
        total.pve += sum.pve * scale
        for j in 0..<24 { total.perJoint[j] += sum.perJoint[j] * scale }
      }
      return total
    }
  }
}
