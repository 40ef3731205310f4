public import Foundation
import Testing

/// Asks a server on this machine, by bytes of its own.
public struct LoopbackClient: Sendable {
  /// Where it listens.
  public let port: UInt16
  /// What is sent with every question; nil where the server gave none.
  public let token: String?

  /// A client of the server at a port.
  public init(port: UInt16, token: String? = nil) { (self.port, self.token) = (port, token) }

  /// A client of the server at an address that has a token.
  public init(address: String) throws {
    let match = try #require(address.wholeMatch(of: /http:\/\/127\.0\.0\.1:(\d+)\/\?token=([\w-]+)/))
    self.init(port: try #require(UInt16(match.1)), token: String(match.2))
  }

  /// A connection.
  ///
  /// - Throws: where nobody listens.
  public func connect() throws -> Int32 {
    let connection = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    place.sin_port = port.bigEndian
    let code = withUnsafePointer(to: &place) { place in
      place.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Foundation.connect(connection, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard code == 0 else {
      close(connection)
      throw CocoaError(.fileReadUnknown)
    }
    return connection
  }

  /// Sends bytes as far as the other side takes them.
  public func write(_ bytes: some Collection<UInt8>, to connection: Int32) {
    var rest = Array(bytes)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Foundation.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  /// All that comes until the other side ends.
  public func read(_ connection: Int32) -> Data {
    var answer = Data(), piece = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = recv(connection, &piece, piece.count, 0)
      guard count > 0 else { return answer }
      answer += piece[..<count]
    }
  }

  /// What is answered to a text; empty where the server goes away without a word.
  public func send(_ text: String) throws -> String {
    let connection = try connect()
    defer { close(connection) }
    write(text.utf8, to: connection)
    return String(decoding: read(connection), as: UTF8.self)
  }

  /// Asks as a browser does; returns the status and the body.
  public func ask(
    _ path: String, _ method: String = "GET", _ query: [String: String] = [:]
  ) throws -> (status: Int, body: Data) {
    var letters = CharacterSet.alphanumerics
    letters.insert(charactersIn: "-._")
    let pairs = (token.map { [("token", $0)] } ?? []) + query.map { ($0.key, $0.value) }
    let words = pairs.map { "\($0)=\($1.addingPercentEncoding(withAllowedCharacters: letters) ?? "")" }
    let connection = try connect()
    defer { close(connection) }
    let head = "\(method) \(path)?\(words.joined(separator: "&")) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n\r\n"
    write(head.utf8, to: connection)
    let answer = read(connection)
    let end = try #require(answer.firstRange(of: Data("\r\n\r\n".utf8)))
    let first = String(decoding: answer[..<end.lowerBound], as: UTF8.self).split(separator: " ")
    return (try #require(first.dropFirst().first.flatMap { Int($0) }), answer[end.upperBound...])
  }
}
