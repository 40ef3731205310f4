import Bodies
package import Records
import Tensors

/// What a network reports of itself at every position, beside the numbers that are measured.
package enum ReportedQuantity: String, CaseIterable, Sendable {
  case uncertainty, confidence

  /// The words for legends and titles.
  package var name: String { "reported \(rawValue)" }
  /// The unit; empty where there is none.
  package var unit: String { self == .uncertainty ? "mm" : "" }
  /// How numbers are written.
  package var format: NumberFormat { self == .uncertainty ? .tenths : NumberFormat(decimals: 2) }
  /// The smallest range of a scale.
  var leastRange: Double { self == .uncertainty ? 1 : 0.01 }
  /// What makes the recorded numbers those that are shown.
  package var factor: Double { self == .uncertainty ? 1000 : 1 }

  /// The title of the legend of its mean over joints.
  var meanTitle: Phrase { title("mean \(name) over joints") }

  /// Words with the unit, where there is one.
  fileprivate func title(_ what: String) -> Phrase { Phrase(unit.isEmpty ? what : "\(what), \(unit)") }

  /// The numbers of every measured joint; nil where the network reports none.
  package func values(of record: SweepRecord) -> [Double]? {
    tensor(of: record)?.elements.map { Double($0) * factor }
  }

  /// The same as they are recorded.
  func tensor(of record: SweepRecord) -> Tensor? {
    self == .uncertainty ? record.measuredUncertainty : record.measuredConfidence
  }
}

/// Everything that is said of one quantity of a picture on a page where any map of it can be chosen.
///
/// Legends, titles and readings are those of the pages on paper, made by the same code.
package struct QuantityLegends: Sendable {
  /// A network's mean map minus that of another.
  package struct Difference: Sendable {
    /// The networks: the first minus the second.
    package let entry: Int, other: Int
    /// The legends of the mean map and of joints' maps; nil where there is none.
    package let keys: (mean: ColourKey, joint: ColourKey)?
    /// What the legend says with the networks in the other order.
    package let reversedTitle: Phrase
    /// Why there is none; nil where there is.
    package let obstacle: Phrase?
  }

  /// The name in links.
  package let name: String
  /// The name for people.
  package let title: String
  /// What numbers are, for a table of them.
  package let barTitle: Phrase
  /// How to read the maps.
  package let reading: Phrase
  /// The unit, and how numbers are written.
  package let unit: String, format: NumberFormat
  /// How minimum and maximum of a map are written.
  package let rangeFormat: NumberFormat
  /// For every network the legend of the mean map and those of all joints; nil where the network has no such numbers.
  package let keys: [(mean: ColourKey, joints: [ColourKey])?]
  /// For every network why it has no such numbers; nil where it has.
  package let obstacles: [Phrase?]
  /// The differences of all pairs, each later network minus each earlier one, those minus the first network first.
  package let differences: [Difference]

  /// The legends of what a report shows.
  package init(_ report: PictureReport) {
    let shown = report.shown
    (name, title) = (shown.rawValue, shown.name)
    barTitle = report.legend(shown.name)
    let entries = report.entries
    keys = entries.map { entry in
      (report.meanKey(entry), report.skeleton.joints.indices.map { report.jointKey(entry, $0) })
    }
    (unit, format) = ("mm", NumberFormat(decimals: 1, isSigned: shown.isSigned))
    rangeFormat = NumberFormat(decimals: 0, isSigned: shown.isSigned)
    obstacles = entries.map { _ in nil }
    // Differences from the first network share a scale, as on paper.
    let shared = report.differenceKey?.scale
    differences = Self.pairs(entries).map { entry, other in
      report.difference(
        entry, minus: other, entry.values, other.values, scale: other.index == 0 ? shared : nil, unit: "mm")
    }
    reading = Self.reading(of: report)
  }

  /// All pairs of networks, the later one first; those with the first network come first.
  private static func pairs(_ entries: [PictureReport.Entry]) -> [(PictureReport.Entry, PictureReport.Entry)]
  {
    let withFirst = entries.dropFirst().map { ($0, entries[0]) }
    return withFirst + entries.dropFirst().flatMap { entry in entries[1..<entry.index].map { (entry, $0) } }
  }

  /// How to read all maps of what a report shows.
  package static func reading(of report: PictureReport) -> Phrase {
    guard report.differenceKey != nil else { return report.mapsReading }
    return
      "\(report.mapsReading) In a difference purple says that the number of the network that is named first is larger, green that it is smaller."
  }

  /// The legends of what networks report of themselves; nil where none reports it.
  package init?(_ reported: ReportedQuantity, _ report: PictureReport) {
    let values = report.entries.map { reported.values(of: $0.record) }
    guard values.contains(where: { $0 != nil }) else { return nil }
    let joints = report.skeleton.count
    func key(_ numbers: [Double], _ title: Phrase, share: Double = 1) -> ColourKey {
      var key = ColourKey(
        scale: Scale(covering: numbers, share: share, minRange: reported.leastRange), colours: .viridis,
        title: title)
      key.hasMisses = report.hasMisses
      return key
    }
    let all = values.compactMap(\.self)
    let means = report.entries.compactMap { entry in
      PairedMapsPage.means(reported.tensor(of: entry.record), times: reported.factor)
    }.flatMap(\.self)
    let mean = key(means, reported.meanTitle)
    let joint = key(
      all.flatMap(\.self), reported.title("\(reported.name) of the joint"), share: MapStyle.cappedShare)
    keys = values.map { $0 == nil ? nil : (mean, Array(repeating: joint, count: joints)) }
    (name, title) = (reported.rawValue, reported.name)
    barTitle = joint.title
    reading = report.reading(of: reported)
    (unit, format) = (reported.unit, reported.format)
    rangeFormat = reported == .uncertainty ? .whole : reported.format
    let obstacles: [Phrase?] = zip(report.entries, values).map { entry, values in
      values == nil ? "\(name: entry.label) reports no \(reported.rawValue)." : nil
    }
    self.obstacles = obstacles
    differences = Self.pairs(report.entries).map { entry, other in
      guard let own = values[entry.index], let others = values[other.index] else {
        return Difference(
          entry: entry.index, other: other.index, keys: nil, reversedTitle: "",
          obstacle: obstacles[entry.index] ?? obstacles[other.index])
      }
      return report.difference(
        entry, minus: other, own, others, scale: nil, unit: reported.unit, minRange: reported.leastRange)
    }
  }
}

extension PictureReport {
  /// The legends of one network's maps minus those of another, of numbers `[positions, joints]`.
  ///
  /// - Parameter scale: that of the mean map; nil for its own.
  fileprivate func difference(
    _ entry: Entry, minus other: Entry, _ own: [Double], _ others: [Double], scale: Scale?, unit: String,
    minRange: Double = 1
  ) -> QuantityLegends.Difference {
    func title(_ a: Entry, _ b: Entry) -> Phrase {
      difference(of: a, minus: b) + Phrase(unit.isEmpty ? "" : ", \(unit)")
    }
    guard entry.record.hasPositions(of: other.record) else {
      return .init(
        entry: entry.index, other: other.index, keys: nil, reversedTitle: "",
        obstacle: Phrase(ExplorerWords.noDifference))
    }
    func key(_ scale: Scale) -> ColourKey {
      var key = ColourKey(scale: scale, colours: .difference, title: title(entry, other))
      key.hasMisses = hasMisses
      return key
    }
    let joints = zip(own, others).map { $0 - $1 }
    let means = stride(from: 0, to: joints.count, by: skeleton.count).map { start in
      joints[start..<start + skeleton.count].reduce(0, +) / Double(skeleton.count)
    }
    return .init(
      entry: entry.index, other: other.index,
      keys: (
        key(scale ?? Scale(covering: means, isDifference: true, minRange: minRange)),
        key(
          Scale(covering: joints, isDifference: true, share: MapStyle.cappedShare, minRange: minRange))
      ), reversedTitle: title(other, entry), obstacle: nil)
  }

  /// What a colour of a map of reported numbers says.
  fileprivate func reading(of reported: ReportedQuantity) -> Phrase {
    var text =
      "The colour at a pixel is the mean \(reported.rawValue) over the joints that the network reports with the "
      + "\(colouredOccluder) centred there."
    if hasMisses { text += " Hatched: nobody was found there." }
    if entries.contains(where: { $0.bodyMask != nil }) { text += " The line is the outline of the body." }
    return Phrase(text)
  }
}
