/// The command line as a shell would take it again.
enum ShellCommand {
  /// The arguments that this process was started with, of whole paths the last part alone: a record is given away, and
  /// says nothing of somebody's folders.
  static var current: String {
    text(of: ["penumbra"] + CommandLine.arguments.dropFirst().map(withoutFolders))
  }

  /// An argument whose whole paths, at its beginning or after `=` or `:`, lose their folders; in lists and in commands of
  /// workers every one.
  static func withoutFolders(_ argument: String) -> String {
    let separator: Character = argument.contains("worker:") ? " " : ","
    return argument.split(separator: separator, omittingEmptySubsequences: false).map { part in
      guard let slash = part.firstIndex(of: "/"),
        slash == part.startIndex || "=:".contains(part[part.index(before: slash)])
      else { return String(part) }
      let name = part[slash...].split(separator: "/").last ?? "/"
      return String(part[..<slash] + name)
    }.joined(separator: String(separator))
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
