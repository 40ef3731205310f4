import Models
import Networks
import Training

/// A network of an experiment: one that predicts a body from a picture, or joints from a clip.
enum MeasuredNetwork: Sendable {
  case body(Regressor)
  case temporal(TemporalNetwork)

  /// Reads a weight file or a built-in network.
  ///
  /// - Throws: `ArchiveError` or `WeightError` when it cannot be read; `ModelError` for a network of landmarks.
  init(source: String) throws {
    let file = try NetworkFile(contentsOf: LoadedNetwork.path(of: source))
    self = file.kind == .temporal ? .temporal(try file.temporalNetwork()) : .body(try file.regressor())
  }

  /// A network of random weights as a recipe would train it.
  init(randomFor recipe: Recipe) throws {
    if let clips = recipe.clips {
      self = .temporal(try .random(over: recipe.architecture, clips.network, seed: 1))
    } else {
      self = .body(try .random(recipe.architecture, seed: 1))
    }
  }

  /// A digest of the weights.
  var fingerprint: String {
    switch self {
    case .body(let regressor): regressor.fingerprint
    case .temporal(let network): network.fingerprint
    }
  }

  /// The side of the crop in pixels.
  var side: Int {
    switch self {
    case .body(let regressor): regressor.side
    case .temporal(let network): network.keypoints.side
    }
  }

  /// What networks that take as long to run have in common.
  var kind: String {
    switch self {
    case .body(let regressor): regressor.architecture.json
    case .temporal(let network): network.settings.json + network.keypoints.architecture.json
    }
  }

  /// The network with its fastest convolutions.
  func fastest(_ label: String, _ body: SMPLBody) -> any PoseModel {
    switch self {
    case .body(let regressor):
      SMPLModel(
        LoadedNetwork(label: label, name: label, regressor: regressor), body: body, convolutions: .fastest)
    case .temporal(let network):
      TemporalModel(network, label: label, file: label, convolutions: .fastest)
    }
  }
}
