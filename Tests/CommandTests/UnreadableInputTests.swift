import Archives
import Foundation
import TestSupport
import Testing

/// Files that are no files, that cannot be read, or that cannot be looked at: a link to itself cannot, whoever asks.
@Suite("Input that cannot be read") struct UnreadableInputTests {
  /// The program, ended where it waits for what does not come.
  private func limited(_ arguments: [String]) throws -> CommandLineRun {
    try CommandLineRun("/usr/bin/timeout", ["120", CommandLineRun.program] + arguments)
  }

  private func makeLoop(_ path: String) throws {
    try FileManager.default.createSymbolicLink(
      atPath: path, withDestinationPath: URL(filePath: path).lastPathComponent)
  }

  @Test(
    "a pipe that nobody writes into is refused, and reading that fails is told, wherever text is wanted")
  func text() throws {
    try withMaterial { material in
      let (pipe, broken) = (material.folder + "/pipe.json", material.folder + "/broken.json")
      #expect(mkfifo(pipe, 0o600) == 0)
      try FileManager.default.createSymbolicLink(atPath: broken, withDestinationPath: "/proc/self/mem")
      let positions = material.sweep().filter { $0 != "--stride" && $0 != "28" }
      let estimate = ["estimate", material.picture, "--model", material.pooled, "--body", material.body]
      for arguments in [
        { material.sweep("--truth", $0) }, { positions + ["--positions", $0] },
        { material.sweep("--shape", "mask:" + $0) }, { estimate + ["--openpose", $0] },
        { ["experiment", $0, "--out", "nowhere"] }, { ["benchmark", $0, "--out", "nowhere"] },
      ] as [(String) -> [String]] {
        expectFailure(try limited(arguments(pipe)), 66, pipe, "pipe")
        expectFailure(try limited(arguments(broken)), 74, broken, "cannot be read")
      }
      expectFailure(try limited(estimate + ["--joints", pipe]), 65, pipe, "pipe")
      expectFailure(try limited(estimate + ["--joints", broken]), 74, broken, "cannot be read")
    }
  }

  @Test("a record, a box or a truth that may be there is not left out") func existence() throws {
    try withMaterial { material in
      #expect(try CommandLineRun(material.sweep()).code == 0)
      let out = material.folder + "/out"
      try makeLoop(out + "/other.zarr")
      for command in ["report", "influence", "merge"] {
        expectFailure(try CommandLineRun([command, out, "--body", material.body]), 74, "other.zarr")
      }
      for (option, name) in [("--openpose", "person_keypoints.json"), ("--truth", "person.json")] {
        let folder = material.folder + "/\(option.dropFirst(2))"
        try makeFolder(folder)
        try makeLoop("\(folder)/\(name)")
        expectFailure(try CommandLineRun(material.sweep(option, folder, to: "none")), 74, name)
      }
      #expect(!FileManager.default.fileExists(atPath: material.folder + "/none"))
    }
  }

  @Test("a file of another kind that cannot be read is not written over") func output() throws {
    try withMaterial { material in
      #expect(try CommandLineRun(material.sweep()).code == 0)
      let broken = material.folder + "/broken.pdf"
      try FileManager.default.createSymbolicLink(atPath: broken, withDestinationPath: "/proc/self/mem")
      let report = ["report", material.folder + "/out", "--body", material.body, "--out", broken]
      expectFailure(try CommandLineRun(report), 74, broken, "cannot be read")
    }
  }

  @Test("a page is not written without the body that it should have") func pageBody() throws {
    try withMaterial { material in
      #expect(try CommandLineRun(material.sweep()).code == 0)
      let fixtures = material.folder + "/Fixtures"
      try makeFolder(fixtures)
      for name in try folderNames(fixture("")) where name != "body_1000.npz" {
        try FileManager.default.createSymbolicLink(
          atPath: "\(fixtures)/\(name)", withDestinationPath: fixture(name))
      }
      try AtomicFile.write("no body", to: fixtures + "/body_1000.npz")
      let page = material.folder + "/page.html"
      let run = try CommandLineRun(
        ["report", material.folder + "/out", "--body", material.body, "--html", page],
        environment: ["PENUMBRA_FIXTURES": fixtures])
      expectFailure(run, 65, "body_1000.npz")
      #expect(!FileManager.default.fileExists(atPath: page))
    }
  }
}
