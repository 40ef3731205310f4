/// The command line as a shell would take it again.
enum ShellCommand {
  /// The arguments that this process was started with, of whole paths the last part alone: a record is given away, and
  /// says nothing of somebody's folders.
  static var current: String {
    text(of: ["penumbra"] + CommandLine.arguments.dropFirst().map { withoutFolders($0) })
  }

  /// An argument whose whole paths lose their folders; in lists and in commands of workers every one.
  static func withoutFolders(_ argument: String) -> String {
    argument.contains("worker:")
      ? CommandOfWorker.withoutFolders(argument) : withoutFolders(inList: argument)
  }

  /// Whole paths begin an argument, or follow `=`, `:` or a comma.
  ///
  /// A comma may also be part of a folder's name: what has a slash and no beginning of its own goes on with the path before.
  private static func withoutFolders(inList argument: String) -> String {
    var kept: [String] = []
    var path: (index: Int, before: Substring)?
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      let name = part.split(separator: "/").last ?? "/"
      let start = part.indices.first { index in
        part[index] == "/" && (index == part.startIndex || "=:".contains(part[part.index(before: index)]))
      }
      if let start {
        path = (kept.count, part[..<start])
        let isRoot = part[start...].allSatisfy { $0 == "/" }
        kept.append(String(part[..<start]) + (isRoot ? "/" : String(name)))
      } else if let path, part.contains("/"), !part.contains("="), !part.contains(":") {
        kept.removeSubrange(path.index...)
        kept.append(String(path.before) + String(name))
      } else {
        if part.contains("/") { path = nil }
        kept.append(String(part))
      }
    }
    return kept.joined(separator: ",")
  }

  /// Arguments in one line; those that a shell would not take as they are, in quotes.
  static func text(of arguments: [String]) -> String {
    arguments.map(quoted).joined(separator: " ")
  }

  private static func quoted(_ argument: String) -> String {
    let isPlain = !argument.isEmpty && argument.utf8.allSatisfy(isPlain)
    return isPlain ? argument : "'" + argument.replacing("'", with: #"'\''"#) + "'"
  }

  /// Whether a shell takes a byte for itself everywhere in a word.
  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "_@%+=:,./-".utf8.contains(byte)
    }
  }
}
