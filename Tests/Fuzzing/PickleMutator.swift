import Tensors

/// Changes of pickles: instructions, with arguments as long as they say.
extension Mutator {
  /// An instruction and its argument without the length before it.
  private struct Instruction {
    var code: UInt8
    var argument: [UInt8]
  }

  /// What follows an instruction's code (Python's pickletools).
  private enum Argument {
    case bytes(Int)
    case counted(Int)
    case lines(Int)
  }

  /// Instructions without an argument.
  private static let plain: [UInt8] =
    Array("(.012NQRabde}l]ostu)".utf8) + Array(0x85...0x89) + Array(0x8F...0x94)

  private static let arguments: [UInt8: Argument] = {
    var arguments: [UInt8: Argument] = [:]
    func set(_ codes: [UInt8], _ argument: Argument) { for code in codes { arguments[code] = argument } }
    set(plain + [0x81, 0x97, 0x98], .bytes(0))
    set(Array("Khq".utf8) + [0x80, 0x82], .bytes(1))
    set(Array("M".utf8) + [0x83], .bytes(2))
    set(Array("Jjr".utf8) + [0x84], .bytes(4))
    set(Array("G".utf8) + [0x95], .bytes(8))
    set(Array("UC".utf8) + [0x8A, 0x8C], .counted(1))
    set(Array("TXB".utf8) + [0x8B], .counted(4))
    set([0x8D, 0x8E, 0x96], .counted(8))
    set(Array("FILPSVgp".utf8), .lines(1))
    set(Array("ci".utf8), .lines(2))
    return arguments
  }()

  private static let frame: UInt8 = 0x95

  /// Instructions up to the first that is none, and the bytes from there.
  private static func instructions(_ bytes: [UInt8]) -> ([Instruction], rest: ArraySlice<UInt8>) {
    var (at, instructions) = (0, [Instruction]())
    while at < bytes.count, let argument = arguments[bytes[at]] {
      let start: Int, end: Int
      switch argument {
      case .bytes(let count): (start, end) = (at + 1, at + 1 + count)
      case .counted(let width):
        guard let count = little(bytes, at + 1, width), count >= 0, count <= bytes.count else {
          return (instructions, bytes[at...])
        }
        (start, end) = (at + 1 + width, at + 1 + width + count)
      case .lines(let count):
        let breaks = bytes[at...].indices.lazy.filter { bytes[$0] == UInt8(ascii: "\n") }.prefix(count)
        guard let last = Array(breaks).last, breaks.count == count else {
          return (instructions, bytes[at...])
        }
        (start, end) = (at + 1, last + 1)
      }
      guard end <= bytes.count else { break }
      // What frames the instructions says how long they are, and may be left out.
      if bytes[at] != frame {
        instructions.append(Instruction(code: bytes[at], argument: Array(bytes[start..<end])))
      }
      at = end
    }
    return (instructions, bytes[at...])
  }

  mutating func pickle(_ bytes: [UInt8]) -> [UInt8]? {
    var (all, rest) = Self.instructions(bytes)
    guard !all.isEmpty else { return nil }
    let at = random.integer(below: all.count)
    let span = at..<min(all.count, at + 1 + random.integer(below: 8))
    switch random.integer(below: 8) {
    case 0: all.removeSubrange(span)
    case 1: all.insert(contentsOf: Array(all[span]), at: random.integer(below: all.count + 1))
    case 2: all.swapAt(at, random.integer(below: all.count))
    case 3: all[at] = all[random.integer(below: all.count)]
    case 4:
      let code = Self.plain[random.integer(below: Self.plain.count)]
      all.insert(Instruction(code: code, argument: []), at: at)
    default:
      // An argument: there may be few among all of them.
      let long = all.indices.filter { !all[$0].argument.isEmpty }
      guard !long.isEmpty else { return nil }
      let at = long[random.integer(below: long.count)]
      switch Self.arguments[all[at].code]! {
      case .bytes(let width):
        all[at].argument = Self.little(Self.integers[random.integer(below: Self.integers.count)], width)
      case .counted: all[at].argument = changed(all[at].argument, 2)
      case .lines(let count):
        all[at].argument = changed(all[at].argument, 3)
        let missing = count - all[at].argument.count { $0 == UInt8(ascii: "\n") }
        all[at].argument += [UInt8](repeating: UInt8(ascii: "\n"), count: max(0, missing))
      }
    }
    return all.reduce(into: []) { bytes, instruction in
      bytes.append(instruction.code)
      if case .counted(let width) = Self.arguments[instruction.code]! {
        bytes += Self.little(instruction.argument.count, width)
      }
      bytes += instruction.argument
    } + rest
  }
}
