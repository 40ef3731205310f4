import Archives
import Foundation
import TestSupport
import Testing

@Suite("The explorer's page, from the command line") struct ExplorerCommandTests {
  @Test("report --html writes a page, and the PDF only where it is asked for") func page() throws {
    try withMaterial { material in
      #expect(
        try CommandLineRun(material.sweep("--model", material.attention, "--truth", material.truth)).code == 0
      )
      let page = material.folder + "/pages/explorer.html"
      let arguments = ["report", material.folder + "/out", "--body", material.body, "--html"]
      let run = try CommandLineRun(arguments + [page, "--title", "A <title> & more"], in: material.folder)
      #expect(run.code == 0 && run.error.isEmpty, "\(run.error)")
      #expect(run.output.contains(/explorer\.html: 0\.\d MB\n$/))
      #expect(!FileManager.default.fileExists(atPath: material.folder + "/report.pdf"))
      let text = try String(contentsOfFile: page, encoding: .utf8)
      #expect(text.hasPrefix("<!doctype html>") && text.contains("<title>A &lt;title&gt; &amp; more</title>"))
      #expect(!text.contains(material.folder))

      // Again over the same file, with the report.
      let out = material.folder + "/a.pdf"
      let again = try CommandLineRun(arguments + [page, "--title", "A <title> & more", "--out", out])
      #expect(again.code == 0 && again.error.contains("takes the place of the earlier file"))
      #expect(try String(contentsOfFile: page, encoding: .utf8) == text)
      #expect(FileManager.default.fileExists(atPath: out))
    }
  }

  @Test("a folder has an index and a script for every record") func folder() throws {
    try withMaterial { material in
      #expect(try CommandLineRun(material.sweep("--model", material.attention)).code == 0)
      let folder = material.folder + "/site/"
      let run = try CommandLineRun([
        "report", material.folder + "/out", "--body", material.body, "--html", folder,
      ])
      #expect(run.code == 0, "\(run.error)")
      #expect(try files(under: folder).keys.sorted() == ["data/0.js", "data/1.js", "index.html"])
    }
  }

  @Test("every second position is a smaller page that says so") func every() throws {
    try withMaterial { material in
      #expect(try CommandLineRun(material.sweep("--stride", "8")).code == 0)
      func size(_ name: String, _ more: [String]) throws -> String {
        let page = material.folder + "/" + name
        let run = try CommandLineRun(
          ["report", material.folder + "/out", "--body", material.body, "--html", page] + more)
        #expect(run.code == 0, "\(run.error)")
        return try String(contentsOfFile: page, encoding: .utf8)
      }
      let (whole, half) = (try size("a.html", []), try size("b.html", ["--html-every", "2"]))
      #expect(
        half.utf8.count < whole.utf8.count && half.contains("every 2nd") && !whole.contains("every 2nd"))
    }
  }

  @Test("another body is packed only where that is asked for") func body() throws {
    try withMaterial { material in
      #expect(try CommandLineRun(material.sweep()).code == 0)
      func page(_ name: String, _ more: [String]) throws -> String {
        let page = material.folder + "/" + name
        let run = try CommandLineRun(
          ["report", material.folder + "/out", "--body", material.body, "--html", page] + more)
        #expect(run.code == 0, "\(run.error)")
        return try String(contentsOfFile: page, encoding: .utf8)
      }
      #expect(try page("a.html", []).contains(#""bodies":{}"#))
      let packed = try page("b.html", ["--html-body"])
      #expect(packed.contains(#""licence":"that of body_1000.npz""#) && packed.contains(#""body":"given""#))
    }
  }

  @Test("reports what is wrong, and leaves earlier files as they were") func errors() throws {
    try withMaterial { material in
      #expect(try CommandLineRun(material.sweep()).code == 0)
      let report = ["report", try material.record(), "--body", material.body]
      for name in ["explorer.pdf", "explorer", "x.htm"] {
        let run = try CommandLineRun(report + ["--html", name])
        #expect(run.code == 64 && run.error.contains("ends in .html"), "\(run.error)")
      }
      for options in [["--html-every", "2"], ["--html-body"], ["--title", "x"]] {
        let run = try CommandLineRun(report + options)
        #expect(run.code == 64 && run.error.contains("give --html too"), "\(run.error)")
      }
      let zero = try CommandLineRun(report + ["--html", "a.html", "--html-every", "0"])
      #expect(zero.code == 64 && zero.error.contains("give 1 to 2048"))

      let taken = material.folder + "/taken.html"
      try AtomicFile.write("my notes", to: taken)
      let run = try CommandLineRun(report + ["--html", taken])
      #expect(run.code == 73 && run.error.contains("no HTML file"), "\(run.error)")
      #expect(try String(contentsOfFile: taken, encoding: .utf8) == "my notes")
      let nowhere = try CommandLineRun(report + ["--html", "/proc/explorer.html"])
      #expect(nowhere.code == 73 && nowhere.errorLines.count == 1, "\(nowhere.error)")

      // A full disk leaves nothing half-written.
      let page = material.folder + "/page.html"
      let small = try CommandLineRun(fileSizeLimit: 100, report + ["--html", page])
      #expect(small.code != 0 && !FileManager.default.fileExists(atPath: page))
      let left = try FileManager.default.contentsOfDirectory(atPath: material.folder)
      #expect(!left.contains { $0.hasSuffix(".part") })
    }
  }
}

/// The browsers of `Tests/Explorer`, which look at what this program writes.
private enum Browser {
  static let python = repository.appending(path: ".build/explorer-venv/bin/python").path
  static let isThere =
    FileManager.default.isExecutableFile(atPath: python)
    && FileManager.default.isExecutableFile(atPath: "/usr/bin/chromium-headless-shell")
    && FileManager.default.fileExists(atPath: checks)
  static let checks = script("run.py")
  static let hasFirefox = FileManager.default.isExecutableFile(atPath: "/usr/bin/firefox-esr")

  static func script(_ name: String) -> String { repository.appending(path: "Tests/Explorer/\(name)").path }
}

@Suite("The explorer's page in a browser") struct ExplorerBrowserTests {
  @Test(
    "shows what the records contain",
    .enabled(if: Browser.isThere, "needs chromium-headless-shell and playwright in .build/explorer-venv"))
  func checks() throws {
    try withTemporaryFolder { folder in
      let (out, program) = (folder + "/records", CommandLineRun.program)
      var records: [String] = []
      for (picture, stride) in [("person-1", ""), ("person-2", "-stride8")] {
        let sweep = try CommandLineRun(
          [
            "sweep", fixture("people/\(picture).png"), "--truth", fixture("people/\(picture).json"),
            "--model", "gap", "--model", "attention", "--out", out, "--quiet",
          ] + (stride.isEmpty ? [] : ["--stride", "8"]))
        #expect(sweep.code == 0, "\(sweep.error)")
        records += ["gap", "attention"].map { "\(out)/\(picture).\($0).square40\(stride).zarr" }
      }
      let page = folder + "/explorer.html"
      #expect(try CommandLineRun(["report"] + records + ["--html", page]).code == 0)
      let states = folder + "/states"
      let made = try CommandLineRun(
        Browser.python, [Browser.script("sweep.py"), program, fixture(""), states])
      #expect(made.code == 0, "\(made.error)")
      let run = try CommandLineRun(
        Browser.python,
        [Browser.checks, page] + records
          + ["--states", states, "--make", "\(program) report {records} --html {out}"])
      #expect(run.code == 0, "\(run.output)\(run.error)")
      guard Browser.hasFirefox else { return }
      let other = try CommandLineRun(Browser.python, [Browser.script("firefox.py"), page] + records)
      #expect(other.code == 0 && other.output.contains("firefox: ok"), "\(other.output)\(other.error)")
    }
  }
}
