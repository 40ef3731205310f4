public import Evaluation
import Records

/// What networks' sweeps over a dataset come to, as a table for the terminal.
public struct SensitivityTable: Sendable {
  private let sums: [DatasetSensitivity]

  /// A table of at least one network's aggregates.
  public init(_ sums: [DatasetSensitivity]) {
    precondition(!sums.isEmpty, "a table of no network")
    self.sums = sums
  }

  /// For each group of joints the clean error, the mean over positions, and the maximum over positions with its standard
  /// deviation over pictures, in millimetres.
  public var lines: [String] {
    let groups = sums.map { $0.groups + [$0.all] }
    let rows = groups[0].indices.map { row in
      [groups[0][row].joint] + groups.map { Self.cell($0[row]) }
    }
    let sizes = sums.map { sum in
      RecordSummary.sizes(sum.settings.occlusion, sum.settings.positions, in: [sum.settings.frame])
    }
    return zip(sums, sizes).map { "\($0.network): \($1)" } + [
      "",
      "error in mm over \(sums[0].count) pictures: clean, mean over positions, worst position ± standard deviation",
    ] + TextTable([[""] + sums.map(\.network)] + rows).lines
  }

  private static func cell(_ entry: DatasetSensitivity.Entry) -> String {
    let numbers = [entry.cleanMillimetres, entry.meanMillimetres, entry.worstMillimetres]
    return numbers.map { NumberFormat.tenths($0) }.joined(separator: " ")
      + " ± \(NumberFormat.tenths(entry.worstDeviationMillimetres))"
  }
}
