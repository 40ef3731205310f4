import Bodies
import Records

/// Words of the page on which a picture is explored that no page on paper has.
package enum ExplorerWords {
  /// Short words by the names that the page knows them by; `{}`, `{a}` and `{b}` are filled in there.
  package static let all = [
    "clean": "clean {}", "missed": ColourKey.missed, "mean": "mean over joints",
    "limit": Maximum.lowerLimit.sign, "approximate": Maximum.approximate.sign,
    "interpolated": "interpolated", "missing": NumberFormat.missing, "minus": "−", "plus": "+",
    "difference": "{a} minus {b}", "shortDifference": "minus {b}",
  ]

  /// Why there is no map of a difference.
  package static let noDifference =
    "The occluder was not at the same positions of the picture: no difference."

  /// Why a network has no numbers for a place.
  package static let outside = "none of the occluder is in what it sees."

  /// What is said of how numbers are kept.
  package static func steps(values: [Double], joints: [Double]) -> String {
    func list(_ steps: [Double]) -> String {
      Set(steps).sorted().map(RecordSummary.plain).joined(separator: " or ")
    }
    let text = "Values are kept in steps of \(list(values)) mm"
    return joints.isEmpty ? "\(text)." : "\(text), joints in steps of \(list(joints)) mm."
  }

  /// What is said where positions are left out.
  package static func every(_ count: Int) -> String {
    "Of the positions every \(ordinal(count)) down and across is kept here, and those of the worst positions; legends, "
      + "tables and worst positions are of all."
  }

  private static func ordinal(_ count: Int) -> String {
    let isTeen = (11...13).contains(count % 100)
    return "\(count)\(isTeen ? "th" : [1: "st", 2: "nd", 3: "rd"][count % 10] ?? "th")"
  }

  /// The words that a page on some reports defines.
  ///
  /// Without ground truth nothing is said of errors.
  package static func glossary(_ reports: [PictureReport]) -> [Definition] {
    let hasTruth = reports.contains(where: \.hasTruth)
    let words = [
      Glossary.occluder, Glossary.position, Glossary.unoccludedImage, Glossary.cleanPrediction,
      Glossary.groundTruth, Glossary.error, Glossary.cleanError, Glossary.errorIncrease,
      Glossary.displacement, Glossary.mpjpe, Glossary.paMPJPE, Glossary.pelvisAlignment,
      Glossary.procrustesAlignment, Glossary.meanMap, Glossary.jointMap, Glossary.differenceMap,
      Glossary.scale, Glossary.worstPositions, Glossary.hiddenJoint, Glossary.interpolatedPosition,
    ]
    return words.filter { word in
      hasTruth || !"\(word.term) \(word.meaning)".contains(/error|MPJPE/)
    }
  }
}

extension PictureReport {
  /// What numbers are measured from.
  package var referenceTitle: String { hasTruth ? "ground truth" : "clean prediction" }

  /// The headline of the worst positions.
  package var worstTitle: String { "Worst positions of the \(occluder)" }

  /// Which positions they are.
  package var worstNote: String {
    "The maxima of the mean \(shortQuantity) over the joints; the \(occluders) do not overlap."
  }

  /// For every measured joint "hidden", where the unoccluded image does not show it, else nothing; nil where that is not
  /// known.
  package func hiddenWords(_ entry: Entry) -> [String]? {
    entry.record.notes.visibility.map { $0.map { $0 == .visible ? "" : "hidden" } }
  }

  /// What else is to be said of a network: where it found nobody, and whether it knows where it goes wrong.
  package func facts(_ entry: Entry) -> [String] {
    (entry.findings.missed > 0 ? PairedMapsPage.missLines(entry.findings) : [])
      + PairedMapsPage.correlationLines(entry.findings)
  }

  /// How far interpolated numbers may be off on average, "± 0.8 mm"; nil where that is not known.
  package func interpolationText(_ entry: Entry) -> String? {
    entry.record.notes.interpolation?.meanMillimetres.map { "± \(NumberFormat.tenths($0)) mm" }
  }
}
