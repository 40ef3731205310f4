import Tensors

/// A colour as screens mix it, every part in 0…1.
public struct Colour: Sendable, Equatable {
  /// The red part.
  public var red: Double
  /// The green part.
  public var green: Double
  /// The blue part.
  public var blue: Double
  /// 1 covers what lies below, 0 leaves it as it is.
  public var opacity: Double

  /// A colour of its parts.
  public init(_ red: Double, _ green: Double, _ blue: Double, opacity: Double = 1) {
    self.red = red
    self.green = green
    self.blue = blue
    self.opacity = opacity
  }

  /// A colour written as in `0xRRGGBB`.
  public init(_ code: UInt32, opacity: Double = 1) {
    self.init(
      Double(code >> 16 & 255) / 255, Double(code >> 8 & 255) / 255, Double(code & 255) / 255,
      opacity: opacity)
  }

  /// The same colour, more or less covering.
  public func opacity(_ opacity: Double) -> Colour { Colour(red, green, blue, opacity: opacity) }

  /// The colour part of the way towards another.
  public func mixed(with other: Colour, _ share: Double) -> Colour {
    func mix(_ a: Double, _ b: Double) -> Double { a + (b - a) * share }
    return Colour(
      mix(red, other.red), mix(green, other.green), mix(blue, other.blue),
      opacity: mix(opacity, other.opacity))
  }

  /// The colour as pages in a browser write it, `#rrggbb`.
  package var code: String {
    let (red, green, blue) = bytes
    let digits = String(UInt32(red) << 16 | UInt32(green) << 8 | UInt32(blue), radix: 16)
    return "#" + String(repeating: "0", count: 6 - digits.count) + digits
  }

  /// Red, green and blue as bytes.
  public var bytes: (red: UInt8, green: UInt8, blue: UInt8) {
    func byte(_ value: Double) -> UInt8 { UInt8(level: value * 255) }
    return (byte(red), byte(green), byte(blue))
  }
}

extension Colour {
  /// Text that is read first.
  public static let ink = Colour(0x1F2328)
  /// Text that explains.
  public static let muted = Colour(0x6B7280)
  /// Frames and rules.
  public static let hairline = Colour(0xC9CED6)
  /// Bands behind rows, and what a figure has no value for.
  public static let wash = Colour(0xF3F4F6)
  /// Paper.
  public static let white = Colour(0xFFFFFF)
  /// The clean prediction where it stands in for the ground truth.
  public static let clean = Colour(0x374151)
  /// The ground truth.
  ///
  /// This and the networks' colours stay apart for every kind of colour vision: Okabe and Ito's palette, whose green is
  /// made lighter, 20 ΔE from the blue also without blue cones.
  public static let truth = Colour(0x00A85C)
  /// The stripes of a position where nobody was found.
  public static let hatches = [Colour(0xC4C8CE), Colour(0x8B9098)]
  /// The networks, in the order in which they are given.
  public static let networks = [
    Colour(0xD55E00), Colour(0x0072B2), Colour(0xCC79A7), Colour(0xE69F00), Colour(0x56B4E9),
    Colour(0x8B5E34),
  ]

  /// The colour of a network by its place in the order; the seventh has that of the first.
  public static func network(_ index: Int) -> Colour { networks[index % networks.count] }
}
