import Foundation
import Models
import Tensors
public import Records

/// How far the layers of each network move under the occluder, as tables for the terminal.
public struct LayerTable: Sendable {
  private let networks: [(name: String, layers: [LayerFinding])]

  /// A table of what sweeps of one picture have found; those without layers are left out.
  public init(of records: [SweepRecord]) {
    networks = Findings.compared(records).compactMap { found in found.layers.map { (found.network, $0) } }
  }

  /// A table of the means over pictures of what sweeps under one occlusion have found.
  public init(meansOf findings: [Findings]) {
    let names = findings.reduce(into: [String]()) { if !$0.contains($1.network) { $0.append($1.network) } }
    networks = names.compactMap { name in
      let layers = findings.filter { $0.network == name }.compactMap(\.layers)
      return layers.isEmpty ? nil : (name, LayerFinding.mean(of: layers))
    }
  }

  /// The lines, an empty one before each network.
  public var lines: [String] {
    networks.flatMap { name, layers -> [String] in
      let knowsBody = layers.contains { $0.onBody != nil || $0.offBody != nil }
      func cell(_ share: Double?) -> String { NumberFormat.tenths(share.map { Float($0 * 100) }) }
      let head =
        ["\(name): change of layers, %", "mean", "worst"]
        + (knowsBody ? ["patch on the body", "off the body"] : [])
      let rows = layers.map { layer in
        [layer.layer.replacing("_", with: " "), cell(layer.mean), cell(layer.worst)]
          + (knowsBody ? [cell(layer.onBody), cell(layer.offBody)] : [])
      }
      return [""] + TextTable([head] + rows).lines
    }
  }
}

extension JointGridPage {
  /// The maps of the layers of one network; nil where none were measured.
  package init?(layersOf entry: PictureReport.Entry, in report: PictureReport) {
    guard let maps = report.layerMaps(entry) else { return nil }
    heading = Heading(
      "\(name: entry.label): how far each layer moves",
      "\(name: report.name): the distance (L2) of what the layer makes of the picture with the \(report.occluder) centred "
        + "at a pixel from what it makes of the unoccluded one, in per cent of the length of the latter."
    )
    self.entry = entry.index
    picture = entry.crop == nil ? nil : PosePanel("Picture", crop: entry.index)
    cells = maps.map { layer, map in
      Cell(
        title: layer.replacing("_", with: " "), isHidden: nil,
        range: "\(NumberFormat.tenths(map.low ?? .nan))–\(NumberFormat.tenths(map.high ?? .nan)) %",
        clean: nil, map: map,
        key: ColourKey(
          scale: Scale(spanning: [0] + map.values), colours: report.style.colours,
          title: "distance from the unoccluded result, % of its length"))
    }
    (key, columns, title) = (nil, nil, nil)
    notes = [
      "Layers are in order, from the picture on.", "Above each map: minimum and maximum over all positions.",
      "Layers differ in how much they move, so each has a scale of its own: the bar below goes from 0 to its maximum.",
    ]
  }
}

extension PictureReport {
  /// For every layer of a network its name and its change at every position, per cent; nil where none were measured.
  func layerMaps(_ entry: Entry) -> [(layer: String, map: PositionMap)]? {
    guard let layers = entry.record.settings.layers, let changes = entry.record.results[.layerChange] else {
      return nil
    }
    let shares = changes.elements
    return layers.enumerated().map { index, layer in
      let values = stride(from: index, to: shares.count, by: layers.count).map { Double(shares[$0]) * 100 }
      return (layer, map(values, entry))
    }
  }
}
