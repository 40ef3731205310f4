import Archives
import Foundation
import Pictures
import TestSupport
import Testing

/// `report --film` and `report --figure body`.
@Suite("Films and figures, from the command line") struct FilmCommandTests {
  private static func withRecords(_ body: (Material, [String]) throws -> Void) throws {
    try withMaterial { material in
      let sweep = try CommandLineRun(
        material.sweep("--model", material.attention, "--truth", material.truth))
      #expect(sweep.code == 0, "\(sweep.error)")
      try body(
        material,
        ["report", material.folder + "/out", "--body", material.body, "--out", material.folder + "/r.pdf"])
    }
  }

  @Test("a film is an animated PNG of as many frames as it says, in the same bytes every time")
  func animation() throws {
    try Self.withRecords { material, arguments in
      let film = material.folder + "/film.png"
      let run = try CommandLineRun(arguments + ["--film", film, "--film-joint", "left_knee"])
      #expect(run.code == 0 && run.error.isEmpty && run.output.hasSuffix(film + "\n"), "\(run.error)")
      let data = try Data(contentsOf: URL(filePath: film))
      let first = try Picture(data: data, from: film)
      #expect(first.width % 2 == 0 && first.height > 400)
      let control = try #require(data.firstRange(of: Data("acTL".utf8)))
      let count = data[control.upperBound..<control.upperBound + 4].reduce(0) { $0 << 8 | Int($1) }
      // 8 × 8 positions, and two seconds of the end.
      #expect(count == 64 + 16)
      #expect(data.ranges(of: Data("fcTL".utf8)).count == count)
      let again = try CommandLineRun(arguments + ["--film", film, "--film-joint", "left_knee"])
      #expect(again.code == 0)
      #expect(try Data(contentsOf: URL(filePath: film)) == data)
      let left = try FileManager.default.contentsOfDirectory(atPath: material.folder)
      #expect(!left.contains { $0.hasSuffix(".part") })
    }
  }

  @Test("mp4 and webp are written where ffmpeg is there") func programs() throws {
    let paths = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    guard paths.contains(where: { FileManager.default.isExecutableFile(atPath: "\($0)/ffmpeg") }) else {
      return
    }
    try Self.withRecords { material, arguments in
      for (ending, mark) in [("mp4", "ftyp"), ("webp", "WEBP")] {
        let film = material.folder + "/film." + ending
        let run = try CommandLineRun(arguments + ["--film", film])
        #expect(run.code == 0 && !run.error.contains("film"), "\(run.error)")
        let data = try Data(contentsOf: URL(filePath: film))
        #expect(data.count > 10_000 && data.prefix(16).firstRange(of: Data(mark.utf8)) != nil)
      }
      // A folder that is not there.
      expectFailure(
        try CommandLineRun(arguments + ["--film", material.folder + "/none/film.mp4"]), 73, "none/film.mp4")
    }
  }

  @Test(
    "a program that says more than a pipe holds fails with its last line, and one that leaves early makes no film",
    arguments: [
      (
        "yes warning | head -n 30000 >&2; echo 'no such encoder' >&2; cat > /dev/null; exit 1",
        "film.mp4: ffmpeg failed: no such encoder"
      ),
      (
        "for last; do :; done; head -c 1000 > \"$last\"; exit 0",
        "film.mp4: ffmpeg ended before it had all frames"
      ),
    ])
  func faultyProgram(script: String, words: String) throws {
    try Self.withRecords { material, arguments in
      let bin = material.folder + "/bin", film = material.folder + "/film.mp4"
      try FileManager.default.createDirectory(atPath: bin, withIntermediateDirectories: true)
      try Data("#!/bin/sh\n\(script)\n".utf8).write(to: URL(filePath: bin + "/ffmpeg"))
      chmod(bin + "/ffmpeg", 0o755)
      let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
      let run = try CommandLineRun(arguments + ["--film", film], environment: ["PATH": "\(bin):\(path)"])
      #expect(run.code == 74 && run.errorLines.count == 1 && run.error.contains(words), "\(run.error)")
      let left = try FileManager.default.contentsOfDirectory(atPath: material.folder)
      #expect(!left.contains { $0.contains("film.mp4") }, "\(left)")
    }
  }

  @Test("what cannot be written is refused before anything is drawn") func refusals() throws {
    try Self.withRecords { material, arguments in
      let film = material.folder + "/film"
      expectFailure(try CommandLineRun(arguments + ["--film", film + ".gif"]), 64, "film.gif", ".mp4")
      expectFailure(
        try CommandLineRun(arguments + ["--film", film + ".mp4"], environment: ["PATH": "/nowhere"]), 69,
        "ffmpeg", "apt-get install ffmpeg")
      expectFailure(
        try CommandLineRun(arguments + ["--film", film + ".png", "--film-joint", "tail"]), 64, "tail")
      #expect(!FileManager.default.fileExists(atPath: material.folder + "/r.pdf"))
    }
  }

  @Test("a figure of the body is drawn for a paper") func body() throws {
    try Self.withRecords { material, arguments in
      let figure = material.folder + "/body.png"
      let run = try CommandLineRun(
        arguments.dropLast(2) + ["--figure", "body", "--out", figure, "--width", "85mm", "--dpi", "150"])
      #expect(run.code == 0 && run.error.isEmpty, "\(run.error)")
      #expect(try Picture(contentsOf: figure).width == 502)
    }
  }
}
