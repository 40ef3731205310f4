import Foundation
import Live
import Synchronization
import TestSupport
import Testing

/// A server that says what it was asked, and a client that writes bytes of its own.
private struct Exchange {
  let token = LoopbackToken()
  let server: LoopbackServer

  init(
    _ change: (inout LoopbackServer.Limits) -> Void = { _ in },
    answer: @escaping @Sendable (LoopbackRequest) -> LoopbackResponse = { request in
      let text = "\(request.method) \(request.path) \(request.query["p"] ?? "")"
      return LoopbackResponse(200, type: "text/plain", Data(text.utf8))
    }
  ) throws {
    var limits = LoopbackServer.Limits()
    limits.seconds = 5
    change(&limits)
    server = try LoopbackServer(token: token, limits: limits, answer: answer)
  }

  private var client: LoopbackClient { LoopbackClient(port: server.port) }

  func connect() throws -> Int32 { try client.connect() }
  func send(_ text: String) throws -> String { try client.send(text) }
  func write(_ bytes: some Collection<UInt8>, to connection: Int32) { client.write(bytes, to: connection) }
  func read(_ connection: Int32) -> String { String(decoding: client.read(connection), as: UTF8.self) }

  /// A request with what a browser sends.
  func request(
    _ method: String = "GET", _ path: String = "/answer", token: String? = nil, host: String? = nil,
    headers: [String] = []
  ) -> String {
    let token = token ?? self.token.text
    let lines =
      ["\(method) \(path)?token=\(token)&p=a+b%26c HTTP/1.1", "Host: \(host ?? "127.0.0.1:\(server.port)")"]
      + headers
    return lines.joined(separator: "\r\n") + "\r\n\r\n"
  }
}

@Suite("The server of one browser") struct LoopbackServerTests {
  @Test("answers who has the token, and lets nobody keep, frame or load what it says") func answers() throws {
    let exchange = try Exchange()
    defer { exchange.server.stop() }
    let port = exchange.server.port
    #expect(exchange.server.address == "http://127.0.0.1:\(port)/?token=\(exchange.token.text)")
    for origin in ["http://127.0.0.1:\(port)", "http://localhost:\(port)"] {
      let answer = try exchange.send(exchange.request("POST", "/record", headers: ["Origin: \(origin)"]))
      #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n") && answer.hasSuffix("\r\n\r\nPOST /record a b&c"))
      for header in [
        "Cache-Control: no-store", "Referrer-Policy: no-referrer", "X-Content-Type-Options: nosniff",
        "Connection: close", "Content-Length: 18", "frame-ancestors 'none'",
      ] { #expect(answer.contains(header), "\(answer)") }
    }
    let local = try exchange.send(exchange.request(host: "localhost:\(port)", headers: ["Content-Length: 0"]))
    #expect(local.hasSuffix("GET /answer a b&c"))
  }

  @Test("two tokens differ, and each has 256 bits for an address") func tokens() {
    let tokens = (0..<20).map { _ in LoopbackToken().text }
    #expect(Set(tokens).count == 20 && tokens.allSatisfy { $0.wholeMatch(of: /[A-Za-z0-9_-]{43}/) != nil })
  }

  @Test("without the token nothing is said, whatever is asked for") func token() throws {
    let exchange = try Exchange()
    defer { exchange.server.stop() }
    let right = exchange.token.text
    for wrong in ["", "x", String(right.dropLast()), right + "A", LoopbackToken().text, "%00"] {
      for path in ["/", "/answer", "/nothing"] {
        let answer = try exchange.send(exchange.request("GET", path, token: wrong))
        #expect(answer.hasPrefix("HTTP/1.1 403 "), "\(answer)")
        #expect(!answer.contains(right) && !answer.contains("GET"))
      }
    }
    let none = try exchange.send("GET / HTTP/1.1\r\nHost: 127.0.0.1:\(exchange.server.port)\r\n\r\n")
    #expect(none.hasPrefix("HTTP/1.1 403 "))
    let icon = try exchange.send(
      "GET /favicon.ico HTTP/1.1\r\nHost: 127.0.0.1:\(exchange.server.port)\r\n\r\n")
    #expect(icon.hasPrefix("HTTP/1.1 204 ") && icon.hasSuffix("\r\n\r\n"))
  }

  @Test("names of others that lead here, and pages of other servers, are refused even with the token")
  func strangers() throws {
    let exchange = try Exchange()
    defer { exchange.server.stop() }
    let port = exchange.server.port
    let hosts = [
      "evil.example:\(port)", "127.0.0.1", "127.0.0.1:1", "127.0.0.1:\(port).evil.example", "[::1]:\(port)",
    ]
    for host in hosts {
      #expect(try exchange.send(exchange.request(host: host)).hasPrefix("HTTP/1.1 403 "), "\(host)")
    }
    let origins = [
      "null", "https://127.0.0.1:\(port)", "http://evil.example", "http://127.0.0.1:\(port).evil.example",
    ]
    for origin in origins {
      let answer = try exchange.send(exchange.request(headers: ["oRiGiN:  \(origin)"]))
      #expect(answer.hasPrefix("HTTP/1.1 403 "), "\(origin)")
    }
    let twice = try exchange.send(exchange.request(headers: ["Host: 127.0.0.1:\(port)"]))
    #expect(twice.hasPrefix("HTTP/1.1 400 "))
    let none = try exchange.send("GET /answer?token=\(exchange.token.text) HTTP/1.1\r\n\r\n")
    #expect(none.hasPrefix("HTTP/1.1 403 "))
  }

  @Test("what is no request, too long, or has a body is refused, and others are answered on") func rubbish()
    throws
  {
    let exchange = try Exchange()
    defer { exchange.server.stop() }
    let rubbish: [(text: String, status: Int)] = [
      ("\r\n\r\n", 400), ("GET\r\n\r\n", 400), ("GET / HTTP/9.9\r\n\r\n", 400),
      ("GET  /x HTTP/1.1\r\n\r\n", 400),
      ("get / HTTP/1.1\r\n\r\n", 400), ("GET http://a/ HTTP/1.1\r\n\r\n", 400), ("\u{0}\u{1}ä\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\nno colon\r\n\r\n", 400), ("GET / HTTP/1.1\r\n: none\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\nA b: c\r\n\r\n", 400),
      ("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", 413),
      ("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 413),
      ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 413),
    ]
    for (text, status) in rubbish {
      let answer = try exchange.send(text)
      #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(text.debugDescription): \(answer)")
    }
    // A line without end, and headers without end.
    let long = "GET /" + String(repeating: "x", count: 100_000)
    #expect(try exchange.send(long).hasPrefix("HTTP/1.1 431 "))
    let many = "GET / HTTP/1.1\r\n" + String(repeating: "A: b\r\n", count: 20_000)
    #expect(try exchange.send(many).hasPrefix("HTTP/1.1 431 "))
    var random = SystemRandomNumberGenerator()
    for _ in 0..<20 {
      let bytes = (0..<3000).map { _ in UInt8.random(in: .min ... .max, using: &random) }
      let connection = try exchange.connect()
      exchange.write(bytes, to: connection)
      close(connection)
    }
    #expect(try exchange.send(exchange.request()).hasPrefix("HTTP/1.1 200 "))
  }

  @Test("who says nothing, or stops in the middle, is waited for no longer than the limit") func slow() throws
  {
    let exchange = try Exchange { $0.seconds = 0.2 }
    defer { exchange.server.stop() }
    #expect(try exchange.send("").hasPrefix("HTTP/1.1 408 "))
    #expect(try exchange.send("GET /answer HTTP/1.1\r\nHost").hasPrefix("HTTP/1.1 408 "))
  }

  @Test("a request in pieces is one request; who goes away before its end is forgotten") func pieces() throws
  {
    let exchange = try Exchange()
    defer { exchange.server.stop() }
    let connection = try exchange.connect()
    for byte in exchange.request().utf8 { exchange.write([byte], to: connection) }
    #expect(exchange.read(connection).hasSuffix("GET /answer a b&c"))
    close(connection)
    let gone = try exchange.connect()
    exchange.write("GET /ans".utf8, to: gone)
    close(gone)
    #expect(try exchange.send(exchange.request()).hasPrefix("HTTP/1.1 200 "))
  }

  @Test("two clients are answered at once, and one more than the limit not at all") func together() throws {
    let both = DispatchSemaphore(value: 0), go = DispatchSemaphore(value: 0)
    let exchange = try Exchange({ $0.connections = 2 }) { _ in
      both.signal()
      go.wait()
      return LoopbackResponse(200, type: "text/plain", Data("there".utf8))
    }
    defer { exchange.server.stop() }
    let answers = Mutex<[String]>([])
    let clients = DispatchGroup()
    for _ in 0..<2 {
      DispatchQueue.global().async(group: clients) {
        let answer = (try? exchange.send(exchange.request())) ?? ""
        answers.withLock { $0.append(answer) }
      }
    }
    // Neither answer is made before both are being made.
    both.wait()
    both.wait()
    #expect(try exchange.send(exchange.request()).isEmpty)
    go.signal()
    go.signal()
    clients.wait()
    #expect(answers.withLock { $0.count { $0.hasSuffix("there") } } == 2)
  }

  @Test("an answer that is being made when it stops is sent; after that nobody listens") func stop() throws {
    let begun = DispatchSemaphore(value: 0), go = DispatchSemaphore(value: 0)
    let exchange = try Exchange(answer: { _ in
      begun.signal()
      go.wait()
      return LoopbackResponse(200, type: "text/plain", Data(repeating: 0x61, count: 5_000_000))
    })
    let idle = try exchange.connect()
    let answered = Mutex<String?>(nil), client = DispatchGroup()
    DispatchQueue.global().async(group: client) {
      let answer = try? exchange.send(exchange.request())
      answered.withLock { $0 = answer }
    }
    begun.wait()
    #expect(!exchange.server.stop(within: 0.1))
    go.signal()
    #expect(exchange.server.stop(within: 60))
    client.wait()
    let answer = try #require(answered.withLock { $0 })
    #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.utf8.count > 5_000_000)
    #expect(exchange.read(idle).isEmpty)
    close(idle)
    #expect(throws: (any Error).self) { try exchange.connect() }
  }

  @Test("a port that another has cannot be had, in a sentence") func taken() throws {
    let exchange = try Exchange()
    defer { exchange.server.stop() }
    let port = exchange.server.port
    let failure = #expect(throws: LoopbackServer.Failure.self) {
      _ = try LoopbackServer(
        port: port, token: LoopbackToken(), answer: { .init(200, type: $0.path, Data()) })
    }
    #expect(failure?.description.hasPrefix("port \(port): cannot be listened at: ") == true)
    #expect(failure?.description.contains("\n") == false)
  }
}
