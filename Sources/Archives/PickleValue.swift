/// What a pickle describes: plain values, and descriptions of objects that are never made.
struct Pickle: Sendable {
  /// A value; what can hold others lies in `nodes`, so that cycles and depth cost nothing.
  enum Value: Sendable {
    case none
    case bool(Bool)
    case integer(Int)
    /// A whole number of more than 64 bits, little-endian in two's complement.
    case long(Bytes)
    case float(Double)
    /// Text in UTF-8.
    case text(Bytes)
    /// Bytes, or the text of Python 2.
    case bytes(Bytes)
    /// A class or a function, by its name only.
    case global(String)
    case node(Int)
  }

  /// A container, or an object of a class that is not known here.
  struct Node: Sendable {
    enum Kind: Sendable { case list, tuple, set, dictionary, object, persistent }
    var kind: Kind
    /// Of a list, tuple or set; of an object what was appended to it; of a persistent one its identifier.
    var items: [Value] = []
    /// Of a dictionary, or of an object what was set in it, in order.
    var members: [(key: Value, value: Value)] = []
    /// The class or function that would make the object.
    var maker: Value = .none
    var arguments: Value = .none
    var state: Value = .none
  }

  let nodes: [Node]
  let root: Value
  /// Where the pickle ends.
  let end: Int
  /// Whether joblib wrote it, with the numbers of arrays between its instructions.
  let hasRawArrays: Bool

  /// Whether a file begins as pickles do.
  static func looksLike(_ file: Bytes) -> Bool {
    guard let first = try? file.slice(0, count: 2) else { return false }
    if first.withBytes({ $0[0] == 0x80 }) { return first.withBytes { (2...5).contains($0[1]) } }
    // Protocols 0 and 1 do not say so: they begin with a container, or with the name of what makes an array.
    let beginnings = [
      "(d", "}q", "(l", "]q", "cnumpy", "ccopy_reg\n_reconstructor", "ccollections\n", "cchumpy", "cscipy",
    ]
    return beginnings.contains { file.begins(with: Array($0.utf8)) }
  }

  func node(_ value: Value, _ kind: Node.Kind) -> Node? {
    guard case .node(let index) = value, nodes[index].kind == kind else { return nil }
    return nodes[index]
  }

  func tuple(_ value: Value) -> [Value]? { node(value, .tuple)?.items }

  /// The items of a list or a tuple.
  func sequence(_ value: Value) -> [Value]? { (node(value, .list) ?? node(value, .tuple))?.items }

  /// A text of at most so many bytes; that of Python 2 is taken as Latin 1.
  ///
  /// A pickle can refer to one text as often as it likes: a long one, read each time, would take forever.
  func text(_ value: Value, upTo longest: Int = 4096) -> String? {
    switch value {
    case .text(let bytes) where bytes.count <= longest: bytes.text
    case .bytes(let bytes) where bytes.count <= longest:
      bytes.withBytes { String(String.UnicodeScalarView($0.map { Unicode.Scalar($0) })) }
    default: nil
    }
  }

  func integer(_ value: Value) -> Int? {
    switch value {
    case .integer(let value): value
    case .bool(let value): value ? 1 : 0
    default: nil
    }
  }

  /// Lengths or strides.
  func integers(_ value: Value) -> [Int]? {
    // Arrays have few dimensions; a long tuple that many arrays share would take forever.
    guard let items = sequence(value), items.count <= 64 else { return nil }
    let integers = items.compactMap(integer)
    return integers.count == items.count ? integers : nil
  }

  /// The members of a dictionary that are named by texts, in order; the last of one name counts.
  func members(_ value: Value) -> [(name: String, value: Value)]? {
    guard let node = node(value, .dictionary) else { return nil }
    return named(node)
  }

  /// What was set in a dictionary or an object under texts, and under whole numbers where these are names too.
  func named(_ node: Node, numbered: Bool = false) -> [(name: String, value: Value)] {
    var places: [String: Int] = [:]
    var members: [(name: String, value: Value)] = []
    for (key, value) in node.members {
      guard let name = text(key) ?? (numbered ? integer(key).map(String.init) : nil) else { continue }
      if let place = places[name] {
        members[place].value = value
      } else {
        places[name] = members.count
        members.append((name, value))
      }
    }
    return members
  }

  /// What an object's state says under texts; empty unless it is a dictionary of some twenty members, as in
  /// all objects that are known here.
  func state(_ node: Node) -> [String: Value] {
    guard let dictionary = self.node(node.state, .dictionary), dictionary.members.count <= 100 else {
      return [:]
    }
    return Dictionary(named(dictionary).map { ($0.name, $0.value) }) { _, last in last }
  }

  /// The class of an object, as in `numpy.dtype`.
  func className(_ node: Node) -> String? {
    guard case .global(let name) = node.maker else { return nil }
    // Python's own way to say: an object of the class that is the first argument.
    if name == "copy_reg._reconstructor" || name == "copyreg._reconstructor",
      case .global(let name)? = tuple(node.arguments)?.first
    {
      return name
    }
    return name
  }

  /// What a value is, for a message.
  func describe(_ value: Value) -> String {
    switch value {
    case .none: "nothing"
    case .bool, .integer, .long, .float: "a number"
    case .text: "a string"
    case .bytes: "bytes"
    case .global(let name): "the class \(name)"
    case .node(let index):
      switch nodes[index].kind {
      case .list: "a list"
      case .tuple: "a tuple"
      case .set: "a set"
      case .dictionary: "a dictionary"
      case .persistent: "a storage"
      case .object: "an object of \(className(nodes[index]) ?? "an unknown class")"
      }
    }
  }
}
