import Archives
import Foundation
import Networks
import Pictures
import Records
import TestSupport
import Tensors
import Testing

/// Files for commands to work on: two small networks of random weights, a picture, ground truth.
struct Material {
  static let side = 32

  let folder: String
  var picture: String { folder + "/person.png" }
  var pooled: String { folder + "/pooled.safetensors" }
  var attention: String { folder + "/attending.safetensors" }
  var truth: String { folder + "/truth.json" }
  var body: String { fixture("body_1000.npz") }

  /// Puts the files into a folder.
  init(in folder: String) throws {
    self.folder = folder
    var random = SeededGenerator(seed: 8)
    let pixels = (0..<Self.side * Self.side * 3).map { _ in UInt8(random.integer(below: 256)) }
    try Picture(width: Self.side, height: Self.side, pixels: pixels).writePNG(to: picture)
    try write(.pooled, to: pooled)
    try write(.partAttention, to: attention)
    try AtomicFile.write(
      GroundTruthFile(
        pose: (0..<72).map { $0 == 0 ? .pi : 0 }, betas: .init(repeating: 0, count: 10),
        camera: [0.9, 0, 0.2]
      )
      .json(), to: truth)
  }

  private func write(_ head: Architecture.Head.Kind, to path: String) throws {
    let branch = Architecture.Branch(depth: 1, width: 8)
    let architecture = Architecture(
      side: Self.side, backbone: .resNet(block: .basic, blocks: [1, 1, 1, 1], width: 8),
      head: head == .pooled
        ? .pooled(hidden: 16, parts: branch) : .partAttention(.init(branch: branch, shapeWidth: 8)))
    let network = Network(learning: architecture)
    try Safetensors.write(
      network.initialWeights(seed: 5).sorted { $0.key < $1.key }.map { ($0.key, $0.value) },
      metadata: [Architecture.metadataKey: architecture.json], to: path)
  }

  /// The path of the one record of a network on the picture in a folder of the material.
  func record(_ network: String = "pooled", in out: String = "out") throws -> String {
    let names = try FileManager.default.contentsOfDirectory(atPath: folder + "/" + out)
      .filter { $0.hasPrefix("person.\(network).") && $0.hasSuffix(".zarr") }
    #expect(names.count == 1, "\(names)")
    return "\(folder)/\(out)/\(try #require(names.first))"
  }

  /// The record itself.
  func read(_ network: String = "pooled", in out: String = "out") throws -> SweepRecord {
    try SweepRecord(contentsOf: record(network, in: out))
  }

  /// The arguments of a sweep over the picture with the pooled network.
  func sweep(_ more: String..., to out: String = "out") -> [String] {
    ["sweep", picture, "--model", pooled, "--body", body, "--stride", "28", "--out", folder + "/" + out]
      + more
  }
}

/// Arguments as a record notes them: of whole paths the last part.
func withoutFolders(_ arguments: [String]) -> [String] {
  arguments.map { $0.replacing(/(^|=)\/.*\/([^\/]+)$/) { "\($0.output.1)\($0.output.2)" } }
}

/// The files of a record, apart from the command that its notes contain: another folder is another command.
func filesWithoutCommand(under record: String) throws -> [String: Data] {
  try files(under: record).mapValues { data in
    guard let text = String(data: data, encoding: .utf8), text.contains("command") else { return data }
    return Data(text.replacing(/\\"command\\":\\"[^\\]*\\",/, with: "").utf8)
  }
}

/// Runs `body` with material in an empty folder.
func withMaterial<R>(_ body: (Material) throws -> R) throws -> R {
  try withTemporaryFolder { try body(Material(in: $0)) }
}
