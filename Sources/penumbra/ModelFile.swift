import Archives
import ArgumentParser
import Foundation
import Networks
import Tensors

/// What a checkpoint of PARE was trained with and does not say.
struct MeanOptions: ParsableArguments {
  @Flag(help: "For checkpoints of PARE trained with USE_MEAN_POSE: add the mean pose to the answers.")
  var useMeanPose = false

  @Flag(help: "For checkpoints of PARE trained with USE_MEAN_CAMSHAPE: add the mean camera and shape.")
  var useMeanCamshape = false
}

/// A weight file: one of Penumbra's, which states its architecture, or a published checkpoint, told by its keys.
struct ModelFile {
  let path: String
  let archive: Archive
  /// What the keys say; nil for a file that states its architecture.
  let checkpoint: Checkpoint?

  /// Opens a file and looks at its directory.
  ///
  /// - Throws: `ArchiveError` when it cannot be read; `WeightError` when it is of no known network.
  init(contentsOf path: String, means: MeanOptions? = nil) throws {
    self.path = path
    archive = try Archive(contentsOf: path)
    guard archive.metadata[Architecture.metadataKey] == nil else {
      checkpoint = nil
      return
    }
    var shapes: [String: [Int]] = [:]
    for name in archive.names { shapes[name] = try archive.shape(name) }
    checkpoint = try Checkpoint(
      shapes, source: path, addsMeanPose: means?.useMeanPose ?? false,
      addsMeanCameraAndShape: means?.useMeanCamshape ?? false)
  }

  /// What the network is made of; no tensor is read.
  ///
  /// - Throws: `WeightError` if the file's statement makes no sense.
  func architecture() throws -> Architecture {
    try checkpoint?.architecture ?? Architecture(of: Weights([:], metadata: archive.metadata, source: path))
  }

  /// Reads the tensors that the network wants, and no others.
  ///
  /// The weights state their architecture, so that a file of them is complete.
  func weights() throws -> Weights {
    guard let checkpoint else {
      return Weights(try archive.tensors(), metadata: archive.metadata, source: path)
    }
    var tensors: [String: Tensor] = [:]
    for (name, key) in checkpoint.keys { tensors[name] = try archive.tensor(key) }
    return Weights(
      tensors, metadata: [Architecture.metadataKey: checkpoint.architecture.json], source: path)
  }

  /// The network, ready to be asked.
  func regressor() throws -> Regressor { try Regressor(weights()) }
}
