import Foundation
import Records
import TestSupport
import Tensors
import Testing

@Suite("Positions where nobody was found") struct MissedPositionTests {
  /// A record in which nobody was found at some of its nine positions.
  private func record(base: Float = 10, missing: Set<Int>) -> SweepRecord {
    let record = HandMade.record(base: base)
    return record.replacingError(
      Tensor(
        record.results.error.shape,
        record.results.error.elements.enumerated().map { missing.contains($0 / 24) ? .nan : $1 }))
  }

  @Test("numbers are over the positions where somebody was found, and the others are counted") func missed()
    throws
  {
    let findings = Findings(record(missing: [0, 4, 8]))
    #expect(findings.missed == 3 && findings.positions == 9 && abs(findings.missedShare - 1 / 3) < 1e-9)
    // Positions 1, 2, 3, 5, 6 and 7; the mean of joints' numbers 0…23 is 11.5.
    expectClose(
      [findings.mean.millimetres, findings.worst.millimetres], [10 + 4 + 11.5, 10 + 7 + 11.5], absolute: 1e-3)
    #expect(findings.joints[3].worstPosition.row == 2 && findings.joints[3].worstPosition.column == 1)
    #expect(findings.worstPositions.allSatisfy { !$0.distance.millimetres.isNaN })
    // The middle row is on the body.
    #expect(findings.onBody?.positions == 3 && findings.onBody?.missed == 1 && findings.offBody?.missed == 2)
    let text = String(decoding: try JSONEncoder().encode(findings), as: UTF8.self)
    #expect(text.contains("\"missed_positions\":3") && text.contains("\"missed_share\":0.33"))
    #expect(try JSONDecoder().decode(Findings.self, from: JSONEncoder().encode(findings)) == findings)
  }

  @Test("where nobody was found at any position there are no numbers, worst positions and increases")
  func nobody() {
    let findings = Findings(record(missing: Set(0..<9)))
    #expect(findings.missedShare == 1 && findings.mean.millimetres.isNaN && findings.worstPositions.isEmpty)
    #expect(findings.onBody?.increase == nil && findings.onBody?.positions == 3)
  }

  @Test("findings written before misses were counted are read") func former() throws {
    let data = try JSONEncoder().encode(Findings(HandMade.record()))
    let text = String(decoding: data, as: UTF8.self)
      .replacing(/"missed_positions":0,?/, with: "").replacing(/"missed_share":0,?/, with: "")
    #expect(!text.contains("missed"))
    #expect(try JSONDecoder().decode(Findings.self, from: Data(text.utf8)).missed == 0)
  }

  @Test("a comparison leaves out positions where either network found nobody") func comparedMisses() throws {
    let comparison = try Comparison(
      record(missing: [0, 1]), record(base: 30, missing: [1, 8]), file: "b.zarr")
    #expect(comparison.difference.leftOut == 3)
    #expect(comparison.a.missed == 2 && comparison.b.missed == 2)
    // Over the same positions, so that the difference is that of the bases.
    expectClose([comparison.difference.mean.millimetres], [20], absolute: 1e-3)
    expectClose([comparison.a.worst.millimetres], [10 + 7 + 11.5], absolute: 1e-3)
    #expect(try Comparison(HandMade.record(), HandMade.record(), file: "b").difference.leftOut == 0)
  }
}
