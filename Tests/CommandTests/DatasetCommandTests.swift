import Archives
import Bodies
import Foundation
import Pictures
import Models
import Records
import TestSupport
import Tensors
import Testing

/// `evaluate --dataset`, on rendered people that are annotated as SPIN's and PARE's files are.
@Suite("Datasets, from the command line") struct DatasetCommandTests {
  /// Pictures, their annotations, and bodies of three genders with a regressor of evaluation joints.
  struct Example {
    let folder: String
    let material: Material
    let poses: [[Float]], betas: [[Float]]
    var dataset: String { folder + "/set.npz" }
    static let sequences = [
      "downtown_bar_00", "flat_guitar_01", "courtyard_box_00", "downtown_bar_00", "x_y_z",
    ]
    var names: [String] { Self.sequences.enumerated().map { "imageFiles/\($1)/image_0000\($0).png" } }

    init(in folder: String) throws {
      self.folder = folder
      material = try Material(in: folder)
      let render = try CommandLineRun([
        "render", "--count", "5", "--seed", "6", "--side", "64", "--out", folder + "/people", "--body",
        material.body,
      ])
      #expect(render.code == 0)
      var (poses, betas): ([[Float]], [[Float]]) = ([], [])
      for (i, sequence) in Self.sequences.enumerated() {
        let truth = try #require(
          try JSONSerialization.jsonObject(
            with: Data(contentsOf: URL(filePath: "\(folder)/people/0000\(i).json"))) as? [String: Any])
        poses.append(try #require(truth["pose"] as? [Double]).map { Float($0) })
        betas.append(try #require(truth["betas"] as? [Double]).map { Float($0) })
        let place = "\(folder)/images/imageFiles/\(sequence)"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        try FileManager.default.copyItem(
          atPath: "\(folder)/people/0000\(i).png", toPath: "\(place)/image_0000\(i).png")
      }
      (self.poses, self.betas) = (poses, betas)
      try Npz.write(
        [
          ("imgname", .strings(names)), ("center", .floats(Tensor([5, 2], repeating: 31))),
          ("scale", .floats(Tensor([5], repeating: 0.25))),
          ("pose", .floats(Tensor([5, 72], poses.flatMap(\.self)))),
          ("shape", .floats(Tensor([5, 10], betas.flatMap(\.self)))),
          ("gender", .strings(["m", "Female", "neutral", "f", "F"])),
        ], to: folder + "/set.npz")

      // SMPL's own joints stand in for Human3.6M's; the female body is another: larger by a tenth.
      let body = try Archive(contentsOf: material.body)
      let regressor = try body.tensor("J_regressor")
      let rows = [0, 1, 4, 7, 2, 5, 8, 3, 12, 15, 15, 16, 18, 20, 17, 19, 21].map {
        regressor.rows($0..<$0 + 1)
      }
      let bodies = folder + "/bodies"
      try FileManager.default.createDirectory(atPath: bodies, withIntermediateDirectories: true)
      try Self.npy(Tensor(stacking: rows)).write(to: URL(filePath: bodies + "/J_regressor_h36m.npy"))
      let arrays = try ["v_template", "shapedirs", "J_regressor", "weights", "kintree_table", "f"].map {
        name in
        (name, try body.tensor(name))
      }
      for (name, factor) in [("NEUTRAL", 1), ("MALE", 1), ("FEMALE", 1.1)] as [(String, Float)] {
        try Npz.write(
          arrays.map { ($0, ["v_template", "shapedirs"].contains($0) ? $1.map { $0 * factor } : $1) },
          to: "\(bodies)/SMPL_\(name).npz")
      }
    }

    private static func npy(_ tensor: Tensor) -> Data {
      var header =
        "{'descr': '<f4', 'fortran_order': False, 'shape': (\(tensor.shape[0]), \(tensor.shape[1])), }"
      header += String(repeating: " ", count: 63 - (10 + header.count) % 64) + "\n"
      var data = Data(
        [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.count & 255), UInt8(header.count >> 8)])
      data += Data(header.utf8)
      tensor.withElements { data.append(contentsOf: UnsafeRawBufferPointer($0)) }
      return data
    }

    func evaluate(_ more: String..., out: String = "out") -> [String] {
      [
        "evaluate", "--dataset", dataset, "--images", folder + "/images", "--body-dir", folder + "/bodies",
        "--model", "A=\(material.pooled)", "--model", "B=\(material.attention)", "--out", "\(folder)/\(out)",
      ] + more
    }

    /// What is in a network's npz file.
    func result(_ label: String, out: String = "out") throws -> Archive {
      try Archive(contentsOf: "\(folder)/\(out)/set.\(label).npz")
    }
  }

  @Test("errors are those of the published protocol, in PARE's fields") func protocolIsKept() throws {
    try withTemporaryFolder { folder in
      let example = try Example(in: folder)
      let run = try CommandLineRun(example.evaluate("--json"))
      #expect(run.code == 0 && run.error.isEmpty, "\(run.error)")
      let report = try #require(
        try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
      let models = try #require(report["models"] as? [[String: Any]])
      #expect(report["count"] as? Int == 5 && models.map { $0["label"] as? String } == ["A", "B"])

      let file = try example.result("A")
      #expect(try file.strings("imgname") == example.names)
      let rotations = try file.tensor("pose"), betas = try file.tensor("shape")
      #expect(rotations.shape == [5, 24, 3, 3])
      let neutral = folder + "/bodies/SMPL_NEUTRAL.npz"
      let body = try BodyModel(try Archive(contentsOf: neutral).tensors(), from: neutral)
      let joints = try EvaluationJoints(
        Archive(contentsOf: folder + "/bodies/J_regressor_h36m.npy").tensor(Archive.onlyArray), for: body,
        from: "J_regressor_h36m.npy")
      let said = joints.positions(rotations: rotations, betas: betas)
      let truth = joints.positions(
        rotations: Rotation.matrices(poses: Tensor([5, 72], example.poses.flatMap(\.self))),
        betas: Tensor([5, 10], example.betas.flatMap(\.self)))
      let (mpjpe, pampjpe) = (try file.tensor("mpjpe"), try file.tensor("pampjpe"))
      for i in 0..<5 {
        let errors = JointErrors(
          of: said.rows(i..<i + 1).points, from: truth.rows(i..<i + 1).points, in: .h36m14)
        expectClose(mpjpe.rows(i..<i + 1).elements, errors.perJoint, absolute: 1e-5)
        expectClose(pampjpe.rows(i..<i + 1).elements, errors.perJointAligned, absolute: 1e-5)
      }
      let saidVertices = body.posed(rotations: rotations, betas: betas).vertices.points
      let trueVertices = body.posed(
        rotations: Rotation.matrices(poses: Tensor([5, 72], example.poses.flatMap(\.self))),
        betas: Tensor([5, 10], example.betas.flatMap(\.self))
      ).vertices.points
      let distances = zip(saidVertices, trueVertices).map { (($0 - $1) * ($0 - $1)).sum().squareRoot() }
      expectClose(
        try file.tensor("v2v").elements,
        (0..<5).map { i in distances[i * 1000..<(i + 1) * 1000].reduce(0, +) / 1000 }, absolute: 1e-4)
      let shown = try #require((models[0]["mpjpe_mm"] as? NSNumber)?.floatValue)
      expectClose([shown], [1000 * mpjpe.elements.reduce(0, +) / 70], absolute: 1e-2)

      // The pictures are those of the boxes: the same as of estimate.
      let estimate = try CommandLineRun([
        "estimate", "\(folder)/images/\(example.names[2])", "--box", "6,6,50,50", "--model",
        example.material.pooled, "--body", neutral, "--json",
      ])
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(estimate.output.utf8)) as? [String: Any])
      expectClose(
        betas.rows(2..<3).elements, try #require(object["betas"] as? [Double]).map { Float($0) },
        absolute: 1e-5)
    }
  }

  @Test("--subset, --subsample and annotated genders choose rows and bodies") func choices() throws {
    try withTemporaryFolder { folder in
      let example = try Example(in: folder)
      #expect(try CommandLineRun(example.evaluate()).code == 0)
      let all = try example.result("A")
      for (arguments, rows) in [
        (["--subset", "test"], [0, 1, 3]), (["--subset", "occ"], [1, 2]), (["--subsample", "2"], [0, 2, 4]),
        (["--every", "2"], [0, 2, 4]),
        (["--subset", "test", "--subsample", "2"], [0, 3]),
      ] {
        let out = arguments.joined()
        let run = try CommandLineRun(example.evaluate(out: out) + arguments)
        #expect(run.code == 0, "\(run.error)")
        let part = try example.result("A", out: out)
        #expect(try part.strings("imgname") == rows.map { example.names[$0] })
        expectClose(
          try part.tensor("mpjpe").elements,
          try rows.flatMap { try all.tensor("mpjpe").rows($0..<$0 + 1).elements }, absolute: 1e-5)
      }
      #expect(try CommandLineRun(example.evaluate("--gender", "annotated", out: "g")).code == 0)
      let gendered = try example.result("A", out: "g")
      let (was, now) = (try all.tensor("mpjpe"), try gendered.tensor("mpjpe"))
      // The male body is the neutral one, and "neutral" is nobody's.
      for (i, isFemale) in [false, true, false, true, true].enumerated() {
        #expect((was.rows(i..<i + 1) == now.rows(i..<i + 1)) == !isFemale)
      }
    }
  }

  @Test("a run continues with what is there, and refuses records of another") func resume() throws {
    try withTemporaryFolder { folder in
      let example = try Example(in: folder)
      #expect(try CommandLineRun(example.evaluate()).code == 0)
      let whole = try files(under: folder + "/out")
      // As if it had been killed: one network's last array is missing, and half a chunk is left over.
      try FileManager.default.removeItem(atPath: folder + "/out/set.B.zarr/cam/c/0/0")
      try Data([1]).write(to: URL(filePath: folder + "/out/set.B.zarr/cam/.x.part"))
      try FileManager.default.removeItem(atPath: folder + "/out/set.B.npz")
      #expect(try CommandLineRun(example.evaluate()).code == 0)
      #expect(try files(under: folder + "/out") == whole)
      let other = try CommandLineRun(example.evaluate("--subsample", "3"))
      #expect(other.code == 73 && other.errorLines.count == 1 && other.error.contains("another evaluation"))
      #expect(try files(under: folder + "/out") == whole)
    }
  }

  @Test("a sweep over a dataset writes a record for each picture, and their means")
  func sweep() throws {
    try withTemporaryFolder { folder in
      let example = try Example(in: folder)
      let arguments =
        [
          "sweep", "--dataset", example.dataset, "--images", folder + "/images", "--body-dir",
          folder + "/bodies", "--model", "A=\(example.material.pooled)", "--subsample", "2", "--preset",
          "pare",
          "--out", folder + "/sweep",
        ]
      let run = try CommandLineRun(arguments)
      #expect(
        run.code == 0 && run.output.contains("ankle") && run.output.contains("3 pictures"), "\(run.error)")
      let records = try [0, 2, 4].map {
        try SweepRecord(
          contentsOf: "\(folder)/sweep/0000\($0)_image_0000\($0).A.square40-stride40-corner.zarr")
      }
      for record in records {
        #expect(record.settings.positions == PositionRule(.corner, stride: 40))
        #expect(record.settings.occlusion == Occlusion(size: 40))
        #expect(record.measured == .h36m14 && record.settings.reference == .groundTruth)
        #expect(record.positions.count == 36)
      }
      // Without a patch the errors are those of evaluate.
      #expect(try CommandLineRun(example.evaluate("--subsample", "2")).code == 0)
      let evaluated = try example.result("A")
      let sums = try example.result("A", out: "sweep")
      expectClose(try sums.tensor("clean"), try evaluated.tensor("mpjpe"), absolute: 1e-5)
      expectClose(try sums.tensor("pa_clean"), try evaluated.tensor("pampjpe"), absolute: 1e-5)
      #expect(try sums.strings("imgname") == [0, 2, 4].map { example.names[$0] })

      let map = try sums.tensor("mean_map")
      #expect(map.shape == [6, 6, 14])
      let (mean, worst) = (try sums.tensor("mean"), try sums.tensor("worst"))
      for j in [0, 5, 13] {
        let errors = records.map { record in (0..<36).map { record.results.error[$0, j] } }
        expectClose(
          [map[2, 3, j]], [errors.reduce(0) { $0 + $1[15] } / 3], absolute: 1e-6)
        for i in 0..<3 {
          expectClose(
            [mean[i, j], worst[i, j]], [errors[i].reduce(0, +) / 36, errors[i].max()!], absolute: 1e-6)
        }
      }
      let page = try Data(contentsOf: URL(filePath: folder + "/sweep/set.pdf"))
      #expect(page.starts(with: Data("%PDF".utf8)))
      let figure = try Picture(contentsOf: folder + "/sweep/set.png")
      #expect(figure.width > 1600 && figure.height > 1100)
      #expect(try Picture(contentsOf: folder + "/sweep/set-body.png").width > 1600)
      #expect(FileManager.default.fileExists(atPath: folder + "/sweep/set-body.pdf"))
      let json = try CommandLineRun(arguments + ["--json"])
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
      let network = try #require((object["networks"] as? [[String: Any]])?.first)
      let groups = try #require(network["groups"] as? [[String: Any]])
      #expect(groups.compactMap { $0["joint"] as? String }.first == "ankle" && groups.count == 7)
      // The maximum of the mean of both, which is not the mean of their maxima.
      let ankles = records.map { record in
        (0..<36).map { 500 * (record.results.error[$0, 0] + record.results.error[$0, 5]) }.max()!
      }
      let middle = ankles.reduce(0, +) / 3
      let deviation = (ankles.reduce(0) { $0 + ($1 - middle) * ($1 - middle) } / 3).squareRoot()
      expectClose(
        [try #require(groups[0]["worst_mm"] as? NSNumber).floatValue], [middle], absolute: 0.01)
      expectClose(
        [try #require(groups[0]["worst_sd_mm"] as? NSNumber).floatValue], [deviation], absolute: 0.01)

      let sweep = ["sweep", "--model", "gap=gap-small"]
      for (arguments, words) in [
        (sweep, "Give pictures"),
        (sweep + ["a.png", "--dataset", "b", "--images", "c"], "Give pictures"),
        (sweep + ["--dataset", "b", "--images", "c", "--box", "1,2,3,4"], "own ground truth and boxes"),
        (sweep + ["a.png", "--preset", "pare", "--stride", "4"], "--preset sets"),
        (sweep + ["a.png", "--preset", "dense"], "dense"),
      ] {
        let run = try CommandLineRun(arguments)
        #expect(run.code == 64 && run.errorLines.count == 1 && run.error.contains(words), "\(run.error)")
      }
    }
  }

  @Test("missing pictures, arrays and bodies are reported in one line") func bad() throws {
    try withTemporaryFolder { folder in
      let example = try Example(in: folder)
      try FileManager.default.removeItem(atPath: "\(folder)/images/\(example.names[1])")
      let missing = try CommandLineRun(example.evaluate())
      #expect(missing.code == 66 && missing.errorLines.count == 1)
      #expect(missing.error.contains("1 of 5 pictures") && missing.error.contains(example.names[1]))
      let skipped = try CommandLineRun(example.evaluate("--skip-missing"))
      #expect(skipped.code == 0 && skipped.error.contains("missing: \(example.names[1])"))
      #expect(try example.result("A").strings("imgname").count == 4)

      try Npz.write([("imgname", .strings(["a.png"]))], to: folder + "/poor.npz")
      var poses = example.poses.flatMap(\.self)
      poses[72 * 2 + 5] = .nan
      let changed = try Archive(contentsOf: example.dataset)
      try Npz.write(
        [
          ("imgname", .strings(example.names.map { "/data/3DPW/" + $0 })),
          ("center", .floats(changed.tensor("center"))), ("scale", .floats(changed.tensor("scale"))),
          ("pose", .floats(Tensor([5, 72], poses))), ("shape", .floats(changed.tensor("shape"))),
        ], to: folder + "/nan.npz")
      let nan = example.evaluate("--skip-missing", out: "nan").map {
        $0 == example.dataset ? folder + "/nan.npz" : $0
      }
      let refused = try CommandLineRun(nan)
      #expect(
        refused.code == 65 && refused.error.contains("row 2 (/data/3DPW/\(example.names[2])): array pose"))
      let rest = try CommandLineRun(nan + ["--skip-invalid"])
      #expect(rest.code == 0 && rest.error.contains("invalid: row 2") && rest.error.contains("part 3 on"))
      #expect(try Archive(contentsOf: folder + "/nan/nan.A.npz").strings("imgname").count == 3)
      try Npz.write(
        [
          ("imgname", .strings(["a.png"])), ("center", .floats(Tensor([1, 3]))),
          ("scale", .floats(Tensor([1]))), ("pose", .floats(Tensor([1, 72]))),
          ("shape", .floats(Tensor([1, 10]))),
        ], to: folder + "/odd.npz")
      let start = example.evaluate()
      func with(_ from: String, _ to: String) -> [String] { start.map { $0 == from ? to : $0 } }
      for (arguments, code, words) in [
        (with(example.dataset, folder + "/poor.npz"), 65, "center"),
        (with(example.dataset, folder + "/odd.npz"), 65, "[1, 3]"),
        (with(example.dataset, folder + "/none.npz"), 66, "none.npz"),
        (with(folder + "/bodies", folder), 66, "SMPL_NEUTRAL"),
        (start + ["--subsample", "0"], 64, "--subsample is 0"),
        (start + ["--every", "0"], 64, "--subsample is 0"),
        (["evaluate", "--dataset", example.dataset, "--model", "gap=gap-small"], 64, "go together"),
      ] as [([String], Int32, String)] {
        let run = try CommandLineRun(arguments)
        #expect(run.code == code && run.errorLines.count == 1 && run.error.contains(words), "\(run.error)")
      }
    }
  }
}
