import Archives
import Foundation
public import Tensors

extension GoldenNetwork {
  /// Its weights: uniform numbers by the formula of `Fixtures/golden/README.md`, and the tensors that are stored.
  public func weights() throws -> [String: Tensor] {
    let base = name.hasSuffix("_tame") ? String(name.dropLast(5)) : name
    let stored = try Archive(contentsOf: fixture("golden/networks/\(base)_stored.npz")).tensors()
    let tame = try Self.rows("tame").filter { $0[0] == name }
      .map { (keys: try Regex($0[1]), offset: $0[2], bound: $0[3]) }
    var tensors: [String: Tensor] = [:]
    for row in try Self.rows(base) {
      let (key, shape) = (row[0], row[1])
      var (isUniform, offset, bound) = (row[2] == "uniform", row[3], row[4])
      if let last = tame.last(where: { "\(key) \(shape)".contains($0.keys) }) {
        (isUniform, offset, bound) = (true, last.offset, last.bound)
      }
      if isUniform {
        tensors[key] = Self.uniform(
          "penumbra-golden-1/\(name)/\(key)", shape.split(separator: "x").map { Int($0)! },
          offset.split(separator: ",").map { Double($0)! }, Double(bound)!)
      } else if let tensor = stored[key] {
        tensors[key] = tensor
      }
    }
    return tensors
  }

  private static func rows(_ table: String) throws -> [[String]] {
    try String(contentsOfFile: fixture("golden/networks/\(table).tsv"), encoding: .utf8)
      .split(separator: "\n").dropFirst()
      .map { $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
  }

  /// Several offsets belong to as many blocks of equal length.
  private static func uniform(_ text: String, _ shape: [Int], _ offsets: [Double], _ bound: Double) -> Tensor
  {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    var tensor = Tensor(shape)
    let block = tensor.count / offsets.count
    tensor.withMutableElements { elements in
      for i in elements.indices {
        var z = hash &+ UInt64(i + 1) &* 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        z ^= z >> 31
        elements[i] = Float(offsets[i / block] + bound * (2 * (Double(z >> 11) * 0x1p-53) - 1))
      }
    }
    return tensor
  }
}
