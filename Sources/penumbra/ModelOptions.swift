import Archives
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
      "Network: a built-in one (blazepose, gap, attention), a weight file, or a program that runs it, 'worker: COMMAND'; "
        + "repeat for several (default: the built-in ones). Several workers of one label share its positions.",
      valueName: "name|path|label=…"))
  var models: [String] = []

  @OptionGroup var means: MeanOptions

  @Option(
    help: ArgumentHelp("How long a worker may take to start or to answer.", valueName: "seconds"))
  var workerTimeout = WorkerModel.patience

  /// What a value of `--model` names.
  struct Choice {
    /// The name in tables and files; nil for that of a worker.
    let label: String?
    /// A built-in network or a file; or commands of workers.
    var source: Source

    enum Source {
      case network(String)
      case workers([String])
    }
  }

  func validate() throws {
    guard (0.001...1e6).contains(workerTimeout) else {
      throw ValidationError("--worker-timeout is \(workerTimeout); give seconds above 0")
    }
    var seen: [String: Bool] = [:]
    for choice in models.map(Self.parse) {
      var isWorker = false
      if case .workers(let commands) = choice.source {
        isWorker = true
        guard commands.allSatisfy({ !$0.isEmpty }) else {
          throw ValidationError("A worker needs a command: --model NAME='worker: python3 my_worker.py'")
        }
      }
      guard let label = choice.label else { continue }
      guard !label.isEmpty, !label.hasPrefix("."), !label.contains("/") else {
        throw ValidationError("'\(label)' cannot be the label of a network; use letters and digits")
      }
      if let other = seen.updateValue(isWorker, forKey: label), !(other && isWorker) {
        throw ValidationError("Two networks have the label '\(label)'; give labels as --model LABEL=PATH")
      }
    }
  }

  /// Every network, those of one label together.
  private var choices: [Choice] {
    var choices: [Choice] = []
    for choice in (models.isEmpty ? LoadedNetwork.standard : models).map(Self.parse) {
      if case .workers(let commands) = choice.source, let label = choice.label,
        let index = choices.firstIndex(where: { $0.label == label }),
        case .workers(let others) = choices[index].source
      {
        choices[index].source = .workers(others + commands)
      } else {
        choices.append(choice)
      }
    }
    return choices
  }

  /// Reads or starts every network, ready to be swept.
  func load(
    body: SMPLBody, crop: CropMethod?, convolutions: Regressor.Convolutions = .direct
  ) throws -> [any PoseModel] {
    let models = try choices.map { choice -> any PoseModel in
      switch choice.source {
      case .network(let source):
        try load(source, choice.label ?? source, body, crop, convolutions)
      case .workers(let commands):
        try WorkerModel(label: choice.label, commands: commands, body: body, patience: workerTimeout)
      }
    }
    // A worker says its own name where it was given none.
    let labels = models.map(\.identity.label)
    if let twice = labels.first(where: { label in labels.count(where: { $0 == label }) > 1 }) {
      throw Failure(
        .usage, "two networks have the label '\(twice)'; give labels as --model LABEL='worker: COMMAND'")
    }
    return models
  }

  private func load(
    _ source: String, _ label: String, _ body: SMPLBody, _ crop: CropMethod?,
    _ convolutions: Regressor.Convolutions
  ) throws -> any PoseModel {
    try Self.checkIsThere(source)
    let file = try NetworkFile(contentsOf: LoadedNetwork.path(of: source), means: means.offsets)
    let model = try file.model(
      label: label, name: LoadedNetwork.name(of: source), body: body, crop: crop, convolutions: convolutions)
    for guess in file.guesses { Console.writeNotice("penumbra: \(source): \(guess)") }
    return model
  }

  /// Refuses what is neither a built-in network nor a file, with the name that may have been meant.
  private static func checkIsThere(_ source: String) throws {
    let builtIn = LoadedNetwork.builtIn
    guard try !builtIn.contains(source) && !isThere(source) else { return }
    let meant =
      Suggestion.nearest(to: source, in: builtIn).map { "did you mean \($0)?" }
      ?? "check the path, or take a built-in one: \(builtIn.joined(separator: ", "))"
    throw Failure(.noInput, "\(source): no such network file; \(meant)")
  }

  /// What a value names: its label, and a path, a built-in name or a worker's command.
  static func parse(_ argument: String) -> Choice {
    // A file that is there is a file, whatever its name: "epoch=9-step=1000.ckpt".
    let isFile = FileManager.default.fileExists(atPath: argument)
    if !isFile, let command = command(argument) { return Choice(label: nil, source: .workers([command])) }
    if !isFile, let equals = argument.firstIndex(of: "="), !argument[..<equals].contains("/") {
      let label = String(argument[..<equals]), source = String(argument[argument.index(after: equals)...])
      return Choice(
        label: label, source: command(source).map { .workers([$0]) } ?? .network(source))
    }
    return Choice(
      label: URL(filePath: argument).deletingPathExtension().lastPathComponent, source: .network(argument))
  }

  /// The command of a worker; nil for what is none.
  private static func command(_ source: String) -> String? {
    guard source.hasPrefix("worker:") else { return nil }
    return source.dropFirst("worker:".count).trimmingCharacters(in: .whitespaces)
  }
}
