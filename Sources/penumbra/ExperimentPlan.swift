import Archives
import Foundation
import Networks
import Sweeps
import Training

/// What an experiment's file asks for: which networks, how each is trained, and how all are measured.
///
/// The file is json; `docs/formats.md` tells its keys. Settings of training are named as in a recipe's json and
/// are laid over the recipe that `penumbra train` would use, so that whatever a recipe knows can be varied.
struct ExperimentPlan {
  /// Where a variant's network comes from.
  enum Source {
    /// Trained once for every seed; the recipe's own seed is replaced.
    case training(Recipe, start: Start?)
    /// A file or a built-in network.
    case ready(String)
  }

  /// What weights training starts from.
  enum Start {
    /// The other variant's network, of the same seed if it is trained.
    case variant(String)
    /// A weight file.
    case file(String)
  }

  /// One kind of network.
  struct Variant {
    let name: String
    let source: Source
    /// Whether it is trained for others to start from, and not measured.
    let isOnlyStart: Bool
  }

  let name: String
  let seeds: [UInt64]
  let variants: [Variant]
  let reference: String?
  let settings: RobustnessSettings

  /// The variants that are measured.
  var measured: [Variant] { variants.filter { !$0.isOnlyStart } }

  /// Reads a file.
  ///
  /// - Throws: a failure that names the file and the key at fault.
  init(contentsOf path: String) throws {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw Failure(.noInput, "\(path): cannot be read; check the path")
    }
    let file = PlanNode(file: path, key: "", value: try JSONValue(data, from: path))
    try file.checkKeys([
      "name", "recipe", "seeds", "variants", "reference", "evaluation", "side", "width", "last_stride",
    ])
    name = try file["name"]?.fileName() ?? URL(filePath: path).deletingPathExtension().lastPathComponent
    settings = try file["evaluation"].map(Self.settings) ?? RobustnessSettings()
    seeds = try file["seeds"]?.items().map { UInt64(try $0.integer(in: 0...Int.max)) } ?? [1]
    guard Set(seeds).count == seeds.count, !seeds.isEmpty else {
      throw file.failure("seeds", "must be numbers that differ, at least one")
    }
    guard !seeds.contains(UInt64(settings.seed)) else {
      throw file.failure(
        "seeds", "must not hold \(settings.seed), the evaluation's seed: its people would be learned from")
    }
    guard let nodes = try file["variants"]?.items(), !nodes.isEmpty else {
      throw file.failure("variants", "is missing or empty; list the networks")
    }
    let names = try nodes.map { node in
      guard let name = try node["name"]?.fileName() else { throw node.failure("name", "is missing") }
      return name
    }
    for (index, name) in names.enumerated() where names[..<index].contains(name) {
      throw nodes[index].failure("name", "'\(name)' is the name of two variants")
    }
    variants = try zip(nodes, names).map { node, name in
      Variant(
        name: name, source: try Self.source(node, of: name, in: file, names),
        isOnlyStart: try node["only_start"]?.bool() ?? false)
    }
    reference = try file["reference"]?.string()
    let measured = variants.filter { !$0.isOnlyStart }.map(\.name)
    guard !measured.isEmpty else {
      throw file.failure("variants", "are all only_start; measure at least one")
    }
    if let reference, !measured.contains(reference) {
      throw file.failure(
        "reference", "'\(reference)' is none of the measured variants \(measured.joined(separator: ", "))")
    }
    for (node, variant) in zip(nodes, variants) { try checkStarts(of: variant, node) }
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

  private static func settings(_ node: PlanNode) throws -> RobustnessSettings {
    try node.checkKeys([
      "people", "seed", "patches", "fills", "stride", "textured_every", "objects", "behind_objects",
    ])
    var settings = RobustnessSettings()
    if let people = try node["people"]?.integer(in: 1...100_000) { settings.people = people }
    if let seed = try node["seed"]?.integer(in: 0...Int.max) { settings.seed = seed }
    if let patches = try node["patches"]?.items() {
      settings.patches = try patches.map { try $0.integer(in: 1...Occluder.referenceSide) }.sorted()
      guard Set(settings.patches).count == patches.count else {
        throw node.failure("patches", "names a size twice")
      }
    }
    if let fills = try node["fills"]?.items() {
      settings.fills = try fills.map { try $0.choice(RobustnessSettings.Fill.self) }
      guard Set(settings.fills).count == fills.count else {
        throw node.failure("fills", "names a fill twice")
      }
    }
    if let stride = try node["stride"]?.integer(in: 1...Occluder.referenceSide) { settings.stride = stride }
    if let every = try node["textured_every"]?.integer(in: 1...Occluder.referenceSide) {
      settings.texturedEvery = every
    }
    if let objects = try node["objects"]?.bool() { settings.objects = objects }
    if let behind = try node["behind_objects"]?.bool() { settings.behindObjects = behind }
    guard !settings.behindObjects || !settings.objects else {
      throw node.failure(
        "behind_objects", "puts something in front of everybody; say \"objects\": false with it")
    }
    return settings
  }

  private static func source(_ node: PlanNode, of name: String, in file: PlanNode, _ names: [String]) throws
    -> Source
  {
    try node.checkKeys([
      "name", "recipe", "start", "network", "only_start", "head", "goal", "side", "width", "last_stride",
    ])
    if let network = try node["network"]?.string() {
      for key in ["recipe", "start", "head", "goal", "side", "width", "last_stride"] where node[key] != nil {
        throw node.failure(key, "says how to train, but 'network' names one that is ready; leave one out")
      }
      guard ModelOptions.builtIn.contains(network) || FileManager.default.fileExists(atPath: network) else {
        throw node.failure("network", "'\(network)' is no file and no built-in network")
      }
      return .ready(network)
    }
    let recipe = try recipe(node, in: file)
    guard let start = try node["start"]?.string() else { return .training(recipe, start: nil) }
    if names.contains(start) { return .training(recipe, start: .variant(start)) }
    guard FileManager.default.fileExists(atPath: start) else {
      throw node.failure("start", "'\(start)' is no variant and no file")
    }
    return .training(recipe, start: .file(start))
  }

  /// The recipe of a variant: that of its head, under what the file says for all, under what it says for this one.
  private static func recipe(_ node: PlanNode, in file: PlanNode) throws -> Recipe {
    guard let head = try node["head"]?.choice(TrainingTarget.self) else {
      throw node.failure(
        "head", "is missing; say gap, attention or parts, or name a ready network as 'network'")
    }
    func number(_ key: String, _ range: ClosedRange<Int>, _ usual: Int) throws -> Int {
      try node[key]?.integer(in: range) ?? file[key]?.integer(in: range) ?? usual
    }
    let side = try number("side", 32...512, 96)
    guard side % 32 == 0 else { throw node.failure("side", "\(side) is no multiple of 32") }
    var standard = Recipe.standard(
      for: head, side: side, width: try number("width", 4...256, 32),
      lastStride: try number("last_stride", 1...2, 1))
    if let goal = try node["goal"]?.choice(Recipe.Goal.self) { standard.goal = goal }
    var json = try JSONValue(encoding: standard)
    var hasShards = false
    for overrides in [file["recipe"], node["recipe"]].compactMap(\.self) {
      guard overrides.value.object != nil else { throw overrides.failure("must be an object") }
      guard overrides["seed"] == nil else {
        throw overrides.failure("seed", "belongs at the top, as 'seeds'")
      }
      hasShards = hasShards || overrides["shards"] != nil
      let settings = Recipe.modernised(overrides.value)
      json = json.overlaid(with: settings)
      let decoded: Recipe
      do {
        decoded = try json.decoded()
      } catch let error as DecodingError {
        let key = error.keyPath
        throw key.isEmpty
          ? overrides.failure("holds a value that makes no sense; compare with penumbra inspect NETWORK")
          : overrides.failure(key, "makes no sense there; compare with penumbra inspect NETWORK")
      }
      // A key that decoding drops is none of the recipe's.
      let known = try JSONValue(encoding: decoded)
      if let unknown = settings.firstKey(missingIn: known) {
        throw overrides.failure(
          unknown.path, "is no setting of training; there are \(unknown.known.joined(separator: ", "))")
      }
      standard = decoded
    }
    if !hasShards { standard.shards = max(1, standard.batch / 32) }
    if let issue = standard.validationIssue(hasStart: node["start"] != nil) {
      throw node.failure("recipe.\(issue.key)", issue.sentence)
    }
    return standard
  }
}

/// A value in an experiment's file, and the path of keys that leads to it.
private struct PlanNode {
  let file: String
  let key: String
  let value: JSONValue

  func failure(_ sentence: String) -> Failure {
    Failure(.badData, "\(file): \(key.isEmpty ? "" : "'\(key)' ")\(sentence)")
  }

  func failure(_ inner: String, _ sentence: String) -> Failure {
    Failure(.badData, "\(file): '\(path(inner))' \(sentence)")
  }

  private func path(_ inner: String) -> String { key.isEmpty ? inner : key + "." + inner }

  subscript(_ inner: String) -> PlanNode? {
    value[inner].map { PlanNode(file: file, key: path(inner), value: $0) }
  }

  func checkKeys(_ known: [String]) throws {
    guard let members = value.object else { throw failure("must be an object") }
    if let unknown = members.keys.sorted().first(where: { !known.contains($0) }) {
      throw failure(unknown, "is no key; there are \(known.joined(separator: ", "))")
    }
  }

  func string() throws -> String {
    guard let text = value.string else { throw failure("must be a text") }
    return text
  }

  /// A text that can be the name of a folder.
  func fileName() throws -> String {
    let name = try string()
    let isPlain = name.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    guard !name.isEmpty, !name.hasPrefix("."), !name.contains("/"), isPlain, name.utf8.count <= 100,
      !ExperimentCommand.files.contains(name)
    else {
      throw failure(
        "'\(String(name.filter { !$0.isNewline }.prefix(40)))' cannot be a name; use up to 100 letters and digits"
      )
    }
    return name
  }

  func integer(in range: ClosedRange<Int>) throws -> Int {
    guard let number = value.integer, range.contains(number) else {
      throw failure(
        range.upperBound == .max
          ? "must be a whole number, \(range.lowerBound) or more"
          : "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  func bool() throws -> Bool {
    guard let flag = value.bool else { throw failure("must be true or false") }
    return flag
  }

  func choice<T: RawRepresentable<String>>(_ type: T.Type) throws -> T {
    guard let choice = T(rawValue: try string()) else { throw failure("does not know '\(try string())'") }
    return choice
  }

  func items() throws -> [PlanNode] {
    guard let items = value.array else { throw failure("must be an array") }
    return items.enumerated().map { PlanNode(file: file, key: "\(key)[\($0)]", value: $1) }
  }
}

extension JSONValue {
  /// This value with the members of another in place of its own, object within object.
  fileprivate func overlaid(with other: JSONValue) -> JSONValue {
    guard case .object(let mine) = self, case .object(let theirs) = other else { return other }
    return .object(mine.merging(theirs) { $0.overlaid(with: $1) })
  }

  /// The first path of keys that another value lacks, and the keys that it has there.
  fileprivate func firstKey(missingIn other: JSONValue) -> (path: String, known: [String])? {
    guard case .object(let mine) = self, case .object(let theirs) = other else { return nil }
    for (key, value) in mine.sorted(by: { $0.key < $1.key }) {
      guard let counterpart = theirs[key] else { return (key, theirs.keys.sorted()) }
      if let inner = value.firstKey(missingIn: counterpart) { return ("\(key).\(inner.path)", inner.known) }
    }
    return nil
  }
}

extension DecodingError {
  /// The keys that lead to the value that could not be read.
  fileprivate var keyPath: String {
    let context: Context =
      switch self {
      case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
        .dataCorrupted(let context):
        context
      @unknown default: Context(codingPath: [], debugDescription: "")
      }
    return context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
  }
}
