import Bodies
import Foundation
package import Models
public import Records

/// What a record is of and how it was made, in short texts for tables, pages and `penumbra inspect`.
public struct RecordSummary: Sendable {
  /// A named fact.
  public struct Fact: Sendable, Equatable, Encodable {
    /// What it is about.
    public let name: String
    /// What is known of it.
    public let value: String

    /// A fact of the given words.
    public init(name: String, value: String) { (self.name, self.value) = (name, value) }
  }

  private let record: SweepRecord
  private var settings: RecordSettings { record.settings }
  private var notes: RecordNotes { record.notes }

  /// The summary of a record.
  public init(_ record: SweepRecord) { self.record = record }

  /// Occluder and positions on this network's crop: "patch 17 pixels, stride 7 of a 96-pixel crop (40 and 16 of a
  /// 224-pixel crop), centred grid".
  public var sizes: String {
    Self.sizes(settings.occlusion, settings.positions, in: [settings.frame]) + Self.interpolation([record])
  }

  /// What adaptive sweeps add to the sizes: to which tolerance, and that their maxima are lower limits; else empty.
  static func interpolation(_ records: [SweepRecord]) -> String {
    interpolation(records.map(\.settings), isLowerLimit: records.contains(where: \.hasLowerLimits))
  }

  /// The same of sweeps by their settings.
  static func interpolation(_ settings: [RecordSettings], isLowerLimit: Bool) -> String {
    let tolerances = Set(settings.compactMap(\.tolerance)).sorted()
    guard !tolerances.isEmpty else { return "" }
    let some = settings.contains { $0.tolerance == nil } ? "partly " : ""
    let limit = isLowerLimit ? ", maxima are lower limits" : ""
    return ", \(some)interpolated to \(tolerances.map(Self.plain).joined(separator: " and ")) mm\(limit)"
  }

  /// What has to be said beside maxima of adaptive sweeps; nil where there are none.
  static func maximaCaveat(_ isLowerLimit: Bool) -> String? {
    isLowerLimit
      ? "≥ is at least: of an adaptive sweep not every position is computed, and the true maximum may be larger."
      : nil
  }

  /// How the arithmetic was done, and how far that is from the plain way; nil for the plain way.
  public var arithmetic: String? {
    guard let convolutions = notes.convolutions, convolutions != "direct" else { return nil }
    let measured = notes.deviation.map {
      String(
        format: "; joints differ from direct ones by %.4f mm on average, %.4f mm at most, at %d positions",
        $0.meanMillimetres, $0.maximumMillimetres, $0.positions)
    }
    return "convolutions: \(convolutions)\(measured ?? "")"
  }

  /// Which positions were computed; nil where all were.
  public var sampling: String? {
    guard let tolerance = settings.tolerance else { return nil }
    guard let found = notes.interpolation else { return "adaptive, tolerance \(Self.plain(tolerance)) mm" }
    let counts = String(
      format: "adaptive, tolerance %g mm: %d of %d positions computed, the others interpolated", tolerance,
      found.computed, record.positions.count)
    guard let mean = found.meanMillimetres, let uncertainty = found.standardErrorMillimetres,
      let checked = found.checked
    else { return counts + "; interpolation error not estimated for errors that were measured again" }
    return counts
      + String(
        format: "; interpolation error %.2f ± %.2f mm on average, estimated at %d positions", mean,
        uncertainty,
        checked)
  }

  /// The lines that a command prints: sizes and where the record is, how it was sampled, how it was computed.
  public func lines(path: String) -> [String] {
    let label = settings.label
    return ["\(label): \(sizes), \(path)"]
      + [sampling, arithmetic].compactMap(\.self).map { "\(label): \($0)" }
  }

  /// Everything worth knowing, for `penumbra inspect`.
  public var facts: [Fact] {
    var facts: [Fact] = []
    func add(_ name: String, _ value: String?) {
      if let value { facts.append(Fact(name: name, value: value)) }
    }
    let model = settings.model
    add("written by", "penumbra \(notes.penumbra)")
    add("network", "\(model.label), \(model.kind), \(model.name), \(model.fingerprint)")
    add("picture", "\(settings.picture.name), \(settings.picture.fingerprint)")
    add("clip", settings.clip.map { "\($0.source.name), \($0.sizes), \($0.source.fingerprint)" })
    add("crop", settings.crop)
    add("box", settings.box.map { $0.map { "\($0)" }.joined(separator: ",") })
    add("body", settings.body.map { "\($0.name), \($0.fingerprint)" })
    add(
      "quantity",
      settings.truth.map { "\(settings.quantity), ground truth \($0.name)" } ?? settings.quantity)
    add("joints", "\(record.measured.name), root: \(record.measured.rootTitle)")
    add("sizes", sizes)
    add("sampling", sampling)
    add("arithmetic", arithmetic)
    add("positions", "\(record.positions.count), \(record.measuredPositions) computed")
    add("seed", settings.tolerance == nil ? nil : "\(settings.seed ?? notes.seed)")
    add("command", notes.command)
    add("processor", notes.processor)
    add("identity", settings.identity)
    guard record.isComplete else { return facts }
    let findings = Findings(record)
    if findings.missed > 0 {
      add("nobody found", "at \(findings.missed) of \(record.positions.count) positions")
    }
    if settings.truth != nil {
      let aligned = findings.clean.alignedMillimetres.map { ", \(NumberFormat.tenths($0)) mm PA-MPJPE" } ?? ""
      add("clean", "\(NumberFormat.tenths(findings.clean.millimetres)) mm MPJPE" + aligned)
    }
    add("mean over positions", "\(NumberFormat.tenths(findings.mean.millimetres)) mm")
    let least = findings.worstIsLowerLimit ? "at least " : ""
    add("worst position", "\(least)\(NumberFormat.tenths(findings.worst.millimetres)) mm")
    add(
      "worst position, aligned",
      findings.worst.alignedMillimetres.map { "\(least)\(NumberFormat.tenths($0)) mm" })
    return facts
  }

  // MARK: The words for settings

  /// Occluder and positions, in pixels of the crop where all frames agree, else of a crop of 224.
  static func sizes(_ occlusion: Occlusion, _ positions: PositionRule, in frames: [PictureFrame]) -> String {
    let reference = Occlusion.referenceSide
    let (side, share) = (frames[0].side, frames[0].boxShare)
    let agree = frames.allSatisfy { $0.side == side && $0.boxShare == share }
    let isScaled = agree && !(side == reference && share == 1)
    let size = agree ? pixels(occlusion.extent(in: frames[0])) : "\(occlusion.size)"
    let stride = agree ? positions.stride(in: frames[0]) : positions.stride
    let fill = occlusion.fill == .value(0) ? "" : ", filled with \(occlusion.fill.name)"
    let given = isScaled ? " of a \(side)-pixel crop" : agree ? "" : " of a \(reference)-pixel crop"
    if let part = occlusion.shape.part {
      return "\(part.name.replacing("_", with: " ")) hidden\(fill), by its outline"
    }
    let list = positions.list.map { "\($0.count) listed positions" }
    let step = list == nil ? ", stride \(stride)" : ""
    let both = list == nil ? "\(occlusion.size) and \(positions.stride)" : "\(occlusion.size)"
    let scaled = isScaled ? " (\(both) of a \(reference)-pixel crop)" : ""
    let grid = list ?? "\(positions.kind.rawValue) grid"
    let region = positions.region == nil ? "" : " over a region"
    return "\(word(for: occlusion.shape)) \(size) pixels\(fill)\(step)\(given)\(scaled), \(grid)\(region)"
  }

  private static func pixels(_ extent: (height: Int, width: Int)) -> String {
    extent.height == extent.width ? "\(extent.width)" : "\(extent.width) × \(extent.height)"
  }

  /// A word for a shape.
  static func word(for shape: Occlusion.Shape) -> String {
    switch shape {
    case .square: "patch"
    case .rectangle: "rectangle"
    case .disc: "disc"
    case .mask: "mask"
    }
  }

  /// A number with as many digits as it needs.
  static func plain(_ value: Double) -> String { String(format: "%g", value) }
}

extension Occlusion {
  /// The fill's colour as screens mix it; nil where it is no colour of its own.
  package var colour: Colour? { displayColour.map { Colour($0.red, $0.green, $0.blue) } }
}
