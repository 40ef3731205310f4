extension Int {
  /// A number as a whole one: rounded, kept within ±10⁹, where sums and products of two are still numbers, and 0 for what is
  /// not a number.
  ///
  /// For everything that follows from files and predictions: boxes, cameras and bodies may be finite and absurd, and a plain
  /// conversion of what does not fit ends the program.
  @inlinable public init<Number: BinaryFloatingPoint>(
    bounded value: Number, _ rule: FloatingPointRoundingRule = .toNearestOrAwayFromZero
  ) {
    let limit: Number = 1e9
    self = value.isNaN ? 0 : Int(Swift.min(Swift.max(value, -limit), limit).rounded(rule))
  }
}

extension UInt8 {
  /// The level of a colour channel: rounded, kept within 0…255, and 0 for what is not a number.
  @inlinable public init<Number: BinaryFloatingPoint>(level value: Number) {
    self = value.isNaN ? 0 : UInt8(Swift.min(Swift.max(value, 0), 255).rounded())
  }
}
