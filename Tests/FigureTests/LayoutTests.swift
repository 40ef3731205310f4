import Bodies
import Figures
import Models
import Presentation
import Records
import ReportSupport
import Testing

@Suite("Layout of a report's pages") struct LayoutTests {
  /// What is reported on.
  struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    let networks: Int
    var skeleton = "smpl24"
    var parts = Set(SyntheticRecord.Part.allCases)
    var isLong = false
    var pictures = 1
    var tolerance: Double?
    /// Every so many positions nobody is found.
    var missEvery: Int?
    var testDescription: String { "\(networks) × \(name)" }

    var records: [SweepRecord] {
      (0..<pictures).flatMap { picture in
        (0..<networks).map { index in
          var synthetic = SyntheticRecord()
          synthetic.skeleton = skeleton == "five" ? .five : Skeleton.all.first { $0.name == skeleton }!
          synthetic.label =
            isLong ? "a network with a long name, fine-tuned, version \(index + 1)" : "net \(index + 1)"
          synthetic.picture =
            isLong ? "a-picture-with-a-long-name-of-its-own-\(picture).png" : "person-\(picture).png"
          (synthetic.parts, synthetic.seed) = (parts, UInt64(1 + index + 10 * picture))
          synthetic.tolerance = tolerance
          if let missEvery { synthetic.misses = { $0 % missEvery == index % missEvery } }
          if tolerance != nil {
            synthetic.command =
              "penumbra sweep a-picture-with-a-long-name-of-its-own-\(picture).png --tolerance 2"
            synthetic.processor = "A processor with a long name of 96 cores at 2.40GHz, family 25, model 17"
          }
          // One network sees another crop.
          if index == 3 { synthetic.corner = 10 }
          return synthetic.record
        }
      }
    }
  }

  static let bare: Set<SyntheticRecord.Part> = []
  static let cases: [Case] =
    [1, 2, 3, 4, 5, 6, 8].map { Case(name: "everything", networks: $0) }
    + [1, 2, 3, 6].flatMap { count in
      [
        Case(name: "long names", networks: count, isLong: true),
        Case(name: "joints and truth", networks: count, parts: [.joints, .truth]),
        Case(name: "errors alone", networks: count, parts: bare),
        Case(name: "displacements", networks: count, parts: [.joints, .camera, .picture, .attention, .mask]),
        Case(name: "five joints", networks: count, skeleton: "five"),
        Case(name: "seventy joints", networks: count, skeleton: "mhr70"),
      ]
    }
    + [1, 2, 3, 4, 6, 8].flatMap { count in
      [
        Case(name: "several pictures", networks: count, pictures: 4),
        Case(name: "people missed", networks: count, pictures: count % 2 + 1, missEvery: 3),
        Case(name: "nobody found", networks: count, missEvery: 1),
        Case(name: "several pictures, long names", networks: count, isLong: true, pictures: 2),
        Case(name: "adaptive", networks: count, tolerance: 2),
        Case(name: "adaptive, long names", networks: count, isLong: true, pictures: 2, tolerance: 2),
        Case(
          name: "adaptive displacements, long names", networks: count,
          parts: [.joints, .camera, .picture, .attention, .mask, .aligned], isLong: true, tolerance: 2),
      ]
    }

  @Test("has no texts over one another, none outside the page, none cut but names", arguments: cases)
  func layout(_ example: Case) {
    expectTidy(Report(example.records).drawn(), hasLongNames: example.isLong)
  }

  @Test(
    "says of every page that maxima are at least so large, however long the names",
    arguments: cases.filter { $0.tolerance != nil && $0.networks < 4 })
  func caveats(_ example: Case) {
    let texts = Report(example.records).drawn().texts
    let last = texts.map(\.page).max()!
    for page in 0...last {
      let words = texts.filter { $0.page == page }.map(\.text).joined(separator: " ")
      // The last pages are settings and definitions.
      guard !words.hasPrefix("Settings and definitions") else { continue }
      let says = ["at least", "lower limit", "adaptive sweep", "≥"].contains { words.contains($0) }
      #expect(says, "page \(page + 1): \(words.prefix(160))")
    }
    let words = texts.map(\.text).joined(separator: " ")
    for caveat in ["at least", "interpolated to 2 mm", "maxima are lower limits"] {
      #expect(words.contains(caveat), "\(caveat)")
    }
    if !example.parts.contains(.truth) {
      #expect(words.contains("all numbers are displacements from the clean prediction"))
    }
  }

  @Test("has room for several settings of one picture") func settings() {
    let records = [20, 40, 80, 120].flatMap { size in
      ["gap", "attention"].map { label in
        var synthetic = SyntheticRecord()
        (synthetic.label, synthetic.occlusion) = (label, Occlusion(size: size, shape: .disc))
        return synthetic.record
      }
    }
    let canvas = Report(records).drawn()
    expectTidy(canvas)
    let words = canvas.texts.map(\.text)
    #expect(words.contains("disc20-stride28") && words.contains("Sweep disc120-stride28"))
    #expect(words.contains { $0.hasPrefix("Where a disc raises the error of gap and attention (1 of 2)") })
  }
}
