import Bodies
public import Foundation
public import Pictures
public import Evaluation
import Sweeps
import Tensors

/// One page on a whole dataset: which joints suffer, and where the patch hurts on average
/// (`spec/occlusion-analysis.md` §5).
public struct SensitivityPage {
  private let sums: [DatasetSensitivity]
  private let dataset: String
  private let colours: Colormap

  /// A page on networks that were swept over the same pictures of a dataset.
  public init(_ sums: [DatasetSensitivity], dataset: String, colours: Colormap = .inferno) {
    precondition(!sums.isEmpty, "a page on no network")
    (self.sums, self.dataset, self.colours) = (sums, dataset, colours)
  }

  /// The page as a PDF, A4 landscape.
  public func pdf() -> Data {
    let canvas = Canvas(pdfWidth: Sheet.width, height: Sheet.height, title: "Penumbra: occlusion sensitivity")
    draw(on: canvas)
    return canvas.finishedPDF()
  }

  /// The page as a picture, twice as many pixels as points.
  public func picture(scale: Double = 2) -> Picture {
    let canvas = Canvas(pictureWidth: Sheet.width, height: Sheet.height, scale: scale)
    draw(on: canvas)
    return canvas.picture()
  }

  private func draw(on canvas: Canvas) {
    var sheet = Sheet(canvas, foot: "Penumbra \(Release.version)  ·  \(dataset)  ·  errors in millimetres")
    sheet.begin(
      "Occlusion sensitivity per joint",
      "\(dataset): means over \(sums[0].count) pictures, \(sums[0].sizes). Errors are distances from the true joints."
    )
    let area = Sheet.body
    let chart = Rect(area.x, area.y + 16, 440, area.height - 16)
    let shown = Array(sums.prefix(4))
    let legend = shown.enumerated().map { (colour: Colour.network($0), text: $1.network) }
    let end = Legend(entries: legend).draw(on: canvas, chart.x + 62, area.y + 6)
    canvas.text(
      "bar: mean over places  ·  line: to the worst place  ·  black tick: whole picture", end + 18,
      area.y + 6,
      .caption)
    let series = shown.enumerated().map { index, sum in
      let entries = Self.entries(sum)
      return BarChart.Series(
        name: sum.network, colour: .network(index), mean: entries.map { Double($0.meanMillimetres) },
        worst: entries.map { Double($0.worstMillimetres) }, clean: entries.map { Double($0.cleanMillimetres) }
      )
    }
    BarChart(
      rows: Self.entries(shown[0]).map { $0.joint.prefix(1).uppercased() + $0.joint.dropFirst() },
      series: series, title: "error, mm"
    ).draw(on: canvas, in: chart, labelWidth: 62)
    drawMaps(of: shown, on: canvas, Rect(chart.maxX + 34, area.y, area.maxX - chart.maxX - 34, area.height))
  }

  /// The published groups of joints where there are such, then all joints together.
  private static func entries(_ sum: DatasetSensitivity) -> [DatasetSensitivity.Entry] {
    (sum.groups.isEmpty ? sum.joints : sum.groups) + [sum.all]
  }

  /// The mean maps on one scale, two beside each other.
  private func drawMaps(of sums: [DatasetSensitivity], on canvas: Canvas, _ area: Rect) {
    let maps = sums.map(Self.map)
    let scale = Scale(covering: maps.flatMap(\.values))
    let rows = (sums.count + 1) / 2
    let columns = min(sums.count, 2)
    let gap = 14.0
    let side = min((area.width - gap) / 2, (area.height - 60) / Double(rows) - 22)
    for (index, map) in maps.enumerated() {
      let rect = Rect(
        area.x + Double(index % 2) * (side + gap), area.y + 14 + Double(index / 2) * (side + 22), side, side)
      canvas.text(sums[index].network, rect.x, rect.y - 4, .heading.coloured(.network(index)))
      let range = "\(Int((map.low ?? 0).rounded())) to \(Int((map.high ?? 0).rounded())) mm"
      canvas.text(range, rect.maxX, rect.y - 4, .caption, .right)
      canvas.draw(
        Heatmap(map, scale: scale, colours: colours).bitmap(), in: rect, smoothly: false, opacity: 1)
      canvas.frame(rect)
    }
    let bottom = area.y + 14 + Double(rows) * (side + 22) - 22
    let width = side * Double(columns) + gap * Double(columns - 1)
    ColourBar(scale: scale, colours: colours, title: "mean error over joints and pictures, mm")
      .drawAcross(on: canvas, in: Rect(area.x, bottom + 10, width, 24))
    canvas.paragraph(
      "The colour at a point is the mean error over joints and pictures when the patch is centred there in the crop: "
        + "people stand about its middle, each in a way of their own.", area.x, bottom + 46,
      width: area.width,
      .caption)
  }

  private static func map(_ sum: DatasetSensitivity) -> PlaceMap {
    let joints = sum.jointSet.count
    let values = sum.meanMap.elements
    let means = stride(from: 0, to: values.count, by: joints).map { start in
      1000 * values[start..<start + joints].reduce(0.0) { $0 + Double($1) } / Double(joints)
    }
    return PlaceMap(
      means, rowCentres: sum.rowCentres.map(Double.init), columnCentres: sum.columnCentres.map(Double.init),
      side: Double(sum.side))
  }
}
