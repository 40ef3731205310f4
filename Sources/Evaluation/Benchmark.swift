import Archives
public import Bodies
import Foundation
public import Models
import Records
import Tensors

/// What a benchmark of occlusion is: which pictures, which occluders where, and which joints about which root.
///
/// The file is JSON; `docs/benchmarks/README.md` lists its keys. Whoever quotes a number names the benchmark, its version and
/// the digest of this definition, which a change of anything in it changes.
public struct Benchmark: Sendable {
  /// The pictures.
  public enum Pictures: Sendable, Equatable {
    /// So many rendered people of a seed, squares of `side` pixels before held-out panoramas, with or without objects and
    /// other people in front of some.
    case rendered(count: Int, seed: UInt64, side: Int, hasObjects: Bool)
    /// The rows of a dataset whose pictures have one of some names; `*`, `?` and `[…]` stand for any as in a shell.
    case dataset(title: String, names: [String])
  }

  /// One occluder, as options of the command line name it.
  public struct Occluder: Sendable, Equatable {
    /// The width in pixels of a 224-pixel square about the person.
    public let size: Int
    /// Shape and fill.
    public let shape: String, fill: String
  }

  /// The name, and the version of the definition.
  public let name: String, version: Int
  /// The pictures.
  public let pictures: Pictures
  /// The occluders.
  public let occluders: [Occluder]
  /// Where they go.
  public let positions: PositionRule
  /// The joints that errors are measured over.
  public let joints: Skeleton
  /// The seed of the bootstrap.
  public let seed: UInt64
  /// The SHA-256 of the definition's canonical JSON, without what is said about it.
  public let digest: String

  /// Reads a definition.
  ///
  /// - Throws: `EvaluationError` that names the file and the key at fault; `ArchiveError` when the file cannot be read, or is
  ///   no JSON.
  public init(contentsOf path: String) throws {
    let json = try JSONValue(fileContents(path), from: path)
    let file = PlanNode(file: path, key: "", value: json)
    try file.checkKeys([
      "name", "version", "about", "pictures", "occluders", "grid", "stride", "joints", "root", "seed",
    ])
    _ = try file["about"]?.string()
    name = try file.needed("name").fileName()
    version = try file.needed("version").integer(in: 1...1_000_000)
    pictures = try Self.pictures(try file.needed("pictures"))
    occluders = try file.needed("occluders").items().map { node in
      try node.checkKeys(["size", "shape", "fill"])
      let shape = try node["shape"]?.string() ?? "square", fill = try node["fill"]?.string() ?? "gray"
      // What files contain is in no digest of this one.
      guard !shape.contains(":") else {
        throw node.failure("shape", "is \(shape.prefix(40)); give square, disc or rectangleA")
      }
      guard !fill.contains(":") || fill.hasPrefix("texture:builtin") else {
        throw node.failure("fill", "is \(fill.prefix(40)); give a fill that needs no file")
      }
      return Occluder(
        size: try node.needed("size").integer(in: 1...Occlusion.referenceSide), shape: shape, fill: fill)
    }
    guard !occluders.isEmpty else { throw file.failure("occluders", "is empty; list the occluders") }
    for (index, occluder) in occluders.enumerated() where occluders[..<index].contains(occluder) {
      throw file.failure("occluders[\(index)]", "is in the list twice")
    }
    positions = PositionRule(
      try file["grid"]?.choice(PositionRule.Kind.self) ?? .picture,
      stride: try file.needed("stride").integer(in: 1...Occlusion.referenceSide))
    do { joints = try Skeleton.named(try file.needed("joints").string()) } catch let error as SkeletonError {
      throw file.failure("joints", "names a skeleton that is not there: \(error.problem)")
    }
    if case .dataset = pictures, joints != .h36m14, joints != .h36m17 {
      throw file.failure("joints", "must be h36m14 or h36m17 of a dataset")
    }
    let root = try file.needed("root").items().map { try $0.string() }
    let own = joints.root.isEmpty ? [joints.origin].compactMap(\.self) : joints.root
    guard Set(root) == Set(own) else {
      throw file.failure("root", "must be \(own.joined(separator: ", ")), the root of \(joints.name)")
    }
    seed = UInt64(try file["seed"]?.integer(in: 0...Int.max) ?? 0)
    var definition = json.object ?? [:]
    definition["about"] = nil
    digest = String(Digest.sha256(JSONValue.object(definition).canonicalText.utf8))
  }

  /// The most `*` in a name: the time that a name takes that does not fit grows with every one.
  private static let mostStars = 4

  private static func pictures(_ node: PlanNode) throws -> Pictures {
    try node.checkKeys(["rendered", "dataset"])
    switch (node["rendered"], node["dataset"]) {
    case (let people?, nil):
      try people.checkKeys(["count", "seed", "side", "objects"])
      return .rendered(
        count: try people.needed("count").integer(in: 2...100_000),
        seed: UInt64(try people.needed("seed").integer(in: 0...Int.max)),
        side: try people["side"]?.integer(in: 64...1024) ?? 256,
        hasObjects: try people["objects"]?.bool() ?? false)
    case (nil, let dataset?):
      try dataset.checkKeys(["title", "names"])
      let title = try dataset.needed("title").string()
      let names =
        try dataset["names"]?.items().map { node -> String in
          let name = try node.string()
          guard name.count(where: { $0 == "*" }) <= mostStars else {
            throw node.failure("has more than \(mostStars) *; name the pictures more closely")
          }
          return name
        } ?? []
      guard !names.isEmpty else {
        throw dataset.failure("names", "is missing or empty; list names of pictures")
      }
      return .dataset(title: title, names: names)
    default: throw node.failure("must have either 'rendered' or 'dataset'")
    }
  }

  /// The rows of a dataset that a benchmark is of, in their order.
  ///
  /// - Throws: `EvaluationError` that names `file`, the dataset, where no row has a name that the benchmark lists.
  public static func rows(
    _ rows: [Dataset.Row], named names: [String], in file: String
  ) throws -> [Dataset.Row] {
    // Most names are those of single pictures, which are looked up: there may be as many as rows.
    let patterns = names.filter { name in name.contains { "*?[\\".contains($0) } }
    let plain = Set(names).subtracting(patterns)
    var found = Set<String>()
    let chosen = rows.filter { row in
      let parts = row.image.split(separator: "/", omittingEmptySubsequences: false)
      let ends = parts.indices.map { parts[$0...].joined(separator: "/") }
      let fitting =
        ends.filter(plain.contains)
        + patterns.filter { fnmatch($0, row.image, 0) == 0 || fnmatch("*/" + $0, row.image, 0) == 0 }
      found.formUnion(fitting)
      return !fitting.isEmpty
    }
    if let lost = names.first(where: { !found.contains($0) }) {
      let others = names.count { !found.contains($0) } - 1
      throw EvaluationError(
        .badData, file,
        "has no picture called \(lost)\(others > 0 ? ", nor of \(others) more names" : ""); the benchmark needs them all"
      )
    }
    return chosen
  }
}

/// A network's numbers on a benchmark, as they are published.
public struct BenchmarkResult: Encodable, Sendable {
  /// The benchmark's name, version and digest.
  public let benchmark: String, version: Int, digest: String
  /// The release that computed it, and the processor that summed up.
  public let penumbra: String, processor: String?
  /// What each network is, by its label: name and fingerprint of architecture and weights.
  public let networks: [String: SourceFile]
  /// The annotations of a dataset that gave boxes and ground truth: the file, and a fingerprint of its rows.
  public let annotations: SourceFile?
  /// The pictures that count for nothing, because some network found nobody in them without the occluder.
  public let nobodyFound: [String]
  /// The numbers.
  public let summary: OcclusionSummary

  /// The result of a summary.
  public init(
    _ summary: OcclusionSummary, of benchmark: Benchmark, annotations: SourceFile? = nil,
    nobodyFound: [String]
  ) {
    self.annotations = annotations
    (self.benchmark, version, digest) = (benchmark.name, benchmark.version, benchmark.digest)
    (penumbra, processor) = (Release.version, ProcessorModel.name)
    networks = Dictionary(
      summary.entries.map {
        ($0.network, SourceFile(name: $0.settings.model.name, fingerprint: $0.settings.model.fingerprint))
      }
    ) { first, _ in first }
    (self.summary, self.nobodyFound) = (summary, nobodyFound)
  }

  enum CodingKeys: String, CodingKey {
    case benchmark, version, digest, penumbra, processor, networks, annotations, summary
    case nobodyFound = "nobody_found"
  }
}
