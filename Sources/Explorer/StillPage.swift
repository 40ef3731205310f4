import Foundation
import Pictures
import Presentation

/// What a page shows without JavaScript, and before it is unpacked: mean maps as one picture, and the tables.
struct StillPage {
  /// The markup.
  let markup: String

  /// The still part of a page on some reports.
  init(_ reports: [PictureReport], tables: [[ExplorerHeader.Table]]) {
    var parts: [String] = []
    for (report, tables) in zip(reports, tables) {
      parts.append("<section><h2>\(report.name.escaped)</h2><p>\(report.explanation.text.escaped)</p>")
      if parts.count == 1 { parts.append(Self.maps(report)) }
      parts += tables.map(Self.table)
      parts.append("</section>")
    }
    markup = parts.joined()
  }

  private static func table(_ table: ExplorerHeader.Table) -> String {
    let head = table.columns.map { "<th scope=\"col\">\($0.escaped)</th>" }.joined()
    let rows = table.rows.map { row in
      "<tr><th scope=\"row\">\(row[0].escaped)</th>"
        + row.dropFirst().map { "<td>\($0.escaped)</td>" }.joined() + "</tr>"
    }
    return "<table><thead><tr>\(head)</tr></thead><tbody>\(rows.joined())</tbody></table>"
  }

  // MARK: Maps

  private static let side = 220
  private static let gap = 8
  private static let maxMaps = 3

  private static func maps(_ report: PictureReport) -> String {
    let shown = report.entries.prefix(maxMaps)
    let maps = shown.map { entry in
      StillMap(report.meanMap(entry), report.meanKey(entry), side: side).picture
    }
    let crop = shown.lazy.compactMap(\.crop).first.map { $0.resized(width: side, height: side) }
    let pictures = (crop.map { [$0] } ?? []) + maps
    let width = pictures.count * (side + gap) - gap
    var sheet = Picture(width: width, height: side, red: 255, green: 255, blue: 255)
    for (index, picture) in pictures.enumerated() {
      for y in 0..<side {
        let (from, to) = (y * side * 3, (y * width + index * (side + gap)) * 3)
        sheet.pixels.replaceSubrange(to..<to + side * 3, with: picture.pixels[from..<from + side * 3])
      }
    }
    let data = sheet.jpegData(quality: 80).base64EncodedString()
    let labels = shown.map(\.label).joined(separator: " · ")
    let title = report.meanKey(report.entries[0]).title.text
    return "<img alt=\"\(title.escaped): \(labels.escaped)\" src=\"data:image/jpeg;base64,\(data)\">"
      + "<p>\(QuantityLegends.reading(of: report).text.escaped)</p>"
  }
}

/// A small map as pixels: every position as a rectangle halfway to its neighbours, or a list's windows.
struct StillMap {
  private(set) var picture: Picture

  /// A map of `side` pixels.
  init(_ map: PositionMap, _ key: ColourKey, side: Int) {
    picture = Picture(width: side, height: side, red: 0xD9, green: 0xDB, blue: 0xDF)
    let unit = map.side / Double(side)
    if let windows = map.windows {
      for index in windows.indices.sorted(by: { (map.values[$0], $0) < (map.values[$1], $1) }) {
        let window = windows[index]
        for y in 0..<side where window.rows.contains((Double(y) + 0.5) * unit) {
          for x in 0..<side where window.columns.contains((Double(x) + 0.5) * unit) {
            paint(x, y, map.values[index], key)
          }
        }
      }
      return
    }
    let rows = Self.nearest(map.rowCentres, side, unit), columns = Self.nearest(map.columnCentres, side, unit)
    for y in 0..<side {
      for x in 0..<side where rows[y] >= 0 && columns[x] >= 0 {
        paint(x, y, map.values[rows[y] * map.columnCentres.count + columns[x]], key)
      }
    }
  }

  private mutating func paint(_ x: Int, _ y: Int, _ value: Double, _ key: ColourKey) {
    let colour = value.isNaN ? Colour.hatches[(x + y) / 4 % 2] : key.colour(of: value)
    picture[x, y] = colour.bytes
  }

  /// For every pixel the centre whose cell it is in, or −1 for none.
  private static func nearest(_ centres: [Double], _ side: Int, _ unit: Double) -> [Int] {
    let whole = Double(side) * unit
    let step = zip(centres.dropFirst(), centres).map { $0 - $1 }.max() ?? whole
    let from = centres[0] <= step ? 0 : centres[0] - step / 2
    let last = centres[centres.count - 1]
    let to = whole - last <= step ? whole : last + step / 2
    var index = 0
    return (0..<side).map { pixel in
      let at = (Double(pixel) + 0.5) * unit
      while index + 1 < centres.count, at > (centres[index] + centres[index + 1]) / 2 { index += 1 }
      return at < from || at > to ? -1 : index
    }
  }
}

extension String {
  /// The text with what markup takes for itself written otherwise.
  var escaped: String {
    replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;").replacing("'", with: "&#39;")
  }
}
