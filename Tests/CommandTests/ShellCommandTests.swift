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
}
