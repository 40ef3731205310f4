public import Bodies
import Foundation
public import Networks
public import Pictures
public import Tensors

/// A network that regresses an SMPL body from a crop, such as SPIN, PARE and the built-in ones, as a model to sweep.
public struct SMPLModel: PoseModel {
  /// The network.
  public let network: LoadedNetwork
  /// The body that turns rotations into joints.
  public var body: SMPLBody? { smplBody }
  private let smplBody: SMPLBody
  /// How pictures are cut; nil leaves that to the network.
  public let cropMethod: CropMethod?
  /// The network that is in use, its convolutions by the chosen algorithm.
  public let regressor: Regressor

  /// A network and the body that poses what it predicts.
  ///
  /// - Parameter convolutions: the algorithm of convolutions; as defined unless given otherwise.
  public init(
    _ network: LoadedNetwork, body: SMPLBody, crop: CropMethod? = nil,
    convolutions: Regressor.Convolutions = .direct
  ) {
    (self.network, smplBody, cropMethod) = (network, body, crop)
    regressor = network.regressor.with(convolutions)
  }

  /// Label, file, digest of the weights and of a precision that changes results, and kind of head.
  public var identity: ModelIdentity {
    let precision = regressor.convolutions == .bfloat16 ? "-bfloat16" : ""
    return ModelIdentity(
      label: network.label, name: network.name, fingerprint: regressor.fingerprint + precision,
      kind: network.kind)
  }

  /// SMPL's joints.
  public var skeleton: Skeleton { .smpl24 }
  /// Body and camera, and attention where the head has it.
  public var outputs: ModelOutputs {
    regressor.head == .partAttention ? [.body, .camera, .attention] : [.body, .camera]
  }

  /// How the network's crop is cut.
  public var crop: CropMethod { cropMethod ?? network.cropMethod }
  /// The method's name.
  public var cropName: String { crop.rawValue }
  /// The algorithm of convolutions, and the kernels in use.
  public var arithmetic: Arithmetic? {
    Arithmetic(convolutions: regressor.convolutions.rawValue, kernels: Processor.kernels)
  }

  /// Cuts the crop.
  public func prepare(_ picture: Picture, box: Box?, occlusion: Occlusion) throws -> any PreparedPicture {
    let side = regressor.side
    let input = try picture.networkInput(around: box, side: side, by: crop)
    let frame = try PictureFrame(side: side, of: picture, box: box, by: crop)
    return PreparedCrop(model: self, crop: input, frame: frame, content: occlusion.content(in: frame))
  }

  /// Predicts on all of them together.
  public func predictions(on pictures: [(picture: Picture, box: Box?)]) throws -> Predictions {
    let crops = try pictures.map { picture, box in
      try picture.networkInput(around: box, side: regressor.side, by: crop)
        .reshaped([1, regressor.side, regressor.side, 3])
    }
    return predictions(try regressor.estimate(Tensor(stacking: crops)))
  }

  /// The side of its crop.
  public var side: Int? { regressor.side }

  /// A crop `[side, side, 3]` that has been cut and normalised already, ready for predictions.
  ///
  /// - Parameters:
  ///   - texture: what the occluder shows instead of its fill; see ``Occlusion/patch(at:in:texture:)``.
  ///   - batch: how many windows go through the network together.
  public func prepared(
    _ crop: Tensor, occlusion: Occlusion, texture: Tensor? = nil, batch: Int = 16
  ) -> any PreparedPicture {
    let frame = PictureFrame(wholeOf: regressor.side)
    return PreparedCrop(
      model: self, crop: crop, frame: frame, content: occlusion.content(in: frame, texture: texture),
      batch: batch)
  }

  /// Predictions for crops `[N, side, side, 3]`.
  func predictions(_ prediction: Prediction) -> Predictions {
    Predictions(
      joints: smplBody.model.joints(rotations: prediction.rotations, betas: prediction.betas),
      body: (prediction.rotations, prediction.betas), camera: prediction.camera,
      attention: prediction.attention)
  }

  /// The joints of a skeleton, by SMPL's own or by Human3.6M's regressor.
  public func joints(_ skeleton: Skeleton, of predictions: Predictions) throws -> Tensor {
    try smplBody.joints(skeleton, of: predictions, model: identity.label)
  }

  /// As many crops as the maps of so many threads leave room for.
  public func batch(within bytes: Double, workers: Int) -> Int? {
    regressor.batch(within: bytes, workers: workers)
  }

  /// The bytes of maps and packed weights.
  public func memory(batch: Int, workers: Int) -> Double { regressor.memory(batch: batch, workers: workers) }

  /// The network with convolutions as defined; its packed weights go when it goes.
  public var plain: (any PoseModel)? {
    regressor.convolutions == .direct ? nil : fresh(.direct)
  }

  /// The network with packed weights of its own, so that those of several networks are not held at once.
  public var forOneSweep: any PoseModel { fresh(regressor.convolutions) }

  private func fresh(_ convolutions: Regressor.Convolutions) -> SMPLModel {
    let own = LoadedNetwork(
      label: network.label, name: network.name, regressor: network.regressor.withTemporaryCache)
    return SMPLModel(own, body: smplBody, crop: cropMethod, convolutions: convolutions)
  }
}

/// A crop, and the network that predicts with the occluder on it.
private struct PreparedCrop: PreparedPicture {
  let model: SMPLModel
  let crop: Tensor
  let frame: PictureFrame
  /// What the occluder shows, made once for all windows.
  let content: Patch.Content
  var batch = 16

  var shown: Picture? { Picture(normalised: crop) }

  func predict(at windows: [Window?], attention: Bool) throws -> Predictions {
    try Predictions.batched(windows, by: batch) { part in
      let crops = part.map { window -> Tensor in
        let occluded = window.map { $0.covered(by: content).pasted(on: crop) } ?? crop
        return occluded.reshaped([1] + crop.shape)
      }
      return model.predictions(
        try model.regressor.estimate(Tensor(stacking: crops), withAttention: attention))
    }
  }

  func planned(for positions: PositionGrid, batch: Int, attention: Bool) throws -> any PreparedPicture {
    var copy = self
    copy.batch = batch
    return try PlannedCrop(copy, positions, attention: attention)
  }
}

/// A crop that the network has seen; at windows it computes only what they can change.
private struct PlannedCrop: PreparedPicture {
  private let whole: PreparedCrop
  private let inference: IncrementalInference
  private let numbers: [Window: (row: Int, column: Int)]

  init(_ whole: PreparedCrop, _ positions: PositionGrid, attention: Bool) throws {
    self.whole = whole
    let windows = (0..<positions.count).map { positions[$0].window }
    let patches =
      positions.list == nil
      ? PatchWindows(rows: positions.rows.map(\.pixels), columns: positions.columns.map(\.pixels))
      : PatchWindows(windows.map { (rows: $0.y.pixels, columns: $0.x.pixels) })
    numbers = Dictionary(zip(windows, patches.positions)) { first, _ in first }
    inference = try whole.model.regressor.incrementalInference(
      on: whole.crop, windows: patches, value: 0, batch: whole.batch, withAttention: attention)
  }

  var frame: PictureFrame { whole.frame }

  func predict(at windows: [Window?], attention: Bool) throws -> Predictions {
    let known = windows.map { $0.flatMap { numbers[$0] } }
    guard known.allSatisfy({ $0 != nil }) else { return try whole.predict(at: windows, attention: attention) }
    return whole.model.predictions(
      try inference.estimate(known.map { $0! }) { windows[$0]!.covered(by: whole.content) })
  }

  func cost(of window: Window) -> WorkEstimate {
    guard let (row, column) = numbers[window] else { return WorkEstimate(share: 1, shapeClass: 0) }
    return WorkEstimate(
      share: inference.share(row: row, column: column),
      shapeClass: inference.shapeClass(row: row, column: column))
  }

  var shapeClasses: Int { inference.shapeClasses }
}
