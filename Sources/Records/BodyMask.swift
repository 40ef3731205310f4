public import Models
public import Tensors

/// The silhouette that separates positions on the body from those off it.
public struct BodyMask: Sendable {
  /// Where a crop shows the body, `[side, side]`, 1 on it and 0 off it.
  public let pixels: Tensor
  /// What that crop shows of the picture.
  public let frame: PictureFrame
  /// Whose silhouette it is.
  public let reference: RecordSettings.Reference
  /// The label of the network whose record contains it.
  public let network: String

  /// A silhouette of its parts.
  public init(_ pixels: Tensor, frame: PictureFrame, of reference: RecordSettings.Reference, network: String)
  {
    (self.pixels, self.frame, self.reference, self.network) = (pixels, frame, reference, network)
  }

  /// The silhouette in a record; nil where it has none.
  public init?(_ record: SweepRecord) {
    guard let pixels = record.context.bodyMask else { return nil }
    self.init(
      pixels, frame: record.settings.frame, of: record.notes.maskOf ?? .cleanPrediction,
      network: record.settings.model.label)
  }

  /// The silhouette for each of several records on one picture, so that they are compared at the same positions.
  ///
  /// A record that has the silhouette of the ground truth keeps it. All others share one: that of the ground truth if
  /// another record has it, else that of the first record with a silhouette, a clean prediction.
  public static func shared(_ records: [SweepRecord]) -> [BodyMask?] {
    let own = records.map { BodyMask($0) }
    let common =
      own.compactMap(\.self).first { $0.reference == .groundTruth } ?? own.lazy.compactMap(\.self).first
    return own.map { $0?.reference == .groundTruth ? $0 : common }
  }

  /// Whether a point of a frame is on the body, in pixels of the frame.
  ///
  /// A point of another frame is looked up in the picture; where the silhouette's own crop does not reach, it is off the
  /// body.
  public func contains(x: Float, y: Float, in other: PictureFrame) -> Bool {
    let side = frame.side
    if other == frame {
      func pixel(_ place: Float) -> Int { Int(min(max(0, place), Float(side - 1))) }
      return pixels[pixel(y), pixel(x)] > 0.5
    }
    let (column, row) = frame.point(x, y, in: other)
    guard (0..<Double(side)).contains(column), (0..<Double(side)).contains(row) else { return false }
    return pixels[Int(row), Int(column)] > 0.5
  }

  /// The silhouette in pixels of a frame, `[side, side]`.
  public func pixels(in other: PictureFrame) -> Tensor {
    guard other != frame else { return pixels }
    let side = other.side
    return Tensor(
      [side, side],
      (0..<side * side).map { index in
        contains(x: Float(index % side) + 0.5, y: Float(index / side) + 0.5, in: other) ? 1 : 0
      })
  }
}
