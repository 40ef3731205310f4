import Foundation

/// Random numbers that a seed decides, the same on every machine.
///
/// SplitMix64 (Steele, Lea and Flood 2014).
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// A generator of its own for every seed and, under one seed, for every stream.
  public init(seed: UInt64, stream: UInt64 = 0) {
    state = seed
    let mixed = next() ^ (stream &* 0xD134_2543_DE82_EF95)
    state = mixed
    state = next() ^ stream
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A number evenly spread over the range, its upper bound excluded.
  public mutating func uniform(_ range: ClosedRange<Float> = 0...1) -> Float {
    range.lowerBound + (range.upperBound - range.lowerBound) * Float(next() >> 40) * 0x1p-24
  }

  /// A number from the normal distribution by the method of Box and Muller.
  public mutating func normal(mean: Float = 0, deviation: Float = 1) -> Float {
    let u = Double((next() >> 11) + 1) * 0x1p-53
    let v = Double(next() >> 11) * 0x1p-53
    return mean + deviation * Float((-2 * log(u)).squareRoot() * cos(2 * .pi * v))
  }

  /// An integer evenly spread over `0..<count`.
  public mutating func integer(below count: Int) -> Int { Int.random(in: 0..<count, using: &self) }

  /// True with the given probability.
  public mutating func chance(_ probability: Float) -> Bool { uniform() < probability }
}
