import Bodies
import Evaluation
import Records

extension ExperimentPages {
  /// The last page: what was measured on whom, and what the words mean.
  public var settings: SettingsPage {
    SettingsPage(
      heading: Heading("Settings and definitions", "What was measured, on whom, and what the words mean."),
      sections: [measurement, networks], definitions: definitions)
  }

  private var measurement: SettingsPage.Section {
    let settings = summary.settings
    let behind = settings.behindObjects ? ", everybody behind one to three objects" : ""
    let isRepeated = summary.variants.contains { $0.runs.count > 1 }
    return .init(
      title: "Settings",
      lines: [
        (
          "People",
          "\(settings.people), seed \(settings.seed), in front of held-out panoramas\(behind)"
        ),
        (
          "Patches",
          "\(settings.patches.map(String.init).joined(separator: ", ")) of 224 pixels, centred grid"
        ),
        (
          "Positions",
          "every \(settings.stride) of 224 pixels; coarse: one in \(settings.texturedEvery) of these, down and across"
        ),
        ("95 % intervals", "\(summary.resamples) bootstrap draws of people\(isRepeated ? " and seeds" : "")"),
        ("Reference", summary.reference.map { Phrase(name: $0) } ?? "none"),
        ("Penumbra", "\(Release.version)"),
      ])
  }

  private var networks: SettingsPage.Section {
    .init(
      title: "Networks",
      lines: summary.variants.flatMap { variant in
        zip(variant.runs, variant.fingerprints).enumerated().map { index, run in
          (index == 0 ? Phrase(name: variant.name) : "", "\(name: run.0)  \(run.1)")
        }
      })
  }

  private var definitions: [(String, String)] {
    let hides =
      summary.settings.behindObjects
      ? "the body itself, an object or another person hides it."
      : "nothing is in front of these people, so only the body itself hides joints."
    return [
      (
        Glossary.mpjpe.title,
        Glossary.mpjpe.meaning.prefix { $0 != ";" } + "." + (SettingsPage.rootNote(skeleton) ?? "")
      ), define(Glossary.paMPJPE), define(Glossary.pve),
      define(Glossary.errorIncrease, as: "Error increase (Δ)"),
      (
        Glossary.worstPosition.title,
        "The position of the maximum of the quantity that the row names; MPJPE and PA-MPJPE each have their own."
      ), define(Glossary.grayPatch), define(Glossary.texturedPatch),
      (
        Glossary.onTheBody.title,
        "The patch's centre is on the person. Edge: the patch covers some of the person, but its centre is not on the "
          + "body. Background: it covers nothing of the person."
      ),
      (
        "Visible, hidden",
        "Whether the unoccluded image shows the joint; \(hides) The \(skeleton.rootTitle) is left out."
      ),
      (
        "Covered",
        "The position of the joint in the image is under the patch. A part is covered when the patch hides at least half "
          + "of the pixels that show it."
      ), define(Glossary.influence),
      (
        Glossary.attention.title,
        "\(Glossary.attention.meaning) A cell that is covered in part counts in part."
      ),
      (
        Glossary.confidenceInterval.title,
        "The range from the 2.5th to the 97.5th percentile of means over people drawn again with replacement. "
          + "Differences draw the same people for both networks. With several seeds, every draw is shifted by a normal "
          + "deviation times the standard error of the seeds' means, and the interval is widened by the ratio of "
          + "Student's quantile to the normal one."
      ),
    ]
  }

  private func define(_ definition: Definition, as term: String? = nil) -> (String, String) {
    (term ?? definition.title, definition.meaning)
  }
}
