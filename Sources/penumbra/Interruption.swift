import Archives
import Foundation
import Models
import Synchronization
import Tensors

/// Ctrl-C and a scheduler's signals.
///
/// The first one lets the work stop where it can be resumed, a second one ends the process at once, as does the first where nothing is to be resumed. Either way the exit code is that of the signal, 128 and its number.
enum Interruption {
  /// Ctrl-C, what schedulers send before they take a machine away (SIGTERM, and SIGUSR1 where a job asks for it), and what
  /// a closed terminal sends.
  private static let usual = [SIGINT, SIGTERM, SIGHUP, SIGUSR1]
  /// The first signal that came.
  private static let first = Atomic<Int32>(0)
  /// Whether the first signal ends the process already.
  private static let endsAtOnce = Atomic(false)
  private static let isListening = Atomic(false)
  /// Whether a signal is ending the process and its workers.
  private static let isEnding = Atomic(false)
  /// How soon a second signal is the first one, told again.
  private static let echo = Duration.milliseconds(200)
  /// Raised by the first signal after `watch()`.
  static let flag = CancellationFlag()
  private static let came = DispatchSemaphore(value: 0)
  /// A byte in it for every signal.
  private static let pipe = {
    var ends: [Int32] = [0, 0]
    guard Foundation.pipe(&ends) == 0 else {
      Console.writeError(
        "penumbra: no pipe: \(String(cString: strerror(errno))); allow more open files (ulimit -n)")
      Console.exit(.unavailable)
    }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (read: ends[0], write: ends[1])
  }()

  /// What the process ends with after a signal.
  static var exitCode: Int32 {
    let number = first.load(ordering: .relaxed)
    return 128 + (number == 0 ? SIGINT : number)
  }

  /// Lets a signal end the process at once, while there is nothing to lose yet; to be called first of all.
  static func begin() {
    var taken = sigset_t()
    sigemptyset(&taken)
    for number in usual {
      sigaddset(&taken, number)
      handle(number) { number in
        _ = write(STDERR_FILENO, "penumbra: interrupted\n", 22)
        _exit(128 + number)
      }
    }
    // Who started the process may have had them blocked.
    pthread_sigmask(SIG_UNBLOCK, &taken, nil)
  }

  /// Sets a handler, unless `nohup` has it that a closed terminal is ignored. (Shells ignore Ctrl-C for what a script runs
  /// in the background; who sends that signal all the same means it.)
  private static func handle(_ number: Int32, _ handler: @escaping @convention(c) (Int32) -> Void) {
    let former = signal(number, handler)
    if number == SIGHUP, unsafeBitCast(former, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) {
      signal(number, SIG_IGN)
    }
  }

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

  /// Waits for a signal.
  static func wait() { came.wait() }

  /// Waits for the end where a signal is ending the process: that a worker has gone is no error then.
  static func giveWay() { while isEnding.load(ordering: .sequentiallyConsistent) { sleep(1) } }

  /// From here on a signal ends the process at once, and its workers: what is left to do is made again, such as figures.
  ///
  /// - Throws: a failure that names `what` where a signal has come already.
  static func endAtOnce(_ what: String) throws {
    endsAtOnce.store(true, ordering: .sequentiallyConsistent)
    guard first.load(ordering: .sequentiallyConsistent) == 0 else {
      throw Failure(.interrupted, "\(what): interrupted; the same command continues")
    }
  }

  /// Begins to listen for the usual signals; to be called before other threads are made.
  ///
  /// No thread that works takes a signal: oneDNN's matrix products point the stack register at memory on the heap, where
  /// a handler's frame would overwrite what is there. Those that were made before, such as OpenBLAS's when it is loaded,
  /// take them as the listening thread does, so what a signal does must be the same in all of them.
  static func watch() {
    endsAtOnce.store(false, ordering: .sequentiallyConsistent)
    guard !isListening.exchange(true, ordering: .sequentiallyConsistent) else { return }
    let clock = ContinuousClock()
    _ = pipe
    var taken = sigset_t()
    sigemptyset(&taken)
    for number in usual {
      sigaddset(&taken, number)
      handle(number) { number in
        var byte = UInt8(truncatingIfNeeded: number)
        _ = write(Interruption.pipe.write, &byte, 1)
      }
    }
    pthread_sigmask(SIG_BLOCK, &taken, nil)
    Thread.detachNewThread { [taken] in
      var (taken, byte, last) = (taken, UInt8(0), clock.now)
      pthread_sigmask(SIG_UNBLOCK, &taken, nil)
      while true {
        guard read(pipe.read, &byte, 1) == 1 else { continue }
        // Before the flag, which whoever ends the process waits for.
        _ = first.compareExchange(expected: 0, desired: Int32(byte), ordering: .sequentiallyConsistent)
        let isAnother = flag.request()
        // Slurm tells a process more than once, by itself and through the shell that started it.
        let isEcho = isAnother && byte != UInt8(SIGINT) && clock.now - last <= echo
        if !isAnother {
          last = clock.now
          came.signal()
        }
        guard endsAtOnce.load(ordering: .sequentiallyConsistent) || isAnother && !isEcho else { continue }
        isEnding.store(true, ordering: .sequentiallyConsistent)
        WorkerModel.endAll()
        // What the work would say at its end is not said any more.
        _ = write(STDERR_FILENO, "penumbra: interrupted\n", 22)
        // The last thing, as work goes on beside it until the end.
        FolderLock.removeAllFiles()
        _exit(exitCode)
      }
    }
  }
}
