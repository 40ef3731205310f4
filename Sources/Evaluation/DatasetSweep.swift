import Archives
import Bodies
import Foundation
public import Records

/// Sweeps the rows of a dataset with every network: one record a picture and network, and their aggregates.
public struct DatasetSweep {
  /// Sweeps one row, whose ground truth has a fingerprint, and returns one record a network.
  public typealias RowSweep = (_ row: Dataset.Row, _ truth: GroundTruth, _ fingerprint: String) throws ->
    [SweepRecord]

  /// The dataset's file.
  public let file: String
  let rows: [Dataset.Row]
  let bodies: DatasetBodies
  /// A fingerprint of the bodies.
  let bodyFingerprint: String
  /// The folder of records and aggregates.
  public let out: String

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
      let worstIsLowerLimit: Bool

      enum CodingKeys: String, CodingKey {
        case network, all, joints, groups
        case worstIsLowerLimit = "worst_is_lower_limit"
      }
    }
    let dataset: String
    let pictures: Int
    let networks: [Network]

    /// The aggregates of the networks on one dataset's file.
    public init(_ sums: [DatasetSensitivity], of file: String) {
      dataset = URL(filePath: file).lastPathComponent
      pictures = sums[0].count
      networks = sums.map {
        Network(
          network: $0.network, all: $0.all, joints: $0.joints, groups: $0.groups,
          worstIsLowerLimit: $0.worstIsLowerLimit)
      }
    }
  }
}
