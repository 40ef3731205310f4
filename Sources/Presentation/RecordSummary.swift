import Bodies
import Foundation
import Models
public import Records

/// What a record is of and how it was made, in short texts for tables, pages and `penumbra inspect`.
public struct RecordSummary: Sendable {
  /// A named fact.
  public struct Fact: Sendable, Equatable {
    /// What it is.
    public let name: String
    /// What it says.
    public let value: String
  }

  private let record: SweepRecord
  private var settings: RecordSettings { record.settings }
  private var notes: RecordNotes { record.notes }

  /// The summary of a record.
  public init(_ record: SweepRecord) { self.record = record }

  /// How the occluder and the grid lie on this network's crop.
  public var sizes: String {
    let (occlusion, positions, frame) = (settings.occlusion, settings.positions, settings.frame)
    let extent = occlusion.extent(in: frame)
    let reference = Occlusion.referenceSide
    let isReference = frame.side == reference
    let size = extent.height == extent.width ? "\(extent.width)" : "\(extent.width) × \(extent.height)"
    let what = occlusion.shape == .square ? "patch" : occlusion.shape.name
    let fill = occlusion.fill == .value(0) ? "" : ", filled with \(occlusion.fill.name)"
    let given = isReference ? "" : " of a \(frame.side)-pixel crop"
    let scaled =
      isReference ? "" : " (\(occlusion.size) and \(positions.stride) of a \(reference)-pixel crop)"
    let step = positions.stride(in: frame)
    let grid = positions.list.map { "\($0.count) listed positions" } ?? "\(positions.kind.rawValue) grid"
    let region = positions.region == nil ? "" : " over a region"
    let filled = settings.tolerance.map { String(format: ", interpolated to %g mm", $0) } ?? ""
    return "\(what) \(size) pixels\(fill), stride \(step)\(given)\(scaled), \(grid)\(region)\(filled)"
  }

  /// The algorithm of convolutions and how far it moves joints; nil for convolutions as defined.
  public var arithmetic: String? {
    guard let convolutions = notes.convolutions, convolutions != "direct" else { return nil }
    let measured = notes.deviation.map {
      String(
        format: "; joints %.4f mm from those of direct ones on average, %.4f mm at most, at %d positions",
        $0.meanMillimetres, $0.maximumMillimetres, $0.positions)
    }
    return "convolutions: \(convolutions)\(measured ?? "")"
  }

  /// Which positions were computed; nil where all were.
  public var sampling: String? {
    guard let tolerance = settings.tolerance else { return nil }
    guard let interpolation = notes.interpolation else { return "adaptive, tolerance \(tolerance) mm" }
    return String(
      format:
        "adaptive, tolerance %g mm: %d of %d positions computed, the others interpolated; interpolation error "
        + "%.2f ± %.2f mm on average, estimated at %d positions",
      tolerance, interpolation.computed, record.positions.count, interpolation.meanMillimetres,
      interpolation.standardErrorMillimetres, interpolation.checked)
  }

  /// What a command prints of a record that it has made.
  public func lines(path: String) -> [String] {
    let label = settings.model.label
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
    add("seed", "\(notes.seed)")
    add("identity", settings.identity)
    guard record.isComplete else { return facts }
    let findings = Findings(record)
    if settings.truth != nil {
      let aligned = findings.clean.alignedMillimetres.map { String(format: ", %.1f mm PA-MPJPE", $0) } ?? ""
      add("clean", String(format: "%.1f mm MPJPE", findings.clean.millimetres) + aligned)
    }
    add("mean over positions", String(format: "%.1f mm", findings.mean.millimetres))
    add("worst position", String(format: "%.1f mm", findings.worst.millimetres))
    return facts
  }
}
