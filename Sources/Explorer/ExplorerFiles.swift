import Archives
import Foundation

/// The page's own files, which the plugin `EmbedExplorer` puts into the program when it is built.
enum ExplorerFiles {
  private static let still = script(isLive: false), live = script(isLive: true)

  /// All scripts in their order, as one that leaves no name behind; what asks a server is in live pages alone.
  static func code(isLive: Bool) -> String { isLive ? live : still }

  private static func script(isLive: Bool) -> String {
    let order = text("order.txt").split(whereSeparator: \.isWhitespace).map(String.init)
    let parts = order.filter { isLive || $0 != "live.js" }.map { condensed(text($0), isCode: true) }
    return "(() => {\n'use strict';\n" + parts.joined() + "})();\n"
  }

  /// All style sheets, in the order of their names.
  static let style = ExplorerSources.files.filter { $0.name.hasSuffix(".css") }
    .sorted { $0.name < $1.name }
    .map {
      condensed($0.text, isCode: false).replacing(": ", with: ":").replacing(" {", with: "{").replacing(
        ";}", with: "}")
    }
    .joined()

  /// The page around them.
  static let page = text("page.html")

  private static func text(_ name: String) -> String {
    guard let file = ExplorerSources.files.first(where: { $0.name == name }) else {
      preconditionFailure("\(name) is not built in")
    }
    return file.text
  }

  /// The lines without indentation, without comments, and without line breaks and spaces that nothing needs.
  ///
  /// Of scripts, where a statement never begins with what a line is joined on; of style sheets all are joined.
  static func condensed(_ text: String, isCode: Bool) -> String {
    var result = ""
    for line in text.split(whereSeparator: \.isNewline) {
      var line = line.trimmingCharacters(in: .whitespaces)
      guard let first = line.first, !isCode || !["//", "/*", "*"].contains(where: { line.hasPrefix($0) })
      else {
        continue
      }
      if isCode { line = tightened(line) }
      let isJoined =
        !isCode || result.last.map { "{}([,;=".contains($0) } ?? true || ")]}.?:&|".contains(first)
      // The last statement of a block needs no end.
      if first == "}", result.last == ";" { result.removeLast() }
      result += (isJoined ? "" : "\n") + line
    }
    return result + "\n"
  }

  /// A line of a script without the spaces around signs, outside of its texts.
  ///
  /// What has another kind of quote or a slash may be a template or a pattern, and stays.
  private static func tightened(_ line: String) -> String {
    guard !line.contains(where: { "\"`/\\".contains($0) }) else { return line }
    let parts = line.split(separator: "'", omittingEmptySubsequences: false)
    return parts.enumerated().map { index, part in
      index % 2 == 0
        ? String(part).replacing(/[ ]?([=,:?{}()<>&|*\[\]]+)[ ]?/) { String($0.output.1) } : String(part)
    }.joined(separator: "'")
  }

  /// What the page may load and run: itself, in a folder the scripts beside it; a live one may ask its server.
  static func policy(isFolder: Bool, isLive: Bool) -> String {
    func hash(_ text: String) -> String { "'sha256-\(Digest.sha256Bytes(of: text).base64)'" }
    return
      "default-src 'none'; script-src \(hash(code(isLive: isLive)))\(isFolder ? " 'self'" : ""); style-src \(hash(style)); "
      + "img-src data: blob:; base-uri 'none'; form-action 'none'"
      + (isLive ? "; connect-src 'self'" : "")
  }

  /// The page with its parts in the places that it has for them, each `{{name}}`.
  static func filled(_ parts: [String: String]) -> Data {
    var data = Data()
    for (index, piece) in page.components(separatedBy: "{{").enumerated() {
      guard index > 0, let end = piece.range(of: "}}"), let part = parts[String(piece[..<end.lowerBound])]
      else {
        data += Data(((index > 0 ? "{{" : "") + piece).utf8)
        continue
      }
      data += Data(part.utf8)
      data += Data(piece[end.upperBound...].utf8)
    }
    return data
  }
}
