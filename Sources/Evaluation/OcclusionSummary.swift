import Archives
public import Bodies
public import Models
public import Records
import Tensors

/// What occluders do to networks over any number of pictures, from records alone: means with intervals, the influence of
/// every covered body part on every joint, and the worst positions of all pictures.
public struct OcclusionSummary: Sendable {
  /// How records were made that one entry is of.
  public struct Setting: Hashable, Sendable {
    /// What hides part of the picture.
    public let occlusion: Occlusion
    /// The grid and its stride, and how far interpolated maps may be off.
    public let kind: PositionRule.Kind, stride: Int, tolerance: Double?
    /// Whether positions are those of a region, or of a list.
    public let isRegion: Bool, isList: Bool
    /// Whether each body part is hidden by its outline: one position a part, whatever parts a picture shows.
    public var hidesParts: Bool { occlusion.shape.part != nil }

    init(_ settings: RecordSettings) {
      (occlusion, tolerance) = (settings.occlusion.acrossParts, settings.tolerance)
      (kind, stride) = (settings.positions.kind, settings.positions.stride)
      (isRegion, isList) = (settings.positions.region != nil, settings.positions.list != nil)
    }
  }

  /// A position of the occluder in one of the pictures.
  public struct WorstPosition: Sendable, Codable, Equatable {
    /// The picture's name.
    public let picture: String
    /// The occluder's centre in pixels of the picture.
    public let x: Double, y: Double
    /// The increase of the mean over joints there, or without ground truth the displacement.
    public let millimetres: Double
    /// The body parts that the occluder covers there; none where the body is not known.
    public let parts: [String]

    enum CodingKeys: String, CodingKey {
      case picture, parts
      case x = "x_px"
      case y = "y_px"
      case millimetres = "mm"
    }

    init(_ record: SweepRecord, at index: Int, increase: Float, _ cover: Cover?) {
      let (frame, window) = (record.settings.frame, record.positions[index].window)
      picture = record.settings.picture.name
      (x, y) = (frame.pictureX(window.x.centre), frame.pictureY(window.y.centre))
      millimetres = Double(increase) * 1000
      parts = Joint.allCases.filter { cover?.positionsOfPart[$0.rawValue].contains(index) ?? false }.map(
        \.name)
    }
  }

  /// What it does to a network that one body part is covered.
  public struct PartEffect: Sendable, Encodable {
    /// The part.
    public let part: String
    /// The error increase of the mean over joints while it is covered, millimetres.
    public let mean: MeanWithInterval
    /// The joint whose error increases most, and by how much.
    public let joint: String, ofJoint: MeanWithInterval

    enum CodingKeys: String, CodingKey {
      case part
      case mean = "mean_mm"
      case joint = "most_affected_joint"
      case ofJoint = "most_affected_mm"
    }
  }

  /// One network under one setting.
  public struct Entry: Sendable {
    /// The network's label.
    public let network: String
    /// How it was swept; picture, box and truth are those of the first record.
    public let settings: RecordSettings
    /// Means over pictures; quantities that no picture has are missing.
    public let values: [OcclusionQuantity: MeanWithInterval]
    /// The same minus those of the first network on the same pictures; nil for the first network.
    public let differences: [OcclusionQuantity: MeanWithInterval]?
    /// The influence of covered parts on joints, millimetres; nil where the body is not known.
    public let influence: ExperimentSummary.Influence?
    /// What covering each part does, of the parts that are covered in some picture, in SMPL's order.
    public let parts: [PartEffect]
    /// The worst position of every picture, the worst first.
    public let worstPositions: [WorstPosition]
    /// Whether maxima are lower limits, those of adaptive sweeps.
    public let worstIsLowerLimit: Bool
  }

  /// The networks, and how they were swept, in the order in which they come.
  public let networks: [String], settings: [Setting]
  /// Every network under every setting, setting after setting.
  public let entries: [Entry]
  /// The pictures that were swept by all networks under all settings.
  public let pictures: [String]
  /// The number of pictures that were not, which count for nothing.
  public let leftOut: Int
  /// Whether distances are errors; else displacements from the clean prediction.
  public let hasTruth: Bool
  /// The joints that errors are measured over.
  public let skeleton: Skeleton
  /// Whose body says what is covered, for the pictures in turn without repetition: the ground truth's, or a network's.
  public let bodies: [String]
  /// The body that the ground truth is posed with.
  public let body: SourceFile
  /// The draws of the bootstrap, and what decides them.
  public let resamples: Int, seed: UInt64

  /// The summary of finished records.
  ///
  /// - Parameters:
  ///   - paths: the records, whatever their pictures; one picture's are in memory at a time.
  ///   - joints: the joints to measure over; those that all records have, or `common12` where they differ, unless given.
  ///   - body: the body of the networks' predictions.
  ///   - truthBody: the body of the ground truth; the same unless given.
  ///   - progress: called with the number of pictures done and that of all.
  /// - Throws: `RecordError` or `ArchiveError` where a record cannot be read, is not finished, or cannot be compared with the
  ///   others.
  public init(
    of paths: [String], joints: Skeleton? = nil, body: SMPLBody, truthBody: SMPLBody? = nil, seed: UInt64 = 0,
    progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
  ) throws {
    let found = try paths.map { ($0, try RecordHeader(of: ZarrGroup(contentsOf: $0))) }
    try self.init(found, joints: joints, body, truthBody ?? body, seed: seed, progress: progress) {
      try SweepRecord(finished: found[$0].0)
    }
  }

  /// The summary of complete records in memory.
  ///
  /// - Throws: `RecordError` where one cannot be compared with the others.
  public init(
    of records: [SweepRecord], joints: Skeleton? = nil, body: SMPLBody, seed: UInt64 = 0
  ) throws {
    let found = records.map { record in
      let header = RecordHeader(
        settings: record.settings, notes: record.notes, positions: record.positions,
        predicted: record.skeleton,
        measured: record.measured)
      return ("\(record.settings.picture.name), \(record.settings.model.label)", header)
    }
    try self.init(found, joints: joints, body, body, seed: seed, progress: { _, _ in }) { records[$0] }
  }

  /// The summary of records with the names and headers of `all`, of which `read` gives one.
  private init(
    _ all: [(path: String, header: RecordHeader)], joints: Skeleton?, _ body: SMPLBody, _ truthBody: SMPLBody,
    seed: UInt64,
    progress: (_ done: Int, _ of: Int) -> Void, read: (_ index: Int) throws -> SweepRecord
  ) throws {
    let found = try RecordGroups(all, joints: joints, body: body)
    var numbers: [RecordGroups.Cell: OcclusionNumbers] = [:]
    var (bodies, limits): ([String], Set<RecordGroups.Cell>) = ([], [])
    for (done, subject) in found.complete.enumerated() {
      let cells = found.networks.flatMap { network in
        found.settings.map { RecordGroups.Cell(subject: subject, network: network, setting: $0) }
      }
      let records = try cells.map { cell in
        try found.indices[cell]!.map { index in
          try read(index).measured(over: found.skeleton, file: all[index].path)
        }
      }
      let shown = ShownBody.shared(records.map { $0[0] }, body.model, truth: truthBody.model)
      for (cell, (records, shown)) in zip(cells, zip(records, shown)) {
        numbers[cell] = OcclusionNumbers(records, shown?.person(in: records[0]))
        if records.contains(where: \.hasLowerLimits) { limits.insert(cell) }
        let name = shown.map {
          $0.reference == .groundTruth ? "ground truth" : "clean prediction of \($0.network)"
        }
        if let name, !bodies.contains(name) { bodies.append(name) }
      }
      progress(done + 1, found.complete.count)
    }
    let bootstrap = Bootstrap(pictures: found.complete.count, seed: seed)
    entries = found.settings.flatMap { setting in
      func own(_ network: String) -> [OcclusionNumbers] {
        found.complete.map { numbers[RecordGroups.Cell(subject: $0, network: network, setting: setting)]! }
      }
      let first = own(found.networks[0])
      return found.networks.map { network in
        let cells = found.complete.map { RecordGroups.Cell(subject: $0, network: network, setting: setting) }
        return Entry(
          network, all[found.indices[cells[0]]![0]].header.settings, own(network),
          minus: network == found.networks[0] ? nil : first,
          in: found.skeleton, isLowerLimit: cells.contains(where: limits.contains), bootstrap)
      }
    }
    (networks, settings, skeleton) = (found.networks, found.settings, found.skeleton)
    (pictures, leftOut, hasTruth) = (found.complete.map(\.picture.name), found.leftOut, found.hasTruth)
    (self.bodies, self.body) = (bodies, truthBody.source)
    (resamples, self.seed) = (bootstrap.resamples, seed)
  }

  /// The entries under one setting, a network each.
  public func entries(under setting: Setting) -> [Entry] {
    entries.filter { Setting($0.settings) == setting }
  }
}

extension OcclusionSummary.Entry {
  fileprivate init(
    _ network: String, _ settings: RecordSettings, _ numbers: [OcclusionNumbers],
    minus first: [OcclusionNumbers]?,
    in skeleton: Skeleton, isLowerLimit: Bool, _ bootstrap: Bootstrap
  ) {
    let joints = skeleton.count
    func values(_ numbers: [OcclusionNumbers], _ key: OcclusionQuantity) -> [Double] {
      numbers.map { $0.values[key] ?? .nan }
    }
    var (means, differences): ([OcclusionQuantity: MeanWithInterval], [OcclusionQuantity: MeanWithInterval]) =
      ([:], [:])
    for key in OcclusionQuantity.allCases {
      let own = values(numbers, key)
      guard own.contains(where: { !$0.isNaN }) else { continue }
      means[key] = bootstrap.estimate(own)
      if let first {
        // Of the pictures that both have, so that no other picture is in one of the means alone.
        let both = zip(values(first, key), own).map { ($0 + $1).isNaN }
        func shared(_ values: [Double]) -> [Double] { zip(values, both).map { $1 ? .nan : $0 } }
        if both.contains(false) {
          differences[key] = bootstrap.difference([shared(values(first, key))], [shared(own)])
        }
      }
    }
    func matrix(hiddenOnly: Bool) -> [[MeanWithInterval]] {
      (0..<Joint.count).map { part in
        (0..<joints).map { joint in
          bootstrap.estimate(
            numbers.map { picture in
              let isMeant = !hiddenOnly || picture.isVisible?[joint] == 0
              return isMeant ? picture.influence?[part * joints + joint] ?? .nan : .nan
            })
        }
      }
    }
    (self.network, self.settings, worstIsLowerLimit) = (network, settings, isLowerLimit)
    (self.values, self.differences) = (means, first == nil ? nil : differences)
    let isKnown = numbers.contains { $0.influence != nil }
    let influence =
      isKnown
      ? ExperimentSummary.Influence(all: matrix(hiddenOnly: false), hidden: matrix(hiddenOnly: true)) : nil
    self.influence = influence
    parts = (influence?.all ?? []).enumerated().compactMap { part, row in
      let most = row.indices.filter { row[$0].mean.isFinite }.max { row[$0].mean < row[$1].mean }
      guard let most else { return nil }
      let means = numbers.map { picture in
        (0..<joints).reduce(0.0) { $0 + (picture.influence?[part * joints + $1] ?? .nan) } / Double(joints)
      }
      return .init(
        part: Joint.allCases[part].name, mean: bootstrap.estimate(means), joint: skeleton.joints[most],
        ofJoint: row[most])
    }
    worstPositions = numbers.map(\.worst).filter { !$0.millimetres.isNaN }
      .sorted { ($0.millimetres, $1.picture) > ($1.millimetres, $0.picture) }
  }
}
