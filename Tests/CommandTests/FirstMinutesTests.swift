import Archives
import Foundation
import Models
import Pictures
import Records
import TestSupport
import Testing

/// What somebody meets who has just installed the program: its data, typing errors, progress, endings of files.
@Suite("First minutes") struct FirstMinutesTests {
  @Test("an installed program takes the data beside it, before a checkout, and after PENUMBRA_FIXTURES")
  func installed() throws {
    try withMaterial { material in
      let program = material.folder + "/moved here/bin/penumbra"
      let data = material.folder + "/moved here/share/penumbra"
      try makeFolder(material.folder + "/moved here/bin")
      try makeFolder(data)
      try FileManager.default.copyItem(atPath: CommandLineRun.program, toPath: program)
      try FileManager.default.copyItem(atPath: fixture("body_1000.npz"), toPath: data + "/body.npz")
      let link = material.folder + "/link"
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: program)

      let estimate = ["estimate", material.picture, "--model", material.pooled, "--json"]
      let checkout = fixture("")
      func run(_ program: String, _ environment: [String: String] = [:]) throws -> String {
        let run = try CommandLineRun(program, estimate, in: checkout, environment: environment)
        #expect(run.code == 0, "\(run.error)")
        return run.output
      }
      let (small, full) = (try run(program), try run(CommandLineRun.program))
      #expect(small != full)
      #expect(try run(link) == small)
      #expect(try run(CommandLineRun.program, ["PENUMBRA_FIXTURES": data]) == small)
      #expect(try run(program, ["PENUMBRA_FIXTURES": checkout]) == full)

      try FileManager.default.removeItem(atPath: data)
      let above = material.folder + "/../Fixtures/body.npz"
      if !FileManager.default.fileExists(atPath: above) {
        let lost = try CommandLineRun(program, estimate, in: material.folder)
        expectFailure(lost, 66, "share/penumbra", "PENUMBRA_FIXTURES")
      }
    }
  }

  @Test(
    "a mistyped word is answered with the one that was meant, and with the command's help",
    arguments: [
      (["sweep", "a.png", "--modle", "gap"], 64, "Did you mean '--model'? See penumbra help sweep"),
      (["swep", "a.png"], 64, "'swep' is no command; did you mean sweep?"),
      (["evalaute"], 64, "did you mean evaluate?"), (["help", "reprot"], 64, "did you mean report?"),
      (["evaluate", "--quite"], 64, "Did you mean '--quiet'?"),
      (["sweep", "--zzzzzzz"], 64, "'--zzzzzzz'; see"),
      (["bench", "--network", "gapp"], 64, "'attention-small'; see penumbra help bench"),
      (["conjure"], 64, "'conjure' is no command; see penumbra help"),
      (["--bogus"], 64, "see penumbra help"), (["render"], 64, "; see penumbra help render"),
      (["train", "--head", "gap", "--out", "a", "--batch", "x"], 64, "see penumbra help train"),
    ] as [([String], Int32, String)])
  func typing(arguments: [String], code: Int32, words: String) throws {
    expectFailure(try CommandLineRun(arguments), code, words)
  }

  @Test("a network that is neither built in nor a file is answered with the built-in names")
  func networks() throws {
    try withMaterial { material in
      for command in ["sweep", "estimate"] {
        func run(_ model: String) throws -> CommandLineRun {
          try CommandLineRun([command, material.picture, "--model", model])
        }
        expectFailure(try run("gapp"), 66, "gapp: no such network file; did you mean gap?")
        expectFailure(try run("A=Attenton"), 66, "did you mean attention?")
        expectFailure(try run("hmr"), 66, "hmr: no such network file", "gap, attention")
      }
    }
  }

  @Test("numbers of a box may be negative and have spaces between them") func boxes() throws {
    try withMaterial { material in
      func estimate(_ more: String...) throws -> String {
        let run = try CommandLineRun(
          ["estimate", material.picture, "--model", material.pooled, "--body", material.body, "--json"] + more
        )
        #expect(run.code == 0, "\(run.error)")
        return run.output
      }
      let box = try estimate("--box=-10,2,30,20")
      #expect(box != (try estimate("--box", "10,2,30,20")))
      for more in [["--box", "-10,2,30,20"], ["--box", "-10, 2, 30, 20"], ["--box= -10 ,2 ,30 ,20 "]] {
        #expect(try estimate(more[0], more.count > 1 ? more[1] : "--json") == box)
      }
      for more in [["--region", "-4, -4, 40, 40"], ["--fill", "-1.5"], ["--occluder-value", "-1.5"]] {
        let run = try CommandLineRun(material.sweep() + more)
        #expect(run.code == 0, "\(more): \(run.error)")
      }
    }
  }

  @Test("long work writes lines of progress to a log, with share and time left, and none at all with --quiet")
  func progress() throws {
    try withMaterial { material in
      let body = ["--body", material.body]
      let commands = [
        material.sweep("--stride", "7"),
        ["render", "--count", "40", "--side", "16", "--out", material.folder + "/people"] + body,
        ["evaluate", "--people", "64", "--model", material.pooled] + body,
        [
          "train", "--head", "gap", "--pictures", "64", "--batch", "8", "--side", "32", "--width", "4",
          "--out",
          material.folder + "/net.safetensors",
        ] + body,
      ]
      for (number, command) in commands.enumerated() {
        func other(_ run: Int) -> [String] {
          command.map { word in
            let isOutput =
              word.hasSuffix("/people") || word.hasSuffix("/out") || word.hasSuffix("net.safetensors")
            return isOutput ? material.folder + "/\(run)" + URL(filePath: word).lastPathComponent : word
          }
        }
        for name in 0..<3 { try makeFolder(material.folder + "/\(name)") }
        let eager = try CommandLineRun(other(0), environment: ["PENUMBRA_PROGRESS": "0"])
        let lines = eager.errorLines.filter { $0.contains(/: \d+ %, \d+ of \d+(, [\d:]+ (s|min|h) left)?$/) }
        #expect(eager.code == 0 && lines.contains { $0.hasSuffix(" left") }, "\(number): \(eager.error)")
        #expect(!eager.error.contains("\r"))
        // Nobody works at this for a thousand minutes.
        let lazy = try CommandLineRun(other(1), environment: ["PENUMBRA_PROGRESS": "60000"])
        #expect(lazy.code == 0 && !lazy.error.contains(" %, "), "\(number): \(lazy.error)")
        let quiet = try CommandLineRun(other(2) + ["--quiet"], environment: ["PENUMBRA_PROGRESS": "0"])
        #expect(quiet.code == 0 && quiet.error.isEmpty, "\(number): \(quiet.error)")
        #expect(quiet.output.isEmpty == eager.output.isEmpty)
      }
      let failure = try CommandLineRun(material.sweep("--box", "100,100,20,20", "--quiet"))
      expectFailure(failure, 65, material.picture)
    }
  }

  @Test("people of another set are refused, and those of the same are continued") func folders() throws {
    try withTemporaryFolder { folder in
      let out = folder + "/people"
      func render(_ count: Int, _ more: String...) throws -> CommandLineRun {
        try CommandLineRun(
          ["render", "--count", "\(count)", "--side", "32", "--out", out, "--body", fixture("body_1000.npz")]
            + more)
      }
      #expect(try render(3, "--seed", "4").code == 0)
      let three = try files(under: out)
      expectFailure(try render(2, "--seed", "5"), 73, out + "/00000.png")
      // Only some of them are occluded.
      expectFailure(try render(3, "--seed", "4", "--occluded"), 73, out + "/0000")
      expectFailure(try render(3, "--seed", "4", "--side", "40"), 73, out + "/00000.png")
      #expect(try files(under: out) == three)

      // A person that is missing or unfinished is rendered again, to the same bytes; more people are added.
      try FileManager.default.removeItem(atPath: out + "/00001.png")
      #expect(try render(3, "--seed", "4").code == 0)
      #expect(try files(under: out) == three)
      try FileManager.default.removeItem(atPath: out + "/00000.json")
      try FileManager.default.removeItem(atPath: out + "/00000.png")
      expectFailure(try render(1, "--seed", "5"), 73, out + "/00001.png")
      #expect(try render(5, "--seed", "4").code == 0)
      let five = try files(under: out)
      #expect(five.count == 10 && three.allSatisfy { five[$0.key] == $0.value })

      // Ground truth of version 0.1.0 names no picture; it is completed.
      let truth = out + "/00002.json"
      var old = try GroundTruthFile(contentsOf: truth)
      old.picture_fingerprint = nil
      try AtomicFile.write(old.json(), to: truth)
      #expect(try render(5, "--seed", "4").code == 0)
      #expect(try files(under: out) == five)
    }
  }

  @Test("ground truth of another picture is refused; without a picture's fingerprint it is taken")
  func truthOfAnother() throws {
    try withMaterial { material in
      let (people, body) = (material.folder + "/people", ["--body", material.body])
      #expect(
        try CommandLineRun(["render", "--count", "2", "--side", "32", "--out", people] + body).code == 0)
      func sweep(_ picture: String, _ truth: String, _ out: String) throws -> CommandLineRun {
        try CommandLineRun(
          [
            "sweep", "\(people)/\(picture)", "--truth", truth, "--model", material.pooled, "--stride", "112",
            "--out", material.folder + "/" + out,
          ] + body)
      }
      let refused = try sweep("00000.png", people + "/00001.json", "a")
      expectFailure(refused, 65, "00001.json: is the ground truth of another picture than", "00000.png")
      #expect(try sweep("00001.png", people + "/00001.json", "own").code == 0)

      let plain = people + "/00001-plain.json"
      var truth = try GroundTruthFile(contentsOf: people + "/00001.json")
      #expect(truth.picture_fingerprint?.count == 16)
      truth.picture_fingerprint = nil
      try AtomicFile.write(truth.json(), to: plain)
      #expect(try sweep("00000.png", plain, "b").code == 0)
      // The name of the picture is no part of what records are told apart by.
      #expect(try sweep("00001.png", plain, "plain").code == 0)
      let records = try ["own", "plain"].map { name in
        let folder = material.folder + "/" + name
        let record = try #require(
          FileManager.default.contentsOfDirectory(atPath: folder).first { $0.hasSuffix(".zarr") })
        return try SweepRecord(contentsOf: folder + "/" + record)
      }
      #expect(records[0].settings.truth?.fingerprint == records[1].settings.truth?.fingerprint)

      let measured = try CommandLineRun(
        [
          "measure", "\(material.folder)/own/00001.pooled.square40-stride112.zarr", "--truth",
          people + "/00000.json",
        ] + body)
      expectFailure(measured, 65, "00000.json: is the ground truth of another picture than", "00001.pooled")
    }
  }

  @Test(
    "the rendered people of the repository name their own pictures",
    arguments: ["person-1", "person-2", "person-3"])
  func people(name: String) throws {
    try withMaterial { material in
      let run = try CommandLineRun(
        [
          "sweep", fixture("people/\(name).png"), "--truth", fixture("people/\(name).json"), "--model",
          material.pooled, "--stride", "112", "--out", material.folder + "/out",
        ])
      #expect(run.code == 0, "\(run.error)")
      #expect(try GroundTruthFile(contentsOf: fixture("people/\(name).json")).picture_fingerprint != nil)
    }
  }

  @Test("the ending of a file to write is kept to, and nothing else is written over") func endings() throws {
    try withMaterial { material in
      let body = ["--body", material.body]
      let estimate = ["estimate", material.picture, "--model", material.pooled] + body + ["--out"]
      let train = [
        "train", "--head", "gap", "--pictures", "8", "--batch", "8", "--side", "32", "--width", "4",
      ]
      let commands: [(command: [String], ending: String)] = [
        (estimate, "png"), (train + body + ["--out"], "safetensors"),
        (["import", material.pooled, "--out"], "safetensors"),
      ]
      for (command, ending) in commands {
        expectFailure(try CommandLineRun(command + [material.folder + "/x.svg"]), 64, "call it x.\(ending)")
        let taken = material.folder + "/taken.\(ending)"
        try AtomicFile.write("my notes", to: taken)
        expectFailure(try CommandLineRun(command + [taken]), 73, taken, "remove it")
        #expect(try String(contentsOfFile: taken, encoding: .utf8) == "my notes")
      }
      let before = try files(under: material.folder)
      expectFailure(try CommandLineRun(estimate + [material.picture]), 73, material.picture, "an input")
      expectFailure(
        try CommandLineRun(["import", material.pooled, "--out", material.pooled]), 73, "an input")
      #expect(try files(under: material.folder) == before)
      let upper = material.folder + "/OVERLAY.PNG"
      for _ in 0..<2 { #expect(try CommandLineRun(estimate + [upper]).code == 0) }
      #expect(try Picture(contentsOf: upper).width == 960)
    }
  }

  @Test("inspect names the network first, and its tensors last") func inspect() throws {
    try withMaterial { material in
      func inspect(_ file: String) throws -> [Substring] {
        let run = try CommandLineRun(["inspect", file])
        #expect(run.code == 0, "\(run.error)")
        return run.output.split(separator: "\n")
      }
      for (file, name) in [
        ("gap", "gap, built-in network"),
        (fixture("networks/attention.safetensors"), "attention, built-in network"),
        (material.pooled, "own network"),
      ] {
        let lines = try inspect(file)
        #expect(lines.first.map(String.init) == name)
        let arrays = try #require(lines.firstIndex(of: "arrays"))
        #expect(lines[..<arrays].contains { $0.contains("fingerprint") })
        #expect(lines[(arrays + 1)...].allSatisfy { $0.contains(/^  \S+ +[\d × ]+$/) })
      }
      expectFailure(try CommandLineRun(["inspect", "gapp"]), 66, "gapp: no such file")
    }
  }
}
