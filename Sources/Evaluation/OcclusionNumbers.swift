import Bodies
import Models
import Records
import Tensors

/// A number that says what an occluder does to a network on one picture; means over pictures are of these.
public enum OcclusionQuantity: String, CaseIterable, Codable, Sendable {
  /// The mean over joints of the error: without the occluder, over all positions, and at the worst one.
  case clean, mean, worst
  /// The same after Procrustes alignment.
  case alignedClean = "pa_clean", alignedMean = "pa_mean", alignedWorst = "pa_worst"
  /// The mean minus the clean error.
  case increase
  /// The error increase by where the occluder is: its centre on the body, over its edge, on the background.
  case onBody = "on_body_increase", edge = "edge_increase", background = "background_increase"
  /// The first three over visible joints alone, and over hidden ones.
  case visibleClean = "visible_clean", visibleMean = "visible_mean", visibleWorst = "visible_worst"
  case hiddenClean = "hidden_clean", hiddenMean = "hidden_mean", hiddenWorst = "hidden_worst"
  /// The error increase of one joint: visible or hidden, with the occluder on it or elsewhere.
  case visibleCovered = "visible_covered_increase", visibleElsewhere = "visible_elsewhere_increase"
  case hiddenCovered = "hidden_covered_increase", hiddenElsewhere = "hidden_elsewhere_increase"
  /// The share of positions at which nobody was found.
  case missedShare = "missed_share"

  /// Whether it is a difference, whose sign matters.
  public var isIncrease: Bool { rawValue.hasSuffix("increase") }
}

/// What an occluder does to one network on one picture, from its record.
struct OcclusionNumbers {
  /// Millimetres, and a share; those that the picture lacks are missing.
  let values: [OcclusionQuantity: Double]
  /// `[part · joints + joint]`, millimetres, not a number where a part is never covered; nil where the body is not known.
  let influence: [Double]?
  /// Per joint 1 where it is visible, 0 where it is hidden, else not a number; nil where the body is not known.
  let isVisible: [Double]?
  /// The worst position.
  let worst: OcclusionSummary.WorstPosition

  /// The numbers of a complete record, or of several of one picture that each hide a body part.
  ///
  /// - Parameter person: what the records' crop shows; nil where that is not known.
  init(_ records: [SweepRecord], _ person: ShownPerson?) {
    let record = SweepRecord(joining: records)
    let hasTruth = record.settings.truth != nil
    let tables = DistanceTables(record)
    let (joints, misses) = (record.measured.count, record.misses)
    let worst = tables.plain.worst()
    var values: [OcclusionQuantity: Double] = [
      .missedShare: Double(misses.count { $0 }) / Double(misses.count)
    ]
    func set(_ key: OcclusionQuantity, _ metres: Float?) {
      if let metres, metres.isFinite { values[key] = Double(metres) * 1000 }
    }
    set(.mean, tables.plain.mean())
    set(.worst, worst.value)
    set(.alignedMean, tables.aligned?.mean())
    set(.alignedWorst, tables.aligned?.worst().value)
    if hasTruth {
      set(.clean, tables.plain.clean())
      set(.alignedClean, tables.aligned?.clean())
      set(.increase, tables.plain.mean() - tables.plain.clean())
    }
    // As for the increases of visible and hidden joints: what is outside the picture is neither.
    let visibility = person?.visibility ?? record.notes.visibility
    for (isVisible, clean, mean, worst) in [
      (true, OcclusionQuantity.visibleClean, OcclusionQuantity.visibleMean, OcclusionQuantity.visibleWorst),
      (false, .hiddenClean, .hiddenMean, .hiddenWorst),
    ] {
      let chosen = (visibility ?? []).indices.filter {
        $0 != record.measured.rootIndex && visibility![$0] != .outsidePicture
          && (visibility![$0] == .visible) == isVisible
      }
      guard !chosen.isEmpty else { continue }
      func average(_ value: (Int) -> Float) -> Float {
        chosen.reduce(0) { $0 + value($1) } / Float(chosen.count)
      }
      if hasTruth { set(clean, average { tables.plain.clean(of: $0) }) }
      set(mean, average { tables.plain.mean(of: $0) })
      set(worst, tables.plain.worst(of: chosen).value)
    }

    let clean = (0..<joints).map { hasTruth ? tables.plain.clean(of: $0) : 0 }
    let increases = record.results.error.withElements { error in
      (0..<record.positions.count).map { position in
        (0..<joints).map { error[position * joints + $0] - clean[$0] }
      }
    }
    let cover = person.map { person in Cover(joining: records.map { Cover($0, person) }, person) }
    let covered = cover?.values(increases)
    func number(_ key: OcclusionStatistics.Key, _ index: Int) -> Float? { covered?[key]?[index] }
    typealias Region = OcclusionStatistics.Region
    typealias Group = OcclusionStatistics.Group
    for (key, region) in [
      (OcclusionQuantity.onBody, Region.body), (.edge, .edge), (.background, .background),
    ] {
      set(key, number(.regionIncrease, region.rawValue))
    }
    for (key, group) in [
      (OcclusionQuantity.visibleCovered, Group.visibleCovered), (.visibleElsewhere, .visibleElsewhere),
      (.hiddenCovered, .hiddenCovered), (.hiddenElsewhere, .hiddenElsewhere),
    ] {
      set(key, number(.groupIncrease, group.rawValue))
    }
    self.values = values
    influence = covered?[.influence]?.elements.map { Double($0) * 1000 }
    isVisible = covered?[.isVisible]?.elements.map { Double($0) }
    self.worst = .init(
      record, at: worst.position, increase: worst.value - (hasTruth ? tables.plain.clean() : 0), cover)
  }
}

extension SweepRecord {
  /// Several records of one picture and network as one, their positions as a list.
  fileprivate init(joining records: [SweepRecord]) {
    let first = records[0]
    guard records.count > 1 else {
      self = first
      return
    }
    let windows = records.flatMap { record in
      (0..<record.positions.count).map { record.positions[$0].window }
    }
    self.init(
      settings: first.settings, notes: first.notes, positions: PositionGrid(list: windows),
      skeleton: first.skeleton, measured: first.measured,
      results: PositionResults(stacking: records.map(\.results)), clean: first.clean, context: first.context)
  }
}

extension Cover {
  /// What a record's occluder covers.
  fileprivate init(_ record: SweepRecord, _ person: ShownPerson) {
    let (occlusion, frame) = (record.settings.occlusion, record.settings.frame)
    let covered = Cover(
      record.positions, person,
      coverage: occlusion.coverage(occlusion.extent(in: frame)) ?? record.context.occluderCoverage)
    // An outline hides its own part, however few pixels show that in this crop, and what it clips of others is none of them.
    self = occlusion.shape.part.map { Cover(covered, ofPart: $0) } ?? covered
  }

  private init(_ cover: Cover, ofPart part: Joint) {
    (person, regions, coversJoint) = (cover.person, cover.regions, cover.coversJoint)
    positionsOfPart = Joint.allCases.map { $0 == part ? Array(cover.regions.indices) : [] }
  }
}

/// The body that a record shows, as the ground truth or a clean prediction has it, in the crop of one network.
struct ShownBody {
  let silhouette: Silhouette
  let frame: PictureFrame
  let reference: RecordSettings.Reference
  /// The label of the network whose prediction it is.
  let network: String

  /// The body of a record's ground truth, else that of its clean prediction; nil where it has neither.
  init?(_ record: SweepRecord, _ body: BodyModel, truth truthBody: BodyModel) {
    frame = record.settings.frame
    network = record.settings.model.label
    if let truth = record.context.truthBody, let camera = record.context.truthCamera {
      reference = .groundTruth
      silhouette = Silhouette(
        of: truthBody, rotations: truth.rotations, betas: truth.betas, camera: WeakPerspectiveCamera(camera),
        side: frame.side)
    } else if let predicted = record.clean.body, let camera = record.clean.camera {
      reference = .cleanPrediction
      silhouette = Silhouette(
        of: body, rotations: predicted.rotations, betas: predicted.betas,
        camera: WeakPerspectiveCamera(camera),
        side: frame.side)
    } else {
      return nil
    }
  }

  /// The bodies of records on one picture, by the rule of ``BodyMask/shared(_:)``: its own ground truth, else one for all.
  static func shared(_ records: [SweepRecord], _ body: BodyModel, truth: BodyModel) -> [ShownBody?] {
    let own = records.map { ShownBody($0, body, truth: truth) }
    let common =
      own.compactMap(\.self).first { $0.reference == .groundTruth } ?? own.lazy.compactMap(\.self).first
    return own.map { $0?.reference == .groundTruth ? $0 : common }
  }

  /// What another crop of the same picture shows of the body, with the joints of a record.
  func person(in record: SweepRecord) -> ShownPerson {
    let other = record.settings.frame
    var parts = silhouette.parts
    var joints = silhouette.positions
    if other != frame {
      parts = (0..<other.side * other.side).map { index in
        let (x, y) = frame.point(
          Float(index % other.side) + 0.5, Float(index / other.side) + 0.5, in: other)
        let range = 0..<Double(frame.side)
        return range.contains(x) && range.contains(y) ? silhouette.parts[Int(y) * frame.side + Int(x)] : 0
      }
      joints = joints.map { at in
        let (x, y) = other.point(at.x, at.y, in: frame)
        return SIMD2(Float(x), Float(y))
      }
    }
    let indices = SkeletonConversion(from: .smpl24, to: record.measured).indices
    return ShownPerson(
      side: other.side, parts: parts,
      joints: indices.map { $0.map { joints[$0] } ?? SIMD2(.nan, .nan) },
      // A joint that the body does not have is neither visible nor hidden.
      visibility: indices.enumerated().map { joint, own in
        own.map { record.notes.visibility?[joint] ?? silhouette.visibility[$0] } ?? .outsidePicture
      },
      root: record.measured.rootIndex)
  }
}
