internal import Presentation

/// What all pages have in common: size, margins, headline, footer.
struct PageLayout {
  /// A4 landscape in points.
  static let width = 841.89
  static let height = 595.28
  static let margin = 40.0
  /// Where figures may be: below the headline, above the footer.
  static let body = Rect(margin, 78, width - 2 * margin, height - 78 - 46)

  let canvas: Canvas
  /// What the whole report is about, at the foot of every page.
  let foot: Phrase
  private(set) var number: Int
  private var hasBegun = false

  /// Pages of a document; the first has a number of its own where it is one of many.
  init(_ canvas: Canvas, foot: Phrase, first: Int = 1) {
    self.canvas = canvas
    self.foot = foot
    number = first - 1
  }

  /// Begins a page with its headline and a line that explains it, or two where one would be in too small type.
  mutating func begin(_ heading: Heading) {
    if hasBegun { canvas.nextPage() }
    hasBegun = true
    number += 1
    let width = Self.width - 2 * Self.margin
    canvas.text(heading.title, Self.margin, 46, .title, width: width)
    canvas.text(heading.explanation, Self.margin, 60, .bodyMuted, width: width, lines: 2)
    let y = Self.height - 32
    canvas.line(Self.margin, y, Self.width - Self.margin, y, .hairline)
    canvas.text(foot, Self.margin, y + 11, .caption, width: width - 60)
    canvas.text("\(number)", Self.width - Self.margin, y + 11, .caption, .right)
  }

  /// What draws a page.
  typealias Page = (inout PageLayout) -> Void

  /// A PDF of pages.
  static func document(_ pages: [Page], title: String, foot: Phrase) -> Document {
    let canvas = Canvas(pdfWidth: width, height: height, title: title)
    draw(pages, on: canvas, foot: foot)
    return Document(data: canvas.finished(), missingLetters: canvas.missingLetters)
  }

  /// Pages that are recorded alone, for checks of their texts and layout.
  static func recorded(_ pages: [Page], foot: Phrase) -> Canvas {
    let canvas = Canvas(recordingWidth: width, height: height)
    draw(pages, on: canvas, foot: foot)
    return canvas
  }

  private static func draw(_ pages: [Page], on canvas: Canvas, foot: Phrase) {
    var layout = PageLayout(canvas, foot: foot)
    for page in pages { page(&layout) }
  }

  /// One page as a picture.
  static func picture(_ page: Page, foot: Phrase, number: Int = 1, scale: Double) -> Canvas {
    let canvas = Canvas(pictureWidth: width, height: height, scale: scale)
    var layout = PageLayout(canvas, foot: foot, first: number)
    page(&layout)
    return canvas
  }
}

extension Array {
  /// The elements in runs of nearly one length, none longer than a limit.
  func balanced(into limit: Int) -> [[Element]] {
    guard !isEmpty else { return [] }
    let count = (self.count + limit - 1) / limit
    let length = (self.count + count - 1) / count
    return stride(from: 0, to: self.count, by: length).map {
      Array(self[$0..<Swift.min($0 + length, self.count)])
    }
  }

  /// The elements in runs of a length, the last as long as what is left.
  func chunks(of length: Int) -> [[Element]] {
    stride(from: 0, to: count, by: length).map { Array(self[$0..<Swift.min($0 + length, count)]) }
  }
}
