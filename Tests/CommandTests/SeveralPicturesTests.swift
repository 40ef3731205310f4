import Archives
import Foundation
import Pictures
import Tensors
import TestSupport
import Testing

/// Commands that are given several pictures, folders and patterns.
@Suite("Several pictures, from the command line") struct SeveralPicturesTests {
  /// A folder with frames 2, 9 and 10, the same picture, shifted.
  private func frames(_ material: Material) throws -> String {
    let folder = material.folder + "/frames"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let picture = try Picture(contentsOf: material.picture)
    for (i, number) in [2, 9, 10].enumerated() {
      let pixels = picture.pixels.enumerated().map { $1 &+ UInt8($0 % 3 == 0 ? 10 * i : 0) }
      try Picture(width: picture.width, height: picture.height, pixels: pixels).pngData()
        .write(to: URL(filePath: "\(folder)/frame_\(number).png"))
    }
    try Data("notes".utf8).write(to: URL(filePath: folder + "/notes.txt"))
    return folder
  }

  private func object(_ run: CommandLineRun) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
  }

  @Test("a folder is swept picture by picture, and means need no ground truth") func folder() throws {
    try withMaterial { material in
      let frames = try frames(material), out = material.folder + "/rec"
      let arguments = [
        "--model", material.pooled, "--body", material.body, "--stride", "112", "--out", out,
      ]
      let run = try CommandLineRun(["sweep", frames] + arguments)
      #expect(run.code == 0, "\(run.error)")
      #expect(run.output.contains("displacement from the clean prediction in mm over 3 pictures"))
      let records = try FileManager.default.contentsOfDirectory(atPath: out).filter { $0.hasSuffix(".zarr") }
      #expect(
        Set(records.map { $0.prefix { $0 != "." } }) == ["frame_2", "frame_9", "frame_10"]
          && records.count == 3)
      let label = URL(filePath: material.pooled).deletingPathExtension().lastPathComponent
      let means = try Archive(contentsOf: "\(out)/frames.\(label).npz")
      #expect(try means.strings("imgname") == [2, 9, 10].map { "frame_\($0).png" })
      #expect(try means.tensor("clean").elements.allSatisfy { $0 == 0 })
      #expect(try means.tensor("worst").elements.contains { $0 > 0 })
      #expect(try Picture(contentsOf: out + "/frames.png").width > 1600)

      // A pattern, and files one by one, are the same pictures: their records are complete.
      for pictures in [[frames + "/frame_*.png"], [2, 9, 10].map { "\(frames)/frame_\($0).png" }] {
        let again = try CommandLineRun(["sweep"] + pictures + arguments + ["--json"])
        #expect(again.code == 0 && again.error.components(separatedBy: "already complete").count == 4)
        let json = try object(again)
        #expect((json["results"] as? [Any])?.count == 3)
        let means = try #require(json["aggregates"] as? [String: Any])
        #expect(
          means["pictures"] as? Int == 3
            && means["quantity"] as? String == "displacement from the clean prediction")
      }
      let inside = try CommandLineRun(["sweep", frames] + arguments.dropLast() + [frames])
      #expect(inside.code == 64 && inside.error.contains("is the folder of the pictures"))
      // A link that leads nowhere, whose name is a pattern.
      let pattern = material.folder + "/l*.png"
      try FileManager.default.createSymbolicLink(atPath: pattern, withDestinationPath: "/nowhere")
      #expect(try CommandLineRun(["sweep", pattern] + arguments).code == 66)
      // A picture alone is as it ever was.
      let one = try CommandLineRun(["sweep", frames + "/frame_9.png"] + arguments + ["--json"])
      #expect(try one.code == 0 && object(one)["aggregates"] == nil)
    }
  }

  @Test("processes share the pictures of a folder, and whoever comes last, or merge, writes the means")
  func shards() throws {
    try withMaterial { material in
      let frames = try frames(material)
      func run(_ out: String, _ more: String...) throws -> CommandLineRun {
        try CommandLineRun(
          [
            "sweep", frames, "--model", material.pooled, "--body", material.body, "--stride", "112", "--out",
            "\(material.folder)/\(out)",
          ] + more)
      }
      func merge(_ more: String...) throws -> CommandLineRun {
        try CommandLineRun(["merge", material.folder + "/shared", "--body", material.body] + more)
      }
      let whole = try run("whole")
      #expect(whole.code == 0)
      let first = try run("shared", "--shard", "3/3")
      #expect(first.code == 0, "\(first.error)")
      #expect(first.output.contains("1 of 3 pictures are there; shards 1/3, 2/3 are not finished"))
      let json = try object(run("shared", "--shard", "1/3", "--json"))
      #expect(json["is_complete"] as? Bool == false && json["shard"] as? String == "1/3")
      let early = try merge()
      #expect(
        early.code == 65
          && early.error.contains("1 of 3 pictures of frames are missing; run again: --shard 2/3"),
        "\(early.error)")
      let last = try run("shared", "--shard", "2/3")
      #expect(
        last.code == 0 && last.output.hasSuffix(whole.output.split(separator: "\n\n").last!), "\(last.error)")
      func results() throws -> [String: Data] {
        try filesWithoutCommand(under: material.folder + "/shared").filter {
          !$0.key.hasPrefix(".shards/") && !$0.key.hasSuffix(".pdf")
        }
      }
      let expected = try filesWithoutCommand(under: material.folder + "/whole").filter {
        !$0.key.hasSuffix(".pdf")
      }
      #expect(try results() == expected)
      // What the last one would have written, had it been killed before.
      for name in try FileManager.default.contentsOfDirectory(atPath: material.folder + "/shared")
      where name.hasPrefix("frames") {
        try FileManager.default.removeItem(atPath: "\(material.folder)/shared/\(name)")
      }
      #expect(try results() != expected)
      let merged = try merge("--json")
      #expect(merged.code == 0, "\(merged.error)")
      let means = try #require(try object(merged)["aggregates"] as? [[String: Any]])
      #expect(means.count == 1 && means[0]["pictures"] as? Int == 3)
      #expect(try results() == expected)
    }
  }

  @Test(
    "shares of another stride in the same folder are another set, and pictures without places in common have means"
  )
  func sets() throws {
    try withMaterial { material in
      let frames = try frames(material)
      func run(_ more: String...) throws -> CommandLineRun {
        try CommandLineRun(
          [
            "sweep", frames, "--model", material.pooled, "--body", material.body, "--out",
            material.folder + "/shared",
          ] + more)
      }
      for shard in ["1/2", "2/2"] { #expect(try run("--stride", "112", "--shard", shard).code == 0) }
      let other = try run("--stride", "56", "--shard", "1/2", "--joints", "common12")
      #expect(other.code == 0 && other.output.contains("shards 2/2 are not finished"), "\(other.output)")

      // Under two occluders, in regions of their own.
      let json = try object(
        run("--stride", "56", "--region", "0,0,20,28", "--occluder-size", "40,80", "--json", "--shard", "1/1")
      )
      let aggregates = try #require(json["aggregates"] as? [String: Any])
      let networks = try #require(aggregates["networks"] as? [[String: Any]])
      #expect(networks.map { $0["occlusion"] as? String } == ["square40", "square80"])
      let comparison = try #require(aggregates["comparison"] as? [String: Any])
      #expect(comparison["pictures"] as? Int == 3 && (comparison["entries"] as? [Any])?.count == 2)
      let names = try FileManager.default.contentsOfDirectory(atPath: material.folder + "/shared")
      #expect(names.contains("frames.occluders.pdf") && names.contains("frames.occluders.png"))
      let text = try run("--stride", "56", "--region", "0,0,20,28", "--occluder-size", "40,80").output
      #expect(text.contains("mean minus that of square 40"), "\(text)")
    }
  }

  @Test("each picture has its own ground truth and its own people; where nobody was found it is left out")
  func peopleAndTruth() throws {
    try withMaterial { material in
      let frames = try frames(material)
      let truths = material.folder + "/truths"
      try FileManager.default.createDirectory(atPath: truths, withIntermediateDirectories: true)
      let pose = Array(repeating: "0.1", count: 72).joined(separator: ", ")
      let betas = Array(repeating: "0", count: 10).joined(separator: ", ")
      for number in [2, 9] {
        try #"{"pose": [\#(pose)], "betas": [\#(betas)]}"#.write(
          toFile: "\(truths)/frame_\(number).json", atomically: true, encoding: .utf8)
      }
      let boxes = material.folder + "/boxes.json"
      try #"""
      [{"image_id": "frame_2.png", "category_id": 1, "bbox": [4, 6, 20, 10], "score": 0.9},
       {"image_id": "frame_9.png", "category_id": 1, "bbox": [3, 6, 20, 10], "score": 0.9}]
      """#.write(toFile: boxes, atomically: true, encoding: .utf8)
      let out = material.folder + "/rec"
      let arguments = [
        "sweep", frames, "--model", material.pooled, "--body", material.body, "--stride", "112", "--out", out,
        "--bbox", boxes,
      ]
      let run = try CommandLineRun(arguments + ["--truth", truths, "--json"])
      #expect(run.code == 0 && run.error.contains("frame_10.png: nobody was found"), "\(run.error)")
      let means = try #require(try object(run)["aggregates"] as? [String: Any])
      #expect(means["pictures"] as? Int == 2 && means["quantity"] as? String == "error")

      let single = try CommandLineRun(arguments + ["--truth", "\(truths)/frame_2.json"])
      #expect(single.code == 64 && single.error.contains("ground truth of one picture"))
      try FileManager.default.removeItem(atPath: "\(truths)/frame_9.json")
      let missing = try CommandLineRun(arguments + ["--truth", truths, "--out", out + "2"])
      #expect(missing.code == 66 && missing.error.contains("no frame_9.json"))
      try "[]".write(toFile: boxes, atomically: true, encoding: .utf8)
      let nobody = try CommandLineRun(arguments)
      #expect(nobody.code == 65 && nobody.error.contains("nobody was found in any of the 3 pictures"))
    }
  }

  @Test("estimate takes several pictures, and a folder of files of people") func estimate() throws {
    try withMaterial { material in
      let frames = try frames(material), people = material.folder + "/json"
      try FileManager.default.createDirectory(atPath: people, withIntermediateDirectories: true)
      let points = "[5.5, 11, 0.9, 22.5, 11, 0.3, 14, 10, 0.9, 14, 12, 0.5]"
      for number in [2, 10] {
        try #"{"version": 1.3, "people": [{"pose_keypoints_2d": \#(points)}]}"#.write(
          toFile: "\(people)/frame_\(number)_keypoints.json", atomically: true, encoding: .utf8)
      }
      let estimate = ["--model", material.pooled, "--body", material.body]
      let all = try CommandLineRun(["estimate", frames] + estimate + ["--openpose", people, "--json"])
      #expect(all.code == 0 && all.error.contains("frame_9.png: nobody was found"), "\(all.error)")
      let estimates = try #require(try object(all)["estimates"] as? [[String: Any]])
      #expect(estimates.compactMap { $0["picture"] as? String } == ["frame_2.png", "frame_10.png"])
      let box = ["--box", "3.8,0.8,20.4,20.4", "--json"]
      let one = try CommandLineRun(["estimate", frames + "/frame_10.png"] + estimate + box)
      #expect(try object(one)["betas"] as? [Double] == estimates[1]["betas"] as? [Double])
      let out = material.folder + "/drawings"
      let drawn = try CommandLineRun(["estimate", frames] + estimate + ["--out", out])
      #expect(
        drawn.code == 0 && drawn.output.components(separatedBy: "joint, mm").count == 4, "\(drawn.error)")
      #expect(try Picture(contentsOf: out + "/frame_9.png").width == 960)

      try FileManager.default.createDirectory(
        atPath: material.folder + "/empty", withIntermediateDirectories: true)
      for (path, words) in [("/empty", "contains no pictures"), ("/none*.png", "none of this pattern")] {
        let run = try CommandLineRun(["estimate", material.folder + path] + estimate)
        #expect(run.code == 66 && run.errorLines.count == 1 && run.error.contains(words), "\(run.error)")
      }
    }
  }
}
