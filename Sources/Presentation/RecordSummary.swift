import Foundation
import Models
public import Records

/// What was done for a record, in a few lines for people.
public struct RecordSummary: Sendable {
  private let settings: RecordSettings
  private let notes: RecordNotes
  private let positions: Int

  /// The summary of a record.
  public init(_ record: SweepRecord) {
    (settings, notes, positions) = (record.settings, record.notes, record.positions.count)
  }

  /// Occluder and positions on this network's crop: "patch 17 pixels, stride 7 of a 96-pixel crop (40 and 16 of a
  /// 224-pixel crop), centred grid".
  public var sizes: String {
    Self.sizes(settings.occlusion, settings.positions, in: [settings.frame])
      + (settings.tolerance.map { ", interpolated to \(Self.plain($0)) mm" } ?? "")
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
    return String(
      format:
        "adaptive, tolerance %g mm: %d of %d positions computed, the others interpolated; interpolation error "
        + "%.2f ± %.2f mm on average, estimated at %d positions", tolerance, found.computed, positions,
      found.meanMillimetres, found.standardErrorMillimetres, found.checked)
  }

  /// The lines that a command prints: sizes and where the record is, how it was sampled, how it was computed.
  public func lines(path: String) -> [String] {
    let label = settings.model.label
    return ["\(label): \(sizes), \(path)"] + [sampling, arithmetic].compactMap(\.self).map { "\(label): \($0)" }
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
    let given = isScaled ? " of a \(side)-pixel crop" : agree ? "" : " of a \(reference)-pixel crop"
    guard positions.list == nil else {
      let scaled = isScaled ? " (\(occlusion.size) of a \(reference)-pixel crop)" : ""
      return "\(name(of: occlusion)) \(size) pixels\(given)\(scaled), at listed positions"
    }
    let scaled =
      isScaled ? " (\(occlusion.size) and \(positions.stride) of a \(reference)-pixel crop)" : ""
    let region = positions.region == nil ? "" : " of a region"
    return
      "\(name(of: occlusion)) \(size) pixels, stride \(stride)\(given)\(scaled), \(positions.kind.rawValue) grid\(region)"
  }

  private static func pixels(_ extent: (height: Int, width: Int)) -> String {
    extent.height == extent.width ? "\(extent.width)" : "\(extent.width) × \(extent.height)"
  }

  /// "patch", "disc" or "rectangle", with its fill where that is not gray.
  static func name(of occlusion: Occlusion) -> String {
    let shape = word(for: occlusion.shape)
    return occlusion.fill == .value(0) ? shape : "\(occlusion.fill.name) \(shape)"
  }

  /// A word for a shape.
  static func word(for shape: Occlusion.Shape) -> String {
    switch shape {
    case .square: "patch"
    case .rectangle: "rectangle"
    case .disc: "disc"
    }
  }

  /// A number with as many digits as it needs.
  static func plain(_ value: Double) -> String { String(format: "%g", value) }
}

extension Occlusion {
  /// The fill's colour as screens mix it.
  var colour: Colour {
    let parts = displayColour
    return Colour(parts.red, parts.green, parts.blue)
  }
}
