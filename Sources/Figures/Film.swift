public import Pictures
public import Presentation
import Tensors

/// A sweep as a film, one frame at a time.
///
///     let film = Film(report)
///     for index in 0..<film.frameCount { encoder.append(film.frame(index)) }
///
/// Frames may be drawn on several threads, in any order; the same frame is the same picture.
public struct Film: Sendable {
  private let page: FilmPage
  private let scale: Double
  private let crops: [Picture?], backdrops: [Backdrop]

  /// The film of one picture.
  ///
  /// - Parameters:
  ///   - joints: joints whose maps are shown below the mean map, by their places in the skeleton.
  ///   - scale: pixels for a point.
  ///   - framesPerSecond: frames in a second, where there are many positions.
  public init(
    _ report: PictureReport, joints: [Int] = [], scale: Double = 2, framesPerSecond: Int = 25
  ) {
    page = FilmPage(report, joints: joints, framesPerSecond: framesPerSecond)
    self.scale = scale
    crops = report.entries.map(\.crop)
    backdrops = report.entries.map { Backdrop($0) }
  }

  /// How many frames there are.
  public var frameCount: Int { page.frameCount }
  /// How many are shown in a second.
  public var framesPerSecond: Int { page.framesPerSecond }
  /// Pixels across and down; even numbers, as films need them.
  public var size: (width: Int, height: Int) {
    let (width, height) = points
    return (Int(bounded: width * scale), Int(bounded: height * scale))
  }
  /// Letters of names that no font has.
  public var missingLetters: MissingLetters { canvas(0).missingLetters }

  /// A frame, from 0.
  public func frame(_ index: Int) -> Picture { canvas(index).picture() }

  /// A frame on its canvas, for checks of its layout.
  package func canvas(_ index: Int) -> Canvas {
    let canvas = Canvas(pictureWidth: points.width, height: points.height, scale: scale)
    draw(index, on: canvas)
    return canvas
  }

  // MARK: Layout

  private static let (margin, gap, head, title) = (14.0, 10.0, 40.0, 15.0)
  private var foot: Double { page.meanKey.hasMisses ? 55 : 46 }

  /// One network has its pictures in a row; several have a column each.
  private var isRow: Bool { page.networks.count == 1 }
  private var cells: Int { page.mapTitles.count + (page.hasPictures ? 1 : 0) }
  private var columns: Int { isRow ? cells : page.networks.count }
  private var rows: Int { isRow ? 1 : cells }
  /// The side of a picture or map: smaller the more there are.
  private var side: Double {
    let across = (620 - Self.gap * Double(columns - 1)) / Double(columns)
    let down = (620 - (Self.gap + Self.title) * Double(rows - 1)) / Double(rows)
    return min(across, down, isRow ? 300 : 240).rounded(.down)
  }
  private var points: (width: Double, height: Double) {
    let across = side * Double(columns) + Self.gap * Double(columns - 1)
    // The headline needs some room.
    let width = max(across, 320) + 2 * Self.margin
    let height =
      Self.head + Double(rows) * (side + Self.title) + Double(rows - 1) * Self.gap + foot
    // Even numbers of pixels at every scale that is a multiple of one half.
    return ((width / 4).rounded(.up) * 4, (height / 4).rounded(.up) * 4)
  }

  private func cell(_ network: Int, _ index: Int) -> Rect {
    let (column, row) = isRow ? (index, 0) : (network, index)
    let left = (points.width - side * Double(columns) - Self.gap * Double(columns - 1)) / 2
    return Rect(
      left + Double(column) * (side + Self.gap),
      Self.head + Self.title + Double(row) * (side + Self.title + Self.gap), side, side)
  }

  private func draw(_ index: Int, on canvas: Canvas) {
    let width = points.width - 2 * Self.margin
    canvas.text(page.heading.title, Self.margin, 17, TypeStyle(size: 10, isBold: true), width: width)
    let progress = page.progress(at: index)
    let rest = width - canvas.width(of: progress, .caption) - 12
    canvas.text(page.heading.explanation, Self.margin, 29, .caption, width: rest)
    canvas.text(progress, Self.margin + width, 29, .caption, .right)
    for (order, (network, moment)) in zip(page.networks, page.moments(at: index)).enumerated() {
      draw(network, moment, order, on: canvas)
    }
    let bars = page.jointKey.map { [page.meanKey, $0] } ?? [page.meanKey]
    let (y, each) = (points.height - foot + 7, (width + Self.gap) / Double(bars.count))
    for (order, key) in bars.enumerated() {
      ColourBar(key)
        .drawAcross(on: canvas, at: Self.margin + Double(order) * each, y, width: each - Self.gap)
    }
  }

  private func draw(
    _ network: FilmPage.Network, _ moment: FilmPage.Moment, _ order: Int, on canvas: Canvas
  ) {
    if page.hasPictures {
      let rect = cell(order, 0)
      canvas.text(network.title, rect.x, rect.y - 4, .heading.coloured(network.colour), width: side)
      drawPicture(moment, network.entry, on: canvas, in: rect)
    }
    for (map, values) in moment.maps.enumerated() {
      let rect = cell(order, map + (page.hasPictures ? 1 : 0))
      let value = map == 0 ? moment.value : ""
      let room = side - canvas.width(of: value, .heading) - 6
      let title: Phrase =
        page.hasPictures && map > 0 || isRow || page.hasPictures
        ? Phrase(page.mapTitles[map]) : "\(network.title): \(page.mapTitles[map])"
      canvas.text(title, rect.x, rect.y - 4, .body, width: room)
      canvas.text(value, rect.maxX, rect.y - 4, .heading.coloured(network.colour), .right)
      let key = map == 0 ? page.meanKey : page.jointKey!
      Heatmap(values, key, overlay: page.overlay).draw(on: canvas, in: rect, over: backdrops[network.entry])
      canvas.clipped(to: rect) {
        // A white edge with dark ones shows on every colour.
        moment.occluder.drawEdge(on: canvas, in: rect, .ink, width: 1.8)
        moment.occluder.drawEdge(on: canvas, in: rect)
      }
    }
  }

  /// The crop with the occluder, and the prediction over it.
  private func drawPicture(_ moment: FilmPage.Moment, _ entry: Int, on canvas: Canvas, in rect: Rect) {
    let crop = moment.pose.map { $0.crop.flatMap { crops[$0] } } ?? crops[entry]
    if let crop { canvas.draw(crop, in: rect) } else { canvas.fill(rect, .wash) }
    canvas.clipped(to: rect) {
      moment.occluder.draw(on: canvas, in: rect)
      if let surface = moment.pose?.surface {
        canvas.draw(surface.front(samples: Int(side * 1.5)), in: rect, opacity: 0.88)
      }
      for skeleton in moment.pose?.skeletons ?? [] { skeleton.draw(on: canvas, in: rect) }
      moment.occluder.drawEdge(on: canvas, in: rect)
    }
    canvas.frame(rect)
    if let note = moment.pose?.note { canvas.text(note, rect.x + 4, rect.maxY - 4, .label.coloured(.muted)) }
  }
}
