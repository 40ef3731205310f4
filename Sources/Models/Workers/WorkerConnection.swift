import Archives
import Foundation
import Synchronization
import Tensors

/// A worker process that understands the protocol of docs/workers.md: questions go in, answers come back in order.
///
/// Any number of threads may ask; a question waits until fewer than two are under way.
final class WorkerConnection: Sendable {
  /// What the worker said of itself.
  let hello: WorkerHello
  private let process: ChildProcess
  /// The model's label, which errors begin with.
  private let label: String
  /// How long an answer may take, seconds.
  private let patience: Double
  private let state = Mutex(State())
  private let writing = Mutex(())
  private let room = DispatchSemaphore(value: 2)

  private struct State {
    var waiting: [Question] = []
    var failure: ModelError?
    var lastHeard = ContinuousClock.now
  }

  /// A question under way, and its answer when that has come.
  private final class Question: Sendable {
    let isAnswered = DispatchSemaphore(value: 0)
    let answer = Mutex<Result<ArrayMessage, ModelError>?>(nil)

    func take(_ result: Result<ArrayMessage, ModelError>) {
      answer.withLock { $0 = $0 ?? result }
      isAnswered.signal()
    }
  }

  /// Starts a worker and waits for its first message.
  ///
  /// - Parameter command: for the shell; `-` is the parent process.
  /// - Throws: `ModelError` when it does not start, ends, or says something else.
  init(_ command: String, label: String, patience: Double) throws {
    process = try command == "-" ? ChildProcess() : ChildProcess(shell: command, called: label)
    (self.label, self.patience) = (label, patience)
    let (process, first) = (process, Question())
    Thread.detachNewThread { first.take(Self.next(from: process, label)) }
    do {
      let message = try Self.answer(to: first, from: process, label, within: patience)
      hello = try WorkerHello(message, label: label)
    } catch {
      process.end(within: 0)
      throw error
    }
    Thread.detachNewThread { [weak self, process, label] in
      while true {
        let result = Self.next(from: process, label)
        guard let self else { return }
        if case .failure(let error) = result { return self.fail(error) }
        // What is not known here is of a later version.
        if case .success(let message) = result, !Self.answers.contains(message.texts["say"] ?? "") {
          continue
        }
        self.state.withLock { $0.lastHeard = .now }
        guard let question = self.state.withLock({ $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() })
        else {
          return self.fail(ModelError(.badData, "\(label): the worker answers what it was not asked"))
        }
        question.take(result)
      }
    }
  }

  private static let answers: Set<String> = ["opened", "told", "failed"]

  deinit { process.end() }

  /// Asks a question and waits for the answer.
  ///
  /// - Throws: `ModelError` when the worker ends, fails, does not answer in time, or writes no message.
  func ask(
    _ texts: [String: String], _ arrays: [(name: String, values: Npz.Values)], expecting say: String
  ) throws(ModelError) -> ArrayMessage {
    room.wait()
    defer { room.signal() }
    let question = Question()
    try send(texts, arrays, awaiting: question)
    let message: ArrayMessage
    do throws(ModelError) {
      // The questions before this one are answered first.
      message = try Self.answer(to: question, from: process, label, within: patience) { [self] in
        state.withLock(\.lastHeard)
      }
    } catch {
      fail(error)
      throw error
    }
    if message.texts["say"] == "failed" { throw Self.failure(message, label) }
    guard message.texts["say"] == say else {
      throw broken("answers with '\(message.texts["say"] ?? "")', not '\(say)'")
    }
    for key in ["id", "number"] where texts[key] != nil && (message.texts[key] ?? texts[key]) != texts[key] {
      throw broken("answers about the \(key) \(message.texts[key]!), and was asked about \(texts[key]!)")
    }
    guard message.texts["id"] != nil else {
      throw broken("does not say what picture its answer is about (id)")
    }
    return message
  }

  /// Whether the worker is the parent process.
  var isParent: Bool { process.isParent }

  /// Says something that is not answered.
  func say(_ texts: [String: String]) { try? send(texts, [], awaiting: nil) }

  private func send(
    _ texts: [String: String], _ arrays: [(name: String, values: Npz.Values)], awaiting question: Question?
  ) throws(ModelError) {
    do throws(ArchiveError) {
      // In the order of the messages, answers come.
      try writing.withLock { (_) throws(ArchiveError) in
        if let question { state.withLock { $0.waiting.append(question) } }
        try ArrayMessage.write(texts: texts, arrays, to: label) { (bytes) throws(ArchiveError) in
          try process.write(bytes, within: patience)
        }
      }
    } catch {
      guard error.kind == .io else { throw ModelError(.badData, error.description) }
      // Why it reads no more is known by whoever reads what it writes.
      if let question, question.isAnswered.wait(timeout: .now() + 3) == .success {
        question.isAnswered.signal()
      }
      let known = state.withLock(\.failure) ?? Self.ended(process, label)
      fail(known)
      throw known
    }
    if let failure = state.withLock(\.failure) {
      question?.take(.failure(failure))
      throw failure
    }
  }

  /// Ends the worker, and with it all questions.
  private func fail(_ error: ModelError) {
    let waiting = state.withLock { state in
      state.failure = state.failure ?? error
      defer { state.waiting = [] }
      return state.waiting
    }
    for question in waiting { question.take(.failure(error)) }
    process.end(within: 0)
  }

  /// An error about an answer that makes no sense; the worker is ended, since later ones may belong to other questions.
  func broken(_ what: String) -> ModelError {
    let error = ModelError(.badData, "\(label): the worker \(what)" + Self.lastWords(process))
    fail(error)
    return error
  }

  /// The memory of its processes here; see ``ChildProcess/peakMegabytes``.
  var peakMegabytes: Double? { process.peakMegabytes }

  // MARK: Errors

  private static func answer(
    to question: Question, from process: ChildProcess, _ label: String, within seconds: Double,
    lastHeard: () -> ContinuousClock.Instant? = { nil }
  ) throws(ModelError) -> ArrayMessage {
    let asked = ContinuousClock.now
    var isAnswered = question.isAnswered.wait(timeout: .now() + seconds) == .success
    while !isAnswered, let heard = lastHeard(), heard > asked, heard.duration(to: .now) < .seconds(seconds) {
      let left = seconds - heard.duration(to: .now).seconds
      isAnswered = question.isAnswered.wait(timeout: .now() + max(left, 0.01)) == .success
    }
    guard isAnswered else {
      throw ModelError(
        .unavailable,
        "\(label): the worker has not answered for \(Int(seconds)) s; give more --worker-timeout if it needs longer"
          + lastWords(process))
    }
    return try question.answer.withLock { $0! }.get()
  }

  /// The next message, or why there is none.
  private static func next(from process: ChildProcess, _ label: String) -> Result<ArrayMessage, ModelError> {
    do throws(ArchiveError) {
      let message = try ArrayMessage.next(from: label) { (memory) throws(ArchiveError) in
        try process.read(into: memory)
      }
      return message.map { .success($0) } ?? .failure(ended(process, label))
    } catch {
      if error.kind == .io { return .failure(ended(process, label, "in the middle of a message")) }
      return .failure(
        ModelError(
          .badData,
          "\(label): the worker \(error.message); its standard output must have messages alone, see docs/workers.md"
            + lastWords(process)))
    }
  }

  private static func ended(
    _ process: ChildProcess, _ label: String, _ place: String? = nil
  ) -> ModelError {
    ModelError(
      .unavailable,
      "\(label): the worker \(process.ending)" + (place.map { " " + $0 } ?? "")
        + (process.lastWords.map { "; its last words: \($0)" } ?? " without a word")
        + "; the same command goes on when it runs again")
  }

  private static func lastWords(_ process: ChildProcess) -> String {
    process.lastWords.map { "; its last words: \($0)" } ?? ""
  }

  private static func failure(_ message: ArrayMessage, _ label: String) -> ModelError {
    let text = message.texts["text"] ?? "no reason given"
    switch message.texts["kind"] {
    case "memory":
      return ModelError(
        .unavailable, "\(label): the worker is out of memory (\(text)); give it a smaller batch")
    case "input": return ModelError(.badData, "\(label): the worker does not take what it is given: \(text)")
    default: return ModelError(.unavailable, "\(label): the worker failed: \(text)")
    }
  }
}
