public import Archives
import Foundation
public import Networks
public import Pictures
import Tensors

/// What a checkpoint of PARE was trained with and does not contain.
public struct MeanOffsets: Hashable, Sendable {
  /// Trained with USE_MEAN_POSE: the mean pose is added to what the head gives.
  public var pose = false
  /// Trained with USE_MEAN_CAMSHAPE: mean camera and shape are added.
  public var cameraAndShape = false

  /// No offsets unless they are given.
  public init(pose: Bool = false, cameraAndShape: Bool = false) {
    (self.pose, self.cameraAndShape) = (pose, cameraAndShape)
  }
}

/// A weight file: one of Penumbra's, which states its architecture, or a published checkpoint, recognised by its keys.
public struct NetworkFile: Sendable {
  /// The file.
  public let path: String
  /// What kinds of networks there are.
  public enum Kind: Sendable {
    /// One that predicts a body.
    case body
    /// BlazePose, which reads landmarks and no body.
    case landmarks
    /// One that lifts the keypoints of a clip's frames, and predicts no body.
    case temporal
  }

  /// What kind of network it holds.
  public let kind: Kind
  /// Its arrays.
  public let archive: Archive
  /// What the keys identify; nil for a file that states its architecture.
  public let checkpoint: Checkpoint?

  /// Opens a file and looks at its directory.
  ///
  /// - Throws: `ArchiveError` when it cannot be read; `WeightError` when it is of no known network.
  public init(contentsOf path: String, means: MeanOffsets = MeanOffsets()) throws {
    self.path = path
    archive = try Archive(contentsOf: path)
    kind =
      switch archive.metadata[LandmarkNetwork.metadata.key] {
      case LandmarkNetwork.metadata.value: .landmarks
      case TemporalNetwork.metadata.value: .temporal
      default: .body
      }
    guard archive.metadata[Architecture.metadataKey] == nil, kind == .body else {
      checkpoint = nil
      return
    }
    var shapes: [String: [Int]] = [:]
    for name in archive.names { shapes[name] = try archive.shape(name) }
    checkpoint = try Checkpoint(
      shapes, source: path, addsMeanPose: means.pose, addsMeanCameraAndShape: means.cameraAndShape)
  }

  /// What was guessed to recognise the network, a sentence each.
  public var guesses: [String] {
    guard let checkpoint else { return [] }
    var guesses: [String] = []
    // Where SPIN's, PARE's and most training programs keep them.
    if !["", "model", "state_dict", "model_state_dict"].contains(archive.place) {
      guesses.append("the weights are taken from \(archive.place), which has most tensors")
    }
    if !checkpoint.prefix.isEmpty {
      guesses.append("the tensors whose names begin with \(checkpoint.prefix) are taken, without it")
    }
    return guesses
  }

  /// What the network is made of; no tensor is read.
  ///
  /// - Throws: `WeightError` if the file's statement makes no sense; `ModelError` for a network that predicts no body.
  public func architecture() throws -> Architecture {
    switch kind {
    case .body: break
    case .landmarks:
      throw ModelError(
        .badData,
        "\(path): holds BlazePose, which reads landmarks and predicts no SMPL body; give another network")
    case .temporal:
      throw ModelError(
        .badData,
        "\(path): holds a temporal network, which predicts joints and no SMPL body; give another network")
    }
    return try checkpoint?.architecture
      ?? Architecture(of: Weights([:], metadata: archive.metadata, source: path))
  }

  /// Reads the tensors that the network needs, and no others.
  ///
  /// The weights state their architecture, so that a file of them is complete.
  ///
  /// - Throws: `ArchiveError` when a tensor is missing or damaged.
  public func weights() throws -> Weights {
    guard let checkpoint else {
      return Weights(try archive.tensors(), metadata: archive.metadata, source: path)
    }
    var tensors: [String: Tensor] = [:]
    for (name, key) in checkpoint.keys { tensors[name] = try archive.tensor(key) }
    return Weights(
      tensors, metadata: [Architecture.metadataKey: checkpoint.architecture.json], source: path)
  }

  /// The network, ready to predict.
  ///
  /// - Throws: `ArchiveError` or `WeightError` when the weights do not make one; `ModelError` for one that predicts no body.
  public func regressor() throws -> Regressor {
    _ = try architecture()
    return try Regressor(weights())
  }

  /// The network of landmarks, ready to predict.
  ///
  /// - Throws: `ArchiveError` or `WeightError` when the weights do not make one.
  public func landmarkNetwork() throws -> LandmarkNetwork { try LandmarkNetwork(weights()) }

  /// The temporal network, ready to predict.
  ///
  /// - Throws: `ArchiveError` or `WeightError` when the weights do not make one.
  public func temporalNetwork() throws -> TemporalNetwork { try TemporalNetwork(weights()) }

  /// The network as a model to sweep.
  ///
  /// - Parameters:
  ///   - label: its name in tables, figures and file names.
  ///   - name: the file's name, or that of a built-in network.
  ///   - body: poses what the network regresses; networks of landmarks need none.
  ///   - crop: how pictures are cut; nil leaves that to the network.
  /// - Throws: `ArchiveError` or `WeightError` when the weights do not make one.
  public func model(
    label: String, name: String, body: SMPLBody, crop: CropMethod? = nil,
    convolutions: Regressor.Convolutions = .direct
  ) throws -> any PoseModel {
    switch kind {
    case .landmarks:
      LandmarkModel(
        try landmarkNetwork(), label: label, file: name, crop: crop, convolutions: convolutions)
    case .temporal:
      TemporalModel(
        try temporalNetwork(), label: label, file: name, crop: crop, convolutions: convolutions)
    case .body:
      SMPLModel(
        try LoadedNetwork(label: label, name: name, file: self), body: body, crop: crop,
        convolutions: convolutions)
    }
  }
}

/// A network that has been read, with the names it goes by.
public struct LoadedNetwork: Sendable {
  /// The networks that commands take unless told otherwise.
  public static let standard = [LandmarkModel.name, "gap", "attention"]
  /// All networks that the repository ships; the small ones learned from renders alone, on crops of 96 pixels.
  public static let builtIn = standard + ["uv", "temporal", "gap-small", "attention-small"]

  /// Its name in tables, figures and file names.
  public let label: String
  /// The file's name, or that of the built-in network.
  public let name: String
  /// The network.
  public let regressor: Regressor

  /// Reads a built-in network or a weight file.
  ///
  /// - Throws: `ArchiveError` or `WeightError` when it cannot be read.
  public init(label: String, source: String, means: MeanOffsets = MeanOffsets()) throws {
    try self.init(
      label: label, name: Self.name(of: source),
      file: NetworkFile(contentsOf: Self.path(of: source), means: means))
  }

  /// The network of a file that has been opened.
  init(label: String, name: String, file: NetworkFile) throws {
    (self.label, self.name, regressor) = (label, name, try file.regressor())
  }

  /// A network that is there already.
  public init(label: String, name: String, regressor: Regressor) {
    (self.label, self.name, self.regressor) = (label, name, regressor)
  }

  /// What a network is called by the built-in name or the path that was given.
  public static func name(of source: String) -> String {
    builtIn.contains(source) ? source : URL(filePath: source).lastPathComponent
  }

  /// The file of a built-in network or of a path.
  ///
  /// - Throws: `ArchiveError` where the project's files are not found.
  public static func path(of source: String) throws -> String {
    builtIn.contains(source) ? try Fixtures.path("networks/\(source).safetensors") : source
  }

  /// How the network's published code cuts pictures; networks on BlazePose take its way.
  public var cropMethod: CropMethod {
    if regressor.architecture.isBlazePose { return .blazePose }
    return regressor.head == .partAttention && regressor.side == 224 ? .pare : .spin
  }

  /// How the network sums up its feature maps, for people: "pooled" or "part attention".
  public var kind: String { regressor.head.rawValue.replacing("_", with: " ") }
}
