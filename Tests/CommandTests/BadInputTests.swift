import Archives
import Foundation
import Pictures
import TestSupport
import Tensors
import Testing

@Suite("Bad input") struct BadInputTests {
  private func sweep(_ material: Material, _ picture: String, _ more: [String] = []) throws -> CommandLineRun
  {
    var arguments = material.sweep()
    arguments[1] = picture
    return try CommandLineRun(arguments + more)
  }

  @Test("a picture that is missing, an empty folder, or not a picture") func noPicture() throws {
    try withMaterial { material in
      expectFailure(try sweep(material, "/nowhere.png"), 66, "/nowhere.png: ")
      let empty = material.folder + "/empty"
      try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
      expectFailure(try sweep(material, empty), 66, empty, "contains no pictures")
      let text = material.folder + "/text.png"
      try Data("no picture".utf8).write(to: URL(filePath: text))
      expectFailure(try sweep(material, text), 65, text)
      try Data().write(to: URL(filePath: text))
      expectFailure(try sweep(material, text), 65, text, "empty")
    }
  }

  @Test("a truncated PNG or JPEG") func truncated() throws {
    try withMaterial { material in
      let png = try Data(contentsOf: URL(filePath: material.picture))
      let cut = material.folder + "/cut.png"
      try png.prefix(png.count / 2).write(to: URL(filePath: cut))
      expectFailure(try sweep(material, cut), 65, cut)

      let panoramas = try FileManager.default.contentsOfDirectory(atPath: fixture("panoramas"))
      let whole = try #require(panoramas.first { $0.hasSuffix(".jpg") })
      let jpeg = try Data(contentsOf: URL(filePath: fixture("panoramas/\(whole)")))
      let cutJPEG = material.folder + "/cut.jpg"
      try jpeg.prefix(jpeg.count / 2).write(to: URL(filePath: cutJPEG))
      expectFailure(try sweep(material, cutJPEG), 65, cutJPEG)
    }
  }

  @Test("a picture of one pixel") func onePixel() throws {
    try withMaterial { material in
      let path = material.folder + "/dot.png"
      try Picture(width: 1, height: 1, pixels: [1, 2, 3]).writePNG(to: path)
      expectFailure(try sweep(material, path), 65, path, "1 × 1")
      #expect(!FileManager.default.fileExists(atPath: material.folder + "/out"))
    }
  }

  @Test("a box outside the picture, or none") func box() throws {
    try withMaterial { material in
      expectFailure(
        try CommandLineRun(material.sweep("--box", "100,100,20,20")), 65, material.picture, "100")
      expectFailure(try CommandLineRun(material.sweep("--box", "1,1,0,0")), 65, material.picture)
      for box in ["1,2,three,4", "0,0,nan,nan", "0,0,inf,inf"] {
        expectFailure(try CommandLineRun(material.sweep("--box", box)), 64, "--box")
      }
      // Where a part is, is known before any network looks at the box.
      let boxes = material.folder + "/boxes.json"
      try AtomicFile.write(#"{"bbox": [10, 10, 0, 0]}"#, to: boxes)
      for more in [["--box", "10,10,-5,-5"], ["--bbox", boxes]] {
        expectFailure(
          try CommandLineRun(material.sweep("--truth", material.truth, "--shape", "part:head") + more), 65,
          material.picture, "needs a width")
      }
    }
  }

  @Test(
    "invalid settings of a sweep",
    arguments: [
      (["--occluder-size", "225"], "--occluder-size is 225"), (["--occluder-size", "0"], "--occluder-size"),
      (["--occluder-value", "nan"], "--occluder-value"), (["--fill", "nan"], "--fill"),
      (["--fill", "blue"], "--fill"), (["--fill", "#12345"], "--fill"), (["--shape", "star"], "--shape"),
      (["--shape", "rectangle0"], "--shape"), (["--region", "1,2,3"], "--region"),
      (["--region", "1,2,0,4"], "--region"), (["--region", "0,0,inf,inf"], "--region"),
      (["--stride", "0"], "--stride is 0"),
      (["--stride=-3"], "--stride is -3"), (["--stride", "few"], "--stride"),
      (["--tolerance", "0"], "--tolerance"), (["--tolerance", "1cm"], "--tolerance"),
      (["--memory", "2"], "--memory"), (["--memory=-1GB"], "--memory"),
      (["--precision", "int8"], "--precision"),
      (["--precision", "bfloat16", "--convolutions", "winograd"], "--convolutions winograd"),
      (["--grid", "round"], "--grid"),
      (["--batch", "0"], "--batch is 0; give 1 to 65536"), (["--workers", "0"], "--workers is 0"),
      (["--batch", "\(Int.max)"], "give 1 to 65536"), (["--workers", "\(Int.max)"], "give 1 to 1024"),
      (["--shard", "1/1000000000"], "--shard"), (["--memory", "1e308GB"], "--memory"),
      (["--bogus"], "--bogus"),
    ])
  func usage(more: [String], words: String) throws {
    try withMaterial { material in
      let arguments = ["sweep", material.picture, "--model", material.pooled, "--body", material.body]
      expectFailure(try CommandLineRun(arguments + more), 64, words)
    }
  }

  @Test("no picture, not one network, two networks of the same name") func missingArguments() throws {
    try withMaterial { material in
      expectFailure(try CommandLineRun(["sweep", "--model", material.pooled]), 64, "picture")
      expectFailure(try CommandLineRun(["estimate", "--model", material.pooled]), 64, "picture")
      expectFailure(try CommandLineRun(["estimate", material.picture]), 64, "--model")
      expectFailure(
        try CommandLineRun(material.sweep("--model", material.pooled)), 64, "pooled", "LABEL=PATH")
      expectFailure(try CommandLineRun(["conjure"]), 64, "conjure")
    }
  }

  @Test("ground truth with the wrong joints, or without joints") func truth() throws {
    try withMaterial { material in
      let path = material.folder + "/wrong.json"
      func run(_ text: String) throws -> CommandLineRun {
        try AtomicFile.write(text, to: path)
        return try CommandLineRun(material.sweep("--truth", path))
      }
      expectFailure(try run(#"{"joints": "smpl24", "positions_m": [[1, 2, 3]]}"#), 65, path, "24")
      expectFailure(try run(#"{"joints": "coco", "positions_m": [[1, 2, 3]]}"#), 65, path, "coco")
      expectFailure(try run("joints"), 65, path)
      let points = (0..<14).map { _ in "[0, 0, 0]" }.joined(separator: ",")
      expectFailure(
        try run(#"{"joints": "h36m14", "positions_m": [\#(points)]}"#), 65, "J_regressor_h36m.npy")
      expectFailure(try CommandLineRun(material.sweep("--truth", "/nowhere.json")), 66, "/nowhere.json")
    }
  }

  @Test("weights that are missing, lack a tensor, contain NaN, or are not weights") func weights() throws {
    try withMaterial { material in
      let archive = try Archive(contentsOf: material.pooled)
      let path = material.folder + "/broken.safetensors"
      func run(_ change: (inout [String: Tensor]) -> Void) throws -> CommandLineRun {
        var tensors = try archive.tensors()
        change(&tensors)
        try Safetensors.write(tensors, metadata: archive.metadata, to: path)
        var arguments = material.sweep()
        arguments[3] = path
        return try CommandLineRun(arguments)
      }
      let name = try #require(archive.names.sorted().first { $0.hasSuffix(".weight") })
      expectFailure(try run { $0[name] = nil }, 65, path, name, "missing")
      expectFailure(try run { $0[name]!.withMutableElements { $0[0] = .nan } }, 65, path, name, "finite")
      expectFailure(try run { $0[name] = Tensor([1]) }, 65, path, name, "shape")

      var arguments = material.sweep()
      arguments[3] = "/nowhere.safetensors"
      expectFailure(try CommandLineRun(arguments), 66, "/nowhere.safetensors")
      arguments[3] = material.body
      expectFailure(try CommandLineRun(arguments), 65, material.body)
    }
  }

  @Test("weights that make absurd poses, or none") func absurdWeights() throws {
    try withMaterial { material in
      let archive = try Archive(contentsOf: material.pooled)
      let path = material.folder + "/absurd.safetensors"
      for (name, factor) in [("decshape", 1e9), ("deccam", 1e12), ("conv1", 1e30)] as [(String, Float)] {
        var tensors = try archive.tensors()
        let weight = try #require(tensors["\(name).weight"])
        tensors["\(name).weight"] = weight.map { $0 * factor }
        try Safetensors.write(tensors, metadata: archive.metadata, to: path)
        var arguments = material.sweep()
        arguments[3] = "net=" + path
        expectFailure(try CommandLineRun(arguments), 65, "net", "no pose")
        let drawing = material.folder + "/drawing.png"
        let run = try CommandLineRun([
          "estimate", material.picture, "--model", "net=" + path, "--body", material.body, "--box", "whole",
          "--out",
          drawing,
        ])
        expectFailure(run, 65, "net", "no pose")
        #expect(!FileManager.default.fileExists(atPath: drawing))
        #expect(try contents(material.folder + "/out").isEmpty, "\(name)")
      }
    }
  }

  /// The names in a folder, none where there is none.
  private func contents(_ folder: String) throws -> [String] {
    FileManager.default.fileExists(atPath: folder)
      ? try FileManager.default.contentsOfDirectory(atPath: folder) : []
  }

  @Test(
    "bodies with absurd numbers",
    arguments: ["v_template", "shapedirs", "J_regressor", "weights", "posedirs"])
  func absurdBody(name: String) throws {
    try withMaterial { material in
      var arrays = try Archive(contentsOf: material.body).tensors()
      arrays[name] = try #require(
        arrays[name]
          ?? arrays["v_template"].map {
            Tensor([$0.shape[0], 3, 207], repeating: 1)
          }
      ).map { name == "v_template" ? 3e38 : $0 * 1e30 }
      let path = material.folder + "/body.npz"
      try Npz.write(arrays.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, to: path)
      var arguments = material.sweep()
      arguments[5] = path
      expectFailure(try CommandLineRun(arguments), 65, path, name, "absurd")
      expectFailure(
        try CommandLineRun([
          "render", "--count", "1", "--side", "32", "--body", path, "--out", material.folder + "/r",
        ]),
        65, path, name)
    }
  }

  @Test("pipes that nobody writes into") func pipes() throws {
    try withMaterial { material in
      let pipe = material.folder + "/pipe"
      #expect(mkfifo(pipe, 0o600) == 0)
      expectFailure(try CommandLineRun(["inspect", pipe]), 66, pipe, "pipe")
      expectFailure(try sweep(material, pipe), 66, pipe, "pipe")
      for place in [3, 5] {
        var arguments = material.sweep()
        arguments[place] = pipe
        expectFailure(try CommandLineRun(arguments), 66, pipe, "pipe")
      }
      // Who writes into a pipe changes it, but not what is read.
      let people = #"[{"image_id": 1, "category_id": 1, "bbox": [1, 2, 30, 40], "score": 0.9}]"#
      let fed = try CommandLineRun(
        "/bin/sh",
        ["-c", "echo '\(people)' > \"$1\" & exec \"$0\" inspect \"$1\"", CommandLineRun.program, pipe])
      #expect(fed.code == 0 && fed.output.hasPrefix("COCO's results\n"), "\(fed.error)")
    }
  }

  @Test(
    "too little memory and too few files are told before anything begins",
    arguments: ["-v 400000", "-n 4", "-n 30"])
  func limits(limit: String) throws {
    try withMaterial { material in
      let run = try CommandLineRun(
        "/bin/sh", ["-c", "ulimit \(limit); exec \"$0\" \"$@\"", CommandLineRun.program] + material.sweep())
      #expect((64...78).contains(run.code) && run.errorLines.count == 1, "\(run.code) \(run.error)")
      #expect(run.error.contains("ulimit"), "\(run.error)")
    }
  }

  @Test("a body without 24 joints, or not a body") func body() throws {
    try withMaterial { material in
      var arrays = try Archive(contentsOf: material.body).tensors()
      arrays["J_regressor"] = arrays["J_regressor"]?.rows(0..<23)
      let path = material.folder + "/body.npz"
      try Npz.write(arrays.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, to: path)
      var arguments = material.sweep()
      arguments[5] = path
      expectFailure(try CommandLineRun(arguments), 65, path, "J_regressor")
      arguments[5] = "/nowhere.npz"
      expectFailure(try CommandLineRun(arguments), 66, "/nowhere.npz")
      expectFailure(
        try CommandLineRun(
          Array(arguments[..<4]), environment: ["PENUMBRA_FIXTURES": material.folder + "/none"]),
        66, "PENUMBRA_FIXTURES")
    }
  }

  @Test("a record of another picture or of other settings is unchanged, byte for byte") func anotherRecord()
    throws
  {
    try withMaterial { material in
      #expect(try CommandLineRun(material.sweep()).code == 0)
      let before = try files(under: material.folder + "/out")
      try Picture(width: 32, height: 32, red: 9, green: 9, blue: 9).writePNG(to: material.picture)
      expectFailure(
        try CommandLineRun(material.sweep()), 73, "person.pooled.square40-stride28.zarr", "another picture")
      expectFailure(try CommandLineRun(material.sweep("--truth", material.truth)), 73)
      #expect(try files(under: material.folder + "/out") == before)
    }
  }

  @Test("a folder that cannot be created") func cannotCreate() throws {
    try withMaterial { material in
      var arguments = material.sweep()
      arguments[arguments.count - 1] = material.picture + "/out"
      expectFailure(try CommandLineRun(arguments), 73, material.picture)
    }
  }

  @Test("a full disk, simulated by a limit on file sizes") func fullDisk() throws {
    try withMaterial { material in
      #expect(try CommandLineRun(material.sweep(to: "earlier")).code == 0)
      let before = try files(under: material.folder + "/earlier")
      // The display crop of the beginning is 3 KB; joints of a chunk are more than that.
      for blocks in [1, 8] {
        let run = try CommandLineRun(fileSizeLimit: blocks, material.sweep("--stride", "14", to: "full"))
        expectFailure(run, 74, "person.pooled.square40-stride14.zarr")
      }
      #expect(try files(under: material.folder + "/earlier") == before)
      let left = FileManager.default.subpaths(atPath: material.folder + "/full") ?? []
      #expect(!left.contains { $0.hasSuffix(".part") || $0.hasSuffix(".partial") })
      // With room again, the same sweep completes.
      #expect(try CommandLineRun(material.sweep("--stride", "14", to: "full")).code == 0)
    }
  }

  @Test("files that compare and inspect cannot read") func otherCommands() throws {
    try withMaterial { material in
      expectFailure(try CommandLineRun(["inspect", "/nowhere"]), 66, "/nowhere")
      let text = material.folder + "/notes.txt"
      try Data("notes\n".utf8).write(to: URL(filePath: text))
      expectFailure(try CommandLineRun(["inspect", text]), 65, text)
      expectFailure(try CommandLineRun(["inspect", material.folder]), 65, material.folder)
      expectFailure(try CommandLineRun(["compare", "/nowhere.zarr", "/nowhere.zarr"]), 66, "/nowhere.zarr")
      expectFailure(try CommandLineRun(["compare", material.folder, material.folder]), 65, material.folder)
    }
  }
}
