import Archives
import ArgumentParser
import Bodies
import Figures
import Foundation
import Models
import Networks
import Pictures
import Presentation
import Tensors

/// `penumbra estimate`: what one network predicts on one picture.
struct EstimateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "estimate", abstract: "Predict the body in a picture with one network.")

  @Argument(help: "PNG or JPEG picture of one person.")
  var picture: String

  @OptionGroup var box: BoxOptions
  @OptionGroup var models: ModelOptions
  @OptionGroup var body: BodyOptions

  @Option(
    help: ArgumentHelp(
      "Joints to print: SMPL's own, or keypoints in the order of published code (smpl24, smpl45, openpose25, "
        + "annotated24, spin49, h36m17, h36m14), or those of a skeleton file.", valueName: "skeleton"))
  var joints = "smpl24"

  @Option(
    help: ArgumentHelp(
      "Draw the body over the crop, and beside it from its right side, as a PNG picture.", valueName: "file"))
  var out: String?

  @Flag(help: "Print one JSON object and nothing else.")
  var json = false

  func validate() throws {
    if models.models.count > 1 {
      throw ValidationError("penumbra estimate takes one network; give one --model")
    }
    if let out { try OutputFile.png.checkEnding(of: out) }
    guard !joints.hasSuffix(".json") else { return }
    do { _ = try Skeleton.given(joints) } catch { throw ValidationError("--joints \(error)") }
  }

  func run() throws {
    if let out { try OutputFile.png.checkPlace(out, inputs: [picture]) }
    let input = try box.load(picture)
    let body = try body.load()
    let skeleton = try Skeleton.given(joints)
    if let reason = body.keypoints.unavailabilityReason(of: skeleton) {
      throw Failure(.noInput, "\(body.source.name): \(skeleton.name) \(reason)")
    }
    if out != nil, body.model.faces.isEmpty {
      throw Failure(.noInput, "\(body.source.name): has no faces (f) to draw; leave out --out")
    }
    let network = try models.load()[0]
    let model = SMPLModel(network, body: body, crop: box.crop)
    let predictions = try input.prepared(for: model, occlusion: Occlusion()).predict(at: [nil])
    let side = network.regressor.side
    let (rotations, betas) = predictions.body!
    let posed = body.model.posed(rotations: rotations, betas: betas)
    if let out {
      let drawing = BodySurface(
        vertices: posed.vertices.points, faces: body.model.faces,
        camera: WeakPerspectiveCamera(predictions.camera!))
      let sheet = drawing.sheet(on: try input.displayCrop(side: side), side: PictureInput.displaySide)
      try AtomicFile.write(sheet.pngData(), to: out)
    }
    let estimate = Estimate(
      predictions, of: input, by: network, body, side: side,
      keypoints: (skeleton, body.keypoints.positions(skeleton, of: posed)!))
    if json { return try Console.writeJSON(estimate) }
    for line in estimate.lines { Console.writeLine(line) }
  }
}
