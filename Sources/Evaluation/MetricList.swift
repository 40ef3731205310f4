extension Metric {
  /// All metrics of a measurement, in the order of tables.
  public static func all(_ settings: OcclusionRobustness.Settings) -> [Metric] {
    var all: [Metric] = cleanErrors.map { Metric(condition: .clean, kind: .error, $0) }
    if settings.objects {
      all += (cleanErrors + [(.none, .occludedJoints)]).flatMap { error in
        [.error, .increase].map { Metric(condition: .objects, kind: $0, error) }
      }
    }
    let gray: [Condition] = settings.fills.contains(.gray) ? settings.patches.map { .patch($0, .gray) } : []
    let textured: [Condition] =
      settings.fills.contains(.textured) ? settings.patches.map { .patch($0, .textured) } : []
    for patch in gray {
      all += errors(under: patch, .all)
      if !textured.isEmpty { all += errors(under: patch, .coarse) }
    }
    for patch in textured { all += errors(under: patch, .coarse) }
    for patch in gray { all += observations(under: patch) }
    return all
  }

  private typealias CleanError = (alignment: Alignment, points: Points)

  /// MPJPE, PA-MPJPE and PVE.
  private static var cleanErrors: [CleanError] {
    [(.none, .joints), (.procrustes, .joints), (.none, .vertices)]
  }

  private init(condition: Condition, kind: Kind, _ error: CleanError) {
    self.init(condition: condition, kind: kind, alignment: error.alignment, points: error.points)
  }

  private static func errors(under patch: Condition, _ region: Region) -> [Metric] {
    let kinds: [(Alignment, Statistic)] = [
      (.none, .mean), (.none, .worst), (.procrustes, .mean), (.procrustes, .worst),
    ]
    return kinds.flatMap { alignment, statistic in
      [.error, .increase].map {
        Metric(condition: patch, kind: $0, region: region, statistic: statistic, alignment: alignment)
      }
    }
  }

  /// What the observations of PARE are about: the body and beside it, visible and hidden joints, attention.
  private static func observations(under patch: Condition) -> [Metric] {
    let regions: [Region] = [.body, .edge, .background]
    let groups = [Points.visibleJoints, .hiddenJoints].flatMap { points in
      [Region.covered, .elsewhere, .elsewhereOnBody].map { (region: $0, points: points) }
    }
    let attention = Moment.allCases.map(Kind.attentionShare) + Coefficient.allCases.map(Kind.correlation)
    return regions.map { Metric(condition: patch, kind: .increase, region: $0) }
      + [Metric(condition: patch, kind: .difference, region: .bodyMinusBackground)]
      + groups.map { Metric(condition: patch, kind: .increase, region: $0.region, points: $0.points) }
      + [
        Metric(condition: patch, kind: .difference, region: .covered, points: .visibleMinusHiddenJoints)
      ] + attention.map { Metric(condition: patch, kind: $0) }
  }
}
