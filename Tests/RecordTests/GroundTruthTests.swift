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
          ("positions_m", .floats(Tensor([24, 3], (0..<72).map { Float($0) / 4 }))),
        ], to: path)
      let truth = try GroundTruth(contentsOf: path, body: Self.body)
      #expect(truth.skeleton == .smpl24 && truth.joints[1, 0] == 0.75)

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
      (#"{}"#, "neither positions_m"), ("", "neither JSON nor a file of arrays"), ("[1]", "form"),
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

@Suite("Ground truth in files of arrays") struct GroundTruthArrayTests {
  typealias Values = [(String, Npz.Values)]

  static func read(_ arrays: Values) throws -> GroundTruthFile {
    try withTemporaryFolder { folder in
      try Npz.write(arrays, to: folder + "/truth.npz")
      return try GroundTruthFile(contentsOf: folder + "/truth.npz")
    }
  }

  static let pose = GroundTruthTests.pose
  static let betas = Npz.Values.floats(Tensor([10], GroundTruthTests.betas))
  static let matrices = Rotation.matrices(poses: Tensor([1, 72], pose))

  @Test("a pose in any usual form is the same pose") func poses() throws {
    let body = Tensor([1, 69], Array(pose[3...]))
    let root = Tensor([1, 3], Array(pose[..<3]))
    let bodies = Tensor([23, 3, 3], Array(Self.matrices.elements[9...]))
    let roots = Tensor([1, 3, 3], Array(Self.matrices.elements[..<9]))
    let forms: [(Values, notes: Int)] = [
      ([("pose", .floats(Tensor([72], pose)))], 0), ([("pose", .floats(Tensor([24, 3], pose)))], 0),
      ([("pose", .floats(Tensor([1, 72], pose)))], 0), ([("poses", .floats(Tensor([1, 72], pose)))], 1),
      ([("pose", .floats(Self.matrices))], 1),
      ([("thetas", .floats(Self.matrices.reshaped([24, 3, 3])))], 2),
      ([("global_orient", .floats(root)), ("body_pose", .floats(body))], 1),
      ([("body_pose", .floats(bodies)), ("global_orient", .floats(roots))], 3),
      ([("smpl.pose", .floats(Tensor([72], pose)))], 1),
    ]
    for (form, notes) in forms {
      let prefix = form[0].0.hasPrefix("smpl.") ? "smpl." : ""
      let file = try Self.read(form + [(prefix + "betas", Self.betas)])
      let found = try #require(file.pose, "\(form.map(\.0))")
      #expect(zip(found, pose).allSatisfy { abs($0 - $1) < 1e-5 } && found.count == 72, "\(form.map(\.0))")
      #expect(file.notes.count == notes && file.betas == GroundTruthTests.betas, "\(file.notes)")
      // What is noted about a file is no part of the truth.
      #expect(try !String(decoding: file.json(), as: UTF8.self).contains("notes"))
    }
  }

  private var pose: [Float] { Self.pose }

  @Test("shape parameters beyond ten are left, and other names taken") func shape() throws {
    let many = Tensor([1, 300], (0..<300).map { Float($0) })
    let file = try Self.read([("pose", .floats(Tensor([72], pose))), ("shape", .floats(many))])
    #expect(file.betas == (0..<10).map(Float.init) && file.notes.count == 2)
  }

  @Test("poses that are of several people, of another model or no rotations are refused by name")
  func wrong() throws {
    func message(_ arrays: Values) -> String {
      do {
        _ = try Self.read(arrays + [("betas", Self.betas)])
        return ""
      } catch { return "\(error)" }
    }
    #expect(message([("pose", .floats(Tensor([2, 72])))]).contains("pose: has 2 rows"))
    #expect(message([("poses", .floats(Tensor([5, 24, 3, 3])))]).contains("poses: has 5 rows"))
    #expect(message([("body_pose", .floats(Tensor([69])))]).contains("without global_orient"))
    #expect(
      message([("body_pose", .floats(Tensor([63]))), ("global_orient", .floats(Tensor([3])))])
        .contains("21 joints, those of SMPL-X"))
    #expect(message([("pose", .floats(Tensor([24, 3, 3])))]).contains("no rotations"))
    #expect(
      message([("a.pose", .floats(Tensor([72]))), ("b.pose", .floats(Tensor([72])))]).contains("2 poses"))
  }

  @Test("every container gives the same truth", arguments: ["pkl", "joblib", "npy", "pt"])
  func containers(ending: String) throws {
    // Positions of 24 joints, in the order of the numbers from 0 to 71 tenths.
    let file = try GroundTruthFile(contentsOf: fixture("archives/truth.\(ending)"))
    #expect(file.joints == "smpl24" && file.positions_m?.count == 24)
    #expect(file.positions_m?[5] == [1.5, 1.6, 1.7])
    #expect(file.pose?.count == 72 && file.betas?.count == 10 && file.camera == [0.9, 0, 0.1])
  }

  @Test("positions that are no metres are refused") func units() throws {
    func message(_ scale: Float) -> String {
      let points = Tensor([24, 3], (0..<72).map { Float($0) * 0.02 * scale })
      do {
        let file = try Self.read([("joints", .strings(["smpl24"])), ("positions_m", .floats(points))])
        _ = try GroundTruth(file, from: "x", body: nil)
        return ""
      } catch { return "\(error)" }
    }
    #expect(message(1) == "" && message(10) == "")
    #expect(message(1000).contains("divide millimetres by 1000"))
    #expect(message(100).contains("metres"))
  }

  @Test("JSON may have the names and forms that arrays have") func otherJSON() throws {
    let pose = (0..<72).map { Double($0) / 100 }, betas = (0..<10).map { Double($0) / 10 }
    func file(_ text: String) throws -> GroundTruthFile {
      try withTemporaryFolder { folder in
        try AtomicFile.write(text, to: folder + "/truth.json")
        return try GroundTruthFile(contentsOf: folder + "/truth.json")
      }
    }
    for text in [
      #"{"smpl_pose": \#(pose), "shape": \#(betas)}"#, #"{"pose": [\#(pose)], "betas": [\#(betas)]}"#,
      #"{"smpl": {"global_orient": \#(Array(pose[..<3])), "body_pose": \#(Array(pose[3...])), "betas": \#(betas)}}"#,
    ] {
      let found = try file(text)
      #expect(found.pose == pose.map { Float($0) } && found.betas == betas.map { Float($0) }, "\(text)")
    }
    let joints = try file(#"{"joints": "smpl24", "positions": \#((0..<24).map { [Double($0) / 10, 0, 1] })}"#)
    #expect(joints.positions_m?.count == 24 && joints.joints == "smpl24")
  }
}
