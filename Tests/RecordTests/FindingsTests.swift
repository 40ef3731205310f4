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
    let map = try #require(
      Comparison.meanErrorDifference(HandMade.record(), HandMade.record(label: "b", base: 30)))
    #expect(map.shape == [3, 3])
    expectClose(map.elements, [Float](repeating: 0.02, count: 9), absolute: 1e-6)
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
