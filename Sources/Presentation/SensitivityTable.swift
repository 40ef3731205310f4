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
    let quantity = sums[0].settings.quantity
    let hasTruth = sums[0].settings.truth != nil
    let groups = sums.map { $0.groups + [$0.all] }
    let rows = groups[0].indices.map { row in
      [groups[0][row].joint]
        + zip(sums, groups).map { Self.cell($1[row], isLowerLimit: $0.worstIsLowerLimit, hasTruth: hasTruth) }
    }
    let sizes = sums.map { sum in
      RecordSummary.sizes(sum.settings.occlusion, sum.settings.positions, in: [sum.settings.frame])
        + RecordSummary.interpolation([sum.settings], isLowerLimit: sum.worstIsLowerLimit)
    }
    return zip(sums, sizes).map { "\($0.network): \($1)" } + [
      "",
      "\(hasTruth ? "error" : quantity) in mm over \(sums[0].count) pictures: "
        + "\(hasTruth ? "clean, " : "")mean over positions, worst position ± standard deviation"
        + (sums.contains(where: \.worstIsLowerLimit) ? "; ≥ is at least, of adaptive sweeps" : ""),
    ] + TextTable([[""] + sums.map(\.network)] + rows + misses).lines
  }

  /// How often nobody was found, where that was so.
  private var misses: [[String]] {
    guard sums.contains(where: { $0.missedShare > 0 }) else { return [] }
    return [["nobody found"] + sums.map { "\(NumberFormat.tenths($0.missedShare * 100)) % of positions" }]
  }

  private static func cell(_ entry: DatasetSensitivity.Entry, isLowerLimit: Bool, hasTruth: Bool) -> String {
    let numbers = [entry.cleanMillimetres, entry.meanMillimetres, entry.worstMillimetres]
      .map { NumberFormat.tenths($0) }
    let sign = (isLowerLimit ? Maximum.lowerLimit : .exact).sign
    return (hasTruth ? "\(numbers[0]) " : "") + "\(numbers[1]) \(sign)\(numbers[2])"
      + " ± \(NumberFormat.tenths(entry.worstDeviationMillimetres))"
  }
}
