import Bodies
import Pictures
import Sweeps

/// The map of every joint of one network, as the paper shows them.
extension Exhibit {
  func drawJointGrid(of entry: Entry, on sheet: inout Sheet, colours: Colormap) {
    let quantity = hasTruth ? "Error" : "Displacement"
    sheet.begin(
      "\(entry.label): \(quantity.lowercased()) of every joint",
      "\(name): \(quantity) of the joint\(hasTruth ? "" : " from the clean prediction") when the patch is centred "
        + "at a point; one scale for all joints\(entries.count > 1 ? " and networks" : "").")
    let canvas = sheet.canvas
    let count = info.jointSet.count
    let columns = count > 14 ? 6 : 5
    let rows = (count + columns - 1) / columns
    let noteWidth = 118.0
    let area = Sheet.body
    let (gap, head) = (9.0, 19.0)
    let side = min(
      (area.width - noteWidth - gap * Double(columns - 1)) / Double(columns),
      (area.height - head * Double(rows) - 4 * Double(rows - 1)) / Double(rows))
    let scale = jointScale
    for joint in 0..<count {
      let finding = entry.findings.joints[joint]
      let rect = Rect(
        area.x + Double(joint % columns) * (side + gap),
        area.y + head + Double(joint / columns) * (side + head + 4),
        side, side)
      let map = jointMap(entry, joint)
      let title = info.jointSet.jointTitles[joint]
      canvas.text(title, rect.x, rect.y - 11, TypeStyle(size: 7, isBold: true))
      if let seen = finding.visibility, seen != .visible {
        canvas.text("hidden", rect.maxX, rect.y - 11, .label.coloured(.truth), .right)
      }
      let range = [map.low, map.high].compactMap { $0.map { Numbers.whole(Float($0)) } }
        .joined(separator: "–")
      canvas.text(range + " mm", rect.x, rect.y - 3, .label.coloured(.muted))
      if hasTruth {
        canvas.text(
          "clean \(Numbers.whole(finding.cleanMillimetres))", rect.maxX, rect.y - 3, .label.coloured(.muted),
          .right)
      }
      Heatmap(map, scale: scale, colours: colours).draw(on: canvas, in: rect, over: entry.ground)
    }

    let x = area.maxX - noteWidth + 14
    let barHeight = min(220, area.height * 0.5)
    ColourBar(
      scale: scale, colours: colours,
      title: hasTruth ? "error of the joint, mm" : "displacement from the clean prediction, mm"
    ).drawUpward(on: canvas, in: Rect(x, area.y + head, noteWidth, barHeight))
    var y = area.y + head + barHeight + 26
    for note in notes(entry) {
      y = canvas.paragraph(note, x, y, width: noteWidth - 14, .caption) + 5
    }
  }

  private func notes(_ entry: Entry) -> [String] {
    var notes = [
      "Under each name: the least and the greatest number over all places"
        + (hasTruth ? ", and the error in the whole picture." : ".")
    ]
    if let hidden = entry.findings.hidden, !hidden.joints.isEmpty {
      notes.append("Hidden: the joint cannot be seen in the whole picture.")
    }
    if info.jointSet == .smpl24 {
      notes.append("Bodies are compared with their pelvises laid on each other, so the pelvis is always 0.")
    }
    return notes
  }
}
