import Models
import Tensors

/// How far one layer of a network moves under the occluder, as a share of the length of what it makes of the unoccluded
/// image (L2).
public struct LayerFinding: Codable, Sendable, Equatable {
  /// The layer's name, `stage2`.
  public let layer: String
  /// The mean over positions, and the maximum.
  public let mean: Double, worst: Double
  /// The mean with the occluder's centre on the body and off it; nil where the body is not known or no position is there.
  public let onBody: Double?, offBody: Double?

  enum CodingKeys: String, CodingKey {
    case layer, mean, worst
    case onBody = "on_body"
    case offBody = "off_body"
  }

  /// The means over pictures of what each layer of one network does; a picture has all layers, in one order.
  public static func mean(of pictures: [[LayerFinding]]) -> [LayerFinding] {
    func mean(_ values: [Double?]) -> Double? {
      let known = values.compactMap(\.self).filter { !$0.isNaN }
      return known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
    }
    return (pictures.first ?? []).indices.map { index in
      let own = pictures.filter { $0.indices.contains(index) }.map { $0[index] }
      return LayerFinding(
        layer: own[0].layer, mean: mean(own.map(\.mean)) ?? .nan, worst: mean(own.map(\.worst)) ?? .nan,
        onBody: mean(own.map(\.onBody)), offBody: mean(own.map(\.offBody)))
    }
  }

  /// The layers of a record, from the picture on; nil where none were measured.
  static func all(of record: SweepRecord, isOnBody: [Bool]?) -> [LayerFinding]? {
    guard let layers = record.settings.layers, let changes = record.results[.layerChange] else { return nil }
    let shares = changes.elements
    return layers.enumerated().map { index, layer in
      let values = stride(from: index, to: shares.count, by: layers.count).map { Double(shares[$0]) }
      func mean(_ isIn: (Int) -> Bool) -> Double? {
        let chosen = values.indices.filter { isIn($0) && !values[$0].isNaN }
        return chosen.isEmpty ? nil : chosen.reduce(0) { $0 + values[$1] } / Double(chosen.count)
      }
      return LayerFinding(
        layer: layer, mean: mean { _ in true } ?? .nan, worst: values.filter { !$0.isNaN }.max() ?? .nan,
        onBody: isOnBody.flatMap { isOn in mean { isOn[$0] } },
        offBody: isOnBody.flatMap { isOn in mean { !isOn[$0] } })
    }
  }
}
