import Bodies
public import Records

/// Findings of any number of networks on one picture, as a table for the terminal.
public struct FindingsTable: Sendable {
  private let findings: [Findings]
  private var isError: Bool { findings[0].clean.kind == .error }

  /// A table of the findings of sweeps that were made alike.
  public init(_ findings: [Findings]) { self.findings = findings }

  /// A table of what sweeps that were made alike have found, on the body by one silhouette.
  public init(of records: [SweepRecord]) { self.init(Findings.compared(records)) }

  /// The lines of the table: the headline numbers, then every joint.
  public var lines: [String] { headlines + [""] + jointLines }

  /// The headline numbers alone: a column for every network and, of several, their differences from the first.
  public var headlines: [String] {
    let silhouette = BodyRegionWords.silhouette(findings)
    return TextTable(headlineRows).lines + (silhouette.map { ["predicted body: \($0.text)"] } ?? [])
  }

  /// The cells of the headline numbers, row by row, the heads of the columns first.
  package var headlineRows: [[String]] {
    let labels = findings.map(\.network)
    let differences =
      labels.count == 2 ? ["difference"] : labels.dropFirst().map { "\($0) minus \(labels[0])" }
    var table = [[findings[0].quantity + ", mm"] + labels + differences]
    func row(_ title: String, isMaximum: Bool = false, _ value: (Findings) -> Float?) {
      let values = findings.map(value)
      if values.contains(where: { $0 != nil }) { table.append([title] + cells(values, isMaximum)) }
    }
    let (mean, increase) = ("mean over positions", isError ? "error increase, " : "")
    // Between bodies whose joints are defined apart, absolute errors are not what to read first.
    if findings.contains(where: { $0.displacement != nil }) {
      row("error increase, \(mean)") { $0.mean.millimetres - $0.clean.millimetres }
      row("displacement, \(mean)") { $0.displacement?.millimetres }
    }
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
    row("worst position, \(isError ? "PA-MPJPE" : "aligned")", isMaximum: true) {
      $0.worst.alignedMillimetres
    }
    if findings.contains(where: { $0.missed > 0 }) {
      row("nobody found, % of positions") { Float($0.missedShare * 100) }
    }
    for isOn in [true, false] {
      let words = BodyRegionWords(findings, isOn: isOn)
      guard words.isKnown else { continue }
      let values = findings.map { words.region(of: $0)?.increase?.millimetres }
      table.append(["\(increase)patch \(words.place)\(words.remark)"] + cells(values, false))
    }
    let seen = findings[0].visible?.joints.count ?? 0
    let unseen = findings[0].hidden?.joints.count ?? 0
    if isError { row("\(seen) visible joints, clean") { $0.visible?.clean?.millimetres } }
    row("\(seen) visible joints, \(mean)") { $0.visible?.mean?.millimetres }
    // What adversarial occlusion is ranked by: the joints that can be seen, at their worst position.
    if unseen > 0 {
      row("\(seen) visible joints, worst position", isMaximum: true) { $0.visible?.worst?.millimetres }
    }
    if isError { row("\(unseen) hidden joints, clean") { $0.hidden?.clean?.millimetres } }
    row("\(unseen) hidden joints, \(mean)") { $0.hidden?.mean?.millimetres }
    return table
  }

  private var jointLines: [String] { TextTable(jointRows).lines }

  /// For every joint and network the clean error, the mean and the maximum with the occluder, heads first.
  package var jointRows: [[String]] {
    let kinds = isError ? ["clean", "mean", "worst"] : ["mean", "worst"]
    let isKnown = findings[0].joints.contains { $0.visibility != nil }
    var table = [
      ["joint"] + (isKnown ? ["visible"] : [])
        + findings.flatMap { findings in kinds.map { "\(findings.network) \($0)" } }
    ]
    for (index, joint) in findings[0].joints.enumerated() {
      let values = findings.flatMap { findings -> [String] in
        let joint = findings.joints[index]
        // What is 0 by definition is so everywhere.
        let isLimit = findings.worstIsLowerLimit && joint.worstMillimetres > 0
        let sign = (isLimit ? Maximum.lowerLimit : .exact).sign
        return (isError ? [NumberFormat.tenths(joint.cleanMillimetres)] : [])
          + [NumberFormat.tenths(joint.meanMillimetres), sign + NumberFormat.tenths(joint.worstMillimetres)]
      }
      let name = joint.joint.replacing("_", with: " ")
      table.append([name] + (isKnown ? [Self.word(for: joint.visibility)] : []) + values)
    }
    return table
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
    let limits = findings.map { isMaximum && $0.worstIsLowerLimit }
    let cells = zip(values, limits).map { value, isLimit in
      (isLimit && value != nil ? "at least " : "") + NumberFormat.tenths(value)
    }
    return cells
      + zip(values, limits).dropFirst().map { value, isLimit in
        guard let value, let first = values[0] else { return NumberFormat.missing }
        return (isLimit || limits[0] ? "about " : "") + NumberFormat.signed(value - first)
      }
  }
}
