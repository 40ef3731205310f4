public import Bodies
import Foundation
import Models
public import Pictures
public import Records
public import Tensors

/// One picture under one occlusion, and what any number of networks made of it: what pages and tables show.
///
///     let reports = PictureReport.grouped(records, body: body)
///
/// Works for any skeleton, with or without a body, picture, camera or ground truth: what a record lacks is left out.
public struct PictureReport: Sendable {
  /// One network's sweep.
  public struct Entry: Sendable {
    /// What the user calls the network; the second of one name has a number.
    public let label: String
    /// What the sweep found.
    public let record: SweepRecord
    /// Its numbers.
    public let findings: Findings
    /// The colour that stands for the network on every page of the report.
    public let colour: Colour
    /// The crop in colour; none where the record has no picture.
    public let crop: Picture?
    /// What the occluder shows wherever it is in the crop; none where it is a colour of its own.
    public let filling: Picture?
    /// The lines around what an occluder of a mask covers, as shares of its extent.
    let outline: [[SIMD2<Double>]]
    /// The network's place among those of the picture.
    public let index: Int
    /// What its maps show, `[positions, joints]`, millimetres.
    package fileprivate(set) var values: [Double]
    /// The clean error of every joint that the maps compare with, millimetres; nil where they compare with none.
    fileprivate(set) var clean: [Double]?
    /// Where the crop shows the body by which positions are on it, `[side, side]`, 1 on it and 0 off it; none where that
    /// is not known.
    public let bodyMask: Tensor?
    /// Whether nobody was found at a position, one for every position.
    package let misses: [Bool]

    /// What the maxima of its maps are.
    package var maximum: Maximum { findings.worstIsLowerLimit ? .lowerLimit : .exact }
  }

  /// The networks, in the order in which they are given.
  public private(set) var entries: [Entry]
  /// Whether there are reports on the same picture with other settings.
  private(set) var isOneOfSeveral = false
  /// The body that poses what networks predict; without it skeletons are drawn.
  package let body: BodyModel?
  /// The picture's name without its ending.
  let pictureStem: String
  /// The same for files; other reports have other stems.
  public private(set) var stem: String
  /// How maps are drawn.
  public private(set) var style: MapStyle
  /// What the numbers of the maps are.
  public private(set) var shown: MapQuantity
  /// For every network the scale of its mean map, and that of its joints where they share one.
  var scales: [(mean: Scale, joint: Scale)] = []

  // MARK: Records of one picture

  /// Reports on complete records: one for every picture and settings, in the order of the records.
  ///
  /// - Parameters:
  ///   - body: the body that the records were made with; without it no surfaces are drawn.
  ///   - style: how maps are drawn; every record has the quantity that it asks for.
  public static func grouped(
    _ records: [SweepRecord], body: BodyModel? = nil, style: MapStyle = MapStyle()
  ) -> [PictureReport] {
    var groups: [[SweepRecord]] = []
    for record in records {
      let same = groups.firstIndex { $0.allSatisfy { isAlike($0.settings, record.settings) } }
      if let same { groups[same].append(record) } else { groups.append([record]) }
    }
    var colours = NetworkColours()
    var reports = groups.map { PictureReport($0, body: body, style: style, colours: &colours) }
    for index in reports.indices {
      let same = reports.filter { $0.settings.picture == reports[index].settings.picture }
      reports[index].isOneOfSeveral = Set(same.map(\.settings.fileNamePart)).count > 1
      if reports[index].isOneOfSeveral { reports[index].stem += "-" + reports[index].settings.fileNamePart }
    }
    for (index, stem) in reports.map(\.stem).distinct.enumerated() { reports[index].stem = stem }
    let alike = style.scale == .report && Set(reports.map(\.shown)).count == 1 ? reports : []
    for index in reports.indices { reports[index].scales = reports[index].scales(sharedWith: alike) }
    return reports
  }

  /// The reports with another quantity in their maps, as if they had been asked for with it; nil for one whose records
  /// lack it.
  package static func showing(_ quantity: MapQuantity, _ reports: [PictureReport]) -> [PictureReport?] {
    let changed = reports.map { $0.showing(quantity) }
    let known = changed.compactMap(\.self)
    let alike = known.first?.style.scale == .report ? known : []
    return changed.map { report in
      guard var report else { return nil }
      report.scales = report.scales(sharedWith: alike)
      return report
    }
  }

  private func showing(_ quantity: MapQuantity) -> PictureReport? {
    guard entries.allSatisfy({ quantity.obstacle(in: $0.record) == nil }) else { return nil }
    var report = self
    report.shown = quantity
    report.style.quantity = quantity
    // Ends that were given are those of the quantity that was asked for.
    if case .range = style.scale, quantity != shown { report.style.scale = .picture }
    for index in entries.indices {
      report.entries[index].values = quantity.values(of: entries[index].record) ?? []
      report.entries[index].clean = quantity.clean(of: entries[index].record)
    }
    return report
  }

  /// The report for a page that draws maps beside the picture, not over it.
  package var forPages: PictureReport {
    var report = self
    report.style.overlay = 0
    return report
  }

  /// Whether two records show the same picture under the same occlusion, measured alike.
  private static func isAlike(_ a: RecordSettings, _ b: RecordSettings) -> Bool {
    a.picture.withoutFolders == b.picture.withoutFolders && Comparison.obstacle(a, b) == nil
  }

  private init(
    _ records: [SweepRecord], body: BodyModel?, style: MapStyle, colours: inout NetworkColours
  ) {
    (self.body, self.style) = (body, style)
    let shown = style.quantity ?? .standard(hasTruth: records[0].settings.truth != nil)
    self.shown = shown
    pictureStem =
      URL(filePath: records[0].settings.picture.name).deletingPathExtension().lastPathComponent
    stem = pictureStem.asFileName
    colours.beginReport()
    let labels = records.map(\.settings.label).numbered
    let masks = BodyMask.shared(records)
    entries = records.enumerated().map { index, record in
      // Networks with the same frame see the same crop.
      let pixels =
        record.context.picture
        ?? records.first { $0.settings.frame == record.settings.frame && $0.context.picture != nil }?.context
        .picture
      return Entry(
        label: labels[index], record: record, findings: Findings(record, mask: masks[index]),
        colour: colours.colour(of: record.settings.model.label),
        crop: pixels.map(Picture.init), filling: record.context.fillPicture.map(Picture.init),
        outline: record.context.occluderCoverage.map(MaskOutline.shares) ?? [], index: index,
        values: shown.values(of: record)
          ?? Array(repeating: .nan, count: record.positions.count * record.measured.count),
        clean: shown.clean(of: record), bodyMask: masks[index]?.pixels(in: record.settings.frame),
        misses: record.misses)
    }
  }

  // MARK: What is the same for all networks

  /// The settings of the first network, for what all have in common.
  package var settings: RecordSettings { entries[0].record.settings }
  /// The digest of the picture's pixels.
  public var pictureFingerprint: String { settings.picture.fingerprint }
  /// The part of the picture that a network sees, in pixels of the picture.
  public func crop(of entry: Entry) -> (x: Double, y: Double, width: Double, height: Double) {
    let frame = entry.record.settings.frame
    return (frame.x, frame.y, frame.width, frame.height)
  }
  /// The picture's name.
  public var name: String { settings.picture.name }
  /// Whether numbers are errors, not displacements.
  public var hasTruth: Bool { settings.truth != nil }
  /// The joints that errors are measured over.
  public var skeleton: Skeleton { entries[0].record.measured }
  /// "error" or "displacement from the clean prediction".
  var quantity: String { settings.quantity }
  /// The same in a word, for narrow columns.
  var shortQuantity: String { hasTruth ? "error" : "displacement" }
  /// Occluder and positions, in a line.
  public var sizes: String {
    guard entries.count > 1 else { return RecordSummary(entries[0].record).sizes }
    return RecordSummary.sizes(
      settings.occlusion, settings.positions, in: entries.map(\.record.settings.frame))
      + RecordSummary.interpolation(entries.map(\.record))
  }
  /// What has to be said beside maxima; nil where every position of every network was computed.
  package var maximaCaveat: String? {
    RecordSummary.maximaCaveat(entries.contains { $0.maximum == .lowerLimit })
  }
  /// The networks' names for files.
  public var fileLabels: [String] {
    entries.map(\.record.settings.fileLabel.asFileName).distinct
  }

  /// The networks' names for a title.
  var networks: Phrase { Phrase.list(entries.map(\.label), limit: 3, of: "networks") }
}

extension PositionMap.Window {
  /// What the occluder covers at a position.
  init(_ window: Models.Window) {
    let (y, x) = (window.y.pixels, window.x.pixels)
    self.init(
      rows: Double(y.lowerBound)..<Double(y.upperBound), columns: Double(x.lowerBound)..<Double(x.upperBound))
  }
}

/// The same network has the same colour in every report.
private struct NetworkColours {
  private var known: [String: Int] = [:]
  private var seen: [String: Int] = [:]

  mutating func beginReport() { seen = [:] }

  mutating func colour(of label: String) -> Colour {
    // Several networks of one label in one report are told apart.
    let number = seen[label, default: 0]
    seen[label] = number + 1
    let key = "\(number) \(label)"
    let index = known[key] ?? known.count
    known[key] = index
    return .network(index)
  }
}

extension [String] {
  /// The names as people read them, none of them twice: the second of one name is "name (2)".
  public var numbered: [String] {
    var seen: [String: Int] = [:]
    return map { name in
      seen[name, default: 0] += 1
      return seen[name] == 1 ? name : "\(name) (\(seen[name]!))"
    }
  }

  /// The names, none of them twice: the second of one name gets `-2`, and so on.
  public var distinct: [String] {
    var used = Set(self), seen: Set<String> = []
    return map { name in
      guard !seen.insert(name).inserted else { return name }
      var number = 2
      while !used.insert("\(name)-\(number)").inserted { number += 1 }
      return "\(name)-\(number)"
    }
  }
}

extension Picture {
  /// The picture that a record contains.
  init(_ pixels: RecordContext.Pixels) {
    self.init(width: pixels.side, height: pixels.side, pixels: pixels.bytes)
  }
}
