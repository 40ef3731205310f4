import Foundation
public import Tensors

/// How far a predicted body is from the true one, metres.
public struct JointErrors: Sendable, Equatable {
  /// Per joint, with both bodies shifted so that their roots meet.
  public let perJoint: [Float]
  /// Per joint, after the prediction was turned, scaled and shifted to fit best (``Procrustes``).
  public let perJointAligned: [Float]

  /// The mean over the joints: MPJPE.
  public var mean: Float { Self.mean(of: perJoint) }
  /// The mean over the joints after the best fit: PA-MPJPE.
  public var meanAligned: Float { Self.mean(of: perJointAligned) }

  /// Compares positions of the joints of one skeleton, in its order.
  ///
  /// The roots are those of the skeleton: see ``Skeleton/root(of:)``.
  public init(of predicted: [Point], from truth: [Point], in skeleton: Skeleton) {
    let shift = skeleton.root(of: predicted) - skeleton.root(of: truth)
    let aligned = Procrustes.align(predicted, to: truth)
    perJoint = zip(predicted, truth).map { Self.distance($0 - shift, $1) }
    perJointAligned = zip(aligned, truth).map { Self.distance($0, $1) }
  }

  /// The mean distance between vertices: PVE, metres.
  ///
  /// Vertices are `[V, 3]`; each body is first shifted so that its pelvis, SMPL's joint 0, is at the origin,
  /// because the networks do not predict where a person is.
  public static func perVertex(
    of predicted: Tensor, pelvis: Point, from truth: Tensor, pelvis truePelvis: Point
  ) -> Float {
    precondition(predicted.count == truth.count, "\(predicted.shape) and \(truth.shape) are not one body's")
    let shift = pelvis - truePelvis
    return predicted.withElements { a in
      truth.withElements { b in
        var sum = 0.0
        for v in 0..<a.count / 3 {
          let p = Point(a[v * 3], a[v * 3 + 1], a[v * 3 + 2])
          sum += Double(distance(p - shift, Point(b[v * 3], b[v * 3 + 1], b[v * 3 + 2])))
        }
        return Float(sum / Double(max(a.count / 3, 1)))
      }
    }
  }

  private static func distance(_ a: Point, _ b: Point) -> Float { ((a - b) * (a - b)).sum().squareRoot() }

  private static func mean(of values: [Float]) -> Float {
    values.isEmpty ? 0 : values.reduce(0, +) / Float(values.count)
  }
}
