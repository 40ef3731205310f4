import Archives
import Evaluation
import Foundation
import Models
import Records
import TestSupport
import Tensors
import Testing

/// `benchmark`, on definitions of a few small pictures.
@Suite("Benchmarks, from the command line") struct BenchmarkCommandTests {
  private static let people = """
    {"name": "few", "version": 3, "about": "words", "pictures": {"rendered": {"count": 3, "seed": 6, "side": 64}},
     "occluders": [{"size": 60}, {"size": 90, "shape": "disc", "fill": "black"}], "stride": 56, "joints": "common12",
     "root": ["right_hip", "left_hip"], "seed": 4}
    """

  private func write(_ text: String, _ material: Material) throws -> String {
    let path = material.folder + "/few.json"
    try Data(text.utf8).write(to: URL(filePath: path))
    return path
  }

  private func run(_ file: String, _ material: Material, out: String, _ more: String...) throws
    -> CommandLineRun
  {
    try CommandLineRun(
      [
        "benchmark", file, "--model", material.pooled, "--model", material.attention, "--body", material.body,
        "--out",
        material.folder + "/" + out,
      ] + more)
  }

  @Test("fixes pictures, occluders and joints, and shards in any order give the same files") func rendered()
    throws
  {
    try withMaterial { material in
      let file = try write(Self.people, material)
      let whole = try run(file, material, out: "a")
      #expect(whole.code == 0, "\(whole.error)")
      #expect(whole.output.contains("few, version 3, definition"))
      let result = try JSONValue(
        Data(contentsOf: URL(filePath: material.folder + "/a/few.json")), from: "few.json")
      #expect(result["benchmark"]?.string == "few" && result["version"]?.integer == 3)
      let summary = try #require(result["summary"])
      #expect(summary["pictures"]?.array?.count == 3 && summary["joints"]?.array?.count == 12)
      #expect(summary["entries"]?.array?.count == 4 && summary["seed"]?.integer == 4)
      #expect(result["networks"]?.object?.keys.sorted() == ["attending", "pooled"])

      let early = try run(file, material, out: "b", "--shard", "2/2")
      #expect(
        early.code == 0 && early.output.contains("1 of 3 pictures are there"), "\(early.output)\(early.error)"
      )
      #expect(!FileManager.default.fileExists(atPath: material.folder + "/b/few.json"))
      let last = try run(file, material, out: "b", "--shard", "1/2")
      #expect(last.code == 0, "\(last.error)")
      for name in ["few.json", "few.pdf"] {
        let files = try ["a", "b"].map {
          try Data(contentsOf: URL(filePath: "\(material.folder)/\($0)/\(name)"))
        }
        #expect(files[0] == files[1], "\(name)")
      }
      // Nor does it matter that a share and the whole were both run.
      #expect(try run(file, material, out: "b").code == 0)
      let both = try ["a", "b"].map {
        try Data(contentsOf: URL(filePath: "\(material.folder)/\($0)/few.json"))
      }
      #expect(both[0] == both[1])
      // Another definition counts nothing of this one, whatever lies in its folder.
      let fewer = try write(Self.people.replacing("\"count\": 3", with: "\"count\": 2"), material)
      let other = try run(fewer, material, out: "b", "--json")
      #expect(other.code == 0, "\(other.error)")
      let pictures = try JSONValue(Data(other.output.utf8), from: "output")["summary"]?["pictures"]?.array
      #expect(pictures?.count == 2)
    }
  }

  @Test("what is said about a definition does not change its digest, a number in it does") func digest()
    throws
  {
    try withMaterial { material in
      let first = try Benchmark(contentsOf: try write(Self.people, material))
      let said = try Benchmark(
        contentsOf: try write(Self.people.replacing("words", with: "other words"), material))
      let other = try Benchmark(
        contentsOf: try write(Self.people.replacing("\"size\": 60", with: "\"size\": 61"), material))
      #expect(first.digest == said.digest && first.digest != other.digest)
      #expect(first.occluders.map(\.fill) == ["gray", "black"] && first.positions.kind == .picture)
    }
  }

  @Test(
    "definitions that make no sense are refused, with the key",
    arguments: [
      ("\"version\": 3, ", "", "'version' is missing"),
      ("[\"right_hip\", \"left_hip\"]", "[\"pelvis\"]", "'root' must be left_hip, right_hip"),
      ("\"common12\"", "\"nobody\"", "'joints'"), ("\"stride\": 56", "\"stride\": 0", "'stride'"),
      ("\"size\": 90", "\"size\": 900", "'occluders[1].size'"),
      ("\"disc\"", "\"blob\"", "'blob' is no shape"),
      ("\"black\"", "\"dark\"", "'dark' is no fill"),
      ("\"black\"", "\"image:room.png\"", "give a fill that needs no file"),
      ("\"disc\"", "\"mask:hand.png\"", "give square, disc or rectangleA"),
      ("\"rendered\"", "\"drawn\"", "'pictures.drawn' is not a key"),
      ("{\"size\": 60}", "{\"size\": 90, \"shape\": \"disc\", \"fill\": \"black\"}", "is in the list twice"),
    ])
  func wrong(_ old: String, _ new: String, _ words: String) throws {
    try withMaterial { material in
      let file = try write(Self.people.replacing(old, with: new), material)
      expectFailure(try run(file, material, out: "a"), 65, "few.json", words)
      #expect(!FileManager.default.fileExists(atPath: material.folder + "/a/few.json"))
    }
  }

  @Test("of a dataset takes the rows that it names, and needs all of them") func dataset() throws {
    try withTemporaryFolder { folder in
      let example = try DatasetCommandTests.Example(in: folder)
      func definition(_ names: String) -> String {
        """
        {"name": "rows", "version": 1, "pictures": {"dataset": {"title": "rows", "names": [\(names)]}},
         "occluders": [{"size": 80}], "stride": 56, "joints": "h36m14", "root": ["pelvis"]}
        """
      }
      let arguments = [
        "--model", example.material.pooled, "--dataset", example.dataset, "--images", folder + "/images",
        "--body-dir",
        folder + "/bodies", "--out", folder + "/out",
      ]
      let file = try write(
        definition("\"downtown_bar_00/image_*.png\", \"x_y_z/image_00004.png\""), example.material)
      let run = try CommandLineRun(["benchmark", file] + arguments + ["--json"])
      #expect(run.code == 0, "\(run.error)")
      let result = try JSONValue(Data(run.output.utf8), from: "output")
      let pictures = result["summary"]?["pictures"]?.array?.compactMap(\.string)
      #expect(
        pictures == [0, 3, 4].map { example.names[$0] })
      let lacking = try write(definition("\"downtown_bar_00/*\", \"downtown_bar_01/*\""), example.material)
      expectFailure(
        try CommandLineRun(["benchmark", lacking] + arguments), 65, "has no picture called downtown_bar_01/*")
      expectFailure(
        try CommandLineRun(["benchmark", file, "--model", example.material.pooled]), 64, "give its --dataset")
      let endless = try write(definition("\"*a*a*a*a*b\""), example.material)
      expectFailure(
        try CommandLineRun(["benchmark", endless] + arguments), 65, "names[0]", "has more than 4 *")
    }
  }

  @Test("the definitions that come with the project are read") func shipped() throws {
    let folder = repository.appending(path: "docs/benchmarks").path
    let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".json") }
    #expect(files.count >= 2)
    for file in files {
      let benchmark = try Benchmark(contentsOf: "\(folder)/\(file)")
      #expect("\(benchmark.name).json" == file)
    }
  }
}
