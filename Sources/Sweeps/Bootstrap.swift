internal import Tensors

/// A mean over pictures, and between what bounds it lies with a probability of 95 %.
public struct BoundedMean: Codable, Sendable, Equatable {
  /// The mean.
  public let mean: Double
  /// The bounds.
  public let low: Double, high: Double
  /// The number of pictures that have the value.
  public let pictures: Int

  /// An estimate of the given parts.
  public init(mean: Double, low: Double, high: Double, pictures: Int) {
    (self.mean, self.low, self.high, self.pictures) = (mean, low, high, pictures)
  }

  /// The same in another unit.
  public func scaled(by factor: Double) -> BoundedMean {
    BoundedMean(mean: mean * factor, low: low * factor, high: high * factor, pictures: pictures)
  }
}

/// Intervals of means by drawing pictures again, with replacement (Efron 1979; the percentile method).
///
/// All quantities of an experiment share one set of drawn pictures, so that differences between networks that
/// were measured on the same pictures are paired. Where a network was trained several times, the runs are drawn
/// again as well. The seed decides every draw.
public struct Bootstrap: Sendable {
  /// How often pictures are drawn.
  public let resamples: Int
  /// Decides the draws.
  public let seed: UInt64
  /// The number of pictures.
  public let pictures: Int
  /// How often each picture was drawn, `[resamples, pictures]`.
  private let counts: [Double]

  /// Draws `resamples` times as many pictures as there are.
  public init(pictures: Int, resamples: Int = 1000, seed: UInt64) {
    precondition(pictures > 0 && resamples > 0, "\(resamples) draws from \(pictures) pictures")
    (self.pictures, self.resamples, self.seed) = (pictures, resamples, seed)
    var random = SeededGenerator(seed: seed)
    var counts = [Double](repeating: 0, count: resamples * pictures)
    for draw in 0..<resamples {
      for _ in 0..<pictures { counts[draw * pictures + random.integer(below: pictures)] += 1 }
    }
    self.counts = counts
  }

  /// The mean of the values of one network, one a picture; pictures whose value is NaN have none.
  public func estimate(_ values: [Double]) -> BoundedMean { estimate(runs: [values]) }

  /// The mean over runs of the means over pictures, `[run][picture]`.
  ///
  /// NaN throughout when no picture has a value.
  public func estimate(runs: [[Double]]) -> BoundedMean {
    Self.estimate(
      Self.mean(runs), draws(runs),
      pictures: (0..<pictures).count { picture in runs.contains { !$0[picture].isNaN } })
  }

  /// The second network's mean less the first's; of both the same pictures are drawn, and the same runs where
  /// they have as many.
  public func difference(_ first: [[Double]], _ second: [[Double]]) -> BoundedMean {
    let pairs = zip(draws(first), draws(second))
    return Self.estimate(
      Self.mean(second) - Self.mean(first), pairs.map { $1 - $0 },
      pictures: (0..<pictures).count { picture in
        [first, second].allSatisfy { $0.contains { !$0[picture].isNaN } }
      })
  }

  private static func estimate(_ mean: Double, _ draws: [Double], pictures: Int) -> BoundedMean {
    let sorted = draws.filter { !$0.isNaN }.sorted()
    func quantile(_ share: Double) -> Double {
      guard !sorted.isEmpty else { return .nan }
      let position = share * Double(sorted.count - 1)
      let index = min(Int(position), sorted.count - 1)
      let next = min(index + 1, sorted.count - 1)
      return sorted[index] + (position - Double(index)) * (sorted[next] - sorted[index])
    }
    return BoundedMean(mean: mean, low: quantile(0.025), high: quantile(0.975), pictures: pictures)
  }

  private static func mean(_ runs: [[Double]]) -> Double {
    runs.reduce(0) { $0 + mean($1) } / Double(runs.count)
  }

  /// The mean of the values that are there.
  public static func mean(_ values: [Double]) -> Double {
    let present = values.filter { !$0.isNaN }
    return present.isEmpty ? .nan : present.reduce(0, +) / Double(present.count)
  }

  /// The mean of every draw.
  private func draws(_ runs: [[Double]]) -> [Double] {
    let means = runs.map(drawnMeans)
    guard runs.count > 1 else { return means[0] }
    var random = SeededGenerator(seed: seed, stream: UInt64(runs.count))
    return (0..<resamples).map { draw in
      var sum = 0.0
      for _ in runs { sum += means[random.integer(below: runs.count)][draw] }
      return sum / Double(runs.count)
    }
  }

  private func drawnMeans(_ values: [Double]) -> [Double] {
    precondition(values.count == pictures, "\(values.count) values for \(pictures) pictures")
    let isPresent = values.map { $0.isNaN ? 0.0 : 1.0 }
    let values = values.map { $0.isNaN ? 0 : $0 }
    return (0..<resamples).map { draw in
      var (sum, count) = (0.0, 0.0)
      for picture in 0..<pictures {
        let times = counts[draw * pictures + picture]
        sum += times * values[picture]
        count += times * isPresent[picture]
      }
      return count > 0 ? sum / count : .nan
    }
  }
}
