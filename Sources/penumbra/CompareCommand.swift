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

  @OptionGroup var joints: JointsOption

  @Flag(help: "Print one JSON object and nothing else.")
  var json = false

  func run() throws {
    let found = try [first, second].map { (path: $0, record: try SweepRecord(finished: $0)) }
    let records = try joints.comparable(found)
    let comparison = try Comparison(records[0], records[1], file: second)
    if json { return try Console.writeJSON(comparison) }
    Console.writeLine("\(comparison.a.picture), \(comparison.a.positions) positions")
    for record in records {
      Console.writeLine("\(record.settings.model.label): \(RecordSummary(record).sizes)")
    }
    Console.writeLine()
    for line in FindingsTable([comparison.a, comparison.b]).lines { Console.writeLine(line) }
    if comparison.a.missed + comparison.b.missed > 0 {
      Console.writeLine()
      Console.writeLine(
        comparison.difference.leftOut.map {
          "\($0) positions are left out, because one of the networks, or both, found nobody there"
        } ?? "positions at which a network found nobody are left out of its own numbers")
    }
  }
}
