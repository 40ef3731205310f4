/// A line of text in which the names that a user gave are marked.
///
///     let title: Phrase = "Error of \(name: label)"
///
/// Where space is short, names are cut and all other words stay.
public struct Phrase: Sendable, Hashable {
  /// A piece of the text.
  public struct Part: Sendable, Hashable {
    /// The piece.
    public let text: String
    /// Whether a user gave it.
    public let isName: Bool
  }

  /// The pieces, in order.
  public let parts: [Part]

  /// The whole text.
  public var text: String { parts.map(\.text).joined() }
  /// Whether there is nothing to read.
  public var isEmpty: Bool { parts.allSatisfy(\.text.isEmpty) }

  /// A text without names.
  public init(_ text: String) { parts = [Part(text: text, isName: false)] }
  /// A text that a user gave.
  public init(name: String) { parts = [Part(text: name, isName: true)] }
  private init(parts: [Part]) { self.parts = parts }

  /// One text after another.
  public static func + (a: Phrase, b: Phrase) -> Phrase { Phrase(parts: a.parts + b.parts) }

  /// Names as people list them: "a", "a and b", "a, b and c"; more than `limit` are counted.
  static func list(_ names: [String], limit: Int, of things: String) -> Phrase {
    guard names.count <= limit else { return "\(names.count) \(things)" }
    return names.enumerated().reduce(Phrase("")) { list, item in
      let (index, name) = item
      let joint = index == 0 ? "" : index == names.count - 1 ? " and " : ", "
      return list + Phrase(joint) + Phrase(name: name)
    }
  }
}

extension Phrase: ExpressibleByStringInterpolation {
  /// A text without names.
  public init(stringLiteral text: String) { self.init(text) }
  /// A text of its pieces.
  public init(stringInterpolation: StringInterpolation) { parts = stringInterpolation.parts }

  /// The pieces of a text while it is put together.
  public struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var parts: [Part] = []

    /// An empty text.
    public init(literalCapacity: Int, interpolationCount: Int) {}
    /// Adds words of the text itself.
    public mutating func appendLiteral(_ literal: String) { append(literal, isName: false) }
    /// Adds a number or a word.
    public mutating func appendInterpolation(_ value: some CustomStringConvertible) {
      append(value.description, isName: false)
    }
    /// Adds a text with its names.
    public mutating func appendInterpolation(_ phrase: Phrase) { parts += phrase.parts }
    /// Adds a name that a user gave.
    public mutating func appendInterpolation(name: String) { append(name, isName: true) }

    private mutating func append(_ text: String, isName: Bool) {
      if !text.isEmpty { parts.append(Part(text: text, isName: isName)) }
    }
  }
}
