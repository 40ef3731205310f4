package import Archives
public import Bodies
import Foundation
public import Pictures
import Synchronization
public import Tensors

/// A network in a process of its own, by the protocol of docs/workers.md.
///
///     let model = try WorkerModel(label: "HMR2", commands: ["python3 hmr2_worker.py"], body: body)
///
/// Several workers of one network share the windows. Their processes end with the model.
public struct WorkerModel: PoseModel {
  let connections: [WorkerConnection]
  private let label: String
  private let smplBody: SMPLBody
  private let pool: WorkerPool
  private var hello: WorkerHello { connections[0].hello }

  /// How long an answer may take unless told otherwise, seconds.
  public static let patience = 600.0

  /// Starts the workers of a network.
  ///
  /// - Parameters:
  ///   - label: its name in tables and files; nil takes the one that the worker says.
  ///   - commands: for the shell, one for each worker; `-` is the parent process.
  ///   - body: what poses rotations and betas.
  ///   - patience: how long an answer may take, seconds.
  /// - Throws: `ModelError` when a worker does not start, or they are not of the same network.
  public init(label: String?, commands: [String], body: SMPLBody, patience: Double = patience) throws {
    precondition(!commands.isEmpty, "a model of no workers")
    let name = label ?? "worker"
    let results = Mutex<[Int: Result<WorkerConnection, any Error>]>([:])
    Workers.run(commands.count, workers: commands.count) { index, _ in
      let result = Result { try WorkerConnection(commands[index], label: name, patience: patience) }
      results.withLock { $0[index] = result }
    }
    connections = try results.withLock { results in try commands.indices.map { try results[$0]!.get() } }
    self.label = label ?? connections[0].hello.name.fileName
    smplBody = body
    pool = WorkerPool(count: commands.count)
    let first = connections[0].hello
    guard
      connections.allSatisfy({
        ($0.hello.name, $0.hello.fingerprint, $0.hello.precision) == (
          first.name, first.fingerprint, first.precision
        )
          && $0.hello.skeleton == first.skeleton && $0.hello.outputs == first.outputs
      })
    else {
      throw ModelError(.badData, "\(name): its workers are of different networks; give each its own label")
    }
  }

  /// The label, the name that the worker says, and a digest of what decides its predictions.
  public var identity: ModelIdentity {
    ModelIdentity(
      label: label, name: hello.name,
      fingerprint: "worker-" + (hello.isFingerprintOfProgram ? "program-" : "")
        + Digest.sha256([hello.name, hello.fingerprint, hello.precision].joined(separator: "\n").utf8).prefix(
          32),
      kind: "worker")
  }
  /// The joints that the worker names.
  public var skeleton: Skeleton { hello.skeleton }
  /// What the worker says that it gives.
  public var outputs: ModelOutputs { hello.outputs }
  /// The body, where the worker predicts SMPL's rotations and betas.
  public var body: SMPLBody? { hello.givesBody ? smplBody : nil }
  /// Device and precision.
  public var arithmetic: Arithmetic? {
    let kernels = [hello.device, hello.precision].filter { !$0.isEmpty }.joined(separator: ", ")
    return kernels.isEmpty ? nil : Arithmetic(kernels: kernels)
  }
  /// The memory of the workers' processes on this machine.
  public var peakMegabytes: Double? {
    let peaks = connections.compactMap(\.peakMegabytes)
    return peaks.isEmpty ? nil : peaks.reduce(0, +)
  }
  /// Two questions for every worker.
  public var concurrency: Int? { 2 * connections.count }
  /// As many as the worker computes together.
  public func batch(within bytes: Double, workers: Int) -> Int? { hello.batch }

  /// Tells the workers where the record is: a notebook that is the worker opens it.
  public func finished(record path: String) {
    for connection in connections where connection.isParent {
      connection.say(["say": "record", "path": path])
    }
  }

  /// Lets the workers look at a picture.
  public func prepare(_ picture: Picture, box: Box?, occlusion: Occlusion) throws -> any PreparedPicture {
    try WorkerPicture(self, picture, box: box, occlusion: occlusion)
  }

  /// The joints of a skeleton, by SMPL's regressors where the worker predicts a body.
  public func joints(_ skeleton: Skeleton, of predictions: Predictions) throws -> Tensor {
    if let body { return try body.joints(skeleton, of: predictions, model: label) }
    return try predictions.converted(from: self.skeleton, to: skeleton, model: label)
  }

  /// Reads a first message, for the fuzzer.
  package static func read(hello message: ArrayMessage) {
    do throws(ModelError) { _ = try WorkerHello(message, label: "worker") } catch {
      precondition(!error.description.contains("\n"), "an error that is no line")
    }
  }

  /// Keeps what the helper of workers says to people, such as that memory has run out, to itself from now on.
  public static func keepQuiet() { ChildProcess.showsNotices.withLock { $0 = false } }

  /// Kills every worker: for a program that ends at once.
  public static func endAll() { ChildProcess.endAll() }

  // MARK: For its pictures

  /// The joints of bodies.
  func posed(rotations: Tensor, betas: Tensor) throws -> Tensor {
    smplBody.model.joints(rotations: rotations, betas: betas)
  }

  /// Asks the workers, of whom each gets a part of many windows.
  func predictions(
    _ hidden: [(pixels: [Int32], offset: [Int32])], of picture: WorkerPicture, attention: Bool
  ) throws -> Predictions {
    // Attention is large: no more of it at a time than fits into a message.
    let most = attention ? 64 : 1 << 14
    let parts = stride(from: 0, to: hidden.count, by: most).map { hidden[$0..<min($0 + most, hidden.count)] }
    return Predictions(
      stacking: try parts.map { part in
        try pool.use { try picture.ask(part, connections[$0], attention: attention) }
      })
  }

  private static let pictures = Mutex(0)

  /// A name for a picture that no other has.
  static func nextPicture() -> String {
    pictures.withLock { number in
      number += 1
      return "picture-\(number)"
    }
  }
}

/// Deals questions out to workers: each goes to the one with the fewest.
private final class WorkerPool: Sendable {
  private let loads: Mutex<[Int]>

  init(count: Int) { loads = Mutex(Array(repeating: 0, count: count)) }

  func use<R>(_ body: (_ worker: Int) throws -> R) rethrows -> R {
    let worker = loads.withLock { loads in
      let least = loads.indices.min { loads[$0] < loads[$1] }!
      loads[least] += 1
      return least
    }
    defer { loads.withLock { $0[worker] -= 1 } }
    return try body(worker)
  }
}

extension String {
  /// The text as part of a file's name.
  fileprivate var fileName: String {
    let text = String(map { $0.isLetter || $0.isNumber || "-_.+".contains($0) ? $0 : "-" })
    return text.isEmpty || text.hasPrefix(".") ? "worker" : text
  }
}
