import Foundation

/// How much memory the process has taken.
enum Memory {
  /// The largest resident size so far, in megabytes of 10^6 bytes.
  static var peakMegabytes: Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Double(usage.ru_maxrss) * 1024 / 1e6
  }
}
