public import Bodies
public import Networks
public import Tensors

/// A picture of a person and everything that is true of it, for observing what a patch does.
public struct Subject: Sendable {
  /// The crop, `[side, side, 3]`, normalised.
  public let crop: Tensor
  /// Per pixel p + 1 where part p of the person is seen, else 0.
  public let parts: [UInt8]
  /// The 24 joints in metres.
  public let joints: [Point]
  /// Where the joints are in the crop, pixels.
  public let places: [SIMD2<Float>]
  /// What hides each joint, if anything.
  public let visibility: [Visibility]

  /// A subject of the given parts.
  public init(
    crop: Tensor, parts: [UInt8], joints: [Point], places: [SIMD2<Float>], visibility: [Visibility]
  ) {
    precondition(
      crop.shape.count == 3 && parts.count == crop.shape[0] * crop.shape[1],
      "\(parts.count) part labels for a crop of shape \(crop.shape)")
    (self.crop, self.parts, self.joints) = (crop, parts, joints)
    (self.places, self.visibility) = (places, visibility)
  }

  /// The side of the crop in pixels.
  public var side: Int { crop.shape[0] }
}

/// A network as observations see it: crops in, joints and attention out.
public struct ObservedNetwork: Sendable {
  /// What a network says to crops.
  public struct Answer: Sendable {
    /// SMPL's joints, `[N, 24, 3]`, metres.
    public let joints: Tensor
    /// Where each joint's part looked, `[N, rows, columns, 24]`; nil without attention.
    public let attention: Tensor?

    /// An answer of the given parts.
    public init(joints: Tensor, attention: Tensor? = nil) {
      (self.joints, self.attention) = (joints, attention)
    }
  }

  /// What estimates with the patch at places.
  public typealias Rerun = @Sendable (_ places: [(row: Int, column: Int)]) -> Answer

  /// The side of the crop in pixels.
  public let side: Int
  /// The most crops at once.
  let batch: Int
  let estimate: @Sendable (_ crops: Tensor) -> Answer
  let rerunning: (@Sendable (_ crop: Tensor, _ places: Places, _ value: Float) -> Rerun)?

  /// A network of the given closures, which may be called from several threads at once.
  ///
  /// - Parameters:
  ///   - estimate: crops `[N, side, side, 3]` to answers.
  ///   - rerunning: what looks at a crop once and then estimates with a patch of one value at places, faster than
  ///     `estimate`.
  public init(
    side: Int, batch: Int = 16, estimate: @escaping @Sendable (_ crops: Tensor) -> Answer,
    rerunning: (@Sendable (_ crop: Tensor, _ places: Places, _ value: Float) -> Rerun)? = nil
  ) {
    (self.side, self.batch, self.estimate, self.rerunning) = (side, batch, estimate, rerunning)
  }

  /// A regressor whose answers are posed with a body.
  public init(_ regressor: Regressor, body: BodyModel) {
    let batch = regressor.batch(within: 2e9, workers: Workers.available) ?? 1
    @Sendable func answer(_ prediction: Prediction) -> Answer {
      Answer(
        joints: body.joints(rotations: prediction.rotations, betas: prediction.betas),
        attention: prediction.attention)
    }
    self.init(
      side: regressor.side, batch: batch,
      estimate: { crops in
        answer(NetworkError.ending { try regressor.estimate(crops, withAttention: true) })
      },
      rerunning: { crop, places, value in
        let rerun = NetworkError.ending {
          try regressor.incrementalInference(
            on: crop, rows: places.rows.map(\.pixels), columns: places.columns.map(\.pixels), value: value,
            batch: batch, withAttention: true)
        }
        return { places in answer(NetworkError.ending { try rerun.estimate(places) }) }
      })
  }
}
