public import Bodies
public import Foundation
public import Pictures
public import Sweeps

/// The figures of sweeps, drawn from their records alone.
///
///     let report = try Report(records, body: body)
///     try AtomicFile.write(report.pdf(), to: "report.pdf")
///
/// Records of one picture stand together, in the order they are given. The same records give the same bytes.
public struct Report {
  private let exhibits: [Exhibit]
  private let colours: Colormap

  /// A report on complete records, at least one.
  ///
  /// - Parameters:
  ///   - body: the body that the records were made with; without it skeletons stand in for surfaces.
  ///   - colours: the colours of the maps; differences keep their own.
  ///   - files: where the records come from, for errors; their networks' labels unless given.
  /// - Throws: `SweepError` when records were made with different patches or grids, or those of one picture not alike.
  public init(
    _ records: [SweepRecord], body: BodyModel?, colours: Colormap = .inferno, files: [String]? = nil
  ) throws(SweepError) {
    precondition(!records.isEmpty, "a report on no record")
    var groups: [[SweepRecord]] = []
    for (index, record) in records.enumerated() {
      let (first, file) = (records[0].info, files?[index] ?? record.info.label)
      guard record.info.occluder == first.occluder, record.info.grid == first.grid else {
        throw SweepError(
          .badData, file,
          "was made with another occluder or grid than the first record; report on it by itself")
      }
      let same = groups.firstIndex {
        $0[0].info.picture == record.info.picture && $0[0].info.box == record.info.box
          && $0[0].info.reference == record.info.reference
      }
      guard let same else {
        groups.append([record])
        continue
      }
      _ = try Comparison(groups[same][0], record, file: file)
      groups[same].append(record)
    }
    var exhibits = groups.map { Exhibit($0, body: body) }
    for (index, stem) in Self.distinct(exhibits.map(\.stem)).enumerated() { exhibits[index].stem = stem }
    self.exhibits = exhibits
    self.colours = colours
  }

  /// Names for files, so that none takes another's place: the second of one name gets `-2`, and so on.
  package static func distinct(_ names: [String]) -> [String] {
    var taken = Set(names), seen: Set<String> = []
    return names.map { name in
      guard !seen.insert(name).inserted else { return name }
      var number = 2
      while !taken.insert("\(name)-\(number)").inserted { number += 1 }
      return "\(name)-\(number)"
    }
  }

  private typealias Page = (inout Sheet) -> Void

  /// What draws each page, in order.
  private var pages: [Page] {
    var pages: [Page] = []
    if exhibits.count > 1 {
      for start in stride(from: 0, to: exhibits.count, by: Overview.rowsPerPage) {
        let shown = Array(exhibits[start..<min(start + Overview.rowsPerPage, exhibits.count)])
        pages.append { Overview.draw(shown, on: &$0, colours: colours) }
      }
    }
    for exhibit in exhibits {
      pages.append { exhibit.drawPicturePage(on: &$0, colours: colours) }
      for entry in exhibit.entries {
        pages.append { exhibit.drawJointGrid(of: entry, on: &$0, colours: colours) }
      }
      pages.append { exhibit.drawJointBars(on: &$0) }
      pages.append { exhibit.drawWorstPlaces(on: &$0, colours: colours) }
      for entry in exhibit.entries
      where entry.record.cleanAttention != nil && entry.record.worstAttention != nil {
        pages.append { exhibit.drawAttention(of: entry, on: &$0, colours: colours) }
      }
    }
    pages.append { SettingsPage.draw(exhibits, on: &$0) }
    return pages
  }

  private var foot: String {
    let info = exhibits[0].info
    let moved = "displacements from the clean prediction"
    let known = exhibits.count(where: \.hasTruth)
    let quantity =
      known == exhibits.count ? "errors" : known == 0 ? moved : "errors, without truth \(moved),"
    return
      "Penumbra \(info.penumbra)  ·  \(exhibits.map(\.name).joined(separator: ", "))  ·  \(quantity) in millimetres"
  }

  /// The report as a PDF, A4 landscape.
  public func pdf() -> Data { drawn().finishedPDF() }

  /// Every text in the report, line by line.
  public var words: [String] { drawn().words }

  private func drawn() -> Canvas {
    let canvas = Canvas(pdfWidth: Sheet.width, height: Sheet.height, title: "Penumbra: occlusion sweeps")
    var sheet = Sheet(canvas, foot: foot)
    for page in pages { page(&sheet) }
    return canvas
  }

  /// The first page as a picture, twice as many pixels as points.
  public func firstPage(scale: Double = 2) -> Picture {
    let canvas = Canvas(pictureWidth: Sheet.width, height: Sheet.height, scale: scale)
    var sheet = Sheet(canvas, foot: foot)
    pages[0](&sheet)
    return canvas.picture()
  }

  /// Every figure as a picture of its own, with the stem of its file name.
  ///
  /// Names are those of picture and network: `person-gap-mean`, `person-gap-left_knee`, `person-difference`.
  public func figures(side: Int = 480) -> [(name: String, picture: Picture)] {
    var figures: [(name: String, picture: Picture)] = [("first-page", firstPage())]
    for exhibit in exhibits {
      let stem = exhibit.stem
      let (mean, joints) = (exhibit.meanScale, exhibit.jointScale)
      let words = exhibit.hasTruth ? "error" : "displacement from the clean prediction"
      for entry in exhibit.entries {
        let name = "\(stem)-\(entry.label)"
        figures.append(
          (
            "\(name)-mean",
            Self.figure(
              Heatmap(exhibit.meanMap(entry), scale: mean, colours: colours), over: entry.ground, side: side,
              title: "\(entry.label), mean over joints", bar: "\(words), mm")
          ))
        for (joint, jointName) in exhibit.info.jointSet.jointNames.enumerated() {
          figures.append(
            (
              "\(name)-\(jointName)",
              Self.figure(
                Heatmap(exhibit.jointMap(entry, joint), scale: joints, colours: colours), over: entry.ground,
                side: side, title: "\(entry.label), \(exhibit.info.jointSet.jointTitles[joint].lowercased())",
                bar: "\(words), mm")
            ))
        }
        if let body = exhibit.cleanBody(entry) {
          figures.append(("\(name)-body", body.sheet(on: exhibit.crop, side: side)))
        }
      }
      if let map = exhibit.differenceMap() {
        let scale = Scale(covering: map.values, isDifference: true)
        figures.append(
          (
            "\(stem)-difference",
            Self.figure(
              Heatmap(map, scale: scale, colours: .difference), over: exhibit.entries[0].ground, side: side,
              title: "\(exhibit.entries[1].label) less \(exhibit.entries[0].label), mean over joints",
              bar: "difference of \(words), mm")
          ))
      }
    }
    return figures
  }

  /// A map with its title above and its colour bar below.
  private static func figure(_ map: Heatmap, over ground: Ground, side: Int, title: String, bar: String)
    -> Picture
  {
    let points = 240.0
    let canvas = Canvas(pictureWidth: points, height: points + 46, scale: Double(side) / points)
    canvas.text(canvas.fitted(title, .heading, width: points - 8), 4, 11, .heading)
    let rect = Rect(0.5, 16, points - 1, points - 1)
    map.draw(on: canvas, in: rect, over: ground)
    ColourBar(scale: map.scale, colours: map.colours, title: bar)
      .drawAcross(on: canvas, in: Rect(14, rect.maxY + 5, points - 28, 24))
    return canvas.picture()
  }
}
