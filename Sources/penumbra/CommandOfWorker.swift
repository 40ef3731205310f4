/// The command of a worker, as a shell reads it.
enum CommandOfWorker {
  /// The command with the last part alone of every whole path.
  ///
  /// A path that begins behind a quote goes on to the next one, others to the end of the word. Commands within quotes, such as
  /// those for `ssh`, are words too.
  static func withoutFolders(_ command: String) -> String {
    let text = Array(command)
    var kept: [Character] = []
    // The quote that is open where the command is read.
    var quote: Character?
    var at = 0
    while at < text.count {
      let character = text[at]
      if character == "/", isBeginning(at, of: text, within: quote),
        let path = Path(in: text, from: at, within: quote)
      {
        if path.inner != path.opener {
          if path.opener != nil { kept.removeLast() }
          if let inner = path.inner { kept.append(inner) }
        }
        kept += text[path.name]
        (at, quote) = (path.name.upperBound, path.quoteAfter)
        continue
      }
      kept.append(character)
      at += 1
      if character == "\\", quote != "'", at < text.count {
        kept.append(text[at])
        at += 1
      } else if isQuote(character), quote == nil {
        quote = character
      } else if character == quote {
        quote = nil
      }
    }
    return String(kept)
  }

  /// Whether a slash begins a path, and does not go on with a word.
  private static func isBeginning(_ at: Int, of text: [Character], within quote: Character?) -> Bool {
    guard at > 0 else { return true }
    let before = text[at - 1]
    // Behind a quote that has just ended the word goes on.
    if isQuote(before) { return quote != nil }
    // An option with its value, as in -I/usr/include.
    if before.isLetter, at > 1, text[at - 2] == "-", at < 3 || text[at - 3].isWhitespace { return true }
    return !before.isLetter && !before.isNumber && !"._-~*?%@+]})/$".contains(before)
  }

  private static func isQuote(_ character: Character) -> Bool { character == "'" || character == "\"" }

  /// A whole path in a command.
  private struct Path {
    /// The quote right before it.
    let opener: Character?
    /// The quote that is open where its last part begins.
    let inner: Character?
    /// Its last part, to its end.
    let name: Range<Int>
    /// The quote that is open behind it.
    let quoteAfter: Character?

    /// The path that begins with a slash; nil for the root alone.
    init?(in text: [Character], from start: Int, within quote: Character?) {
      opener = start > 0 && CommandOfWorker.isQuote(text[start - 1]) ? text[start - 1] : nil
      // Of a command within quotes the path ends with it.
      let outer = opener == quote ? nil : quote
      var (state, end) = (opener, start)
      var slashes: [(at: Int, state: Character?)] = []
      while end < text.count, text[end] != outer {
        let character = text[end]
        if character == "\\", state != "'" {
          end += 2
          continue
        }
        if state != nil {
          if character == state { state = nil }
        } else if CommandOfWorker.isQuote(character) {
          state = character
        } else if character.isWhitespace || ";|&<>()`".contains(character) {
          break
        } else if character == ":" || character == ",", end + 1 < text.count, text[end + 1] == "/" {
          break
        }
        if character == "/" { slashes.append((end, state)) }
        end += 1
      }
      end = min(end, text.count)
      let last = slashes.last { slash in
        text[slash.at + 1..<end].contains { $0 != "/" && !CommandOfWorker.isQuote($0) }
      }
      guard let last else { return nil }
      (inner, name) = (last.state, last.at + 1..<end)
      quoteAfter = outer ?? state
    }
  }
}
