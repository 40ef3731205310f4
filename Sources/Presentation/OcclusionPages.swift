import Bodies
public import Evaluation
import Models
import Records

/// What the pages on a summary of records show: tables, the effect of covered parts, and the worst positions.
public struct OcclusionPages: Sendable {
  let summary: OcclusionSummary
  /// What the pictures are together.
  let title: String

  /// The pages on a summary.
  public init(_ summary: OcclusionSummary, title: String) { (self.summary, self.title) = (summary, title) }

  /// The people that a pair of a part and a joint needs to be shown, unless there are fewer pictures.
  var minPictures: Int { min(10, max(1, summary.pictures.count / 2)) }

  var count: String {
    "\(summary.pictures.count) picture\(summary.pictures.count == 1 ? "" : "s")"
  }

  /// What distances are: "error increase" or "displacement".
  var quantity: String { summary.hasTruth ? "error increase" : "displacement" }

  var hasIntervals: Bool { summary.pictures.count > 1 }

  var intervals: String {
    hasIntervals
      ? "In brackets: 95 % confidence intervals over pictures (bootstrap, \(summary.resamples) draws, seed \(summary.seed))."
      : "One picture: no intervals."
  }

  private func colour(_ network: String) -> Colour {
    summary.networks.firstIndex(of: network).map { .network($0) } ?? .ink
  }

  /// How the occluder of a setting is called.
  func words(_ setting: OcclusionSummary.Setting) -> String {
    let entries = summary.entries(under: setting)
    if setting.hidesParts {
      return
        "each part that a picture shows hidden by its outline, filled with \(setting.occlusion.fill.name)"
    }
    return RecordSummary.sizes(
      setting.occlusion, entries[0].settings.positions, in: entries.map(\.settings.frame))
      + RecordSummary.interpolation(
        entries.map(\.settings), isLowerLimit: entries.contains(where: \.worstIsLowerLimit))
  }

  /// The line at the foot of the pages.
  public var foot: Phrase {
    "Penumbra \(Release.version)  ·  \(name: title)  ·  \(count), \(summary.skeleton.count) joints of \(name: summary.skeleton.name)  ·  millimetres"
  }

  // MARK: Tables

  /// The rows of tables, with their headings.
  private func rows(
    _ setting: OcclusionSummary.Setting
  ) -> [(heading: String, rows: [(OcclusionQuantity, String)])] {
    let (mean, worst) =
      setting.hidesParts
      ? ("Mean over parts", "Worst part of each picture")
      : ("Mean over positions", "Worst position of each picture")
    let places: [(OcclusionQuantity, String)] =
      setting.hidesParts
      ? []
      : [
        (.onBody, "Occluder on the body"), (.edge, "Occluder over its edge"),
        (.background, "Occluder on the background"),
      ]
    let error = summary.hasTruth ? "MPJPE" : "displacement from the clean prediction"
    return [
      (
        "\(error), mm",
        [(.clean, "Clean"), (.mean, mean), (.worst, worst)]
      ),
      (
        summary.hasTruth ? "PA-MPJPE, mm" : "The same after Procrustes alignment, mm",
        [
          (.alignedClean, "Clean"), (.alignedMean, mean),
          (.alignedWorst, worst),
        ]
      ),
      (
        "\(quantity.capitalisedFirst), mm",
        [
          (.increase, mean)
        ] + places
      ),
      (
        "\(quantity.capitalisedFirst) of one joint, mm",
        [
          (.visibleCovered, "Visible joint, covered"),
          (.visibleElsewhere, "Visible joint, occluder elsewhere"),
          (.hiddenCovered, "Hidden joint, covered"), (.hiddenElsewhere, "Hidden joint, occluder elsewhere"),
        ]
      ),
      (
        "Visible joints alone, mm",
        [
          (.visibleClean, "Clean"), (.visibleMean, mean),
          (.visibleWorst, worst),
        ]
      ),
      (
        "Hidden joints alone, mm",
        [
          (.hiddenClean, "Clean"), (.hiddenMean, mean),
          (.hiddenWorst, worst),
        ]
      ),
      ("", [(.missedShare, "Nobody found, % of positions")]),
    ]
  }

  private func cell(_ entry: OcclusionSummary.Entry, _ quantity: OcclusionQuantity) -> String {
    guard let value = entry.values[quantity] else { return NumberFormat.missing }
    let isShare = quantity == .missedShare
    let shown = isShare ? value.scaled(by: 100) : value
    let format: NumberFormat = quantity.isIncrease && summary.hasTruth ? .signed : .tenths
    let isMaximum = [.worst, .alignedWorst, .visibleWorst, .hiddenWorst].contains(quantity)
    let sign = (isMaximum && entry.worstIsLowerLimit ? Maximum.lowerLimit : .exact).sign
    return sign + format(shown.mean) + (hasIntervals ? " [\(format(shown.low)), \(format(shown.high))]" : "")
  }

  func table(_ setting: OcclusionSummary.Setting) -> NumberTable {
    let entries = summary.entries(under: setting)
    var table = NumberTable(
      columns: entries.map { .init(Phrase(name: $0.network), colour($0.network)) }, rows: [])
    for (heading, quantities) in rows(setting) {
      let known = quantities.filter { quantity, _ in
        entries.contains { $0.values[quantity] != nil }
          && (quantity != .missedShare || entries.contains { $0.values[quantity]!.mean > 0 })
      }
      guard !known.isEmpty else { continue }
      if !heading.isEmpty { table.rows.append(.init(Phrase(heading), [])) }
      table.rows += known.map { quantity, label in .init(Phrase(label), entries.map { cell($0, quantity) }) }
    }
    return table
  }

  /// A table under its headline.
  public struct TablePage: Sendable {
    /// The headline.
    public let heading: Heading
    /// The numbers.
    public let table: NumberTable
    /// Below the table.
    public let note: String
  }

  /// The numbers of all networks, a page for each setting.
  public var tables: [TablePage] {
    summary.settings.map { setting in
      TablePage(
        heading: Heading(
          "\(name: title): \(count)", "\(words(setting).capitalisedFirst). \(intervals)"),
        table: table(setting), note: methods(setting))
    }
  }

  // MARK: Parts

  /// Charts of what covering each part does.
  public struct PartsPage: Sendable {
    /// The headline.
    public let heading: Heading
    /// The networks.
    public let legend: [LegendEntry]
    /// A row for each part.
    public let chart: IntervalRows
  }

  /// What covering each part does to the mean over joints, a page for each setting where the body is known.
  public var parts: [PartsPage] {
    summary.settings.compactMap { setting in
      let entries = summary.entries(under: setting).filter { !$0.parts.isEmpty }
      let order = Skeleton.smpl24.limbOrder.indices.map { Joint.allCases[$0].name }
        .filter { part in entries.contains { $0.parts.contains { $0.part == part } } }
      guard !order.isEmpty else { return nil }
      return PartsPage(
        heading: Heading(
          "\(quantity.capitalisedFirst) while a body part is covered",
          "The mean over joints while the occluder covers at least half of the visible pixels of the part, mean over "
            + "pictures; whiskers: 95 % confidence intervals. \(words(setting).capitalisedFirst). \(bodies)"),
        legend: entries.map { LegendEntry(colour($0.network), Phrase(name: $0.network)) },
        chart: IntervalRows(
          order.map { Skeleton.title(of: $0) },
          entries.map { entry in
            .init(
              colour: colour(entry.network),
              values: order.map { part in
                entry.parts.first { $0.part == part }.map { hasIntervals ? $0.mean : $0.mean.withoutInterval }
              })
          }, title: "\(quantity), mean over joints, mm"))
    }
  }

  private var bodies: String { "Body: \(summary.bodies.joined(separator: ", "))." }

  /// The influence of covered parts on joints: a page for each setting and network where the body is known.
  public var influence: [ExperimentPages.Influence] {
    let (parts, joints) = (Skeleton.smpl24.limbOrder, summary.skeleton.limbOrder)
    func known(_ matrix: [[MeanWithInterval]]) -> [[Double?]] {
      parts.indices.map { part in
        joints.indices.map { joint in
          let value = matrix[part][joint]
          return value.pictures >= minPictures && value.mean.isFinite ? value.mean : nil
        }
      }
    }
    return summary.settings.flatMap { setting -> [ExperimentPages.Influence] in
      let entries = summary.entries(under: setting)
      let every = entries.compactMap(\.influence).flatMap { [$0.all, $0.hidden] }
      let scale = Scale(
        covering: every.flatMap(known).joined().compactMap(\.self), isDifference: summary.hasTruth,
        share: 0.99)
      return entries.compactMap { entry in
        guard let influence = entry.influence else { return nil }
        return ExperimentPages.Influence(
          heading: Heading(
            "\(name: entry.network): \(quantity) of each joint by covered part",
            "\(words(setting).capitalisedFirst), mean over \(count). Gray: fewer than \(minPictures) "
              + "picture\(minPictures == 1 ? "" : "s"). \(bodies)"),
          panels: [("All joints", influence.all), ("Hidden joints", influence.hidden)].filter {
            known($0.1).joined().contains { $0 != nil }
          }.map { title, matrix in
            MatrixPanel(
              title: title, rows: parts.indices.map { Skeleton.smpl24.titles[$0] },
              columns: joints.indices.map { summary.skeleton.titles[$0] }, groups: parts.starts,
              columnGroups: joints.starts, values: known(matrix))
          }, axes: "down: covered part  ·  across: joint",
          key: ColourKey(
            scale: scale, colours: summary.hasTruth ? .change : .inferno,
            title: "\(quantity) of the joint, mm"
              + (summary.hasTruth ? "; negative where the error falls" : "")))
      }
    }
  }

  // MARK: Worst positions

  /// The most worst positions of a network in a table.
  static let mostWorst = 20

  /// The pictures with the worst positions, a page for each setting.
  public var worst: [TablePage] {
    summary.settings.map { setting in
      let entries = summary.entries(under: setting)
      let most = max(3, Self.mostWorst / entries.count)
      var table = NumberTable(
        columns: ["x, y in the picture", "\(quantity), mm", "parts covered"].map {
          .init(Phrase($0), .muted)
        }, rows: [])
      for entry in entries {
        table.rows.append(.init(Phrase(name: entry.network), []))
        table.rows += entry.worstPositions.prefix(most).map { position in
          .init(
            Phrase(name: position.picture),
            [
              "\(NumberFormat.whole(position.x)), \(NumberFormat.whole(position.y))",
              (entry.worstIsLowerLimit ? Maximum.lowerLimit.sign : "")
                + (summary.hasTruth ? NumberFormat.signed : .tenths)(position.millimetres),
              Self.list(position.parts),
            ])
        }
      }
      return TablePage(
        heading: Heading(
          "The pictures with the worst positions",
          "The mean over joints at the worst position of each picture, the worst first: \(words(setting))."),
        table: table, note: "")
    }
  }

  private static func list(_ parts: [String]) -> String {
    guard !parts.isEmpty else { return NumberFormat.missing }
    let names = parts.prefix(3).map { $0.replacing("_", with: " ") }
    return names.joined(separator: ", ") + (parts.count > 3 ? " and \(parts.count - 3) more" : "")
  }
}

extension MeanWithInterval {
  /// The mean alone, of one picture.
  fileprivate var withoutInterval: MeanWithInterval {
    MeanWithInterval(mean: mean, low: .nan, high: .nan, pictures: pictures)
  }
}

extension String {
  /// The text with its first letter large.
  fileprivate var capitalisedFirst: String { prefix(1).uppercased() + dropFirst() }
}
