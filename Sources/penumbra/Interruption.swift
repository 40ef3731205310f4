import Foundation
import Synchronization

/// Ctrl-C: the first one lets the work stop at a good place, the second ends the process at once.
enum Interruption {
  private static let flag = Atomic<Bool>(false)

  /// Whether Ctrl-C was pressed since `watch()`.
  static var isRequested: Bool { flag.load(ordering: .relaxed) }

  /// Begins to listen.
  static func watch() {
    _ = isRequested  // makes the flag before a signal handler reads it
    // A parent that blocks signals in the thread that starts us, as Swift's own does, hands that on.
    var interrupt = sigset_t()
    sigemptyset(&interrupt)
    sigaddset(&interrupt, SIGINT)
    pthread_sigmask(SIG_UNBLOCK, &interrupt, nil)
    signal(SIGINT) { _ in
      if Interruption.flag.exchange(true, ordering: .relaxed) { _exit(Failure.Code.interrupted.rawValue) }
    }
  }
}
