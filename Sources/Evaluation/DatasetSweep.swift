import Bodies
import Foundation
public import Records

/// Sweeps the rows of a dataset with every network: one record a picture and network, and their aggregates.
public struct DatasetSweep {
  /// Sweeps one row, whose ground truth has a fingerprint, and returns one record a network.
  public typealias RowSweep = (_ row: Dataset.Row, _ truth: GroundTruth, _ fingerprint: String) throws ->
    [PictureSet.Swept]

  /// The pictures, called after the dataset's file, and the folder of records and aggregates.
  public let set: PictureSet
  let rows: [Dataset.Row]
  let bodies: DatasetBodies
  /// A fingerprint of the bodies.
  let bodyFingerprint: String

  /// A sweep of rows.
  ///
  /// - Parameters:
  ///   - file: the dataset's file.
  ///   - images: where the rows' pictures are.
  ///   - bodies: what the ground truth is posed with, and a fingerprint of it.
  ///   - out: the folder of records and aggregates.
  public init(
    file: String, rows: [Dataset.Row], images: PictureFolder, bodies: DatasetBodies, bodyFingerprint: String,
    out: String
  ) {
    set = PictureSet(
      title: URL(filePath: file).lastPathComponent,
      pictures: rows.map { images.name(of: $0.image) }, out: out)
    (self.rows, self.bodies, self.bodyFingerprint) = (rows, bodies, bodyFingerprint)
  }

  /// Sweeps what is not on disk yet, and writes the aggregates; those of a share of the rows as ``PictureSet/sweep(_:_:)``.
  ///
  /// - Throws: what `sweep` throws; `ArchiveError` when a file cannot be written.
  public func run(_ share: SetShare? = nil, _ sweep: RowSweep) throws -> [DatasetSensitivity]? {
    try set.sweep(share) { number in
      let row = rows[number]
      let fingerprint = Dataset.fingerprint(of: [row]) + " " + bodyFingerprint
      return try sweep(row, bodies.truth(of: row), fingerprint)
    }
  }
}
