import Archives
import ArgumentParser
import Evaluation
import Foundation
import Models
import Presentation
import Records
import Sweeps

/// `penumbra merge`: puts together what several processes computed.
struct MergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Put together what the shards of a sweep computed, without the networks.",
    discussion: """
      The last of several penumbra sweep --shard does this by itself; this command is for a job that follows them, and says \
      what is missing. A record's notes say who computed it, and its many small files become few; of a set of pictures the \
      means are printed, drawn and written to SET.MODEL.npz.
      """)

  @Argument(help: ArgumentHelp("Records, or folders of such.", valueName: "dir"))
  var paths: [String]

  @OptionGroup var body: BodyOptions

  @Flag(help: "Print one JSON object and nothing else.")
  var json = false

  @OptionGroup var quiet: QuietOption

  func run() throws {
    quiet.apply()
    let body = try body.load()
    var (records, missing): ([String], [String]) = ([], [])
    var sets: [(PictureSet, [DatasetSensitivity])] = []
    for path in paths {
      let shared = try SetShare.all(in: path)
      let inside = try SweepRecord.paths(in: path)
      guard !inside.isEmpty || !shared.isEmpty else {
        throw Failure(.badData, "\(path): contains no records; give a folder that penumbra sweep wrote")
      }
      for record in inside {
        let state = try SweepRecord.close(at: record)
        if state.missing == 0 {
          records.append(record)
          if state.lacksWorstMaps {
            Console.writeNotice(
              "penumbra: \(record): lacks the maps of its worst positions, which need the network; run one shard again"
            )
          }
        } else {
          missing.append(
            "\(record): \(state.missing) of \(state.count) positions are missing; run the shards that did not finish again"
          )
        }
      }
      for set in shared {
        if let sums = try missing.isEmpty ? set.aggregates() : nil {
          try set.set.draw(sums, body: body.model)
          sets.append((set.set, sums))
        } else if set.missing > 0 {
          missing.append(
            "\(path): \(set.missing) of \(set.count) pictures of \(set.title) are missing; run again: "
              + set.missingShards.map { "--shard \($0)" }.joined(separator: ", "))
        }
      }
    }
    // Every gap is told, the first one as the reason to fail.
    for line in missing.dropFirst() { Console.writeError("penumbra: \(line)") }
    if let first = missing.first { throw Failure(.badData, first) }
    if json {
      return try Console.writeJSON(Report(records: records, aggregates: sets.map { .init($1, of: $0) }))
    }
    for record in records { Console.writeLine(record) }
    for (_, sums) in sets {
      Console.writeLine()
      for line in SensitivityTable.lines(of: sums) { Console.writeLine(line) }
    }
  }

  /// What is printed as JSON.
  private struct Report: Encodable {
    let records: [String]
    let aggregates: [PictureSet.Summary]
  }
}

extension SensitivityTable {
  /// The means over pictures as text, those under several occlusions side by side.
  static func lines(of sums: [DatasetSensitivity]) -> [String] {
    OccluderComparison(sums).map { OccluderTable($0).lines }
      ?? (sums.isEmpty ? [] : SensitivityTable(sums).lines)
  }
}
