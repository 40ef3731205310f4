import Models
import ArgumentParser
import Presentation
import Records

/// `penumbra compare`: the findings of two networks on one picture, side by side.
struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare", abstract: "Compare two networks' sweeps over the same picture.")

  @Argument(help: "Record of the first network.")
  var first: String

  @Argument(help: "Record of the second network; differences are the second minus the first.")
  var second: String

  @Flag(help: "Print one JSON object and nothing else.")
  var json = false

  func run() throws {
    let records = try [first, second].map { try SweepRecord(finished: $0) }
    let comparison = try Comparison(records[0], records[1], file: second)
    if json { return try Console.writeJSON(comparison) }
    Console.writeLine("\(comparison.a.picture), \(comparison.a.positions) positions")
    for record in records {
      Console.writeLine("\(record.settings.model.label): \(RecordSummary(record).sizes)")
    }
    Console.writeLine()
    for line in FindingsTable(of: records).lines { Console.writeLine(line) }
  }
}
