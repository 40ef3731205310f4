/// The command line as a shell would take it again.
enum ShellCommand {
  /// The arguments that this process was started with.
  static var current: String { text(of: CommandLine.arguments) }

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
