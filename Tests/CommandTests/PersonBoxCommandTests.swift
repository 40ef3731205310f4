import Archives
import Foundation
import Models
import Pictures
import Records
import TestSupport
import Testing

@Suite("The person's box") struct PersonBoxCommandTests {
  private static let estimate = ["estimate", "--model", "gap"]

  /// What `estimate` prints, and its lines on standard error.
  private static func estimate(_ arguments: String...) throws -> (output: String, notices: [Substring]) {
    let run = try CommandLineRun(estimate + arguments)
    #expect(run.code == 0, "\(run.error)")
    return (run.output, run.errorLines)
  }

  @Test("in a photograph the person is found, and said; the box that is said gives the same") func found()
    throws
  {
    let photograph = fixture("astronaut.png")
    let (output, notices) = try Self.estimate(photograph)
    let notice = try #require(notices.first)
    let match = try #require(
      notice.wholeMatch(of: /penumbra: astronaut\.png: person found at (.*), score 0\.[5-9]\d/), "\(notice)")
    #expect(notices.count == 1)
    #expect(Box(text: match.1)!.intersectionOverUnion(.init(x: -339, y: 0, width: 1071, height: 1071)) > 0.95)
    let same: [[String]] = [["--box", String(match.1)], ["--box", "find"], ["--person", "1"]]
    for options in same {
      let run = try CommandLineRun(Self.estimate + [photograph] + options)
      #expect(run.code == 0 && run.output == output, "\(options): \(run.error)")
      #expect(run.error.isEmpty == (options[1] == String(match.1)))
    }
    let whole = try Self.estimate(photograph, "--box", "whole")
    #expect(whole.output != output && whole.notices.isEmpty)
    try withTemporaryFolder { folder in
      let check = try CommandLineRun(["check", "gap", photograph, "--json", "--out", folder + "/page.png"])
      #expect(check.error.contains("person found"), "\(check.error)")
    }
  }

  @Test("small squares and rendered people are crops already, unless the person is to be found") func crops()
    throws
  {
    try withTemporaryFolder { folder in
      let person = fixture("people/person-1.png")
      let (output, notices) = try Self.estimate(person)
      #expect(notices.isEmpty)
      #expect(try Self.estimate(person, "--box", "whole").output == output)
      let found = try Self.estimate(person, "--box", "find")
      #expect(found.output != output && found.notices.count == 1)

      // Elsewhere nothing says that it is a rendered person, unless its truth is given or beside it.
      let copy = folder + "/copy.png"
      try FileManager.default.copyItem(atPath: person, toPath: copy)
      #expect(try Self.estimate(copy).notices.count == 1)
      let truth = fixture("people/person-1.json")
      let sweep = ["sweep", copy, "--model", "gap", "--stride", "112", "--out", folder + "/out"]
      let given = try CommandLineRun(sweep + ["--truth", truth])
      #expect(given.code == 0 && !given.error.contains("person found"), "\(given.error)")
      let another = try CommandLineRun(
        sweep + ["--truth", fixture("people/person-2.json")])
      #expect(another.error.contains("person found at"), "\(another.error)")
      try FileManager.default.copyItem(atPath: fixture("people/person-2.json"), toPath: folder + "/copy.json")
      #expect(try Self.estimate(copy).notices.count == 1)
      try FileManager.default.removeItem(atPath: folder + "/copy.json")
      try FileManager.default.copyItem(atPath: truth, toPath: folder + "/copy.json")
      #expect(try Self.estimate(copy).notices.isEmpty)

      // Gray has nobody in it, which is said only where somebody was looked for.
      for (width, height, notices) in [(256, 256, 0), (257, 257, 1), (256, 200, 1), (40, 900, 1)] {
        let gray = folder + "/gray\(width).png"
        try Picture(width: width, height: height, red: 128, green: 128, blue: 128).writePNG(to: gray)
        let (output, said) = try Self.estimate(gray)
        #expect(said.count == notices, "\(width) × \(height): \(said)")
        #expect(
          said.allSatisfy { $0.contains("nobody is found") && $0.contains("the whole picture is the crop") })
        #expect(try Self.estimate(gray, "--box", "whole").output == output)
      }
    }
  }

  @Test("a sweep stores the found box, goes on with it, and takes it for networks of other crops")
  func sweep()
    throws
  {
    try withTemporaryFolder { folder in
      let arguments = [
        "sweep", fixture("astronaut.png"), "--model", "gap=gap-small", "--model", "blazepose", "--stride",
        "112",
        "--out",
        folder,
      ]
      let first = try CommandLineRun(arguments)
      #expect(first.code == 0, "\(first.error)")
      let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".zarr") }
      #expect(names.count == 2)
      for name in names {
        let record = try SweepRecord(contentsOf: "\(folder)/\(name)")
        let box = try #require(record.settings.box)
        #expect(box.count == 4 && box[2] == box[3] && box[0] < -300, "\(box)")
        // The networks cut crops of different extent: positions are those of the picture.
        #expect(record.settings.positions.kind == .picture)
      }
      let files = try files(under: folder)
      let again = try CommandLineRun(arguments)
      #expect(again.code == 0 && again.output == first.output)
      #expect(try TestSupport.files(under: folder) == files)
      let quiet = try CommandLineRun(arguments + ["--quiet"])
      #expect(quiet.error.isEmpty && quiet.output == first.output, "\(quiet.error)")
      // The same without looking, by the box that was said.
      let box = try #require(first.error.firstMatch(of: /found at (\S+),/)).1
      let given = try CommandLineRun(arguments + ["--box", String(box)])
      #expect(given.code == 0 && given.output == first.output, "\(given.error)")
    }
  }

  @Test("several pictures: the person of each is found; one without the person asked for is left out")
  func several() throws {
    try withTemporaryFolder { folder in
      let pictures = folder + "/pictures"
      try makeFolder(pictures)
      try FileManager.default.copyItem(atPath: fixture("astronaut.png"), toPath: pictures + "/a.png")
      try FileManager.default.copyItem(atPath: fixture("people/person-2.png"), toPath: pictures + "/b.png")
      try FileManager.default.copyItem(atPath: fixture("people/person-2.json"), toPath: pictures + "/b.json")
      try Picture(width: 300, height: 200, red: 90, green: 90, blue: 90).writePNG(to: pictures + "/c.png")
      func sweep(_ options: String..., to out: String) throws -> CommandLineRun {
        try CommandLineRun(
          ["sweep", pictures, "--model", "gap", "--stride", "112", "--out", folder + out] + options)
      }
      let run = try sweep(to: "/out")
      #expect(run.code == 0, "\(run.error)")
      #expect(run.error.contains("a.png: person found at -") && run.error.contains("c.png: nobody is found"))
      #expect(!run.error.contains("b.png: person"))
      // In the same folder the rendered person's record is of another box, and stays.
      let other = try sweep("--person", "1", to: "/out")
      #expect(other.code == 73 && other.error.contains("b.gap."), "\(other.error)")
      let second = try sweep("--person", "1", to: "/second")
      #expect(second.code == 0, "\(second.error)")
      #expect(second.error.contains("b.png: person found at") && second.error.contains("left out: "))
      #expect(second.error.contains("c.png: has no person 1; nobody is found in it"))
      expectFailure(
        try CommandLineRun(["estimate", pictures + "/a.png", "--model", "gap", "--person", "2"]), 65,
        "a.png: has no person 2; of those found give 1 to 1")
    }
  }

  @Test("what makes no sense is refused in one line") func refused() throws {
    let photograph = fixture("astronaut.png")
    let cases: [([String], Int32, String)] = [
      (["--box", "somewhere"], 64, "--box"), (["--box", "1,2,3"], 64, "--box"),
      (["--box", "Find"], 64, "--box"), (["--box", "whole", "--person", "1"], 64, "--person is for"),
      (["--box", "1,2,30,40", "--person", "1"], 64, "--person is for"),
      (["--person", "0"], 64, "--person is 0"),
      (["--box", "find", "--bbox", "a.json"], 64, "Give the box once"),
    ]
    for (options, code, words) in cases {
      expectFailure(try CommandLineRun(Self.estimate + [photograph] + options), code, words)
    }
    expectFailure(
      try CommandLineRun(Self.estimate + [fixture("pictures/rgb.ppm")]), 65, "rgb.ppm: has only 5 × 4 pixels")
  }

  @Test("without its weights, or with damaged ones, the finder names the file and what to give instead")
  func missing() throws {
    try withTemporaryFolder { folder in
      // All data but the finder.
      try makeFolder(folder + "/networks")
      for name in ["body.npz", "networks/gap.safetensors", "networks/blazepose.safetensors"] {
        try FileManager.default.createSymbolicLink(
          atPath: "\(folder)/\(name)", withDestinationPath: fixture(name))
      }
      let environment = ["PENUMBRA_FIXTURES": folder]
      let estimate = Self.estimate + [fixture("astronaut.png")]
      expectFailure(
        try CommandLineRun(estimate, environment: environment), 66, "person-finder.safetensors",
        "give --box x,y,w,h or --box whole")
      for options in [["--box", "whole"], ["--box", "0,0,512,512"]] {
        #expect(try CommandLineRun(estimate + options, environment: environment).code == 0)
      }
      let whole = try Data(contentsOf: URL(filePath: fixture(PersonFinder.file)))
      for length in [0, 9, 5000, whole.count - 1] {
        try whole.prefix(length).write(to: URL(filePath: "\(folder)/\(PersonFinder.file)"))
        expectFailure(
          try CommandLineRun(estimate, environment: environment), 65, "person-finder.safetensors")
      }
      var damage = whole
      damage[whole.count - 1] = 0x7E
      try damage.write(to: URL(filePath: "\(folder)/\(PersonFinder.file)"))
      expectFailure(
        try CommandLineRun(estimate, environment: environment), 65, "person-finder.safetensors", "finite")
    }
  }
}

extension Box {
  /// A box as it is written on the command line.
  fileprivate init?(text: Substring) {
    let numbers = text.split(separator: ",").compactMap { Double($0) }
    guard numbers.count == 4 else { return nil }
    self.init(x: numbers[0], y: numbers[1], width: numbers[2], height: numbers[3])
  }
}
