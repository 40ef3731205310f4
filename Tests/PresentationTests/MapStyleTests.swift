import Bodies
import Models
import Presentation
import Records
import ReportSupport
import Tensors
import Testing

@Suite("What maps show") struct MapStyleTests {
  private func record(_ change: (inout SyntheticRecord) -> Void = { _ in }) -> SweepRecord {
    var synthetic = SyntheticRecord()
    change(&synthetic)
    return synthetic.record
  }

  private func report(_ records: [SweepRecord], _ change: (inout MapStyle) -> Void = { _ in })
    -> PictureReport
  {
    var style = MapStyle()
    change(&style)
    return PictureReport.grouped(records, style: style)[0]
  }

  // MARK: Quantities

  @Test("with ground truth the first map is the error increase, with it minus clean") func increase() {
    let record = record()
    let report = report([record])
    #expect(report.shown == .increase)
    let joints = record.measured.count
    let map = report.jointMap(report.entries[0], 4)
    for (position, value) in map.values.enumerated() {
      let expected =
        1000 * Double(record.results.error.elements[position * joints + 4] - record.clean.error.elements[4])
      #expect(abs(value - expected) < 1e-3)
    }
    // A joint that is far off in the clean picture is not bright everywhere.
    #expect(map.low! < 0)
    let page = PicturePage(report, report.entries)
    #expect(page.maps[0].title.text == "gap: mean error increase")
    #expect(page.maps[0].clean?.hasPrefix("clean ") == true)
    #expect(page.howToRead.text.contains("red where it rises, teal where it falls"))
    #expect(!page.howToRead.text.contains("do not matter"))
  }

  @Test("without ground truth it is the displacement") func displacement() {
    let record = record { $0.parts.remove(.truth) }
    let report = report([record])
    #expect(report.shown == .displacement)
    let page = PicturePage(report, report.entries)
    #expect(page.maps[0].clean == nil && page.maps[0].key.marks.isEmpty)
    #expect(page.howToRead.text.contains("how far the joints move"))
  }

  @Test("absolute errors have the clean error marked on every bar") func absolute() throws {
    let report = report([record(), record { ($0.label, $0.seed) = ("b", 2) }]) { $0.quantity = .error }
    let page = PicturePage(report, report.entries)
    for panel in page.maps {
      #expect(panel.key.marks.count == 2 && panel.key.title.text.contains("clean"))
    }
    #expect(
      abs(page.maps[0].key.marks[0].value - Double(report.entries[0].findings.clean.millimetres)) < 1e-3)
    let grid = JointGridPage(report, report.entries[0])
    #expect(grid.cells.allSatisfy { !$0.key.marks.isEmpty })
    #expect(page.howToRead.text.contains("The clean error is marked on the bar"))
  }

  @Test("displacements of a record with ground truth are from its clean prediction") func displaced() {
    let record = record()
    let report = report([record]) { $0.quantity = .displacement }
    let joints = JointErrorTable(
      of: record.results.joints!, from: record.clean.joints!.reshaped([record.measured.count, 3]),
      in: record.measured)
    let map = report.jointMap(report.entries[0], 7)
    for (position, value) in map.values.enumerated() {
      #expect(abs(value - 1000 * Double(joints.error.elements[position * record.measured.count + 7])) < 1e-3)
    }
  }

  @Test("after Procrustes alignment maps are of those errors, with the root") func aligned() {
    let record = record()
    let report = report([record]) { $0.quantity = .alignedError }
    let expected = record.results.alignedError!.elements.prefix(record.measured.count)
    #expect(
      zip(report.mappedJoints, expected).allSatisfy { joint, value in
        abs(report.jointMap(report.entries[0], joint).values[0] - 1000 * Double(value)) < 1e-3
      })
    #expect(report.mappedJoints.count == record.measured.count)
  }

  @Test("a record says why it has not what is asked for") func obstacles() {
    let bare = record { $0.parts = [] }
    #expect(MapQuantity.error.obstacle(in: bare)?.contains("no ground truth") == true)
    #expect(MapQuantity.increase.obstacle(in: bare)?.contains("displacement") == true)
    #expect(MapQuantity.displacement.obstacle(in: bare) == nil)
    let truth = record { $0.parts = [.truth] }
    #expect(MapQuantity.displacement.obstacle(in: truth)?.contains("no joints") == true)
    #expect(MapQuantity.alignedError.obstacle(in: truth)?.contains("Procrustes") == true)
    #expect(MapQuantity.increase.obstacle(in: truth) == nil)
    #expect(MapQuantity.alignedDisplacement.obstacle(in: bare)?.contains("Procrustes") == true)
    #expect(MapQuantity.alignedDisplacement.obstacle(in: record()) == nil)
    // A record from elsewhere may have lost one array.
    var half = record()
    half.clean = PositionResults([.error: half.clean.error])
    #expect(MapQuantity.alignedIncrease.obstacle(in: half)?.contains("Procrustes") == true)
    #expect(report([half]).figures().contains { $0.name.hasSuffix("-mean") })
  }

  @Test("displacements after Procrustes alignment are the errors after it, from the clean prediction")
  func alignedDisplacement() {
    let record = record { $0.parts.subtract([.truth, .mask]) }
    let report = report([record]) { $0.quantity = .alignedDisplacement }
    let expected = record.results.alignedError!.elements.map { Double($0) * 1000 }
    #expect(report.jointMap(report.entries[0], 0).values[0] == expected[0])
    #expect(report.mappedJoints.count == record.measured.count)
    let panel = report.meanPanel(report.entries[0])
    #expect(
      panel.clean == nil && panel.key.title.text.contains("mean PA displacement from the clean prediction"))
  }

  // MARK: Joints

  @Test("a joint that is 0 by definition has no map and no bar") func root() {
    let report = report([record()])
    let grid = JointGridPage(report, report.entries[0])
    #expect(grid.cells.count == 23 && !grid.cells.contains { $0.title == "Pelvis" })
    #expect(grid.notes.contains { $0.contains("pelvis is not shown") })
    #expect(!JointBarsPage(report, report.entries).rows.contains { $0.hasPrefix("Pelvis") })
    #expect(!report.figures().contains { $0.name.hasSuffix("-pelvis") })
    let five = self.report([record { $0.skeleton = .five }])
    #expect(JointGridPage(five, five.entries[0]).cells.count == 5)
  }

  // MARK: Scales

  @Test("a scale is that of a joint, a network, a picture, the report, or a given one") func scales() {
    let records = [
      record(), record { ($0.label, $0.seed) = ("b", 2) }, record { ($0.picture, $0.seed) = ("c.png", 3) },
    ]
    func keys(_ rule: ScaleRule) -> (reports: [PictureReport], keys: [[ColourKey]]) {
      var style = MapStyle()
      style.scale = rule
      let reports = PictureReport.grouped(records, style: style)
      return (
        reports,
        reports.flatMap { report in
          report.entries.map { entry in JointGridPage(report, entry).cells.map(\.key) }
        }
      )
    }
    #expect(Set(keys(.joint).keys[0].map(\.scale.high)).count > 10)
    let joint = keys(.joint)
    for (index, cell) in JointGridPage(joint.reports[0], joint.reports[0].entries[0]).cells.enumerated() {
      #expect(joint.keys[0][index].scale.high == max(cell.map.high!, 0) && cell.key.note == nil)
    }
    let (network, picture, report) = (keys(.network).keys, keys(.picture).keys, keys(.report).keys)
    #expect(network.allSatisfy { Set($0.map(\.scale.high)).count == 1 })
    #expect(picture[0][0] == picture[1][5])
    #expect(report[0][0] == report[2][5])
    let given = keys(.range(low: 10, high: 100))
    #expect(given.keys.joined().allSatisfy { $0.scale.low == 10 && $0.scale.high == 100 && $0.note != nil })
  }

  // MARK: Looks

  @Test("colours have one meaning: error increases and differences share none") func meanings() {
    let report = report([record(), record { ($0.label, $0.seed) = ("b", 2) }])
    let page = PicturePage(report, report.entries)
    #expect(page.maps[0].key.colours == .change && page.differenceKey?.colours == .difference)
    for step in [0.0, 0.2, 0.8, 1] {
      #expect(Colormap.change.colour(at: step) != Colormap.difference.colour(at: step))
    }
    #expect(page.howToRead.text.contains("In the difference purple says that the number of b is larger"))
  }

  @Test("a map that lets the picture through says so") func overlay() {
    let plain = report([record()])
    #expect(!PicturePage(plain, plain.entries).howToRead.text.contains("mixed"))
    let mixed = report([record()]) { $0.overlay = 0.4 }
    #expect(PicturePage(mixed, mixed.entries).howToRead.text.contains("40 % of which shows through"))
  }

  @Test("the published look has 14 joints, each on its own scale, and the clean errors above")
  func published() throws {
    let style = MapStyle.pare
    for skeleton in [Skeleton.smpl24, .h36m14] {
      let report = PictureReport.grouped([record { $0.skeleton = skeleton }], style: style)[0]
      let page = JointGridPage(report, report.entries[0])
      #expect(page.cells.count == 14 && page.columns == 7 && page.key == nil)
      #expect(page.cells[0].title == "Right ankle" && page.cells[12].title == "Neck")
      #expect(page.cells.allSatisfy { $0.key.colours == .jet })
      let title = try #require(page.title?.text)
      #expect(title.contains("MPJPE ") && title.contains("PA-MPJPE "))
    }
  }
}
