import Foundation
import Testing

/// What holds the rooms apart: read from the sources, since no compiler checks it.
private enum House {
  /// The rooms from the ground up; each uses only rooms before it.
  static let rooms = [
    "Tensors", "Archives", "Pictures", "Bodies", "Networks", "Models", "Records", "Sweeps", "Rendering",
    "Training",
    "Evaluation", "Presentation", "Explorer", "Live", "Figures", "penumbra",
  ]

  struct Source {
    let room: String, name: String, text: String
    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
    var path: String { "\(room)/\(name)" }
    /// The text without comments.
    var code: String {
      lines.filter { !$0.drop { $0 == " " }.hasPrefix("//") }.joined(separator: "\n")
    }
  }

  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  static let sources: [Source] = {
    let folder = root.appending(path: "Sources").path
    let files = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    return files.filter { $0.hasSuffix(".swift") }.sorted().map { path in
      let parts = path.split(separator: "/", maxSplits: 1)
      let text = (try? String(contentsOfFile: "\(folder)/\(path)", encoding: .utf8)) ?? ""
      return Source(room: String(parts[0]), name: parts.count > 1 ? String(parts[1]) : "", text: text)
    }
  }()

}

@Suite("House") struct HouseTests {
  @Test("every room is in the list, and has sources") func rooms() {
    #expect(Set(House.sources.map(\.room)) == Set(House.rooms))
  }

  @Test("a room imports only rooms below it", arguments: House.rooms) func imports(room: String) throws {
    let below = try #require(House.rooms.firstIndex(of: room))
    for source in House.sources where source.room == room {
      for match in source.text.matches(of: /(?m)^(?:public |package |internal )?import (\w+)/) {
        guard let place = House.rooms.firstIndex(of: String(match.1)) else { continue }
        #expect(place < below, "\(source.path) imports \(match.1)")
      }
    }
  }

  @Test("a network takes named weights, never a file") func networks() {
    for source in House.sources where source.room == "Networks" {
      #expect(!source.code.contains("import Archives"), "\(source.path)")
      #expect(
        !source.code.contains("FileManager") && !source.code.contains("contentsOf:"),
        "\(source.path) reads a file")
    }
  }

  @Test("drawing computes no result: figures import what is to be shown, and neither networks nor sweeps")
  func figures() {
    for source in House.sources where source.room == "Figures" {
      for room in ["Networks", "Sweeps", "Training", "Rendering", "Archives", "Explorer"] {
        #expect(!source.code.contains("import \(room)\n"), "\(source.path) imports \(room)")
      }
    }
  }

  @Test("the explorer's page computes no result and draws nothing on paper, and touches no file")
  func explorer() {
    for source in House.sources where source.room == "Explorer" {
      for word in ["import Networks", "import Sweeps", "import Evaluation", "CCairo", "FileManager"] {
        #expect(!source.code.contains(word), "\(source.path) uses \(word)")
      }
    }
  }

  @Test("presentation draws nothing and touches no file") func presentation() {
    for source in House.sources where source.room == "Presentation" {
      for word in ["CCairo", "FileManager", "AtomicFile", "contentsOfFile"] {
        #expect(!source.code.contains(word), "\(source.path) uses \(word)")
      }
    }
  }

  @Test("the number of SMPL's joints is written in SMPL's own tables alone") func joints() {
    // An array whose length is part of its type needs a literal, and so does a shift of bits.
    let tables = ["Bodies/Joint.swift", "Bodies/KinematicChain.swift", "Networks/SMPLParameters.swift"]
    for source in House.sources where !tables.contains(source.path) {
      for (number, line) in source.lines.enumerated() {
        let code = line.replacing(/\/\/.*/, with: "").replacing(/"[^"]*"/, with: "")
          .replacing(/(>>|<<) 24|\[24 of/, with: "")
        #expect(
          !code.contains(/(^|[^\w.#-]|[^ep]-)24($|\.\.|[^\w.])/), "\(source.path):\(number + 1): \(line)")
      }
    }
  }

  @Test("numbers from files and predictions become whole ones where nothing is too large") func wholeNumbers()
  {
    // What these convert is within its range by the lines before.
    let checked = [
      "Tensors/WholeNumbers.swift", "Figures/SkeletonDrawing.swift", "Figures/Bitmap.swift",
      "Figures/Canvas.swift", "Explorer/ExplorerPacking.swift", "Live/LiveSession.swift",
      "Pictures/Picture.swift",
    ]
    for source in House.sources where !checked.contains(source.path) {
      for (number, line) in source.lines.enumerated() {
        #expect(
          !line.contains(/\bU?Int(8|16|32|64)?\([^:]*\.rounded\(/),
          "\(source.path):\(number + 1): write Int(bounded:) or UInt8(level:)")
      }
    }
  }

  @Test("no single element is taken out of a copy of all: in a loop that is a copy for each") func elements()
  {
    for source in House.sources where source.room != "Tensors" {
      #expect(!source.code.contains(".elements["), "\(source.path): take the elements once, or withElements")
    }
  }

  @Test("folders are listed by what tells an error in the midst") func listings() {
    for source in House.sources {
      #expect(!source.text.contains("contentsOfDirectory"), "\(source.path): take folderNames")
    }
  }

  @Test("files are read by what waits for no pipe and tells every error") func reading() {
    for source in House.sources {
      for call in ["FileManager.default.contents(", "Data(contentsOf", "forReadingAtPath"] {
        #expect(!source.text.contains(call), "\(source.path): take fileContents")
      }
    }
  }

  @Test("no file is longer than 350 lines") func lengths() {
    for source in House.sources { #expect(source.lines.count <= 351, "\(source.path)") }
  }

  @Test("sources name papers and sections, and no page that is not in the repository") func references() {
    for source in House.sources { #expect(!source.text.contains("spec/"), "\(source.path)") }
  }

  @Test("the package can be a dependency: it has products for the rooms and no unsafe flags") func package()
    throws
  {
    let text = try String(contentsOf: House.root.appending(path: "Package.swift"), encoding: .utf8)
    #expect(!text.contains("unsafeFlags"))
    #expect(text.contains(".library("))
  }
}
