import Foundation

/// How much memory the process takes.
public enum ProcessMemory {
  /// The largest resident size so far, in megabytes of 10^6 bytes.
  ///
  /// As the kernel keeps it for this program alone: what `getrusage` gives counts whoever started it as well.
  public static var peakMegabytes: Double { megabytes("VmHWM:") }

  /// The resident size now, in megabytes of 10^6 bytes.
  public static var currentMegabytes: Double { megabytes("VmRSS:") }

  private static func megabytes(_ entry: String) -> Double {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix(entry) }
    let kilobytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Double($0) }
    return (kilobytes ?? 0) * 1024 / 1e6
  }
}
