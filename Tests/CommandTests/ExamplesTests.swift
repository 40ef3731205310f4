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

  /// Clean MPJPE of every network on a person, by a sweep of few positions.
  private func errors(on person: String, _ options: String...) throws -> [Double] {
    try withTemporaryFolder { folder in
      let file = fixture("people/\(person)")
      let run = try CommandLineRun(
        ["sweep", file + ".png", "--truth", file + ".json", "--stride", "112", "--out", folder, "--json"]
          + options)
      #expect(run.code == 0, "\(run.error)")
      return try JSONDecoder().decode(Report.self, from: Data(run.output.utf8)).results.map(
        \.findings.clean.mpjpe_mm)
    }
  }

  @Test(
    "the person of the example has the errors that it prints", arguments: ["README.md", "README.zh-CN.md"])
  func example(_ name: String) throws {
    let readme = try String(contentsOf: repository.appending(path: name), encoding: .utf8)
    let printed = try #require(readme.firstMatch(of: #/clean, MPJPE +(\d+\.\d) +(\d+\.\d) /#))
    let errors = try errors(on: "person-1", "--model", "gap", "--model", "attention")
    // Processors differ in the last digits.
    #expect(
      abs(errors[0] - Double(printed.1)!) < 0.3 && abs(errors[1] - Double(printed.2)!) < 0.3, "\(errors)")
  }

  @Test("the demo's third person is a failure of every network, as it says") func failure() throws {
    let errors = try errors(on: "person-3", "--joints", "common12")
    #expect(errors.count == 3 && errors.allSatisfy { (150...220).contains($0.rounded()) }, "\(errors)")
    let readme = try String(contentsOf: repository.appending(path: "README.md"), encoding: .utf8)
    #expect(readme.contains("150 to 220 mm off before any patch comes"))
  }
}
