import Foundation
import Pictures
import Records
import TestSupport
import Tensors
import Testing

@Suite("Compare, estimate, inspect") struct OtherCommandTests {
  @Test("compare shows both networks and the difference") func compare() throws {
    try withMaterial { material in
      let sweep = try CommandLineRun(
        material.sweep("--model", material.attention, "--truth", material.truth))
      #expect(sweep.code == 0, "\(sweep.error)")
      let records = try ["pooled", "attending"].map { try material.record($0) }
      let run = try CommandLineRun(["compare"] + records)
      #expect(run.code == 0 && run.output.contains("difference") && run.output.contains("left hip"))

      let json = try CommandLineRun(["compare", "--json"] + records)
      let comparison = try JSONDecoder().decode(Comparison.self, from: Data(json.output.utf8))
      let (a, b) = (try SweepRecord(contentsOf: records[0]), try SweepRecord(contentsOf: records[1]))
      #expect(comparison.a == Findings(a) && comparison.b == Findings(b))
      #expect(json.error.isEmpty)
    }
  }

  @Test("estimate gives joints, rotations, betas and camera") func estimate() throws {
    try withMaterial { material in
      let arguments = ["estimate", material.picture, "--model", material.pooled, "--body", material.body]
      let json = try CommandLineRun(arguments + ["--json"])
      #expect(json.code == 0 && json.error.isEmpty, "\(json.error)")
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
      let joints = try #require(object["joints24_m"] as? [[Double]])
      let rotations = try #require(object["rotations"] as? [[[Double]]])
      #expect(joints.count == 24 && joints.allSatisfy { $0.count == 3 })
      #expect(rotations.count == 24 && rotations.allSatisfy { $0.count == 3 && $0[0].count == 3 })
      #expect((object["betas"] as? [Double])?.count == 10 && (object["camera"] as? [Double])?.count == 3)
      #expect(object["h36m14_m"] == nil)

      let table = try CommandLineRun(arguments)
      #expect(table.output.contains("Left hip") && table.output.contains("camera"))

      // A sweep's clean prediction is the same estimate.
      #expect(try CommandLineRun(material.sweep()).code == 0)
      let clean = try #require(material.read().clean.joints)
      expectClose(clean.elements, joints.joined().map { Float($0) }, absolute: 1e-5)
    }
  }

  @Test("bench prints its measurements, as text and as JSON") func bench() throws {
    let arguments = [
      "bench", "--network", "gap-small", "--positions", "96", "--workers", "1", "--batch", "4",
    ]
    let text = try CommandLineRun(arguments)
    #expect(text.code == 0, "\(text.error)")
    #expect(text.output.contains("gap-small incremental:") && text.output.contains("GFLOP/s"))
    let json = try CommandLineRun(arguments + ["--mode", "incremental", "--json"])
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
    let results = try #require(object["results"] as? [[String: Any]])
    #expect(results.count == 1 && results[0]["positions"] as? Int == 96)
    #expect((results[0]["bound"] as? Double).map { $0 > 1 && $0 < 3 } == true)
    expectFailure(try CommandLineRun(["bench", "--positions", "0"]), 64, "--positions is 0")
    for option in ["--positions", "--batch", "--workers"] {
      let run = try CommandLineRun(["bench", option, "\(Int.max)"])
      expectFailure(run, 64, "\(option) is \(Int.max); give 1 to")
    }
    expectFailure(try CommandLineRun(["bench", "--places", "0"]), 64, "--positions is 0")
  }

  @Test("estimate --joints prints keypoints in space and in the crop, or reports what it lacks")
  func keypoints()
    throws
  {
    try withMaterial { material in
      let arguments = [
        "estimate", material.picture, "--model", material.pooled, "--body", fixture("body.npz"), "--joints",
      ]
      let regressors = ["--joint-regressors", fixture("golden/networks/data")]
      let json = try CommandLineRun(arguments + ["h36m17", "--json"] + regressors)
      #expect(json.code == 0 && json.error.isEmpty, "\(json.error)")
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
      let keypoints = try #require(object["keypoints"] as? [String: Any])
      #expect(keypoints["set"] as? String == "h36m17")
      #expect((keypoints["names"] as? [String])?.last == "right_wrist")
      let positions = try #require(keypoints["positions_m"] as? [[Double]])
      let pixels = try #require(keypoints["crop_px"] as? [[Double]])
      #expect(positions.count == 17 && pixels.count == 17)
      // A far camera of 5000 pixels in front of the body, its axis through the middle of the crop.
      let place = try #require(object["translation_m"] as? [Double])
      let side = try #require(object["side_px"] as? Double)
      for (p, pixel) in zip(positions, pixels) {
        for axis in 0..<2 {
          let expected = 5000 * (p[axis] + place[axis]) / (p[2] + place[2]) + side / 2
          #expect(abs(pixel[axis] - expected) < 1e-2)
        }
      }

      let table = try CommandLineRun(arguments + ["h36m14"] + regressors)
      #expect(table.code == 0 && table.output.contains("Head top"))
      for (set, words) in [("spin49", "this body does not have"), ("h36m17", "J_regressor_h36m.npy")] {
        let refused = try CommandLineRun(arguments + [set])
        #expect(refused.code == 66 && refused.errorLines.count == 1 && refused.error.contains(words))
      }
    }
  }

  @Test("the parts of a body come from the file beside it, if it fits") func parts() throws {
    try withMaterial { material in
      let data = fixture("golden/small/data")
      let arguments = ["estimate", material.picture, "--model", material.pooled, "--joint-regressors", data]
      let fits = try CommandLineRun(arguments + ["--body", data + "/smpl/SMPL_NEUTRAL.pkl"])
      #expect(fits.code == 0, "\(fits.error)")
      let refused = try CommandLineRun(arguments + ["--body", fixture("body.npz")])
      #expect(refused.code == 65 && refused.errorLines.count == 1)
      #expect(refused.error.contains("smpl_partSegmentation_mapping.pkl: smpl_index labels 256 vertices"))
    }
  }

  @Test("estimate --out draws the crop and the body from the side") func overlay() throws {
    try withMaterial { material in
      let out = material.folder + "/overlay.png"
      let arguments = ["estimate", material.picture, "--model", material.pooled, "--body", material.body]
      let run = try CommandLineRun(arguments + ["--out", out])
      #expect(run.code == 0, "\(run.error)")
      let picture = try Picture(contentsOf: out)
      #expect(picture.width == 960 && picture.height == 480)
      let refused = try CommandLineRun(arguments + ["--out", material.folder + "/none/overlay.png"])
      #expect(refused.code == 73 && refused.errorLines.count == 1 && refused.output.isEmpty)
    }
  }

  @Test("a box comes from the command line, from SPIN's JSON or from OpenPose's, and is given once")
  func boxes() throws {
    try withMaterial { material in
      let estimate = [
        "estimate", material.picture, "--model", material.pooled, "--body", material.body, "--json",
      ]
      func write(_ text: String, _ name: String) throws -> String {
        let path = material.folder + "/" + name
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
      }
      let whole = try CommandLineRun(estimate).output
      let expected = try CommandLineRun(estimate + ["--box", "4,6,20,10"])
      #expect(expected.code == 0 && expected.output != whole)
      let bbox = try write(#"{"bbox": [4, 6, 20, 10]}"#, "bbox.json")
      #expect(try CommandLineRun(estimate + ["--bbox", bbox]).output == expected.output)
      let results = try write(
        #"[{"image_id": "person.png", "bbox": [0, 0, 9, 9], "score": 0.2}, {"image_id": "person.png", "#
          + #""bbox": [4, 6, 20, 10], "score": 0.9}, {"image_id": "other.png", "bbox": [1, 1, 5, 5], "score": 0.99}]"#,
        "results.json")
      #expect(try CommandLineRun(estimate + ["--bbox", results]).output == expected.output)
      let others = try write(
        #"[{"image_id": 3, "bbox": [1, 1, 5, 5]}, {"image_id": 4, "bbox": [1, 1, 5, 5]}]"#, "others.json")
      // The sure points span 17 pixels around their mean, (14, 11): a box of 20.4.
      let points = "[5.5, 11, 0.9, 22.5, 11, 0.3, 14, 10, 0.9, 14, 12, 0.5, 31, 31, 0.2]"
      let openPose = try write(#"{"people": [{"pose_keypoints_2d": \#(points)}]}"#, "openpose.json")
      #expect(
        try CommandLineRun(estimate + ["--openpose", openPose]).output
          == CommandLineRun(estimate + ["--box", "3.8,0.8,20.4,20.4"]).output)

      // Before version 1.2 the key was another; of several people it is the largest that is seen well, or the one asked for.
      let old = try write(#"{"version": 1.0, "people": [{"pose_keypoints": \#(points)}]}"#, "old.json")
      let small = "[10, 10, 0.9, 12, 12, 0.9]", ghost = "[0, 0, 0.1, 31, 31, 0.1]"
      let several = try write(
        #"{"people": [{"pose_keypoints_2d": \#(ghost)}, {"pose_keypoints_2d": \#(small)}, "#
          + #"{"pose_keypoints_2d": \#(points)}]}"#, "several.json")
      let whoever = try CommandLineRun(estimate + ["--openpose", openPose]).output
      for arguments in [
        ["--openpose", old], ["--openpose", several], ["--openpose", several, "--person", "3"],
      ] {
        #expect(try CommandLineRun(estimate + arguments).output == whoever)
      }
      #expect(
        try CommandLineRun(estimate + ["--openpose", several, "--person", "2"]).output
          == CommandLineRun(estimate + ["--box", "9.8,9.8,2.4,2.4"]).output)
      let nobody = try write(#"{"version": 1.3, "people": []}"#, "nobody.json")

      let smooth = try CommandLineRun(estimate + ["--box", "4,6,20,10", "--crop", "pare"])
      #expect(smooth.code == 0 && smooth.output != expected.output)

      let empty = try write("{}", "empty.json")
      for (arguments, code, words) in [
        (["--bbox", empty], 65, "empty.json: contains no \"bbox\""),
        (["--openpose", empty], 65, "empty.json: contains no \"bbox\" and no people"),
        (["--openpose", nobody], 65, "nobody.json: nobody was found"),
        (["--openpose", several, "--person", "1"], 65, "person 1 has fewer than two points"),
        (["--openpose", several, "--person", "4"], 65, "several.json: has no person 4; give 1 to 3"),
        (["--bbox", others], 65, "others.json: has no box of person.png"),
        (["--person", "1", "--box", "0,0,9,9"], 64, "--person is for --bbox, --openpose and --box find"),
        (["--openpose", material.folder + "/none.json"], 66, "none.json: cannot be read"),
        (["--bbox", bbox, "--box", "1,2,3,4"], 64, "Give the box once"),
        (["--crop", "tight"], 64, "tight"),
      ] as [([String], Int32, String)] {
        let run = try CommandLineRun(estimate + arguments)
        #expect(run.code == code && run.errorLines.count == 1 && run.error.contains(words), "\(run.error)")
      }
    }
  }

  @Test("inspect distinguishes records, networks, bodies and other archives") func inspect() throws {
    try withMaterial { material in
      let network = try CommandLineRun(["inspect", material.attention]).output
      #expect(
        network.hasPrefix("own network\n") && network.contains("part attention")
          && network.contains("32 pixels"))
      let body = try CommandLineRun(["inspect", material.body]).output
      #expect(body.hasPrefix("body model\n") && body.contains("1000"))
      let poses = try CommandLineRun(["inspect", fixture("poses.npz")]).output
      #expect(poses.hasPrefix("npz file\n") && poses.contains("800 × 72"))
      #expect(try CommandLineRun(material.sweep()).code == 0)
      for (file, words) in [
        (
          "archives/datasets/vibe_db.pt", ["database of VIBE", "joblib", "rows", "not valid are left out: 1"]
        ),
        ("archives/sequences", ["sequences of 3DPW", "in words"]),
        ("pictures/lossless.webp", ["picture", "5 × 4"]),
        ("people/person-1.json", ["ground truth", "a pose"]),
      ] {
        let run = try CommandLineRun(["inspect", fixture(file)])
        #expect(run.code == 0 && words.allSatisfy(run.output.contains), "\(run.output)\(run.error)")
      }
      let record = try CommandLineRun(["inspect", material.record()]).output
      #expect(
        record.hasPrefix("sweep record\n") && record.contains("64 computed") && record.contains("error_pa"))
      let json = try CommandLineRun(["inspect", "--json", material.body]).output
      #expect((try? JSONSerialization.jsonObject(with: Data(json.utf8))) != nil)
    }
  }

  @Test("standard output that cannot be written is an error; a closed pipe is not") func output()
    throws
  {
    let network = fixture("networks/gap.safetensors")
    let full = try CommandLineRun(
      "/bin/sh", ["-c", "exec \"$0\" \"$@\" > /dev/full", CommandLineRun.program, "inspect", network])
    #expect(full.code == 74 && full.errorLines.count == 1, "\(full.error)")
    let gone = try CommandLineRun(
      "/bin/sh", ["-c", "\"$0\" \"$@\" | true", CommandLineRun.program, "inspect", network])
    #expect(gone.code == 0 && gone.error.isEmpty, "\(gone.error)")
  }

  @Test("the built-in body is found from any folder") func fixtures() throws {
    try withMaterial { material in
      let run = try CommandLineRun(
        ["estimate", material.picture, "--model", material.pooled, "--json"], in: material.folder)
      #expect(run.code == 0, "\(run.error)")
    }
  }
}
