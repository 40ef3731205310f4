import Foundation
import Synchronization
import Tensors

/// One line on the terminal that shows how far the work is and how long it will still take.
///
/// Where standard error is no terminal, nothing is written but notes and the closing line.
final class ProgressLine: ProgressReporter {
  private struct State {
    var start = ContinuousClock.now
    var before = 0
    var last = ContinuousClock.now - .seconds(1)
    var isOpen = false
  }
  private let title: String
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let state = Mutex(State())

  /// A line that begins with `title`.
  init(_ title: String) { self.title = title }

  /// Shows `done` of `total`; the pace is counted from the first call, so work of an earlier run is free.
  func show(_ done: Int, of total: Int) {
    state.withLock { state in
      if !state.isOpen {
        state.isOpen = true
        state.start = .now
        state.before = done
      }
      guard isTerminal, ContinuousClock.now - state.last > .milliseconds(100) else { return }
      state.last = .now
      let elapsed = (ContinuousClock.now - state.start).seconds
      let share = Double(done - state.before) / Double(max(1, total - state.before))
      let rest = share > 0 ? "  \(Self.duration(elapsed * (1 - share) / share)) left" : ""
      Console.write("\r\u{1B}[2K" + fitted("\(title)  \(done) of \(total)\(rest)"), to: STDERR_FILENO)
    }
  }

  /// Writes a line of its own above.
  func note(_ text: String) {
    state.withLock { _ in
      Console.write((isTerminal ? "\r\u{1B}[2K" : "") + "\(title): \(text)\n", to: STDERR_FILENO)
    }
  }

  /// Ends the line and writes `text` in its place.
  func close(_ text: String) {
    state.withLock { _ in
      Console.write((isTerminal ? "\r\u{1B}[2K" : "") + text + "\n", to: STDERR_FILENO)
    }
  }

  /// Takes the line away without a word, for an error to follow.
  func clear() {
    guard isTerminal else { return }
    state.withLock { if $0.isOpen { Console.write("\r\u{1B}[2K", to: STDERR_FILENO) } }
  }

  private func fitted(_ text: String) -> String {
    var size = winsize()
    let isKnown = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    return String(text.prefix(isKnown ? Int(size.ws_col) - 1 : 79))
  }

  /// Seconds as `8 s`, `2:05 min` or `1:02:05 h`.
  static func duration(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded(.up))
    func two(_ n: Int) -> String { n < 10 ? "0\(n)" : "\(n)" }
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60):\(two(whole % 60)) min" }
    return "\(whole / 3600):\(two(whole / 60 % 60)):\(two(whole % 60)) h"
  }
}
