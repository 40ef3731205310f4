import Archives
import Bodies
import Tensors
import TestSupport

/// The body of 256 vertices in SMPL's form that the golden values were made with.
let goldenArrays = try! arrays(in: "golden/small/data/smpl/SMPL_NEUTRAL.npz")
let goldenBody = try! BodyModel(goldenArrays, from: "SMPL_NEUTRAL.npz")

/// The arrays of a fixture that a body is read from.
func arrays(in name: String) throws -> [String: Tensor] {
  let archive = try Archive(contentsOf: fixture(name))
  var arrays: [String: Tensor] = [:]
  for name in BodyModel.arrayNames where archive.has(name) { arrays[name] = try archive.tensor(name) }
  return arrays
}

func tensor(_ entry: String, in name: String) throws -> Tensor {
  try Archive(contentsOf: fixture(name)).tensor(entry)
}

/// Poses of `count` people, some joints turned far.
func randomPoses(_ count: Int, seed: UInt64 = 5) -> (rotations: Tensor, betas: Tensor) {
  var generator = SeededGenerator(seed: seed)
  let poses = Tensor([count, 72], (0..<count * 72).map { _ in generator.normal(deviation: 0.6) })
  let betas = Tensor([count, 10], (0..<count * 10).map { _ in generator.normal() })
  return (Rotation.matrices(poses: poses), betas)
}
