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
    guard let unit, let value = Double(text.dropLast(2)), value > 0, (value * unit).isFinite else {
      return nil
    }
    self.value = value * unit
  }

  var defaultValueDescription: String {
    value >= 1000 ? String(format: "%gGB", value / 1000) : String(format: "%gMB", value)
  }
}

/// The memory that the system allows.
enum Memory {
  /// What the program needs before it begins: OpenBLAS takes 128 MB of addresses for every thread that calls it, and where
  /// it gets none asks for ever.
  private static let leastBytes = 512 << 20

  /// Ends the program where `ulimit -v` leaves too little.
  static func check() {
    let block = mmap(
      nil, leastBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let block, block != MAP_FAILED else {
      Console.writeError(
        "penumbra: less than \(leastBytes >> 20) MB of addresses are left to the program; raise the limit (ulimit -v)"
      )
      // At a usual end OpenBLAS waits for threads that it could not make.
      _exit(Failure.Code.unavailable.rawValue)
    }
    munmap(block, leastBytes)
  }
}

/// How many files the process may have open.
enum OpenFiles {
  /// Libraries end the process, or draw without letters, where they get none.
  private static let least = 32

  /// Ends the program where `ulimit -n` leaves too few.
  static func check() {
    var (taken, isOut): ([Int32], Bool) = ([], false)
    while taken.count < least, !isOut {
      let file = open("/dev/null", O_RDONLY | O_CLOEXEC)
      isOut = file < 0
      if !isOut { taken.append(file) }
    }
    isOut = isOut && [EMFILE, ENFILE].contains(errno)
    for file in taken { close(file) }
    guard isOut else { return }
    Console.writeError(
      "penumbra: only \(taken.count) more files may be open, and \(least) are needed; raise the limit (ulimit -n)"
    )
    Console.exit(.unavailable)
  }
}
