import ArgumentParser

/// The numbers that options of several commands take: what is beyond is a mistake, and no machine could do it.
enum NumberLimits {
  /// Threads.
  static let workers = 1...1024
  /// Crops in a batch, as many as a worker may say.
  static let batch = 1...65_536
}

extension ParsableArguments {
  /// Refuses a number that is out of an option's range, which the error says.
  func checkNumber(_ number: Int?, of option: String, in range: ClosedRange<Int>) throws {
    guard let number, !range.contains(number) else { return }
    throw ValidationError("\(option) is \(number); give \(range.lowerBound) to \(range.upperBound)")
  }
}
