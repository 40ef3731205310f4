import Archives
import ArgumentParser
import Foundation
import Networks
import Pictures

/// Which networks a command looks at.
struct ModelOptions: ParsableArguments {
  /// The networks that the repository ships.
  static let builtIn = ["gap", "attention"]

  @Option(
    name: .customLong("model"),
    help: ArgumentHelp(
      "A network: a built-in one (gap, attention) or a weight file. Repeat for several.",
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
        throw ValidationError("Two networks are called '\(label)'; give labels as --model LABEL=PATH")
      }
    }
  }

  /// Reads every network.
  func load() throws -> [LoadedModel] {
    try models.map(Self.parse).map { label, source in
      try LoadedModel(label: label, source: source, means: means)
    }
  }

  /// The label of a model and its path or built-in name.
  static func parse(_ argument: String) -> (label: String, source: String) {
    if let equals = argument.firstIndex(of: "="), !argument[..<equals].contains("/") {
      return (String(argument[..<equals]), String(argument[argument.index(after: equals)...]))
    }
    return (URL(filePath: argument).deletingPathExtension().lastPathComponent, argument)
  }
}

/// A network that is ready to be asked.
struct LoadedModel {
  /// Its name in tables, figures and file names.
  let label: String
  /// The file's name, or that of the built-in network.
  let name: String
  let regressor: Regressor

  /// Reads a built-in network or a weight file.
  init(label: String, source: String, means: MeanOptions? = nil) throws {
    let isBuiltIn = ModelOptions.builtIn.contains(source)
    let path = isBuiltIn ? try Fixtures.path("networks/\(source).safetensors") : source
    self.label = label
    name = isBuiltIn ? source : URL(filePath: path).lastPathComponent
    regressor = try ModelFile(contentsOf: path, means: means).regressor()
  }

  /// A network that is there already.
  init(label: String, name: String, regressor: Regressor) {
    (self.label, self.name, self.regressor) = (label, name, regressor)
  }

  /// How the network's published code cuts pictures; built-in networks take SPIN's way.
  var cropMethod: CropMethod {
    regressor.head == .partAttention && regressor.side == 224 ? .pare : .spin
  }

  /// How the network sums up its feature maps, for people.
  var head: String { regressor.head.rawValue.replacing("_", with: " ") }
}
