import Bodies
import Models
import Records
import Tensors

/// A sweep as a film: the occluder goes over the crop, the networks' predictions move, and the maps fill.
///
/// A film is at most twenty seconds long; of many positions every k-th is shown, and the maps fill with all of them.
public struct FilmPage: Sendable {
  /// What is written above one network.
  public struct Network: Sendable {
    /// The network's name.
    public let title: Phrase
    /// The network's colour.
    public let colour: Colour
    /// The network's place in the report.
    public let entry: Int
  }

  /// One network at a moment of the film.
  public struct Moment: Sendable {
    /// The occluder.
    public let occluder: OccluderMark
    /// The prediction; nil where the record has no joints.
    public let pose: PosePanel?
    /// What the network's mean is with the occluder there.
    public let value: String
    /// The mean map, then those of the chosen joints, without numbers where the occluder has not been.
    public let maps: [PositionMap]
  }

  /// The headline, and the line below it.
  public let heading: Heading
  /// The networks.
  public let networks: [Network]
  /// What is written above the maps.
  public let mapTitles: [String]
  /// What the colours of the mean map, and those of joints, stand for.
  public let meanKey: ColourKey, jointKey: ColourKey?
  /// How much of the picture shows through maps, 0…1.
  public let overlay: Double
  /// Whether the networks' pictures are shown, with the occluder and, where known, the prediction.
  public let hasPictures: Bool
  /// How many frames are shown in a second.
  public let framesPerSecond: Int
  /// How many frames there are; the last one stays for a while.
  public let frameCount: Int

  private let report: PictureReport
  private let joints: [Int]
  private let maps: [[PositionMap]]
  /// The frames in which the occluder moves.
  private let moves: Int

  /// The longest film, and how long its end stays.
  private static let (seconds, secondsOfEnd) = (20, 2)

  /// A film of one picture.
  ///
  /// - Parameters:
  ///   - joints: joints whose maps are shown below the mean map, by their places in the skeleton.
  ///   - framesPerSecond: fewer for files that keep every frame whole.
  public init(
    _ report: PictureReport, joints: [Int] = [], framesPerSecond rate: Int = 25
  ) {
    (self.report, self.joints) = (report, joints)
    maps = report.entries.map { entry in
      [report.meanMap(entry)] + joints.map { report.jointMap(entry, $0) }
    }
    let positions = report.entries.map(\.record.positions.count).max()!
    // Few positions are shown one by one, slowly enough to follow.
    framesPerSecond = positions <= 150 ? min(8, rate) : rate
    moves = min(positions, framesPerSecond * (Self.seconds - Self.secondsOfEnd))
    frameCount = moves + framesPerSecond * Self.secondsOfEnd
    networks = report.entries.map {
      Network(title: Phrase(name: $0.label), colour: $0.colour, entry: $0.index)
    }
    heading = Heading(
      PictureReport.title(report.networks, occluder: report.occluder, hasTruth: report.hasTruth),
      "\(name: report.name): \(report.sizes)")
    mapTitles = ["mean over joints"] + joints.map { report.skeleton.titles[$0].lowercased() }
    // A film has room for one bar, whatever maps share a scale on paper.
    meanKey = report.meanKey(report.scale(covering: report.meanValues), of: report.entries)
    var jointKey =
      joints.isEmpty
      ? nil
      : ColourKey(
        scale: report.scale(covering: report.jointValues, share: MapStyle.cappedShare),
        colours: report.colours, title: report.legend("\(report.shown.name) of the joint"))
    jointKey?.hasMisses = report.hasMisses
    self.jointKey = jointKey
    overlay = report.style.overlay
    hasPictures = report.entries.contains { $0.crop != nil || $0.record.results.joints != nil }
  }

  /// How much of the sweep is done at a frame, in words.
  public func progress(at frame: Int) -> String {
    let count = report.entries[0].record.positions.count
    return "\(position(at: frame, of: count) + 1) of \(count) positions"
  }

  /// Every network at a frame, from 0.
  public func moments(at frame: Int) -> [Moment] {
    let format = NumberFormat(decimals: 0, isSigned: report.shown.isSigned)
    return report.entries.map { entry in
      let record = entry.record
      let position = position(at: frame, of: record.positions.count)
      let maps = maps[entry.index].map { map in
        map.with(map.values.enumerated().map { $0 <= position ? $1 : .nan })
          .missing(at: map.misses.enumerated().map { $0 <= position && $1 })
      }
      return Moment(
        occluder: report.mark(entry, at: position), pose: pose(entry, at: position),
        value: entry.misses[position]
          ? ColourKey.missed : "\(format(self.maps[entry.index][0].values[position])) mm", maps: maps)
    }
  }

  /// The position at a frame: as far through the sweep as the frame is through the film.
  private func position(at frame: Int, of count: Int) -> Int {
    min((frame + 1) * count / moves, count) - 1
  }

  private func pose(_ entry: PictureReport.Entry, at position: Int) -> PosePanel? {
    let surface = report.body(entry, at: position)
    let skeletons = surface == nil ? Skeletons(entry) : nil
    guard surface != nil || skeletons != nil else { return nil }
    let isFrontView = skeletons?.isFrontView ?? false
    if entry.misses[position] {
      return PosePanel(
        Phrase(name: entry.label), entry.colour, crop: isFrontView || entry.crop == nil ? nil : entry.index,
        note: ColourKey.missed)
    }
    return PosePanel(
      Phrase(name: entry.label), entry.colour, crop: isFrontView || entry.crop == nil ? nil : entry.index,
      note: isFrontView ? PictureReport.frontView : nil, surface: surface,
      skeletons: skeletons.map { [$0.prediction(at: position)] } ?? [])
  }
}

extension PictureReport {
  /// The body that a network predicts at a position; nil where it predicts none, or none can be posed.
  fileprivate func body(_ entry: Entry, at position: Int) -> BodySurface? {
    let results = entry.record.results
    guard let predicted = results.body, let camera = results.camera else { return nil }
    let rows = position..<position + 1
    return BodySurface(
      body, rotations: predicted.rotations.rows(rows), betas: predicted.betas.rows(rows),
      camera: WeakPerspectiveCamera(camera, at: position), paleFrom: entry.colour)
  }
}
