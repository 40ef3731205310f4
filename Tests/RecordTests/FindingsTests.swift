import Bodies
import Foundation
import Models
import Records
import TestSupport
import Tensors
import Testing

@Suite("Findings") struct FindingsTests {
  @Test("means, maxima and positions agree with plain sums within 0.001 mm") func numbers() throws {
    let findings = Findings(HandMade.record())
    #expect(findings.positions == 9 && findings.skeleton == "smpl24" && findings.quantity == "error")
    // Mean over joints at position p: 10 + p + 11.5; over nine positions p is 4 on average.
    expectClose([findings.clean.millimetres, findings.mean.millimetres], [16.5, 25.5], absolute: 1e-3)
    expectClose(
      [findings.worst.millimetres, try #require(findings.worst.alignedMillimetres)], [29.5, 14.75],
      absolute: 1e-3)
    // The middle row holds positions 3, 4, 5: 4 on average; the others 0, 1, 2, 6, 7, 8: 4 as well.
    let (on, off) = (try #require(findings.onBody), try #require(findings.offBody))
    #expect(on.positions == 3 && off.positions == 6)
    expectClose([on.increase!.millimetres, off.increase!.millimetres], [9, 9], absolute: 1e-3)

    let knee = findings.joints[Joint.leftKnee.rawValue]
    #expect(knee.joint == "left_knee" && knee.visibility == .visible)
    expectClose(
      [knee.cleanMillimetres, knee.meanMillimetres, knee.worstMillimetres], [9, 18, 22], absolute: 1e-3)
    expectClose(
      [try #require(knee.alignedMeanMillimetres), try #require(knee.alignedWorstMillimetres)], [9, 11],
      absolute: 1e-3)
    #expect(knee.worstPosition.row == 2 && knee.worstPosition.column == 2)
    #expect(knee.worstPosition.x == 10.5 && knee.worstPosition.y == 10.5)

    #expect(findings.visible?.joints.count == 6 && findings.hidden?.joints.count == 18)
    expectClose([findings.visible!.mean!.millimetres], [10 + 4 + 2.5], absolute: 1e-3)
    expectClose([findings.hidden!.mean!.millimetres], [10 + 4 + 14.5], absolute: 1e-3)
    expectClose([findings.hidden!.clean!.millimetres], [5 + 14.5], absolute: 1e-3)
  }

  @Test("a body mask separates the error increase on the body from that off it") func regions() {
    let record = HandMade.record()
    var errors = record.results.error
    for joint in 0..<24 { for position in 3...5 { errors[position, joint] += 0.1 } }
    let findings = Findings(record.replacingError(errors))
    expectClose(
      [findings.onBody!.increase!.millimetres, findings.offBody!.increase!.millimetres], [109, 9],
      absolute: 1e-2)
  }

  @Test("without a body mask there is no error increase on or off the body") func noMask() throws {
    var record = HandMade.record()
    record.context.bodyMask = nil
    let findings = Findings(record)
    #expect(findings.onBody == nil && findings.offBody == nil && findings.positions == 9)
    // A mask that covers everything leaves nothing off the body.
    record.context.bodyMask = Tensor([14, 14], repeating: 1)
    let covered = Findings(record)
    #expect(covered.offBody?.positions == 0 && covered.offBody?.increase == nil)
    #expect(covered.onBody?.positions == 9)
  }

  @Test("the worst positions are at least a patch apart") func worstPositions() {
    // Patches of 5 pixels at a distance of 5: every position is apart from every other.
    #expect(HandMade.record().worstPositions() == [8, 7, 6])
    // At a stride of 2 (1.875 rounded), 7 × 7 positions: those next to the worst one are passed over.
    let dense = HandMade.record(stride: 30)
    let positions = dense.positions
    var errors = Tensor([positions.count, 24], repeating: 0.01)
    for joint in 0..<24 {
      errors[24, joint] = 0.5
      errors[25, joint] = 0.4  // overlaps the worst
      errors[27, joint] = 0.3  // 6 pixels to the right
    }
    let chosen = dense.replacingError(errors).worstPositions(2)
    #expect(positions.rows.count == 7 && chosen == [24, 27])
  }

  @Test("JSON keys contain units, and no error without ground truth") func keys() throws {
    func json(_ record: SweepRecord) throws -> String {
      String(decoding: try JSONEncoder().encode(Findings(record)), as: UTF8.self)
    }
    let error = try json(HandMade.record())
    for key in ["mpjpe_mm", "pa_mpjpe_mm", "worst_mm", "on_body", "visible", "worst_positions", "x_px"] {
      #expect(error.contains("\"\(key)\""), "\(key)")
    }
    let displacement = try json(HandMade.record(truth: false))
    #expect(displacement.contains("displacement_mm") && displacement.contains("displacement from the clean"))
    #expect(!displacement.contains("mpjpe") && !displacement.contains("error"))
    for record in [HandMade.record(), HandMade.record(truth: false)] {
      let findings = Findings(record)
      #expect(try JSONDecoder().decode(Findings.self, from: JSONEncoder().encode(findings)) == findings)
    }
  }

  // MARK: Maxima

  /// Nine positions at which errors grow, and aligned errors shrink: their maxima are at the two ends.
  private func opposed(label: String = "a", tolerance: Double? = nil, computed: Int = 4) -> SweepRecord {
    var record = HandMade.record(label: label)
    let aligned = HandMade.results(9) { position, joint in Float(30 - position + joint) / 500 }
    record.results = PositionResults(
      record.results.arrays.merging([.alignedError: aligned.alignedError!]) { _, new in new })
    record.settings.tolerance = tolerance
    if tolerance != nil {
      record.notes.interpolation = .init(
        computed: computed, meanMillimetres: 1, standardErrorMillimetres: 0.1, checked: 3)
    }
    return record
  }

  @Test("the worst position is that of each quantity, error and aligned error, joint and group") func worst()
    throws
  {
    let findings = Findings(opposed())
    // Aligned: 30 - position + 11.5 on average over joints, at its maximum at the first position.
    expectClose(
      [findings.worst.millimetres, try #require(findings.worst.alignedMillimetres)], [29.5, 41.5],
      absolute: 1e-3)
    #expect(findings.worst.alignedMillimetres! > findings.mean.alignedMillimetres!)
    let position = try #require(findings.alignedWorstPosition)
    #expect(position.row == 0 && position.column == 0 && findings.worstPositions[0].position.row == 2)
    // The list of worst positions is by the error, with both numbers there.
    expectClose(
      [try #require(findings.worstPositions[0].distance.alignedMillimetres)], [33.5], absolute: 1e-3)
    let knee = findings.joints[Joint.leftKnee.rawValue]
    expectClose([try #require(knee.alignedWorstMillimetres)], [34], absolute: 1e-3)
    #expect(knee.worstPosition.row == 2 && knee.alignedWorstPosition?.row == 0)
    expectClose(
      [findings.hidden!.worst!.millimetres, try #require(findings.hidden!.worst!.alignedMillimetres)],
      [10 + 8 + 14.5, 30 + 14.5], absolute: 1e-3)

    let comparison = try Comparison(HandMade.record(), opposed(label: "b"), file: "b.zarr")
    // The first's aligned errors are half its errors: 14.75 at its own worst position.
    expectClose(
      [try #require(comparison.difference.worst.alignedMillimetres)], [41.5 - 14.75], absolute: 1e-3)
    // Where both maxima are at one position there is nothing more to say.
    #expect(Findings(HandMade.record()).alignedWorstPosition == nil)
    #expect(Findings(HandMade.record()).joints.allSatisfy { $0.alignedWorstPosition == nil })
  }

  @Test("a group's maximum is that of its mean, not the mean of its joints' maxima") func groups() throws {
    let record = HandMade.record()
    var errors = record.results.error
    // Two hidden joints have their maxima at different positions.
    (errors[1, 20], errors[7, 21]) = (1, 1)
    let hidden = try #require(Findings(record.replacingError(errors)).hidden?.worst)
    let means = (0..<9).map { position in
      (6..<24).reduce(Float(0)) { $0 + errors[position, $1] } / 18 * 1000
    }
    expectClose([hidden.millimetres], [try #require(means.max())], absolute: 1e-2)
  }

  @Test("maxima of an adaptive sweep are lower limits, unless it computed every position") func lowerLimits()
    throws
  {
    func text(_ value: some Encodable) throws -> String {
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
    let adaptive = Findings(opposed(tolerance: 2))
    #expect(adaptive.worstIsLowerLimit && !Findings(opposed()).worstIsLowerLimit)
    #expect(!Findings(opposed(tolerance: 2, computed: 9)).worstIsLowerLimit)
    #expect(try text(adaptive).contains(#""worst_is_lower_limit":true"#))
    #expect(try text(adaptive).contains(#""pa_worst_position":{"column":0,"row":0"#))
    #expect(try text(Findings(HandMade.record())).contains(#""worst_is_lower_limit":false"#))
    let mixed = try Comparison(opposed(), opposed(label: "b", tolerance: 2), file: "b.zarr")
    #expect(mixed.difference.worstIsApproximate)
    #expect(try text(mixed).contains(#""worst_is_approximate":true"#))
    #expect(try !Comparison(opposed(), opposed(label: "b"), file: "b").difference.worstIsApproximate)
  }

  @Test("findings that version 0.1.0 printed can be read") func olderFindings() throws {
    var object = try #require(
      JSONSerialization.jsonObject(with: JSONEncoder().encode(Findings(opposed()))) as? [String: Any])
    for key in ["worst_is_lower_limit", "mask_of", "without_root", "pa_worst_position"] {
      #expect(object.removeValue(forKey: key) != nil, "\(key)")
    }
    let read = try JSONDecoder().decode(
      Findings.self, from: JSONSerialization.data(withJSONObject: object))
    #expect(!read.worstIsLowerLimit && read.maskOf == nil && read.withoutRoot == nil)
  }

  @Test("means without the root leave out the joint that is always 0") func withoutRoot() throws {
    let findings = Findings(HandMade.record())
    let others = try #require(findings.withoutRoot)
    #expect(others.joints.count == 23 && !others.joints.contains("pelvis"))
    // Joints 1 to 23 are 12 on average; clean, mean and worst position.
    expectClose(
      [others.clean!.millimetres, others.mean!.millimetres, others.worst!.millimetres], [17, 26, 30],
      absolute: 1e-3)
    // Where the root is the middle of two joints, none is always 0.
    var record = HandMade.record()
    let five = try Skeleton(name: "two", joints: ["left_hip", "right_hip"], root: ["left_hip", "right_hip"])
    record = SweepRecord(
      settings: record.settings, notes: record.notes, positions: record.positions, skeleton: nil,
      measured: five, results: PositionResults([.error: Tensor([9, 2], repeating: 1)]),
      clean: PositionResults([.error: Tensor([1, 2])]), context: RecordContext())
    record.notes.visibility = nil
    #expect(Findings(record).withoutRoot == nil)
  }

  // MARK: Silhouettes

  /// A record without ground truth whose predicted silhouette is some rows of its crop.
  private func predicted(
    _ label: String, rows: Range<Int>, frame: PictureFrame = HandMade.frame,
    of: RecordSettings.Reference? = nil
  ) -> SweepRecord {
    let record = HandMade.record(label: label, truth: of == .groundTruth)
    var settings = record.settings
    settings.frame = frame
    let positions = settings.positions.positions(of: settings.occlusion, in: frame)!
    var mask = Tensor([frame.side, frame.side])
    for y in rows { for x in 0..<frame.side { mask[y, x] = 1 } }
    var notes = record.notes
    notes.maskOf = of ?? .cleanPrediction
    return SweepRecord(
      settings: settings, notes: notes, positions: positions, skeleton: .smpl24, measured: .smpl24,
      results: HandMade.results(positions.count) { Float($0 + $1) / 1000 }, clean: record.clean,
      context: RecordContext(bodyMask: mask))
  }

  @Test("networks that are compared are on the body by one silhouette, the first's prediction")
  func sharedSilhouette() throws {
    let records = [predicted("a", rows: 5..<10), predicted("b", rows: 0..<14), predicted("c", rows: 0..<1)]
    let found = Findings.compared(records)
    #expect(found.map { $0.onBody?.positions } == [3, 3, 3])
    #expect(found.allSatisfy { $0.maskOf == .cleanPrediction && $0.maskNetwork == "a" })
    // Alone, each has its own.
    #expect(records.map { Findings($0).onBody?.positions } == [3, 9, 3])
    #expect(Findings(records[1]).maskNetwork == "b")
    let comparison = try Comparison(records[0], records[1], file: "b.zarr")
    #expect(comparison.b.onBody?.positions == 3 && comparison.b.maskNetwork == "a")
    expectClose([comparison.difference.onBodyIncrease!.millimetres], [0], absolute: 1e-4)
    let text = String(decoding: try JSONEncoder().encode(comparison.b), as: UTF8.self)
    #expect(text.contains(#""mask_network":"a""#) && text.contains(#""mask_of":"clean prediction""#))
  }

  @Test("the ground truth's silhouette goes before predictions, and each crop keeps its own of it")
  func trueSilhouette() {
    let truth = [
      predicted("a", rows: 5..<10, of: .groundTruth), predicted("b", rows: 0..<5, of: .groundTruth),
    ]
    let found = Findings.compared(truth)
    #expect(found.allSatisfy { $0.maskOf == .groundTruth && $0.maskNetwork == nil })
    #expect(BodyMask.shared(truth)[1]?.pixels == truth[1].context.bodyMask)
    // A network whose silhouette is not that of the ground truth takes it from another.
    let mixed = Findings.compared([predicted("c", rows: 0..<14), truth[0]])
    #expect(mixed.map { $0.onBody?.positions } == [3, 3] && mixed[0].maskOf == .groundTruth)
  }

  @Test("a silhouette of another crop is looked up in the picture") func otherFrame() {
    // The first crop shows 28 pixels of the picture from (3, 5); the second twice as much around the same middle.
    let wide = PictureFrame(side: 28, x: -11, y: -9, width: 56, height: 56, boxShare: 0.5)
    let mask = BodyMask(predicted("a", rows: 5..<10))!
    // Rows 5 to 10 of 14 are from 15 to 25 down the picture, 12 to 17 of the other crop.
    let seen = mask.pixels(in: wide)
    for y in 0..<28 {
      for x in 0..<28 {
        let expected: Float = (12..<17).contains(y) && (7..<21).contains(x) ? 1 : 0
        #expect(seen[y, x] == expected, "\(y), \(x)")
      }
    }
    let found = Findings.compared([predicted("a", rows: 5..<10), predicted("b", rows: 0..<28, frame: wide)])
    #expect(found[1].onBody!.positions < found[1].positions && found[1].maskNetwork == "a")
    #expect(mask.pixels(in: HandMade.frame) == mask.pixels)
    // Version 0.1.0 did not record where a crop without a box was: all crops are of one square.
    let (small, large) = (PictureFrame(wholeOf: 4), PictureFrame(wholeOf: 8))
    let half = BodyMask(
      Tensor([4, 4], (0..<16).map { $0 < 8 ? 1 : 0 }), frame: small, of: .cleanPrediction, network: "a")
    #expect(half.pixels(in: large).elements == (0..<64).map { $0 < 32 ? 1 : 0 })
  }

  @Test("without visibility there are no visible or hidden joints") func unknownVisibility() {
    let findings = Findings(HandMade.record(visibility: nil))
    #expect(findings.visible == nil && findings.hidden == nil && findings.joints[0].visibility == nil)
  }

  @Test("a record of errors alone has findings without aligned errors, visibility and body")
  func errorsAlone() throws {
    let record = HandMade.record(visibility: nil, body: nil)
    let bare = SweepRecord(
      settings: record.settings, notes: record.notes, positions: record.positions, skeleton: nil,
      measured: .smpl24, results: PositionResults([.error: record.results.error]),
      clean: PositionResults([.error: record.clean.error]), context: RecordContext())
    let (findings, whole) = (Findings(bare), Findings(record))
    #expect(findings.mean == Distance(whole.mean.millimetres, aligned: nil, .error))
    #expect(findings.worst.alignedMillimetres == nil && findings.onBody == nil)
    #expect(findings.joints.map(\.worstMillimetres) == whole.joints.map(\.worstMillimetres))
    #expect(findings.joints.allSatisfy { $0.alignedMeanMillimetres == nil })
    #expect(findings.worstPositions.map(\.position) == whole.worstPositions.map(\.position))
    let text = String(decoding: try JSONEncoder().encode(findings), as: UTF8.self)
    #expect(!text.contains("pa_") && text.contains("mpjpe_mm"))
  }

  // MARK: Comparisons

  @Test("a comparison is the second minus the first") func comparison() throws {
    let comparison = try Comparison(
      HandMade.record(), HandMade.record(label: "b", base: 30, clean: 7), file: "b.zarr")
    expectClose(
      [comparison.difference.mean.millimetres, comparison.difference.clean.millimetres], [20, 2],
      absolute: 1e-3)
    expectClose([comparison.difference.onBodyIncrease!.millimetres], [18], absolute: 1e-3)
    expectClose([comparison.difference.joints[4].worstMillimetres], [20], absolute: 1e-3)
  }

  @Test("sweeps with different settings are not compared") func refused() {
    let first = HandMade.record()
    for second in [
      HandMade.record(picture: "2"), HandMade.record(truth: false), HandMade.record(stride: 40),
      HandMade.record(body: "c"),
    ] {
      let error = #expect(throws: RecordError.self) { try Comparison(first, second, file: "b.zarr") }
      #expect(error?.kind == .badData && error?.description.hasPrefix("b.zarr: ") == true)
    }
    var other = HandMade.record()
    other.settings.measured = "h36m14"
    #expect(throws: RecordError.self) { try Comparison(first, other, file: "b.zarr") }
    other = HandMade.record()
    other.settings.occlusion.shape = .disc
    #expect(throws: RecordError.self) { try Comparison(first, other, file: "b.zarr") }
    // Networks without a body of their own are compared with those that have one.
    #expect(throws: Never.self) { try Comparison(first, HandMade.record(body: nil), file: "b.zarr") }
  }
}
