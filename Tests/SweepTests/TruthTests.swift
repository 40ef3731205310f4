import Archives
import Bodies
import Foundation
import Sweeps
import TestSupport
import Tensors
import Testing

@Suite("Truth") struct TruthTests {
  static let body = try! BodyModel(
    Archive(contentsOf: fixture("body_1000.npz")).tensors(), from: "body_1000.npz")
  static let pose: [Float] = (0..<72).map { Float($0 % 7) * 0.1 - 0.3 }
  static let betas: [Float] = (0..<10).map { Float($0) * 0.2 - 1 }

  static func read(_ text: String) throws -> Truth {
    try withTemporaryFolder { folder in
      try AtomicFile.write(text, to: folder + "/truth.json")
      return try Truth(contentsOf: folder + "/truth.json", body: body)
    }
  }

  @Test("positions are taken as they are") func positions() throws {
    let points = (0..<14).map { "[\($0), \($0 + 1), 0.5]" }.joined(separator: ",")
    let truth = try Self.read(#"{"joints": "h36m14", "positions_m": [\#(points)]}"#)
    #expect(truth.set == .h36m14 && truth.joints[3, 1] == 4 && truth.joints[13, 2] == 0.5)
    #expect(truth.parameters == nil && truth.camera == nil && truth.visibility == nil)
  }

  @Test("a pose is posed by the body") func pose() throws {
    var file = TruthFile(
      pose: Self.pose, betas: Self.betas, camera: [0.9, 0.1, 0.2],
      visibility: (0..<24).map { $0 == 3 ? .selfOccluded : .visible })
    let truth = try Truth(file, from: "x", body: Self.body)
    let rotations = Rotation.matrices(poses: Tensor([1, 72], Self.pose))
    let joints = Self.body.joints(rotations: rotations, betas: Tensor([1, 10], Self.betas))
    #expect(truth.set == .smpl24 && truth.joints == joints.reshaped([24, 3]))
    #expect(truth.camera?.elements == [0.9, 0.1, 0.2] && truth.visibility?[3] == .selfOccluded)

    // What is written is what is read.
    let again = try Self.read(String(decoding: file.json(), as: UTF8.self))
    #expect(again.joints == truth.joints && again.visibility == truth.visibility)

    // Positions go before the pose where both are told.
    file.joints = "smpl24"
    file.positions_m = (0..<24).map { [Float($0), 0, 0] }
    #expect(try Truth(file, from: "x", body: Self.body).joints[5, 0] == 5)
  }

  @Test("npz tells the same as json") func npz() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/truth.npz"
      try Npz.write(
        [
          ("joints", .strings(["smpl24"])),
          ("positions_m", .floats(Tensor([24, 3], (0..<72).map(Float.init)))),
        ], to: path)
      let truth = try Truth(contentsOf: path, body: Self.body)
      #expect(truth.set == .smpl24 && truth.joints[1, 0] == 3)

      try Npz.write([("pose", Tensor([24, 3], Self.pose)), ("betas", Tensor([10], Self.betas))], to: path)
      let posed = try Truth(contentsOf: path, body: Self.body)
      let file = TruthFile(pose: Self.pose, betas: Self.betas, camera: [1, 0, 0])
      #expect(posed.joints == (try Truth(file, from: "x", body: Self.body).joints))
    }
  }

  @Test(
    "what makes no sense is told in one sentence",
    arguments: [
      (#"{"joints": "h36m14", "positions_m": [[0, 0, 0]]}"#, "has positions of 1 joints; h36m14 has 14"),
      (#"{"joints": "coco17", "positions_m": []}"#, "coco17"),
      (#"{"positions_m": [[0, 0, 0]]}"#, "does not name its joints"),
      (#"{"pose": [1, 2], "betas": []}"#, "pose has 2 numbers"),
      (#"{"pose": ["a"]}"#, "pose is not of the form"),
      (#"{}"#, "neither positions_m"), ("", "neither json nor npz"), ("[1]", "form"),
      (#"{"visibility": ["gone"]}"#, "visibility holds a word"),
    ])
  func wrong(text: String, words: String) throws {
    let error = #expect(throws: SweepError.self) { try Self.read(text) }
    #expect(error?.kind == .badData)
    let line = error?.description ?? ""
    #expect(line.contains("truth.json: ") && line.contains(words) && !line.contains("\n"))
  }

  @Test("a camera that looks from behind is refused", arguments: [Float(-0.9), 0])
  func camera(scale: Float) throws {
    let file = TruthFile(pose: Self.pose, betas: Self.betas, camera: [scale, 0, 0])
    let error = #expect(throws: SweepError.self) { try Truth(file, from: "x", body: Self.body) }
    #expect(error?.kind == .badData && "\(error!)".contains("scale \(scale)"))
  }

  @Test("a missing file is no input") func missing() {
    let error = #expect(throws: SweepError.self) { try TruthFile(contentsOf: "/nowhere/truth.json") }
    #expect(error?.kind == .noInput)
  }
}
