public import Tensors

/// Texts and named arrays that travel between processes, as one safetensors blob.
///
/// The blob says where it ends, so that messages follow one another in a pipe without anything between them.
public struct ArrayMessage: Sendable {
  /// The largest header that is read, bytes.
  public static let mostHeaderBytes = 1 << 20
  /// The most numbers that are read or written, bytes.
  public static let mostBytes = 1 << 30

  /// The texts, `__metadata__` of the header.
  public let texts: [String: String]
  private let header: SafetensorsHeader

  /// The next message of a stream; nil at its end.
  ///
  /// - Parameters:
  ///   - source: who sends it, for errors.
  ///   - read: fills the memory it is given; false when the stream ends before its first byte.
  /// - Throws: `ArchiveError` of the kind `damaged` when the bytes are no message, `io` when it ends early, `unsupported`
  ///   when it is too large or has arrays of a type that is not read; what `read` throws.
  public static func next(
    from source: String, read: (UnsafeMutableRawBufferPointer) throws(ArchiveError) -> Bool
  ) throws(ArchiveError) -> ArrayMessage? {
    var isEnd = false
    let start = try Bytes(from: source, count: 8) { (memory) throws(ArchiveError) in
      isEnd = try !read(memory)
      if isEnd { memory.initializeMemory(as: UInt8.self, repeating: 0) }
    }
    guard !isEnd else { return nil }
    let length = try start.integer(UInt64.self, at: 0)
    guard length >= 2, length <= mostHeaderBytes else {
      throw start.damage("begins a message with '\(start.printable)', which is no length of a header")
    }
    func bytes(_ count: Int) throws(ArchiveError) -> Bytes {
      try Bytes(from: source, count: count) { (memory) throws(ArchiveError) in
        if count > 0, try !read(memory) { throw start.error(.io, "ends in the middle of a message") }
      }
    }
    let header = try bytes(Int(length))
    let entries = try SafetensorsHeader.Entries(header)
    guard entries.end >= 0, entries.end <= mostBytes else {
      throw header.error(.unsupported, "sends \(entries.end) bytes of numbers at once; \(mostBytes) are read")
    }
    return ArrayMessage(try SafetensorsHeader(header, entries, data: bytes(entries.end)))
  }

  private init(_ header: SafetensorsHeader) { (self.header, texts) = (header, header.metadata) }

  /// The names of the arrays.
  public var names: [String] { header.names }

  /// Whether there is an array of this name.
  public func has(_ name: String) -> Bool { header.arrays[name] != nil }

  /// An array of numbers as 32-bit floats; nil if there is none of the name.
  ///
  /// - Throws: `ArchiveError` when it cannot be converted.
  public func tensor(_ name: String) throws(ArchiveError) -> Tensor? {
    guard let array = header.arrays[name] else { return nil }
    return try array.tensor()
  }

  /// An array of numbers with all their digits; nil if there is none of the name.
  ///
  /// - Throws: `ArchiveError` when it cannot be converted.
  public func doubles(_ name: String) throws(ArchiveError) -> [Double]? {
    guard let array = header.arrays[name] else { return nil }
    return try array.doubles()
  }

  /// The bytes of an array of unsigned 8-bit numbers and its shape; nil if there is none of the name and type.
  public func bytes(_ name: String) -> (bytes: [UInt8], shape: [Int])? {
    guard let array = header.arrays[name], array.type == .uint8 else { return nil }
    return (array.bytes.withBytes { Array($0) }, array.shape)
  }

  /// A message as bytes: first a header, then the arrays, in pieces that follow one another.
  ///
  /// Names must differ from one another; the arrays are in the given order, of which none holds texts.
  ///
  /// - Throws: `ArchiveError` when a piece cannot be written, or there are too many numbers.
  public static func write(
    texts: [String: String], _ arrays: [(name: String, values: Npz.Values)], to receiver: String,
    by write: (UnsafeRawBufferPointer) throws(ArchiveError) -> Void
  ) throws(ArchiveError) {
    let end = arrays.reduce(0) { $0 + $1.values.byteCount }
    guard end <= mostBytes else {
      throw ArchiveError(
        .unsupported, file: receiver, "cannot be sent \(end) bytes of numbers at once, more than \(mostBytes)"
      )
    }
    let start = SafetensorsHeader.bytes(
      arrays.map { ($0.name, $0.values.safetensorsType, $0.values.shape, $0.values.byteCount) },
      metadata: texts)
    try Npz.Values.bytes(start, shape: [start.count]).withBytes(write)
    for (_, values) in arrays {
      try values.withBytes { (bytes) throws(ArchiveError) in if !bytes.isEmpty { try write(bytes) } }
    }
  }
}

extension Npz.Values {
  /// The name of the numbers' type in safetensors.
  fileprivate var safetensorsType: String {
    switch self {
    case .floats: "F32"
    case .integers: "I32"
    case .bytes: "U8"
    case .strings: preconditionFailure("safetensors have no texts")
    }
  }
}

extension Bytes {
  /// The bytes as text for people, other characters as dots.
  fileprivate var printable: String {
    withBytes {
      String(decoding: $0.map { (0x20..<0x7F).contains($0) ? $0 : UInt8(ascii: ".") }, as: UTF8.self)
    }
  }
}
