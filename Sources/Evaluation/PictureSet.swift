import Archives
import Foundation
import Bodies
import Models
public import Records

/// Pictures that are swept alike: one record a picture and network, and their aggregates.
public struct PictureSet: Sendable {
  /// A record and where it is.
  public typealias Swept = (path: String, record: SweepRecord)

  /// What they are together: the file of a dataset, or a folder.
  public let title: String
  /// Their names, without the folders that say where they are kept.
  public let pictures: [String]
  /// The folder of records and aggregates.
  public let out: String

  /// A set of pictures.
  public init(title: String, pictures: [String], out: String) {
    (self.title, self.pictures, self.out) = (title, pictures, out)
  }

  /// The title without the ending of a file, for names of files.
  public var name: String { URL(filePath: title).deletingPathExtension().lastPathComponent }

  /// Sweeps picture by picture with `sweep`, which returns a record a network, or none to leave the picture out, and writes
  /// the aggregates, `NAME.MODEL.npz`.
  ///
  /// - Parameter share: which of the pictures are swept, where other processes sweep the rest; whoever is the last writes the
  ///   aggregates of all.
  /// - Returns: the aggregates, one a network; none where different joints are measured; nil where pictures of other
  ///   shards are not swept yet.
  /// - Throws: what `sweep` throws; `ArchiveError` when a file cannot be written.
  public func sweep(
    _ share: SetShare? = nil, _ sweep: (_ number: Int) throws -> [Swept]
  ) throws -> [DatasetSensitivity]? {
    guard let share else { return try aggregate { try sweep($0).map(\.record) } }
    var entries: [SetShare.Entry] = []
    for number in pictures.indices where share.shard.owns(number) {
      let records = try sweep(number).map { URL(filePath: $0.path).lastPathComponent }
      entries.append(.init(number: number, picture: pictures[number], records: records))
    }
    try share.write(entries, of: self)
    return try SetShare.all(in: out).first { $0.isOf(share, self) }?.aggregates()
  }

  /// Writes the aggregates of records, of which `records` gives those of a picture.
  func aggregate(_ records: (_ number: Int) throws -> [SweepRecord]) throws -> [DatasetSensitivity] {
    var sums: [DatasetSensitivity] = []
    var isAlike = true
    var names: [String] = []
    for number in pictures.indices {
      // Parts are at places of their own in every picture, so that no position has a mean.
      let records = try records(number).filter { $0.settings.occlusion.shape.part == nil }
      if !records.isEmpty { names.append(pictures[number]) }
      for (i, record) in records.enumerated() {
        if sums.count <= i { sums.append(DatasetSensitivity(like: record)) }
        isAlike = isAlike && sums[i].isAlike(record)
        if isAlike { sums[i].add(record) }
      }
    }
    guard isAlike else { return [] }
    sums.tellApart()
    for sum in sums {
      try Npz.write(
        [("imgname", .strings(names))] + sum.arrays.map { ($0, .floats($1)) },
        to: "\(out)/\(name).\(sum.network.asFileName)\(sum.part).npz")
    }
    return sums
  }

  /// The aggregates as JSON.
  public struct Summary: Encodable {
    struct Network: Encodable {
      let network: String
      /// The name of the occlusion, as in the records' file names.
      let occlusion: String
      let all: DatasetSensitivity.Entry
      let joints: [DatasetSensitivity.Entry]
      let groups: [DatasetSensitivity.Entry]
      let worstIsLowerLimit: Bool
      let missedShare: Double

      enum CodingKeys: String, CodingKey {
        case network, occlusion, all, joints, groups
        case missedShare = "missed_share"
        case worstIsLowerLimit = "worst_is_lower_limit"
      }
    }
    /// What the pictures are together: a dataset's file, or a folder.
    let dataset: String
    let pictures: Int
    /// What the numbers are: errors, or displacements where there is no ground truth.
    let quantity: String?
    let networks: [Network]
    /// What the occlusions do side by side; nil where there is one.
    let comparison: OccluderComparison?

    /// The aggregates of networks over a set's pictures; none where different joints were measured.
    public init(_ sums: [DatasetSensitivity], of set: PictureSet) {
      dataset = set.title
      quantity = sums.first?.settings.quantity
      comparison = OccluderComparison(sums)
      pictures = sums.first?.count ?? set.pictures.count
      networks = sums.map {
        Network(
          network: $0.network, occlusion: $0.settings.occlusion.name, all: $0.all, joints: $0.joints,
          groups: $0.groups,
          worstIsLowerLimit: $0.worstIsLowerLimit, missedShare: $0.missedShare)
      }
    }
  }
}

extension [DatasetSensitivity] {
  /// Those of one occlusion together, in the order in which they come.
  public var byOcclusion: [[DatasetSensitivity]] {
    var groups: [[DatasetSensitivity]] = []
    for sum in self {
      if let known = groups.firstIndex(where: { $0[0].settings.occlusion == sum.settings.occlusion }) {
        groups[known].append(sum)
      } else {
        groups.append([sum])
      }
    }
    return groups
  }

  /// Names the occlusion of each where there are several.
  fileprivate mutating func tellApart() {
    guard byOcclusion.count > 1 else { return }
    for index in indices { self[index].part = ".\(self[index].settings.occlusion.name)" }
  }
}
