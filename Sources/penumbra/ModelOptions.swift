import ArgumentParser
import Foundation
import Models
import Networks
import Pictures

/// What a checkpoint of PARE was trained with and does not contain.
struct MeanOptions: ParsableArguments {
  @Flag(help: "Add the mean pose to the predictions, for checkpoints of PARE trained with USE_MEAN_POSE.")
  var useMeanPose = false

  @Flag(help: "Add the mean camera and shape, for checkpoints of PARE trained with USE_MEAN_CAMSHAPE.")
  var useMeanCamshape = false

  var offsets: MeanOffsets { MeanOffsets(pose: useMeanPose, cameraAndShape: useMeanCamshape) }
}

/// Which networks a command looks at.
struct ModelOptions: ParsableArguments {
  @Option(
    name: .customLong("model"),
    help: ArgumentHelp(
      "Network: a built-in one (gap, attention) or a weight file; repeat for several.",
      valueName: "name|path|label=path"))
  var models: [String] = []

  @OptionGroup var means: MeanOptions

  func validate() throws {
    guard !models.isEmpty else {
      throw ValidationError("Missing expected option '--model': gap, attention or a weight file")
    }
    var seen: Set<String> = []
    for (label, _) in models.map(Self.parse) {
      guard !label.isEmpty, !label.hasPrefix("."), !label.contains("/") else {
        throw ValidationError("'\(label)' cannot be the label of a network; use letters and digits")
      }
      guard seen.insert(label).inserted else {
        throw ValidationError("Two networks have the label '\(label)'; give labels as --model LABEL=PATH")
      }
    }
  }

  /// Reads every network.
  func load() throws -> [LoadedNetwork] {
    try models.map(Self.parse).map { label, source in
      try Self.checkIsThere(source)
      let network = try LoadedNetwork(label: label, source: source, means: means.offsets)
      for guess in network.guesses { Console.writeNotice("penumbra: \(source): \(guess)") }
      return network
    }
  }

  /// Reads every network, ready to be swept.
  func load(
    body: SMPLBody, crop: CropMethod?, convolutions: Regressor.Convolutions
  ) throws -> [any PoseModel] {
    try load().map { SMPLModel($0, body: body, crop: crop, convolutions: convolutions) }
  }

  /// Refuses what is neither a built-in network nor a file, with the name that may have been meant.
  private static func checkIsThere(_ source: String) throws {
    let builtIn = LoadedNetwork.builtIn
    guard !builtIn.contains(source), !FileManager.default.fileExists(atPath: source) else { return }
    let meant =
      Suggestion.nearest(to: source, in: builtIn).map { "did you mean \($0)?" }
      ?? "check the path, or take a built-in one: \(builtIn.joined(separator: ", "))"
    throw Failure(.noInput, "\(source): no such network file; \(meant)")
  }

  /// The label of a model and its path or built-in name.
  static func parse(_ argument: String) -> (label: String, source: String) {
    // A file that is there is a file, whatever its name: "epoch=9-step=1000.ckpt".
    let isFile = FileManager.default.fileExists(atPath: argument)
    if !isFile, let equals = argument.firstIndex(of: "="), !argument[..<equals].contains("/") {
      return (String(argument[..<equals]), String(argument[argument.index(after: equals)...]))
    }
    return (URL(filePath: argument).deletingPathExtension().lastPathComponent, argument)
  }
}
