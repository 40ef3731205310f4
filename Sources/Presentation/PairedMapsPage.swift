import Bodies
import Evaluation
import Models
package import Records
import Tensors

/// What a network reports of itself, or where it found nobody, beside its map of errors: a row for each network.
public struct PairedMapsPage: Sendable {
  /// One network.
  public struct Network: Sendable {
    /// The maps, the errors first.
    public let panels: [MapPanel]
    /// Counts or correlations, a line each.
    public let lines: [String]
    /// Numbers of joints; nil without such.
    public let table: NumberTable?

    /// A network of its parts.
    public init(panels: [MapPanel], lines: [String], table: NumberTable?) {
      (self.panels, self.lines, self.table) = (panels, lines, table)
    }
  }

  /// The most networks on one page.
  public static let maxNetworks = 2
  /// The most joints in a table.
  private static let maxJoints = 23

  /// The headline.
  public let heading: Heading
  /// The networks.
  public let networks: [Network]
  /// What the colours of misses stand for, where that is not a scale.
  public let legend: [LegendEntry]
  /// How to read the maps.
  public let note: String

  // MARK: Where nobody was found

  /// The page on where some networks of a picture found nobody, without those that found somebody everywhere; nil where all did.
  public init?(missesIn report: PictureReport, _ entries: [PictureReport.Entry]) {
    let entries = entries.filter { $0.findings.missed > 0 }
    guard !entries.isEmpty else { return nil }
    heading = Heading(
      "Where nobody is found",
      "\(name: report.name): \(report.sizes). Errors are over the positions at which a network finds somebody."
    )
    let key = ColourKey(scale: Scale(from: 0, to: 1, of: [0, 1]), colours: .misses, title: "nobody found")
    networks = entries.map { entry in
      let map = report.meanMap(entry)
      let (found, missed) = (entry.findings, entry.findings.missed)
      let misses = MapPanel(
        title: "misses", colour: entry.colour,
        range: "\(missed) of \(found.positions) positions", clean: nil,
        map: map.with(entry.misses.map { $0 ? 1 : 0 }).missing(at: []), key: key, entry: entry.index)
      return Network(
        panels: [report.meanPanel(entry, Phrase(name: entry.label)), misses],
        lines: Self.missLines(found), table: nil)
    }
    legend = [
      LegendEntry(key.colour(of: 1), "nobody found"), LegendEntry(Colour.hairline, "somebody found"),
    ]
    note =
      "A network that finds nobody has no error there. Such positions count in no mean and no maximum, so a network that "
      + "misses people where they are hard to see may have smaller errors: read the misses beside them."
  }

  /// How often nobody was found, and where.
  package static func missLines(_ found: Findings) -> [String] {
    ["nobody found at \(percent(found.missedShare)) of the positions"] + regions(found)
  }

  /// How what a network reports of itself grows with its numbers; none where it reports nothing.
  package static func correlationLines(_ found: Findings) -> [String] {
    [
      found.uncertaintyCorrelation.map { "rank correlation with uncertainty: \(correlation($0))" },
      found.confidenceCorrelation.map { "rank correlation with confidence: \(correlation($0))" },
    ].compactMap(\.self)
  }

  private static func regions(_ found: Findings) -> [String] {
    guard let on = found.onBody, let off = found.offBody else { return [] }
    let words = BodyRegionWords([found], isOn: true).place,
      other = BodyRegionWords([found], isOn: false).place
    return [
      "\(words): \(on.missed) of \(on.positions)", "\(other): \(off.missed) of \(off.positions)",
    ]
  }

  /// The pages on where networks found nobody in the pictures of a set: the share of pictures at every position; none where
  /// they found somebody everywhere, or have no positions in common.
  static func misses(of sums: [DatasetSensitivity], dataset: String, _ maps: [MapPanel]) -> [PairedMapsPage] {
    guard sums.allSatisfy(\.hasMaps) else { return [] }
    let missing = zip(sums, maps).filter { $0.0.missedShare > 0 }
    guard !missing.isEmpty else { return [] }
    let shares = missing.map { $0.0.missMap.elements.map { Double($0) * 100 } }
    let key = ColourKey(
      scale: Scale(covering: [0] + shares.joined()), colours: .misses,
      title: "share of the pictures in which nobody was found, %")
    let networks = zip(missing, shares).map { pair, shares in
      let (sum, errors) = pair
      let map = errors.map.with(shares).missing(at: [])
      return Network(
        panels: [
          errors,
          MapPanel(
            title: "misses", colour: errors.colour,
            range: NumberFormat.range(map, unit: " %"), clean: nil, map: map, key: key, entry: errors.entry),
        ], lines: ["nobody found at \(percent(sum.missedShare)) of all positions and pictures"], table: nil)
    }
    let parts = stride(from: 0, to: networks.count, by: maxNetworks).map {
      Array(networks[$0..<min($0 + maxNetworks, networks.count)])
    }
    return parts.enumerated().map { index, networks in
      PairedMapsPage(
        heading: Heading(
          "Where nobody is found",
          "\(name: dataset): \(sums[0].count) pictures. Errors are over the pictures in which a network finds somebody."
        ).part(index, of: parts.count), networks: networks, legend: [],
        note:
          "Left: the mean over the pictures in which the network finds somebody with the occluder there; hatched where "
          + "it finds nobody in any. Right: the share of the pictures in which it finds nobody.")
    }
  }

  private init(heading: Heading, networks: [Network], legend: [LegendEntry], note: String) {
    (self.heading, self.networks, self.legend, self.note) = (heading, networks, legend, note)
  }

  private static func percent(_ share: Double) -> String { "\(NumberFormat.tenths(share * 100)) %" }

  // MARK: What networks report of themselves

  /// The page on the uncertainty and confidence that some networks of a picture report; nil where none does.
  public init?(uncertaintyIn report: PictureReport, _ entries: [PictureReport.Entry]) {
    let known = entries.filter {
      $0.record.measuredUncertainty != nil || $0.record.measuredConfidence != nil
    }
    guard !known.isEmpty else { return nil }
    func means(_ reported: ReportedQuantity) -> [[Double]?] {
      known.map { Self.means(reported.tensor(of: $0.record), times: reported.factor) }
    }
    func key(_ values: [[Double]?], _ reported: ReportedQuantity) -> ColourKey? {
      let all = values.compactMap(\.self).joined()
      guard !all.isEmpty else { return nil }
      var key = ColourKey(
        scale: Scale(covering: all, minRange: reported.leastRange), colours: .viridis,
        title: reported.meanTitle)
      key.hasMisses = report.hasMisses
      return key
    }
    let uncertainties = means(.uncertainty), confidences = means(.confidence)
    let uncertainty = key(uncertainties, .uncertainty), confidence = key(confidences, .confidence)
    func panel(
      _ entry: PictureReport.Entry, _ values: [Double]?, _ key: ColourKey?, _ what: String, _ unit: String,
      _ format: NumberFormat
    ) -> MapPanel? {
      guard let values, let key else { return nil }
      let map = report.map(values, entry)
      let range = map.low.map { "\(format($0)) to \(format(map.high!))\(unit)" } ?? ""
      return MapPanel(
        title: Phrase(what), colour: entry.colour, range: range, clean: nil, map: map,
        key: key, entry: entry.index)
    }
    networks = known.enumerated().map { index, entry in
      let reported = [
        uncertainty.flatMap { panel(entry, uncertainties[index], $0, "uncertainty", " mm", .whole) },
        confidence.flatMap {
          panel(entry, confidences[index], $0, "confidence", "", NumberFormat(decimals: 2))
        },
      ].compactMap(\.self)
      return Network(
        panels: [report.meanPanel(entry, Phrase(name: entry.label))] + reported,
        lines: Self.correlationLines(entry.findings), table: Self.table(entry, report))
    }
    let what =
      uncertainty == nil ? "confidence" : confidence == nil ? "uncertainty" : "uncertainty and confidence"
    heading = Heading(
      "Does a network know where it goes wrong?",
      "\(name: report.name): the \(what) that networks report, beside the mean \(report.shown.name); rank correlations "
        + "are over the positions.")
    legend = []
    note =
      "The rank correlation says how far error and \(what) grow together over the positions, from −1 to 1: near 1 the "
      + "network is uncertain where it errs"
      + (confidence == nil ? "." : ", and near −1 it is confident where it does not.")
  }

  private static func correlation(_ value: Double) -> String {
    NumberFormat(decimals: 2, isSigned: true)(value)
  }

  /// The rank correlation of joints' errors and uncertainties; nil where the network reports no uncertainty.
  private static func table(_ entry: PictureReport.Entry, _ report: PictureReport) -> NumberTable? {
    guard entry.record.measuredUncertainty != nil else { return nil }
    let all = report.mappedJoints
    let joints = all.count > maxJoints ? Array(report.jointsByMaximum(entry).prefix(maxJoints)) : all
    let title =
      joints.count < all.count
      ? "The \(joints.count) joints with the largest \(report.shown.name)" : "Joint by joint"
    return NumberTable(
      columns: [.init("rank corr.", .muted)],
      rows: [.init(Phrase(title), [])]
        + joints.map { joint in
          let found = entry.findings.joints[joint].uncertaintyCorrelation
          return .init(
            Phrase(report.skeleton.titles[joint]), [found.map(correlation) ?? NumberFormat.missing])
        })
  }

  /// The mean over the joints that have a number at every position; nil without numbers.
  static func means(_ values: Tensor?, times factor: Double) -> [Double]? {
    guard let values else { return nil }
    let joints = values.shape[1]
    return values.withElements { values in
      stride(from: 0, to: values.count, by: joints).map { start in
        let known = values[start..<start + joints].filter { !$0.isNaN }
        return factor * known.reduce(0.0) { $0 + Double($1) } / Double(known.count)
      }
    }
  }
}
