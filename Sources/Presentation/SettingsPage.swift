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
    sections =
      Self.sweeps(reports)
      + [Self.networks(reports), Self.pictures(reports), Self.commands(reports)]
      .compactMap(\.self)
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
    if settings.tolerance != nil {
      let seed = settings.seed ?? notes.seed
      lines.append(("Seed", "\(seed); chooses the positions where interpolation is checked"))
    }
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
    let records = reports.flatMap { $0.entries.map(\.record) }
    // What did the arithmetic is said once where it is the same for all.
    let isOneMachine = Set(records.map { [$0.notes.kernels, $0.notes.processor] }).count == 1
    for entry in reports.flatMap(\.entries) {
      let (model, summary) = (entry.record.settings.model, RecordSummary(entry.record))
      guard seen.insert("\(entry.label) \(model.fingerprint) \(summary.sizes)").inserted else { continue }
      section.lines.append(
        (Phrase(name: entry.label), "\(model.kind), \(entry.record.settings.frame.side)-pixel crop"))
      let notes = entry.record.notes
      let machine = isOneMachine ? [] : [notes.kernels, notes.processor]
      let facts = [summary.sizes, summary.sampling, summary.arithmetic] + machine
      section.lines.append(("", "\(name: model.name)  \(model.fingerprint)"))
      section.lines += facts.compactMap(\.self).map { ("", Phrase($0)) }
    }
    if isOneMachine, let kernels = records[0].notes.kernels {
      section.lines.append(("Instructions", Phrase(kernels)))
    }
    if isOneMachine, let processor = records[0].notes.processor {
      section.lines.append(("Processor", Phrase(processor)))
    }
    return section
  }

  private static func pictures(_ reports: [PictureReport]) -> Section {
    var section = Section(title: "Pictures", lines: [])
    var seen: Set<String> = []
    for report in reports {
      let settings = report.settings
      // Networks of pictures see the middle frame alone.
      let clips = report.entries.compactMap(\.record.settings.clip).reduce(into: [RecordSettings.Clip]()) {
        if !$0.contains($1) { $0.append($1) }
      }
      let box = settings.box.map { "box \(numbers($0))" } ?? "no box"
      let truth = settings.truth
      let key = "\(settings.picture) \(clips) \(box) \(truth?.fingerprint ?? "")"
      guard seen.insert(key).inserted else { continue }
      section.lines.append(
        (
          Phrase(name: settings.picture.name),
          "\(box), crop method \(settings.crop)  \(settings.picture.fingerprint)"
        ))
      for clip in clips {
        section.lines.append(
          ("", "middle of the clip \(name: clip.source.name), \(clip.sizes)  \(clip.source.fingerprint)"))
      }
      section.lines.append(
        ("", truth.map { "ground truth \(name: $0.name)  \($0.fingerprint)" } ?? "no ground truth"))
    }
    return section
  }

  /// The commands that made the records, each once; nil where none is known.
  private static func commands(_ reports: [PictureReport]) -> Section? {
    var section = Section(title: "Commands", lines: [])
    var seen: Set<String> = []
    for report in reports {
      for command in report.entries.compactMap(\.record.notes.command) where seen.insert(command).inserted {
        section.lines.append((Phrase(name: report.name), "\(name: command)"))
      }
    }
    // One command made all records.
    if section.lines.count == 1, reports.count > 1 { section.lines[0].name = "all pictures" }
    return section.lines.isEmpty ? nil : section
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
      list.append(
        (
          "Difference",
          "\(isPair ? "The second" : "A") network's mean map minus the first's. Positive, purple, where "
            + "\(isPair ? "the second" : "that") network's number is larger."
        ))
    }
    let rootNotes = rootNotes(reports)
    if reports.contains(where: \.hasTruth) {
      define(Glossary.mpjpe, Glossary.mpjpe.meaning.prefix { $0 != ";" } + "." + rootNotes)
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
            + Glossary.displacement.clause.prefix { $0 != ";" } + "." + rootNotes)
    }
    addOptional(of: entries, to: &list)
    define(Glossary.worstPosition)
    define(Glossary.worstPositions)
    return list
  }

  /// That the root counts in means over joints, for every skeleton whose root is a joint.
  private static func rootNotes(_ reports: [PictureReport]) -> String {
    var seen: Set<String> = []
    return reports.map(\.skeleton).filter { seen.insert($0.name).inserted }.compactMap(rootNote).joined()
  }

  /// How much the root, which is always 0, lowers the mean over a skeleton's joints; nil where it is no joint.
  static func rootNote(_ skeleton: Skeleton) -> String? {
    guard skeleton.rootIndex != nil, skeleton.count > 1 else { return nil }
    let factor = NumberFormat.thousandths(Double(skeleton.count) / Double(skeleton.count - 1))
    return
      " The \(skeleton.rootTitle) of \(skeleton.name) is always 0 and counts: over the other \(skeleton.count - 1) joints "
      + "the mean is \(factor) times as large."
  }

  /// What only some records have.
  private static func addOptional(
    of entries: [PictureReport.Entry], to list: inout [(String, String)]
  ) {
    let records = entries.map(\.record)
    let (masks, inside) = (
      entries.compactMap(\.findings.maskOf),
      "Positions at which the patch's centre is inside the silhouette of "
    )
    if masks.contains(.groundTruth) { list.append((Glossary.onTheBody.title, inside + "the true body.")) }
    if masks.contains(.cleanPrediction) {
      // Of several pictures the first network may be another.
      let networks = Set(entries.compactMap(\.findings.maskNetwork))
      let whose = networks.count == 1 ? networks.first! : "the first network"
      list.append(
        (
          Glossary.onThePredictedBody.title,
          inside + "\(whose)'s clean prediction"
            + (Set(entries.map(\.label)).count > 1 ? ", the same for all networks of a picture." : ".")
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
    if records.contains(where: { $0.context.cleanSurface != nil }) {
      list.append((Glossary.skin.title, Glossary.skin.meaning))
    }
  }

  private static func shape(_ shape: Occlusion.Shape) -> String {
    shape == .square ? "square" : RecordSummary.word(for: shape)
  }
}
