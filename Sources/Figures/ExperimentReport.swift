public import Evaluation
public import Pictures
public import Presentation

/// The figures of an experiment, drawn from its summary and the logs of its training alone.
///
/// The same summary gives the same bytes.
public struct ExperimentReport: Sendable {
  let content: ExperimentPages
  /// The most variants whose table is beside the charts.
  private static let maxBeside = 3

  /// A report on an experiment; `curves` may be empty.
  public init(_ summary: ExperimentSummary, curves: [TrainingCurve]) {
    content = ExperimentPages(summary, curves: curves)
  }

  private typealias Page = (name: String, draw: PageLayout.Page)

  /// What draws each page, in order, with the stem of its figure's file name.
  private var pages: [Page] {
    let hasTablePage = content.variants.count > Self.maxBeside
    var pages: [Page] = [("overview", { drawOverview(hasTable: !hasTablePage, on: &$0) })]
    if hasTablePage {
      pages += Self.named("table", tablePages.map { tables in { drawTables(tables, on: &$0) } })
    }
    pages += Self.named(
      "observations",
      content.patches.chunks(of: 3).map { patches in
        { drawCharts(content.observations(patches), labelWidth: 150, on: &$0) }
      })
    if let differences = content.differences {
      pages.append(("differences", { drawCharts(differences, labelWidth: 178, on: &$0) }))
    }
    for patch in content.patches {
      pages += Self.named("joints-\(patch)", jointPages(content.joints(patch)))
    }
    for patch in content.patches {
      for variant in content.variants {
        guard let influence = content.influence(variant, patch) else { continue }
        pages.append(("influence-\(patch)-\(variant.name)", { drawInfluence(influence, on: &$0) }))
      }
    }
    for patch in content.patches {
      guard let attention = content.attention(patch) else { continue }
      pages.append(("attention-\(patch)", { drawCharts(attention, labelWidth: 74, on: &$0) }))
    }
    if let training = content.training {
      pages += Self.named("training", trainingPages(training))
    }
    return pages + Self.named("definitions", SettingsDrawing(content.settings).pages)
  }

  /// Pages of one kind: the second is called `table-2`, and so on.
  private static func named(_ name: String, _ pages: [PageLayout.Page]) -> [Page] {
    pages.enumerated().map { ($0 == 0 ? name : "\(name)-\($0 + 1)", $1) }
  }

  /// The report as a PDF, A4 landscape.
  public func document() -> Document {
    PageLayout.document(pages.map(\.draw), title: "Penumbra: \(content.name)", foot: content.foot)
  }

  /// Every text in the report, line by line.
  public var words: [String] { drawn().words }

  /// All pages on one canvas, for checks of their layout.
  package func drawn() -> Canvas { PageLayout.recorded(pages.map(\.draw), foot: content.foot) }

  /// Every page as a picture, with the stem of its file name.
  public func figures(scale: Double = 2) -> [(name: String, picture: Picture)] {
    pages.enumerated().map { index, page in
      let canvas = PageLayout.picture(page.draw, foot: content.foot, number: index + 1, scale: scale)
      return (page.name, canvas.picture())
    }
  }
}
