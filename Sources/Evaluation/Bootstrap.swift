internal import Foundation
internal import Tensors

/// A mean over pictures with its 95 % confidence interval.
public struct MeanWithInterval: Codable, Sendable, Equatable {
  /// The mean.
  public let mean: Double
  /// The ends of the interval.
  public let low: Double, high: Double
  /// The number of pictures that have the value.
  public let pictures: Int

  /// An estimate of the given parts.
  public init(mean: Double, low: Double, high: Double, pictures: Int) {
    (self.mean, self.low, self.high, self.pictures) = (mean, low, high, pictures)
  }

  /// The same in another unit.
  public func scaled(by factor: Double) -> MeanWithInterval {
    MeanWithInterval(mean: mean * factor, low: low * factor, high: high * factor, pictures: pictures)
  }
}

/// Confidence intervals of means by the bootstrap: pictures are drawn again with replacement (Efron 1979; the
/// percentile method).
///
/// All metrics of an experiment share one set of drawn pictures, so that differences between networks that were
/// measured on the same pictures are paired. Where a network was trained several times, every draw is also
/// shifted by a normal deviation times the standard error of the runs' means, and all deviations from the mean are
/// lengthened as Student's distribution is longer than the normal one, with the degrees of freedom that pictures and
/// runs have together (Satterthwaite 1946): three runs drawn again would not be as far off as three runs are.
/// The seed decides every draw.
public struct Bootstrap: Sendable {
  /// How often pictures are drawn.
  public let resamples: Int
  /// Decides the draws.
  public let seed: UInt64
  /// The number of pictures.
  public let pictures: Int
  /// How often each picture was drawn, `[resamples, pictures]`.
  private let counts: [Double]
  /// How many standard errors of its runs each draw is shifted by.
  private let shifts: [Double]

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
    var others = SeededGenerator(seed: seed, stream: 1)
    shifts = (0..<resamples).map { _ in Double(others.normal()) }
  }

  /// The mean of the values of one network, one a picture; pictures whose value is NaN have none.
  public func estimate(_ values: [Double]) -> MeanWithInterval { estimate(runs: [values]) }

  /// The mean over runs of the means over pictures, `[run][picture]`.
  ///
  /// NaN throughout when no picture has a value.
  public func estimate(runs: [[Double]]) -> MeanWithInterval {
    let means = runs.map(Self.mean)
    let count = (0..<pictures).count { picture in runs.contains { !$0[picture].isNaN } }
    return estimate(Self.average(means), draws(runs), runs: [means], pictures: count)
  }

  /// The second network's mean minus the first's; the same pictures are drawn for both, and runs are paired where
  /// both have as many.
  public func difference(_ first: [[Double]], _ second: [[Double]]) -> MeanWithInterval {
    let means = (first.map(Self.mean), second.map(Self.mean))
    let count = (0..<pictures).count { picture in
      [first, second].allSatisfy { $0.contains { !$0[picture].isNaN } }
    }
    return estimate(
      Self.average(means.1) - Self.average(means.0), zip(draws(first), draws(second)).map { $1 - $0 },
      runs: first.count == second.count ? [zip(means.0, means.1).map { $1 - $0 }] : [means.0, means.1],
      pictures: count)
  }

  /// A mean with the interval that draws of pictures give, widened for the spread of groups of runs.
  private func estimate(_ mean: Double, _ draws: [Double], runs: [[Double]], pictures: Int)
    -> MeanWithInterval
  {
    func variance(_ values: [Double]) -> Double {
      let mean = Self.average(values)
      return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
    }
    // The squared standard error of each group's mean, and its degrees of freedom.
    let errors = runs.filter { $0.count > 1 }
      .map { (square: variance($0) / Double($0.count), degrees: Double($0.count - 1)) }
    let ofRuns = errors.reduce(0) { $0 + $1.square }
    guard ofRuns > 0, pictures > 1 else { return Self.estimate(mean, draws, pictures: pictures) }
    let ofPictures = variance(draws.filter { !$0.isNaN })
    let all = ofPictures + ofRuns
    let degrees =
      all * all
      / errors.reduce(ofPictures * ofPictures / Double(pictures - 1)) {
        $0 + $1.square * $1.square / $1.degrees
      }
    let factor = Student.quantile(0.975, degreesOfFreedom: degrees) / 1.959964
    return Self.estimate(
      mean, zip(draws, shifts).map { mean + factor * ($0 - mean + ofRuns.squareRoot() * $1) },
      pictures: pictures)
  }

  private static func estimate(_ mean: Double, _ draws: [Double], pictures: Int) -> MeanWithInterval {
    let sorted = draws.filter { !$0.isNaN }.sorted()
    func quantile(_ share: Double) -> Double {
      guard !sorted.isEmpty else { return .nan }
      let position = share * Double(sorted.count - 1)
      let index = min(Int(position), sorted.count - 1)
      let next = min(index + 1, sorted.count - 1)
      return sorted[index] + (position - Double(index)) * (sorted[next] - sorted[index])
    }
    return MeanWithInterval(mean: mean, low: quantile(0.025), high: quantile(0.975), pictures: pictures)
  }

  /// The mean of the values that are there.
  public static func mean(_ values: [Double]) -> Double {
    let present = values.filter { !$0.isNaN }
    return present.isEmpty ? .nan : present.reduce(0, +) / Double(present.count)
  }

  private static func average(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

  /// The mean over runs of every draw.
  private func draws(_ runs: [[Double]]) -> [Double] {
    let means = runs.map(drawnMeans)
    return (0..<resamples).map { draw in Self.average(means.map { $0[draw] }) }
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

/// Student's t distribution.
enum Student {
  /// The probability of a value between −t and t (Abramowitz and Stegun 1964, 26.7.3 and 26.7.4).
  static func probability(within t: Double, degreesOfFreedom n: Int) -> Double {
    let angle = atan(t / Double(n).squareRoot())
    let (sine, cosine) = (sin(angle), cos(angle))
    var (term, sum) = (n.isMultiple(of: 2) ? 1 : cosine, 0.0)
    var k = n.isMultiple(of: 2) ? 2 : 3
    while k <= n {
      sum += term
      term *= cosine * cosine * Double(k - 1) / Double(k)
      k += 2
    }
    return n.isMultiple(of: 2) ? sine * sum : 2 / .pi * (angle + sine * sum)
  }

  /// The quantile of a share; between whole degrees of freedom interpolated by their inverse.
  static func quantile(_ share: Double, degreesOfFreedom n: Double) -> Double {
    let whole = Int(min(max(n, 1), 1e6))
    let (above, below) = (quantile(share, whole), quantile(share, whole + 1))
    let (first, second) = (1 / Double(whole), 1 / Double(whole + 1))
    return below + (above - below) * (max(1 / n, second) - second) / (first - second)
  }

  /// The quantile of a share above one half, by bisection.
  private static func quantile(_ share: Double, _ n: Int) -> Double {
    var (low, high) = (0.0, 1.0)
    while probability(within: high, degreesOfFreedom: n) < 2 * share - 1 { high *= 2 }
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if probability(within: middle, degreesOfFreedom: n) < 2 * share - 1 {
        low = middle
      } else {
        high = middle
      }
    }
    return high
  }
}
