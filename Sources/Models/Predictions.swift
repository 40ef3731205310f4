import Bodies
public import Tensors

/// What a network predicts for several windows.
///
/// Axes are the camera's: x right, y down, z away; metres. Rows that are not a number mean that nobody was found.
public struct Predictions: Sendable {
  /// The joints of the model's skeleton, `[N, joints, 3]`.
  public var joints: Tensor
  /// The SMPL body: rotations `[N, 24, 3, 3]` and betas `[N, 10]`; nil where the model gives none.
  public var body: (rotations: Tensor, betas: Tensor)?
  /// The weak-perspective camera in the frame: scale, shift right, shift down, `[N, 3]`.
  public var camera: Tensor?
  /// The most places of a map of attention.
  public static let mostMapCells = 1 << 22
  /// Where the network looks for every joint, `[N, rows, columns, joints]`, adding up to 1 over the map.
  public var attention: Tensor?
  /// The skin in UV space, `[N, rows, columns, 7]`: a position times the share that is seen, that share, and the position
  /// with what is hidden filled in; metres about the pelvis, with attention asked for.
  public var surface: Tensor?
  /// How sure it is of every joint, 0…1, `[N, joints]`.
  public var confidence: Tensor?
  /// How far off it takes every joint to be, metres, `[N, joints]`.
  public var uncertainty: Tensor?
  /// How far each of the model's layers is from what it is on the unoccluded image, as a share of its length (L2),
  /// `[N, layers]`; nil where that was not asked for.
  public var layerChange: Tensor?

  /// Predictions of the given parts.
  public init(
    joints: Tensor, body: (rotations: Tensor, betas: Tensor)? = nil, camera: Tensor? = nil,
    attention: Tensor? = nil, confidence: Tensor? = nil, uncertainty: Tensor? = nil,
    layerChange: Tensor? = nil, surface: Tensor? = nil
  ) {
    (self.joints, self.body, self.camera) = (joints, body, camera)
    (self.attention, self.confidence, self.uncertainty) = (attention, confidence, uncertainty)
    (self.layerChange, self.surface) = (layerChange, surface)
  }

  /// The number of windows.
  public var count: Int { joints.shape[0] }

  /// The joints as those of another skeleton, `[N, joints, 3]`.
  ///
  /// - Throws: `ModelError` naming the joints without a counterpart.
  func converted(from own: Skeleton, to other: Skeleton, model: String) throws(ModelError) -> Tensor {
    if own == other { return joints }
    let conversion = SkeletonConversion(from: own, to: other)
    guard conversion.isComplete else {
      throw ModelError(
        .badData,
        "\(model): gives the joints of \(own.name), which lack \(conversion.missing.joined(separator: ", ")) of "
          + "\(other.name); give ground truth of \(own.name) or of joints that both have")
    }
    return conversion(joints)
  }
}

extension Predictions {
  /// Predictions laid end to end; what some lack, all lack.
  public init(stacking parts: [Predictions]) {
    func stacked(_ tensors: [Tensor?]) -> Tensor? {
      tensors.allSatisfy { $0 != nil } ? Tensor(stacking: tensors.map { $0! }) : nil
    }
    self.init(
      joints: Tensor(stacking: parts.map(\.joints)),
      body: stacked(parts.map { $0.body?.rotations }).flatMap { rotations in
        stacked(parts.map { $0.body?.betas }).map { (rotations, $0) }
      }, camera: stacked(parts.map(\.camera)), attention: stacked(parts.map(\.attention)),
      confidence: stacked(parts.map(\.confidence)), uncertainty: stacked(parts.map(\.uncertainty)),
      layerChange: stacked(parts.map(\.layerChange)), surface: stacked(parts.map(\.surface)))
  }

  /// Some consecutive windows.
  func rows(_ range: Range<Int>) -> Predictions {
    Predictions(
      joints: joints.rows(range), body: body.map { ($0.rotations.rows(range), $0.betas.rows(range)) },
      camera: camera?.rows(range), attention: attention?.rows(range), confidence: confidence?.rows(range),
      uncertainty: uncertainty?.rows(range), layerChange: layerChange?.rows(range),
      surface: surface?.rows(range))
  }

  /// The same predictions so many times.
  func repeated(_ count: Int) -> Predictions {
    Predictions(stacking: Array(repeating: self, count: count))
  }

  /// Predictions of windows, of `batch` at most in one call.
  static func batched(
    _ windows: [Window?], by batch: Int, _ predict: (_ windows: [Window?]) throws -> Predictions
  ) rethrows -> Predictions {
    guard windows.count > batch else { return try predict(windows) }
    return Predictions(
      stacking: try stride(from: 0, to: windows.count, by: batch).map { start in
        try predict(Array(windows[start..<min(start + batch, windows.count)]))
      })
  }
}
