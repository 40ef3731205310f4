public import Bodies
public import Networks
public import Sweeps
public import Tensors

/// A crop of a person with its ground truth, for occlusion statistics.
public struct AnnotatedCrop: Sendable {
  /// The crop, `[side, side, 3]`, normalised.
  public let crop: Tensor
  /// Per pixel p + 1 where part p of the person is seen, else 0.
  public let parts: [UInt8]
  /// The 24 joints in metres.
  public let joints: [Point]
  /// The positions of the joints in the crop, pixels.
  public let positions: [SIMD2<Float>]
  /// What hides each joint, if anything.
  public let visibility: [Visibility]

  /// A crop with the given ground truth.
  public init(
    crop: Tensor, parts: [UInt8], joints: [Point], positions: [SIMD2<Float>], visibility: [Visibility]
  ) {
    precondition(
      crop.shape.count == 3 && parts.count == crop.shape[0] * crop.shape[1],
      "\(parts.count) part labels for a crop of shape \(crop.shape)")
    (self.crop, self.parts, self.joints) = (crop, parts, joints)
    (self.positions, self.visibility) = (positions, visibility)
  }

  /// The side of the crop in pixels.
  public var side: Int { crop.shape[0] }
}

/// A network as occlusion statistics see it: crops in, joints and attention out.
public struct ObservedNetwork: Sendable {
  /// The predictions for crops.
  public struct Output: Sendable {
    /// SMPL's joints, `[N, 24, 3]`, metres.
    public let joints: Tensor
    /// The attention of each joint, `[N, rows, columns, 24]`; nil without attention.
    public let attention: Tensor?

    /// A prediction of the given parts.
    public init(joints: Tensor, attention: Tensor? = nil) {
      (self.joints, self.attention) = (joints, attention)
    }
  }

  /// Predicts with the patch at positions.
  public typealias Rerun = @Sendable (_ places: [(row: Int, column: Int)]) -> Output

  /// The side of the crop in pixels.
  public let side: Int
  /// The maximum number of crops at once.
  let batch: Int
  let estimate: @Sendable (_ crops: Tensor) -> Output
  let rerunning: (@Sendable (_ crop: Tensor, _ places: Places, _ value: Float) -> Rerun)?

  /// A network of the given closures, which may be called from several threads at once.
  ///
  /// - Parameters:
  ///   - estimate: predicts from crops `[N, side, side, 3]`.
  ///   - rerunning: runs on a crop once and then predicts with a patch of one value at positions, faster than
  ///     `estimate`.
  public init(
    side: Int, batch: Int = 16, estimate: @escaping @Sendable (_ crops: Tensor) -> Output,
    rerunning: (@Sendable (_ crop: Tensor, _ places: Places, _ value: Float) -> Rerun)? = nil
  ) {
    (self.side, self.batch, self.estimate, self.rerunning) = (side, batch, estimate, rerunning)
  }

  /// A regressor whose predictions are posed with a body.
  public init(_ regressor: Regressor, body: BodyModel) {
    let batch = regressor.batch(within: 2e9, workers: Workers.available) ?? 1
    @Sendable func output(_ prediction: Prediction) -> Output {
      Output(
        joints: body.joints(rotations: prediction.rotations, betas: prediction.betas),
        attention: prediction.attention)
    }
    self.init(
      side: regressor.side, batch: batch, estimate: { output(regressor.estimate($0, withAttention: true)) },
      rerunning: { crop, places, value in
        let rerun = regressor.incrementalInference(
          on: crop, rows: places.rows.map(\.pixels), columns: places.columns.map(\.pixels), value: value,
          batch: batch, withAttention: true)
        return { output(rerun.estimate($0)) }
      })
  }
}
