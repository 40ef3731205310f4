import Foundation

/// How much memory the process has taken.
enum Memory {
  /// The largest resident size so far, in megabytes of 10^6 bytes.
  ///
  /// As the kernel keeps it for this program alone: what `getrusage` says counts whoever started it as well.
  static var peakMegabytes: Double {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    let kilobytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Double($0) }
    return (kilobytes ?? 0) * 1024 / 1e6
  }
}
