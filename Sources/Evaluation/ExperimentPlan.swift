import Archives
import Foundation
import Models
import Networks
import Rendering
public import Training

/// The content of an experiment's file: which networks, how each is trained, and how all are measured.
///
/// The file is JSON; `docs/formats.md` lists its keys. Settings of training are named as in a recipe's JSON and
/// overlay the recipe that `penumbra train` would use, so that every setting of a recipe can be varied.
public struct ExperimentPlan: Sendable {
  /// Where a variant's network comes from.
  public enum Source: Sendable {
    /// Trained once for each seed, which replaces the recipe's own.
    case training(Recipe, start: Start?)
    /// A file or a built-in network.
    case ready(String)
  }

  /// The weights that training starts from.
  public enum Start: Sendable {
    /// The other variant's network, of the same seed if it is trained.
    case variant(String)
    /// A weight file.
    case file(String)
  }

  /// One kind of network.
  public struct Variant: Sendable {
    /// Its name in tables, figures and folders.
    public let name: String
    /// Where its network comes from.
    public let source: Source
    /// Whether it is trained only for others to start from, and not measured.
    let isStartOnly: Bool
  }

  /// The experiment's name.
  public let name: String
  /// The seeds of training.
  let seeds: [UInt64]
  /// The variants in the order of the file.
  let variants: [Variant]
  /// The variant that is subtracted from the others.
  public let reference: String?
  /// How networks are measured.
  public let settings: OcclusionRobustness.Settings

  /// The files that are written beside the variants' folders, whose names no variant may have.
  public static let outputFiles = ["table.md", "results.json", "results.npz", "report.pdf", "figures"]

  /// The variants that are measured.
  public var measured: [Variant] { variants.filter { !$0.isStartOnly } }

  /// Reads a file.
  ///
  /// - Throws: `EvaluationError` that names the file and the key at fault; `ArchiveError` when the file or a ready network
  ///   cannot be read, or the file is no JSON.
  public init(contentsOf path: String) throws {
    let file = PlanNode(file: path, key: "", value: try JSONValue(fileContents(path), from: path))
    try file.checkKeys([
      "name", "recipe", "seeds", "variants", "reference", "evaluation", "backbone", "side", "width",
      "last_stride",
    ])
    name = try file["name"]?.fileName() ?? URL(filePath: path).deletingPathExtension().lastPathComponent
    settings = try file["evaluation"].map(Self.settings) ?? OcclusionRobustness.Settings()
    seeds = try file["seeds"]?.items().map { UInt64(try $0.integer(in: 0...Int.max)) } ?? [1]
    guard Set(seeds).count == seeds.count, !seeds.isEmpty else {
      throw file.failure("seeds", "must be different numbers, at least one")
    }
    guard !seeds.contains(UInt64(settings.seed)) else {
      throw file.failure(
        "seeds",
        "must not contain \(settings.seed), the evaluation's seed: the networks would be trained on its people"
      )
    }
    guard let nodes = try file["variants"]?.items(), !nodes.isEmpty else {
      throw file.failure("variants", "is missing or empty; list the networks")
    }
    let names = try nodes.map { try $0.needed("name").fileName() }
    for (index, name) in names.enumerated() where names[..<index].contains(name) {
      throw nodes[index].failure("name", "'\(name)' is the name of two variants")
    }
    variants = try zip(nodes, names).map { node, name in
      Variant(
        name: name, source: try Self.source(node, in: file, names),
        isStartOnly: try (node["start_only"] ?? node["only_start"])?.bool() ?? false)
    }
    reference = try file["reference"]?.string()
    let measured = variants.filter { !$0.isStartOnly }.map(\.name)
    guard !measured.isEmpty else {
      throw file.failure("variants", "are all start_only; measure at least one")
    }
    if let reference, !measured.contains(reference) {
      throw file.failure(
        "reference", "'\(reference)' is not a measured variant; there are \(measured.joined(separator: ", "))"
      )
    }
    for (node, variant) in zip(nodes, variants) {
      try checkStarts(of: variant, node)
      let isTemporal: Bool
      switch variant.source {
      case .training(let recipe, let start):
        isTemporal = recipe.goal == .temporal
        guard !isTemporal || start != nil else {
          throw node.failure("start", "is missing; a temporal network starts from one of keypoints")
        }
      case .ready(let source):
        guard settings.fills.contains(.textured) else { continue }
        isTemporal = try NetworkFile(contentsOf: LoadedNetwork.path(of: source)).kind == .temporal
      }
      guard !isTemporal || !settings.fills.contains(.textured) else {
        throw file.failure(
          "evaluation.fills",
          "has textured patches, which temporal networks ('\(variant.name)') are not measured with; give [\"gray\"]"
        )
      }
    }
  }

  /// Refuses starts that lead back to themselves.
  private func checkStarts(of variant: Variant, _ node: PlanNode) throws {
    var (seen, next) = ([variant.name], variant)
    while case .training(_, start: .variant(let name)?) = next.source {
      guard !seen.contains(name) else {
        throw node.failure("start", "leads back to '\(name)'; a network cannot start from itself")
      }
      seen.append(name)
      next = variants.first { $0.name == name }!
    }
  }

  private static func settings(_ node: PlanNode) throws -> OcclusionRobustness.Settings {
    try node.checkKeys([
      "people", "seed", "patches", "fills", "stride", "textured_every", "objects", "behind_objects", "frames",
    ])
    var settings = OcclusionRobustness.Settings()
    if let people = try node["people"]?.integer(in: 1...100_000) { settings.people = people }
    if let seed = try node["seed"]?.integer(in: 0...Int.max) { settings.seed = seed }
    if let patches = try node["patches"]?.items() {
      settings.patches = try patches.map { try $0.integer(in: 1...Occlusion.referenceSide) }.sorted()
      guard Set(settings.patches).count == patches.count else {
        throw node.failure("patches", "contains a size twice")
      }
    }
    if let fills = try node["fills"]?.items() {
      settings.fills = try fills.map { try $0.choice(OcclusionRobustness.Settings.Fill.self) }
      guard Set(settings.fills).count == fills.count else {
        throw node.failure("fills", "contains a fill twice")
      }
    }
    if let stride = try node["stride"]?.integer(in: 1...Occlusion.referenceSide) { settings.stride = stride }
    if let every = try node["textured_every"]?.integer(in: 1...Occlusion.referenceSide) {
      settings.texturedEvery = every
    }
    if let objects = try node["objects"]?.bool() { settings.objects = objects }
    if let behind = try node["behind_objects"]?.bool() { settings.behindObjects = behind }
    if let frames = try node["frames"]?.integer(in: 1...Renderer.mostFrames) { settings.frames = frames }
    guard !settings.behindObjects || !settings.objects else {
      throw node.failure(
        "behind_objects", "puts something in front of everybody; add \"objects\": false")
    }
    return settings
  }

  private static func source(
    _ node: PlanNode, in file: PlanNode, _ names: [String]
  ) throws -> Source {
    try node.checkKeys(
      [
        "name", "recipe", "start", "network", "start_only", "head", "goal", "backbone", "side", "width",
        "last_stride",
      ],
      old: ["only_start"])
    if let network = try node["network"]?.string() {
      for key in ["recipe", "start", "head", "goal", "backbone", "side", "width", "last_stride"]
      where node[key] != nil {
        throw node.failure(key, "describes training, but 'network' names a trained one; leave one out")
      }
      guard try LoadedNetwork.builtIn.contains(network) || isThere(network) else {
        throw node.failure("network", "'\(network)' is neither a file nor a built-in network")
      }
      return .ready(network)
    }
    let recipe = try recipe(node, in: file)
    guard let start = try node["start"]?.string() else {
      // As in a training of its own, BlazePose's encoder starts from BlazePose.
      let own =
        try recipe.architecture.isBlazePose && recipe.goal != .temporal
        ? LoadedNetwork.path(of: LandmarkModel.name) : nil
      return .training(recipe, start: own.map { .file($0) })
    }
    if names.contains(start) { return .training(recipe, start: .variant(start)) }
    if LoadedNetwork.builtIn.contains(start) {
      return .training(recipe, start: .file(try LoadedNetwork.path(of: start)))
    }
    guard try isThere(start) else {
      throw node.failure("start", "'\(start)' is neither a variant, a file nor a built-in network")
    }
    return .training(recipe, start: .file(start))
  }

  /// The recipe of a variant: the standard one of its head, overlaid with the file's settings for all variants, then
  /// with those for this one.
  private static func recipe(_ node: PlanNode, in file: PlanNode) throws -> Recipe {
    guard let head = try node["head"]?.choice(TrainingTarget.self) else {
      throw node.failure(
        "head",
        "is missing; give gap, attention, uv, temporal, keypoints or parts, or name a ready network as 'network'"
      )
    }
    if head == .temporal { return try overlaid(.temporal(), node, file) }
    func number(_ key: String, _ range: ClosedRange<Int>, _ usual: Int) throws -> Int {
      try node[key]?.integer(in: range) ?? file[key]?.integer(in: range) ?? usual
    }
    if try (node["backbone"] ?? file["backbone"])?.choice(TrainingBackbone.self) == .blazePose {
      for owner in [node, file] {
        for key in ["side", "width", "last_stride"] where owner[key] != nil {
          throw owner.failure(key, "is for the backbone resnet18; blazepose is of one size")
        }
      }
      return try overlaid(Recipe.blazePose(for: head), node, file)
    }
    let side = try number("side", 32...512, 96)
    guard side % 32 == 0 else { throw node.failure("side", "\(side) is not a multiple of 32") }
    let standard = Recipe.standard(
      for: head, side: side, width: try number("width", 4...256, 32),
      lastStride: try number("last_stride", 1...2, 1))
    return try overlaid(standard, node, file)
  }

  private static func overlaid(_ recipe: Recipe, _ node: PlanNode, _ file: PlanNode) throws -> Recipe {
    var standard = recipe
    if let goal = try node["goal"]?.choice(Recipe.Goal.self) { standard.goal = goal }
    var hasShards = false
    for overrides in [file["recipe"], node["recipe"]].compactMap(\.self) {
      guard overrides.value.object != nil else { throw overrides.failure("must be an object") }
      guard overrides["seed"] == nil else {
        throw overrides.failure("seed", "belongs at the top level, as 'seeds'")
      }
      hasShards = hasShards || overrides["shards"] != nil
      standard = try overlay(overrides, on: standard)
    }
    if !hasShards, standard.goal != .temporal { standard.shards = max(1, standard.batch / 32) }
    let hasStart = node["start"] != nil || standard.architecture.isBlazePose
    if let issue = standard.validationIssue(hasStart: hasStart) {
      throw node.failure("recipe.\(issue.key)", issue.sentence)
    }
    return standard
  }

  /// A recipe with settings of the file in place of its own.
  private static func overlay(_ overrides: PlanNode, on recipe: Recipe) throws -> Recipe {
    let settings = Recipe.modernised(overrides.value)
    let decoded: Recipe
    do {
      decoded = try JSONValue(encoding: recipe).overlaid(with: settings).decoded()
    } catch let error as DecodingError {
      let key = error.keyPath
      throw key.isEmpty
        ? overrides.failure("contains an invalid value; compare with penumbra inspect NETWORK")
        : overrides.failure(key, "is invalid there; compare with penumbra inspect NETWORK")
    }
    // A key that decoding drops is none of the recipe's.
    let known = try JSONValue(encoding: decoded)
    if let unknown = settings.firstKey(missingIn: known) {
      throw overrides.failure(
        unknown.path, "is not a training setting; there are \(unknown.known.joined(separator: ", "))")
    }
    return decoded
  }
}
