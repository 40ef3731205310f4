import Archives
public import ArgumentParser
public import Bodies
import Figures
import Foundation
import Networks
import Pictures
import Sweeps
import Tensors

extension KeypointSet: ExpressibleByArgument {}

/// `penumbra estimate`: what one network says of one picture.
struct EstimateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "estimate", abstract: "Estimate the body in a picture with one network.")

  @Argument(help: "A PNG or JPEG picture of one person.")
  var picture: String

  @OptionGroup var box: BoxOptions
  @OptionGroup var models: ModelOptions
  @OptionGroup var body: BodyOptions

  @Option(help: "The joints to tell: SMPL's own, or keypoints in the order of published code.")
  var joints = KeypointSet.smpl24

  @Option(
    help: ArgumentHelp(
      "Draw the body over the crop, and beside it from its right, as a PNG picture.", valueName: "file"))
  var out: String?

  @Flag(help: "Print one JSON object and nothing else.")
  var json = false

  func validate() throws {
    if models.models.count > 1 { throw ValidationError("One network estimates at a time; give one --model") }
  }

  func run() throws {
    let picture = try box.load(picture)
    let body = try body.load()
    if let reason = body.keypoints.reasonAgainst(joints) {
      throw Failure(.noInput, "\(body.source.name): \(joints.rawValue) \(reason)")
    }
    if out != nil, body.model.faces.isEmpty {
      throw Failure(.noInput, "\(body.source.name): has no faces (f) to draw; leave out --out")
    }
    let model = try models.load()[0]
    let side = model.regressor.side
    let prediction = try model.regressor.estimate(picture.input(of: model).reshaped([1, side, side, 3]))
    let posed = body.model.posed(rotations: prediction.rotations, betas: prediction.betas)
    if let out {
      let drawing = BodyDrawing(
        vertices: posed.vertices.points, faces: body.model.faces,
        camera: WeakPerspectiveCamera(prediction.camera))
      let sheet = drawing.sheet(
        on: try picture.displayCrop(side: side), side: LoadedPicture.displaySide)
      try AtomicFile.write(sheet.pngData(), to: out)
    }
    let estimate = Estimate(
      prediction, of: picture, by: model, body,
      keypoints: (joints, body.keypoints.positions(joints, of: posed)!))
    if json { return try Console.writeJSON(estimate) }
    for line in estimate.lines { Console.writeLine(line) }
  }
}

/// What a network says of a picture, with the joints that follow from it.
struct Estimate: Encodable {
  let network: String
  let picture: String
  let sidePixels: Int
  let joints: [[Float]]
  let evaluationJoints: [[Float]]?
  let keypoints: Keypoints
  let rotations: [[[Float]]]
  let betas: [Float]
  let camera: [Float]
  /// Where the body's origin lies in the camera's axes.
  let translation: [Float]

  /// The joints that were asked for: in space, and where they lie in the crop.
  struct Keypoints: Encodable {
    let set: KeypointSet
    let names: [String]
    let positions, pixels: [[Float]]

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
    _ prediction: Prediction, of picture: LoadedPicture, by model: LoadedModel, _ body: LoadedBody,
    keypoints: (set: KeypointSet, positions: Tensor)
  ) {
    func rows(_ tensor: Tensor) -> [[Float]] { tensor.points.map { [$0.x, $0.y, $0.z] } }
    network = model.label
    self.picture = picture.source.name
    sidePixels = model.regressor.side
    joints = rows(body.joints(prediction))
    evaluationJoints = body.evaluationJoints.map {
      rows($0.positions(rotations: prediction.rotations, betas: prediction.betas))
    }
    let matrixRows = rows(prediction.rotations)
    rotations = stride(from: 0, to: 72, by: 3).map { Array(matrixRows[$0..<$0 + 3]) }
    betas = prediction.betas.elements
    camera = prediction.camera.elements
    let (lens, side) = (WeakPerspectiveCamera(prediction.camera), model.regressor.side)
    let place = lens.translation(side: side)
    translation = [place.x, place.y, place.z]
    self.keypoints = Keypoints(
      set: keypoints.set, names: keypoints.set.names, positions: rows(keypoints.positions),
      pixels: keypoints.positions.points.map { point in
        let pixel = lens.pixel(of: point, side: side)
        return [pixel.x, pixel.y]
      })
  }

  /// The estimate as a table for people.
  var lines: [String] {
    func list(_ values: [Float]) -> String {
      values.map { String(format: "%.3f", $0) }.joined(separator: ", ")
    }
    func padded(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(0, width - text.count)) + text
    }
    let titles = keypoints.set.titles
    let width = titles.map(\.count).max() ?? 0
    // Evaluation joints are told from a pelvis of their own already.
    let origin = keypoints.set == .h36m14 ? [0, 0, 0] : joints[0]
    let title = "joint, mm from the pelvis"
    var lines = [
      "\(picture): \(network), \(sidePixels)-pixel crop",
      "camera  scale, right, down: \(list(camera))", "betas   \(list(betas))", "",
      title + String(repeating: " ", count: max(0, width - title.count))
        + "   right    down    away",
    ]
    for (name, joint) in zip(titles, keypoints.positions) {
      let place = zip(joint, origin).map {
        padded(String(format: "%.0f", (($0 - $1) * 1000).rounded() + 0), 8)
      }
      lines.append(
        name + String(repeating: " ", count: max(width, title.count) - name.count) + place.joined())
    }
    return lines
  }
}
