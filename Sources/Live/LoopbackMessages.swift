public import Foundation

/// What a browser asks.
public struct LoopbackRequest: Sendable {
  /// The method, such as `GET`.
  public let method: String
  /// The path, without the query.
  public let path: String
  /// What follows the `?`, decoded; of what is given twice the first.
  public let query: [String: String]
  /// The headers that are looked at, by their names in lower case.
  let headers: [String: String]

  /// Reads the lines up to the empty one.
  ///
  /// - Throws: the refusal of what is no request, or of one that has a body.
  package init(_ head: some Collection<UInt8>) throws(LoopbackResponse) {
    guard head.allSatisfy({ (0x20..<0x7F).contains($0) || $0 == 0x0D || $0 == 0x0A || $0 == 0x09 }) else {
      throw .refusal(400, "This is no request.")
    }
    let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")
    let words = lines.first?.split(separator: " ", omittingEmptySubsequences: false) ?? []
    guard words.count == 3, words[2] == "HTTP/1.1" || words[2] == "HTTP/1.0", words[1].hasPrefix("/"),
      !words[0].isEmpty, words[0].allSatisfy({ ("A"..."Z").contains($0) })
    else { throw .refusal(400, "This is no request.") }
    method = String(words[0])
    let target = words[1].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    path = String(target[0])
    query = Self.query(target.count > 1 ? target[1] : "")
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":"), colon > line.startIndex, !line[..<colon].contains(" ")
      else {
        throw .refusal(400, "This is no request.")
      }
      let name = line[..<colon].lowercased()
      let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
      // Who gives one twice may mean another than the one that is looked at.
      guard headers.updateValue(value, forKey: name) == nil || !Self.single.contains(name) else {
        throw .refusal(400, "A header is given twice.")
      }
    }
    guard headers["content-length"] ?? "0" == "0", headers["transfer-encoding"] == nil else {
      throw .refusal(413, "A request has no body.")
    }
    self.headers = headers
  }

  private static let single: Set = ["host", "origin", "content-length", "transfer-encoding"]

  private static func query(_ text: some StringProtocol) -> [String: String] {
    func decoded(_ part: some StringProtocol) -> String? {
      String(part.map { $0 == "+" ? " " : $0 }).removingPercentEncoding
    }
    var query: [String: String] = [:]
    for pair in text.split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = decoded(parts[0]), let value = decoded(parts.count > 1 ? parts[1] : ""),
        query[name] == nil
      else { continue }
      query[name] = value
    }
    return query
  }
}

/// What a server answers.
public struct LoopbackResponse: Error, Sendable {
  /// The status, such as 200.
  public let status: Int
  /// What the body is, such as `application/json`.
  public let type: String
  /// The body.
  public let body: Data

  /// An answer of the given parts.
  public init(_ status: Int, type: String, _ body: Data) {
    (self.status, self.type, self.body) = (status, type, body)
  }

  /// A refusal in a sentence.
  static func refusal(_ status: Int, _ sentence: String) -> LoopbackResponse {
    LoopbackResponse(status, type: "text/plain; charset=utf-8", Data((sentence + "\n").utf8))
  }

  private static let phrases = [
    200: "OK", 204: "No Content", 400: "Bad Request", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 408: "Request Timeout", 409: "Conflict", 413: "Content Too Large",
    431: "Request Header Fields Too Large", 500: "Internal Server Error",
  ]

  /// The bytes on the wire: nothing may be kept, framed, or loaded by pages of other servers.
  var bytes: Data {
    let lines = [
      "HTTP/1.1 \(status) \(Self.phrases[status] ?? "")", "Content-Type: \(type)",
      "Content-Length: \(body.count)", "Connection: close", "Cache-Control: no-store",
      "X-Content-Type-Options: nosniff", "Referrer-Policy: no-referrer",
      "Cross-Origin-Resource-Policy: same-origin", "Content-Security-Policy: frame-ancestors 'none'",
    ]
    return Data((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body
  }
}
