import Bodies
import Foundation
import Models
import Records

/// The last page: what was run on what, and what the words mean.
public struct SettingsPage: Sendable {
  /// Lines under a heading.
  public struct Section: Sendable {
    /// The heading.
    public let title: Phrase
    /// Names and values; a line without a name goes on with what the one before it is about.
    public var lines: [(name: Phrase, value: Phrase)]
  }

  /// The headline.
  public let heading: Heading
  /// What was run.
  public let sections: [Section]
  /// What words mean.
  public let definitions: [(term: String, meaning: String)]

  init(heading: Heading, sections: [Section], definitions: [(term: String, meaning: String)]) {
    (self.heading, self.sections, self.definitions) = (heading, sections, definitions)
  }

  /// The page on all reports of a document.
  public init(_ reports: [PictureReport]) {
    heading = Heading(
      "Settings and definitions", "Everything needed to make this report again, and what its words mean.")
    sections = Self.sweeps(reports) + [Self.networks(reports), Self.pictures(reports)]
    definitions = Self.definitions(reports)
  }

  // MARK: Settings

  /// A section for all settings that differ, one for most reports.
  private static func sweeps(_ reports: [PictureReport]) -> [Section] {
    var seen: [(occlusion: Occlusion, positions: PositionRule)] = []
    var distinct: [PictureReport] = []
    for report in reports {
      let (occlusion, positions) = (report.settings.occlusion, report.settings.positions)
      guard !seen.contains(where: { $0.occlusion == occlusion && $0.positions == positions }) else {
        continue
      }
      seen.append((occlusion, positions))
      distinct.append(report)
    }
    return distinct.map { report in
      Section(
        title: distinct.count == 1 ? "Sweep" : "Sweep \(report.settings.fileNamePart)",
        lines: lines(report, of: reports))
    }
  }

  private static func lines(_ report: PictureReport, of reports: [PictureReport]) -> [(Phrase, Phrase)] {
    let (settings, notes) = (report.settings, report.entries[0].record.notes)
    let positions = settings.positions
    var lines: [(Phrase, Phrase)] = [("Occluder", "\(occluder(settings.occlusion))")]
    if let list = positions.list {
      lines.append(("Positions", "\(list.count) given in the picture"))
    } else {
      lines.append(("Stride", "\(positions.stride) of 224 pixels, \(positions.kind.rawValue) grid"))
    }
    if let region = positions.region { lines.append(("Region", "\(numbers(region)) of the picture")) }
    lines.append(("Joints", "\(settings.measured), \(report.skeleton.count) joints"))
    lines.append(
      (
        "Reference",
        reports.allSatisfy(\.hasTruth)
          ? "the ground truth"
          : reports.contains(where: \.hasTruth)
            ? "the ground truth, where there is one; else the clean prediction"
            : "the clean prediction (no ground truth)"
      ))
    if let body = report.entries.lazy.compactMap(\.record.settings.body).first {
      lines.append(("Body", "\(name: body.name)  \(body.fingerprint)"))
    }
    let seed = settings.seed ?? notes.seed
    lines.append(
      (
        "Seed",
        settings.tolerance == nil
          ? "\(seed); not used by this sweep"
          : "\(seed); chooses the positions where interpolation is checked"
      ))
    lines.append(("Penumbra", "\(notes.penumbra)"))
    return lines
  }

  private static func occluder(_ occlusion: Occlusion) -> String {
    let shape = occlusion.shape == .square ? "" : "\(occlusion.shape.name), "
    let fill =
      if case .value(let value) = occlusion.fill {
        "fill \(value) in normalised colours"
      } else { "fill \(occlusion.fill.name)" }
    return "\(shape)\(occlusion.size) of 224 pixels, \(fill)"
  }

  private static func networks(_ reports: [PictureReport]) -> Section {
    var section = Section(title: "Networks", lines: [])
    var seen: Set<String> = []
    for entry in reports.flatMap(\.entries) {
      let (model, summary) = (entry.record.settings.model, RecordSummary(entry.record))
      guard seen.insert("\(entry.label) \(model.fingerprint) \(summary.sizes)").inserted else { continue }
      section.lines.append(
        (Phrase(name: entry.label), "\(model.kind), \(entry.record.settings.frame.side)-pixel crop"))
      let notes = [summary.sizes, summary.sampling, summary.arithmetic, entry.record.notes.kernels]
      section.lines.append(("", "\(name: model.name)  \(model.fingerprint)"))
      section.lines += notes.compactMap(\.self).map { ("", Phrase($0)) }
    }
    return section
  }

  private static func pictures(_ reports: [PictureReport]) -> Section {
    var section = Section(title: "Pictures", lines: [])
    var seen: Set<String> = []
    for settings in reports.map(\.settings) {
      let box = settings.box.map { "box \(numbers($0))" } ?? "no box"
      let truth = settings.truth
      let key = "\(settings.picture) \(box) \(truth?.fingerprint ?? "")"
      guard seen.insert(key).inserted else { continue }
      section.lines.append(
        (
          Phrase(name: settings.picture.name),
          "\(box), crop method \(settings.crop)  \(settings.picture.fingerprint)"
        ))
      section.lines.append(
        ("", truth.map { "ground truth \(name: $0.name)  \($0.fingerprint)" } ?? "no ground truth"))
    }
    return section
  }

  private static func numbers(_ values: [Double]) -> String {
    values.map { $0.formatted(.number.grouping(.never).locale(Locale(identifier: "en_US_POSIX"))) }
      .joined(separator: ",")
  }

  // MARK: Definitions

  private static func definitions(_ reports: [PictureReport]) -> [(String, String)] {
    let entries = reports.flatMap(\.entries)
    let records = entries.map(\.record)
    var list: [(String, String)] = []
    func define(_ definition: Definition, _ meaning: String? = nil, as term: String? = nil) {
      list.append((term ?? definition.title, meaning ?? definition.meaning))
    }
    let isAdaptive = records.contains { $0.settings.tolerance != nil }
    define(
      Glossary.heatmap,
      isAdaptive
        ? Glossary.heatmap.meaning("; positions that were not computed are interpolated.") : nil)
    let occlusions = Set(records.map(\.settings.occlusion))
    let shapes = Set(occlusions.map(\.shape))
    list.append(
      (
        shapes == [.square] ? "Patch" : "Occluder",
        "A \(shapes.count == 1 ? shape(shapes.first!) : "shape") of one colour over the crop. Sizes are in pixels of a "
          + "224-pixel crop and are scaled to the network's own."
      ))
    define(Glossary.meanMap)
    if reports.contains(where: { $0.entries.count > 1 }) {
      let isPair = reports.allSatisfy { $0.entries.count < 3 }
      let outcome = reports.allSatisfy(\.hasTruth) ? "is worse" : "moves more"
      list.append(
        (
          "Difference",
          "\(isPair ? "The second" : "A") network's mean map minus the first's. Positive where "
            + "\(isPair ? "the second" : "that") network \(outcome)."
        ))
    }
    if reports.contains(where: \.hasTruth) {
      define(Glossary.mpjpe)
      if records.contains(where: { $0.results.alignedError != nil }) {
        define(
          Glossary.paMPJPE,
          Glossary.paMPJPE.meaning(": \(Glossary.procrustesAlignment.clause)"))
      }
      define(Glossary.errorIncrease, as: "Error increase")
    }
    if !reports.allSatisfy(\.hasTruth) {
      define(
        Glossary.displacement,
        reports.contains(where: \.hasTruth)
          ? nil
          : "There is no ground truth. Every number is a displacement: "
            + Glossary.displacement.clause.prefix { $0 != ";" } + ".")
    }
    addOptional(of: records, to: &list)
    define(Glossary.worstPositions)
    return list
  }

  /// What only some records have.
  private static func addOptional(of records: [SweepRecord], to list: inout [(String, String)]) {
    if records.contains(where: { $0.context.bodyMask != nil }) {
      let isTrue = records.allSatisfy { $0.notes.maskOf == .groundTruth }
      list.append(
        (
          Glossary.onTheBody.title,
          "Positions at which the patch's centre is on the body as the crop shows it: inside the silhouette of the "
            + (isTrue ? "true body." : "network's own clean prediction.")
        ))
    }
    if records.contains(where: { $0.notes.visibility != nil }) {
      list.append(("Hidden joint", Glossary.hiddenJoint.meaning))
    }
    if records.contains(where: { $0.context.cleanAttention != nil }) {
      list.append(
        (
          Glossary.attention.title,
          "\(Glossary.attention.meaning) A pooled network has none: it weighs all cells alike."
        ))
    }
  }

  private static func shape(_ shape: Occlusion.Shape) -> String {
    shape == .square ? "square" : RecordSummary.word(for: shape)
  }
}
