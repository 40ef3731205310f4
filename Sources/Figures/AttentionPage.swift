import Bodies
import Pictures
import Sweeps
import Tensors

/// Where a part-attention network looks for every joint, with and without the patch, beside the error map.
extension Exhibit {
  /// The joints shown, at most: two blocks of six rows.
  private static let shownJoints = 12

  func drawAttention(of entry: Entry, on sheet: inout Sheet, colours: Colormap) {
    guard let clean = entry.record.cleanAttention, let worst = entry.record.worstAttention else { return }
    sheet.begin(
      "\(entry.label): where it looks and where it \(hasTruth ? "errs" : "moves")",
      "\(name): where the network looks for a joint in the whole picture and with the patch at its three worst "
        + "places, beside the joint's map. The \(Self.shownJoints) joints with the greatest \(shortQuantity)."
    )
    let canvas = sheet.canvas
    let area = Sheet.body
    let rows = Self.shownJoints / 2
    let (gap, blockGap, labels) = (5.0, 26.0, 46.0)
    let block = (area.width - blockGap) / 2
    let places = entry.record.worstPlaces().prefix(worst.shape[0])
    let side = min((block - labels - gap * 4) / 5, (area.height - 48) / Double(rows) - 8)
    let jointScale = jointScale
    let joints = jointsByWorst(entry).prefix(Self.shownJoints)
    for half in 0..<2 {
      let x = area.x + Double(half) * (block + blockGap) + labels
      let titles = ["attention, clean"] + places.indices.map { "patch \($0 + 1)" } + [shortQuantity]
      for (column, title) in titles.enumerated() {
        canvas.text(title, x + Double(column) * (side + gap) + side / 2, area.y + 6, .caption, .centre)
      }
    }
    for (order, joint) in joints.enumerated() {
      let x = area.x + Double(order / rows) * (block + blockGap)
      let y = area.y + 12 + Double(order % rows) * (side + 8)
      canvas.paragraph(
        info.jointSet.jointTitles[joint], x, y + side / 2 - 2, width: labels - 4, .label.bold(), leading: 1.25
      )
      let part = info.jointSet.smplJoints[joint].rawValue
      let weights =
        [attentionMap(clean, part, entry)]
        + places.indices.map { attentionMap(Self.at($0, worst), part, entry) }
      let greatest = weights.compactMap(\.high).max() ?? 1
      let maps = weights.map { $0.scaled(by: 1 / max(greatest, 1e-12)) }
      let scale = Scale(covering: [0, 1])
      for (column, map) in maps.enumerated() {
        let rect = Rect(x + labels + Double(column) * (side + gap), y, side, side)
        Heatmap(map, scale: scale, colours: .viridis, opacity: 0.66).draw(
          on: canvas, in: rect, over: entry.ground)
        if column > 0 {
          let patch = patch(entry, at: places[column - 1], in: rect)
          canvas.clipped(to: rect) { canvas.frame(patch, .white, width: 0.9) }
        }
      }
      let last = Rect(x + labels + Double(maps.count) * (side + gap), y, side, side)
      Heatmap(jointMap(entry, joint), scale: jointScale, colours: colours).draw(
        on: canvas, in: last, over: entry.ground)
    }
    let y = area.maxY - 26
    ColourBar(
      scale: Scale(covering: [0, 1]), colours: .viridis, title: "attention, share of the greatest in the row"
    )
    .drawAcross(on: canvas, in: Rect(area.x + labels, y, 220, 24))
    ColourBar(
      scale: jointScale, colours: colours,
      title: hasTruth ? "error of the joint, mm" : "displacement from the clean prediction, mm"
    ).drawAcross(on: canvas, in: Rect(area.x + labels + 260, y, 220, 24))
  }

  private func jointsByWorst(_ entry: Entry) -> [Int] {
    let joints = entry.findings.joints
    return joints.indices.sorted {
      (joints[$0].worstMillimetres, $1) > (joints[$1].worstMillimetres, $0)
    }
  }

  /// One joint's attention over the crop.
  private func attentionMap(_ attention: Tensor, _ part: Int, _ entry: Entry) -> PlaceMap {
    let (rows, columns) = (attention.shape[0], attention.shape[1])
    let side = Double(entry.record.info.side)
    let values = attention.withElements { values in
      (0..<rows * columns).map { Double(values[$0 * attention.shape[2] + part]) }
    }
    return PlaceMap(
      values, rowCentres: (0..<rows).map { (Double($0) + 0.5) * side / Double(rows) },
      columnCentres: (0..<columns).map { (Double($0) + 0.5) * side / Double(columns) }, side: side)
  }

  private static func at(_ index: Int, _ attention: Tensor) -> Tensor {
    attention.rows(index..<index + 1).reshaped(Array(attention.shape.dropFirst()))
  }
}
