import Foundation
import Models
import Tensors

/// Ctrl-C: the first one lets the work stop where it can be resumed, the second ends the process at once.
enum Interruption {
  /// Raised by Ctrl-C after `watch()`.
  static let flag = CancellationFlag()

  /// Whether Ctrl-C was pressed since `watch()`.
  static var isRequested: Bool { flag.isRequested }

  /// Work that Ctrl-C stops and that shows its progress on the terminal.
  static func context(workers: Int = Workers.available) -> WorkContext {
    WorkContext(workers: workers, cancellation: flag) { ProgressLine($0) }
  }

  /// Begins to listen; to be called before other threads are made.
  ///
  /// A thread of its own waits for the signal, and no handler runs: oneDNN's matrix products point the stack register
  /// at memory on the heap, where a handler's frame would overwrite what is there.
  static func watch() {
    var interrupt = sigset_t()
    sigemptyset(&interrupt)
    sigaddset(&interrupt, SIGINT)
    signal(SIGINT, SIG_DFL)
    pthread_sigmask(SIG_BLOCK, &interrupt, nil)
    Thread.detachNewThread {
      var interrupt = sigset_t()
      sigemptyset(&interrupt)
      sigaddset(&interrupt, SIGINT)
      var signal: Int32 = 0
      while sigwait(&interrupt, &signal) == 0 {
        guard flag.request() else { continue }
        WorkerModel.endAll()
        _exit(Failure.Code.interrupted.rawValue)
      }
    }
  }
}
