import Archives
import Bodies
import Figures
import Foundation
import Models
import Pictures
import Presentation
import Records
import Tensors
import TestSupport

/// Sweeps of two made-up networks over a drawn person, quick enough for tests and like real ones to look at.
///
/// The networks know the pose; their prediction of a joint goes wrong as the patch covers the crop around it. With the
/// pooled one every joint goes a little wrong wherever the patch covers the body.
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
    crop = BodySurface(
      vertices: posed.vertices.points, faces: body.faces, camera: Self.camera,
      colour: Colour(0x8FA36B)
    ).overlay(on: wall, side: 192, opacity: 1)
  }

  /// Where a joint of the truth is in the crop, pixels.
  private func position(_ joint: Int, _ joints: [Point]) -> SIMD2<Float> {
    Self.camera.pixel(of: joints[joint], side: Self.side)
  }

  /// How much of the square around every joint a window covers.
  private func hidden(_ window: Window?, _ joints: [Point]) -> [Float] {
    let reach = Self.side / 8
    guard let window else { return joints.map { _ in 0 } }
    return joints.indices.map { joint in
      let at = position(joint, joints)
      let (x, y) = (Int(at.x), Int(at.y))
      let columns = window.x.pixels.clamped(to: x - reach..<x + reach + 1)
      let rows = window.y.pixels.clamped(to: y - reach..<y + reach + 1)
      return Float(columns.count * rows.count) / Float((2 * reach + 1) * (2 * reach + 1))
    }
  }

  /// What a made-up network predicts with the occluder at a window.
  private func prediction(_ window: Window?, isPooled: Bool, joints: [Point]) -> Predictions {
    var rotations = truth.rotations
    let hidden = hidden(window, joints)
    let anywhere = hidden.reduce(0, +) / Float(hidden.count)
    for j in 1..<joints.count {
      let amount = isPooled ? 0.12 + 0.9 * hidden[j] + 1.6 * anywhere : 0.09 + 1.2 * hidden[j]
      let turn = Rotation.about(j % 2 == 0 ? Point(1, 0, 0) : Point(0, 0.6, 0.8), by: amount * 0.55)
      let rows = (0..<3).map { r in
        Point(rotations[0, j, r, 0], rotations[0, j, r, 1], rotations[0, j, r, 2])
      }
      let turned = Matrix3(rows[0], rows[1], rows[2]) * turn
      for r in 0..<3 { for c in 0..<3 { rotations[0, j, r, c] = turned[r, c] } }
    }
    return Predictions(
      joints: body.joints(rotations: rotations, betas: truth.betas), body: (rotations, truth.betas),
      camera: Self.camera.numbers.reshaped([1, 3]))
  }

  /// Bumps around the joints on 12 × 12 maps, `[count, 12, 12, joints]`.
  private func attention(_ count: Int, _ joints: [Point]) -> Tensor {
    var maps = Tensor([count, 12, 12, joints.count])
    for n in 0..<count {
      for j in joints.indices {
        let at = position(j, joints) * 12 / Float(Self.side)
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
  ) -> SweepRecord {
    let (skeleton, side, label) = (Skeleton.smpl24, Self.side, isPooled ? "gap" : "attention")
    let settings = RecordSettings(
      model: ModelIdentity(
        label: label, name: label, fingerprint: isPooled ? "3f1c9a72" : "77ab0e14",
        kind: isPooled ? "pooled" : "part attention"),
      picture: .init(name: name, fingerprint: picture), crop: "spin",
      frame: PictureFrame(side: side, x: 0, y: 0, width: 192, height: 192),
      body: .init(name: "body_1000.npz", fingerprint: "0b0d1e55"),
      truth: hasTruth ? .init(name: "person-1.json", fingerprint: "7a07a07a") : nil,
      skeleton: skeleton.name, measured: skeleton.name, positions: PositionRule(stride: stride))
    let positions = settings.positions.positions(of: settings.occlusion, in: settings.frame)!
    let real = body.joints(rotations: truth.rotations, betas: truth.betas)
    let joints = real.points
    let clean = prediction(nil, isPooled: isPooled, joints: joints)
    let reference = (hasTruth ? real : clean.joints).reshaped([skeleton.count, 3])
    func results(_ predictions: Predictions) -> PositionResults {
      PositionResults(
        predictions, errors: JointErrorTable(of: predictions.joints, from: reference, in: skeleton))
    }
    let swept = Predictions(
      stacking: (0..<positions.count).map {
        prediction(positions[$0].window, isPooled: isPooled, joints: joints)
      })
    let silhouette = Silhouette(
      of: body, rotations: truth.rotations.reshaped([skeleton.count, 3, 3]),
      betas: truth.betas.reshaped([10]), camera: Self.camera, side: side)
    let context = RecordContext(
      truthJoints: hasTruth ? reference : nil,
      truthBody: hasTruth
        ? (truth.rotations.reshaped([skeleton.count, 3, 3]), truth.betas.reshaped([10])) : nil,
      truthCamera: hasTruth ? Self.camera.numbers : nil, bodyMask: silhouette.mask,
      picture: .init(side: crop.width, bytes: crop.pixels),
      cleanAttention: isPooled ? nil : attention(1, joints).reshaped([12, 12, skeleton.count]))
    return SweepRecord(
      settings: settings,
      notes: RecordNotes(
        visibility: hasTruth ? (0..<skeleton.count).map { $0 % 7 == 3 ? .selfOccluded : .visible } : nil,
        maskOf: hasTruth ? .groundTruth : .cleanPrediction, seed: 7, skeletons: [skeleton]),
      positions: positions, skeleton: skeleton, measured: skeleton, results: results(swept),
      clean: results(clean), context: context,
      worstAttention: isPooled ? nil : attention(3, joints))
  }

  /// Both networks on one picture.
  func records(hasTruth: Bool = true, name: String = "person-1.png", stride: Int = 16) -> [SweepRecord] {
    [
      record(isPooled: true, hasTruth: hasTruth, name: name, stride: stride),
      record(isPooled: false, hasTruth: hasTruth, name: name, stride: stride),
    ]
  }
}
