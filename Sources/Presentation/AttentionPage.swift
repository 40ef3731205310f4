import Bodies
import Models
package import Records
import Tensors

/// Where a network with part attention looks for its joints, with and without the occluder, beside the joints' maps.
public struct AttentionPage: Sendable {
  /// One joint.
  public struct Row: Sendable {
    /// The joint's name.
    public let title: String
    /// The attention without the occluder and with it at the worst positions, as shares of the row's maximum.
    public let attention: [PositionMap]
    /// The joint's map.
    public let map: PositionMap
    /// What its colours stand for.
    public let key: ColourKey
  }

  /// The joints shown, at most: few enough for maps of five centimetres on paper.
  public static let maxJoints = 3

  /// The headline.
  public let heading: Heading
  /// The network.
  public let entry: Int
  /// The heads of the columns, for attention and map.
  public let columns: [String]
  /// The joints, the worst first.
  public let rows: [Row]
  /// The occluder in every column of attention but the first.
  public let marks: [OccluderMark]
  /// What the colours of attention stand for, and those of the maps; nil where each has its own scale.
  public let attentionKey: ColourKey, key: ColourKey?

  /// The page on one network; nil where its record has no attention.
  public init?(_ report: PictureReport, _ entry: PictureReport.Entry) {
    let record = entry.record
    guard let clean = record.context.cleanAttention, let worst = record.worstAttention else { return nil }
    let part = Self.parts(of: record, count: clean.shape[2])
    let joints = report.jointsByMaximum(entry).filter { part[$0] != nil }.prefix(Self.maxJoints)
    guard !joints.isEmpty else { return nil }
    let positions = record.worstPositions().prefix(worst.shape[0])
    guard !positions.isEmpty else { return nil }
    let what = report.shown.name
    heading = Heading(
      "\(name: entry.label): attention and \(what)",
      "\(name: report.name): the attention of a joint on the clean image and with the \(report.occluder) at its "
        + "\(positions.count == 1 ? "" : Self.number(positions.count) + " ")worst position\(positions.count == 1 ? "" : "s")"
        + (entry.maximum == .lowerLimit ? " among those that an adaptive sweep has computed" : "")
        + ", beside the joint's map."
        + (joints.count < report.skeleton.count
          ? " The \(joints.count) joints with the largest \(what)." : ""))
    self.entry = entry.index
    columns = report.attentionTitles(positions.count) + [what]
    let side = Double(record.settings.frame.side)
    rows = joints.map { joint in
      let weights = ([clean] + positions.indices.map { Self.entry($0, of: worst) })
        .map { Self.map($0, part[joint]!, side: side) }
      let largest = max(weights.compactMap(\.high).max() ?? 1, 1e-12)
      return Row(
        title: Skeleton.title(of: record.measured.joints[joint]),
        attention: weights.map { map in map.with(map.values.map { $0 / largest }) },
        map: report.jointMap(entry, joint), key: report.jointKey(entry, joint))
    }
    marks = positions.map { report.mark(entry, at: $0) }
    attentionKey = Self.attentionKey
    key = report.style.scale == .joint ? nil : rows[0].key
  }

  /// What the colours of attention stand for, on any page.
  package static var attentionKey: ColourKey {
    ColourKey(
      scale: Scale(covering: [0, 1]), colours: .viridis, title: "attention, share of the maximum in the row")
  }

  /// For every measured joint its attention's place in the array, where it has one.
  package static func parts(of record: SweepRecord, count: Int) -> [Int?] {
    let measured = record.measured
    let name = record.settings.skeleton
    let own =
      record.skeleton
      ?? name.flatMap { name in
        record.notes.skeletons.first { $0.name == name } ?? (try? Skeleton.named(name))
      } ?? measured
    guard own.count == count else { return measured.joints.map { _ in nil } }
    return SkeletonConversion(from: own, to: measured).indices
  }

  /// One joint's attention over the crop.
  private static func map(_ attention: Tensor, _ part: Int, side: Double) -> PositionMap {
    let (rows, columns) = (attention.shape[0], attention.shape[1])
    let values = attention.withElements { values in
      (0..<rows * columns).map { Double(values[$0 * attention.shape[2] + part]) }
    }
    return PositionMap(
      values, rowCentres: (0..<rows).map { (Double($0) + 0.5) * side / Double(rows) },
      columnCentres: (0..<columns).map { (Double($0) + 0.5) * side / Double(columns) }, side: side)
  }

  private static func entry(_ index: Int, of attention: Tensor) -> Tensor {
    attention.rows(index..<index + 1).reshaped(Array(attention.shape.dropFirst()))
  }

  private static func number(_ count: Int) -> String {
    count < 4 ? ["", "", "two", "three"][count] : "\(count)"
  }
}

extension PictureReport {
  /// What is written above the attention on the clean image and at so many worst positions.
  package func attentionTitles(_ positions: Int) -> [String] {
    ["attention, clean"] + (0..<positions).map { "\(occluder) \($0 + 1)" }
  }

  /// The joints that maps are drawn of, that with the largest number first.
  func jointsByMaximum(_ entry: Entry) -> [Int] {
    let largest = mappedJoints.map { joint in (joint, jointMap(entry, joint).high ?? -.infinity) }
    return largest.sorted { ($0.1, $1.0) > ($1.1, $0.0) }.map(\.0)
  }
}
