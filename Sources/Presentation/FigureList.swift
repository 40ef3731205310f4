import Bodies
import Records

/// A figure that stands alone: a map with title and legend, or a body over its crop.
public struct Figure: Sendable {
  /// What it shows.
  public enum Content: Sendable {
    /// A map under its title.
    case map(MapPanel)
    /// A body over the crop, and from its right.
    case body(BodySurface, entry: Int)
  }

  /// The stem of its file name.
  public let name: String
  /// What it shows.
  public let content: Content
}

extension PictureReport {
  /// The figures that stand alone: `person-gap-mean`, `person-gap-left_knee`, `person-gap-body`, `person-difference`.
  public func figures() -> [Figure] {
    let labels = fileLabels
    let joints = skeleton.joints.map(\.asFileName).distinct
    var figures: [Figure] = []
    for (entry, label) in zip(entries, labels) {
      let name = "\(stem)-\(label)"
      figures.append(
        Figure(
          name: "\(name)-mean", content: .map(meanPanel(entry, "\(name: entry.label), mean over joints"))))
      for joint in mappedJoints {
        figures.append(
          Figure(name: "\(name)-\(joints[joint])", content: .map(jointPanel(entry, joint))))
      }
      if entry.crop != nil, let body = cleanBody(entry) {
        figures.append(Figure(name: "\(name)-body", content: .body(body, entry: entry.index)))
      }
    }
    let differenceKey = differenceKey
    for (entry, label) in zip(entries, labels).dropFirst() {
      guard let panel = differencePanel(entry, isNarrow: false, differenceKey) else { continue }
      figures.append(
        Figure(
          name: entries.count == 2 ? "\(stem)-difference" : "\(stem)-\(label)-difference",
          content: .map(panel)))
    }
    return figures
  }
}

/// What a whole report is about: the line at the foot of its pages.
public struct ReportFoot: Sendable {
  /// The line.
  public let text: Phrase

  /// The foot of a report on pictures.
  public init(_ reports: [PictureReport]) {
    let moved = "displacements from the clean prediction"
    let known = reports.count(where: \.hasTruth)
    let quantity =
      known == reports.count ? "errors" : known == 0 ? moved : "errors, without ground truth \(moved),"
    let names = reports.map(\.name).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    let shown = names.prefix(3).enumerated().reduce(Phrase("")) {
      $0 + Phrase($1.offset == 0 ? "" : ", ") + Phrase(name: $1.element)
    }
    let more = names.count > 3 ? " and \(names.count - 3) more" : ""
    text =
      "Penumbra \(reports[0].entries[0].record.notes.penumbra)  ·  \(shown)\(more)  ·  \(quantity) in millimetres"
  }
}
