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
    commandName: "estimate", abstract: "Predict the body in pictures with one network.")

  @Argument(help: "Pictures of one person each, or folders of such.")
  var pictures: [String]

  @OptionGroup var box: BoxOptions
  @OptionGroup var models: ModelOptions
  @OptionGroup var body: BodyOptions

  @Option(
    help: ArgumentHelp(
      "Joints to print: the network's own, such as smpl24 (the default), or keypoints in the order of published code "
        + "(smpl45, openpose25, annotated24, spin49, h36m17, h36m14), or those of a skeleton file.",
      valueName: "skeleton"))
  var joints: String?

  @Option(
    help: ArgumentHelp(
      "Draw the body over the crop, and beside it from its right side, as a PNG picture; a folder for several pictures.",
      valueName: "file|dir"))
  var out: String?

  @Flag(help: "Print one JSON object and nothing else.")
  var json = false

  func validate() throws {
    if models.models.count != 1 {
      throw ValidationError("penumbra estimate takes one network; give one --model")
    }
    guard let joints, !joints.hasSuffix(".json") else { return }
    do { _ = try Skeleton.given(joints) } catch { throw ValidationError("--joints \(error)") }
  }

  func run() throws {
    let list = try PictureList(pictures)
    let isOne = list.paths.count == 1
    let drawings = try out.map { try places(of: list, in: $0) }
    let people = try box.people()
    // A picture whose person is missing is an error where it is the only one.
    let shown = isOne ? [0] : try list.whereFound(by: people, person: box.person)
    let first = try box.load(
      list.paths[shown[0]], people: people, stem: isOne ? nil : list.stems[shown[0]])
    let body = try body.load()
    let given = try joints.map { try Skeleton.given($0) }
    let model = try models.load(body: body, crop: box.crop)[0]
    let skeleton = given ?? model.skeleton
    if model.body != nil, let reason = body.keypoints.unavailabilityReason(of: skeleton) {
      throw Failure(.noInput, "\(body.source.name): \(skeleton.name) \(reason)")
    }
    if out != nil {
      guard model.outputs.isSuperset(of: [.body, .camera]) else {
        throw Failure(
          .badData, "\(model.identity.label): gives no SMPL body and camera to draw; leave out --out")
      }
      if body.model.faces.isEmpty {
        throw Failure(.noInput, "\(body.source.name): has no faces (f) to draw; leave out --out")
      }
    }
    var estimates: [Estimate] = []
    for number in shown {
      let input =
        number == shown[0]
        ? first : try box.load(list.paths[number], people: people, stem: list.stems[number])
      let estimate = try estimate(input, model, skeleton, drawing: drawings?[number])
      if json {
        estimates.append(estimate)
      } else {
        if number != shown[0] { Console.writeLine() }
        for line in estimate.lines { Console.writeLine(line) }
      }
    }
    guard json else { return }
    if isOne { return try Console.writeJSON(estimates[0]) }
    try Console.writeJSON(["estimates": estimates])
  }

  /// Where the drawing of every picture goes: the file, or a file for each in the folder.
  private func places(of list: PictureList, in out: String) throws -> [String] {
    let isOne = list.paths.count == 1
    if isOne {
      try OutputFile.png.checkEnding(of: out)
    } else if out.lowercased().hasSuffix(".png") {
      throw Failure(.usage, "\(out): is one file for several pictures; give a folder")
    } else {
      try makeFolder(out)
    }
    let places = isOne ? [out] : list.stems.map { "\(out)/\($0).png" }
    for place in places { try OutputFile.png.checkPlace(place, inputs: list.paths) }
    return places
  }

  private func estimate(
    _ input: PictureInput, _ model: any PoseModel, _ skeleton: Skeleton, drawing: String?
  ) throws -> Estimate {
    let prepared = try input.prepared(for: model, occlusion: Occlusion())
    let predictions = try prepared.predict(at: [nil])
    let side = prepared.frame.side
    guard predictions.joints.elements.allSatisfy({ !$0.isNaN }) else {
      throw Failure(
        .badData, "\(input.path): \(model.identity.label) finds nobody in it; give --box, or another picture")
    }
    var positions: Tensor?
    if let body = model.body, let (rotations, betas) = predictions.body {
      let posed = body.model.posed(rotations: rotations, betas: betas)
      positions = body.keypoints.positions(skeleton, of: posed)
      if let drawing, let camera = predictions.camera {
        let surface = BodySurface(
          vertices: posed.vertices.points, faces: body.model.faces, camera: WeakPerspectiveCamera(camera))
        let sheet = surface.sheet(
          on: try input.displayCrop(of: prepared.frame), side: PictureInput.displaySide)
        try AtomicFile.write(sheet.pngData(), to: drawing)
      }
    }
    return Estimate(
      predictions, of: input, by: model, side: side,
      keypoints: (skeleton, try positions ?? model.joints(skeleton, of: predictions)))
  }
}
