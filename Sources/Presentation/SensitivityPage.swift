import Bodies
public import Evaluation
import Models
import Records
import Tensors

/// What one page on a whole dataset shows: the errors of joints, and where the occluder raises them on average.
///
/// As in PARE's figures (Kocabas et al. 2021, section 3).
public struct SensitivityPage: Sendable {
  /// The headline.
  public let heading: Heading
  /// The line at the foot of the page.
  public let foot: Phrase
  /// The networks, and what bars, lines and ticks are.
  public let legend: [LegendEntry], key: String
  /// The groups of joints where the skeleton has such, else the joints, then all together.
  public let rows: [String]
  /// The networks' numbers.
  public let series: [JointBarsPage.Series]
  /// What the axis shows, and its range.
  public let title: String, scale: Scale
  /// The networks' mean maps; none where the positions of the occluder differ between the pictures.
  public let maps: [MapPanel]
  /// What their colours stand for.
  public let mapKey: ColourKey
  /// How to read the maps.
  public let note: String

  /// The pages on networks that were swept over the same pictures of a dataset; all have the same scales.
  public static func pages(
    _ sums: [DatasetSensitivity], dataset: String
  ) -> [SensitivityPage] {
    precondition(!sums.isEmpty, "a page on no network")
    let all = Array(sums.enumerated()), limit = 4
    let count = (all.count + limit - 1) / limit
    let length = (all.count + count - 1) / count
    return (0..<count).map { part in
      SensitivityPage(
        Array(all[part * length..<min((part + 1) * length, all.count)]), of: sums, dataset, part, count)
    }
  }

  /// The pages on where networks found nobody; none where they found somebody everywhere.
  public static func misses(_ sums: [DatasetSensitivity], dataset: String) -> [PairedMapsPage] {
    PairedMapsPage.misses(of: sums, dataset: dataset, pages(sums, dataset: dataset).flatMap(\.maps))
  }

  private init(
    _ shown: [(offset: Int, element: DatasetSensitivity)], of sums: [DatasetSensitivity], _ dataset: String,
    _ part: Int, _ count: Int
  ) {
    let settings = sums[0].settings
    let isLowerLimit = sums.contains(where: \.worstIsLowerLimit)
    let sizes =
      RecordSummary.sizes(settings.occlusion, settings.positions, in: sums.map(\.settings.frame))
      + RecordSummary.interpolation(sums.map(\.settings), isLowerLimit: isLowerLimit)
    let occluder = RecordSummary.word(for: settings.occlusion.shape)
    let hasTruth = settings.truth != nil
    let reference = hasTruth ? "the ground truth" : "the clean prediction"
    heading = Heading(
      "Occlusion sensitivity per joint",
      "\(name: dataset): means over \(sums[0].count) pictures, \(sizes). \(hasTruth ? "Errors" : "Displacements") are distances from \(reference)."
    ).part(part, of: count)
    foot = Self.foot(sums[0], dataset: dataset)
    legend = shown.map { LegendEntry(.network($0.offset), Phrase(name: $0.element.network)) }
    key = JointBarsPage.key(hasClean: hasTruth, isLowerLimit: isLowerLimit)
    rows = Self.entries(sums[0]).map { entry in
      let title = entry.joint.replacing("_", with: " ")
      return title.prefix(1).uppercased() + title.dropFirst()
    }
    series = shown.map { index, sum in
      let entries = Self.entries(sum)
      return .init(
        colour: .network(index), mean: entries.map { Double($0.meanMillimetres) },
        worst: entries.map { Double($0.worstMillimetres) },
        clean: hasTruth ? entries.map { Double($0.cleanMillimetres) } : nil)
    }
    title = hasTruth ? "error, mm" : "displacement, mm"
    scale = Scale(
      covering: [0]
        + sums.flatMap(Self.entries).flatMap { [Double($0.worstMillimetres), Double($0.cleanMillimetres)] })
    var key = ColourKey(
      scale: Scale(covering: sums.flatMap { Self.map($0)?.values ?? [] } + [0]),
      colours: hasTruth ? .change : .inferno,
      title: "mean \(hasTruth ? "error increase" : "displacement") over joints and pictures, mm")
    key.hasMisses = sums.contains { Self.map($0)?.misses.contains(true) ?? false }
    maps = shown.compactMap { index, sum in
      guard let map = Self.map(sum) else { return nil }
      return MapPanel(
        title: Phrase(name: sum.network), colour: .network(index),
        range: NumberFormat.range(map, isSigned: hasTruth, maximum: isLowerLimit ? .approximate : .exact),
        clean: hasTruth ? "clean \(NumberFormat.whole(sum.all.cleanMillimetres)) mm" : nil, map: map,
        key: key, entry: index)
    }
    mapKey = key
    let places =
      maps.isEmpty
      ? "The occluder was not at the same places in all pictures, so that there is no mean map."
      : (hasTruth
        ? "The colour at a pixel says how much the mean error over joints and pictures changes with the \(occluder) "
          + "centred there in the crop: red where it rises, teal where it falls. "
        : "The colour at a pixel says how far the joints move on average, over pictures, with the \(occluder) centred "
          + "there in the crop. ")
        + "People are near its middle, each in a different pose."
    note =
      places
      + (sums.contains { $0.missedShare > 0 }
        ? " Numbers are over the pictures and positions at which a network found somebody." : "")
  }

  /// The line at the foot of pages on a set of pictures.
  package static func foot(_ sum: DatasetSensitivity, dataset: String) -> Phrase {
    "Penumbra \(Release.version)  ·  \(name: dataset)  ·  \(sum.settings.truth != nil ? "errors" : "displacements") in millimetres"
  }

  private static func entries(_ sum: DatasetSensitivity) -> [DatasetSensitivity.Entry] {
    (sum.groups.isEmpty ? sum.joints : sum.groups) + [sum.all]
  }

  private static func map(_ sum: DatasetSensitivity) -> PositionMap? {
    guard sum.hasMaps else { return nil }
    let joints = sum.skeleton.count
    let values = sum.meanMap.elements
    let means = stride(from: 0, to: values.count, by: joints).map { start in
      1000 * values[start..<start + joints].reduce(0.0) { $0 + Double($1) } / Double(joints)
        - Double(sum.all.cleanMillimetres)
    }
    return PositionMap(
      means, rowCentres: sum.rowCentres.map(Double.init), columnCentres: sum.columnCentres.map(Double.init),
      side: Double(sum.settings.frame.side)
    ).missing(at: sum.missMap.elements.map { $0 >= 1 })
  }
}
