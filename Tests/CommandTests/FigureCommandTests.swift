import Foundation
import Pictures
import TestSupport
import Testing

@Suite("Figures, from the command line") struct FigureCommandTests {
  @Test("are written one by one, in the format, width and resolution that are asked for") func figures()
    throws
  {
    try withMaterial { material in
      let sweep = try CommandLineRun(
        material.sweep("--model", material.attention, "--truth", material.truth))
      #expect(sweep.code == 0, "\(sweep.error)")
      let out = material.folder + "/figures"
      func report(_ more: String...) throws -> CommandLineRun {
        try CommandLineRun(
          ["report", material.folder + "/out", "--body", material.body] + more)
      }
      let run = try report(
        "--figure", "overview, grid,bars,worst,attention,joint:left_wrist", "--format", "png", "--width",
        "85mm",
        "--dpi", "144", "--out", out)
      #expect(run.code == 0 && run.error.isEmpty, "\(run.error)")
      let names = try FileManager.default.contentsOfDirectory(atPath: out).sorted()
      #expect(
        names == [
          "person-attending-attention.png", "person-attending-grid.png", "person-attending-worst.png",
          "person-bars.png", "person-left_wrist.png", "person-overview.png", "person-pooled-grid.png",
          "person-pooled-worst.png",
        ])
      #expect(run.output.split(separator: "\n").count == names.count)
      let figure = try Picture(contentsOf: out + "/person-overview.png")
      #expect(figure.width == Int((85 / 25.4 * 144).rounded()))

      let file = material.folder + "/one.svg"
      #expect(try report("--figure", "bars", "--out", file).code == 0)
      #expect(try String(contentsOfFile: file, encoding: .utf8).contains("<svg"))
      let photograph = try report(
        "--figure", "photograph", "--photograph", material.picture, "--format", "png", "--out", out)
      #expect(photograph.code == 0 && photograph.output.contains("person-pooled-photograph-map.png"))
      let published = try report("--figure", "grid", "--style", "pare", "--out", out)
      #expect(published.code == 0 && published.output.contains("person-pooled-grid.pdf"))
    }
  }

  @Test("nothing is written over without a word, and no file of another kind") func places() throws {
    try withMaterial { material in
      #expect(try CommandLineRun(material.sweep()).code == 0)
      func report(_ more: String...) throws -> CommandLineRun {
        try CommandLineRun(["report", material.folder + "/out", "--body", material.body] + more)
      }
      let (pdf, text) = (material.folder + "/a.pdf", material.folder + "/b.pdf")
      #expect(try report("--out", pdf).error.isEmpty)
      let again = try report("--out", pdf)
      #expect(again.code == 0 && again.error.contains("a.pdf: takes the place of the earlier file"))
      try Data("a text of mine\n".utf8).write(to: URL(filePath: text))
      let refused = try report("--out", text)
      #expect(refused.code == 73 && refused.error.contains("b.pdf: is there already and no PDF file"))
      #expect(try report("--figure", "bars", "--out", text).code == 73)
      #expect(try String(contentsOfFile: text, encoding: .utf8) == "a text of mine\n")
    }
  }

  @Test("what cannot be drawn is refused, and nothing is written") func refusals() throws {
    try withMaterial { material in
      #expect(try CommandLineRun(material.sweep()).code == 0)
      let out = material.folder + "/none"
      func expectFailure(
        _ arguments: [String], _ code: Int32, _ words: String..., at place: SourceLocation = #_sourceLocation
      )
        throws
      {
        let run = try CommandLineRun(
          ["report", material.record(), "--body", material.body, "--out", out] + arguments)
        #expect(run.code == code, "\(run.error)", sourceLocation: place)
        for word in words {
          #expect(run.error.contains(word), "\(run.error)", sourceLocation: place)
        }
        #expect(!FileManager.default.fileExists(atPath: out), sourceLocation: place)
      }
      try expectFailure(["--figure", "gird"], 64, "gird", "grid", "joint:NAME")
      try expectFailure(["--figure", "joint:left_ear"], 65, "no joint left_ear", "left_wrist")
      try expectFailure(["--figure", "overview,attention"], 65, "has no attention")
      try expectFailure(["--figure", "photograph"], 64, "--photograph")
      let other = material.folder + "/other.png"
      try Picture(width: 8, height: 8, red: 1, green: 2, blue: 3).pngData().write(to: URL(filePath: other))
      try expectFailure(["--figure", "photograph", "--photograph", other], 65, "none of the photographs")
      try expectFailure(["--figure", "grid", "--width", "3"], 64, "--width")
      try expectFailure(["--width", "85mm"], 64, "--figure")
      try expectFailure(
        ["--figure", "overview", "--format", "png", "--width", "4000pt", "--dpi", "2400"], 64,
        "person-overview.png", "--dpi")
      try expectFailure(["--figure", "grid", "--quantity", "increase"], 65, "has no ground truth")
      try expectFailure(["--figure", "grid", "--scale", "10,5"], 64, "--scale")
      try expectFailure(["--figure", "grid", "--scale=-1e308,1e308"], 64, "--scale")
      try expectFailure(["--figure", "grid", "--overlay", "2"], 64, "--overlay is 2")
      for name in ["a.svg", "a.png", "a.jpg"] {
        let run = try CommandLineRun(["report", material.record(), "--out", material.folder + "/" + name])
        #expect(run.code == 64 && run.error.contains(".pdf"), "\(run.error)")
      }
      let jpeg = try CommandLineRun(
        ["report", material.record(), "--figure", "bars", "--out", material.folder + "/a.jpg"])
      #expect(jpeg.code == 64 && jpeg.error.contains(".svg"), "\(jpeg.error)")
    }
  }
}
