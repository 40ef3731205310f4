import Bodies
import Foundation
import Pictures
import Presentation
import Records

/// The skeletons, colour maps and pictures that reports share.
struct ExplorerShared {
  private var skeletons: [(name: String, skeleton: Skeleton)] = []
  private var maps: [Colormap] = []
  /// The pictures, each with the script of a folder that has it.
  private(set) var images: [(picture: Picture, script: Int?)] = []

  /// The name of a skeleton in the header; the second of one name gets a number.
  mutating func name(of skeleton: Skeleton) -> String {
    if let known = skeletons.first(where: { $0.skeleton == skeleton }) { return known.name }
    let name = (skeletons.map(\.skeleton.name) + [skeleton.name]).distinct.last!
    skeletons.append((name, skeleton))
    return name
  }

  /// Notes the colours of a legend.
  mutating func add(_ map: Colormap) { if !maps.contains(map) { maps.append(map) } }

  /// The number of a picture, which goes into the script of the first network that has it.
  mutating func number(of picture: Picture, in script: Int?) -> Int {
    if let known = images.firstIndex(where: { $0.picture == picture }) { return known }
    images.append((picture, script))
    return images.count - 1
  }

  /// The skeletons as the header has them.
  var joints: [String: ExplorerHeader.Joints] {
    Dictionary(uniqueKeysWithValues: skeletons.map { ($0.name, Self.joints($0.skeleton)) })
  }

  private static func joints(_ skeleton: Skeleton) -> ExplorerHeader.Joints {
    func pairs(_ names: [[String]]) -> [[Int]] { names.map { $0.compactMap(skeleton.index) } }
    let groups = skeleton.limbs.isEmpty ? skeleton.groups : skeleton.limbs
    return .init(
      joints: skeleton.joints, titles: skeleton.titles, root: skeleton.root, bones: pairs(skeleton.bones),
      mirror: pairs(skeleton.mirror),
      groups: groups.map { .init(title: $0.name, joints: skeleton.indices(of: $0)) })
  }

  /// 256 colours of every map that legends have.
  var colourMaps: [String: String] {
    Dictionary(
      uniqueKeysWithValues: maps.map { map in
        let bytes = (0..<256).flatMap { index -> [UInt8] in
          let (red, green, blue) = map.colour(at: Double(index) / 255).bytes
          return [red, green, blue]
        }
        return (map.name, bytes.base64)
      })
  }
}

/// The quantities of some reports, each with all its legends.
struct ExplorerQuantities {
  /// For every report its quantities, the one that was asked for first.
  private(set) var quantities: [[ExplorerHeader.Quantity]]
  /// For every report and network the numbers of quantities that are neither errors nor aligned errors, by the names of
  /// their arrays, `[positions, joints]`.
  private(set) var arrays: [[[String: [Double]]]]

  /// What can be shown of the maps of some reports.
  init(_ reports: [PictureReport], _ shared: inout ExplorerShared) {
    quantities = reports.map { _ in [] }
    arrays = reports.map { report in report.entries.map { _ in [:] } }
    for quantity in MapQuantity.allCases {
      let offered = reports.indices.filter { Self.isOffered(quantity, reports[$0]) }
      for (index, report) in zip(offered, PictureReport.showing(quantity, offered.map { reports[$0] })) {
        guard let report else { continue }
        let array = Self.array(of: quantity, report.hasTruth)
        quantities[index].append(
          Self.header(
            QuantityLegends(report), of: report, array: array, minusClean: quantity.isSigned,
            isAligned: quantity.isAligned, &shared))
        guard report.hasTruth, quantity.isDisplacement else { continue }
        for entry in report.entries { arrays[index][entry.index][array] = entry.values }
      }
    }
    for (index, report) in reports.enumerated() {
      quantities[index].sort { Self.rank($0, report) < Self.rank($1, report) }
      for reported in ReportedQuantity.allCases {
        guard let legends = QuantityLegends(reported, report) else { continue }
        quantities[index].append(
          Self.header(
            legends, of: report, array: reported.rawValue, minusClean: false, isAligned: false, &shared))
        for entry in report.entries {
          arrays[index][entry.index][reported.rawValue] = reported.values(of: entry.record)
        }
      }
    }
  }

  /// Displacements beside errors are offered where they are asked for.
  private static func isOffered(_ quantity: MapQuantity, _ report: PictureReport) -> Bool {
    !report.hasTruth || !quantity.isDisplacement || report.style.quantity == quantity
  }

  private static func array(of quantity: MapQuantity, _ hasTruth: Bool) -> String {
    if hasTruth, quantity.isDisplacement { return quantity.rawValue }
    return quantity.isAligned ? PositionArray.alignedError.name : PositionArray.error.name
  }

  /// What is shown first is what was asked for, then what the occluder does.
  private static func rank(_ quantity: ExplorerHeader.Quantity, _ report: PictureReport) -> Int {
    let order: [MapQuantity] = [
      report.shown, .increase, .error, .displacement, .alignedIncrease, .alignedError, .alignedDisplacement,
    ]
    return order.firstIndex { $0.rawValue == quantity.name } ?? order.count
  }

  private static func header(
    _ legends: QuantityLegends, of report: PictureReport, array: String, minusClean: Bool, isAligned: Bool,
    _ shared: inout ExplorerShared
  ) -> ExplorerHeader.Quantity {
    var keys: [ExplorerHeader.Key] = []
    func number(_ key: ColourKey, reverse: Phrase? = nil) -> Int {
      shared.add(key.colours)
      var own = ExplorerHeader.Key(key, networks: report.entries.map(\.colour))
      own.reverse = reverse?.text
      if let known = keys.firstIndex(of: own) { return known }
      keys.append(own)
      return keys.count - 1
    }
    let networks = zip(legends.keys, legends.obstacles).map { own, obstacle in
      ExplorerHeader.Quantity.Legends(
        mean: own.map { number($0.mean) }, joint: own.map { OneOrMany($0.joints.map { number($0) }) },
        why: obstacle?.text)
    }
    let differences = legends.differences.map { difference in
      ExplorerHeader.Quantity.Difference(
        of: difference.entry, minus: difference.other,
        mean: difference.keys.map { number($0.mean, reverse: difference.reversedTitle) },
        joint: difference.keys.map { number($0.joint, reverse: difference.reversedTitle) },
        why: difference.obstacle?.text)
    }
    return ExplorerHeader.Quantity(
      name: legends.name, title: legends.title, array: array, minusClean: minusClean, aligned: isAligned,
      unit: legends.unit, decimals: legends.format.decimals, rangeDecimals: legends.rangeFormat.decimals,
      signed: legends.format.isSigned,
      reading: legends.reading.text, barTitle: legends.barTitle.text, keys: keys, networks: networks,
      differences: differences)
  }
}

extension ExplorerHeader.Key {
  /// A legend as the page has it; spaces that set words apart on paper are one there.
  ///
  /// - Parameter networks: the colours of the networks, by which marks are of them.
  init(_ key: ColourKey, networks: [Colour] = []) {
    let scale = key.scale
    self.init(
      low: scale.low, high: scale.high, colours: key.colours.name, signed: key.colours.isSigned,
      ticks: scale.ticks.map { .init(at: $0, text: scale.label($0)) },
      title: key.title.text.replacing("  ", with: " "), note: key.note,
      marks: key.marks.isEmpty
        ? nil
        : key.marks.map { mark in .init(at: mark.value, network: networks.firstIndex(of: mark.colour)) })
  }
}

extension [UInt8] {
  /// The bytes as text.
  var base64: String { Data(self).base64EncodedString() }
}
