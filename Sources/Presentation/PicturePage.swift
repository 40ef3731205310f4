import Bodies
import Models
import Records

extension PictureReport {
  /// "patch", "disc" or "rectangle".
  package var occluder: String { RecordSummary.word(for: settings.occlusion.shape) }
  /// Several of them.
  var occluders: String { occluder == "patch" ? "patches" : occluder + "s" }
  /// The occluder with its colour, "gray patch".
  var colouredOccluder: String { "\(settings.occlusion.fill.name) \(occluder)" }

  /// The picture, occluder and positions, and what numbers are.
  package var explanation: Phrase {
    let what =
      hasTruth
      ? "Errors are distances from the ground truth."
      : "There is no ground truth: all numbers are displacements from the clean prediction."
    return "\(name: name): \(sizes). \(what)"
  }

  /// What raises the error, or moves the prediction, of whom.
  static func title(_ networks: Phrase, occluder: String, hasTruth: Bool) -> Phrase {
    let one = "\(occluder.hasPrefix("o") ? "an" : "a") \(occluder)"
    return hasTruth ? "Where \(one) raises the error of \(networks)" : "Where \(one) moves \(networks)"
  }

  /// The same of several reports.
  package static func title(of reports: [PictureReport]) -> Phrase {
    let labels = reports.flatMap(\.entries).reduce(into: [String]()) { labels, entry in
      if !labels.contains(entry.label) { labels.append(entry.label) }
    }
    let occluders = Set(reports.map(\.occluder))
    return title(
      Phrase.list(labels, limit: 3, of: "networks"),
      occluder: occluders.count == 1 ? reports[0].occluder : "occluder",
      hasTruth: reports.allSatisfy(\.hasTruth))
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
  /// What the colours of differences stand for.
  public let differenceKey: ColourKey?
  /// The numbers.
  public let table: NumberTable
  /// How to read the maps.
  public let howToRead: Phrase

  /// The page on some of the networks of a report.
  public init(_ report: PictureReport, _ entries: [PictureReport.Entry]) {
    let (hasTruth, name) = (report.hasTruth, report.name)
    heading = Heading(
      PictureReport.title(report.networks, occluder: report.occluder, hasTruth: hasTruth), report.explanation)
    predictionsHeading = Heading(
      hasTruth ? "Clean predictions and mean errors" : "Clean predictions and mean displacements",
      "\(name: name): what each network predicts from the unoccluded image, and means over joints with the "
        + "\(report.occluder). In brackets: minus \(name: report.entries[0].label)."
        + (report.maximaCaveat == nil ? "" : " ≥: at least, of an interpolated sweep."))
    picture = entries.first { $0.crop != nil }.map { PosePanel("Picture", crop: $0.index) }
    poses = [report.truthPanel()].compactMap(\.self) + entries.compactMap(report.cleanPanel)
    // Columns of many networks are narrow; the legend names what they have in common.
    let isNarrow = report.entries.count > 2
    maps = entries.map { report.meanPanel($0, isNarrow ? Phrase(name: $0.label) : nil) }
    let differenceKey = report.differenceKey
    differences = entries.map { report.differencePanel($0, isNarrow: isNarrow, differenceKey) }
    self.differenceKey = differenceKey
    table = report.headlines(entries)
    howToRead = report.howToRead
  }
}

extension PictureReport {
  /// How to read the maps of all networks and their differences.
  var howToRead: Phrase {
    let text: Phrase = "How to read the maps: \(mapsReading)"
    guard differenceKey != nil else { return text }
    return
      entries.count == 2
      ? "\(text) In the difference purple says that the number of \(name: entries[1].label) is larger, green that it is smaller."
      : "\(text) In a difference purple says that the network's number is larger than that of \(name: entries[0].label), green that it is smaller."
  }

  /// How to read the maps of all networks.
  var mapsReading: Phrase {
    var text = reading(colouredOccluder)
    if let maximaCaveat { text = "\(text) \(maximaCaveat)" }
    if entries.contains(where: \.record.isOverCommonJoints) {
      text =
        "\(text) Numbers are over the \(skeleton.count) joints that the networks' bodies share\(offsetCaveat)."
    }
    if entries.count > 1, style.scale != .network, style.scale != .joint {
      text = "\(text) \(entries.count == 2 ? "Both" : "All") networks share one scale."
    }
    return text
  }

  /// What ground truth means for bodies that define their joints apart.
  private var offsetCaveat: String {
    hasTruth
      ? ", which every body defines in its own way, by centimetres: read error increase and displacement before errors"
      : ""
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
