import Bodies
import Models
import Records

extension PictureReport {
  /// "patch", "disc" or "rectangle".
  var occluder: String { RecordSummary.word(for: settings.occlusion.shape) }
  /// The occluder with its colour, "gray patch".
  var colouredOccluder: String { "\(settings.occlusion.fill.name) \(occluder)" }

  /// What raises the error, or moves the prediction, of whom.
  static func title(_ networks: Phrase, occluder: String, hasTruth: Bool) -> Phrase {
    hasTruth ? "Where a \(occluder) raises the error of \(networks)" : "Where a \(occluder) moves \(networks)"
  }
}

/// The page that stands for a picture alone: picture, ground truth, predictions, maps, numbers.
public struct PicturePage: Sendable {
  /// The headline of the whole page.
  public let heading: Heading
  /// The headline of a page of predictions and numbers alone, where there are too many networks for one page.
  public let predictionsHeading: Heading
  /// The picture; none where no record has it.
  public let picture: PosePanel?
  /// The ground truth and every network's clean prediction, where there are such.
  public let poses: [PosePanel]
  /// Every network's mean map.
  public let maps: [MapPanel]
  /// Every network's mean map minus that of the first, where there is one.
  public let differences: [MapPanel?]
  /// What the colours of maps and differences stand for.
  public let meanKey: ColourKey, differenceKey: ColourKey?
  /// The numbers.
  public let table: NumberTable
  /// How to read the maps.
  public let howToRead: Phrase

  /// The page on some of the networks of a report.
  public init(_ report: PictureReport, _ entries: [PictureReport.Entry], colours: Colormap) {
    let (hasTruth, name) = (report.hasTruth, report.name)
    let what =
      hasTruth
      ? "Errors are distances from the ground truth."
      : "There is no ground truth: all numbers are displacements from the clean prediction."
    heading = Heading(
      PictureReport.title(report.networks, occluder: report.occluder, hasTruth: hasTruth),
      "\(name: name): \(report.sizes). \(what)")
    predictionsHeading = Heading(
      hasTruth ? "Clean predictions and mean errors" : "Clean predictions and mean displacements",
      "\(name: name): what each network predicts from the unoccluded image, and means over joints with the "
        + "\(report.occluder). In brackets: minus \(name: report.entries[0].label).")
    picture = entries.first { $0.crop != nil }.map { PosePanel("Picture", crop: $0.index) }
    poses = [report.truthPanel()].compactMap(\.self) + entries.compactMap(report.cleanPanel)
    // Columns of many networks are narrow; the legend names what they have in common.
    let isNarrow = report.entries.count > 2
    maps = entries.map { entry in
      isNarrow
        ? report.panel(Phrase(name: entry.label), entry.colour, report.meanMap(entry), entry)
        : report.meanPanel(entry)
    }
    differences = entries.map { report.differencePanel($0, isNarrow: isNarrow) }
    meanKey = report.meanKey(report.meanScale, colours)
    differenceKey = report.differenceKey
    table = report.headlines(entries)
    howToRead = report.howToRead
  }
}

extension PictureReport {
  /// What the colours of difference maps stand for; nil where there are none.
  var differenceKey: ColourKey? {
    let maps = entries.compactMap(differenceMap)
    guard !maps.isEmpty else { return nil }
    return ColourKey(
      scale: Scale(covering: maps.flatMap(\.values), isDifference: true), colours: .difference,
      title: "difference of the maps, mm")
  }

  fileprivate var howToRead: Phrase {
    let what =
      hasTruth ? "mean error over the joints" : "mean displacement of the joints from the clean prediction"
    let text: Phrase =
      "How to read the maps: the value at a pixel is the \(what) with the \(colouredOccluder) centred there. Dark "
        + "regions do not matter to the network; bright ones do."
    guard entries.count > 1 else { return text }
    let scales: Phrase = "\(text) \(entries.count == 2 ? "Both" : "All") maps share one scale in millimetres."
    guard differenceKey != nil else { return scales }
    let larger = hasTruth ? "with the larger error" : "that moved more"
    guard entries.count > 2 else {
      return "\(scales) In the difference map a pixel has the colour of the network \(larger) with the "
        + "\(occluder) there."
    }
    return "\(scales) A difference map is a network's map minus that of \(name: entries[0].label): "
      + "\(hasTruth ? "its error is larger" : "it moved more") where the map is blue."
  }

  /// The ground truth, as a body or as a skeleton; nil without one, or without a camera to see it through.
  fileprivate func truthPanel() -> PosePanel? {
    guard hasTruth else { return nil }
    let entry = entries[0]
    if let body = truthBody() { return PosePanel("Ground truth", .truth, crop: entry.index, surface: body) }
    guard let skeletons = Skeletons(entry), let truth = skeletons.truth(beside: nil) else { return nil }
    return PosePanel(
      "Ground truth", .truth, crop: skeletons.isFrontView ? nil : entry.index,
      note: skeletons.isFrontView ? Self.frontView : nil, skeletons: [truth])
  }

  /// A network's clean prediction, as a body or as a skeleton; nil where the record has neither.
  fileprivate func cleanPanel(_ entry: Entry) -> PosePanel? {
    let error: Phrase =
      hasTruth ? " · \(NumberFormat.whole(entry.findings.clean.millimetres)) mm" : ""
    let title: Phrase = "\(name: entry.label), clean\(error)"
    if let body = cleanBody(entry) { return PosePanel(title, entry.colour, crop: entry.index, surface: body) }
    guard let skeletons = Skeletons(entry) else { return nil }
    return PosePanel(
      title, entry.colour, crop: skeletons.isFrontView ? nil : entry.index,
      note: skeletons.isFrontView ? Self.frontView : nil, skeletons: [skeletons.clean(in: entry.colour)])
  }
}

/// The first page of a report on several pictures: a row for each.
public struct OverviewPage: Sendable {
  /// One picture.
  public struct Row: Sendable {
    /// The picture with the skeletons of ground truth and clean predictions.
    public let picture: PosePanel
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
  /// What the colours of maps and differences stand for.
  public let meanKey: ColourKey, differenceKey: ColourKey?
  /// How to read the maps.
  public let howToRead: Phrase

  /// The page on several reports; of each the networks from the second on that `others` says, beside the first.
  public init(_ reports: [PictureReport], others: Range<Int>, colours: Colormap) {
    let hasTruth = reports.allSatisfy(\.hasTruth)
    let labels = reports.flatMap(\.entries).reduce(into: [String]()) { labels, entry in
      if !labels.contains(entry.label) { labels.append(entry.label) }
    }
    let occluders = Set(reports.map(\.occluder))
    let occluder = occluders.count == 1 ? reports[0].occluder : "occluder"
    let pictures = Set(reports.map(\.settings.picture)).count
    let sizes = Set(reports.map(\.sizes))
    heading = Heading(
      PictureReport.title(
        Phrase.list(labels, limit: 3, of: "networks"), occluder: occluder, hasTruth: hasTruth),
      "\(pictures) picture\(pictures == 1 ? "" : "s"), "
        + "\(sizes.count == 1 ? reports[0].sizes : "\(sizes.count) settings")."
        + (hasTruth ? "" : " Without ground truth, numbers are displacements from the clean prediction."))
    let scale = Scale(
      covering: reports.flatMap { report in report.entries.flatMap { report.meanMap($0).values } })
    let differences = reports.flatMap { report in report.entries.compactMap { report.differenceMap($0) } }
    let pairs = Set(
      reports.flatMap { report in
        report.entries.filter { report.differenceMap($0) != nil }.map(report.difference)
      })
    meanKey = ColourKey(
      scale: scale, colours: colours,
      title: hasTruth
        ? "mean error over joints, mm"
        : reports.contains(where: \.hasTruth)
          ? "mean error over joints, or mean displacement, mm"
          : "mean displacement from the clean prediction, mm")
    differenceKey =
      differences.isEmpty
      ? nil
      : ColourKey(
        scale: Scale(covering: differences.flatMap(\.values), isDifference: true), colours: .difference,
        title: pairs.count == 1 ? "\(pairs.first!), mm" : "network minus the first, mm")
    let more =
      pairs.isEmpty
      ? ""
      : pairs.count == 1
        ? " In the difference a pixel has the colour of the network that is worse there."
        : " A difference is blue where the network is worse than the first."
    let coloured = Set(reports.map(\.colouredOccluder))
    howToRead =
      "The value at a pixel is the mean \(hasTruth ? "error over the joints" : "displacement of the joints") with a "
      + "\(coloured.count == 1 ? reports[0].colouredOccluder : occluder) centred there: dark regions do not matter to the network, bright ones do.\(more)"
    rows = reports.enumerated().map { $1.overviewRow($0, others: others) }
  }
}

extension PictureReport {
  fileprivate func overviewRow(_ index: Int, others: Range<Int>) -> OverviewPage.Row {
    let shown = entries.filter { $0.index == 0 || others.contains($0.index) }
    let drawn = shown.compactMap { entry in Skeletons(entry).map { (entry, $0) } }.filter { !$1.isFrontView }
    let truth = drawn.first?.1.truth(beside: nil)
    let crop = shown.first { $0.crop != nil }?.index
    var table = headlines(shown)
    table.rows = Array(table.rows.prefix(hasTruth ? 6 : 5))
    return OverviewPage.Row(
      picture: PosePanel(
        Phrase(name: stem), detail: truth == nil ? "" : "ground truth", crop: crop,
        skeletons: (truth.map { [$0] } ?? []) + drawn.map { $1.clean(in: $0.colour) }),
      maps: shown.map { entry in panel(Phrase(name: entry.label), entry.colour, meanMap(entry), entry) },
      differences: shown.map { entry in
        entries.count == 2
          ? differenceMap(entry).map { panel("difference", .ink, $0, entry) }
          : differencePanel(entry, isNarrow: true)
      }, table: table, shortTable: shortTable(shown), report: index)
  }

  /// A row for every network: the means that matter most.
  private func shortTable(_ entries: [Entry]) -> NumberTable {
    let columns = (hasTruth ? ["clean"] : []) + ["mean", "worst"]
    return NumberTable(
      columns: columns.map { NumberTable.Column(Phrase($0), .muted) },
      rows: entries.map { entry in
        let found = entry.findings
        let values = (hasTruth ? [found.clean] : []) + [found.mean, found.worst]
        return .init(Phrase(name: entry.label), values.map { NumberFormat.tenths($0.millimetres) })
      })
  }
}
