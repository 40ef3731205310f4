import Figures
import Testing

/// Records an issue for everything that is wrong with the layout of what was drawn.
func expectTidy(
  _ canvas: Canvas, hasLongNames: Bool = false, isPage: Bool = true,
  at location: SourceLocation = #_sourceLocation
) {
  var faults = layoutFaults(of: canvas, isPage: isPage)
  if !hasLongNames {
    faults += canvas.texts.filter(\.isCut).map { "page \($0.page + 1): '\($0.text)' is cut" }
  }
  faults += canvas.texts.filter { $0.shrink < 0.7 }.map {
    "page \($0.page + 1): '\($0.text)' is shrunk to \($0.shrink)"
  }
  #expect(faults.isEmpty, "\(faults.prefix(12).joined(separator: "\n"))", sourceLocation: location)
}

/// What is wrong: texts over one another, over the edge of a frame, or outside the page.
func layoutFaults(of canvas: Canvas, isPage: Bool = true) -> [String] {
  var faults: [String] = []
  let page = Rect(0, 0, canvas.width, canvas.height)
  for number in Set(canvas.texts.map(\.page)).sorted() {
    let texts = canvas.texts.filter { $0.page == number }
    let frames = canvas.frames.filter { $0.page == number }.map(\.rect)
    func note(_ fault: String) { faults.append("page \(number + 1): \(fault)") }
    for (index, text) in texts.enumerated() {
      if !page.contains(text.rect) { note("'\(text.text)' is outside") }
      for other in texts[..<index] where text.rect.overlaps(other.rect) {
        note("'\(other.text)' and '\(text.text)' overlap")
      }
      for frame in frames where text.rect.overlaps(frame) && !frame.contains(text.rect) {
        note("'\(text.text)' is over the edge of a frame")
      }
    }
    for frame in frames where !page.contains(frame) { note("a frame is outside") }
    // Below the body of a page are the line about the report and the number of the page alone.
    let foot = !isPage ? [] : texts.filter { $0.rect.y + $0.rect.height > canvas.height - 43 }
    if foot.count > 2 { note("'\(foot[2].text)' is in the footer") }
  }
  return faults
}

extension Rect {
  fileprivate func contains(_ other: Rect) -> Bool {
    other.x >= x && other.y >= y && other.x + other.width <= x + width
      && other.y + other.height <= y + height
  }

  /// Whether two have more in common than an edge.
  fileprivate func overlaps(_ other: Rect) -> Bool {
    let (dx, dy) = (
      min(x + width, other.x + other.width) - max(x, other.x),
      min(y + height, other.y + other.height) - max(y, other.y)
    )
    return dx > 0.05 && dy > 0.05
  }
}
