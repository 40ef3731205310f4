public import Bodies
public import Pictures
public import Presentation
public import Records

/// The figures of sweeps, drawn from their records alone.
///
///     let report = Report(records, body: body)
///     try AtomicFile.write(report.document().data, to: "report.pdf")
///
/// Records of one picture and the same settings are on the same pages, in the order in which they are given. The same
/// records give the same bytes.
public struct Report: Sendable {
  let pictures: [PictureDrawing]
  private let foot: Phrase

  /// A report on complete records, at least one.
  ///
  /// - Parameters:
  ///   - body: the body that the records were made with; without it skeletons are drawn in place of surfaces.
  ///   - style: how maps are drawn; every record has the quantity that it asks for.
  public init(_ records: [SweepRecord], body: BodyModel? = nil, style: MapStyle = MapStyle()) {
    self.init(PictureReport.grouped(records, body: body, style: style))
  }

  /// A report on pictures, at least one.
  public init(_ reports: [PictureReport]) {
    precondition(!reports.isEmpty, "a report on no record")
    pictures = reports.map { PictureDrawing($0) }
    foot = ReportFoot(reports).text
  }

  /// What draws each page, in order.
  private var pages: [PageLayout.Page] {
    (pictures.count > 1 ? OverviewDrawing(pictures).pages : [])
      + OccluderDrawing(pictures.map(\.report)).pages + pictures.flatMap(\.pages)
      + SettingsDrawing(SettingsPage(pictures.map(\.report))).pages
  }

  /// The report as a PDF, A4 landscape.
  public func document() -> Document {
    PageLayout.document(pages, title: "Penumbra: occlusion sweeps", foot: foot)
  }

  /// Every text in the report, line by line.
  public var words: [String] { drawn().words }

  /// All pages on one canvas, for checks of their layout.
  package func drawn() -> Canvas { PageLayout.recorded(pages, foot: foot) }

  /// The first page as a picture, twice as many pixels as points.
  public func firstPage(scale: Double = 2) -> Picture {
    PageLayout.picture(pages[0], foot: foot, scale: scale).picture()
  }

  /// Every figure as a picture of its own, with the stem of its file name.
  ///
  /// Names are those of picture and network: `person-gap-mean`, `person-gap-left_knee`, `person-difference`.
  public func figures(side: Int = 480) -> [(name: String, picture: Picture)] {
    [("first-page", firstPage())]
      + pictures.flatMap { drawing in
        drawing.report.figures().map { ($0.name, drawing.picture(of: $0, side: side)) }
      }
  }
}

extension PictureDrawing {
  /// A figure that stands alone.
  func picture(of figure: Figure, side: Int) -> Picture {
    switch figure.content {
    case .map(let panel): picture(of: panel, side: side)
    case .body(let body, let entry): body.sheet(on: report.entries[entry].crop!, side: side)
    }
  }

  /// A map with its title above and its colour bar below.
  private func picture(of panel: MapPanel, side: Int) -> Picture {
    let points = 240.0
    let canvas = Canvas(
      pictureWidth: points, height: points + (panel.key.hasMisses ? 75 : 66), scale: Double(side) / points)
    let rect = Rect(0.5, Self.mapHead + 2, points - 1, points - 1)
    draw(panel, on: canvas, in: rect)
    ColourBar(panel.key).drawAcross(on: canvas, at: 14, rect.maxY + 5, width: points - 28)
    return canvas.picture()
  }
}
