import Archives
import Foundation
import Pictures
import Records
import TestSupport
import Tensors
import Testing

@Suite("Commands with BlazePose") struct BlazePoseCommandTests {
  static let file = fixture("networks/blazepose.safetensors")

  @Test("inspect knows the built-in network, and its file by any name") func inspect() throws {
    try withTemporaryFolder { folder in
      let copy = folder + "/mine.safetensors"
      try FileManager.default.copyItem(atPath: Self.file, toPath: copy)
      for (argument, origin) in [("blazepose", "blazepose, built-in network"), (copy, "network")] {
        let run = try CommandLineRun(["inspect", argument])
        #expect(run.code == 0 && run.error.isEmpty, "\(run.error)")
        for words in [origin, "BlazePose GHUM full, 33 landmarks", "256 pixels", "stem.weight"] {
          #expect(run.output.contains(words), "\(run.output)")
        }
      }
      let json = try CommandLineRun(["inspect", "--json", "blazepose"])
      #expect((try? JSONSerialization.jsonObject(with: Data(json.output.utf8))) != nil)
    }
  }

  @Test("a sweep and an estimate measure landmarks in metres") func sweep() throws {
    try withTemporaryFolder { folder in
      let picture = fixture("people/person-1.png")
      let run = try CommandLineRun([
        "sweep", picture, "--model", "blazepose", "--stride", "112", "--out", folder,
      ])
      #expect(run.code == 0, "\(run.error)")
      let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".zarr") }
      let record = try SweepRecord(contentsOf: "\(folder)/\(try #require(names.first))")
      #expect(record.isComplete && names.count == 1)
      #expect(record.clean.joints?.shape.suffix(2) == [33, 3])
      let json = try CommandLineRun([
        "estimate", picture, "--model", "blazepose", "--json",
      ])
      #expect(json.code == 0, "\(json.error)")
      #expect((try? JSONSerialization.jsonObject(with: Data(json.output.utf8))) != nil)
    }
  }

  @Test("what of the ground truth's body is seen is known without a body of the network's own") func truth()
    throws
  {
    try withTemporaryFolder { folder in
      let run = try CommandLineRun([
        "sweep", fixture("people/person-1.png"), "--truth", fixture("people/person-1.json"), "--model",
        "blazepose", "--region", "person", "--stride", "56", "--out", folder,
      ])
      #expect(run.code == 0, "\(run.error)")
      #expect(run.output.contains("patch on the body") && run.output.contains("visible joints, mean"))
      let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".zarr") }
      let record = try SweepRecord(contentsOf: "\(folder)/\(try #require(names.first))")
      #expect(record.notes.maskOf == .groundTruth && record.notes.visibility != nil)
      let mask = try #require(record.context.bodyMask)
      #expect(mask.elements.contains(1) && mask.elements.contains(0))
    }
  }

  @Test("a picture in which nobody is found, and a box that misses it, are refused in one line") func nobody()
    throws
  {
    try withTemporaryFolder { folder in
      let gray = folder + "/gray.png"
      try Picture(width: 256, height: 256, red: 128, green: 128, blue: 128).writePNG(to: gray)
      let sweep = ["sweep", gray, "--model", "blazepose", "--out", folder + "/out"]
      expectFailure(try CommandLineRun(sweep), 65, "gray.png", "blazepose finds nobody", "--box")
      expectFailure(try CommandLineRun(sweep + ["--box", "300,0,50,50"]), 65, "box 300,0,50,50")
      let left = (try? FileManager.default.contentsOfDirectory(atPath: folder + "/out")) ?? []
      #expect(!left.contains { $0.hasSuffix(".zarr") })
    }
  }

  @Test("commands that need a body refuse it by the file's name") func bodies() throws {
    try withTemporaryFolder { folder in
      let out = folder + "/out.safetensors"
      expectFailure(
        try CommandLineRun(["import", Self.file, "--out", out]), 65, "blazepose.safetensors",
        "holds BlazePose")
      #expect(!FileManager.default.fileExists(atPath: out))
      let train = ["train", "--head", "gap", "--out", out]
      expectFailure(
        try CommandLineRun(train + ["--freeze-backbone", "all"]), 64, "--freeze-backbone",
        "--backbone blazepose")
      expectFailure(try CommandLineRun(train + ["--backbone", "mobilenet"]), 64, "mobilenet")
      for option in ["--side", "--width", "--last-stride"] {
        expectFailure(
          try CommandLineRun(train + ["--backbone", "blazepose", option, "2"]), 64, option, "resnet18")
      }
    }
  }

  @Test("it is timed as the others, and evaluated over the joints that bodies share") func others() throws {
    let bench = try CommandLineRun([
      "bench", "--network", "blazepose", "--mode", "incremental", "--positions", "96", "--workers", "2",
    ])
    #expect(bench.code == 0 && bench.output.contains("blazepose incremental:"), "\(bench.error)")
    struct Report: Decodable {
      struct Shared: Decodable { let label: String, mpjpe_mm: Double, pa_mpjpe_mm: Double, missed: Double }
      struct Entry: Decodable { let label: String }
      let common12: [Shared], models: [Entry]
    }
    let run = try CommandLineRun([
      "evaluate", "--people", "16", "--model", "blazepose", "--model", "gap", "--json",
    ])
    #expect(run.code == 0, "\(run.error)")
    let report = try JSONDecoder().decode(Report.self, from: Data(run.output.utf8))
    #expect(report.models.map(\.label) == ["gap"])
    #expect(report.common12.map(\.label) == ["blazepose", "gap"])
    // People of other clothes and poses than it has learned from, and other joints: far from nothing, far from wrong.
    for entry in report.common12 {
      #expect((40...220).contains(entry.mpjpe_mm) && entry.pa_mpjpe_mm < entry.mpjpe_mm, "\(entry)")
      #expect(entry.missed < 0.2)
    }
  }

  @Test("a picture's truth of SMPL's joints is measured over those that bodies share") func shared() throws {
    try withTemporaryFolder { folder in
      let person = fixture("people/person-1")
      let run = try CommandLineRun([
        "sweep", person + ".png", "--truth", person + ".json", "--stride", "112", "--out", folder,
      ])
      #expect(run.code == 0, "\(run.error)")
      // The built-in networks are swept where none is named, and compared over what all have.
      for name in ["blazepose", "gap", "attention"] { #expect(run.output.contains(name)) }
      #expect(run.error.contains("compared over the 12 joints of common12"), "\(run.error)")
      #expect(run.output.contains("left knee") && !run.output.contains("spine"))
    }
  }

  @Test("a file that is cut off, damaged, or lacks tensors is refused in one line") func damaged() throws {
    try withTemporaryFolder { folder in
      let whole = try Data(contentsOf: URL(filePath: Self.file))
      let path = folder + "/broken.safetensors"
      let picture = fixture("people/person-1.png")
      func check(_ data: Data, _ words: String...) throws {
        try data.write(to: URL(filePath: path))
        let sweep = [
          "sweep", picture, "--box", "150,90,80,96", "--model", path, "--stride", "112", "--out", folder,
        ]
        for arguments in [sweep, ["inspect", path]] {
          let run = try CommandLineRun(arguments)
          expectFailure(run, 65, path)
          for word in words { #expect(run.error.contains(word), "\(run.error)") }
        }
      }
      for length in [0, 7, 100, 5000, whole.count / 2, whole.count - 1] { try check(whole.prefix(length)) }
      // A header that is longer than the file, no JSON, and names something else.
      var damage = whole
      damage[3] = 0xFF
      try check(damage)
      damage = whole
      damage[20] = UInt8(ascii: "}")
      try check(damage)
      // A weight that is no number: all bits of the exponent of a 16-bit float.
      damage = whole
      damage[whole.count - 1] = 0x7E
      try check(damage, "finite")
      let archive = try Archive(contentsOf: Self.file)
      var tensors = try archive.tensors()
      tensors["last.expand.weight"] = nil
      try Safetensors.write(tensors, metadata: archive.metadata, to: path)
      try check(Data(contentsOf: URL(filePath: path)), "last.expand.weight")
    }
  }
}
