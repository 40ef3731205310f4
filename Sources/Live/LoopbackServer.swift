import Foundation
import Synchronization

/// Answers a browser on this machine, and nobody else.
///
///     let server = try LoopbackServer(token: token) { request in answer(to: request) }
///     print(server.address)
///     server.stop()
///
/// It listens at 127.0.0.1 alone. A request must name that host, come from no page of another server, and have the token.
/// What can be sent is bounded: a head of 16 kB within ten seconds, no body, 32 connections at a time, one request each. Swift
/// packages of servers were weighed: FlyingFox 0.27 reads headers of any length, waits for them forever, and ends when
/// there are too many connections; swift-nio and what builds on it are a hundred times the code of these few hundred lines.
public final class LoopbackServer: Sendable {
  /// How much is taken of whoever connects.
  public struct Limits: Sendable {
    /// The most bytes of a request.
    public var bytes = 16_384
    /// The most seconds that a request may take to come, and every piece of an answer to go.
    public var seconds = 10.0
    /// The most connections at a time.
    public var connections = 32

    /// The usual limits.
    public init() {}
  }

  /// Why a server cannot begin.
  public struct Failure: Error, Sendable, CustomStringConvertible {
    /// What is wrong and what to do.
    public let description: String
  }

  /// Where it listens.
  public let port: UInt16
  /// What a browser has to open.
  public var address: String { "http://127.0.0.1:\(port)/?token=\(token.text)" }

  private let token: LoopbackToken
  private let limits: Limits
  private let answer: @Sendable (LoopbackRequest) -> LoopbackResponse
  private let listening: Int32
  /// A pipe: a byte in it ends the wait for connections.
  private let wake: (read: Int32, write: Int32)
  private let state = Mutex<(open: Set<Int32>, isStopped: Bool)>(([], false))
  private let group = DispatchGroup()

  /// Begins to listen.
  ///
  /// - Parameters:
  ///   - port: where; 0 is any port that is free.
  ///   - answer: is called on threads of the server's, several at once, with requests that have the token.
  /// - Throws: ``Failure`` where the port cannot be had.
  public init(
    port: UInt16 = 0, token: LoopbackToken, limits: Limits = Limits(),
    answer: @escaping @Sendable (LoopbackRequest) -> LoopbackResponse
  ) throws(Failure) {
    (self.token, self.limits, self.answer) = (token, limits, answer)
    (listening, self.port) = try Self.listen(at: port)
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw Self.failure(port) }
    wake = (ends[0], ends[1])
    // No worker that is started later has them too.
    for file in [listening] + ends { _ = fcntl(file, F_SETFD, FD_CLOEXEC) }
    // Whoever gave up before being let in is not waited for.
    _ = fcntl(listening, F_SETFL, O_NONBLOCK)
    group.enter()
    Thread.detachNewThread { [self] in
      listen()
      group.leave()
    }
  }

  private static func listen(at port: UInt16) throws(Failure) -> (socket: Int32, port: UInt16) {
    let listening = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard listening >= 0 else { throw failure(port) }
    var yes: Int32 = 1
    setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    place.sin_port = port.bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &place) { place in
      place.withMemoryRebound(to: sockaddr.self, capacity: 1) { place in
        bind(listening, place, length) == 0 && Foundation.listen(listening, 64) == 0
          && getsockname(listening, place, &length) == 0
      }
    }
    guard isBound else {
      let failure = failure(port)
      close(listening)
      throw failure
    }
    return (listening, UInt16(bigEndian: place.sin_port))
  }

  private static func failure(_ port: UInt16) -> Failure {
    let reason = String(cString: strerror(errno))
    return Failure(
      description:
        "port \(port): cannot be listened at: \(reason); give another, or none for any that is free")
  }

  // MARK: Connections

  private func listen() {
    while true {
      var waited = [
        pollfd(fd: listening, events: Int16(POLLIN), revents: 0),
        pollfd(fd: wake.read, events: Int16(POLLIN), revents: 0),
      ]
      _ = poll(&waited, 2, -1)
      if waited[1].revents != 0 { break }
      let connection = accept(listening, nil, nil)
      guard connection >= 0 else {
        // One that was given up, or no files left: others may be closed by the next time.
        if errno == EMFILE || errno == ENFILE || errno == ENOMEM { usleep(20_000) }
        continue
      }
      _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
      guard begin(connection) else {
        close(connection)
        continue
      }
      Thread.detachNewThread { [self] in
        serve(connection)
        state.withLock { _ = $0.open.remove(connection) }
        close(connection)
        group.leave()
      }
    }
    for file in [listening, wake.read, wake.write] { close(file) }
  }

  private func begin(_ connection: Int32) -> Bool {
    state.withLock { state in
      guard !state.isStopped, state.open.count < limits.connections else { return false }
      state.open.insert(connection)
      group.enter()
      return true
    }
  }

  /// Listens no more; answers that are being made are sent.
  ///
  /// - Returns: whether all were sent within so many seconds.
  @discardableResult
  public func stop(within seconds: Double = 10) -> Bool {
    let isFirst = state.withLock { state in
      defer { state.isStopped = true }
      // Who has not asked yet will not be heard.
      for connection in state.open { shutdown(connection, Int32(SHUT_RD)) }
      return !state.isStopped
    }
    if isFirst {
      var byte: UInt8 = 0
      _ = write(wake.write, &byte, 1)
    }
    return group.wait(timeout: .now() + seconds) == .success
  }

  private func serve(_ connection: Int32) {
    let response: LoopbackResponse
    do throws(LoopbackResponse) {
      guard let head = try head(from: connection) else { return }
      let request = try LoopbackRequest(head)
      try check(request)
      response = answer(request)
    } catch {
      response = error
    }
    send(response.bytes, to: connection)
    finish(connection)
  }

  /// Refuses whoever is not the browser that was given the address.
  private func check(_ request: LoopbackRequest) throws(LoopbackResponse) {
    let hosts = ["127.0.0.1:\(port)", "localhost:\(port)"]
    // A name that leads here, of somebody else's (DNS rebinding), or a page of another server.
    guard let host = request.headers["host"], hosts.contains(host) else {
      throw .refusal(403, "This server has another name.")
    }
    if let origin = request.headers["origin"], !hosts.map({ "http://" + $0 }).contains(origin) {
      throw .refusal(403, "Pages of other servers are not answered.")
    }
    // Browsers ask for it by themselves; there is none.
    if request.path == "/favicon.ico" { throw LoopbackResponse(204, type: "image/png", Data()) }
    guard token.matches(request.query["token"]) else {
      throw .refusal(403, "Open the address that penumbra explore prints.")
    }
  }

  /// The bytes up to the empty line; nil where the other side goes away before.
  private func head(from connection: Int32) throws(LoopbackResponse) -> [UInt8]? {
    let end = ContinuousClock.now + .seconds(limits.seconds)
    var head: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 4096)
    while true {
      let left = ContinuousClock.now.duration(to: end) / .milliseconds(1)
      guard left > 0, wait(for: connection, POLLIN, milliseconds: left) else {
        throw .refusal(408, "The request did not come in time.")
      }
      let count = recv(connection, &piece, piece.count, 0)
      guard count > 0 else { return nil }
      let searched = max(0, head.count - 3)
      head += piece[..<count]
      if let blank = head[searched...].firstRange(of: Array("\r\n\r\n".utf8)) {
        return Array(head[..<blank.lowerBound])
      }
      guard head.count <= limits.bytes else { throw .refusal(431, "The request is too long.") }
    }
  }

  private func send(_ data: Data, to connection: Int32) {
    data.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) in
      var rest = bytes
      while !rest.isEmpty {
        guard wait(for: connection, POLLOUT, milliseconds: limits.seconds * 1000) else { return }
        let count = Foundation.send(
          connection, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
        if count < 0, errno == EAGAIN || errno == EINTR { continue }
        guard count > 0 else { return }
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      }
    }
  }

  /// Lets what is still coming in come, for a moment: closing before would take the answer away.
  private func finish(_ connection: Int32) {
    shutdown(connection, Int32(SHUT_WR))
    let end = ContinuousClock.now + .seconds(min(1, limits.seconds))
    var piece = [UInt8](repeating: 0, count: 4096)
    for _ in 0..<256 {
      let left = ContinuousClock.now.duration(to: end) / .milliseconds(1)
      guard left > 0, wait(for: connection, POLLIN, milliseconds: left),
        recv(connection, &piece, piece.count, 0) > 0
      else { return }
    }
  }

  private func wait(for connection: Int32, _ event: Int32, milliseconds: Double) -> Bool {
    var waited = pollfd(fd: connection, events: Int16(event), revents: 0)
    return poll(&waited, 1, Int32(max(1, milliseconds))) > 0
  }
}
