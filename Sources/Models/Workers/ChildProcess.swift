import Archives
import Foundation
import Synchronization

/// A command of the shell in a process of its own, with pipes to its standard input and from its standard output.
///
/// It is in a process group of its own, so that Ctrl-C in the terminal does not reach it and that all it has started ends
/// with it. What it writes to standard error is kept for error messages, and goes to the file that
/// `PENUMBRA_WORKER_LOG` names.
final class ChildProcess: Sendable {
  private let id: pid_t?
  private let toChild: Int32, fromChild: Int32
  private let words = LastWords()
  private let status = Mutex<Int32?>(nil)
  private let isClosed = Mutex(false)

  /// Starts a command.
  ///
  /// - Throws: `ModelError` when no process can be made.
  init(shell command: String, called name: String) throws(ModelError) {
    Self.prepareSignals()
    let pipes = (0..<3).map { _ in Self.pipe() }
    guard pipes.allSatisfy({ $0 != nil }) else {
      for pipe in pipes.compactMap(\.self) { Self.close(pipe) }
      throw ModelError(.unavailable, "\(name): no pipe for its worker: \(String(cString: strerror(errno)))")
    }
    let (input, output, errors) = (pipes[0]!, pipes[1]!, pipes[2]!)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (from, to) in [(input.read, 0), (output.write, 1), (errors.write, 2)] {
      posix_spawn_file_actions_adddup2(&actions, from, Int32(to))
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var (none, usual) = (sigset_t(), sigset_t())
    sigemptyset(&none)
    sigemptyset(&usual)
    // What a scheduler sends so that work ends cleanly is for us.
    sigaddset(&none, SIGUSR1)
    for signal in [SIGPIPE, SIGINT, SIGTERM] { sigaddset(&usual, signal) }
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &usual)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    // The helper takes the pipe for itself before libraries can print into it.
    let variables = ProcessInfo.processInfo.environment.merging(["PENUMBRA_WORKER": "1"]) { $1 }
    let arguments =
      (["sh", "-c", command] as [String]).map { strdup($0) as UnsafeMutablePointer<CChar>? } + [nil]
    let environment = variables.map { strdup("\($0)=\($1)") as UnsafeMutablePointer<CChar>? } + [nil]
    defer { for text in arguments + environment { free(text) } }
    var child = pid_t()
    let problem = posix_spawn(&child, "/bin/sh", &actions, &attributes, arguments, environment)
    for end in [input.read, output.write, errors.write] { Foundation.close(end) }
    guard problem == 0 else {
      for end in [input.write, output.read, errors.read] { Foundation.close(end) }
      throw ModelError(
        .unavailable, "\(name): its worker cannot be started: \(String(cString: strerror(problem)))")
    }
    (id, toChild, fromChild) = (child, input.write, output.read)
    Self.living.withLock { _ = $0.insert(child) }
    // Writing must not wait for ever for a process that reads no more.
    _ = fcntl(toChild, F_SETFL, fcntl(toChild, F_GETFL) | O_NONBLOCK)
    words.listen(to: errors.read)
  }

  /// The parent process as the worker: messages go over this program's own standard input and output, which nothing else
  /// uses from now on.
  init() {
    Self.prepareSignals()
    id = nil
    (fromChild, toChild) = (dup(0), dup(1))
    let nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)
    dup2(nothing, 0)
    dup2(2, 1)
    Foundation.close(nothing)
    for end in [fromChild, toChild] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
  }

  deinit {
    end(within: 0)
    Foundation.close(toChild)
    Foundation.close(fromChild)
  }

  /// Whether it is the parent process, and no child.
  var isParent: Bool { id == nil }

  // MARK: Bytes

  /// Fills memory from the process's output; false when it ends before the first byte.
  ///
  /// - Throws: `ArchiveError` of the kind `io` when it ends in the middle.
  func read(into memory: UnsafeMutableRawBufferPointer) throws(ArchiveError) -> Bool {
    var done = 0
    while done < memory.count {
      let count = Foundation.read(fromChild, memory.baseAddress! + done, memory.count - done)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        if done == 0 { return false }
        throw ArchiveError(.io, file: "its output", "ends in the middle of a message")
      }
      done += count
    }
    return true
  }

  /// Writes bytes to the process's input.
  ///
  /// - Parameter seconds: how long it may read nothing.
  /// - Throws: `ArchiveError` of the kind `io` when it reads no more.
  func write(_ bytes: UnsafeRawBufferPointer, within seconds: Double) throws(ArchiveError) {
    var done = 0
    while done < bytes.count {
      let count = Foundation.write(toChild, bytes.baseAddress! + done, bytes.count - done)
      if count > 0 {
        done += count
        continue
      }
      if errno == EINTR { continue }
      var ready = pollfd(fd: toChild, events: Int16(POLLOUT), revents: 0)
      let isWaiting = errno == EAGAIN && poll(&ready, 1, Int32(min(seconds * 1000, 1e9))) != 0
      if !isWaiting { throw ArchiveError(.io, file: "its input", "is not read") }
    }
  }

  /// The largest memory of the processes of its group that are there now, together, megabytes of 10^6 bytes; nil where
  /// none is.
  var peakMegabytes: Double? {
    guard let id else { return nil }
    let processes =
      (try? folderNames("/proc"))?.compactMap { pid_t($0) } ?? []
    let peaks = processes.filter { getpgid($0) == id }.compactMap { process -> Double? in
      let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
      let line = status?.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
      return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Double($0) }
    }
    return peaks.isEmpty ? nil : peaks.reduce(0, +) * 1024 / 1e6
  }

  // MARK: Its end

  /// The last line that it wrote to standard error; nil if there is none.
  var lastWords: String? { words.last }

  /// How it ended, in a few words, if it has or does so soon.
  var ending: String {
    guard let status = wait(seconds: 2) else { return "closed its output" }
    if status & 0x7F == 0 {
      let code = status >> 8 & 0xFF
      return code == 127
        ? "ended with exit code 127, as when a program is not found" : "ended with exit code \(code)"
    }
    return "was killed by signal \(status & 0x7F)"
  }

  /// Ends the process: it may leave by itself, since its input ends; then it and all that it has started are killed.
  func end(within seconds: Double = 5) {
    let isFirst = isClosed.withLock { isClosed in
      defer { isClosed = true }
      return !isClosed
    }
    guard isFirst else { return }
    // The pipe ends, but not its number: another thread may be writing, and must not write into a file that has it next.
    let nothing = open("/dev/null", O_WRONLY | O_CLOEXEC)
    dup2(nothing, toChild)
    _ = fcntl(toChild, F_SETFD, FD_CLOEXEC)
    Foundation.close(nothing)
    if let id {
      if wait(seconds: seconds) == nil { kill(-id, SIGTERM) }
      if wait(seconds: min(seconds, 1)) == nil { kill(-id, SIGKILL) }
      _ = wait(seconds: 5)
      // What it left behind, such as a program under a shell that was killed.
      kill(-id, SIGKILL)
      _ = Self.living.withLock { $0.remove(id) }
    }
    // Whoever reads in another thread finds the end; the number itself must not be used again while it reads.
    words.finish()
  }

  private func wait(seconds: Double) -> Int32? {
    guard let id else { return nil }
    let end = ContinuousClock.now + .seconds(seconds)
    while true {
      let found = status.withLock { known -> Int32? in
        if known != nil { return known }
        var status: Int32 = 0
        if waitpid(id, &status, WNOHANG) == id { known = status }
        return known
      }
      if found != nil || ContinuousClock.now >= end { return found }
      Thread.sleep(forTimeInterval: 0.01)
    }
  }

  /// Whether what the helper of workers says to people is passed on.
  static let showsNotices = Mutex(true)

  /// Those that have not ended; they do when this program does.
  private static let living = Mutex<Set<pid_t>>([])

  /// Kills every process that was started here: for the end of the program.
  static func endAll() { living.withLock { for id in $0 { kill(-id, SIGKILL) } } }

  private static let signalsArePrepared: Void = {
    // A process that has ended is an error, not a reason to end; a password that ssh wants to read from the terminal is
    // an error there, and does not stop it for ever.
    signal(SIGPIPE, SIG_IGN)
    signal(SIGTTIN, SIG_IGN)
    atexit { ChildProcess.endAll() }
  }()

  private static func prepareSignals() { _ = signalsArePrepared }

  private static func pipe() -> (read: Int32, write: Int32)? {
    var ends: [Int32] = [0, 0]
    guard Foundation.pipe(&ends) == 0 else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  private static func close(_ pipe: (read: Int32, write: Int32)) {
    Foundation.close(pipe.read)
    Foundation.close(pipe.write)
  }
}

/// The last line that a process writes to standard error.
private final class LastWords: Sendable {
  private static let longest = 400
  private let state = Mutex<(line: [UInt8], last: [UInt8])>(([], []))
  private let done = DispatchSemaphore(value: 0)
  private let isListening = Mutex(false)
  /// What the helper says to people begins with it.
  private static let noticePrefix = Array("penumbra_worker: ".utf8)

  /// Reads in a thread of its own until the last writer is gone.
  func listen(to descriptor: Int32) {
    isListening.withLock { $0 = true }
    let log = ProcessInfo.processInfo.environment["PENUMBRA_WORKER_LOG"].map {
      open($0, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
    }
    Thread.detachNewThread { [self] in
      var buffer = [UInt8](repeating: 0, count: 1 << 14)
      while true {
        let count = read(descriptor, &buffer, buffer.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { break }
        if let log { _ = write(log, buffer, count) }
        var notices: [[UInt8]] = []
        state.withLock { state in
          // A carriage return begins the line of a progress bar anew.
          for byte in buffer[..<count] {
            if byte != 10 && byte != 13 {
              if state.line.count < Self.longest { state.line.append(byte) }
              continue
            }
            if state.line.contains(where: { $0 > 32 }) { state.last = state.line }
            if state.line.starts(with: Self.noticePrefix) { notices.append(state.line) }
            state.line = []
          }
        }
        if ChildProcess.showsNotices.withLock({ $0 }) {
          for notice in notices {
            FileHandle.standardError.write(
              Data((String(decoding: notice, as: UTF8.self).printable + "\n").utf8))
          }
        }
      }
      close(descriptor)
      if let log { close(log) }
      done.signal()
    }
  }

  /// Waits a moment for what is still in the pipe.
  func finish() {
    let isOpen = isListening.withLock { isListening in
      defer { isListening = false }
      return isListening
    }
    if isOpen { _ = done.wait(timeout: .now() + 1) }
  }

  var last: String? {
    finish()
    let bytes = state.withLock { $0.line.contains { $0 > 32 } ? $0.line : $0.last }
    let text = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespaces)
    return text.isEmpty ? nil : text
  }
}
