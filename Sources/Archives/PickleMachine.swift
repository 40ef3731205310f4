import Foundation

/// Runs the program that a pickle is, without importing or calling anything.
///
/// Every opcode of protocols 0 to 5 that describes data is known (`pickletools` in Python's library lists
/// them); a class becomes a name, and a call of it a `Node` that says what would have been called.
struct PickleMachine {
  /// More than any checkpoint needs, and in proportion to large files; they keep time and memory in bounds.
  private var mostSteps: Int { max(2_000_000, bytes.count / 4) }
  private var mostNodes: Int { max(500_000, bytes.count / 32) }

  let bytes: Bytes
  var at: Int
  var stack: [Pickle.Value] = []
  private var marks: [Int] = []
  private var memo: [Int: Pickle.Value] = [:]
  var nodes: [Pickle.Node] = []
  private var steps = 0
  /// How many bytes were unpacked into memory of their own.
  private var copied = 0
  /// Whether numbers stand between instructions, as joblib writes them, and whether a pickle inside is read.
  var hasRawArrays = false
  private var isInner = false

  /// Reads the pickle that begins at `start`.
  ///
  /// - Throws: `ArchiveError` naming the byte at which it stopped making sense.
  static func run(_ bytes: Bytes, at start: Int = 0) throws(ArchiveError) -> Pickle {
    var machine = PickleMachine(bytes: bytes, at: start)
    let root = try machine.program()
    return Pickle(
      nodes: machine.nodes, root: root, end: machine.at, hasRawArrays: machine.hasRawArrays)
  }

  /// Carries out instructions up to the end of a pickle, whose value is what they leave.
  private mutating func program() throws(ArchiveError) -> Pickle.Value {
    while steps < mostSteps {
      steps += 1
      let place = at
      let code = try byte()
      if code == UInt8(ascii: ".") { return try pop() }
      guard try step(code) else {
        throw bytes.damage("is not a pickle: an instruction is unknown or misplaced", at: place)
      }
      guard nodes.count <= mostNodes else {
        throw bytes.error(.unsupported, "the pickle has more than \(mostNodes) objects", at: place)
      }
    }
    throw bytes.error(.unsupported, "the pickle has more than \(mostSteps) instructions", at: at)
  }

  /// The value of a pickle of its own that stands between instructions; such a one holds none itself.
  mutating func innerProgram() throws(ArchiveError) -> Pickle.Value {
    guard !isInner else { throw misuse() }
    let outer = (stack, marks, memo)
    (stack, marks, memo, isInner) = ([], [], [:], true)
    let value = try program()
    (stack, marks, memo) = outer
    isInner = false
    return value
  }

  private init(bytes: Bytes, at start: Int) {
    self.bytes = bytes
    at = start
  }

  // MARK: Reading

  mutating func byte() throws(ArchiveError) -> UInt8 { try integer(UInt8.self) }

  private mutating func integer<T: FixedWidthInteger>(_ type: T.Type) throws(ArchiveError) -> T {
    let value = try bytes.integer(type, at: at)
    at += MemoryLayout<T>.size
    return value
  }

  mutating func run(_ count: Int) throws(ArchiveError) -> Bytes {
    let run = try bytes.slice(at, count: count)
    at += count
    return run
  }

  /// As many bytes as the integer says that stands before them.
  private mutating func counted<T: FixedWidthInteger>(_ type: T.Type) throws(ArchiveError) -> Bytes {
    let place = at
    guard let count = Int(exactly: try integer(type)) else {
      throw bytes.damage("impossible length", at: place)
    }
    return try run(count)
  }

  mutating func line() throws(ArchiveError) -> Bytes {
    let rest = try bytes.slice(at, count: bytes.count - at)
    guard let length = rest.withBytes({ $0.firstIndex(of: 0x0a) }) else {
      throw bytes.damage("a line in the pickle does not end", at: at)
    }
    let line = try run(length)
    at += 1
    return line
  }

  private mutating func number() throws(ArchiveError) -> Int {
    let place = at
    guard let number = try Int(line().text) else { throw bytes.damage("is not a number", at: place) }
    return number
  }

  // MARK: The stack

  private func misuse() -> ArchiveError {
    bytes.damage("the pickle uses a value that it did not create", at: at - 1)
  }

  private mutating func pop() throws(ArchiveError) -> Pickle.Value {
    guard stack.count > marks.last ?? 0, let value = stack.popLast() else { throw misuse() }
    return value
  }

  private func top() throws(ArchiveError) -> Pickle.Value {
    guard stack.count > marks.last ?? 0, let value = stack.last else { throw misuse() }
    return value
  }

  private mutating func popToMark() throws(ArchiveError) -> [Pickle.Value] {
    guard let mark = marks.popLast() else { throw misuse() }
    let values = Array(stack[mark...])
    stack.removeSubrange(mark...)
    return values
  }

  private mutating func push(_ node: Pickle.Node) {
    nodes.append(node)
    stack.append(.node(nodes.count - 1))
  }

  private mutating func pushTuple(_ count: Int) throws(ArchiveError) {
    var items: [Pickle.Value] = []
    for _ in 0..<count { items.append(try pop()) }
    push(Pickle.Node(kind: .tuple, items: items.reversed()))
  }

  /// The container or object on top of the stack.
  private func target() throws(ArchiveError) -> Int {
    guard case .node(let index) = try top() else { throw misuse() }
    return index
  }

  private mutating func append(_ values: [Pickle.Value]) throws(ArchiveError) {
    let target = try target()
    nodes[target].items += values
  }

  private mutating func set(_ values: [Pickle.Value]) throws(ArchiveError) {
    guard values.count % 2 == 0 else { throw misuse() }
    let target = try target()
    for i in stride(from: 0, to: values.count, by: 2) {
      nodes[target].members.append((values[i], values[i + 1]))
    }
  }

  /// Pushes a description of what `maker` would make of `arguments`.
  private mutating func call(_ maker: Pickle.Value, _ arguments: Pickle.Value) throws(ArchiveError) {
    if case .global(let name) = maker {
      switch name {
      case "collections.OrderedDict", "collections.defaultdict", "builtins.dict", "__builtin__.dict":
        return push(Pickle.Node(kind: .dictionary, maker: maker, arguments: arguments))
      case "_codecs.encode":
        // How Python 3 writes bytes for Python 2: as the text that has these bytes in Latin 1.
        if case .node(let index) = arguments, case .text(let text)? = nodes[index].items.first {
          return stack.append(.bytes(try latin1(text)))
        }
      case "builtins.bytes", "__builtin__.bytes", "builtins.bytearray", "__builtin__.bytearray":
        // Of no arguments, of bytes, or of a text and its encoding.
        if case .node(let index) = arguments {
          switch nodes[index].items.first {
          case nil: return stack.append(.bytes(try copy([])))
          case .bytes(let bytes)?: return stack.append(.bytes(bytes))
          case .text(let text)?: return stack.append(.bytes(try latin1(text)))
          default: break
          }
        }
      default: break
      }
    }
    push(Pickle.Node(kind: .object, maker: maker, arguments: arguments))
  }

  private mutating func latin1(_ text: Bytes) throws(ArchiveError) -> Bytes {
    var values: [UInt8] = []
    values.reserveCapacity(text.count)
    for scalar in text.text.unicodeScalars {
      guard scalar.value < 256 else { throw text.damage("a string is not Latin 1", at: 0) }
      values.append(UInt8(scalar.value))
    }
    return try copy(values)
  }

  mutating func copy(_ values: [UInt8]) throws(ArchiveError) -> Bytes {
    copied += values.count
    guard copied <= 2 * bytes.count else {
      throw bytes.damage("the same bytes are unpacked repeatedly", at: at)
    }
    return Bytes(unpackedFrom: bytes, count: values.count) { $0.copyBytes(from: values) }
  }

  // MARK: Instructions

  /// Carries out one instruction; false if there is none of the code.
  private mutating func step(_ code: UInt8) throws(ArchiveError) -> Bool {
    switch code {
    case 0x80: _ = try byte()  // PROTO
    case 0x95: _ = try integer(UInt64.self)  // FRAME
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "0"):  // POP, also of a mark
      if stack.count == marks.last { marks.removeLast() } else { _ = try pop() }
    case UInt8(ascii: "1"): _ = try popToMark()
    case UInt8(ascii: "2"): stack.append(try top())

    case UInt8(ascii: "N"): stack.append(.none)
    case 0x88: stack.append(.bool(true))
    case 0x89: stack.append(.bool(false))
    case UInt8(ascii: "J"): stack.append(.integer(Int(try integer(Int32.self))))
    case UInt8(ascii: "K"): stack.append(.integer(Int(try byte())))
    case UInt8(ascii: "M"): stack.append(.integer(Int(try integer(UInt16.self))))
    case 0x8a: stack.append(long(try counted(UInt8.self)))
    case 0x8b: stack.append(long(try counted(Int32.self)))
    case UInt8(ascii: "G"): stack.append(.float(Double(bitPattern: try integer(UInt64.self).byteSwapped)))
    case UInt8(ascii: "I"), UInt8(ascii: "L"), UInt8(ascii: "F"): return try writtenNumber(code)

    case UInt8(ascii: "X"): stack.append(.text(try counted(UInt32.self)))
    case 0x8c: stack.append(.text(try counted(UInt8.self)))
    case 0x8d: stack.append(.text(try counted(UInt64.self)))
    case UInt8(ascii: "T"): stack.append(.bytes(try counted(Int32.self)))
    case UInt8(ascii: "U"), UInt8(ascii: "C"): stack.append(.bytes(try counted(UInt8.self)))
    case UInt8(ascii: "B"): stack.append(.bytes(try counted(UInt32.self)))
    case 0x8e, 0x96: stack.append(.bytes(try counted(UInt64.self)))
    case UInt8(ascii: "S"): return try writtenText()
    case UInt8(ascii: "V"): stack.append(.text(try escapedText()))

    case UInt8(ascii: "]"): push(Pickle.Node(kind: .list))
    case UInt8(ascii: "}"): push(Pickle.Node(kind: .dictionary))
    case UInt8(ascii: ")"): push(Pickle.Node(kind: .tuple))
    case 0x8f: push(Pickle.Node(kind: .set))
    case 0x85: try pushTuple(1)
    case 0x86: try pushTuple(2)
    case 0x87: try pushTuple(3)
    case UInt8(ascii: "t"): push(Pickle.Node(kind: .tuple, items: try popToMark()))
    case UInt8(ascii: "l"): push(Pickle.Node(kind: .list, items: try popToMark()))
    case 0x91: push(Pickle.Node(kind: .set, items: try popToMark()))
    case UInt8(ascii: "d"):
      let values = try popToMark()
      push(Pickle.Node(kind: .dictionary))
      try set(values)
    case UInt8(ascii: "a"): try append([try pop()])
    case UInt8(ascii: "e"), 0x90: try append(try popToMark())
    case UInt8(ascii: "s"):
      let value = try pop()
      try set([try pop(), value])
    case UInt8(ascii: "u"): try set(try popToMark())

    case UInt8(ascii: "q"): memo[Int(try byte())] = try top()
    case UInt8(ascii: "r"): memo[Int(try integer(UInt32.self))] = try top()
    case UInt8(ascii: "p"): memo[try number()] = try top()
    case 0x94: memo[memo.count] = try top()
    case UInt8(ascii: "h"): try recall(Int(try byte()))
    case UInt8(ascii: "j"): try recall(Int(try integer(UInt32.self)))
    case UInt8(ascii: "g"): try recall(try number())

    default: return try stepAmongObjects(code)
    }
    return true
  }

  private mutating func stepAmongObjects(_ code: UInt8) throws(ArchiveError) -> Bool {
    switch code {
    case UInt8(ascii: "c"): stack.append(try global(line(), line()))
    case 0x93:
      guard case .text(let name) = try pop(), case .text(let module) = try pop() else { return false }
      stack.append(try global(module, name))
    case UInt8(ascii: "R"), 0x81:
      let arguments = try pop()
      try call(try pop(), arguments)
    case 0x92:
      _ = try pop()
      let arguments = try pop()
      try call(try pop(), arguments)
    case UInt8(ascii: "i"):
      let maker = try global(line(), line())
      push(Pickle.Node(kind: .tuple, items: try popToMark()))
      try call(maker, try pop())
    case UInt8(ascii: "o"):
      let values = try popToMark()
      guard let maker = values.first else { return false }
      push(Pickle.Node(kind: .tuple, items: Array(values.dropFirst())))
      try call(maker, try pop())
    case UInt8(ascii: "b"):
      let state = try pop()
      let target = try target()
      nodes[target].state = state
      if JoblibArray.isWrapper(nodes[target]) { try readRawArray(of: target) }
    case UInt8(ascii: "Q"): push(Pickle.Node(kind: .persistent, items: [try pop()]))
    case UInt8(ascii: "P"): push(Pickle.Node(kind: .persistent, items: [.text(try line())]))
    default: return false
    }
    return true
  }

  private func global(_ module: Bytes, _ name: Bytes) throws(ArchiveError) -> Pickle.Value {
    // Names are compared again and again; no class has one of this length.
    guard module.count + name.count <= 1000 else {
      throw module.damage("the name of a class is too long", at: 0)
    }
    return .global("\(module.text).\(name.text)")
  }

  private mutating func recall(_ key: Int) throws(ArchiveError) {
    guard let value = memo[key] else { throw misuse() }
    stack.append(value)
  }

  private func long(_ digits: Bytes) -> Pickle.Value {
    guard digits.count <= 8 else { return .long(digits) }
    return digits.withBytes { digits in
      var value = digits.last.map { $0 & 0x80 != 0 } == true ? -1 : 0
      for digit in digits.reversed() { value = value << 8 | Int(digit) }
      return .integer(value)
    }
  }
}
