import Foundation
import Models
import Tensors

/// Ctrl-C and a scheduler's signals: the first one lets the work stop where it can be resumed, a second Ctrl-C ends the
/// process at once.
enum Interruption {
  /// What schedulers send before they take a machine away: SIGTERM, and SIGUSR1 where a job asks for it.
  private static let usual = [SIGINT, SIGTERM, SIGUSR1]
  /// Raised by the first signal after `watch()`.
  static let flag = CancellationFlag()
  private static let came = DispatchSemaphore(value: 0)
  /// A byte in it for every signal.
  private static let pipe = {
    var ends: [Int32] = [0, 0]
    guard Foundation.pipe(&ends) == 0 else { preconditionFailure("no pipe") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (read: ends[0], write: ends[1])
  }()

  /// Whether a signal came since `watch()`.
  static var isRequested: Bool { flag.isRequested }

  /// The same, with some patience: a scheduler's signal may end a worker before it reaches us.
  static var isComing: Bool {
    for _ in 0..<10 where !isRequested { usleep(30_000) }
    return isRequested
  }

  /// Work that Ctrl-C stops and that shows its progress on the terminal.
  static func context(workers: Int = Workers.available) -> WorkContext {
    WorkContext(workers: workers, cancellation: flag) { ProgressLine($0) }
  }

  /// Waits for Ctrl-C.
  static func wait() { came.wait() }

  /// Begins to listen for Ctrl-C, SIGTERM and SIGUSR1, or for other signals; to be called before other threads are made.
  ///
  /// No thread that works takes a signal: oneDNN's matrix products point the stack register at memory on the heap, where
  /// a handler's frame would overwrite what is there. Those that were made before, such as OpenBLAS's when it is loaded,
  /// take them as the listening thread does, so what a signal does must be the same in all of them.
  static func watch(_ signals: Int32...) {
    _ = pipe
    var taken = sigset_t()
    sigemptyset(&taken)
    for number in signals.isEmpty ? usual : signals {
      sigaddset(&taken, number)
      signal(number) { number in
        var byte = UInt8(truncatingIfNeeded: number)
        _ = write(Interruption.pipe.write, &byte, 1)
      }
    }
    pthread_sigmask(SIG_BLOCK, &taken, nil)
    Thread.detachNewThread { [taken] in
      var (taken, byte) = (taken, UInt8(0))
      pthread_sigmask(SIG_UNBLOCK, &taken, nil)
      while true {
        guard read(pipe.read, &byte, 1) == 1 else { continue }
        guard flag.request() else {
          came.signal()
          continue
        }
        // Slurm tells a process more than once, by itself and through the shell that started it.
        guard byte == UInt8(SIGINT) else { continue }
        WorkerModel.endAll()
        _exit(Failure.Code.interrupted.rawValue)
      }
    }
  }
}
