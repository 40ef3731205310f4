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
