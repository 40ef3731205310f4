public import Foundation
public import Tensors

/// Writes checkpoints as PyTorch does, in either container, for tests of what reads them.
public enum TorchWriter {
  /// PyTorch 1.6 and later write a zip file of storages, 1.1 a stream of pickles and numbers.
  public enum Container: Sendable { case zip, legacy }

  /// Writes a dictionary with an ordered dictionary of float tensors under `key`, and an epoch beside it.
  public static func write(
    _ tensors: [(String, Tensor)], under key: String, as container: Container, to path: String
  ) throws {
    var pickle = Pickler()
    pickle.begin()
    pickle.text("epoch")
    pickle.integer(7)
    pickle.text(key)
    pickle.orderedDictionary {
      for (index, (name, tensor)) in tensors.enumerated() {
        $0.text(name)
        $0.tensor(tensor.shape, storage: "\(index)", isLegacy: container == .legacy)
      }
    }
    pickle.end()
    var file = Data()
    switch container {
    case .zip:
      var zip = StoredZip()
      zip.add("archive/data.pkl", pickle.bytes)
      for (index, entry) in tensors.enumerated() { zip.add("archive/data/\(index)", entry.1.data) }
      zip.add("archive/version", Data("3\n".utf8))
      file = zip.finished()
    case .legacy:
      file += [0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e]
      file += [0x80, 2, 0x4d, 0xe9, 0x03, 0x2e]
      var system = Pickler()
      system.begin()
      system.text("protocol_version")
      system.integer(1001)
      system.text("little_endian")
      system.bytes.append(0x88)
      system.end()
      file += system.bytes
      file += pickle.bytes
      var keys = Pickler()
      keys.bytes += [0x80, 2, 0x5d, 0x28]
      for index in tensors.indices { keys.text("\(index)") }
      keys.bytes += [0x65, 0x2e]
      file += keys.bytes
      for (_, tensor) in tensors {
        withUnsafeBytes(of: UInt64(tensor.count).littleEndian) { file.append(contentsOf: $0) }
        file += tensor.data
      }
    }
    try file.write(to: URL(filePath: path))
  }
}

/// The few instructions of pickle's protocol 2 that a checkpoint takes.
private struct Pickler {
  var bytes = Data()

  mutating func begin() { bytes += [0x80, 2, UInt8(ascii: "}"), UInt8(ascii: "(")] }
  mutating func end() { bytes += [UInt8(ascii: "u"), UInt8(ascii: ".")] }

  mutating func text(_ text: String) {
    bytes.append(UInt8(ascii: "X"))
    little(UInt32(text.utf8.count))
    bytes += Data(text.utf8)
  }

  mutating func integer(_ value: Int) {
    bytes.append(UInt8(ascii: "J"))
    little(UInt32(bitPattern: Int32(value)))
  }

  mutating func global(_ module: String, _ name: String) { bytes += Data("c\(module)\n\(name)\n".utf8) }

  mutating func orderedDictionary(_ fill: (inout Pickler) -> Void) {
    global("collections", "OrderedDict")
    bytes += Data(")R(".utf8)
    fill(&self)
    bytes.append(UInt8(ascii: "u"))
  }

  mutating func tuple(_ values: [Int]) {
    bytes.append(UInt8(ascii: "("))
    for value in values { integer(value) }
    bytes.append(UInt8(ascii: "t"))
  }

  mutating func tensor(_ shape: [Int], storage key: String, isLegacy: Bool) {
    global("torch._utils", "_rebuild_tensor_v2")
    bytes += Data("((".utf8)
    text("storage")
    global("torch", "FloatStorage")
    text(key)
    text("cuda:0")
    integer(shape.reduce(1, *))
    // The old container notes views of storages in a sixth place.
    bytes += Data((isLegacy ? "NtQ" : "tQ").utf8)
    integer(0)
    tuple(shape)
    var strides = [Int](repeating: 1, count: shape.count)
    for i in strides.indices.dropLast().reversed() { strides[i] = strides[i + 1] * shape[i + 1] }
    tuple(strides)
    bytes.append(0x89)
    global("collections", "OrderedDict")
    bytes += Data(")RtR".utf8)
  }

  private mutating func little(_ value: UInt32) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }
}

/// A zip file of entries that are not packed, sizes in the directory only, as PyTorch's writer leaves them.
public struct StoredZip {
  private var file = Data(), directory = Data()
  private var count: UInt16 = 0

  /// A file without entries.
  public init() {}

  /// Appends an entry.
  public mutating func add(_ name: String, _ contents: Data) {
    let start = UInt32(file.count)
    let check = Self.checksum(contents)
    let name = Data(name.utf8)
    // Local header with a data descriptor: checksum and sizes are zero here.
    for word in [0x0403_4b50, 0x0808_0000, 0, 0, 0, 0] as [UInt32] { Self.little(word, &file) }
    Self.little(UInt16(0), &file)
    Self.little(UInt16(name.count), &file)
    Self.little(UInt16(0), &file)
    file += name
    file += contents
    for word in [0x0807_4b50, check, UInt32(contents.count), UInt32(contents.count)] {
      Self.little(word, &file)
    }
    Self.little(UInt32(0x0201_4b50), &directory)
    for half in [0, 0, 0x0808, 0, 0, 0] as [UInt16] { Self.little(half, &directory) }
    for word in [check, UInt32(contents.count), UInt32(contents.count)] { Self.little(word, &directory) }
    for half in [UInt16(name.count), 0, 0, 0, 0] { Self.little(half, &directory) }
    Self.little(UInt32(0), &directory)
    Self.little(start, &directory)
    directory += name
    count += 1
  }

  /// The bytes of the file.
  public func finished() -> Data {
    var file = file
    let start = UInt32(file.count)
    file += directory
    Self.little(UInt32(0x0605_4b50), &file)
    for half in [0, 0, count, count] { Self.little(half, &file) }
    Self.little(UInt32(directory.count), &file)
    Self.little(start, &file)
    Self.little(UInt16(0), &file)
    return file
  }

  private static func little<T: FixedWidthInteger>(_ value: T, _ data: inout Data) {
    withUnsafeBytes(of: value.littleEndian) { data.append(contentsOf: $0) }
  }

  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { rest, _ in rest & 1 == 1 ? 0xEDB8_8320 ^ (rest >> 1) : rest >> 1 }
  }

  private static func checksum(_ data: Data) -> UInt32 {
    let table = table
    return ~data.withUnsafeBytes { bytes in
      bytes.reduce(~UInt32(0)) { table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ ($0 >> 8) }
    }
  }
}

extension Tensor {
  /// The numbers as they lie in memory.
  fileprivate var data: Data { withElements { Data(buffer: $0) } }
}
