import Foundation
import Synchronization

/// Ctrl-C: the first one lets the work stop at a good place, the second ends the process at once.
enum Interruption {
  private static let flag = Atomic<Bool>(false)

  /// Whether Ctrl-C was pressed since `watch()`.
  static var isRequested: Bool { flag.load(ordering: .relaxed) }

  /// Begins to listen; to be called before other threads are made.
  ///
  /// A thread of its own waits for the signal, and no handler runs: oneDNN's matrix products point the stack register
  /// at memory on the heap, where a handler's frame would be written over what lies there.
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
        if flag.exchange(true, ordering: .relaxed) { _exit(Failure.Code.interrupted.rawValue) }
      }
    }
  }
}
