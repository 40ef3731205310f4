import Bodies
import Models
public import Pictures
import Records
public import Tensors

/// The headline of a page, and the line that explains it.
public struct Heading: Sendable, Hashable {
  /// The headline.
  public let title: Phrase
  /// One line.
  public let explanation: Phrase

  /// A headline with its explanation.
  public init(_ title: Phrase, _ explanation: Phrase) {
    (self.title, self.explanation) = (title, explanation)
  }

  /// The heading of one of several pages.
  public func part(_ index: Int, of count: Int) -> Heading {
    count < 2 ? self : Heading("\(title) (\(index + 1) of \(count))", explanation)
  }
}

/// A map with what is written above it.
public struct MapPanel: Sendable {
  /// The map's name.
  public let title: Phrase
  /// The colour of the name.
  public let colour: Colour
  /// Minimum and maximum, with the unit.
  public let range: String
  /// The error without the occluder, where the map compares with one: "clean 98 mm".
  public let clean: String?
  /// The numbers.
  public let map: PositionMap
  /// What their colours stand for.
  public let key: ColourKey
  /// The network whose crop lies beneath.
  public let entry: Int
}

extension [MapPanel] {
  /// The legend of all maps; nil where each has its own.
  public var commonKey: ColourKey? {
    guard let key = first?.key, allSatisfy({ $0.key == key }) else { return nil }
    return key
  }
}

/// A crop, or a plain ground, with skeletons or a body over it.
public struct PosePanel: Sendable {
  /// What is written above, at the left.
  public let title: Phrase
  /// The colour of the title.
  public let colour: Colour
  /// What is written above, at the right.
  public let detail: String
  /// The network whose crop lies beneath; nil for a plain ground.
  public let crop: Int?
  /// What is written inside, at the bottom.
  public let note: String?
  /// The body; nil where skeletons stand in for it.
  public let surface: BodySurface?
  /// The skeletons, the last one on top.
  public let skeletons: [SkeletonOverlay]
  /// The occluder; nil without one.
  public let occluder: OccluderMark?

  init(
    _ title: Phrase, _ colour: Colour = .ink, detail: String = "", crop: Int?, note: String? = nil,
    surface: BodySurface? = nil, skeletons: [SkeletonOverlay] = [], occluder: OccluderMark? = nil
  ) {
    (self.title, self.colour, self.detail, self.crop) = (title, colour, detail, crop)
    (self.note, self.surface, self.skeletons, self.occluder) = (note, surface, skeletons, occluder)
  }
}

/// The occluder at one position, as shares of the crop's side.
public struct OccluderMark: Sendable {
  /// The upper left corner, and the extent.
  public let x: Double, y: Double, width: Double, height: Double
  /// The colour that it has in the picture, where it is one.
  public let colour: Colour
  /// Whether it is a disc in that rectangle.
  public let isDisc: Bool
  /// What it shows of that instead of a colour: the whole crop as it would be filled.
  public let filling: Picture?
  /// How much of every pixel of that rectangle it covers, `[height, width]`; nil covers all.
  public let coverage: Tensor?
  /// The lines around what it covers, as shares of that rectangle; empty for rectangles and discs.
  public let outline: [[SIMD2<Double>]]
}

extension PictureReport {
  /// The occluder of a network at a position.
  func mark(_ entry: Entry, at position: Int) -> OccluderMark {
    let settings = entry.record.settings
    let window = entry.record.positions[position]
    let unit = 1 / Double(settings.frame.side)
    // A disc keeps its shape where the border cuts it.
    let isDisc = settings.occlusion.shape == .disc
    let coverage = entry.record.context.occluderCoverage
    let extent = settings.occlusion.extent(in: settings.frame)
    let (y, x) =
      isDisc || coverage != nil
      ? (Double(window.y.start), Double(window.x.start))
      : (Double(window.y.pixels.lowerBound), Double(window.x.pixels.lowerBound))
    let (height, width) =
      isDisc || coverage != nil
      ? (Double(extent.height), Double(extent.width))
      : (Double(window.y.pixels.count), Double(window.x.pixels.count))
    return OccluderMark(
      x: x * unit, y: y * unit, width: width * unit, height: height * unit,
      colour: settings.occlusion.colour ?? .muted, isDisc: isDisc, filling: entry.filling,
      coverage: coverage, outline: entry.outline)
  }

  /// A map under its title.
  func panel(
    _ title: Phrase, _ colour: Colour, _ map: PositionMap, _ key: ColourKey, clean: Double? = nil,
    _ entry: Entry, isDifference: Bool = false
  ) -> MapPanel {
    let isLimit = maximaCaveat != nil && (isDifference || entry.maximum == .lowerLimit)
    let maximum: Maximum = !isLimit ? .exact : isDifference ? .approximate : .lowerLimit
    // Where both are written, the unit after the clean error is that of both: narrow maps have little room.
    let unit = maximum == .lowerLimit && clean != nil ? "" : " mm"
    return MapPanel(
      title: title, colour: colour,
      range: NumberFormat.range(map, isSigned: key.colours.isSigned, unit: unit, maximum: maximum),
      clean: clean.map { "clean \(NumberFormat.whole($0)) mm" }, map: map, key: key, entry: entry.index)
  }

  /// A network's mean map under its name.
  public func meanPanel(_ entry: Entry, _ title: Phrase? = nil, _ key: ColourKey? = nil) -> MapPanel {
    panel(
      title ?? "\(name: entry.label): mean \(shown.name)", entry.colour, meanMap(entry),
      key ?? meanKey(entry),
      clean: cleanMean(entry), entry)
  }

  /// A joint's map under the network's name and that of the joint.
  public func jointPanel(_ entry: Entry, _ joint: Int) -> MapPanel {
    jointPanel(entry, joint, "\(name: entry.label), \(skeleton.titles[joint].lowercased())", entry.colour)
  }

  /// A joint's map under a title.
  func jointPanel(_ entry: Entry, _ joint: Int, _ title: Phrase, _ colour: Colour = .ink) -> MapPanel {
    panel(
      title, colour, jointMap(entry, joint), jointKey(entry, joint), clean: entry.clean.map { $0[joint] },
      entry)
  }

  /// A network's mean map minus that of the first; nil where there is none.
  public func differencePanel(_ entry: Entry, isNarrow: Bool, _ key: ColourKey?) -> MapPanel? {
    guard let key, let map = differenceMap(entry) else { return nil }
    return panel(
      isNarrow ? "minus \(name: entries[0].label)" : difference(of: entry), .ink, map, key, entries[0],
      isDifference: true)
  }

  /// "attention minus gap".
  func difference(of entry: Entry) -> Phrase { difference(of: entry, minus: entries[0]) }

  /// "attention minus gap", of any two networks.
  func difference(of entry: Entry, minus other: Entry) -> Phrase {
    "\(name: entry.label) minus \(name: other.label)"
  }

  // MARK: Poses

  /// A network's clean prediction as skeletons, with the ground truth; nil where the record has no joints.
  func cleanSkeletons(_ entry: Entry, _ title: Phrase, detail: String = "") -> PosePanel? {
    Skeletons(entry).map { skeletons in
      let overlays = [skeletons.truth(beside: nil), skeletons.clean(in: entry.colour)].compactMap(\.self)
      return PosePanel(
        title, entry.colour, detail: detail, crop: skeletons.isFrontView ? nil : entry.index,
        note: skeletons.isFrontView ? Self.frontView : nil, skeletons: overlays)
    }
  }

  static let frontView = "front view"
}
