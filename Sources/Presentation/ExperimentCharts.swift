import Bodies
public import Evaluation

extension ExperimentPages {
  /// Charts of intervals side by side under one headline.
  public struct Charts: Sendable {
    /// The headline.
    public let heading: Heading
    /// The variants, and what else the marks mean.
    public let legend: [LegendEntry], key: String
    /// The columns, each with what is written above it and its charts from top to bottom.
    public let columns: [(title: String, charts: [IntervalRows])]
  }

  // MARK: Observations

  /// What the patch does where, for some of its sizes.
  public func observations(_ patches: [Int]) -> Charts {
    // A row of charts has one axis, so that sizes of the patch compare.
    let charts = patches.map(observations)
    let shared = (0..<(charts.first?.count ?? 0)).map { row in IntervalRows.onOneScale(charts.map { $0[row] })
    }
    return Charts(
      heading: Heading(
        "Effect of the patch by position",
        "The increase of the mean joint error with the gray patch on the body, at its edge and on the background, and "
          + "the increase of a single joint's error, for visible and hidden joints."),
      legend: shown.map(\.legend), key: "",
      columns: patches.enumerated().map { column, patch in
        ("Patch of \(patch) pixels", shared.map { $0[column] })
      })
  }

  private func observations(_ patch: Int) -> [IntervalRows] {
    let under = summary.metrics.filter {
      $0.condition == .patch(patch, .gray) && ($0.kind == .increase || $0.kind == .difference)
    }
    let regions = under.filter { [.body, .edge, .background, .bodyMinusBackground].contains($0.region) }
    let groups = [Metric.Points.visibleJoints, .hiddenJoints].flatMap { points in
      [Metric.Region.covered, .elsewhereOnBody, .elsewhere].compactMap { region in
        under.first { $0.points == points && $0.region == region }
      }
    }
    return [(regions, "mean over joints"), (groups, "one joint")].map { metrics, what in
      IntervalRows(
        metrics.map { $0.title.prefix(1).uppercased() + $0.title.dropFirst() },
        shown.map { one in
          .init(colour: one.colour, values: metrics.map { estimate(one.variant, $0) })
        }, title: "error increase, \(what), mm")
    }
  }

  // MARK: Differences

  /// Every variant minus the reference; nil without one.
  public var differences: Charts? {
    guard summary.variants.contains(where: { $0.differences != nil }), let reference = summary.reference
    else { return nil }
    let others = shown.filter { $0.variant.differences != nil }
    let chosen = summary.metrics.filter { metric in
      others.contains { $0.variant.differences?[metric.key] != nil } && Self.isCompared(metric)
    }
    let groups = [
      (chosen.filter { $0.kind == .error }, "error"),
      (chosen.filter { $0.kind != .error }, "error increase"),
    ]
    let charts = groups.map { metrics, title in
      IntervalRows(
        metrics.map { "\($0.condition.name.replacing("_", with: " ")): \($0.baseTitle)" },
        others.map { one in
          .init(colour: one.colour, values: metrics.map { one.variant.differences?[$0.key] })
        }, title: "difference of the \(title), mm")
    }
    return Charts(
      heading: Heading(
        "Difference from \(name: reference)",
        "Every variant's mean minus that of \(name: reference) on the same pictures. Where a whisker crosses 0, these "
          + "people do not separate the two."),
      legend: others.map(\.legend), key: "",
      columns: IntervalRows.onOneScale(charts).map { ("", [$0]) })
  }

  /// Whether the page of differences shows a metric: errors of joints, with gray patches at all positions.
  private static func isCompared(_ metric: Metric) -> Bool {
    let isCoarseGray =
      if case .patch(_, .gray) = metric.condition { metric.region == .coarse } else { false }
    return metric.unit == .millimetres && metric.points != .vertices && !isCoarseGray
      && metric.region != .edge && metric.region != .elsewhere
  }

  // MARK: Joints

  /// The errors of all joints as bars.
  public struct Joints: Sendable {
    /// The headline.
    public let heading: Heading
    /// The variants, and what bars, lines and ticks are.
    public let legend: [LegendEntry], key: String
    /// The joints, limb by limb, and the variants' numbers.
    public let rows: [String], series: [JointBarsPage.Series]
    /// What the axis shows, and its range.
    public let title: String, scale: Scale
  }

  /// The errors of all joints under one size of the patch.
  public func joints(_ patch: Int) -> Joints {
    let order = skeleton.limbOrder.indices
    let series = shown.compactMap { one -> JointBarsPage.Series? in
      guard let values = one.variant.joints[patch] else { return nil }
      let ordered = order.map { values[$0] }
      return .init(
        colour: one.colour, mean: ordered.map(\.mean.mean), worst: ordered.map(\.worst.mean),
        clean: ordered.map(\.clean.mean))
    }
    return Joints(
      heading: Heading(
        "Error of each joint, gray patch of \(patch) pixels",
        "Means over people of every joint's error: on clean images, over all positions of the patch, and at the worst "
          + "position of each joint."), legend: shown.map(\.legend), key: JointBarsPage.key(hasClean: true),
      rows: order.map { skeleton.titles[$0] }, series: series, title: "error, mm",
      scale: Scale(covering: [0] + series.flatMap { $0.worst + ($0.clean ?? []) }))
  }

  // MARK: Influence

  /// The influence of covered parts on joints.
  public struct Influence: Sendable {
    /// The headline.
    public let heading: Heading
    /// All joints, and hidden ones: parts down, joints across.
    public let panels: [MatrixPanel]
    /// What is down and across.
    public let axes: String
    /// What the colours stand for; the same for all variants.
    public let key: ColourKey
  }

  /// The people that a pair needs to be shown.
  private static let minPeople = 10

  /// The influence of covered parts on joints for one variant; nil where it was not measured.
  public func influence(_ variant: ExperimentSummary.Variant, _ patch: Int) -> Influence? {
    guard let influence = variant.influence[patch] else { return nil }
    let order = skeleton.limbOrder
    func known(_ matrix: [[MeanWithInterval]]) -> [[Double?]] {
      order.indices.map { part in
        order.indices.map { joint in
          let value = matrix[part][joint]
          return value.pictures >= Self.minPeople && value.mean.isFinite ? value.mean : nil
        }
      }
    }
    let titles = order.indices.map { skeleton.titles[$0] }
    let every = summary.variants.compactMap { $0.influence[patch] }.flatMap { [$0.all, $0.hidden] }
    return Influence(
      heading: Heading(
        "\(name: variant.name): error increase of each joint by covered part, gray patch of \(patch) pixels",
        "The error increase of a joint while the patch covers at least half of the visible pixels of a part, mean over "
          + "people. Gray: fewer than \(Self.minPeople) people."),
      panels: [("All joints", influence.all), ("Hidden joints", influence.hidden)].map { title, matrix in
        MatrixPanel(
          title: title, rows: titles, columns: titles, groups: order.starts, columnGroups: order.starts,
          values: known(matrix))
      }, axes: "down: covered part  ·  across: joint",
      key: ColourKey(
        // But for the largest hundredth of all numbers.
        scale: Scale(
          covering: every.flatMap(known).joined().compactMap(\.self), isDifference: true, share: 0.99),
        colours: .change, title: "error increase of the joint, mm; negative where the error falls"))
  }

  // MARK: Attention

  /// The attention on the patch and its relation to the error increase; nil where no variant has attention.
  public func attention(_ patch: Int) -> Charts? {
    let attending = shown.filter {
      $0.variant.joints[patch]?.contains { $0.attentionBefore != nil } == true
    }
    guard !attending.isEmpty else { return nil }
    // The root has no error of its own.
    let joints = skeleton.limbOrder.indices.filter { $0 != skeleton.rootIndex }
    let rows = joints.map { skeleton.titles[$0] }
    func series(
      _ one: Shown, _ colour: Colour, _ value: (ExperimentSummary.JointValues) -> MeanWithInterval?
    ) -> IntervalRows.Series {
      .init(
        colour: colour,
        values: joints.map { joint in one.variant.joints[patch].flatMap { value($0[joint]) } })
    }
    let shares = attending.flatMap { one in
      [
        series(one, one.colour.mixed(with: .white, 0.5)) { $0.attentionBefore?.scaled(by: 100) },
        series(one, one.colour) { $0.attentionAfter?.scaled(by: 100) },
      ]
    }
    let correlation = Metric(condition: .patch(patch, .gray), kind: .correlation(.spearman))
    let means = attending.compactMap { estimate($0.variant, correlation) }.map {
      "\(NumberFormat.tick($0.mean)) (\(NumberFormat.tick($0.low)) to \(NumberFormat.tick($0.high)))"
    }
    let title =
      "rank correlation of attention and error increase"
      + (attending.count == 1 && means.count == 1 ? "; mean over joints \(means[0])" : "")
    return Charts(
      heading: Heading(
        "Attention and error, gray patch of \(patch) pixels",
        "Left: a joint's attention on the patch, mean over positions on the body. Right: whether its error increases "
          + "more where more of its attention was without the patch."), legend: attending.map(\.legend),
      key: "left, pale: attention there without the patch  ·  full: with the patch",
      columns: [
        ("", [IntervalRows(rows, shares, title: "share of the joint's attention on the patch, %")]),
        (
          "",
          [
            IntervalRows(
              rows, attending.map { series($0, $0.colour, \.spearman) }, title: title, minRange: 0.2)
          ]
        ),
      ])
  }
}
