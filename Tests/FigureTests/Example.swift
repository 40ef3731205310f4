import Archives
import Bodies
import Figures
import Foundation
import Networks
import Pictures
import Sweeps
import Tensors
import TestSupport

/// Sweeps of two made-up networks over a drawn person, quick enough for tests and like real ones to look at.
///
/// The networks know the pose; what they say of a joint goes wrong as the patch covers the crop around it. The
/// pooled one lets every joint suffer a little wherever the patch covers the body.
struct Example {
  let body: BodyModel
  let crop: Picture
  let truth: (rotations: Tensor, betas: Tensor)
  static let camera = WeakPerspectiveCamera(scale: 0.9, tx: 0.02, ty: 0.22)
  static let side = 96

  init(body file: String = "body_1000.npz") throws {
    body = try BodyModel(Archive(contentsOf: fixture(file)).tensors(), from: file)
    var pose = [Float](repeating: 0, count: 72)
    func set(_ joint: Joint, _ x: Float, _ y: Float, _ z: Float) {
      (pose[joint.rawValue * 3], pose[joint.rawValue * 3 + 1], pose[joint.rawValue * 3 + 2]) = (x, y, z)
    }
    set(.leftShoulder, 0, -0.2, -0.5)
    set(.rightShoulder, 0, 0.3, 1.1)
    set(.leftElbow, 0, -1.2, 0)
    set(.leftHip, -0.7, 0, 0.2)
    set(.leftKnee, 0.9, 0, 0)
    var rotations = Rotation.matrices(poses: Tensor([1, 72], pose))
    let root = Rotation.upright(heading: 0.5)
    for r in 0..<3 { for c in 0..<3 { rotations[0, 0, r, c] = root[r, c] } }
    truth = (rotations, Tensor([1, 10], [0.5, -0.5, 0, 0, 0, 0, 0, 0, 0, 0]))

    let posed = body.posed(rotations: truth.rotations, betas: truth.betas)
    let wall = Picture(
      width: 192, height: 192,
      pixels: (0..<192 * 192).flatMap { i -> [UInt8] in
        let (x, y) = (i % 192, i / 192)
        let stripe = (x / 24 + y / 24) % 2 * 14
        return y > 150 ? [120, 104, 92] : [UInt8(150 + stripe), UInt8(168 + stripe), UInt8(180 + stripe)]
      })
    crop = BodyDrawing(
      vertices: posed.vertices.points, faces: body.faces, camera: Self.camera,
      colour: Colour(0x8FA36B)
    ).overlay(on: wall, side: 192, opacity: 1)
  }

  /// Where a joint of the truth is in the crop, −1…1.
  private func place(_ joint: Int, _ joints: [Point]) -> SIMD2<Float> {
    Self.camera.project(joints[joint], side: Self.side)
  }

  /// The answers of a made-up network.
  private func estimate(_ crops: Tensor, clean: Tensor, isPooled: Bool) -> Prediction {
    let count = crops.shape[0]
    let joints = body.joints(rotations: truth.rotations, betas: truth.betas).points
    let side = Self.side
    var rotations = Tensor(stacking: Array(repeating: truth.rotations, count: count))
    let reach = side / 8
    for n in 0..<count {
      let hidden = crops.withElements { crops in
        clean.withElements { clean in
          joints.indices.map { j -> Float in
            let at = (place(j, joints) + 1) * Float(side) / 2
            var changed: Float = 0
            for dy in -reach...reach {
              for dx in -reach...reach {
                let (x, y) = (Int(at.x) + dx, Int(at.y) + dy)
                guard x >= 0, y >= 0, x < side, y < side else { continue }
                let i = (y * side + x) * 3
                if crops[n * side * side * 3 + i] != clean[i] { changed += 1 }
              }
            }
            return changed / Float((2 * reach + 1) * (2 * reach + 1))
          }
        }
      }
      let anywhere = hidden.reduce(0, +) / 24
      for j in 1..<24 {
        let amount = isPooled ? 0.12 + 0.9 * hidden[j] + 1.6 * anywhere : 0.09 + 1.2 * hidden[j]
        let turn = Rotation.about(j % 2 == 0 ? Point(1, 0, 0) : Point(0, 0.6, 0.8), by: amount * 0.55)
        let m = Matrix3(
          Point(rotations[n, j, 0, 0], rotations[n, j, 0, 1], rotations[n, j, 0, 2]),
          Point(rotations[n, j, 1, 0], rotations[n, j, 1, 1], rotations[n, j, 1, 2]),
          Point(rotations[n, j, 2, 0], rotations[n, j, 2, 1], rotations[n, j, 2, 2]))
        let turned = m * turn
        for r in 0..<3 { for c in 0..<3 { rotations[n, j, r, c] = turned[r, c] } }
      }
    }
    let camera = (0..<count).flatMap { _ in [Self.camera.scale, Self.camera.tx, Self.camera.ty] }
    let betas = Tensor(stacking: Array(repeating: truth.betas, count: count))
    return Prediction(
      rotations: rotations, betas: betas, camera: Tensor([count, 3], camera),
      attention: isPooled ? nil : attention(count, joints))
  }

  /// Bumps around the joints on a 12 × 12 map.
  private func attention(_ count: Int, _ joints: [Point]) -> Tensor {
    var maps = Tensor([count, 12, 12, 24])
    for n in 0..<count {
      for j in 0..<24 {
        let at = (place(j, joints) + 1) * 6
        var sum: Float = 0
        for y in 0..<12 {
          for x in 0..<12 {
            let d = SIMD2(Float(x) + 0.5, Float(y) + 0.5) - at
            maps[n, y, x, j] = exp(-(d * d).sum() / (3 + Float(n)))
            sum += maps[n, y, x, j]
          }
        }
        for y in 0..<12 { for x in 0..<12 { maps[n, y, x, j] /= sum } }
      }
    }
    return maps
  }

  /// The record of one of the two networks.
  func record(
    isPooled: Bool, hasTruth: Bool = true, name: String = "person-1.png", picture: String = "c0ffee00",
    stride: Int = 16
  )
    -> SweepRecord
  {
    let side = Self.side
    let clean = crop.resized(width: side, height: side).normalised()
    let body = body
    let sweep = Sweep(
      side: side, occluder: Occluder(size: 40), grid: Grid(stride: stride),
      estimate: { crops, _ in estimate(crops, clean: clean, isPooled: isPooled) },
      joints: { body.joints(rotations: $0.rotations, betas: $0.betas) })
    let answers = sweep.answers(to: clean, withAttention: true)
    let reference =
      hasTruth
      ? body.joints(rotations: truth.rotations, betas: truth.betas).reshaped([24, 3])
      : answers.joints.reshaped([24, 3])
    let silhouette = BodyDrawing(
      vertices: body.posed(rotations: truth.rotations, betas: truth.betas).vertices.points,
      faces: body.faces, camera: Self.camera, colour: Colour(0xFFFFFF)
    ).overlay(on: Picture(width: side, height: side, red: 0, green: 0, blue: 0), side: side)
    let info = SweepRecord.Info(
      label: isPooled ? "gap" : "attention",
      network: .init(name: isPooled ? "gap" : "attention", fingerprint: isPooled ? "3f1c9a72" : "77ab0e14"),
      head: isPooled ? "pooled" : "part attention", picture: .init(name: name, fingerprint: picture),
      box: nil, crop: "spin",
      body: .init(name: "body_1000.npz", fingerprint: "0b0d1e55"),
      truth: hasTruth ? .init(name: "person-1.json", fingerprint: "7a07a07a") : nil,
      visibility: hasTruth ? (0..<24).map { $0 % 7 == 3 ? .selfOccluded : .visible } : nil,
      maskOf: hasTruth ? .truth : .cleanPrediction, jointSet: .smpl24, occluder: Occluder(size: 40),
      grid: Grid(stride: stride), side: side, seed: 7)
    return SweepRecord(
      info: info, measurements: sweep.measure(clean, at: 0..<sweep.places.count, against: reference),
      clean: Measurements(answers, against: reference, in: .smpl24), reference: reference,
      truthParameters: hasTruth
        ? (truth.rotations.reshaped([24, 3, 3]), truth.betas.reshaped([10])) : nil,
      truthCamera: hasTruth ? Tensor([3], [Self.camera.scale, Self.camera.tx, Self.camera.ty]) : nil,
      bodyMask: Tensor(
        [side, side], (0..<side * side).map { silhouette.pixels[$0 * 3] > 64 ? 1 : 0 }),
      picture: .init(side: crop.width, bytes: crop.pixels),
      cleanAttention: answers.prediction.attention.map { $0.reshaped([12, 12, 24]) },
      worstAttention: isPooled ? nil : attention(3, reference.points))
  }

  /// Both networks on one picture.
  func records(hasTruth: Bool = true, name: String = "person-1.png", stride: Int = 16) -> [SweepRecord] {
    [
      record(isPooled: true, hasTruth: hasTruth, name: name, stride: stride),
      record(isPooled: false, hasTruth: hasTruth, name: name, stride: stride),
    ]
  }
}
