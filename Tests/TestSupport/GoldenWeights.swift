import Foundation
public import Tensors

/// The weights of a golden network: uniform numbers by formula, and the tensors that are stored.
///
/// The formula is that of `Fixtures/golden/README.md`; `stored` gives the rest by key.
public func goldenWeights(_ network: String, stored: [String: Tensor]) throws -> [String: Tensor] {
  let table = try String(contentsOfFile: fixture("golden/networks/\(network).tsv"), encoding: .utf8)
  var tensors: [String: Tensor] = [:]
  for line in table.split(separator: "\n").dropFirst() {
    let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    let key = fields[0]
    if let tensor = stored[key] {
      tensors[key] = tensor
    } else if fields[2] == "uniform", let offset = Double(fields[3]), let bound = Double(fields[4]) {
      let shape = fields[1].split(separator: "x").map { Int($0)! }
      var hash: UInt64 = 0xCBF2_9CE4_8422_2325
      for byte in "penumbra-golden-1/\(network)/\(key)".utf8 {
        hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
      }
      var tensor = Tensor(shape)
      tensor.withMutableElements { elements in
        for i in elements.indices {
          var z = hash &+ UInt64(i + 1) &* 0x9E37_79B9_7F4A_7C15
          z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
          z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
          z ^= z >> 31
          elements[i] = Float(offset + bound * (2 * (Double(z >> 11) * 0x1p-53) - 1))
        }
      }
      tensors[key] = tensor
    }
  }
  return tensors
}
