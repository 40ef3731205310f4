import Foundation
import Sweeps

/// How numbers are written in figures and tables.
enum Numbers {
  /// Whole millimetres, with a true minus.
  static func whole(_ value: Float) -> String {
    let text = String(format: "%.0f", abs(Double(value)))
    return value < 0 && text != "0" ? "−" + text : text
  }

  /// A tenth of a millimetre.
  static func tenths(_ value: Float) -> String {
    let text = String(format: "%.1f", abs(Double(value)))
    return value < 0 && text != "0.0" ? "−" + text : text
  }

  /// With a sign in front, for rises and differences.
  static func signed(_ value: Float) -> String {
    let text = tenths(value)
    return text == "0.0" ? text : value < 0 ? text : "+" + text
  }
}

extension Exhibit {
  /// The table of a picture: what the patch does to every network, and the difference between the first two.
  var headlineTable: Table {
    var columns = entries.map { (title: $0.label, colour: $0.colour) }
    if comparison != nil { columns.append((title: "diff.", colour: .muted)) }
    var rows: [Table.Row] = []
    func row(_ label: String, isRise: Bool = false, _ value: (Findings) -> Float?) {
      let values = entries.map { value($0.findings) }
      guard values.contains(where: { $0 != nil }) else { return }
      var cells = values.map { $0.map { isRise ? Numbers.signed($0) : Numbers.tenths($0) } ?? "–" }
      var stressed: Int?
      if comparison != nil, let a = values[0], let b = values[1] {
        cells.append(Numbers.signed(b - a))
        stressed = abs(b - a) < 0.05 ? nil : b < a ? 1 : 0
      }
      rows.append(Table.Row(label: label, cells: cells, stressed: stressed))
    }
    func heading(_ label: String) { rows.append(Table.Row(label: label, cells: [], isHeading: true)) }

    heading(hasTruth ? "MPJPE, mm" : "Displacement from the clean prediction, mm")
    if hasTruth { row("Whole picture") { $0.clean.millimetres } }
    row("Patch: mean") { $0.mean.millimetres }
    row("Patch: worst place") { $0.worst.millimetres }
    row(hasTruth ? "Rise on the body" : "Patch on the body", isRise: hasTruth) {
      $0.onBody.rise?.millimetres
    }
    row(hasTruth ? "Rise off the body" : "Patch off the body", isRise: hasTruth) {
      $0.offBody.rise?.millimetres
    }
    row("Visible joints") { $0.visible?.mean?.millimetres }
    row("Hidden joints") { $0.hidden?.mean?.millimetres }
    heading(hasTruth ? "PA-MPJPE, mm" : "The same, Procrustes-aligned")
    if hasTruth { row("Whole picture") { $0.clean.alignedMillimetres } }
    row("Patch: mean") { $0.mean.alignedMillimetres }
    row("Patch: worst place") { $0.worst.alignedMillimetres }
    return Table(columns: columns, rows: rows)
  }
}
