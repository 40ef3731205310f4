import Archives
import Foundation
import Synchronization
import Tensors

/// One line on the terminal that shows how far the work is and how long it will still take.
///
/// Where standard error is no terminal, such a line is written at most once a minute, so that a log shows the same. With
/// `--quiet`, nothing is written.
final class ProgressLine: ProgressReporter {
  /// Sets the seconds from one line to the next where standard error is no terminal.
  static let variable = "PENUMBRA_PROGRESS"

  private struct State {
    var start = ContinuousClock.now
    var before = 0
    var last = ContinuousClock.now
    var isOpen = false
  }
  private let title: String
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let interval: Duration
  private let state = Mutex(State())

  /// A line that begins with `title`.
  init(_ title: String) {
    // Names of pictures and labels of networks come from files.
    self.title = title.printable
    let seconds = ProcessInfo.processInfo.environment[Self.variable].flatMap(Double.init) ?? 60
    interval = isTerminal ? .milliseconds(100) : .seconds(max(0, min(seconds, 1e6)))
  }

  /// Shows `done` of `total`; the pace is counted from the first call, so work of an earlier run is free.
  func show(_ done: Int, of total: Int) {
    guard !Console.isQuiet else { return }
    state.withLock { state in
      if !state.isOpen {
        // A terminal shows at once that work has begun; a log shows it after a minute of it.
        state = State(before: done, isOpen: true)
        guard isTerminal else { return }
      } else if ContinuousClock.now - state.last < interval {
        return
      }
      state.last = .now
      let text = line(done, of: total, state)
      Console.write(isTerminal ? "\r\u{1B}[2K" + fitted(text) : text + "\n", to: STDERR_FILENO)
    }
  }

  private func line(_ done: Int, of total: Int, _ state: State) -> String {
    let elapsed = (ContinuousClock.now - state.start).seconds
    let pace = Double(done - state.before) / Double(max(1, total - state.before))
    let rest = pace > 0 ? ", \(Self.duration(elapsed * (1 - pace) / pace)) left" : ""
    return "\(title): \(100 * done / max(1, total)) %, \(done) of \(total)\(rest)"
  }

  /// Writes a line of its own above.
  func note(_ text: String) { replace(with: "\(title): \(text.printable)\n") }

  /// Ends the line and writes `text` in its place.
  func close(_ text: String) { replace(with: text.printable + "\n") }

  private func replace(with text: String) {
    guard !Console.isQuiet else { return }
    state.withLock { _ in
      Console.write((isTerminal ? "\r\u{1B}[2K" : "") + text, to: STDERR_FILENO)
    }
  }

  /// Takes the line away without a word, for an error to follow.
  func clear() {
    guard isTerminal, !Console.isQuiet else { return }
    state.withLock { if $0.isOpen { Console.write("\r\u{1B}[2K", to: STDERR_FILENO) } }
  }

  private func fitted(_ text: String) -> String {
    var size = winsize()
    let isKnown = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    return String(text.prefix(isKnown ? Int(size.ws_col) - 1 : 79))
  }

  /// Seconds as `8 s`, `2:05 min` or `1:02:05 h`.
  static func duration(_ seconds: Double) -> String {
    let whole = Int(bounded: seconds, .up)
    func two(_ n: Int) -> String { n < 10 ? "0\(n)" : "\(n)" }
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60):\(two(whole % 60)) min" }
    return "\(whole / 3600):\(two(whole / 60 % 60)):\(two(whole % 60)) h"
  }
}
