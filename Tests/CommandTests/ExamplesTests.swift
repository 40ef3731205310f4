import Foundation
import TestSupport
import Testing

@Suite("Examples of the README") struct ExamplesTests {
  private struct Report: Decodable {
    struct Result: Decodable {
      struct Findings: Decodable {
        struct Distance: Decodable { let mpjpe_mm: Double }
        let clean: Distance
      }
      let findings: Findings
    }
    let results: [Result]
  }

  /// The first two people show the networks at what they were made for; the third is shown as a failure.
  @Test("are people whom the networks get right, and one whom they do not, as it says", arguments: 1...3)
  func people(number: Int) throws {
    try withTemporaryFolder { folder in
      let person = fixture("people/person-\(number)")
      let run = try CommandLineRun([
        "sweep", person + ".png", "--truth", person + ".json", "--model", "gap=gap-small", "--model",
        "attention=attention-small",
        "--stride",
        "112", "--out", folder, "--json",
      ])
      #expect(run.code == 0, "\(run.error)")
      let report = try JSONDecoder().decode(Report.self, from: Data(run.output.utf8))
      let errors = report.results.map(\.findings.clean.mpjpe_mm)
      #expect(errors.count == 2)
      #expect(
        errors.allSatisfy { number < 3 ? (60...80).contains($0.rounded()) : $0.rounded() == 149 }, "\(errors)"
      )
    }
    let readme = try String(contentsOf: repository.appending(path: "README.md"), encoding: .utf8)
    #expect(
      readme.contains("clean errors of 60 to 80 mm") && readme.contains("149 mm off before any patch comes"))
  }
}
