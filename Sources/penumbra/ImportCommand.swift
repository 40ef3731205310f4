public import Archives
public import ArgumentParser
import Foundation
import Models
import Networks

/// `penumbra import`: a published checkpoint as a smaller file that loads at once.
struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Convert a published checkpoint to a smaller file that loads quickly.",
    discussion: """
      The file contains only the network's tensors and their origin. It gives the same predictions as the checkpoint; \
      in 16-bit floats, nearly the same.
      """)

  @Argument(help: "Checkpoint of SPIN or PARE, as PyTorch or Lightning wrote it.")
  var checkpoint: String

  @Option(help: ArgumentHelp("File to write, in the safetensors format.", valueName: "file"))
  var out: String

  @Option(
    help: ArgumentHelp(
      "Number format: \(Safetensors.Precision.allCases.map(\.rawValue).joined(separator: ", ")).",
      valueName: "precision"))
  var precision = Safetensors.Precision.float32

  @OptionGroup var means: MeanOptions

  func validate() throws { try OutputFile.safetensors.checkEnding(of: out) }

  func run() throws {
    try OutputFile.safetensors.checkPlace(out, inputs: [checkpoint])
    let file = try NetworkFile(contentsOf: checkpoint, means: means.offsets)
    _ = try file.architecture()
    let weights = try file.weights()
    // A network that cannot run is not worth a file.
    let regressor = try Regressor(weights)
    let notes = [
      "penumbra.source": URL(filePath: checkpoint).lastPathComponent,
      "penumbra.source_fingerprint": regressor.fingerprint,
    ]
    try Safetensors.write(
      weights.tensors.map { ($0.key, $0.value) }, precision: precision,
      metadata: weights.metadata.merging(notes) { old, _ in old }, to: out)
    let unused = file.checkpoint?.unused.count ?? 0
    Console.writeLine(
      "\(out): \(weights.tensors.count) tensors, \(regressor.architecture.summary)"
        + (unused > 0 ? "; \(unused) other tensors of the checkpoint are not the network's" : ""))
  }
}

extension Safetensors.Precision: ExpressibleByArgument {}

extension Architecture {
  /// What the network is, in a few words.
  var summary: String {
    let backbone =
      switch backbone {
      case .resNet(let block, let blocks, let width, _):
        "ResNet of \(block.rawValue) blocks \(blocks.map(String.init).joined(separator: ", ")), width \(width)"
      case .blazePose: "BlazePose"
      case .hrNet(_, let width, let fusion): "HRNet of width \(width), fused by \(fusion.rawValue)"
      }
    return "\(head.kind.rawValue.replacing("_", with: " ")) on \(backbone)"
  }
}
