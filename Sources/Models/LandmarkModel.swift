public import Bodies
import Foundation
public import Networks
public import Pictures
import Tensors

/// BlazePose: 33 landmarks in metres, as a model to sweep.
///
/// Where the network finds nobody, predictions are not a number. Bazarevsky et al. 2020.
public struct LandmarkModel: CropModel {
  /// The built-in name, and that of its skeleton.
  public static let name = "blazepose"
  /// How sure the network must be that somebody is there, as MediaPipe asks for by default.
  public static let leastPresence: Float = 0.5

  /// The network that is in use, its convolutions by the chosen algorithm.
  public let network: LandmarkNetwork
  private let label: String
  private let file: String
  private let cropMethod: CropMethod?
  private let direct: LandmarkNetwork
  private var measuresLayers = false

  /// Reads the built-in network or a file of it.
  ///
  /// - Throws: `ArchiveError` or `WeightError` when it cannot be read.
  public init(
    label: String, source: String, crop: CropMethod? = nil, convolutions: Regressor.Convolutions = .direct
  ) throws {
    self.init(
      try NetworkFile(contentsOf: LoadedNetwork.path(of: source)).landmarkNetwork(), label: label,
      file: LoadedNetwork.name(of: source), crop: crop, convolutions: convolutions)
  }

  /// A network, the name it goes by, and that of its file.
  ///
  /// - Parameters:
  ///   - crop: how pictures are cut; nil leaves that to the network.
  ///   - convolutions: the algorithm of convolutions; as defined unless given otherwise.
  public init(
    _ network: LandmarkNetwork, label: String, file: String, crop: CropMethod? = nil,
    convolutions: Regressor.Convolutions = .direct
  ) {
    self.network = network.with(convolutions)
    (self.label, self.file, cropMethod, direct) = (label, file, crop, network)
  }

  /// Label, file, and a digest of the weights and of a precision that changes results.
  public var identity: ModelIdentity {
    ModelIdentity(
      label: label, name: file,
      fingerprint: network.fingerprint + (network.convolutions == .bfloat16 ? "-bfloat16" : ""),
      kind: "landmarks")
  }
  /// The landmarks of MediaPipe.
  public var skeleton: Skeleton { .blazepose33 }
  /// A camera that fits the landmarks, and how sure the network is to see each.
  public var outputs: ModelOutputs { [.camera, .confidence] }
  /// How the network's crop is cut.
  public var crop: CropMethod { cropMethod ?? .blazePose }
  /// The method's name.
  public var cropName: String { crop.rawValue }
  /// The algorithm of convolutions, and the kernels in use.
  public var arithmetic: Arithmetic? {
    Arithmetic(convolutions: network.convolutions.rawValue, kernels: Processor.kernels)
  }
  /// The side of its crop.
  public var side: Int? { cropSide }
  var cropSide: Int { LandmarkNetwork.side }

  /// Cuts the crop.
  public func prepare(_ picture: Picture, box: Box?, occlusion: Occlusion) throws -> any PreparedPicture {
    try PreparedCrop(self, picture, box: box, by: crop, occlusion: occlusion)
  }

  /// Predicts on all of them together.
  public func predictions(on pictures: [(picture: Picture, box: Box?)]) throws -> Predictions {
    try predictions(on: pictures, by: crop)
  }

  func predictions(onCrops crops: Tensor, attention: Bool) throws -> Predictions {
    predictions(try network.estimate(crops))
  }

  func predictions(ofResults results: [Tensor]) -> Predictions { predictions(Landmarks(results)) }

  func incrementalInference(
    on crop: Tensor, windows: PatchWindows, batch: Int, attention: Bool, keepsAll: Bool
  ) throws -> IncrementalInference {
    try network.incrementalInference(
      on: crop, windows: windows, batch: batch, measuresLayers: measuresLayers, keepsAll: keepsAll)
  }

  /// The encoder's stages and the landmarks, where they are measured.
  public var layers: [String] { measuresLayers ? network.layers : [] }

  /// The same network with its layers measured.
  public var measuringLayers: (any PoseModel)? {
    var other = self
    other.measuresLayers = true
    return other
  }

  func layerChanges(onCrops crops: Tensor, from clean: Tensor) throws -> Tensor {
    try network.layerChanges(crops, from: clean)
  }

  /// As many crops as the maps of so many threads leave room for.
  public func batch(within bytes: Double, workers: Int) -> Int? {
    network.batch(within: bytes, workers: workers)
  }

  /// The bytes of maps and packed weights.
  public func memory(batch: Int, workers: Int) -> Double { network.memory(batch: batch, workers: workers) }

  /// The network with convolutions as defined.
  public var plain: (any PoseModel)? {
    network.convolutions == .direct ? nil : fresh(.direct)
  }

  /// The network with packed weights of its own, so that those of several networks are not held at once.
  public var forOneSweep: any PoseModel {
    var own = fresh(network.convolutions)
    own.measuresLayers = measuresLayers
    return own
  }

  private func fresh(_ convolutions: Regressor.Convolutions) -> LandmarkModel {
    LandmarkModel(
      direct.withTemporaryCache, label: label, file: file, crop: cropMethod, convolutions: convolutions)
  }

  private func predictions(_ landmarks: Landmarks) -> Predictions {
    let (batch, count) = (landmarks.presence.count, skeleton.count)
    let (screen, world) = (landmarks.screen.elements, landmarks.world.elements)
    var joints: [Float] = [], confidence: [Float] = [], cameras: [Float] = []
    for (row, presence) in landmarks.presence.elements.enumerated() {
      let isThere = Self.logistic(presence) >= Self.leastPresence
      let first = row * LandmarkNetwork.count
      let places = (first..<first + count).map { SIMD2(screen[5 * $0], screen[5 * $0 + 1]) }
      let points = (first..<first + count).map { SIMD3(world[3 * $0], world[3 * $0 + 1], world[3 * $0 + 2]) }
      for point in points { joints += isThere ? [point.x, point.y, point.z] : [.nan, .nan, .nan] }
      confidence += (first..<first + count).map { isThere ? Self.logistic(screen[5 * $0 + 3]) : .nan }
      let camera = WeakPerspectiveCamera(fitting: points, to: places, side: Float(cropSide))
      cameras += isThere ? [camera.scale, camera.tx, camera.ty] : [.nan, .nan, .nan]
    }
    return Predictions(
      joints: Tensor([batch, count, 3], joints), camera: Tensor([batch, 3], cameras),
      confidence: Tensor([batch, count], confidence))
  }

  private static func logistic(_ x: Float) -> Float { 1 / (1 + exp(-x)) }
}

extension WeakPerspectiveCamera {
  /// The camera that brings points, x right and y down, nearest to places in the pixels of a crop: least squares.
  package init(fitting points: [SIMD3<Float>], to places: [SIMD2<Float>], side: Float) {
    let count = Float(points.count)
    let flat = points.map { SIMD2($0.x, $0.y) }
    // A place as the camera counts: −1…1 over the crop.
    let seen = places.map { 2 * $0 / side - 1 }
    let (middle, target) = (flat.reduce(.zero, +) / count, seen.reduce(.zero, +) / count)
    var (product, square): (Float, Float) = (0, 1e-12)
    for (point, place) in zip(flat, seen) {
      product += ((point - middle) * (place - target)).sum()
      square += ((point - middle) * (point - middle)).sum()
    }
    // A camera looks at a person from some distance, whatever the landmarks say.
    let scale = max(product / square, 1e-3)
    let shift = target / scale - middle
    self.init(scale: scale, tx: shift.x, ty: shift.y)
  }
}

extension LoadedNetwork {
  /// The standard built-in networks, ready to be swept.
  ///
  /// - Throws: `ArchiveError` or `WeightError` when one cannot be read.
  public static func builtInModels(
    body: SMPLBody, convolutions: Regressor.Convolutions = .direct
  ) throws -> [any PoseModel] {
    try standard.map { name in
      try NetworkFile(contentsOf: path(of: name))
        .model(label: name, name: name, body: body, convolutions: convolutions)
    }
  }
}
