import Foundation

/// Which processor the program runs on.
public enum ProcessorModel {
  /// Its name with family and model, such as "AMD EPYC 9654 96-Core Processor, family 25, model 17"; nil where the kernel
  /// does not tell.
  public static let name: String? =
    (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)).flatMap { name(in: $0) }

  /// The name in a text like that of `/proc/cpuinfo`, that of the first processor.
  package static func name(in text: String) -> String? {
    func value(of key: String) -> String? {
      for line in text.split(separator: "\n") {
        let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
        if parts.count == 2, parts[0] == key { return parts[1].isEmpty ? nil : parts[1] }
      }
      return nil
    }
    guard let name = value(of: "model name") else { return nil }
    return name + (value(of: "cpu family").map { ", family \($0)" } ?? "")
      + (value(of: "model").map { ", model \($0)" } ?? "")
  }
}
