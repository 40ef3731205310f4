/// One share of a work that several processes do, each without knowing of the others: every `count`-th item, from the
/// `number`-th on.
public struct Shard: Hashable, Sendable, CustomStringConvertible {
  /// Which share, from 1, and of how many.
  public let number: Int, count: Int

  /// More shares than any cluster has processes: a number above it is a mistake.
  private static let most = 1 << 20

  /// A share; nil unless `number` is one of `1...count`, and there are at most a million.
  public init?(_ number: Int, of count: Int) {
    guard (1...Self.most).contains(count), (1...count).contains(number) else { return nil }
    (self.number, self.count) = (number, count)
  }

  /// A share written as `2/8`.
  public init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let number = parts[0], let count = parts[1] else { return nil }
    self.init(number, of: count)
  }

  /// As it is given: `2/8`.
  public var description: String { "\(number)/\(count)" }

  /// Whether an item, counted from 0, belongs to it.
  public func owns(_ item: Int) -> Bool { item % count == number - 1 }
}
