import ArgumentParser
import Foundation

/// An amount of memory, written as `2GB` or `1500MB`.
struct Megabytes: ExpressibleByArgument {
  /// Of 10^6 bytes.
  let value: Double

  init(_ value: Double) { self.value = value }

  init?(argument: String) {
    let text = argument.uppercased()
    let unit = text.hasSuffix("GB") ? 1000.0 : text.hasSuffix("MB") ? 1.0 : nil
    guard let unit, let value = Double(text.dropLast(2)), value > 0, value.isFinite else { return nil }
    self.value = value * unit
  }

  var defaultValueDescription: String {
    value >= 1000 ? String(format: "%gGB", value / 1000) : String(format: "%gMB", value)
  }
}

/// How much memory the process takes.
enum Memory {
  /// The largest resident size so far, in megabytes of 10^6 bytes.
  ///
  /// As the kernel keeps it for this program alone: what `getrusage` says counts whoever started it as well.
  static var peakMegabytes: Double { megabytes("VmHWM:") }

  /// The resident size now, in megabytes of 10^6 bytes.
  static var currentMegabytes: Double { megabytes("VmRSS:") }

  private static func megabytes(_ entry: String) -> Double {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix(entry) }
    let kilobytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Double($0) }
    return (kilobytes ?? 0) * 1024 / 1e6
  }
}
