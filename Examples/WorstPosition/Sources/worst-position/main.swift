// Sweeps a network of its own over a picture and prints where a gray patch moves its joints most.
import Bodies
import Models
import Pictures
import Sweeps
import Tensors

/// A network of three joints: the brighter a side of the image is, the farther away is the hand there.
struct Hands: PoseModel {
  let identity = ModelIdentity(label: "hands", name: "hands", fingerprint: "hands-1", kind: "example")
  let skeleton = try! Skeleton(
    name: "hands3", joints: ["pelvis", "left_hand", "right_hand"], root: ["pelvis"])
  let outputs: ModelOutputs = []

  func prepare(_ picture: Picture, box: Box?, occlusion: Occlusion) throws -> any PreparedPicture {
    PreparedHands(
      crop: try picture.networkInput(around: box, side: 64, by: .spin),
      frame: try PictureFrame(side: 64, of: picture, box: box, by: .spin), occlusion: occlusion)
  }
}

/// A picture as the network sees it: `[64, 64, 3]`.
struct PreparedHands: PreparedPicture {
  let crop: Tensor, frame: PictureFrame, occlusion: Occlusion

  func predict(at windows: [Window?], attention: Bool) throws -> Predictions {
    let joints = windows.flatMap { window -> [Float] in
      let seen = window.map { occlusion.patch(at: $0, in: frame).pasted(on: crop) } ?? crop
      func brightness(_ columns: Range<Int>) -> Float {
        (0..<64).reduce(0) { sum, row in columns.reduce(sum) { $0 + seen[row, $1, 1] } } / 2048
      }
      return [0, 0, 0, 0.5, -0.5, brightness(32..<64), -0.5, -0.5, brightness(0..<32)]
    }
    return Predictions(joints: Tensor([windows.count, 3, 3], joints))
  }
}

let picture = try Picture(contentsOf: CommandLine.arguments[1])
let (model, occlusion) = (Hands(), Occlusion(size: 40))
let prepared = try model.prepare(picture, box: nil, occlusion: occlusion)
let positions = PositionRule(stride: 8).positions(of: occlusion, in: prepared.frame)!
let errors = try Sweep(model, over: prepared, positions: positions).results(at: 0..<positions.count).error
let means = (0..<positions.count).map { errors.rows($0..<$0 + 1).elements.reduce(0, +) / 3 }
let worst = means.indices.max { means[$0] < means[$1] }!
let (x, y) = (positions[worst].x.centre, positions[worst].y.centre)
print(
  "worst of \(positions.count) positions: (\(Int(prepared.frame.pictureX(x))), \(Int(prepared.frame.pictureY(y)))),",
  "joints move by \(Int((1000 * means[worst]).rounded())) mm on average")
