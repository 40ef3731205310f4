public import Bodies
import Foundation
public import Networks
public import Pictures
public import Tensors

/// A network that regresses an SMPL body from a crop, such as SPIN, PARE and the built-in ones, as a model to sweep.
public struct SMPLModel: CropModel {
  /// The network.
  public let network: LoadedNetwork
  /// The body that turns rotations into joints.
  public var body: SMPLBody? { smplBody }
  private let smplBody: SMPLBody
  /// How pictures are cut; nil leaves that to the network.
  public let cropMethod: CropMethod?
  /// The network that is in use, its convolutions by the chosen algorithm.
  public let regressor: Regressor
  private var measuresLayers = false

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
    try PreparedCrop(self, picture, box: box, by: crop, occlusion: occlusion)
  }

  /// Predicts on all of them together.
  public func predictions(on pictures: [(picture: Picture, box: Box?)]) throws -> Predictions {
    try predictions(on: pictures, by: crop)
  }

  /// The side of its crop.
  public var side: Int? { cropSide }
  var cropSide: Int { regressor.side }

  func predictions(onCrops crops: Tensor, attention: Bool) throws -> Predictions {
    try predictions(regressor.estimate(crops, withAttention: attention))
  }

  func predictions(ofResults results: [Tensor]) throws -> Predictions {
    try predictions(regressor.prediction(of: results))
  }

  func incrementalInference(
    on crop: Tensor, windows: PatchWindows, batch: Int, attention: Bool, keepsAll: Bool
  ) throws -> IncrementalInference {
    try regressor.incrementalInference(
      on: crop, windows: windows, value: 0, batch: batch, withAttention: attention,
      measuresLayers: measuresLayers, keepsAll: keepsAll)
  }

  /// The backbone's stages, the head's features and the pose, where they are measured.
  public var layers: [String] { measuresLayers ? regressor.layers : [] }

  /// The same network with its layers measured.
  public var measuringLayers: (any PoseModel)? {
    var other = self
    other.measuresLayers = true
    return other
  }

  func layerChanges(onCrops crops: Tensor, from clean: Tensor) throws -> Tensor {
    try regressor.layerChanges(crops, from: clean)
  }

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
  ///
  /// - Throws: `ModelError` where they are no pose: weights that overflow, or a body that is as large as a town.
  func predictions(_ prediction: Prediction) throws -> Predictions {
    let joints =
      prediction.joints
      ?? smplBody.model.joints(rotations: prediction.rotations, betas: prediction.betas)
    func isSane(_ tensor: Tensor, _ limit: Float) -> Bool {
      tensor.withElements { $0.allSatisfy { abs($0) <= limit } }
    }
    guard isSane(joints, 1000), isSane(prediction.betas, 1e5), isSane(prediction.camera, 1e5) else {
      throw ModelError(
        .badData,
        "\(identity.label): predicts no pose, but numbers that are absurd or none at all; its weights are damaged, or "
          + "are not of this architecture")
    }
    return Predictions(
      joints: joints, body: (prediction.rotations, prediction.betas), camera: prediction.camera,
      attention: prediction.attention, surface: prediction.surface?.joined)
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
  public var forOneSweep: any PoseModel {
    var own = fresh(regressor.convolutions)
    own.measuresLayers = measuresLayers
    return own
  }

  private func fresh(_ convolutions: Regressor.Convolutions) -> SMPLModel {
    let own = LoadedNetwork(
      label: network.label, name: network.name, regressor: network.regressor.withTemporaryCache)
    return SMPLModel(own, body: smplBody, crop: cropMethod, convolutions: convolutions)
  }
}
