import Evaluation
import Models
import Presentation
import Records
import ReportSupport
import Tensors
import Testing

@Suite("The page that compares occluders") struct OccluderPageTests {
  private func reports(_ occlusions: [Occlusion], pictures: Int = 1) -> [PictureReport] {
    PictureReport.grouped(
      (0..<pictures).flatMap { picture in
        occlusions.enumerated().flatMap { order, occlusion in
          ["gap", "attention"].map { label in
            var synthetic = SyntheticRecord()
            (synthetic.label, synthetic.occlusion) = (label, occlusion)
            (synthetic.picture, synthetic.seed) = ("\(picture).png", UInt64(order + 1))
            return synthetic.record
          }
        }
      })
  }

  @Test("one occlusion has no such page") func single() {
    #expect(OccluderPage.pages(reports([Occlusion()], pictures: 3)).isEmpty)
  }

  @Test("sizes are lines, a second fill is dashed, and rows are occluders") func lines() throws {
    let fills = [Occlusion.Fill.value(0), .blur(10)]
    let occlusions = [20, 40, 80].flatMap { size in fills.map { Occlusion(size: size, fill: $0) } }
    let page = try #require(OccluderPage.pages(reports(occlusions, pictures: 2)).first)
    #expect(page.charts.count == 2 && page.charts[0].rows[1] == "square 20, blur10")
    #expect(page.charts[0].series.map(\.values.count) == [6, 6])
    let lines = try #require(page.lines.first)
    #expect(
      page.lines.count == 1 && lines.lines.map(\.isDashed) == [false, true, false, true]
        && lines.ticks == [20, 40, 80])
    #expect(page.notes.contains { $0.contains("dashed: square, blur10") })
    #expect(page.legend.map(\.text.text) == ["gap", "attention"])
    let differences = try #require(page.differences)
    #expect(differences.rows.count == 5 && differences.title.contains("minus that of square 20, gray"))
    #expect(
      page.heading.explanation.text.contains("2 pictures") && page.heading.explanation.text.contains("95 %"))
  }

  @Test("more fills have a panel each, on a page of their own and on one scale") func panels() throws {
    let fills = [Occlusion.Fill.value(0), .blur(10), .noise(1), .mean]
    let occlusions = [20, 40].flatMap { size in fills.map { Occlusion(size: size, fill: $0) } }
    let pages = OccluderPage.pages(reports(occlusions, pictures: 2))
    #expect(pages.count == 2 && pages[0].lines.isEmpty && pages[0].charts.count == 2)
    let panels = pages[1].lines
    #expect(pages[1].charts.isEmpty && pages[1].differences == nil)
    #expect(panels.map(\.title) == ["square, gray", "square, blur10", "square, noise1", "square, mean"])
    #expect(panels.allSatisfy { $0.lines.map(\.isDashed) == [false, false] })
    #expect(Set(panels.map(\.upwardScale.high)).count == 1)
    #expect(pages[1].heading.title.text.hasSuffix("(2 of 2)"))
  }

  @Test("of one picture there are no intervals and no differences, and many occluders take several pages")
  func many() throws {
    let occlusions = (0..<OccluderPage.mostRows + 3).map { Occlusion(fill: .noise(UInt64($0))) }
    let pages = OccluderPage.pages(reports(occlusions))
    #expect(pages.map { $0.charts[0].rows.count } == [OccluderPage.mostRows, 3])
    for page in pages {
      #expect(page.differences == nil && page.lines.isEmpty)
      #expect(
        page.charts[0].series.allSatisfy { $0.values.allSatisfy { $0!.low.isNaN && $0!.mean.isFinite } })
    }
    #expect(pages[1].heading.title.text.hasSuffix("(2 of 2)"))
  }

  @Test("the table of the terminal has a row an occluder, and intervals over several pictures") func table()
    throws
  {
    let comparison = try #require(
      OccluderComparison(
        reports([Occlusion(), Occlusion(shape: .disc)], pictures: 3).flatMap { $0.entries.map(\.record) }))
    let lines = OccluderTable(comparison).lines
    #expect(
      lines.count == 6 && lines[0].hasPrefix("error increase, mm") && lines[0].contains("attention worst"))
    #expect(lines[2].hasPrefix("disc 40, gray") && lines[2].contains("["))
    #expect(lines[3].isEmpty && lines[4].hasPrefix("mean minus that of square 40, gray, mm"))
    #expect(lines[5].hasPrefix("disc 40, gray") && lines[5].contains("["))
  }

  // MARK: Masks

  @Test("the outline of a mask runs around what is covered and around its holes") func outline() {
    // A ring of pixels about a hole, and one pixel that touches a corner of it.
    let rows: [[Float]] = [
      [1, 1, 1, 0, 0], [1, 0, 1, 0, 0], [1, 1, 1, 0, 0], [0, 0, 0, 1, 0.4],
    ]
    let lines = MaskOutline.lines(of: Tensor([4, 5], rows.flatMap(\.self)))
    let areas = lines.map { line in
      line.indices.reduce(0) { sum, i in
        let (a, b) = (line[i], line[(i + 1) % line.count])
        return sum + a.x * b.y - b.x * a.y
      } / 2
    }
    // Around what is covered one way, around a hole the other.
    #expect(areas.sorted() == [-1, 1, 9])
    #expect(lines.contains([SIMD2(0, 0), SIMD2(3, 0), SIMD2(3, 3), SIMD2(0, 3)]))
    #expect(MaskOutline.lines(of: Tensor([2, 2], [0, 0, 0, 0.2])).isEmpty)
  }
}
