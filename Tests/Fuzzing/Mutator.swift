import Archives
import CZlib
import Foundation
import Tensors
import TestSupport

/// libFuzzer asks here for its next input: three times in four something inside a container is changed, whose lengths and
/// checksums are made right again, since changes of the file's bytes alone end at those.
@_cdecl("LLVMFuzzerCustomMutator")
func changedInput(
  _ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ capacity: Int, _ seed: CUnsignedInt
) -> Int {
  var mutator = Mutator(seed: UInt64(seed))
  let input = [UInt8](UnsafeBufferPointer(start: bytes, count: count))
  guard !mutator.random.chance(0.25), let output = mutator.inside(input), !output.isEmpty,
    output.count <= capacity
  else { return changeBytes(bytes, count, capacity) }
  _ = UnsafeMutableBufferPointer(start: bytes, count: output.count).update(fromContentsOf: output)
  return output.count
}

/// libFuzzer's own changes of bytes.
@_silgen_name("LLVMFuzzerMutate")
private func changeBytes(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ capacity: Int) -> Int

/// Changes that know the containers.
struct Mutator {
  var random: SeededGenerator

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  /// The bytes with something in them changed; nil where they are no container that is known.
  mutating func inside(_ bytes: [UInt8], depth: Int = 0) -> [UInt8]? {
    guard depth < 3, bytes.count >= 2 else { return nil }
    if bytes.starts(with: "PK\u{3}\u{4}".utf8) { return zip(bytes, depth) }
    if bytes.starts(with: Self.png) { return png(bytes) }
    if bytes.starts(with: [0x1F, 0x8B]) { return gzip(bytes, depth) }
    if bytes.starts(with: Self.npy) { return npy(bytes) }
    if bytes[0] == 0x80, bytes[1] < 6 { return pickle(bytes) }
    if bytes[0] == 0x78, let unpacked = Self.inflated(bytes, window: 15) {
      return deflated(changed(unpacked, depth + 1))
    }
    if bytes.count > 9, bytes[8] == UInt8(ascii: "{") { return safetensors(bytes) }
    if let value = try? JSONValue(Data(bytes), from: "") {
      return Array(changed(value).compactText.utf8)
    }
    return nil
  }

  /// The bytes with a change, inside them or of themselves.
  mutating func changed(_ bytes: [UInt8], _ depth: Int) -> [UInt8] {
    if !random.chance(0.25), let inside = inside(bytes, depth: depth) { return inside }
    let capacity = bytes.count + 64
    return [UInt8](unsafeUninitializedCapacity: capacity) { memory, count in
      _ = memory.initialize(from: bytes)
      count = changeBytes(memory.baseAddress!, bytes.count, capacity)
    }
  }

  private mutating func element<Value>(_ values: [Value]) -> Value {
    values[random.integer(below: values.count)]
  }

  // MARK: zip

  private mutating func zip(_ bytes: [UInt8], _ depth: Int) -> [UInt8]? {
    guard var entries = Self.entries(bytes), !entries.isEmpty else { return nil }
    let at = random.integer(below: entries.count)
    switch random.integer(below: 10) {
    case 0: entries.remove(at: at)
    case 1: entries.append((entries[at].name + "_", entries[at].contents))
    case 2: entries[at].contents = element(entries).contents
    case 3: entries[at].name = String(decoding: changed(Array(entries[at].name.utf8), depth), as: UTF8.self)
    default: entries[at].contents = changed(entries[at].contents, depth + 1)
    }
    var zip = StoredZip()
    for (name, contents) in entries { zip.add(name, Data(contents)) }
    return Array(zip.finished())
  }

  /// The entries of a zip file; nil where its directory is not as it should be.
  static func entries(_ bytes: [UInt8]) -> [(name: String, contents: [UInt8])]? {
    guard
      let end = bytes.indices.dropLast(21).last(where: { bytes[$0...].starts(with: "PK\u{5}\u{6}".utf8) })
    else { return nil }
    var at = little(bytes, end + 16, 4) ?? 0
    var entries: [(name: String, contents: [UInt8])] = []
    for _ in 0..<(little(bytes, end + 10, 2) ?? 0) {
      guard let method = little(bytes, at + 10, 2), let packed = little(bytes, at + 20, 4),
        let name = little(bytes, at + 28, 2), let extra = little(bytes, at + 30, 2),
        let comment = little(bytes, at + 32, 2), let local = little(bytes, at + 42, 4),
        at + 46 + name <= bytes.count,
        let localName = little(bytes, local + 26, 2), let localExtra = little(bytes, local + 28, 2)
      else { return nil }
      let start = local + 30 + localName + localExtra
      guard start + packed <= bytes.count else { return nil }
      var contents = Array(bytes[start..<start + packed])
      if method == 8 {
        guard let unpacked = inflated(contents, window: -15) else { return nil }
        contents = unpacked
      }
      entries.append((String(decoding: bytes[at + 46..<at + 46 + name], as: UTF8.self), contents))
      at += 46 + name + extra + comment
    }
    return entries
  }

  // MARK: packed streams

  private mutating func gzip(_ bytes: [UInt8], _ depth: Int) -> [UInt8]? {
    guard let unpacked = Self.inflated(bytes, window: 31) else { return nil }
    let contents = changed(unpacked, depth + 1)
    // zlib's format has two bytes before and four after what gzip has ten before and eight after.
    let stream = deflated(contents).dropFirst(2).dropLast(4)
    return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255] + stream + Self.little(Int(Self.checksum(contents)), 4)
      + Self.little(contents.count, 4)
  }

  /// What a deflated stream of at most a megabyte holds.
  private static func inflated(_ packed: [UInt8], window: Int32) -> [UInt8]? {
    var stream = z_stream(), input = packed
    guard inflateInit2_(&stream, window, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      return nil
    }
    defer { inflateEnd(&stream) }
    var isWhole = false
    let output = input.withUnsafeMutableBufferPointer { input in
      [UInt8](unsafeUninitializedCapacity: 1 << 20) { output, count in
        (stream.next_in, stream.avail_in) = (input.baseAddress, UInt32(input.count))
        (stream.next_out, stream.avail_out) = (output.baseAddress, UInt32(output.count))
        isWhole = CZlib.inflate(&stream, Z_FINISH) == Z_STREAM_END
        count = Int(stream.total_out)
      }
    }
    return isWhole ? output : nil
  }

  // MARK: PNG

  private static let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
  private static let chunks = [
    "IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA", "cHRM", "sRGB", "iCCP", "eXIf", "sBIT", "bKGD", "pHYs",
    "tEXt", "zTXt", "iTXt", "tIME", "acTL", "hIST", "sPLT",
  ]

  private mutating func png(_ bytes: [UInt8]) -> [UInt8]? {
    var chunks: [(type: [UInt8], contents: [UInt8])] = []
    var at = 8
    while let length = Self.little(bytes, at, 4).map({ Int(UInt32($0).byteSwapped) }),
      at + 12 + length <= bytes.count
    {
      chunks.append((Array(bytes[at + 4..<at + 8]), Array(bytes[at + 8..<at + 8 + length])))
      at += 12 + length
    }
    guard !chunks.isEmpty else { return nil }
    let chosen = random.integer(below: chunks.count)
    switch random.integer(below: 8) {
    case 0: chunks.remove(at: chosen)
    case 1: chunks.insert(chunks[chosen], at: random.integer(below: chunks.count + 1))
    case 2: chunks[chosen].type = Array(element(Self.chunks).utf8)
    case 3: chunks.swapAt(chosen, random.integer(below: chunks.count))
    case 4: chunks.insert((Array(element(Self.chunks).utf8), chunks[chosen].contents), at: chosen)
    default:
      let contents = chunks[chosen].contents
      // Pixels, and what is packed after a name.
      let packed = contents.firstIndex(of: 0x78) ?? contents.count
      if packed < contents.count, let unpacked = Self.inflated(Array(contents[packed...]), window: 15) {
        chunks[chosen].contents = contents[..<packed] + deflated(changed(unpacked, 3))
      } else {
        chunks[chosen].contents = changed(contents, 3)
      }
    }
    return chunks.reduce(into: Self.png) { file, chunk in
      let body = chunk.type + chunk.contents
      file += Self.little(chunk.contents.count, 4).reversed() + body
      file += Self.little(Int(Self.checksum(body)), 4).reversed()
    }
  }

  // MARK: numpy and safetensors

  private static let npy: [UInt8] = Array([0x93] + "NUMPY".utf8)

  private mutating func npy(_ bytes: [UInt8]) -> [UInt8]? {
    guard bytes.count > 12, (1...3).contains(bytes[6]) else { return nil }
    let width = bytes[6] == 1 ? 2 : 4
    guard let length = Self.little(bytes, 8, width), 8 + width + length <= bytes.count else { return nil }
    var header = Array(bytes[(8 + width)..<(8 + width + length)])
    var data = Array(bytes[(8 + width + length)...])
    switch random.integer(below: 4) {
    case 0: data = changed(data, 3)
    case 1: header = changed(header, 3)
    case 2:
      let text = String(decoding: header, as: UTF8.self)
      let (old, new) = (element(Self.headerWords), element(Self.headerWords))
      header = Array(text.replacing(old, with: new).utf8)
    default:
      // A number of the shape or type.
      let digits = header.indices.filter { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(header[$0]) }
      guard !digits.isEmpty else { return nil }
      let at = element(digits)
      header.replaceSubrange(at...at, with: "\(element(Self.integers))".utf8)
    }
    return bytes[..<8] + Self.little(header.count, width) + header + data
  }

  private static let headerWords = [
    "<f4", "<f8", "<f2", "<i4", "<i8", "<i2", "|u1", "|b1", "|i1", ">f4", ">i8", "<U8", "|S5", "|O", "True",
    "False", "()", "(0,)", "(3, 4)", "(2,)", "fortran_order", "descr", "shape",
  ]

  private mutating func safetensors(_ bytes: [UInt8]) -> [UInt8]? {
    guard let length = Self.little(bytes, 0, 8), length >= 0, length <= bytes.count - 8,
      let header = try? JSONValue(Data(bytes[8..<8 + length]), from: "")
    else { return nil }
    let text = Array(changed(header).compactText.utf8)
    return Self.little(text.count, 8) + text + bytes[(8 + length)...]
  }

  // MARK: numbers

  static let integers = [
    0, 1, -1, 2, 3, 4, 24, 36, 127, 128, 255, 256, 65_536, 2_147_483_647, 2_147_483_648, 4_294_967_296,
    -2_147_483_649, .max, .min,
  ]

  static func little(_ bytes: [UInt8], _ start: Int, _ width: Int) -> Int? {
    guard start >= 0, start <= bytes.count - width else { return nil }
    return bytes[start..<start + width].reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  static func little(_ value: Int, _ width: Int) -> [UInt8] {
    (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  private static func checksum(_ bytes: [UInt8]) -> UInt {
    bytes.withUnsafeBufferPointer { crc32_z(0, $0.baseAddress, $0.count) }
  }

  // MARK: JSON

  /// A value with one of those in it changed.
  private mutating func changed(_ root: JSONValue) -> JSONValue {
    var left = random.integer(below: Self.count(root))
    return replaced(root, &left, root)
  }

  private static func count(_ value: JSONValue) -> Int {
    switch value {
    case .array(let items): items.reduce(1) { $0 + count($1) }
    case .object(let members): members.values.reduce(1) { $0 + count($1) }
    default: 1
    }
  }

  /// The value with its part number `left` changed.
  private mutating func replaced(_ value: JSONValue, _ left: inout Int, _ root: JSONValue) -> JSONValue {
    left -= 1
    if left == -1 { return other(value, root) }
    guard left >= 0 else { return value }
    switch value {
    case .array(var items):
      for i in items.indices where left >= 0 { items[i] = replaced(items[i], &left, root) }
      return .array(items)
    case .object(var members):
      for key in members.keys.sorted() where left >= 0 {
        members[key] = replaced(members[key]!, &left, root)
      }
      return .object(members)
    default: return value
    }
  }

  private mutating func other(_ value: JSONValue, _ root: JSONValue) -> JSONValue {
    if !random.chance(0.3) {
      switch value {
      case .string(let text):
        return .string(String(decoding: changed(Array(text.utf8), 1), as: UTF8.self))
      case .array(var items) where !items.isEmpty:
        let at = random.integer(below: items.count)
        switch random.integer(below: 3) {
        case 0: items.remove(at: at)
        case 1: items.append(items[at])
        default: items.swapAt(at, random.integer(below: items.count))
        }
        return .array(items)
      case .object(var members) where !members.isEmpty:
        let keys = members.keys.sorted()
        let key = element(keys)
        switch random.integer(below: 3) {
        case 0: members[key] = nil
        case 1: members[key] = members[element(keys)]
        default: members[element(keys) + (random.chance(0.5) ? "_" : "")] = part(of: root)
        }
        return .object(members)
      default: break
      }
    }
    switch random.integer(below: 9) {
    case 0: return .null
    case 1: return .bool(random.chance(0.5))
    case 2, 3: return .integer(element(Self.integers))
    case 4:
      return .number(
        element([0.5, -0.0, .leastNonzeroMagnitude, 1e18, -1e300, 1.7e308, .nan, .infinity, 3.4e39]))
    case 5: return .string(element(["", "../x", "a\u{1B}[2J", "NaN", "\u{0}", "é", "1e999"]))
    case 6: return .array([])
    case 7: return .array([value, value])
    default: return part(of: root)
    }
  }

  /// Any of the values in another.
  private mutating func part(of value: JSONValue) -> JSONValue {
    guard random.chance(0.7) else { return value }
    switch value {
    case .array(let items) where !items.isEmpty: return part(of: element(items))
    case .object(let members) where !members.isEmpty:
      return part(of: members[element(members.keys.sorted())]!)
    default: return value
    }
  }
}
