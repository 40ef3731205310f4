import Figures
import Foundation
import Pictures
import TestSupport
import Testing

/// Records an issue unless a picture looks like `Fixtures/figures/NAME.png`, tile by tile.
///
/// Fonts and Cairo differ a little between machines, which moves the edges of letters; what is drawn elsewhere, or not at
/// all, changes the mean of a tile by more than that. On failure the picture is kept in `Reports/failed-figures`, to be
/// looked at; `make figures` makes new references.
func expectLike(_ picture: Picture, _ name: String, at location: SourceLocation = #_sourceLocation) throws {
  if isRenewing { return try picture.pngData().write(to: URL(filePath: fixture("figures/\(name).png"))) }
  func fail(_ reason: String) throws {
    try keep(picture.pngData(), "\(name).png")
    Issue.record("\(name): \(reason); see Reports/failed-figures", sourceLocation: location)
  }
  guard let reference = try? Picture(contentsOf: fixture("figures/\(name).png")) else {
    return try fail("there is no reference")
  }
  guard reference.width == picture.width, reference.height == picture.height else {
    return try fail("is \(picture.width) × \(picture.height), not \(reference.width) × \(reference.height)")
  }
  let tiles = differingTiles(picture, reference)
  if !tiles.isEmpty { try fail("differs in \(tiles.count) tiles, the first at \(tiles[0])") }
}

/// The upper left corners of tiles whose mean colours, or the spread of whose colours, differ.
func differingTiles(_ a: Picture, _ b: Picture, side: Int = 8, tolerance: Double = 10) -> [SIMD2<Int>] {
  func moments(_ picture: Picture, _ x: Int, _ y: Int) -> [Double] {
    var (sums, squares, count) = ([0.0, 0, 0], 0.0, 0.0)
    for row in y..<min(y + side, picture.height) {
      for column in x..<min(x + side, picture.width) {
        let pixel = picture[column, row]
        for (channel, value) in [pixel.red, pixel.green, pixel.blue].enumerated() {
          sums[channel] += Double(value)
          squares += Double(value) * Double(value) / 3
        }
        count += 1
      }
    }
    let means = sums.map { $0 / count }
    let mean = means.reduce(0, +) / 3
    return means + [max(squares / count - mean * mean, 0).squareRoot() / 2]
  }
  var tiles: [SIMD2<Int>] = []
  for y in stride(from: 0, to: a.height, by: side) {
    for x in stride(from: 0, to: a.width, by: side) {
      let differs = zip(moments(a, x, y), moments(b, x, y)).contains { abs($0 - $1) > tolerance }
      if differs { tiles.append(SIMD2(x, y)) }
    }
  }
  return tiles
}

/// Records an issue unless the texts of pages are those of `Fixtures/figures/NAME.txt`, in the same places to a point.
func expectTexts(_ canvas: Canvas, _ name: String, at location: SourceLocation = #_sourceLocation) throws {
  let texts = canvas.texts.map { text in
    Line(page: text.page + 1, x: text.rect.x, y: text.rect.y, text: text.text)
  }
  let path = fixture("figures/\(name).txt")
  if isRenewing {
    return try Data(texts.map { $0.description + "\n" }.joined().utf8).write(to: URL(filePath: path))
  }
  let lines = ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(separator: "\n")
  let reference = lines.compactMap { Line(String($0)) }
  var faults: [String] =
    texts.count == reference.count ? [] : ["\(texts.count) texts, not \(reference.count)"]
  for (text, expected) in zip(texts, reference) where !text.isLike(expected) {
    faults.append("'\(text)' is not '\(expected)'")
  }
  guard !faults.isEmpty else { return }
  try keep(Data(texts.map { $0.description + "\n" }.joined().utf8), "\(name).txt")
  Issue.record(
    "\(name): \(faults.prefix(5).joined(separator: "; ")); see Reports/failed-figures",
    sourceLocation: location)
}

/// A text and where its ink begins on its page.
private struct Line: CustomStringConvertible {
  let page: Int, x: Double, y: Double
  let text: String

  init(page: Int, x: Double, y: Double, text: String) {
    (self.page, self.x, self.y, self.text) = (page, x, y, text)
  }

  init?(_ line: String) {
    let parts = line.split(separator: " ", maxSplits: 3)
    guard parts.count == 4, let page = Int(parts[0]), let x = Double(parts[1]), let y = Double(parts[2])
    else { return nil }
    self.init(page: page, x: x, y: y, text: String(parts[3]))
  }

  var description: String { String(format: "%d %.1f %.1f %@", page, x, y, text) }

  func isLike(_ other: Line) -> Bool {
    page == other.page && text == other.text && abs(x - other.x) < 1.5 && abs(y - other.y) < 1.5
  }
}

/// Whether references are made anew, to be looked at and committed.
private let isRenewing = ProcessInfo.processInfo.environment["PENUMBRA_RENEW"] != nil

private func keep(_ data: Data, _ name: String) throws {
  let folder = repository.appending(path: "Reports/failed-figures")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  try data.write(to: folder.appending(path: name))
}
