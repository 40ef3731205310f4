import Bodies
import Foundation
import Sweeps

/// Findings of one or several networks on one picture, as a table for people.
struct FindingsTable {
  private let findings: [Findings]
  private var isError: Bool { findings[0].clean.kind == .error }

  /// A table of the findings of sweeps that were made alike.
  init(_ findings: [Findings]) { self.findings = findings }

  /// The lines of the table: the headline numbers, then every joint.
  var lines: [String] {
    let labels = findings.map(\.network)
    let columns = labels + (findings.count == 2 ? ["difference"] : [])
    var table: [[String]] = [[findings[0].quantity + ", mm"] + columns]
    func row(_ title: String, _ value: (Findings) -> Float?) {
      let values = findings.map(value)
      guard values.contains(where: { $0 != nil }) else { return }
      table.append([title] + cells(values))
    }
    if isError {
      row("clean, MPJPE") { $0.clean.millimetres }
      row("clean, PA-MPJPE") { $0.clean.alignedMillimetres }
      row("mean over places, MPJPE") { $0.mean.millimetres }
      row("mean over places, PA-MPJPE") { $0.mean.alignedMillimetres }
    } else {
      row("mean over places") { $0.mean.millimetres }
      row("mean over places, aligned") { $0.mean.alignedMillimetres }
    }
    row("worst place") { $0.worst.millimetres }
    row("rise, patch on the body") { $0.onBody.rise?.millimetres }
    row("rise, patch off the body") { $0.offBody.rise?.millimetres }
    let seen = findings[0].visible?.joints.count ?? 0
    let unseen = findings[0].hidden?.joints.count ?? 0
    if isError { row("\(seen) visible joints, clean") { $0.visible?.clean?.millimetres } }
    row("\(seen) visible joints, mean over places") { $0.visible?.mean?.millimetres }
    if isError { row("\(unseen) hidden joints, clean") { $0.hidden?.clean?.millimetres } }
    row("\(unseen) hidden joints, mean over places") { $0.hidden?.mean?.millimetres }
    return aligned(table) + [""] + jointLines
  }

  /// Per joint and network the error without the patch, the mean and the worst with it.
  private var jointLines: [String] {
    let kinds = isError ? ["clean", "mean", "worst"] : ["mean", "worst"]
    let isKnown = findings[0].joints.contains { $0.visibility != nil }
    var table = [
      ["joint"] + (isKnown ? ["seen"] : [])
        + findings.flatMap { findings in kinds.map { "\(findings.network) \($0)" } }
    ]
    for (index, joint) in findings[0].joints.enumerated() {
      let values = findings.flatMap { findings -> [Float] in
        let joint = findings.joints[index]
        return (isError ? [joint.cleanMillimetres] : []) + [joint.meanMillimetres, joint.worstMillimetres]
      }
      let seen =
        switch joint.visibility {
        case .visible: "yes"
        case .selfOccluded: "self"
        case .hiddenByObject: "object"
        case .outsidePicture: "outside"
        case nil: ""
        }
      table.append(
        [joint.joint.replacing("_", with: " ")] + (isKnown ? [seen] : []) + values.map { format($0) })
    }
    return aligned(table)
  }

  private func cells(_ values: [Float?]) -> [String] {
    var cells = values.map { $0.map { format($0) } ?? "–" }
    if values.count == 2 {
      if let a = values[0], let b = values[1] {
        cells.append(format(b - a, signed: true))
      } else {
        cells.append("–")
      }
    }
    return cells
  }

  private func format(_ value: Float, signed: Bool = false) -> String {
    String(format: signed ? "%+.1f" : "%.1f", value)
  }

  /// Columns of one width, the first flush left.
  private func aligned(_ table: [[String]]) -> [String] {
    let widths = table[0].indices.map { column in table.map { $0[column].count }.max() ?? 0 }
    return table.map { row in
      row.enumerated().map { column, cell in
        let space = String(repeating: " ", count: widths[column] - cell.count)
        return column == 0 ? cell + space : space + cell
      }.joined(separator: "  ")
    }
  }
}
