import Foundation
import Sweeps
import TestSupport
import Tensors
import Testing

@Suite("Adaptive sampling") struct AdaptiveSamplingTests {
  /// What sampling came to.
  struct Outcome {
    var sampling: AdaptiveSampling
    var rounds = 0
    /// How far the filled map is really off, the mean over joints and positions.
    var off: Float = 0
  }

  /// Samples a map until it is within the tolerance.
  static func sampled(
    _ rows: Int, _ columns: Int, tolerance: Float, _ map: (_ row: Int, _ column: Int) -> [Float]
  ) -> Outcome {
    var outcome = Outcome(
      sampling: AdaptiveSampling(rows: rows, columns: columns, tolerance: tolerance, seed: 9))
    while !outcome.sampling.wanted.isEmpty {
      outcome.sampling.take(outcome.sampling.wanted.map { map($0 / columns, $0 % columns) })
      outcome.rounds += 1
    }
    let truth = (0..<rows * columns).flatMap { map($0 / columns, $0 % columns) }
    let joints = map(0, 0).count
    // What is not known must not be looked at.
    let holes = truth.indices.map { outcome.sampling.isKnown($0 / joints) ? truth[$0] : .nan }
    let filled = outcome.sampling.filled(Tensor([rows * columns, joints], holes)).elements
    for (index, value) in filled.enumerated() where outcome.sampling.isKnown(index / joints) {
      #expect(value == truth[index] || truth[index].isNaN)
    }
    outcome.off = zip(filled, truth).reduce(0) { $0 + abs($1.0 - $1.1) } / Float(truth.count)
    return outcome
  }

  @Test(
    "a map that is linear between the coarse grid's positions needs no others",
    arguments: [(96, 96), (17, 40), (9, 9), (1, 30), (5, 1), (1, 1)])
  func straight(rows: Int, columns: Int) {
    let found = Self.sampled(rows, columns, tolerance: 0.001) { row, column in
      [0.01 * Float(row) + 0.002 * Float(column), 0.3 - 0.001 * Float(column)]
    }
    // After the coarse grid come the neighbours of the two maxima, which are at its corners.
    #expect(found.rounds <= 2 && found.off < 1e-6 && found.sampling.interpolationError.mean < 1e-6)
    if rows == 96 { #expect(found.sampling.known < 96 * 96 / 8) }
  }

  @Test("positions are denser where the map bends") func bent() {
    let (rows, columns) = (90, 130)
    // A hill in a plain.
    let found = Self.sampled(rows, columns, tolerance: 0.0001) { row, column in
      let (y, x) = (Float(row - 30) / 8, Float(column - 90) / 8)
      return [0.2 * exp(-(y * y + x * x)), 0.05]
    }
    #expect(found.off < 0.00012)
    #expect(found.sampling.known < rows * columns / 6, "\(found.sampling.known) positions")
    func share(_ rows: ClosedRange<Int>, _ chosen: ClosedRange<Int>) -> Double {
      let all = rows.flatMap { row in chosen.map { row * columns + $0 } }
      return Double(all.count(where: found.sampling.isKnown)) / Double(all.count)
    }
    let (hill, plain) = (share(22...38, 82...98), share(60...84, 10...34))
    #expect(hill > 2 * plain, "\(hill) on the hill, \(plain) in the plain")
  }

  @Test(
    "the estimated interpolation error is below the tolerance, and the true one below 1.25 times that",
    arguments: [0.002, 0.004, 0.008])
  func deviation(tolerance: Float) {
    // Rough everywhere, rougher to the right.
    var random = SeededGenerator(seed: 3)
    let noise = (0..<100 * 100).map { _ in random.normal(deviation: 1) }
    let found = Self.sampled(100, 100, tolerance: tolerance) { row, column in
      [0.1 + noise[row * 100 + column] * 0.0001 * Float(column), 0.2 * sin(Float(row) / 12)]
    }
    let deviation = found.sampling.interpolationError
    #expect(deviation.mean < tolerance && found.off < 1.25 * tolerance)
    #expect(abs(found.off - deviation.mean) < 3 * deviation.standardError + 1e-4)
    #expect(found.sampling.known < 100 * 100)
  }

  @Test("a tolerance near 0 computes every position of a rough map") func rough() {
    var random = SeededGenerator(seed: 4)
    let noise = (0..<33 * 47).map { _ in random.normal() }
    let found = Self.sampled(33, 47, tolerance: 1e-9) { row, column in [noise[row * 47 + column]] }
    #expect(found.sampling.known == 33 * 47 && found.off == 0)
  }

  @Test("a map whose positions are all computed has an interpolation error of exactly 0") func drawn() {
    var random = SeededGenerator(seed: 5)
    let noise = (0..<14 * 14).map { _ in random.normal() }
    let found = Self.sampled(14, 14, tolerance: 1) { row, column in [noise[row * 14 + column]] }
    #expect(found.sampling.known == 14 * 14 && found.off == 0)
    #expect(
      found.sampling.interpolationError.mean == 0 && found.sampling.interpolationError.standardError == 0)
  }

  @Test(
    "no position beside the largest one is larger: of the mean, of a joint, aligned or not",
    arguments: [UInt64(1), 2, 3, 4])
  func maxima(seed: UInt64) {
    let (rows, columns, joints) = (70, 90, 3)
    // Smooth hills, and on top of them peaks that are narrower than the coarse grid.
    var random = SeededGenerator(seed: seed)
    let peaks = (0..<12).map { _ in
      (y: random.uniform(0...69), x: random.uniform(0...89), height: random.uniform(0...0.03))
    }
    func value(_ position: Int, _ joint: Int, _ shift: Float) -> Float {
      let (y, x) = (Float(position / columns), Float(position % columns))
      let hill = 0.1 + 0.03 * sin((y + shift) / 17 + Float(joint)) * cos((x - shift) / 19)
      return peaks.reduce(hill) { sum, peak in
        let (dy, dx) = (y - peak.y, x - peak.x - shift)
        return sum + peak.height * exp(-(dy * dy + dx * dx) / (8 + 2 * Float(joint)))
      }
    }
    func errors(_ position: Int, _ shift: Float) -> [Float] {
      (0..<joints).map { value(position, $0, shift) }
    }
    var sampling = AdaptiveSampling(rows: rows, columns: columns, tolerance: 0.01, seed: 9)
    while !sampling.wanted.isEmpty {
      sampling.take(sampling.wanted.map { errors($0, 0) }, aligned: sampling.wanted.map { errors($0, 3) })
    }
    let known = (0..<rows * columns).filter(sampling.isKnown)
    #expect(known.count < rows * columns / 2)
    for shift: Float in [0, 3] {
      for joint in -1..<joints {
        func quantity(_ position: Int) -> Float {
          joint < 0 ? errors(position, shift).reduce(0, +) / Float(joints) : value(position, joint, shift)
        }
        let best = known.max { quantity($0) < quantity($1) }!
        for y in max(best / columns - 1, 0)...min(best / columns + 1, rows - 1) {
          for x in max(best % columns - 1, 0)...min(best % columns + 1, columns - 1) {
            #expect(sampling.isKnown(y * columns + x), "beside the maximum of \(joint), \(shift)")
          }
        }
      }
    }
  }

  @Test("the maximum of a single steep hill is the true one") func hill() {
    let (rows, columns) = (80, 80)
    func map(_ position: Int) -> [Float] {
      let (y, x) = (Float(position / columns) - 37.3, Float(position % columns) - 51.6)
      return [0.05 + 0.2 / (1 + (y * y + x * x) / 30)]
    }
    var sampling = AdaptiveSampling(rows: rows, columns: columns, tolerance: 0.02, seed: 1)
    while !sampling.wanted.isEmpty { sampling.take(sampling.wanted.map(map)) }
    let known = (0..<rows * columns).filter(sampling.isKnown)
    #expect(known.count < rows * columns / 3)
    #expect(known.map { map($0)[0] }.max() == (0..<rows * columns).map { map($0)[0] }.max())
  }

  @Test(
    "positions where nobody is found are known: nothing is interpolated through them or refined within them")
  func missedRegion() {
    let (rows, columns) = (96, 96)
    // Nobody is found on a disc; around it the error is a plane.
    func isMissed(_ row: Int, _ column: Int) -> Bool {
      (row - 40) * (row - 40) + (column - 60) * (column - 60) < 400
    }
    var sampling = AdaptiveSampling(rows: rows, columns: columns, tolerance: 0.0005, seed: 9)
    func error(_ row: Int, _ column: Int) -> Float {
      isMissed(row, column) ? .nan : 0.05 + 0.001 * Float(row) + 0.0005 * Float(column)
    }
    while !sampling.wanted.isEmpty {
      sampling.take(sampling.wanted.map { [error($0 / columns, $0 % columns)] })
    }
    #expect(sampling.interpolationError.mean.isFinite && sampling.interpolationError.mean < 0.0005)
    #expect(sampling.known < rows * columns / 4, "\(sampling.known) positions")
    let truth = (0..<rows * columns).map { error($0 / columns, $0 % columns) }
    let holes = truth.indices.map { sampling.isKnown($0) ? truth[$0] : -1 }
    let filled = sampling.filled(Tensor([rows * columns, 1], holes)).elements
    let wrong = truth.indices.count { truth[$0].isNaN != filled[$0].isNaN }
    #expect(wrong < rows * columns / 150, "\(wrong) positions are wrongly found or missed")
    for (index, value) in filled.enumerated() where !value.isNaN && !truth[index].isNaN {
      #expect(abs(value - truth[index]) < 0.02)
    }
    // The border is denser than the inside of the disc and the plane.
    func share(_ isNear: (Float) -> Bool) -> Double {
      let all = truth.indices.filter { index in
        let (y, x) = (Float(index / columns - 40), Float(index % columns - 60))
        return isNear((y * y + x * x).squareRoot())
      }
      return Double(all.count(where: sampling.isKnown)) / Double(all.count)
    }
    let (border, rest) = (share { abs($0 - 20) < 3 }, share { $0 < 12 || $0 > 30 })
    #expect(border > 2 * rest, "\(border) at the border, \(rest) elsewhere")
  }

  @Test("NaN errors end adaptive sampling too", arguments: [0, 12, 29, 30])
  func notNumbers(found: Int) {
    // In the first rows somebody is found, whose error is 0 or not.
    for value in [Float(0), 0.1] {
      let outcome = Self.sampled(30, 30, tolerance: 0.001) { row, _ in [row > found ? .nan : value] }
      #expect(outcome.sampling.wanted.isEmpty && outcome.sampling.interpolationError.mean.isFinite)
    }
  }

  @Test("people who are missed here and there are looked for everywhere, and it ends") func scattered() {
    var random = SeededGenerator(seed: 4)
    let isMissed = (0..<40 * 40).map { _ in random.chance(0.3) }
    let outcome = Self.sampled(40, 40, tolerance: 0.001) { row, column in
      [isMissed[row * 40 + column] ? .nan : 0.1]
    }
    #expect(outcome.sampling.wanted.isEmpty && outcome.sampling.known > 1200)
  }
}
