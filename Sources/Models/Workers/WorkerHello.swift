import Archives
import Bodies
import Foundation

/// What a worker says of itself before anything else.
struct WorkerHello: Equatable, Sendable {
  /// The first number of the protocol's name that is understood here.
  static let version = 1
  private static let protocolName = "penumbra-worker/"

  let name: String
  /// A digest of what decides its predictions, as the worker knows it.
  let fingerprint: String
  /// Whether that is for want of a digest of the weights one of the worker's program.
  var isFingerprintOfProgram: Bool { fingerprint.isEmpty || fingerprint.hasPrefix("file ") }
  /// Whether it predicts rotations and betas of SMPL.
  let givesBody: Bool
  let skeleton: Skeleton
  let outputs: ModelOutputs
  /// How many windows it computes together.
  let batch: Int
  let device: String
  let precision: String

  /// Reads the message.
  ///
  /// - Throws: `ModelError` when it is another message, of another version, or makes no sense.
  init(_ message: ArrayMessage, label: String) throws(ModelError) {
    func wrong(_ what: String) -> ModelError { ModelError(.badData, "\(label): the worker \(what)") }
    let texts = message.texts
    guard texts["say"] == "hello" else {
      throw wrong("begins with '\(texts["say"] ?? "")', not with 'hello'; see docs/workers.md")
    }
    let spoken = texts["protocol"] ?? ""
    guard spoken.hasPrefix(Self.protocolName),
      spoken.dropFirst(Self.protocolName.count).prefix(while: { $0 != "." }) == "\(Self.version)"
    else {
      throw wrong(
        "speaks '\(spoken)'; this is \(Self.protocolName)\(Self.version): take the file of this release")
    }
    name = texts["name"].flatMap { $0.isEmpty ? nil : $0 } ?? label
    fingerprint = texts["fingerprint"] ?? ""
    (device, precision) = (texts["device"] ?? "", texts["precision"] ?? "")
    batch = texts["batch"].flatMap(Int.init) ?? 16
    guard (1...65_536).contains(batch) else { throw wrong("says a batch of \(texts["batch"] ?? "")") }
    switch texts["body"] ?? "none" {
    case "smpl": (givesBody, skeleton) = (true, .smpl24)
    case "none", "": (givesBody, skeleton) = (false, try Self.skeleton(texts, wrong))
    case let other:
      throw wrong("predicts the body '\(other)'; only smpl is posed here, else it has to send joints")
    }
    var outputs: ModelOutputs = givesBody ? .body : []
    for name in Self.list(texts["gives"]) ?? [] {
      // What is not known here is of a later version.
      if let output = Self.outputs[name] { outputs.insert(output) }
    }
    self.outputs = outputs
  }

  static let outputs: [String: ModelOutputs] = [
    "camera": .camera, "attention": .attention, "confidence": .confidence, "uncertainty": .uncertainty,
  ]

  private static func list(_ text: String?) -> [String]? {
    text.flatMap { try? JSONDecoder().decode([String].self, from: Data($0.utf8)) }
  }

  private static func skeleton(
    _ texts: [String: String], _ wrong: (String) -> ModelError
  ) throws(ModelError) -> Skeleton {
    guard let joints = texts["joints"], !joints.isEmpty, joints != "[]" else {
      throw wrong("says neither body nor joints")
    }
    do {
      if let names = list(joints) {
        let root = texts["root"] ?? ""
        return try Skeleton(
          joints: names, root: root == "midhip" ? ["left_hip", "right_hip"] : root.isEmpty ? [] : [root])
      }
      if joints.hasPrefix("{") { return try JSONDecoder().decode(Skeleton.self, from: Data(joints.utf8)) }
      // A name from another process is no path.
      guard !joints.contains("/"), !joints.hasSuffix(".json") else { throw wrong("names joints by a path") }
      return try Skeleton.given(joints)
    } catch let error as ModelError {
      throw error
    } catch {
      throw wrong("says joints that make no sense: \(error)")
    }
  }
}

extension Skeleton {
  /// A skeleton of names alone: one that is known if there is one of these, else with what follows from names, such as
  /// pairs of left and right.
  fileprivate init(joints: [String], root: [String]) throws(SkeletonError) {
    if let known = Skeleton.all.first(where: { $0.joints == joints && (root.isEmpty || $0.root == root) }) {
      self = known
      return
    }
    let there = Set(joints)
    let mirror = joints.filter { $0.hasPrefix("left_") }.map { [$0, "right_" + $0.dropFirst(5)] }
      .filter { there.contains($0[1]) }
    let common = Skeleton.common12.bones.filter { $0.allSatisfy(there.contains) }
    let name = "joints\(joints.count)-" + Digest.sha256((joints + root).joined(separator: ",").utf8).prefix(8)
    try self.init(
      name: name, source: "A worker", joints: joints, root: root, mirror: mirror, bones: common)
  }
}
