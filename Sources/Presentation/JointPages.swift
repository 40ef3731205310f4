import Bodies
import Models
package import Records

/// The map of every joint of one network.
public struct JointGridPage: Sendable {
  /// One joint.
  public struct Cell: Sendable {
    /// The joint's name.
    public let title: String
    /// "hidden", where the unoccluded image does not show the joint.
    public let isHidden: String?
    /// Minimum and maximum.
    public let range: String
    /// The error in the unoccluded image, where maps compare with it.
    public let clean: String?
    /// The numbers.
    public let map: PositionMap
    /// What their colours stand for.
    public let key: ColourKey
  }

  /// The headline.
  public let heading: Heading
  /// The network.
  public let entry: Int
  /// The picture, where the record has it.
  public let picture: PosePanel?
  /// The joints, in the skeleton's order, without a root that is 0 by definition.
  public let cells: [Cell]
  /// What the colours of all joints stand for; nil where each has its own scale.
  public let key: ColourKey?
  /// The columns that the style asks for; nil for as many as fit.
  public let columns: Int?
  /// What a figure that stands alone has above its maps; nil for nothing.
  public let title: Phrase?
  /// What else a reader needs.
  public let notes: [String]

  /// The maps of one network of a report.
  public init(_ report: PictureReport, _ entry: PictureReport.Entry) {
    let quantity = report.shown
    let scale =
      switch report.style.scale {
      case .joint: "every joint has its own scale"
      case .network: "one scale for all joints"
      case .picture: "one scale for all joints" + (report.entries.count > 1 ? " and networks" : "")
      case .report: "one scale for all joints, networks and pictures"
      case .range(let low, let high):
        "the scale is \(NumberFormat.tick(low)) to \(NumberFormat.tick(high)) mm"
      }
    heading = Heading(
      "\(name: entry.label): \(quantity.name) of every joint",
      "\(name: report.name): \(quantity.name) of the joint\(quantity.reference), with the \(report.occluder) centred at "
        + "a pixel; \(scale).")
    self.entry = entry.index
    picture = entry.crop == nil || report.style.isPublished ? nil : PosePanel("Picture", crop: entry.index)
    let joints = report.mappedJoints
    cells = joints.map { joint in
      let (finding, map) = (entry.findings.joints[joint], report.jointMap(entry, joint))
      return Cell(
        title: Skeleton.title(of: finding.joint),
        isHidden: finding.visibility.flatMap { $0 == .visible ? nil : "hidden" },
        range: NumberFormat.range(
          map, between: quantity.isSigned ? " to " : "–", isSigned: quantity.isSigned, unit: "",
          maximum: entry.maximum),
        clean: entry.clean.map { "clean \(NumberFormat.whole($0[joint]))" }, map: map,
        key: report.jointKey(entry, joint))
    }
    key = report.style.scale == .joint ? nil : cells.first?.key
    columns = report.style.columns
    title = report.style.isPublished ? report.publishedTitle(entry) : nil
    notes = Self.notes(report, entry, cells)
  }

  private static func notes(
    _ report: PictureReport, _ entry: PictureReport.Entry, _ cells: [Cell]
  ) -> [String] {
    var notes = [
      "Above each map: minimum and maximum over all positions"
        + (cells.contains { $0.clean != nil } ? ", and the clean error, mm." : ", mm."),
      "Left and right are the person's.",
    ]
    if report.style.scale == .joint {
      notes.append("The bar below each map goes from its minimum to its maximum.")
    }
    if entry.maximum == .lowerLimit { notes.append("≥ is at least: the sweep is interpolated.") }
    if let note = cells.first?.key.note, report.style.scale != .joint { notes.append("\(note).") }
    if report.shown.isSigned {
      notes.append("Red: the error rises with the \(report.occluder). Teal: it falls.")
    }
    if report.hasMisses { notes.append("Hatched: nobody was found.") }
    if cells.contains(where: { $0.isHidden != nil }) {
      notes.append("Hidden: the unoccluded image does not show the joint.")
    }
    if cells.count < report.skeleton.count {
      notes.append(
        "The \(report.skeleton.rootTitle) is not shown: poses are aligned at it, so it is always 0.")
    }
    return notes
  }
}

/// The numbers of every joint as bars, network beside network, and the poses that they are about.
public struct JointBarsPage: Sendable {
  /// One network's numbers, one for every joint, millimetres.
  public struct Series: Sendable {
    /// The network's colour.
    public let colour: Colour
    /// The mean over positions, and the maximum.
    public let mean: [Double], worst: [Double]
    /// The error in the unoccluded image; none without ground truth, where it would be zero.
    public let clean: [Double]?

    /// Numbers of a network.
    public init(colour: Colour, mean: [Double], worst: [Double], clean: [Double]?) {
      (self.colour, self.mean, self.worst, self.clean) = (colour, mean, worst, clean)
    }
  }

  /// The headline.
  public let heading: Heading
  /// The networks.
  public let legend: [LegendEntry]
  /// What bars, lines and ticks are.
  public let key: String
  /// The joints.
  public let rows: [String]
  /// The networks' numbers.
  public let series: [Series]
  /// What the axis shows, and its range, which is the same for all joints and networks of the report.
  public let title: String, scale: Scale
  /// The clean predictions with the ground truth, where there are such.
  public let poses: [PosePanel]
  /// The colours of the poses.
  public let poseLegend: [LegendEntry]
  /// What else a reader needs.
  public let note: String?

  /// What the marks of a bar chart are.
  public static func key(hasClean: Bool, isLowerLimit: Bool = false) -> String {
    "bar: mean over positions  ·  line: to the worst position"
      + (isLowerLimit ? ", at least, of an adaptive sweep" : "") + (hasClean ? "  ·  black tick: clean" : "")
  }

  /// The page on some networks of a report.
  public init(_ report: PictureReport, _ entries: [PictureReport.Entry]) {
    let hasTruth = report.hasTruth
    let alignment =
      report.skeleton.root == ["pelvis"] || report.skeleton.origin == "pelvis" ? "pelvis" : "root"
    heading = Heading(
      hasTruth ? "Error of each joint" : "Displacement of each joint",
      "\(name: report.name): every joint over all positions of the \(report.occluder), millimetres, after "
        + "\(alignment) alignment" + (hasTruth ? "." : "; displacements from the clean prediction."))
    legend = entries.map { LegendEntry($0.colour, Phrase(name: $0.label)) }
    key = Self.key(
      hasClean: hasTruth, isLowerLimit: entries.contains { $0.maximum == .lowerLimit })
    // A root at which poses are aligned has an error of 0 by definition.
    let shown = report.skeleton.joints.indices.filter { $0 != report.skeleton.rootIndex }
    rows = shown.map { report.entries[0].findings.joints[$0] }.map { finding in
      let isHidden = finding.visibility.map { $0 != .visible } ?? false
      return Skeleton.title(of: finding.joint) + (isHidden ? " (hidden)" : "")
    }
    series = entries.map { entry in
      let joints = shown.map { entry.findings.joints[$0] }
      return Series(
        colour: entry.colour, mean: joints.map { Double($0.meanMillimetres) },
        worst: joints.map { Double($0.worstMillimetres) },
        clean: hasTruth ? joints.map { Double($0.cleanMillimetres) } : nil)
    }
    title = hasTruth ? "error, mm" : "displacement from the clean prediction, mm"
    scale = Scale(
      covering: [0]
        + report.entries.flatMap(\.findings.joints).flatMap { joint in
          [Double(joint.worstMillimetres)] + (hasTruth ? [Double(joint.cleanMillimetres)] : [])
        })
    poses = entries.compactMap { report.cleanSkeletons($0, "\(name: $0.label), clean") }
    // Of many networks every pose has the name above it.
    poseLegend =
      (hasTruth ? [LegendEntry(.truth, "ground truth")] : [])
      + (entries.count > 2 ? [] : entries.map { LegendEntry($0.colour, Phrase(name: $0.label)) })
    let hasCamera = Skeletons.truthCamera(of: report.entries[0].record) != nil
    let isOverPicture = poses.contains { $0.crop != nil }
    note =
      hasTruth && !hasCamera && isOverPicture
      ? "The ground truth has no camera: its \(alignment == "pelvis" ? "pelvis" : "root") is placed at the "
        + "prediction's." : nil
  }
}

/// The positions where the occluder does most harm, and what the network then predicts.
public struct WorstPositionsPage: Sendable {
  /// One network.
  public struct Row: Sendable {
    /// The mean map.
    public let map: MapPanel
    /// The occluder at the worst positions, the worst first.
    public let marks: [OccluderMark]
    /// The prediction at each of them; none where the record has neither joints nor picture.
    public let panels: [PosePanel]
  }

  /// The headline.
  public let heading: Heading
  /// The networks.
  public let rows: [Row]
  /// The colours of the skeletons.
  public let legend: [LegendEntry]

  /// The page on some networks of a report; nil where there is nothing to show but maps.
  public init?(_ report: PictureReport, _ entries: [PictureReport.Entry]) {
    let hasTruth = report.hasTruth
    let found = entries.filter {
      (Skeletons($0) != nil || $0.crop != nil) && !$0.findings.worstPositions.isEmpty
    }
    guard !found.isEmpty else { return nil }
    let count = found.map(\.findings.worstPositions.count).max() ?? 0
    heading = Heading(
      "Worst positions of the \(report.occluder)",
      "\(name: report.name): what each network predicts with the \(report.occluder) at the maxima of the mean "
        + "\(report.quantity)"
        + (found.contains { $0.maximum == .lowerLimit }
          ? ", at least of the positions that an adaptive sweep has computed" : "")
        + (count > 1 ? "; the \(count == 2 ? "two" : "three") \(report.occluders) do not overlap." : "."))
    rows = found.map { report.worstRow($0) }
    let drawn = found.filter { Skeletons($0) != nil }
    legend =
      drawn.isEmpty
      ? []
      : [hasTruth ? LegendEntry(.truth, "ground truth") : LegendEntry(.clean, "clean prediction")]
        + drawn.map { LegendEntry($0.colour, "\(name: $0.label), with the \(report.occluder)") }
  }
}

extension PictureReport {
  /// The number at a worst position, beside the clean one where there is ground truth.
  package func worstText(_ entry: Entry, _ finding: Findings.WorstPosition) -> String {
    let distance = NumberFormat.whole(finding.distance.millimetres) + " mm"
    return hasTruth
      ? "\(distance), clean \(NumberFormat.whole(entry.findings.clean.millimetres)) mm" : distance
  }

  fileprivate func worstRow(_ entry: Entry) -> WorstPositionsPage.Row {
    let positions = entry.record.worstPositions()
    let skeletons = Skeletons(entry)
    let panels = zip(positions, entry.findings.worstPositions).enumerated().map { order, item in
      let (position, finding) = item
      let reference =
        hasTruth ? skeletons?.truth(beside: position) : skeletons?.clean(in: .clean)
      let isFrontView = skeletons?.isFrontView == true
      return PosePanel(
        "\(order + 1)",
        detail: worstText(entry, finding), crop: isFrontView ? nil : entry.index,
        note: isFrontView ? Self.frontView : nil,
        skeletons: [reference, skeletons?.prediction(at: position)].compactMap(\.self),
        occluder: isFrontView ? nil : mark(entry, at: position))
    }
    return .init(map: meanPanel(entry), marks: positions.map { mark(entry, at: $0) }, panels: panels)
  }
}
