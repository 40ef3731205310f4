import Bodies
public import Records

/// Findings of any number of networks on one picture, as a table for the terminal.
public struct FindingsTable: Sendable {
  private let findings: [Findings]
  private let lowerLimits: Set<Int>
  private var isError: Bool { findings[0].clean.kind == .error }

  /// A table of the findings of sweeps that were made alike.
  ///
  /// - Parameter lowerLimits: the places of adaptive sweeps among them, whose maxima are lower limits.
  public init(_ findings: [Findings], lowerLimits: Set<Int> = []) {
    (self.findings, self.lowerLimits) = (findings, lowerLimits)
  }

  /// The lines of the table: the headline numbers, then every joint.
  public var lines: [String] { headlines + [""] + jointLines }

  /// The headline numbers alone: a column for every network and, of several, their differences from the first.
  public var headlines: [String] {
    let labels = findings.map(\.network)
    let differences =
      labels.count == 2 ? ["difference"] : labels.dropFirst().map { "\($0) minus \(labels[0])" }
    var table = [[findings[0].quantity + ", mm"] + labels + differences]
    func row(_ title: String, isMaximum: Bool = false, _ value: (Findings) -> Float?) {
      let values = findings.map(value)
      if values.contains(where: { $0 != nil }) { table.append([title] + cells(values, isMaximum)) }
    }
    let (mean, increase) = ("mean over positions", isError ? "error increase, " : "")
    if isError {
      row("clean, MPJPE") { $0.clean.millimetres }
      row("clean, PA-MPJPE") { $0.clean.alignedMillimetres }
      row("\(mean), MPJPE") { $0.mean.millimetres }
      row("\(mean), PA-MPJPE") { $0.mean.alignedMillimetres }
    } else {
      row(mean) { $0.mean.millimetres }
      row("\(mean), aligned") { $0.mean.alignedMillimetres }
    }
    row("worst position" + (isError ? ", MPJPE" : ""), isMaximum: true) { $0.worst.millimetres }
    row("\(increase)patch on the body") { $0.onBody?.increase?.millimetres }
    row("\(increase)patch off the body") { $0.offBody?.increase?.millimetres }
    let seen = findings[0].visible?.joints.count ?? 0
    let unseen = findings[0].hidden?.joints.count ?? 0
    if isError { row("\(seen) visible joints, clean") { $0.visible?.clean?.millimetres } }
    row("\(seen) visible joints, \(mean)") { $0.visible?.mean?.millimetres }
    if isError { row("\(unseen) hidden joints, clean") { $0.hidden?.clean?.millimetres } }
    row("\(unseen) hidden joints, \(mean)") { $0.hidden?.mean?.millimetres }
    return TextTable(table).lines
  }

  /// For every joint and network the clean error, the mean and the maximum with the occluder.
  private var jointLines: [String] {
    let kinds = isError ? ["clean", "mean", "worst"] : ["mean", "worst"]
    let isKnown = findings[0].joints.contains { $0.visibility != nil }
    var table = [
      ["joint"] + (isKnown ? ["visible"] : [])
        + findings.flatMap { findings in kinds.map { "\(findings.network) \($0)" } }
    ]
    for (index, joint) in findings[0].joints.enumerated() {
      let values = findings.flatMap { findings -> [Float] in
        let joint = findings.joints[index]
        return (isError ? [joint.cleanMillimetres] : []) + [joint.meanMillimetres, joint.worstMillimetres]
      }
      let name = joint.joint.replacing("_", with: " ")
      table.append(
        [name] + (isKnown ? [Self.word(for: joint.visibility)] : []) + values.map { NumberFormat.tenths($0) })
    }
    return TextTable(table).lines
  }

  private static func word(for visibility: Visibility?) -> String {
    switch visibility {
    case .visible: "yes"
    case .selfOccluded: "self"
    case .hiddenByObject: "object"
    case .outsidePicture: "outside"
    case nil: ""
    }
  }

  private func cells(_ values: [Float?], _ isMaximum: Bool) -> [String] {
    let cells = values.enumerated().map { index, value in
      (isMaximum && lowerLimits.contains(index) && value != nil ? "at least " : "")
        + NumberFormat.tenths(value)
    }
    return cells
      + values.dropFirst().map { value in
        value.flatMap { value in values[0].map { NumberFormat.signed(value - $0) } } ?? NumberFormat.missing
      }
  }
}

extension FindingsTable {
  /// A table of what sweeps that were made alike have found.
  public init(of records: [SweepRecord]) {
    self.init(
      records.map { Findings($0) },
      lowerLimits: Set(records.indices.filter { records[$0].settings.tolerance != nil }))
  }
}
