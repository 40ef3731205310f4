import Archives
import Bodies
import Foundation
public import Sweeps

/// Sweeps the rows of a dataset with every network: one record a picture and network, and their aggregates.
public struct DatasetSweep {
  /// Sweeps one row, whose ground truth has a fingerprint, and returns one record a network.
  public typealias RowSweep = (_ row: Dataset.Row, _ truth: Truth, _ fingerprint: String) throws ->
    [SweepRecord]

  /// The dataset's file.
  let file: String
  let rows: [Dataset.Row]
  let bodies: DatasetBodies
  /// A fingerprint of the bodies.
  let bodyFingerprint: String
  /// The folder of records and aggregates.
  let out: String

  /// A sweep of rows.
  ///
  /// - Parameters:
  ///   - file: the dataset's file.
  ///   - bodies: what the ground truth is posed with, and a fingerprint of it.
  ///   - out: the folder of records and aggregates.
  public init(
    file: String, rows: [Dataset.Row], bodies: DatasetBodies, bodyFingerprint: String, out: String
  ) {
    (self.file, self.rows, self.bodies) = (file, rows, bodies)
    (self.bodyFingerprint, self.out) = (bodyFingerprint, out)
  }

  /// The dataset's name, for files.
  public var name: String { URL(filePath: file).deletingPathExtension().lastPathComponent }

  /// Sweeps what is not on disk yet, and writes the aggregates, `SET.MODEL.npz`.
  ///
  /// - Throws: what `sweep` throws; `ArchiveError` when a file cannot be written.
  public func run(_ sweep: RowSweep) throws -> [DatasetSensitivity] {
    var sums: [DatasetSensitivity] = []
    for row in rows {
      let fingerprint = Dataset.fingerprint(of: [row]) + " " + bodyFingerprint
      for (i, record) in try sweep(row, bodies.truth(of: row), fingerprint).enumerated() {
        if sums.count <= i { sums.append(DatasetSensitivity(like: record)) }
        sums[i].add(record)
      }
    }
    for sum in sums {
      try Npz.write(
        [("imgname", .strings(rows.map(\.image)))] + sum.arrays.map { ($0, .floats($1)) },
        to: "\(out)/\(name).\(sum.network).npz")
    }
    return sums
  }

  /// The aggregates as JSON.
  public struct Summary: Encodable {
    struct Network: Encodable {
      let network: String
      let all: DatasetSensitivity.Entry
      let joints: [DatasetSensitivity.Entry]
      let groups: [DatasetSensitivity.Entry]
    }
    let dataset: String
    let pictures: Int
    let networks: [Network]

    /// The aggregates of the networks on one dataset's file.
    public init(_ sums: [DatasetSensitivity], of file: String) {
      dataset = URL(filePath: file).lastPathComponent
      pictures = sums[0].count
      networks = sums.map { Network(network: $0.network, all: $0.all, joints: $0.joints, groups: $0.groups) }
    }
  }

  /// The aggregates as a table: for each group of joints the clean error, the mean over positions, and the maximum
  /// over positions with its standard deviation over pictures, in millimetres.
  public static func lines(_ sums: [DatasetSensitivity]) -> [String] {
    let width = max(26, (sums.map(\.network.count).max() ?? 0) + 2)
    func row(_ head: String, _ cells: [String]) -> String {
      head.padding(toLength: 10, withPad: " ", startingAt: 0)
        + cells.map { String(repeating: " ", count: max(0, width - $0.count)) + $0 }.joined()
    }
    func cell(_ e: DatasetSensitivity.Entry) -> String {
      String(
        format: "%.1f %.1f %.1f ± %.1f", e.cleanMillimetres, e.meanMillimetres, e.worstMillimetres,
        e.worstDeviationMillimetres)
    }
    let groups = sums.map { $0.groups + [$0.all] }
    return sums.map { "\($0.network): \($0.sizes)" } + [
      "",
      "error in mm over \(sums[0].count) pictures: clean, mean over positions, worst position ± standard deviation",
      row("", sums.map(\.network)),
    ] + groups[0].indices.map { i in row(groups[0][i].joint, groups.map { cell($0[i]) }) }
  }
}
