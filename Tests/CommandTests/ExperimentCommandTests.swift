import Archives
import Foundation
import Tensors
import TestSupport
import Testing

/// `experiment`, through the built program, with two tiny variants.
@Suite("Experiments, from the command line") struct ExperimentCommandTests {
  /// A plan of two variants that start from a third; `change` edits its json.
  private static func plan(_ change: (inout [String: Any]) -> Void = { _ in }) throws -> Data {
    var plan: [String: Any] = [
      "name": "tiny", "side": 32, "width": 4, "seeds": [1, 2], "reference": "gap",
      "recipe": [
        "pictures": 192, "batch": 8, "warmup": 4, "architecture": ["hidden": 16, "branch_width": 8],
      ],
      "variants": [
        ["name": "parts", "head": "parts", "only_start": true],
        ["name": "gap", "head": "gap", "start": "parts"],
        ["name": "free", "head": "attention", "start": "parts", "recipe": ["part_share": 0]],
      ],
      "evaluation": [
        "people": 5, "seed": 9, "patches": [80], "fills": ["gray", "textured"], "stride": 56,
        "textured_every": 2,
      ],
    ]
    change(&plan)
    return try JSONSerialization.data(withJSONObject: plan)
  }

  private static func arguments(_ file: String, _ out: String, _ more: String...) -> [String] {
    ["experiment", file, "--out", out, "--body", fixture("body_1000.npz")] + more
  }

  private static func modified(_ folder: String) throws -> [String: Date] {
    var dates: [String: Date] = [:]
    for name in try files(under: folder).keys where name.hasSuffix(".npz") || name.hasSuffix(".safetensors") {
      dates[name] =
        try FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")[.modificationDate] as? Date
    }
    return dates
  }

  @Test(
    "an interrupted experiment continues to the same bytes; after a change only the changed parts run again")
  func resume() throws {
    try withTemporaryFolder { folder in
      let file = "\(folder)/tiny.json"
      try Self.plan().write(to: URL(filePath: file))
      let dry = try CommandLineRun(Self.arguments(file, "\(folder)/whole", "--dry-run"))
      #expect(dry.code == 0, "\(dry.error)")
      #expect(
        dry.output.contains("6 training runs")
          && dry.output.contains("train gap, seed 2: 192 pictures from parts"))
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/whole"))

      let whole = try CommandLineRun(Self.arguments(file, "\(folder)/whole", "--workers", "1"))
      #expect(whole.code == 0, "\(whole.error)")
      // Stopped again and again, wherever the signal finds it.
      var interruptions = 0
      for attempt in 0..<30 {
        let process = try CommandLineRun.start(Self.arguments(file, "\(folder)/parted"))
        Thread.sleep(forTimeInterval: 0.5 + 0.07 * Double(attempt))
        kill(process.processIdentifier, SIGINT)
        process.waitUntilExit()
        #expect([0, 130].contains(process.terminationStatus), "\(process.terminationStatus)")
        if process.terminationStatus == 0 { break }
        interruptions += 1
      }
      #expect(interruptions > 0)
      let rest = try CommandLineRun(Self.arguments(file, "\(folder)/parted"))
      #expect(rest.code == 0, "\(rest.error)")
      #expect(rest.output.replacing("/parted/", with: "/whole/") == whole.output)
      let (first, second) = (try files(under: "\(folder)/whole"), try files(under: "\(folder)/parted"))
      for name in first.keys.sorted()
      where !name.hasSuffix(".csv") && !name.hasSuffix(".pdf") && !name.hasPrefix("figures/training") {
        #expect(first[name] == second[name], "\(name)")
      }
      #expect(first.keys.filter { $0.hasSuffix("network.safetensors") }.count == 6)
      #expect(first["report.pdf"]?.starts(with: Data("%PDF".utf8)) == true)
      #expect(first.keys.contains("figures/influence-80-free.png"))

      // Two processes, each with the networks of one seed.
      let early = try CommandLineRun(Self.arguments(file, "\(folder)/shared", "--shard", "2/2"))
      #expect(
        early.code == 0 && early.output.contains("other networks are not measured yet"), "\(early.error)")
      let last = try CommandLineRun(Self.arguments(file, "\(folder)/shared", "--shard", "1/2"))
      #expect(
        last.code == 0 && last.output.replacing("/shared/", with: "/whole/") == whole.output, "\(last.error)")

      // Another share of one variant, and a smaller patch beside the other.
      let before = try Self.modified("\(folder)/whole")
      try Self.plan { plan in
        var variants = plan["variants"] as! [[String: Any]]
        variants[2]["recipe"] = ["part_share": 1]
        plan["variants"] = variants
        var evaluation = plan["evaluation"] as! [String: Any]
        evaluation["patches"] = [40, 80]
        plan["evaluation"] = evaluation
      }.write(to: URL(filePath: file))
      let changed = try CommandLineRun(Self.arguments(file, "\(folder)/whole"))
      #expect(changed.code == 0, "\(changed.error)")
      let after = try Self.modified("\(folder)/whole")
      for (name, date) in before where name != "results.npz" { #expect(after[name] == date, "\(name)") }
      let new = Set(after.keys).subtracting(before.keys)
      #expect(new.count { $0.hasSuffix(".safetensors") } == 2)
      #expect(new.filter { $0.hasPrefix("gap/") }.allSatisfy { $0.contains("_40-") })
      #expect(new.count { $0.hasPrefix("gap/") } == 4)
    }
  }

  @Test("forecasts runs that freeze the part branch of a start that is not trained yet") func frozen() throws
  {
    try withTemporaryFolder { folder in
      let file = "\(folder)/frozen.json"
      try Self.plan {
        $0["variants"] = [
          ["name": "parts", "head": "parts", "only_start": true],
          ["name": "gap", "head": "attention", "start": "parts", "recipe": ["strategy": "parts-frozen"]],
        ]
      }.write(to: URL(filePath: file))
      let dry = try CommandLineRun(Self.arguments(file, "\(folder)/out", "--dry-run"))
      #expect(dry.code == 0 && dry.output.contains("train gap, seed 2"), "\(dry.error)")
    }
  }

  @Test("runs of version 0.1.0 are found again: folders have the same names") func legacyFolders() throws {
    try withTemporaryFolder { folder in
      let file = "\(folder)/tiny.json"
      try Self.plan { plan in
        var recipe = plan["recipe"] as! [String: Any]
        recipe["studio"] = ["estrangementChance": 0.3, "mostObjects": 2]
        plan["recipe"] = recipe
      }.write(to: URL(filePath: file))
      let dry = try CommandLineRun(["experiment", file, "--out", "out", "--dry-run"])
      #expect(dry.code == 0, "\(dry.error)")
      for run in [
        "parts/seed-1-e4f4c292", "parts/seed-2-7ba0bcf3", "gap/seed-1-e1e78405", "gap/seed-2-af737d51",
        "free/seed-1-347b3009", "free/seed-2-3db4c652",
      ] { #expect(dry.output.contains("(out/\(run))"), "\(run) is not in \(dry.output)") }
    }
  }

  @Test("writes means, confidence intervals, seeds and paired differences") func results() throws {
    try withMaterial { material in
      let file = "\(material.folder)/ready.json"
      try JSONSerialization.data(withJSONObject: [
        "variants": [
          ["name": "one", "network": material.pooled], ["name": "same", "network": material.pooled],
          ["name": "attending", "network": material.attention],
        ], "reference": "one",
        "evaluation": [
          "people": 6, "seed": 3, "patches": [80], "fills": ["gray"], "stride": 56, "objects": false,
        ],
      ]).write(to: URL(filePath: file))
      let out = "\(material.folder)/out"
      let run = try CommandLineRun(Self.arguments(file, out))
      #expect(run.code == 0, "\(run.error)")
      let results = try JSONValue(
        Data(contentsOf: URL(filePath: "\(out)/results.json")), from: "results.json")
      let variants = try #require(results["variants"]?.array)
      #expect(variants.map { $0["name"]?.string } == ["one", "same", "attending"])
      let differences = try #require(variants[1]["minus_reference"]?.object)
      #expect(differences.count > 20)
      for (key, value) in differences {
        for bound in ["mean", "low", "high"] { #expect(value[bound]?.number == 0, "\(key) \(bound)") }
      }
      #expect(variants[0]["minus_reference"] == nil)
      let clean = try #require(variants[0]["values"]?["clean.mpjpe_mm"])
      let (low, mean, high) = (clean["low"]!.number!, clean["mean"]!.number!, clean["high"]!.number!)
      #expect(low < mean && mean < high && mean > 10 && mean < 2000)
      // The mean is that of the numbers in the npz file, and the table has it.
      let arrays = try Archive(contentsOf: "\(out)/results.npz")
      let numbers = try arrays.tensor("one/clean.mpjpe_mm")
      #expect(numbers.shape == [1, 6])
      #expect(abs(Double(numbers.elements.reduce(0, +)) / 6 - mean) < 1e-3)
      #expect(try arrays.tensor("one/gray_80.influence_mm").shape == [24, 24])
      let table = try String(contentsOfFile: "\(out)/table.md", encoding: .utf8)
      #expect(table.contains(String(format: "| MPJPE | %.1f (%.1f to %.1f)", mean, low, high)))
      // Evaluate measures the same people.
      let evaluate = try CommandLineRun([
        "evaluate", "--people", "6", "--seed", "3", "--model", "one=\(material.pooled)", "--body",
        material.body, "--json",
      ])
      let report = try JSONValue(Data(evaluate.output.utf8), from: "evaluate")
      #expect(abs(report["models"]!.array![0]["mpjpe_mm"]!.number! - mean) < 0.01)
      // A file of measurements that lacks what belongs there is refused, not summed up.
      let measured = try #require(
        try FileManager.default.contentsOfDirectory(atPath: "\(out)/one/measured")
          .first { $0.hasPrefix("clean-") })
      let path = "\(out)/one/measured/\(measured)"
      let section = try Archive(contentsOf: path).tensors()
      // One that was interrupted before its first person is gone on with.
      try Npz.write([("is_measured", Tensor([6]))], to: path)
      #expect(try CommandLineRun(Self.arguments(file, out)).code == 0)
      #expect(try Archive(contentsOf: path).tensor("error").elements == section["error"]!.elements)
      for change in ["cut", "missing"] {
        var arrays = section
        arrays["error"] = change == "cut" ? Tensor([6, 1]) : nil
        try Npz.write(arrays.map { ($0.key, $0.value) }, to: path)
        let run = try CommandLineRun(Self.arguments(file, out))
        #expect(
          run.code == 65 && run.error.contains("clean-") && run.error.contains("'error'"), "\(run.error)")
      }
      // Only part attention has attention.
      #expect(variants[0]["values"]?["gray_80.attention_before"] == nil)
      #expect(variants[2]["values"]?["gray_80.attention_before"] != nil)
      #expect(!FileManager.default.fileExists(atPath: "\(out)/figures/training.png"))
    }
  }

  @Test("people behind objects have more hidden joints, and files of their own") func behindObjects() throws {
    try withMaterial { material in
      let (file, out) = ("\(material.folder)/ready.json", "\(material.folder)/out")
      func hiddenPictures(_ behind: Bool) throws -> Float {
        try JSONSerialization.data(withJSONObject: [
          "variants": [["name": "one", "network": material.pooled]],
          "evaluation": [
            "people": 6, "seed": 3, "patches": [80], "fills": ["gray"], "stride": 56, "objects": false,
            "behind_objects": behind,
          ],
        ]).write(to: URL(filePath: file))
        let run = try CommandLineRun(Self.arguments(file, out))
        #expect(run.code == 0, "\(run.error)")
        return try Archive(contentsOf: "\(out)/results.npz").tensor("one/gray_80.influence_hidden_pictures")
          .elements.reduce(0, +)
      }
      let (before, after) = (try hiddenPictures(false), try hiddenPictures(true))
      #expect(after > 1.3 * before, "\(before) without objects, \(after) with")
      #expect(try hiddenPictures(false) == before)
    }
  }

  @Test("an error in a file is reported in one line, with the key") func bad() throws {
    try withTemporaryFolder { folder in
      let file = "\(folder)/bad.json"
      func variants(_ variant: [String: Any]) -> (inout [String: Any]) -> Void {
        {
          $0["variants"] = [variant]; $0["reference"] = nil
        }
      }
      let cases: [(String, (inout [String: Any]) -> Void)] = [
        ("'colour'", { $0["colour"] = 1 }),
        ("'recipe.batc'", { $0["recipe"] = ["batc": 8] }),
        ("'recipe.losses.joint_2d'", { $0["recipe"] = ["losses": ["joint_2d": 8]] }),
        ("'recipe.batch'", { $0["recipe"] = ["batch": "many"] }),
        ("'recipe.seed'", { $0["recipe"] = ["seed": 3] }),
        ("'variants[0].recipe.pictures'", variants(["name": "a", "head": "gap", "recipe": ["pictures": 3]])),
        ("'variants[0].head'", variants(["name": "a"])),
        ("'variants[0].head'", variants(["name": "a", "head": "hrnet"])),
        ("'variants[0].name'", variants(["head": "gap"])),
        ("'variants[0].name'", variants(["name": "a/b", "head": "gap"])),
        ("'variants[0].name'", variants(["name": "a\u{0}b", "head": "gap"])),
        ("'variants[0].name'", variants(["name": "table.md", "head": "gap"])),
        ("'variants[0].name'", variants(["name": String(repeating: "a", count: 300), "head": "gap"])),
        (
          "'variants[0].recipe' contains",
          variants(["name": "a", "head": "gap", "recipe": ["weight_decay": 1e300]])
        ),
        ("'variants[0].start'", variants(["name": "a", "head": "gap", "start": "none"])),
        ("'variants[0].start'", variants(["name": "a", "head": "gap", "start": "a"])),
        ("'variants[0].network'", variants(["name": "a", "network": "none.safetensors"])),
        (
          "'variants[0].recipe.augmentation.crop_factor'",
          variants(["name": "a", "head": "gap", "recipe": ["augmentation": ["crop_probability": 0.5]]])
        ),
        (
          "'variants[0].recipe.hide_part_maps'",
          variants(["name": "a", "head": "gap", "recipe": ["hide_part_maps": 0.5]])
        ),
        (
          "'variants[0].recipe.strategy'",
          variants(["name": "a", "head": "attention", "recipe": ["strategy": "parts-frozen"]])
        ),
        (
          "'variants[0].recipe.losses.surface'",
          variants(["name": "a", "head": "gap", "recipe": ["losses": ["surface": 5]]])
        ),
        (
          "'variants[0].recipe.goal'", variants(["name": "a", "head": "gap", "goal": "parts"])
        ),
        (
          "'variants[0].recipe.renderer.fill'",
          variants(["name": "a", "head": "gap", "recipe": ["studio": ["fill": [0.9, 1.1]]]])
        ),
        (
          "'variants[0].recipe.renderer.max_objects'",
          variants(["name": "a", "head": "gap", "recipe": ["studio": ["mostObjects": 9_000_000_000]]])
        ),
        (
          "'variants[0].recipe.architecture.side'",
          variants(["name": "a", "head": "gap", "recipe": ["architecture": ["side": 100]]])
        ),
        (
          "'variants[0].recipe.architecture'",
          variants(["name": "a", "head": "gap", "recipe": ["architecture": ["blocks": [1, 1]]]])
        ),
        (
          "'variants[0].recipe.pictures'",
          variants(["name": "a", "head": "gap", "recipe": ["pictures": Int.max]])
        ),
        ("'variants[0].recipe'", variants(["name": "a", "network": "gap", "recipe": [:]])),
        ("'variants[0].side'", variants(["name": "a", "head": "gap", "side": 50])),
        ("'variants'", { $0["variants"] = nil }),
        ("'reference'", { $0["reference"] = "parts" }),
        ("'seeds'", { $0["seeds"] = [1, 1] }),
        ("'seeds'", { $0["seeds"] = [1, 9] }),
        ("'evaluation.people'", { $0["evaluation"] = ["people": 0] }),
        ("'evaluation.fills[0]'", { $0["evaluation"] = ["fills": ["red"]] }),
        ("'evaluation.behind_objects'", { $0["evaluation"] = ["behind_objects": true] }),
        ("'evaluation.patches[1]'", { $0["evaluation"] = ["patches": [40, 900]] }),
      ]
      for (key, change) in cases {
        try Self.plan(change).write(to: URL(filePath: file))
        let run = try CommandLineRun(Self.arguments(file, "\(folder)/out"))
        #expect(run.code == 65 && run.errorLines.count == 1, "\(key): \(run.code), \(run.error)")
        #expect(run.error.contains("bad.json: \(key)"), "\(key): \(run.error)")
      }
      try Data("{".utf8).write(to: URL(filePath: file))
      #expect(try CommandLineRun(Self.arguments(file, "\(folder)/out")).code == 65)
      #expect(try CommandLineRun(Self.arguments("\(folder)/none.json", "\(folder)/out")).code == 66)
      #expect(try CommandLineRun(["experiment"]).code == 64)
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/out"))
    }
  }
}
