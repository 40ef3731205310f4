import Archives
import Foundation
import Models
import Pictures
import Records
import TestSupport
import Tensors
import Testing

/// What hides part of the picture and where, from the command line.
@Suite("Occlusion, from the command line") struct OcclusionCommandTests {
  /// The record that a sweep with these options makes, in a folder of its own.
  private func record(_ material: Material, _ more: String..., to out: String) throws -> SweepRecord {
    let run = try CommandLineRun(material.sweep(to: out) + more)
    #expect(run.code == 0, "\(run.error)")
    return try material.read(in: out)
  }

  @Test(
    "a fill has its name in the record, in the file's name and in what is printed",
    arguments: [
      ("black", Occlusion.Fill.colour(red: 0, green: 0, blue: 0), "square40-black"),
      ("#ff8000", .colour(red: 255, green: 128, blue: 0), "square40-#ff8000"),
      ("1.5", .value(1.5), "square40-1.5"),
    ])
  func fill(name: String, fill: Occlusion.Fill, part: String) throws {
    try withMaterial { material in
      let gray = try record(material, "--fill", "gray", to: "gray")
      #expect(gray.settings.occlusion == Occlusion())
      let run = try CommandLineRun(material.sweep("--fill", name))
      #expect(run.code == 0 && run.output.contains("filled with \(name)"), "\(run.output)\(run.error)")
      let found = try material.read()
      #expect(found.settings.occlusion == Occlusion(fill: fill))
      #expect(try material.record().hasSuffix("/person.pooled.\(part)-stride28.zarr"))
      #expect(found.clean[.joints] == gray.clean[.joints] && found.results[.joints] != gray.results[.joints])
    }
  }

  @Test("zeiler records how far layers and joints move, without ground truth, and reports show it")
  func zeiler()
    throws
  {
    try withMaterial { material in
      let nets = ["--model", "a=\(material.pooled)", "--model", "b=\(material.attention)"]
      let plain = ["sweep", material.picture, "--body", material.body] + nets
      let run = try CommandLineRun(plain + ["--preset", "zeiler", "--out", material.folder + "/out"])
      #expect(run.code == 0, "\(run.error)")
      #expect(run.output.contains("b: change of layers, %") && run.output.contains("attended features"))
      let record = try SweepRecord(contentsOf: material.folder + "/out/person.b.square40-stride8-layers.zarr")
      let layers = try #require(record.settings.layers)
      #expect(
        layers == ["stem", "stage1", "stage2", "stage3", "stage4", "attention", "attended_features", "pose"])
      let changes = try #require(record.results[.layerChange])
      #expect(changes.shape == [record.positions.count, layers.count] && changes.isFinite)
      #expect(record.clean[.layerChange]?.elements.allSatisfy { $0 == 0 } == true)
      let found = try #require(Findings(record).layers)
      let first = stride(from: 0, to: changes.count, by: layers.count).map { Double(changes.elements[$0]) }
      #expect(found[0].layer == "stem" && found[0].worst == first.max())
      #expect(abs(found[0].mean - first.reduce(0, +) / Double(first.count)) < 1e-9)
      #expect(found.allSatisfy { $0.mean > 0 && $0.worst >= $0.mean })

      // Beside the error, where that is wanted; the record without is another.
      let both = try CommandLineRun(
        plain + ["--truth", material.truth, "--stride", "28", "--layers", "--out", material.folder + "/both"])
      #expect(both.code == 0 && both.output.contains("MPJPE") && both.output.contains("a: change of layers"))
      expectFailure(
        try CommandLineRun(plain + ["--preset", "zeiler", "--truth", material.truth]), 64, "zeiler", "--truth"
      )

      let report = try CommandLineRun([
        "report", material.folder + "/out", "--body", material.body, "--figure", "layers", "--format", "svg",
        "--out",
        material.folder + "/figures",
      ])
      #expect(report.code == 0, "\(report.error)")
      for name in ["person-a-layers.svg", "person-b-layers.svg"] {
        #expect(FileManager.default.fileExists(atPath: material.folder + "/figures/" + name))
      }
      #expect(
        try CommandLineRun(["report", material.folder + "/out", "--out", material.folder + "/r.pdf"]).code
          == 0)
    }
  }

  @Test("fills and shapes from files are read, and what they showed is in the record") func occluderFiles()
    throws
  {
    try withMaterial { material in
      let texture = material.folder + "/bricks.png", mask = material.folder + "/blob.png"
      try Picture(noiseOf: 1, width: 20, height: 10, cell: 1).writePNG(to: texture)
      try AtomicFile.write(Data(base64Encoded: Self.blob)!, to: mask)
      let run = try CommandLineRun(
        material.sweep(
          "--fill", "mean,blur,noise3,texture:\(texture),image:\(texture),texture:builtin", "--shape",
          "square,mask:\(mask)", to: "many"))
      #expect(run.code == 0, "\(run.error)")
      #expect(
        run.output.contains("square 40, blur10")
          && run.output.contains("mask:blob.png 40, texture:bricks.png"))
      let names = try FileManager.default.contentsOfDirectory(atPath: material.folder + "/many").sorted()
      #expect(
        names
          == [
            "blur10", "image-bricks", "mean", "noise3", "texture-bricks", "texture-builtin1",
          ].flatMap { fill in
            ["mask-blob-40", "square40"].map { "person.pooled.\($0)-\(fill)-stride28.zarr" }
          }.sorted())
      let records = try names.map { try SweepRecord(contentsOf: "\(material.folder)/many/\($0)") }
      #expect(Set(records.map { $0.results.error.elements }).count == records.count)
      for record in records {
        let isMask = record.settings.occlusion.shape != .square
        #expect((record.context.occluderCoverage != nil) == isMask)
        #expect(record.context.fillPicture?.side == record.context.picture?.side)
      }
      // Another file of the same name is another occlusion.
      try Picture(noiseOf: 2, width: 20, height: 10, cell: 1).writePNG(to: texture)
      expectFailure(
        try CommandLineRun(material.sweep("--fill", "texture:\(texture)", to: "many")), 73, "occluder")
      let report = try CommandLineRun([
        "report", material.folder + "/many", "--out", material.folder + "/r.pdf", "--html",
        material.folder + "/e.html",
      ])
      #expect(report.code == 0, "\(report.error)")
      for name in ["/r.pdf", "/e.html"] {
        #expect(FileManager.default.fileExists(atPath: material.folder + name))
      }
    }
  }

  /// A PNG of 4 × 2 pixels with an alpha channel, whose left half is opaque.
  private static let blob =
    "iVBORw0KGgoAAAANSUhEUgAAAAQAAAACCAYAAAB/qH1jAAAAFElEQVR4nGPg5OT8D8UMIMyALgAAXJgE1fBLbUAAAAAASUVORK5CYII="

  @Test("what cannot hide anything is refused in a line") func refused() throws {
    try withMaterial { material in
      expectFailure(
        try CommandLineRun(material.sweep("--shape", "mask:\(material.picture)")), 65, "person.png", "alpha")
      expectFailure(try CommandLineRun(material.sweep("--fill", "texture:none.png")), 66, "none.png")
      for wrong in [
        ["--fill", "blurry"], ["--fill", "gray,"], ["--shape", "star"], ["--occluder-size", "20,x"],
        ["--occluder-size", "20,225"], ["--preset", "advocc80", "--stride", "3"],
        ["--positions", "x.json", "--region", "person"],
      ] {
        expectFailure(try CommandLineRun(material.sweep() + wrong), 64)
      }
      #expect(!FileManager.default.fileExists(atPath: material.folder + "/out"))
    }
  }

  @Test("positions come from a file, as JSON or as lines") func positions() throws {
    try withMaterial { material in
      let (json, lines) = (material.folder + "/p.json", material.folder + "/p.csv")
      try AtomicFile.write(Data("[[3, 4], [30.5, 16]]".utf8), to: json)
      try AtomicFile.write(Data("x,y\n3,4\n30.5, 16\n".utf8), to: lines)
      let arguments = material.sweep().filter { $0 != "--stride" && $0 != "28" }
      for (path, out) in [(json, "a"), (lines, "b")] {
        let run = try CommandLineRun(arguments + ["--positions", path, "--out", material.folder + "/" + out])
        #expect(run.code == 0, "\(run.error)")
      }
      let (a, b) = (try material.read(in: "a"), try material.read(in: "b"))
      #expect(a.positions.count == 2 && a.settings.positions.list == [[3, 4], [30.5, 16]])
      #expect(a.results.error == b.results.error && a.settings.identity == b.settings.identity)
      for text in ["", "[]", "[[1]]", "1,2,3", "a,b\nc,d", "[[1e9, 2]]", "{}", "nan,1"] {
        try AtomicFile.write(Data(text.utf8), to: json)
        expectFailure(try CommandLineRun(arguments + ["--positions", json]), 65, "p.json", "positions")
      }
      expectFailure(try CommandLineRun(arguments + ["--positions", "none.json"]), 66, "none.json")
    }
  }

  @Test("positions of a list are shared out and kept one by one") func sharedPositions() throws {
    try withMaterial { material in
      let places = material.folder + "/p.csv"
      try AtomicFile.write(
        Data((0..<150).map { "\($0 % 30),\($0 / 30 * 6)" }.joined(separator: "\n").utf8), to: places)
      func run(_ out: String, _ more: String...) throws -> CommandLineRun {
        try CommandLineRun(
          material.sweep(to: out).filter { $0 != "--stride" && $0 != "28" } + ["--positions", places] + more)
      }
      #expect(try run("whole").code == 0)
      let first = try run("out", "--shard", "2/2")
      #expect(first.code == 0 && first.output.contains("of 150 positions are there"), "\(first.output)")
      let half = try material.read()
      #expect(half.missingPositions > 40 && half.missingPositions < 110)
      #expect(try run("out", "--shard", "1/2").code == 0)
      #expect(
        try filesWithoutCommand(under: material.record())
          == filesWithoutCommand(under: material.record(in: "whole")))
    }
  }

  @Test("a region of the person is where the occluder touches the box, or the body of the ground truth")
  func person() throws {
    try withMaterial { material in
      let boxed = try record(
        material, "--region", "person", "--box", "8,4,16,24", "--crop", "spin", to: "box")
      // The occluder is 40 of 224 of the box's 24 pixels.
      let half = 20.0 / 224 * 24
      let region = try #require(boxed.settings.positions.region)
      #expect(
        zip(region, [8 - half, 4 - half, 16 + 2 * half, 24 + 2 * half]).allSatisfy { abs($0 - $1) < 1e-9 })
      let known = try record(material, "--region", "person", "--truth", material.truth, to: "truth")
      let whole = try record(material, "--truth", material.truth, to: "whole")
      #expect(known.positions.count > 0 && known.positions.count < whole.positions.count)
      expectFailure(
        try CommandLineRun(material.sweep("--region", "person", to: "none")), 65, "person.png", "--box")
    }
  }

  @Test("presets have their size, stride, grid and fill") func presets() throws {
    try withMaterial { material in
      let arguments = material.sweep().filter { $0 != "--stride" && $0 != "28" }
      for (name, size, stride, fill) in [
        ("meshconf", 40, 20, "gray"), ("advocc40", 40, 10, "texture:builtin1"),
        ("advocc80", 80, 10, "texture:builtin1"),
      ] {
        let run = try CommandLineRun(arguments + ["--preset", name, "--out", "\(material.folder)/\(name)"])
        #expect(run.code == 0, "\(run.error)")
        let settings = try material.read(in: name).settings
        #expect(settings.occlusion.size == size && settings.occlusion.fill.name == fill)
        #expect(settings.positions.stride == stride && settings.positions.kind == .corner)
      }
    }
  }

  @Test("a shape has its name in the record, and a disc hides less than its square") func shapes() throws {
    try withMaterial { material in
      let square = try record(material, "--shape", "square", to: "square")
      #expect(square.settings.occlusion == Occlusion())
      let disc = try record(material, "--shape", "disc", to: "disc")
      #expect(disc.settings.occlusion == Occlusion(shape: .disc))
      #expect(try material.record(in: "disc").hasSuffix("/person.pooled.disc40-stride28.zarr"))
      #expect(disc.results[.joints] != square.results[.joints])
      let tall = try record(material, "--shape", "rectangle2", to: "tall")
      #expect(tall.settings.occlusion.shape == .rectangle(aspect: 2))
      let extent = tall.settings.occlusion.extent(in: tall.settings.frame)
      #expect(extent.width == 6 && extent.height == 11)
      #expect(tall.results[.joints] != square.results[.joints])
      // A shape twice as high is a square where its height is the width.
      let one = try record(material, "--shape", "rectangle1", to: "one")
      #expect(one.results[.joints] == square.results[.joints])
    }
  }

  @Test("a region keeps the positions whose centre is in it, with the same numbers") func region() throws {
    try withMaterial { material in
      let whole = try record(material, to: "whole")
      let part = try record(material, "--region", "8,0,12,30", to: "part")
      #expect(part.settings.positions.region == [8, 0, 12, 30])
      #expect(
        try material.record(in: "part").hasSuffix("/person.pooled.square40-stride28-region8,0,12,30.zarr"))
      // Another region of the same picture has a record of its own beside it.
      let other = try CommandLineRun(material.sweep("--region", "8,0,20,30", to: "part"))
      #expect(other.code == 0, "\(other.error)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: material.folder + "/part").count == 2)
      let (rows, columns) = (whole.positions.rows, whole.positions.columns)
      let kept = (
        rows.indices.filter { rows[$0].centre < 30 },
        columns.indices.filter { (8..<20).contains(columns[$0].centre) }
      )
      #expect(part.positions.shape == [kept.0.count, kept.1.count] && part.positions.count < 64)
      for (i, row) in kept.0.enumerated() {
        for (j, column) in kept.1.enumerated() {
          let (a, b) = (i * kept.1.count + j, row * columns.count + column)
          #expect(part.positions[a].window == whole.positions[b].window)
          expectClose(
            part.results.error.rows(a..<a + 1), whole.results.error.rows(b..<b + 1), absolute: 1e-5)
        }
      }
      expectFailure(
        try CommandLineRun(material.sweep("--region", "40,40,9,9", to: "none")), 65, "person.png", "position")
      #expect(!FileManager.default.fileExists(atPath: material.folder + "/none"))
    }
  }

  @Test("options of version 0.1.0 go on with records of the options that took their place")
  func formerOptions() throws {
    try withMaterial { material in
      for (number, (now, former)) in [
        (["--fill", "0.5"], ["--occluder-value", "0.5"]), (["--fill", "gray"], ["--occluder-value", "0"]),
        (["--grid", "corner"], ["--grid", "script"]),
      ].enumerated() {
        let first = try CommandLineRun(material.sweep(to: "\(number)") + now)
        #expect(first.code == 0, "\(first.error)")
        let before = try files(under: material.folder + "/\(number)")
        let second = try CommandLineRun(material.sweep(to: "\(number)") + former)
        #expect(second.code == 0 && second.error.contains("is already complete"), "\(second.error)")
        #expect(try files(under: material.folder + "/\(number)") == before)
      }
      #expect(try material.read(in: "2").settings.positions.kind == .corner)
      let help = try CommandLineRun(["help", "sweep"]).output
      #expect(!help.contains("--occluder-value") && !help.contains("--every") && !help.contains("script|"))
    }
  }

  @Test("sweeps of two settings are side by side in a folder, and in one report") func sideBySide() throws {
    try withMaterial { material in
      for more in [[], ["--occluder-size", "56", "--fill", "black"]] {
        let run = try CommandLineRun(material.sweep("--model", material.attention) + more)
        #expect(run.code == 0, "\(run.error)")
      }
      let names = try FileManager.default.contentsOfDirectory(atPath: material.folder + "/out").sorted()
      let parts = ["square40", "square56-black"]
      #expect(
        names
          == ["attending", "pooled"].flatMap { label in parts.map { "person.\(label).\($0)-stride28.zarr" } })
      let (png, npz) = (material.folder + "/png", material.folder + "/npz")
      let run = try CommandLineRun([
        "report", material.folder + "/out", "--body", material.body, "--out", material.folder + "/a.pdf",
        "--png", png, "--npz", npz,
      ])
      #expect(run.code == 0, "\(run.error)")
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: npz).sorted()
          == names.map { $0.replacing(".zarr", with: ".npz") })
      let figures = try FileManager.default.contentsOfDirectory(atPath: png)
      for part in parts {
        for label in ["pooled", "attending"] {
          #expect(figures.contains("person-\(part)-stride28-\(label)-mean.png"), "\(figures.sorted())")
        }
      }
      // Networks are compared under one occlusion.
      let records = names.filter { $0.contains("pooled") }.map { "\(material.folder)/out/\($0)" }
      expectFailure(try CommandLineRun(["compare"] + records), 65, "another occluder or grid")
    }
  }

  @Test("json has every renamed key under its old name too") func formerKeys() throws {
    func pairs(_ value: Any) -> [(key: String, value: Any)] {
      if let object = value as? [String: Any] { return object.flatMap { [($0, $1)] + pairs($1) } }
      return (value as? [Any])?.flatMap(pairs) ?? []
    }
    func expectBoth(_ run: CommandLineRun, _ names: [(now: String, former: String)]) throws {
      #expect(run.code == 0, "\(run.error)")
      let all = pairs(try JSONSerialization.jsonObject(with: Data(run.output.utf8)))
      for (now, former) in names {
        let values = all.filter { $0.key == now }.map { "\($0.value)" }
        let formerValues = all.filter { $0.key == former }.map { "\($0.value)" }
        #expect(!values.isEmpty && values.count == formerValues.count, "\(now), \(former)")
      }
    }
    try withMaterial { material in
      let sweep = material.sweep("--truth", material.truth, "--tolerance", "900mm", "--json")
      try expectBoth(
        try CommandLineRun(sweep),
        [
          ("positions", "places"), ("positions_per_second", "places_per_second"),
          ("computed_positions", "computed_places"), ("checked_positions", "checked_places"),
          ("position", "place"), ("worst_position", "worst_place"), ("worst_positions", "worst_places"),
          ("increase", "rise"), ("skeleton", "joint_set"), ("occluder_px", "patch_px"),
        ])
      let record = try material.record()
      try expectBoth(
        try CommandLineRun(["compare", "--json", record, record]),
        [("on_body_increase", "on_body_rise"), ("off_body_increase", "off_body_rise")])
      try expectBoth(
        try CommandLineRun([
          "bench", "--network", "gap-small", "--mode", "incremental", "--places", "96", "--json",
        ]),
        [("positions", "places"), ("operations_per_position", "operations_per_place")])
    }
  }
}
