import Evaluation
import Sweeps

extension ExperimentReport {
  func drawDefinitions(on sheet: inout Sheet) {
    sheet.begin("Settings and definitions", "What was measured on whom, and the definitions of terms.")
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
          "\(settings.people), seed \(settings.seed), before panoramas that no network was trained on"
            + (settings.behindObjects ? ", everybody behind one to three objects" : "")
        ),
        (
          "Patches",
          settings.patches.map(String.init).joined(separator: ", ") + " of 224 pixels, centred grid"
        ),
        (
          "Positions",
          "every \(settings.stride) of 224 pixels; coarse: one in \(settings.texturedEvery) of these"
        ),
        (
          "Intervals",
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
        "Mean distance of predicted joints from the ground truth, 24 joints, after pelvis alignment."
      ),
      (
        "PA-MPJPE",
        "The MPJPE after Procrustes alignment, the similarity transform that fits the prediction to the ground truth best."
      ),
      ("PVE", "Mean distance of predicted vertices from those of the true body, after pelvis alignment."),
      (
        "Error increase (Δ)", "The error with the patch minus the clean error of the same network."
      ),
      (
        "Worst position",
        "For each picture the position of the maximum of the mean over joints; MPJPE and PA-MPJPE each have their own."
      ),
      ("Gray patch", "A square of ImageNet's mean colour."),
      (
        "Textured patch",
        "A square out of a panorama that is behind nobody in the measurement, another for every person."
      ),
      (
        "On the body",
        "The patch's centre is on the body; over its edge: the patch covers some of the person, but its centre is not on the body; background: it covers nothing of the person."
      ),
      (
        "Visible, hidden",
        "Whether the unoccluded image shows the joint; "
          + (summary.settings.behindObjects
            ? "the body itself, an object or another person hides it."
            : "nothing is in front of these people, so only the body itself hides joints.")
          + " The pelvis is left out."
      ),
      (
        "Covered",
        "The joint's position in the image is under the patch. A part is covered when the patch hides at least half of the pixels that show it."
      ),
      (
        "Influence",
        "Mean error increase of one joint over the positions at which the patch covers one part, then over people."
      ),
      (
        "Attention",
        "For every joint, the weights that part attention gives to the cells of its feature map; they sum to 1. A cell that is covered in part counts in part."
      ),
      (
        "95 % confidence interval",
        "The range from the 2.5th to the 97.5th percentile of means over people drawn again with replacement. Differences draw the same people for both networks. With several seeds each draw is shifted by a normal deviate times the standard error of the seeds' means, and the interval is widened as by Student's distribution."
      ),
    ]
  }
}
