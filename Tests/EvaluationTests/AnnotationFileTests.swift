import Archives
import Bodies
import Evaluation
import Foundation
import Tensors
import TestSupport
import Testing

/// The forms that annotation files have, project by project.
@Suite("Annotation files") struct AnnotationFileTests {
  typealias Arrays = [(String, Npz.Values)]

  private static let images = ("imgname", Npz.Values.strings(["a.png", "b.png", "c.png"]))
  private static let boxes: Arrays = [
    ("center", .floats(Tensor([3, 2], [10, 20, 30, 40, 50, 60]))),
    ("scale", .floats(Tensor([3], [1, 2, 3]))),
  ]

  /// The numbers 0, 1/100, 2/100 and so on.
  private static func counted(_ shape: Int...) -> Npz.Values {
    let count = shape.reduce(1, *)
    return .floats(Tensor(shape, (0..<count).map { Float($0) / 100 }))
  }

  private func dataset(_ arrays: Arrays, name: String = "set", joints: Skeleton? = nil) throws -> Dataset {
    try withTemporaryFolder { folder in
      try Npz.write(arrays, to: "\(folder)/\(name).npz")
      return try Dataset(contentsOf: "\(folder)/\(name).npz", joints: joints)
    }
  }

  /// Joints in SPIN's order of annotations: joint j of row r is at (j, r, 1) with the confidence 1, but for `missing`.
  private static func annotated(
    _ joints: Int = 24, unit: Float = 1, missing: Set<Int> = [], pelvis: Float = 0
  ) -> Npz.Values {
    .floats(
      Tensor(
        [3, joints, 4],
        (0..<3).flatMap { row in
          (0..<joints).flatMap { joint -> [Float] in
            if missing.contains(joint) { return [0, 0, 0, 0] }
            let x = joint == 14 ? pelvis : unit * Float(joint) / 10 + pelvis
            return [x, joint == 14 ? 0 : unit * Float(row), joint == 14 ? 0 : unit, 1]
          }
        }))
  }

  private func places(_ row: Dataset.Row) -> [Point] {
    if case .joints(let joints) = row.truth { joints } else { [] }
  }

  /// The numbers of SPIN's map J24_TO_J14, and J24_TO_J17 in the order of h36m17.
  private static let fourteen = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 18]
  private static let seventeen = [14, 3, 4, 5, 2, 1, 0, 16, 12, 17, 18, 9, 10, 11, 8, 7, 6]

  @Test("files without poses are measured over 14 of their joints, relative to the pelvis") func joints()
    throws
  {
    let set = try dataset([Self.images, ("S", Self.annotated())] + Self.boxes)
    #expect(set.kind == "annotations of SPIN without poses" && set.guesses.isEmpty)
    #expect(set.measured == .h36m14 && set.rows.count == 3 && set.rows[2].side == 600)
    for (row, joints) in set.rows.map(places).enumerated() {
      #expect(joints == Self.fourteen.map { Point(Float($0) / 10, Float(row), 1) })
    }
    // Not relative to the pelvis, as ProHMR writes them; and in millimetres.
    let shifted = try dataset([Self.images, ("S", Self.annotated(pelvis: 8))] + Self.boxes)
    for (a, b) in zip(shifted.rows.flatMap(places), set.rows.flatMap(places)) {
      expectClose([a.x, a.y, a.z], [b.x, b.y, b.z], absolute: 1e-5)
    }
    let large = try dataset([Self.images, ("S", Self.annotated(unit: 1000))] + Self.boxes)
    #expect(large.guesses.count == 1 && large.guesses[0].contains("millimetres"))
    for (a, b) in zip(large.rows.flatMap(places), set.rows.flatMap(places)) {
      expectClose([a.x, a.y, a.z], [b.x, b.y, b.z], absolute: 1e-5)
    }
    // A row whose joints are not known has no ground truth.
    let poor = try dataset([Self.images, ("S", Self.annotated(missing: [18]))] + Self.boxes)
    #expect(poor.rows.isEmpty && poor.guesses.contains { $0.hasSuffix("3D joints are left out: 3") })
    #expect(
      try dataset([Self.images, ("S", Self.annotated(missing: [13, 15, 19]))] + Self.boxes).rows.count == 3)
  }

  @Test("joints need a pelvis, or that of the hips; units show by how far they are apart") func pelvis()
    throws
  {
    func shift(_ z: Float, _ share: Float) -> Npz.Values {
      .floats(
        Tensor(
          [3, 24, 4],
          (0..<72).flatMap { i -> [Float] in
            let joint = i % 24
            return joint == 14
              ? [0, 0, 0, 0] : [share * (Float(joint) / 10 - 0.25), share * 0.1, share * z, 1]
          }))
    }
    // Already about the pelvis, which is not told, and in the camera's axes.
    let near = try dataset([Self.images, ("S", shift(0, 1))] + Self.boxes)
    #expect(near.guesses.isEmpty && abs(places(near.rows[0])[0].x + 0.25) < 1e-6)
    let far = try dataset([Self.images, ("S", shift(5, 1))] + Self.boxes)
    #expect(far.guesses.count == 1 && far.guesses[0].contains("middle of the hips"))
    #expect(places(far.rows[0]).allSatisfy { $0.z == 0 } && abs(places(far.rows[0])[0].x + 0.25) < 1e-6)
    let small = try dataset([Self.images, ("S", shift(0, 100))] + Self.boxes)
    #expect(small.guesses.contains { $0.contains("centimetres") })
    expectClose(places(small.rows[0]).map(\.x), places(near.rows[0]).map(\.x), absolute: 1e-5)
  }

  @Test("poses of zeros are none where there are joints; joints beside a pose are not looked at") func zeros()
    throws
  {
    let more: Arrays = [Self.images, ("shape", Self.counted(3, 10))] + Self.boxes
    let zero = try dataset([("pose", .floats(Tensor([3, 72]))), ("S", Self.annotated())] + more)
    #expect(
      zero.rows.allSatisfy { $0.pose.isEmpty } && zero.guesses.contains { $0.contains("poses of zeros") })
    #expect(try dataset([("pose", .floats(Tensor([3, 72])))] + more).rows.count == 3)
    var bad = Tensor([3, 24, 4], repeating: 1).elements
    bad[5] = .nan
    bad[7] = .nan
    let joints = ("S", Npz.Values.floats(Tensor([3, 24, 4], bad)))
    #expect(try dataset([("pose", Self.counted(3, 72)), joints] + more).invalid.isEmpty)
    let alone = try dataset([joints] + more)
    #expect(alone.invalid.map(\.index) == [0] && alone.rows.count == 2)
    let none = #expect(throws: EvaluationError.self) {
      try dataset([("imgname", .strings([])), ("center", .floats(Tensor([0, 2])))])
    }
    #expect(none?.sentence == "lists no pictures")
  }

  @Test("MPI-INF-3DHP is told by its names and measured over 17 joints") func threeDHP() throws {
    let names = Npz.Values.strings(
      (1...3).map { "mpi_inf_3dhp_test_set/TS1/imageSequence/img_00000\($0).jpg" })
    let arrays = [("imgname", names), ("S", Self.annotated())] + Self.boxes
    let set = try dataset(arrays)
    #expect(set.measured == .h36m17 && set.guesses.contains { $0.contains("MPI-INF-3DHP") })
    #expect(
      places(set.rows[1])
        == Self.seventeen.map { $0 == 14 ? Point() : Point(Float($0) / 10, 1, 1) })
    let other = try dataset([Self.images, ("S", Self.annotated())] + Self.boxes, name: "mpi_inf_3dhp_valid")
    #expect(other.measured == .h36m17)
    #expect(try dataset(arrays, joints: .h36m14).measured == .h36m14)
  }

  @Test("4D-Humans counts boxes in pixels, and keeps joints where it has no body") func fourDHumans() throws {
    let set = try dataset([
      Self.images, ("center", .floats(Tensor([3, 1, 2], [10, 20, 30, 40, 50, 60]))),
      ("scale", .floats(Tensor([3, 2], [100, 200, 300, 250, 90, 80]))), ("body_pose", Self.counted(3, 72)),
      ("betas", Self.counted(3, 10)), ("has_body_pose", .floats(Tensor([3], [1, 0, 1]))),
      ("extra_keypoints_3d", Self.annotated(19)),
    ])
    #expect(set.kind == "annotations of 4D-Humans" && set.rows.map(\.side) == [200, 300, 90])
    #expect(set.guesses.count == 1 && set.guesses[0].contains("pixels"))
    #expect(set.rows[2].pose == (144..<216).map { Float($0) / 100 })
    #expect(places(set.rows[1]) == Self.fourteen.map { Point(Float($0) / 10, 1, 1) })
    #expect(set.rows[1].centre == SIMD2(30, 40))
  }

  @Test("VIBE's boxes are middles and widths, of which it crops 1.2 times") func vibe() throws {
    let set = try dataset([
      ("img_name", .strings(["a.png", "b.png", "c.png"])), ("pose", Self.counted(3, 72)),
      ("shape", Self.counted(3, 10)), ("valid", .floats(Tensor([3], [1, 0, 1]))),
      ("bbox", .floats(Tensor([3, 4], [10, 20, 100, 100, 0, 0, 0, 0, 50, 60, 200, 200]))),
      ("joints3D", .floats(Tensor([3, 14, 3]))),
    ])
    #expect(set.kind == "database of VIBE" && set.rows.map(\.index) == [0, 2])
    #expect(set.rows.map(\.side) == [120, 240] && set.rows[1].centre == SIMD2(50, 60))
    #expect(set.guesses.contains { $0.hasSuffix("not valid are left out: 1") })
    // That of MPI-INF-3DHP has joints only, OpenPose's 25 before SPIN's 24.
    let one = (0..<49).flatMap { (joint: Int) -> [Float] in [joint == 39 ? 0 : Float(joint) / 10, 0, 0] }
    let test = try dataset(
      [
        ("img_name", .strings(["TS1/imageSequence/1.jpg", "b.png", "c.png"])),
        ("bbox", .floats(Tensor([3, 4], repeating: 9))),
        ("joints3D", .floats(Tensor([3, 49, 3], one + one + one))),
      ], name: "mpii3d_val_db")
    #expect(test.measured == .h36m17)
    #expect(places(test.rows[0]).map(\.x) == Self.seventeen.map { $0 == 14 ? 0 : Float($0 + 25) / 10 })
  }

  @Test("poses are read as axis-angle vectors, as matrices, and with the orientation apart") func poses()
    throws
  {
    let pose = (0..<216).map { 0.02 * Float($0 % 29) - 0.2 }
    let vectors = Tensor([3, 72], pose)
    let more: Arrays = [Self.images, ("shape", Self.counted(3, 10))] + Self.boxes
    let wanted = try dataset([("pose", .floats(vectors))] + more).rows.map(\.pose)
    #expect(wanted.flatMap(\.self) == pose)
    let matrices = Rotation.matrices(poses: vectors)
    for (a, b) in zip(try dataset([("pose", .floats(matrices))] + more).rows, wanted) {
      expectClose(a.pose, b, absolute: 1e-5)
    }
    let apart: Arrays = [
      ("global_orient", .floats(Tensor([3, 1, 3], (0..<3).flatMap { pose[$0 * 72..<$0 * 72 + 3] }))),
      ("body_pose", .floats(Tensor([3, 23, 3], (0..<3).flatMap { pose[$0 * 72 + 3..<$0 * 72 + 72] }))),
    ]
    #expect(try dataset(apart + more).rows.map(\.pose) == wanted)
    // mmhuman3d's, whose boxes are corners and sizes.
    let human = try dataset([
      ("image_path", .strings(["a.png", "b.png", "c.png"])),
      ("bbox_xywh", .floats(Tensor([3, 5], (0..<3).flatMap { _ in [10, 20, 30, 50, 1] as [Float] }))),
      ("smpl.global_orient", apart[0].1), ("smpl.body_pose", apart[1].1), ("smpl.betas", Self.counted(3, 10)),
      ("meta.gender", .strings(["m", "f", "m"])),
    ])
    #expect(human.kind == "HumanData of mmhuman3d" && human.rows.map(\.pose) == wanted)
    #expect(human.rows[0].side == 50 && human.rows[0].centre == SIMD2(25, 45))
    #expect(human.rows.map(\.gender) == [.male, .female, .male])

    let other = #expect(throws: EvaluationError.self) {
      try dataset([("pose", Self.counted(3, 66))] + more)
    }
    #expect(other?.sentence.contains("SMPL-X") == true)
    let none = #expect(throws: EvaluationError.self) { try dataset(more) }
    #expect(none?.sentence.contains("no ground truth") == true)
  }

  @Test("of many shape parameters the first ten are taken") func shapes() throws {
    let set = try dataset(
      [Self.images, ("pose", Self.counted(3, 72)), ("shape", Self.counted(3, 300))] + Self.boxes)
    #expect(set.rows[1].betas == (300..<310).map { Float($0) / 100 })
    #expect(set.guesses.count == 1 && set.guesses[0].contains("of 300 numbers of shape the first 10"))
    let short = #expect(throws: EvaluationError.self) {
      try dataset([Self.images, ("pose", Self.counted(3, 72)), ("shape", Self.counted(3, 4))] + Self.boxes)
    }
    #expect(short?.sentence.contains("[3, 4]") == true)
  }

  @Test("a row that is not finite is named; where it is not needed it does no harm") func notFinite() throws {
    var pose = (0..<216).map { Float($0) / 100 }
    pose[100] = .nan
    let arrays: Arrays =
      [Self.images, ("pose", .floats(Tensor([3, 72], pose))), ("shape", Self.counted(3, 10))] + Self.boxes
    let set = try dataset(arrays)
    #expect(set.rows.map(\.index) == [0, 2] && set.invalid.map(\.index) == [1])
    #expect(set.invalid[0].image == "b.png" && set.invalid[0].problem.contains("pose"))
    let marked = try dataset(
      arrays + [("has_smpl", .floats(Tensor([3], [1, 0, 1]))), ("S", Self.annotated())])
    #expect(marked.invalid.isEmpty && marked.rows.count == 3 && places(marked.rows[1]).count == 14)
    let boxes: Arrays = [
      ("center", .floats(Tensor([3, 2], [1, .infinity, 3, 4, 5, 6]))),
      ("scale", .floats(Tensor([3], [1, 0, 3]))),
    ]
    let odd = try dataset(
      [Self.images, ("pose", Self.counted(3, 72)), ("shape", Self.counted(3, 10))] + boxes)
    #expect(odd.invalid.map(\.problem) == ["its box is not finite", "its box is empty"])
  }

  @Test(
    "a row of finite but absurd numbers is named", arguments: [("pose", 1e4), ("shape", 1e18), ("S", 1e9)])
  func absurd(array: String, number: Double) throws {
    func counted(_ name: String, _ width: Int) -> (String, Npz.Values) {
      var values = (0..<3 * width).map { Float($0) / 1000 }
      if name == array { values[width] = Float(number) }
      return (name, .floats(Tensor([3, width], values)))
    }
    var joints = (0..<3 * 96).map { Float($0 % 96) / 100 }
    if array == "S" { joints[96] = Float(number) }
    let body = array == "S" ? [] : [counted("pose", 72), counted("shape", 10)]
    let set = try dataset([Self.images, ("S", .floats(Tensor([3, 24, 4], joints)))] + body + Self.boxes)
    #expect(set.rows.map(\.index) == [0, 2])
    #expect(set.invalid.map(\.image) == ["b.png"] && set.invalid[0].problem.contains("absurd numbers"))
  }

  @Test("names of pictures are paths below the folder, whole ones, or those of another machine")
  func folders()
    throws
  {
    try withTemporaryFolder { folder in
      let names = (0..<3).map { "imageFiles/s\($0)/image_0.jpg" }
      for name in names {
        let path = "\(folder)/3DPW/\(name)"
        try FileManager.default.createDirectory(
          atPath: URL(filePath: path).deletingLastPathComponent().path, withIntermediateDirectories: true)
        try Data([1]).write(to: URL(filePath: path))
      }
      func found(_ root: String, _ names: [String]) throws -> [String] {
        let place = try PictureFolder(folder + root, for: names)
        return names.map(place.path(of:))
      }
      let wanted = names.map { "\(folder)/3DPW/\($0)" }
      #expect(try found("/3DPW", names) == wanted)
      #expect(try PictureFolder(folder + "/3DPW", for: names).guess == nil)
      #expect(try found("/elsewhere", wanted) == wanted)
      #expect(try found("/3DPW", names.map { "/data/3DPW/" + $0 }) == wanted)
      #expect(try found("/3DPW/imageFiles", names) == wanted)
      let guess = try PictureFolder(folder + "/3DPW/imageFiles", for: names).guess
      #expect(guess?.contains("part 2 on") == true)
      // All three would be one file: none is taken.
      let one = folder + "/3DPW/imageFiles/s0"
      #expect(try PictureFolder(one, for: names).path(of: names[0]) == "\(one)/\(names[0])")
    }
  }

  @Test(
    "files that projects' own programs wrote are read",
    arguments: [
      ("vibe_db.pt", "database of VIBE", [0, 2], 180.0),
      ("vibe_list_db.pt", "database of VIBE", [0, 2], 180),
      ("vibe_zlib_db.pt", "database of VIBE", [0, 2], 180),
      ("human_data.npz", "HumanData of mmhuman3d", [0, 1, 2], 150),
      ("hmr2.npz", "annotations of 4D-Humans", [0, 1, 2], 180),
      ("rows.pkl", "annotations of SPIN or PARE", [0, 1, 2], 180),
    ]) func written(name: String, kind: String, rows: [Int], side: Double) throws
  {
    let set = try Dataset(contentsOf: fixture("archives/datasets/" + name))
    #expect(set.kind == kind && set.rows.map(\.index) == rows && set.invalid.isEmpty)
    for row in set.rows {
      #expect(row.image == "imageFiles/downtown_bar_00/image_0000\(row.index).jpg")
      #expect(abs(row.side - side) < 1e-9 && abs(row.centre.y - 100) < 1e-9)
      guard !row.pose.isEmpty else {
        #expect(name == "hmr2.npz" && row.index == 2 && places(row).count == 14)
        continue
      }
      expectClose(row.pose, (72 * row.index..<72 * row.index + 72).map { Float($0) / 100 }, absolute: 1e-6)
      expectClose(row.betas, (10 * row.index..<10 * row.index + 10).map { Float($0) / 10 }, absolute: 1e-6)
    }
    if name == "human_data.npz" { #expect(set.rows.map(\.gender) == [.male, .female, .male]) }
    if name == "rows.pkl" { #expect(set.rows.map(\.gender) == [.male, .female, nil]) }
  }

  @Test("annotation files that are cut short or changed give rows or an error in one line") func broken()
    throws
  {
    var random = SeededGenerator(seed: 19)
    try withTemporaryFolder { folder in
      let path = folder + "/set"
      for name in [
        "vibe_db.pt", "vibe_list_db.pt", "vibe_zlib_db.pt", "human_data.npz", "hmr2.npz", "rows.pkl",
      ] {
        let whole = try Data(contentsOf: URL(filePath: fixture("archives/datasets/" + name)))
        func read(_ data: Data) throws {
          try data.write(to: URL(filePath: path))
          do {
            for row in try Dataset(contentsOf: path).rows {
              #expect(row.side.isFinite && row.side > 0)
              #expect(row.pose.allSatisfy(\.isFinite) && (row.pose.isEmpty || row.betas.count == 10))
            }
          } catch { #expect(!"\(error)".contains("\n")) }
        }
        for cut in stride(from: 0, to: whole.count, by: max(1, whole.count / 25)) {
          try read(whole.prefix(cut))
        }
        for _ in 0..<60 {
          var changed = whole
          changed[random.integer(below: whole.count)] ^= UInt8(1 << random.integer(below: 8))
          try read(changed)
        }
      }
    }
  }
}
