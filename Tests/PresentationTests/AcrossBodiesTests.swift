import Bodies
import Models
import Presentation
import Records
import ReportSupport
import TestSupport
import Tensors
import Testing

@Suite("Networks of different bodies and crops") struct AcrossBodiesTests {
  private func record(_ change: (inout SyntheticRecord) -> Void = { _ in }) -> SweepRecord {
    var synthetic = SyntheticRecord()
    change(&synthetic)
    return synthetic.record
  }

  // MARK: Crops

  /// Centres in the picture that both crops show.
  private static let centres: [[Double]] = [40.0, 90, 150].flatMap { (y: Double) -> [[Double]] in
    [30.0, 75, 120, 165].map { (x: Double) in [x, y] }
  }

  @Test("difference maps are of positions that agree in the picture, over the first one's crop") func frames()
    throws
  {
    let rule = PositionRule(list: Self.centres)
    let a = record { ($0.positions, $0.misses) = (rule, { $0 == 2 }) }
    let b = record {
      ($0.label, $0.seed, $0.positions) = ("b", 2, rule)
      ($0.side, $0.corner, $0.extent, $0.misses) = (224, -20, 260, { $0 == 5 })
    }
    #expect(a.hasPositions(of: b) && b.hasPositions(of: a) && a.positions != b.positions)
    let report = PictureReport.grouped([a, b])[0]
    let map = try #require(report.differenceMap(report.entries[1]))
    #expect(map.side == 96 && map.misses.indices.filter { map.misses[$0] } == [2, 5])
    let means = report.entries.map { report.meanMap($0).values }
    for index in map.values.indices where ![2, 5].contains(index) {
      #expect(abs(map.values[index] - (means[1][index] - means[0][index])) < 1e-9)
    }
    #expect(report.meanMap(report.entries[1]).side == 224)
    let page = PicturePage(report, report.entries)
    #expect(page.differenceKey?.hasMisses == true && page.differences.map { $0?.entry } == [nil, 0])
    let comparison = try Comparison(a, b, file: "b")
    #expect(comparison.difference.leftOut == 2 && comparison.a.missed == 1)
  }

  @Test("grids of two resolutions agree within their pixels, and not beyond", arguments: [0.0, 1, 4])
  func grids(shift: Double) {
    let a = record()
    let b = record { ($0.side, $0.corner) = (224, shift) }
    // A pixel of the first is 2.1 of the picture's, one of the second 0.9; centres are half of one apart at most.
    #expect(a.hasPositions(of: b) == (shift < 2))
    #expect(!a.hasPositions(of: record { $0.positions = PositionRule(stride: 20) }))
  }

  // MARK: Joints

  @Test("are compared over the joints that all have", arguments: ["blazepose33", "mhr70", "smplx22"])
  func common(name: String) throws {
    let other = try Skeleton.named(name)
    let records = [
      record { $0.parts.remove(.truth) },
      record {
        ($0.label, $0.skeleton) = ("b", other); $0.parts.remove(.truth)
      },
    ]
    let found = try ComparableRecords([("a.zarr", records[0]), ("b.zarr", records[1])])
    #expect(
      found.notes == [
        "person-1.png: networks of smpl24 and \(name) are compared over the 12 joints of common12, about the middle of left hip and right hip"
      ])
    #expect(found.records.allSatisfy { $0.measured == .common12 && $0.isOverCommonJoints })
    for (new, old) in zip(found.records, records) {
      let conversion = SkeletonConversion(from: old.measured, to: .common12)
      let errors = JointErrorTable(
        of: conversion(try #require(old.results.joints)),
        from: conversion(try #require(old.clean.joints)).reshaped([12, 3]), in: .common12)
      #expect(new.results.error == errors.error && new.results.alignedError == errors.aligned)
      #expect(new.clean.error.elements.allSatisfy { $0 == 0 } && new.reference?.shape == [12, 3])
      #expect(new.results.joints == old.results.joints && new.worstAttention == nil)
    }
    let reports = PictureReport.grouped(found.records)
    #expect(reports.count == 1 && reports[0].skeleton == .common12)
    #expect(try Comparison(found.records[0], found.records[1], file: "b").a.skeleton == "common12")
    // Alike ones stay as they are.
    let alike = try ComparableRecords([("a", records[0]), ("b", records[0])])
    #expect(alike.notes.isEmpty && alike.records[0].measured == .smpl24)
  }

  @Test("with ground truth the increase comes first, and it is said why") func truth() throws {
    let records = [record(), record { ($0.label, $0.skeleton) = ("b", try! Skeleton.named("mhr70")) }]
    let found = try ComparableRecords([("a.zarr", records[0]), ("b.zarr", records[1])])
    #expect(found.notes.count == 1 && found.notes[0].contains("by centimetres"))
    let lines = FindingsTable(of: found.records).lines
    #expect(lines[1].hasPrefix("error increase, mean") && lines[2].hasPrefix("displacement, mean"))
    let findings = Findings(found.records[0])
    let moved = try #require(findings.displacement)
    #expect(moved.kind == .displacement && moved.millimetres > 0 && findings.clean.kind == .error)
    let report = PictureReport.grouped(found.records)[0]
    let page = PicturePage(report, report.entries)
    #expect(
      page.table.rows[1].label.text == "Error increase" && page.howToRead.text.contains("by centimetres"))
    #expect(Findings(records[0]).displacement == nil)
  }

  @Test("records without joints, or of too few, are refused by name") func refused() throws {
    let bare = record { $0.parts = [.truth] }, five = record { $0.skeleton = .five }
    for (other, word) in [(bare, "no joints"), (five, "left_shoulder")] {
      let error = #expect(throws: RecordError.self) {
        try ComparableRecords([("a.zarr", other)], joints: .common12)
      }
      #expect(
        error?.file == "a.zarr" && error?.sentence.contains(word) == true, "\(String(describing: error))")
    }
  }

  @Test("attention of other joints and of wide maps has a page") func attention() throws {
    for name in ["blazepose33", "smplx22"] {
      let skeleton = try Skeleton.named(name)
      let whole = record {
        $0.skeleton = skeleton
        $0.parts.insert(.attention)
      }
      var context = whole.context
      context.cleanAttention = Tensor(
        [3, 12, skeleton.count], [Float](repeating: 0.1, count: 36 * skeleton.count))
      let wide = SweepRecord(
        settings: whole.settings, notes: whole.notes, positions: whole.positions, skeleton: skeleton,
        measured: skeleton, results: whole.results, clean: whole.clean, context: context,
        worstAttention: Tensor(
          [3, 3, 12, skeleton.count], [Float](repeating: 0.2, count: 108 * skeleton.count)))
      let report = PictureReport.grouped([wide])[0]
      let page = try #require(AttentionPage(report, report.entries[0]))
      let map = page.rows[0].attention[1]
      #expect(map.rowCentres == [16, 48, 80] && map.columnCentres.count == 12 && map.columnCentres[0] == 4)
    }
  }

  // MARK: What networks report of themselves

  @Test("uncertainty is shown beside the error, with its rank correlation") func uncertainty() throws {
    let plain = record {
      $0.parts.insert(.uncertainty); $0.misses = { $0 == 4 }
    }
    // A network whose uncertainty is a function of its error knows all of it.
    var knowing = plain
    var arrays = plain.results.arrays
    arrays[.uncertainty] = plain.results.error.map { $0 * $0 }
    arrays[.confidence] = plain.results.error.map { 1 - $0 }
    knowing.results = PositionResults(arrays)
    let findings = Findings(knowing)
    #expect(findings.joints.dropFirst().allSatisfy { abs(($0.uncertaintyCorrelation ?? 0) - 1) < 1e-9 })
    #expect((findings.uncertaintyCorrelation ?? 0) > 0.8 && (findings.confidenceCorrelation ?? 0) < -0.999)
    #expect(abs(Findings(plain).uncertaintyCorrelation ?? 1) < 0.6)
    let report = PictureReport.grouped([knowing])[0]
    let page = try #require(PairedMapsPage(uncertaintyIn: report, report.entries))
    let panels = page.networks[0].panels
    #expect(
      panels.count == 3 && panels[1].title.text == "uncertainty" && panels[2].title.text == "confidence")
    #expect(panels[1].map.values[4].isNaN && panels[1].map.misses[4] && panels[1].key.hasMisses)
    let row = knowing.results[.uncertainty]!.rows(0..<1).elements
    #expect(abs(panels[1].map.values[0] - 1000 * Double(row.reduce(0, +)) / 24) < 1e-3)
    #expect(page.networks[0].table?.rows.count == 24)
    let none = PictureReport.grouped([record()])[0]
    #expect(PairedMapsPage(uncertaintyIn: none, none.entries) == nil)
    #expect(FigureChoice.uncertainty.obstacle(in: none) != nil)
  }

  @Test("uncertainty of predicted joints is taken for the measured ones") func converted() throws {
    let other = try Skeleton.named("blazepose33")
    let whole = record {
      $0.skeleton = other; $0.parts.insert(.uncertainty); $0.parts.remove(.truth)
    }
    let common = try whole.measured(over: .common12, file: "a")
    let uncertainty = try #require(common.measuredUncertainty)
    let left = try #require(other.index(of: "left_wrist"))
    #expect(uncertainty.shape == [whole.positions.count, 12])
    #expect(uncertainty[3, 4] == whole.results[.uncertainty]![3, left])
    #expect(Findings(common).joints[4].uncertaintyCorrelation != nil)
  }
}
