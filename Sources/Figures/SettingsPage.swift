import Bodies
import Foundation
import Sweeps

/// The last page: what was run on what, and what the words mean.
enum SettingsPage {
  static func draw(_ exhibits: [Exhibit], on sheet: inout Sheet) {
    sheet.begin(
      "Settings and definitions", "All that is needed to make this report again, and what its words mean.")
    let canvas = sheet.canvas
    let columns = Sheet.body.columns(2, gap: 34)
    drawSettings(exhibits, on: canvas, columns[0])
    drawDefinitions(exhibits, on: canvas, columns[1])
  }

  private static func drawSettings(_ exhibits: [Exhibit], on canvas: Canvas, _ area: Rect) {
    let info = exhibits[0].info
    var y = area.y + 8
    func heading(_ text: String) {
      y += 6
      canvas.text(text, area.x, y, .heading)
      canvas.line(area.x, y + 4, area.maxX, y + 4, .hairline)
      y += 16
    }
    func line(_ name: String, _ value: String) {
      guard y < area.maxY else { return }
      canvas.text(name, area.x, y, TypeStyle(size: 7.5, colour: .muted))
      y = canvas.paragraph(value, area.x + 92, y, width: area.width - 92, TypeStyle(size: 7.5), leading: 1.6)
    }
    heading("Sweep")
    line(
      "Occluder", "\(info.occluder.size) of 224 pixels, value \(info.occluder.value) in normalised colours")
    line("Stride", "\(info.grid.stride) of 224 pixels, \(info.grid.kind.rawValue) grid")
    line("Joints", "\(info.jointSet.rawValue), \(info.jointSet.count) joints")
    line(
      "Measured from",
      exhibits.allSatisfy(\.hasTruth)
        ? "the truth"
        : exhibits.contains(where: \.hasTruth)
          ? "the truth, where there is one; else the clean prediction" : "the clean prediction (no truth)")
    line("Body", "\(info.body.name)  \(info.body.fingerprint)")
    line(
      "Seed",
      info.tolerance == nil
        ? "\(info.seed); a sweep draws nothing at random"
        : "\(info.seed); draws the places that interpolation is checked at")
    line("Penumbra", info.penumbra)

    heading("Networks")
    var told: Set<String> = []
    for entry in exhibits.flatMap(\.entries) {
      let info = entry.record.info
      guard told.insert("\(entry.label) \(info.network.fingerprint)").inserted else { continue }
      line(entry.label, "\(info.head), \(info.side)-pixel crop")
      line("", "\(info.network.name)  \(info.network.fingerprint)")
      line("", info.sizes)
      if let filling = info.filling { line("", filling) }
      if let arithmetic = info.arithmetic { line("", arithmetic) }
      if let kernels = info.kernels { line("", kernels) }
    }

    heading("Pictures")
    for exhibit in exhibits {
      let info = exhibit.info
      let box =
        info.box.map {
          "box "
            + $0.map { "\($0.formatted(.number.grouping(.never).locale(Locale(identifier: "en_US_POSIX"))))" }
            .joined(separator: ",")
        } ?? "no box"
      line(exhibit.name, "\(box), crop of \(info.crop)  \(info.picture.fingerprint)")
      line("", info.truth.map { "truth \($0.name)  \($0.fingerprint)" } ?? "no truth")
    }
  }

  private static func drawDefinitions(_ exhibits: [Exhibit], on canvas: Canvas, _ area: Rect) {
    var y = area.y + 14
    canvas.text("Definitions", area.x, y, .heading)
    canvas.line(area.x, y + 4, area.maxX, y + 4, .hairline)
    y += 16
    for (term, meaning) in definitions(exhibits) {
      canvas.text(term, area.x, y, TypeStyle(size: 7.5, isBold: true))
      y =
        canvas.paragraph(meaning, area.x + 92, y, width: area.width - 92, TypeStyle(size: 7.5), leading: 1.4)
        + 4
    }
  }

  private static func definitions(_ exhibits: [Exhibit]) -> [(String, String)] {
    let hasTruth = exhibits.allSatisfy(\.hasTruth)
    let isAdaptive = exhibits.contains { $0.entries.contains { $0.record.info.tolerance != nil } }
    var list: [(String, String)] = [
      (
        "Map",
        "One number for every place of the patch, drawn as a rectangle around the true centre of the patch, halfway "
          + "to the neighbouring centres. Nothing is smoothed"
          + (isAdaptive
            ? "; places that were not worked out are interpolated between those that were." : ".")
      ),
      (
        "Patch",
        "A square of one colour laid over the crop before the network sees it. Sizes are told in pixels of a "
          + "224-pixel crop and scaled to the network's own."
      ),
      (
        "Mean map", "The mean over all joints at every place. Networks that are compared share one scale."
      ),
      (
        "Difference",
        "The second network's mean map less the first's. Positive numbers: the second is "
          + (hasTruth ? "further off." : "moved more.")
      ),
    ]
    if hasTruth {
      list += [
        (
          "MPJPE",
          "Mean distance of predicted from true joints in space, millimetres, after laying the pelvises on each other."
        ),
        (
          "PA-MPJPE",
          "The same after the similarity transform (rotation, scale, shift) that fits the prediction to the truth best."
        ),
        ("Rise", "The error with the patch less the error in the whole picture."),
      ]
    } else {
      list.append(
        (
          "Displacement",
          "No truth was given. Every number is the displacement from the clean prediction: the distance of a joint "
            + "from where the same network puts it in the whole picture, pelvises laid on each other."
        ))
    }
    list += [
      (
        "On the body",
        "Places where the patch's centre lies on the body as the crop shows it: the silhouette of the "
          + (exhibits.allSatisfy { $0.info.maskOf == .truth }
            ? "true body." : "network's own clean prediction.")
      ),
      (
        "Hidden joints",
        "Joints that the whole picture does not show: another part of the body or an object lies in front, or they "
          + "fall outside. Known for pictures whose truth tells it."
      ),
      (
        "Attention",
        "For every joint the weight that part attention gives to each position of its feature map; the weights sum "
          + "to 1. A pooled network has none: it weighs all positions alike."
      ),
      (
        "Worst places",
        "The places of the greatest mean over joints whose patches do not overlap, the worst first."
      ),
    ]
    return list
  }
}
