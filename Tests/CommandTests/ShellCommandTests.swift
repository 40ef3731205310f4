import Foundation
import Records
import TestSupport
import Testing

@Suite("The command that is noted") struct ShellCommandTests {
  @Test("gives a shell the same arguments again, whatever is in them, without the folders of whole paths")
  func quoting() throws {
    try withMaterial { material in
      let picture = "\(material.folder)/it's a \"net\" $HOME `x` \\ #1.png"
      try FileManager.default.copyItem(atPath: material.picture, toPath: picture)
      var arguments = material.sweep("--fill", "#ff8000")
      arguments[1] = picture
      let run = try CommandLineRun(arguments)
      #expect(run.code == 0, "\(run.error)")
      let names = try FileManager.default.contentsOfDirectory(atPath: material.folder + "/out")
      let name = try #require(names.first { $0.hasSuffix(".zarr") })
      let record = try SweepRecord(contentsOf: "\(material.folder)/out/\(name)")
      let command = try #require(record.notes.command)
      let shell = try CommandLineRun("/bin/sh", ["-c", "printf '%s\\n' \(command)"])
      #expect(
        shell.output.split(separator: "\n").dropFirst().map(String.init) == withoutFolders(arguments),
        "\(command)")
    }
  }

  @Test("a folder with a comma in its name is one, and a worker's command loses the folders within quotes")
  func folders() throws {
    try withMaterial { material in
      let folder = material.folder + "/it is, hers"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      let picture = folder + "/c, d.png", worker = folder + "/worker of hers.py"
      try FileManager.default.copyItem(atPath: material.picture, toPath: picture)
      try FileManager.default.copyItem(
        atPath: repository.appending(path: "Tests/Workers/pixel_worker.py").path, toPath: worker)
      let model =
        "w=worker: PIXEL_WORKER_LOG=\(material.folder)/log exec sh -c 'cd /; exec python3 \"$0\"' '\(worker)'"
      let run = try CommandLineRun([
        "sweep", picture, "--model", model, "--stride", "56", "--out", folder + "/out",
      ])
      #expect(run.code == 0, "\(run.error)")
      let names = try FileManager.default.contentsOfDirectory(atPath: folder + "/out")
      let name = try #require(names.first { $0.hasSuffix(".zarr") })
      let command = try #require(try SweepRecord(contentsOf: "\(folder)/out/\(name)").notes.command)
      let shell = try CommandLineRun("/bin/sh", ["-c", "printf '%s\\n' \(command)"])
      #expect(
        shell.output.split(separator: "\n").dropFirst().map(String.init) == [
          "sweep", "c, d.png", "--model",
          "w=worker: PIXEL_WORKER_LOG=log exec sh -c 'cd /; exec python3 \"$0\"' 'worker of hers.py'",
          "--stride", "56", "--out", "out",
        ], "\(command)")
    }
  }
}
