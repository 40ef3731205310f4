import Sweeps

extension ExperimentReport {
  func drawDefinitions(on sheet: inout Sheet) {
    sheet.begin("Settings and definitions", "What was measured on whom, and what the words mean.")
    let canvas = sheet.canvas
    let columns = Sheet.body.columns(2, gap: 34)
    let termStyle = TypeStyle(size: 7.5, isBold: true)
    func list(_ title: String, _ entries: [(String, String)], _ area: Rect, _ start: Double) -> Double {
      let indent = max(96, 12 + (entries.map { canvas.width(of: $0.0, termStyle) }.max() ?? 0))
      var y = start + 8
      canvas.text(title, area.x, y, .heading)
      canvas.line(area.x, y + 4, area.maxX, y + 4, .hairline)
      y += 16
      for (index, (term, meaning)) in entries.enumerated() {
        if index > 0, !term.isEmpty { y += 3 }
        canvas.text(term, area.x, y, termStyle)
        y =
          canvas.paragraph(
            meaning, area.x + indent, y, width: area.width - indent, TypeStyle(size: 7.5), leading: 1.4)
      }
      return y
    }
    let settings = summary.settings
    let networks = summary.variants.flatMap { variant in
      zip(variant.runs, variant.fingerprints).enumerated().map { index, run in
        (index == 0 ? variant.name : "", "\(run.0)  \(run.1)")
      }
    }
    let y = list(
      "Settings",
      [
        (
          "People",
          "\(settings.people), seed \(settings.seed), before panoramas that no network learned from"
            + (settings.behindObjects ? ", everybody behind one to three objects" : "")
        ),
        (
          "Patches",
          settings.patches.map(String.init).joined(separator: ", ") + " of 224 pixels, centred grid"
        ),
        (
          "Places",
          "every \(settings.stride) of 224 pixels; coarse: one in \(settings.texturedEvery) of these"
        ),
        (
          "Bounds",
          "\(summary.resamples) draws of people"
            + (summary.variants.contains { $0.runs.count > 1 } ? " and seeds" : "")
        ),
        ("Reference", summary.reference ?? "none"), ("Penumbra", Release.version),
      ], columns[0], columns[0].y)
    _ = list("Networks", Array(networks.prefix(30)), columns[0], y + 6)
    _ = list("Definitions", definitions, columns[1], columns[1].y)
  }

  private var definitions: [(String, String)] {
    [
      (
        "MPJPE",
        "Mean distance of predicted from true joints, 24 of them, with the pelvises laid on each other."
      ),
      ("PA-MPJPE", "The same after the similarity transform that fits the prediction to the truth best."),
      ("PVE", "Mean distance of the vertices, with the pelvises laid on each other."),
      ("Rise", "The error with the patch less the error of the same network in the whole picture."),
      (
        "Worst place",
        "Of every picture the place of the greatest mean over joints; MPJPE and PA-MPJPE each have their own."
      ),
      ("Gray patch", "A square of ImageNet's mean colour."),
      (
        "Textured patch",
        "A square out of a panorama that stands behind nobody here, another for every person."
      ),
      (
        "On the body",
        "The centre of the patch lies on the person; over its edge: the patch covers some of the person, its centre does not lie there; background: it covers nothing of the person."
      ),
      (
        "Visible, hidden",
        "Whether the picture without a patch shows the joint; "
          + (summary.settings.behindObjects
            ? "the body itself, an object or another person hides it."
            : "nothing stands before these people, so what hides a joint is the body itself.")
          + " The pelvis is left out."
      ),
      (
        "Covered",
        "The patch lies on the joint's place in the picture. A part is covered when the patch hides at least half of what is seen of it."
      ),
      ("Influence", "Mean of a joint's rise over the places where a part is covered, then over people."),
      (
        "Attention",
        "For every joint the weights that part attention gives to the cells of its map; they sum to 1. A cell that the patch covers in part counts in part."
      ),
      (
        "Bounds",
        "Between the 2.5th and the 97.5th hundredth of means over people drawn again with replacement. Differences draw the same people for both networks. Of several seeds every draw is shifted by a normal deviation times the standard error of the seeds' means, and the bounds lie as much farther apart as Student's do."
      ),
    ]
  }
}
