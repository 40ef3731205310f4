import Models
import Records

/// The first page of a report on several pictures: a row for each.
public struct OverviewPage: Sendable {
  /// One picture.
  public struct Row: Sendable {
    /// The picture with the skeletons of ground truth and clean predictions.
    public let picture: PosePanel
    /// Which settings the row is of, where several of one picture are shown.
    public let settings: String?
    /// Every network's mean map.
    public let maps: [MapPanel]
    /// Mean maps minus that of the first network, where there are such.
    public let differences: [MapPanel?]
    /// The numbers of one or two networks.
    public let table: NumberTable
    /// The numbers of more networks, a row for each.
    public let shortTable: NumberTable
    /// The report that the row is about.
    public let report: Int
  }

  /// The headline.
  public let heading: Heading
  /// The pictures.
  public let rows: [Row]
  /// The number of networks in the row that has most.
  public let networks: Int
  /// What the colours of maps stand for: a legend for every quantity that is shown, mostly one.
  public let meanKeys: [ColourKey]
  /// What the colours of differences stand for.
  public let differenceKey: ColourKey?
  /// How to read the maps.
  public let howToRead: Phrase

  /// The page on several reports; of each the networks from the second on that `others` says, beside the first.
  public init(_ reports: [PictureReport], others: Range<Int>) {
    let hasTruth = reports.allSatisfy(\.hasTruth)
    let occluders = Set(reports.map(\.occluder))
    let occluder = occluders.count == 1 ? reports[0].occluder : "occluder"
    let pictures = Set(reports.map(\.settings.picture)).count
    let sizes = Set(reports.map(\.sizes))
    heading = Heading(
      PictureReport.title(of: reports),
      "\(pictures) picture\(pictures == 1 ? "" : "s"), "
        + "\(sizes.count == 1 ? reports[0].sizes : "\(sizes.count) settings")."
        + (hasTruth ? "" : " Without ground truth, numbers are displacements from the clean prediction."))
    let differences = reports.flatMap { report in report.entries.compactMap { report.differenceMap($0) } }
    let pairs = Set(
      reports.flatMap { report in
        report.entries.filter { report.differenceMap($0) != nil }.map(report.difference)
      })
    let keys = Dictionary(grouping: reports, by: \.shown).mapValues { alike in
      var key = alike[0].meanKey(alike[0].scale(covering: alike.flatMap(\.meanValues)), of: [])
      key.hasMisses = alike.contains(where: \.hasMisses)
      return key
    }
    meanKeys = MapQuantity.allCases.compactMap { keys[$0] }
    var differenceKey =
      differences.isEmpty
      ? nil
      : ColourKey(
        scale: Scale(covering: differences.flatMap(\.values), isDifference: true), colours: .difference,
        title: pairs.count == 1 ? "\(pairs.first!), mm" : "network minus the first, mm")
    differenceKey?.hasMisses = differences.contains { !$0.misses.isEmpty }
    self.differenceKey = differenceKey
    let coloured = Set(reports.map(\.colouredOccluder))
    let gray = coloured.count == 1 ? reports[0].colouredOccluder : occluder
    let key = differenceKey
    let readings = MapQuantity.allCases.compactMap { quantity in reports.first { $0.shown == quantity } }
    howToRead =
      readings.dropFirst().reduce(readings[0].reading(gray)) { $0 + " " + $1.reading(gray) }
      + (pairs.isEmpty ? "" : " " + Self.differences(pairs))
      + Phrase(reports.lazy.compactMap(\.maximaCaveat).first.map { " " + $0 } ?? "")
    rows = reports.enumerated().map { index, report in
      report.overviewRow(index, others: others, keys[report.shown]!, key)
    }
    networks = rows.map(\.maps.count).max() ?? 0
  }

  private static func differences(_ pairs: Set<Phrase>) -> Phrase {
    pairs.count == 1
      ? "In the difference purple says that the number of the second network is larger, green that it is smaller."
      : "In a difference purple says that the network's number is larger than the first's, green that it is smaller."
  }
}

extension PictureReport {
  fileprivate func overviewRow(
    _ index: Int, others: Range<Int>, _ key: ColourKey, _ differenceKey: ColourKey?
  ) -> OverviewPage.Row {
    let shown = entries.filter { $0.index == 0 || others.contains($0.index) }
    let drawn = shown.compactMap { entry in Skeletons(entry).map { (entry, $0) } }.filter { !$1.isFrontView }
    let truth = drawn.first?.1.truth(beside: nil)
    let crop = shown.first { $0.crop != nil }?.index
    var table = headlines(shown)
    table.rows = Array(table.rows.prefix((hasTruth ? 6 : 5) + (hasMisses ? 1 : 0)))
    return OverviewPage.Row(
      picture: PosePanel(
        Phrase(name: pictureStem), detail: truth == nil ? "" : "ground truth", crop: crop,
        skeletons: (truth.map { [$0] } ?? []) + drawn.map { $1.clean(in: $0.colour) }),
      settings: isOneOfSeveral ? settings.fileNamePart : nil,
      maps: shown.map { meanPanel($0, Phrase(name: $0.label), key) },
      // Two networks have one difference, and of five or more each is below its network.
      differences: shown.map {
        differencePanel($0, isNarrow: ![3, 4].contains(shown.count), differenceKey)
      }, table: table,
      shortTable: shortTable(shown), report: index)
  }

  /// A row for every network: the means that matter most.
  private func shortTable(_ entries: [Entry]) -> NumberTable {
    let columns = (hasTruth ? ["clean"] : []) + ["mean", "worst"]
    return NumberTable(
      columns: columns.map { NumberTable.Column(Phrase($0), .muted) },
      rows: entries.map { entry in
        let found = entry.findings
        let values = ((hasTruth ? [found.clean] : []) + [found.mean]).map {
          NumberFormat.tenths($0.millimetres)
        }
        return .init(
          Phrase(name: entry.label),
          values + [entry.maximum.sign + NumberFormat.tenths(found.worst.millimetres)])
      })
  }
}
