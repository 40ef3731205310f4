import Bodies
import Records

/// A figure that stands alone: a map with title and legend, or a body over its crop.
public struct Figure: Sendable {
  /// What it shows.
  public enum Content: Sendable {
    /// A map under its title.
    case map(MapPanel, ColourKey)
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
  public func figures(colours: Colormap) -> [Figure] {
    let words: Phrase = hasTruth ? "error" : "displacement from the clean prediction"
    let mean = ColourKey(scale: meanScale, colours: colours, title: "\(words), mm")
    let joints = ColourKey(scale: jointScale, colours: colours, title: "\(words), mm")
    let labels = entries.map(\.label).distinct
    var figures: [Figure] = []
    for (entry, label) in zip(entries, labels) {
      let name = "\(stem)-\(label)"
      let title: Phrase = "\(name: entry.label), mean over joints"
      figures.append(
        Figure(name: "\(name)-mean", content: .map(panel(title, .ink, meanMap(entry), entry), mean)))
      for (joint, jointName) in skeleton.joints.enumerated() {
        let title: Phrase = "\(name: entry.label), \(skeleton.titles[joint].lowercased())"
        figures.append(
          Figure(
            name: "\(name)-\(jointName)",
            content: .map(panel(title, .ink, jointMap(entry, joint), entry), joints)))
      }
      if entry.crop != nil, let body = cleanBody(entry) {
        figures.append(Figure(name: "\(name)-body", content: .body(body, entry: entry.index)))
      }
    }
    for (entry, label) in zip(entries, labels).dropFirst() {
      guard let map = differenceMap(entry) else { continue }
      let key = ColourKey(
        scale: differenceKey?.scale ?? Scale(covering: map.values, isDifference: true), colours: .difference,
        title: "difference of \(words), mm")
      figures.append(
        Figure(
          name: entries.count == 2 ? "\(stem)-difference" : "\(stem)-\(label)-difference",
          content: .map(panel("\(difference(of: entry)), mean over joints", .ink, map, entry), key)))
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
