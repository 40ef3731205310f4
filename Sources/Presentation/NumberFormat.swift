import Foundation

/// What a maximum over positions is.
package enum Maximum: Sendable {
  /// That of all positions.
  case exact
  /// That of the positions that an adaptive sweep has computed: the true one is at least as large.
  case lowerLimit
  /// A difference of maxima of which one is a lower limit, or the range of a difference of interpolated maps.
  case approximate

  /// What is written before the number.
  package var sign: String {
    switch self {
    case .exact: ""
    case .lowerLimit: "≥ "
    case .approximate: "≈ "
    }
  }
}

/// How numbers are written on pages and in tables: so many decimals, and a true minus.
///
///     NumberFormat.tenths(-3.14)  // "−3.1"
///
/// What is not a number is written as a dash.
public struct NumberFormat: Sendable, Hashable {
  /// The digits after the point.
  public let decimals: Int
  /// Whether a plus stands before what is above zero.
  public let isSigned: Bool

  /// A format of so many decimals.
  public init(decimals: Int, isSigned: Bool = false) {
    (self.decimals, self.isSigned) = (decimals, isSigned)
  }

  /// Whole millimetres.
  public static let whole = NumberFormat(decimals: 0)
  /// Tenths of a millimetre.
  public static let tenths = NumberFormat(decimals: 1)
  /// Tenths with a sign, for increases and differences.
  public static let signed = NumberFormat(decimals: 1, isSigned: true)
  /// Thousandths, for shares and correlations.
  public static let thousandths = NumberFormat(decimals: 3)
  /// What stands where there is no number.
  public static let missing = "–"

  /// The number as text.
  public func callAsFunction(_ value: Double) -> String {
    guard value.isFinite else { return Self.missing }
    let digits = String(format: "%.\(decimals)f", abs(value))
    if digits.allSatisfy({ $0 == "0" || $0 == "." }) { return digits }
    return (value < 0 ? "−" : isSigned ? "+" : "") + digits
  }

  /// The number as text.
  public func callAsFunction(_ value: Float) -> String { callAsFunction(Double(value)) }
  /// The number as text, or a dash where there is none.
  public func callAsFunction(_ value: Float?) -> String { value.map { callAsFunction($0) } ?? Self.missing }

  /// A number beside an axis: as many decimals as it has, two at most.
  public static func tick(_ value: Double) -> String {
    let hundredths = (value * 100).rounded()
    let decimals =
      hundredths.truncatingRemainder(dividingBy: 100) == 0
      ? 0
      : hundredths.truncatingRemainder(dividingBy: 10) == 0 ? 1 : 2
    return NumberFormat(decimals: decimals)(hundredths / 100)
  }

  /// A range, "43 to 187 mm" or "−12 to +143 mm", or of an adaptive sweep "43 to ≥ 187 mm"; empty where there are no
  /// numbers.
  static func range(
    _ map: PositionMap, between: String = " to ", isSigned: Bool = false, unit: String = " mm",
    maximum: Maximum = .exact
  )
    -> String
  {
    guard let low = map.low, let high = map.high else { return "" }
    let format = NumberFormat(decimals: 0, isSigned: isSigned)
    let (before, within) = maximum == .lowerLimit ? ("", maximum.sign) : (maximum.sign, "")
    return "\(before)\(format(low))\(between)\(within)\(format(high))\(unit)"
  }
}
