import Bodies
import Foundation
import Models
import Presentation
import Tensors

/// What a network predicts on a picture, with the joints that follow from it.
struct Estimate: Encodable {
  let network: String
  let picture: String
  let sidePixels: Int
  /// SMPL's own joints, of networks that give them.
  let joints: [[Float]]?
  let evaluationJoints: [[Float]]?
  let keypoints: Keypoints
  /// The SMPL body; of networks that predict one.
  let rotations: [[[Float]]]?
  let betas: [Float]?
  let camera: [Float]?
  /// Where the body's origin is in the camera's axes; where the network predicts a camera.
  let translation: [Float]?
  private let skeleton: Skeleton

  /// The joints that were asked for: in space, and where they are in the crop.
  struct Keypoints: Encodable {
    let set: String
    let names: [String]
    let positions: [[Float]]
    /// Where the joints are in the crop; where the network predicts a camera.
    let pixels: [[Float]]?

    enum CodingKeys: String, CodingKey {
      case set, names
      case positions = "positions_m"
      case pixels = "crop_px"
    }
  }

  enum CodingKeys: String, CodingKey {
    case network, picture, rotations, betas, camera, keypoints
    case translation = "translation_m"
    case sidePixels = "side_px"
    case joints = "joints24_m"
    case evaluationJoints = "h36m14_m"
  }

  /// The estimate of a prediction of one crop.
  init(
    _ predictions: Predictions, of input: PictureInput, by model: any PoseModel, side: Int,
    keypoints: (skeleton: Skeleton, positions: Tensor)
  ) {
    func rows(_ tensor: Tensor) -> [[Float]] { tensor.points.map { [$0.x, $0.y, $0.z] } }
    network = model.identity.label
    picture = input.source.name
    sidePixels = side
    joints = model.skeleton == .smpl24 ? rows(predictions.joints) : nil
    let body = predictions.body
    evaluationJoints = body.flatMap { body in
      model.body?.evaluationJoints.map { rows($0.positions(rotations: body.rotations, betas: body.betas)) }
    }
    rotations = body.map { body in
      let matrixRows = rows(body.rotations)
      return stride(from: 0, to: matrixRows.count, by: 3).map { Array(matrixRows[$0..<$0 + 3]) }
    }
    betas = body?.betas.elements
    camera = predictions.camera?.elements
    let lens = predictions.camera.map { WeakPerspectiveCamera($0) }
    let place = lens?.translation(side: side)
    translation = place.map { [$0.x, $0.y, $0.z] }
    skeleton = keypoints.skeleton
    self.keypoints = Keypoints(
      set: skeleton.name, names: skeleton.joints, positions: rows(keypoints.positions),
      pixels: lens.map { lens in
        keypoints.positions.points.map { point in
          let pixel = lens.pixel(of: point, side: side)
          return [pixel.x, pixel.y]
        }
      })
  }

  /// The estimate as a table for people.
  var lines: [String] {
    func list(_ values: [Float]) -> String {
      values.map { String(format: "%.3f", $0) }.joined(separator: ", ")
    }
    // Joints that are relative to an origin of their own are not shifted again.
    let root = skeleton.root(of: keypoints.positions.map { Point($0[0], $0[1], $0[2]) })
    let origin = skeleton.root.isEmpty ? [0, 0, 0] : joints?[0] ?? [root.x, root.y, root.z]
    let about = joints != nil || skeleton.root == ["pelvis"] ? "pelvis" : skeleton.rootTitle
    var table = [["joint, mm relative to the \(about)", "right", "down", "away"]]
    for (name, joint) in zip(skeleton.titles, keypoints.positions) {
      table.append(
        [name] + zip(joint, origin).map { String(format: "%.0f", (($0 - $1) * 1000).rounded() + 0) })
    }
    return ["\(picture): \(network), \(sidePixels)-pixel crop"]
      + (camera.map { ["camera  scale, right, down: \(list($0))"] } ?? [])
      + (betas.map { ["betas   \(list($0))"] } ?? []) + [""] + TextTable(table).lines
  }
}
