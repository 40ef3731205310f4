import Bodies
package import Tensors

/// The errors of a record, and those after Procrustes alignment where there are such.
package struct DistanceTables {
  package let plain: DistanceTable, aligned: DistanceTable?
  let kind: Distance.Kind

  package init(_ record: SweepRecord) {
    kind = record.settings.reference == .groundTruth ? .error : .displacement
    plain = DistanceTable(record.results.error, clean: record.clean.error)
    aligned = record.results.alignedError.flatMap { errors in
      record.clean.alignedError.map { DistanceTable(errors, clean: $0) }
    }
  }

  func distance(_ value: (DistanceTable) -> Float) -> Distance {
    Distance(value(plain) * 1000, aligned: aligned.map { value($0) * 1000 }, kind)
  }
}

/// Errors of positions and joints, and their means and maxima, metres.
///
/// Positions where nobody was found, whose errors are not numbers, count for nothing.
package struct DistanceTable: Sendable {
  private let errors: [Float]
  private let cleanErrors: [Float]
  private let joints: Int
  private var positions: Int { errors.count / joints }

  /// Errors `[positions, joints]`, and `[1, joints]` of the unoccluded image.
  package init(_ errors: Tensor, clean: Tensor) {
    self.errors = errors.elements
    cleanErrors = clean.elements
    joints = clean.count
  }

  /// The mean over joints in the unoccluded image.
  package func clean() -> Float { cleanErrors.reduce(0, +) / Float(joints) }

  /// One joint in the unoccluded image.
  package func clean(of joint: Int) -> Float { cleanErrors[joint] }

  /// The mean over joints at a position.
  package func mean(at position: Int) -> Float {
    errors[position * joints..<(position + 1) * joints].reduce(0, +) / Float(joints)
  }

  /// The mean over joints and over some positions.
  func mean(over indices: [Int]) -> Float { Self.mean(indices.map { mean(at: $0) }) }

  /// The mean over joints and positions.
  package func mean() -> Float { mean(over: Array(0..<positions)) }

  /// One joint's mean over positions.
  package func mean(of joint: Int) -> Float {
    Self.mean((0..<positions).map { errors[$0 * joints + joint] })
  }

  /// The maximum over positions of the mean over joints, and its position.
  package func worst() -> (value: Float, position: Int) { Self.worst((0..<positions).map { mean(at: $0) }) }

  /// The maximum over positions of one joint's error, and its position.
  package func worst(of joint: Int) -> (value: Float, position: Int) {
    Self.worst((0..<positions).map { errors[$0 * joints + joint] })
  }

  /// The maximum over positions of the mean over some joints, and its position.
  package func worst(of chosen: [Int]) -> (value: Float, position: Int) {
    Self.worst(
      (0..<positions).map { position in
        chosen.reduce(Float(0)) { $0 + errors[position * joints + $1] } / Float(chosen.count)
      })
  }

  private static func mean(_ values: some Sequence<Float>) -> Float {
    var (sum, count) = (0.0, 0)
    for value in values where !value.isNaN { (sum, count) = (sum + Double(value), count + 1) }
    return Float(sum / Double(count))
  }

  private static func worst(_ values: [Float]) -> (value: Float, position: Int) {
    let position = values.indices.filter { !values[$0].isNaN }.max { values[$0] < values[$1] } ?? 0
    return (values[position], position)
  }
}
