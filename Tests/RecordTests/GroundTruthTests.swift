import Archives
import Bodies
import Foundation
import Records
import TestSupport
import Tensors
import Testing

@Suite("Ground truth") struct GroundTruthTests {
  static let body = try! BodyModel(
    Archive(contentsOf: fixture("body_1000.npz")).tensors(), from: "body_1000.npz")
  static let pose: [Float] = (0..<72).map { Float($0 % 7) * 0.1 - 0.3 }
  static let betas: [Float] = (0..<10).map { Float($0) * 0.2 - 1 }

  static func read(_ text: String) throws -> GroundTruth {
    try withTemporaryFolder { folder in
      try AtomicFile.write(text, to: folder + "/truth.json")
      return try GroundTruth(contentsOf: folder + "/truth.json", body: body)
    }
  }

  @Test("positions are used unchanged") func positions() throws {
    let points = (0..<14).map { "[\($0), \($0 + 1), 0.5]" }.joined(separator: ",")
    let truth = try Self.read(#"{"joints": "h36m14", "positions_m": [\#(points)]}"#)
    #expect(truth.skeleton == .h36m14 && truth.joints[3, 1] == 4 && truth.joints[13, 2] == 0.5)
    #expect(truth.body == nil && truth.camera == nil && truth.visibility == nil)
  }

  @Test("a pose is posed by the body") func pose() throws {
    var file = GroundTruthFile(
      pose: Self.pose, betas: Self.betas, camera: [0.9, 0.1, 0.2],
      visibility: (0..<24).map { $0 == 3 ? .selfOccluded : .visible })
    let truth = try GroundTruth(file, from: "x", body: Self.body)
    let rotations = Rotation.matrices(poses: Tensor([1, 72], Self.pose))
    let joints = Self.body.joints(rotations: rotations, betas: Tensor([1, 10], Self.betas))
    #expect(truth.skeleton == .smpl24 && truth.joints == joints.reshaped([24, 3]))
    #expect(truth.camera?.elements == [0.9, 0.1, 0.2] && truth.visibility?[3] == .selfOccluded)

    // What is written is what is read.
    let again = try Self.read(String(decoding: file.json(), as: UTF8.self))
    #expect(again.joints == truth.joints && again.visibility == truth.visibility)

    // Positions go before the pose where both are given.
    file.joints = "smpl24"
    file.positions_m = (0..<24).map { [Float($0), 0, 0] }
    #expect(try GroundTruth(file, from: "x", body: Self.body).joints[5, 0] == 5)
  }

  @Test("a pose may be a vector for each joint") func vectors() throws {
    let vectors = stride(from: 0, to: 72, by: 3).map {
      "[\(Self.pose[$0]), \(Self.pose[$0 + 1]), \(Self.pose[$0 + 2])]"
    }
    let text = #"{"pose": [\#(vectors.joined(separator: ", "))], "betas": [0,0,0,0,0,0,0,0,0,0]}"#
    let flat = GroundTruthFile(pose: Self.pose, betas: .init(repeating: 0, count: 10), camera: [1, 0, 0])
    #expect(try Self.read(text).joints == GroundTruth(flat, from: "x", body: Self.body).joints)
    let pairs = #"{"pose": [[1, 2], [3, 4]], "betas": [0,0,0,0,0,0,0,0,0,0]}"#
    #expect(throws: RecordError.self) { try Self.read(pairs) }
  }

  @Test("npz and JSON give equal ground truth") func npz() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/truth.npz"
      try Npz.write(
        [
          ("joints", .strings(["smpl24"])),
          ("positions_m", .floats(Tensor([24, 3], (0..<72).map(Float.init)))),
        ], to: path)
      let truth = try GroundTruth(contentsOf: path, body: Self.body)
      #expect(truth.skeleton == .smpl24 && truth.joints[1, 0] == 3)

      try Npz.write([("pose", Tensor([24, 3], Self.pose)), ("betas", Tensor([10], Self.betas))], to: path)
      let posed = try GroundTruth(contentsOf: path, body: Self.body)
      let file = GroundTruthFile(pose: Self.pose, betas: Self.betas, camera: [1, 0, 0])
      #expect(posed.joints == (try GroundTruth(file, from: "x", body: Self.body).joints))
    }
  }

  @Test(
    "invalid content is reported in one sentence",
    arguments: [
      (#"{"joints": "h36m14", "positions_m": [[0, 0, 0]]}"#, "has positions of 1 joints; h36m14 has 14"),
      (#"{"joints": "coco17", "positions_m": []}"#, "has positions of 0 joints; coco17 has 17"),
      (
        #"{"joints": "tail5", "positions_m": []}"#,
        "joints are \"tail5\"; is not known; there are annotated24"
      ),
      (#"{"joints": "common12", "positions_m": [[0, 0], 1]}"#, "positions_m is not of the form"),
      (#"{"pose": [1, 2], "betas": [1], "camera": [1]}"#, "pose has 2 numbers"),
      (#"{"positions_m": [[0, 0, 0]]}"#, "does not name its joints"),
      (#"{"pose": [1, 2], "betas": []}"#, "pose has 2 numbers"),
      (#"{"pose": ["a"]}"#, "pose is not of the form"),
      (#"{}"#, "neither positions_m"), ("", "neither json nor npz"), ("[1]", "form"),
      (#"{"visibility": ["gone"]}"#, "visibility contains an unknown word"),
    ])
  func wrong(text: String, words: String) throws {
    let error = #expect(throws: RecordError.self) { try Self.read(text) }
    #expect(error?.kind == .badData)
    let line = error?.description ?? ""
    #expect(line.contains("truth.json: ") && line.contains(words) && !line.contains("\n"))
  }

  @Test("any skeleton's joints are ground truth, with what can be seen of them") func skeletons() throws {
    let points = (0..<17).map { "[\($0), 0.25, -1]" }.joined(separator: ",")
    let all = (0..<24).map { "\"\($0 == Joint.leftKnee.rawValue ? "hiddenByObject" : "visible")\"" }
    let text = #""joints": "coco17", "positions_m": [\#(points)]"#
    let truth = try Self.read("{\(text)}")
    #expect(truth.skeleton.name == "coco17" && truth.joints.shape == [17, 3] && truth.joints[4, 0] == 4)
    // A list over SMPL's joints holds for their counterparts.
    let seen = try Self.read(#"{\#(text), "visibility": [\#(all.joined(separator: ","))]}"#)
    let knee = try #require(truth.skeleton.index(of: "left_knee"))
    #expect(seen.visibility?.count == 17)
    #expect(seen.visibility?.indices.filter { seen.visibility![$0] != .visible } == [knee])
    let own = try Self.read(
      #"{\#(text), "visibility": [\#(all.prefix(17).joined(separator: ","))]}"#)
    #expect(own.visibility?[4] == .hiddenByObject)
    let error = #expect(throws: RecordError.self) {
      try Self.read(#"{\#(text), "visibility": ["visible"]}"#)
    }
    #expect(error?.description.contains("visibility has 1 entries") == true)
  }

  @Test("numbers that make no body are refused") func numbers() throws {
    func error(_ change: (inout GroundTruthFile) -> Void, body: BodyModel? = Self.body) -> String {
      var file = GroundTruthFile(pose: Self.pose, betas: Self.betas, camera: [1, 0, 0])
      change(&file)
      do {
        _ = try GroundTruth(file, from: "x.npz", body: body)
        return ""
      } catch { return error.description }
    }
    #expect(error { _ in } == "")
    #expect(error { $0.pose![3] = .nan }.contains("not finite"))
    #expect(error { $0.betas![9] = .infinity }.contains("not finite"))
    #expect(error { $0.betas = [1] }.contains("betas has 1 numbers"))
    #expect(error { $0.camera = [1, 0] }.contains("camera is not scale"))
    #expect(error({ _ in }, body: nil).contains("needs a body model"))
    #expect(
      error {
        ($0.joints, $0.positions_m) = ("common12", (0..<12).map { _ in [2e4, 0, 0] })
      }.contains("10 km"))
  }

  @Test("a camera that looks from behind is refused", arguments: [Float(-0.9), 0])
  func camera(scale: Float) throws {
    let file = GroundTruthFile(pose: Self.pose, betas: Self.betas, camera: [scale, 0, 0])
    let error = #expect(throws: RecordError.self) { try GroundTruth(file, from: "x", body: Self.body) }
    #expect(error?.kind == .badData && "\(error!)".contains("scale \(scale)"))
  }

  @Test("a missing file is reported as missing input") func missing() {
    let error = #expect(throws: RecordError.self) { try GroundTruthFile(contentsOf: "/nowhere/truth.json") }
    #expect(error?.kind == .noInput)
  }
}
