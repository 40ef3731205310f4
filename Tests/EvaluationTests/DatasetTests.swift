import Archives
import Bodies
import Foundation
import Evaluation
import TestSupport
import Tensors
import Testing

@Suite("Datasets") struct DatasetTests {
  @Test("genders are read as they are spelled; another word is refused, numbers are no words") func genders()
    throws
  {
    try withTemporaryFolder { folder in
      func dataset(_ gender: Npz.Values) throws -> Dataset {
        try Npz.write(
          [
            ("imgname", .strings(["a.png", "b.png", "c.png"])),
            ("center", .floats(Tensor([3, 2], repeating: 9))),
            ("scale", .floats(Tensor([3], repeating: 1))), ("pose", .floats(Tensor([3, 72]))),
            ("shape", .floats(Tensor([3, 10]))), ("gender", gender),
          ], to: folder + "/set.npz")
        return try Dataset(contentsOf: folder + "/set.npz")
      }
      let spelled = try dataset(.strings(["Male", "neutral", "f"]))
      #expect(spelled.rows.map(\.gender) == [.male, nil, .female] && spelled.namesGenders)
      #expect(try dataset(.strings(["neutral", "neutral", "N"])).namesGenders)
      let numbers = try dataset(.floats(Tensor([3], [0, 1, 0])))
      #expect(numbers.rows.allSatisfy { $0.gender == nil } && !numbers.namesGenders)
      let error = #expect(throws: EvaluationError.self) { try dataset(.strings(["m", "x", "f"])) }
      #expect(error?.description.contains("gender of row 1 is 'x'") == true)
    }
  }

  @Test("a folder of 3DPW's sequences gives every person and every frame whose camera is known")
  func sequences() throws {
    let rows = try Dataset(contentsOf: fixture("archives/sequences")).rows
    #expect(rows.map(\.index) == [0, 1, 2, 3])
    #expect(
      rows.map(\.image)
        == [0, 1, 1, 2].map { "imageFiles/downtown_bar_00/image_0000\($0).jpg" })
    #expect(rows.map(\.gender) == [.male, .male, .female, .female])
    expectClose(rows[0].betas, (0..<10).map { Float($0) * 2 / 9 - 1 }, absolute: 1e-6)
    #expect(rows[3].betas.count == 10 && rows[3].betas[0] == 1)
    // The first frame's camera looks straight; the others' swaps x and z.
    let archive = try Archive(contentsOf: fixture("archives/sequences/downtown_bar_00.pkl"))
    let poses = try archive.tensor("poses.0")
    expectClose(rows[0].pose, poses.rows(0..<1).elements, absolute: 1e-5)
    #expect(Array(rows[1].pose.dropFirst(3)) == Array(poses.rows(1..<2).elements.dropFirst(3)))
    func turn(_ pose: [Float]) -> Matrix3 { Rotation.matrix(axisAngle: Point(pose[0], pose[1], pose[2])) }
    let (before, after) = (turn(poses.rows(1..<2).elements), turn(rows[1].pose))
    for column in 0..<3 {
      expectClose(
        [after[0, column], after[1, column], after[2, column]],
        [before[2, column], before[1, column], -before[0, column]], absolute: 1e-5)
    }
    // Nine points of eighteen were seen.
    let points = try archive.tensor("poses2d.1").elements
    let x = points[2 * 54..<2 * 54 + 9], y = points[2 * 54 + 18..<2 * 54 + 27]
    let (width, height) = (x.max()! - x.min()!, y.max()! - y.min()!)
    #expect(abs(rows[3].side - 1.2 * Double(max(width, height))) < 1e-9)
    let centre = [Double(x.max()! + x.min()!) / 2, Double(y.max()! + y.min()!) / 2]
    #expect([rows[3].centre.x, rows[3].centre.y] == centre)
  }

  @Test("subsets go by the folder of the picture, 3DPW-OCC by its first two words") func subsets() {
    func name(_ sequence: String) -> String { "imageFiles/\(sequence)/image_00000.jpg" }
    #expect(Dataset.Subset.test.contains(name("downtown_bar_00")))
    #expect(!Dataset.Subset.test.contains(name("downtown_bar_01")))
    #expect(Dataset.Subset.occ.contains(name("courtyard_box_00")))
    #expect(Dataset.Subset.occ.contains(name("downtown_stairs_00")))
    #expect(!Dataset.Subset.occ.contains(name("downtown_bar_00")))
    #expect(Dataset.Subset.all.contains("a.png") && !Dataset.Subset.test.contains("a.png"))
  }

  @Test("one sequence file, and the folders of a download, give the same frames") func downloaded() throws {
    try withTemporaryFolder { folder in
      let file = fixture("archives/sequences/downtown_bar_00.pkl")
      let one = try Dataset(contentsOf: file)
      #expect(one.kind == "sequences of 3DPW" && one.rows.count == 4)
      let place = folder + "/3DPW/sequenceFiles/test"
      try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
      try FileManager.default.copyItem(atPath: file, toPath: place + "/downtown_bar_00.pkl")
      for root in ["/3DPW", "/3DPW/sequenceFiles", "/3DPW/sequenceFiles/test"] {
        let rows = try Dataset(contentsOf: folder + root).rows
        #expect(Dataset.fingerprint(of: rows) == Dataset.fingerprint(of: one.rows), "\(root)")
      }
    }
  }

  @Test("a folder without sequences, and one with another pickle, are told by name") func bad() throws {
    let error = #expect(throws: EvaluationError.self) { try Dataset(contentsOf: fixture("people")) }
    #expect(error?.kind == .noInput && error?.sentence.contains("*.pkl") == true)
    let other = #expect(throws: ArchiveError.self) {
      try Dataset(contentsOf: fixture("golden/small/data/smpl"))
    }
    #expect(other?.description.contains("cam_poses") == true)
  }
}

extension Dataset.Row {
  /// The parameters of the body; none where the truth is joints.
  var pose: [Float] { if case .body(let pose, _) = truth { pose } else { [] } }
  var betas: [Float] { if case .body(_, let betas) = truth { betas } else { [] } }
}
