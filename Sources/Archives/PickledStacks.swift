/// Lists and arrays of Python objects as one array, in memory of its own.
extension PickledArrayReader {
  /// Numbers, texts or arrays of one shape, one below the other; nil if they are neither.
  ///
  /// - Throws: `ArchiveError` when their shapes differ, or they would take too much memory.
  mutating func stacked(_ items: [Pickle.Value], depth: Int) throws(ArchiveError) -> StoredArray? {
    guard let first = items.first else { return nil }
    switch first {
    case .bool, .integer, .float:
      if items.allSatisfy(\.isNumber) {
        try take(8 * items.count)
        origin = "a list of numbers"
        return try Self.numbers(items, shape: [items.count], self)
      }
    case .text, .bytes:
      let lengths = items.compactMap(\.textLength)
      guard lengths.count == items.count, let longest = lengths.max() else { return nil }
      // Latin 1 becomes up to twice as long.
      guard longest <= 4096, 2 * longest * items.count <= room else {
        throw file.error(.unsupported, "is a list of texts that are too long")
      }
      return try texts(items.map { pickle.text($0) })
    default: break
    }
    var parts: [StoredArray] = []
    parts.reserveCapacity(items.count)
    for item in items {
      guard let part = try array(item, depth: depth + 1) else { return nil }
      guard part.type.isText == (parts.first ?? part).type.isText else { return nil }
      if let first = parts.first, part.shape != first.shape {
        throw file.error(
          .unsupported, "is a list of arrays of different shapes, such as \(first.shape) and \(part.shape)")
      }
      parts.append(part)
    }
    origin = "a list of arrays"
    return try joined(parts)
  }

  /// Takes so many bytes of the room there is.
  mutating func take(_ count: Int) throws(ArchiveError) {
    guard count <= room else {
      throw file.error(.unsupported, "is too large: written out it takes \(count) bytes")
    }
    room -= count
  }

  static func numbers(
    _ values: [Pickle.Value], shape: [Int], _ reader: PickledArrayReader
  ) throws(ArchiveError) -> StoredArray {
    let isWhole = values.allSatisfy { reader.pickle.integer($0) != nil }
    let bytes = Bytes(unpackedFrom: reader.file, count: 8 * values.count) { output in
      for (index, value) in values.enumerated() {
        let bits: UInt64 =
          switch value {
          case .bool(let value): isWhole ? (value ? 1 : 0) : Double(value ? 1 : 0).bitPattern
          case .integer(let value): isWhole ? UInt64(bitPattern: Int64(value)) : Double(value).bitPattern
          case .float(let value): value.bitPattern
          default: 0
          }
        output.storeBytes(of: bits.littleEndian, toByteOffset: 8 * index, as: UInt64.self)
      }
    }
    return try StoredArray(shape: shape, type: isWhole ? .int64 : .float64, in: bytes)
  }

  /// Texts as elements that are as wide as the longest.
  private mutating func texts(_ texts: [String?]) throws(ArchiveError) -> StoredArray? {
    var width = 1
    for text in texts {
      guard let text else { return nil }
      width = max(width, text.utf8.count)
    }
    try take(width * texts.count)
    origin = "a list of texts"
    return try StoredArray(writing: texts.map { $0! }, width: width, for: file)
  }

  /// Arrays of one shape, one after the other.
  mutating func joined(_ parts: [StoredArray]) throws(ArchiveError) -> StoredArray? {
    guard let first = parts.first else { return nil }
    let shape = [parts.count] + first.shape
    if first.type.isText {
      var all: [String?] = []
      for part in parts {
        try take(8 * part.count)
        all += try part.strings()
      }
      return try texts(all)?.reshaped(shape)
    }
    if parts.allSatisfy({ $0.type == first.type && $0.strides == nil }) {
      let size = first.bytes.count
      try take(size.multipliedReportingOverflow(by: parts.count).partialValue)
      let bytes = Bytes(unpackedFrom: file, count: size * parts.count) { output in
        for (index, part) in parts.enumerated() {
          part.bytes.withBytes {
            UnsafeMutableRawBufferPointer(rebasing: output[(index * size)...]).copyMemory(from: $0)
          }
        }
      }
      return try StoredArray(shape: shape, type: first.type, in: bytes)
    }
    try take((8 * first.count).multipliedReportingOverflow(by: 2 * parts.count).partialValue)
    var values: [Double] = []
    var isWhole = true
    for part in parts {
      values += try part.doubles()
      isWhole = isWhole && part.type.isWhole
    }
    return try StoredArray(writing: values, shape: shape, isWhole: isWhole, for: file)
  }
}

extension Pickle.Value {
  fileprivate var isNumber: Bool {
    switch self {
    case .bool, .integer, .float: true
    default: false
    }
  }

  /// How many bytes a text is stored in; nil of anything else.
  fileprivate var textLength: Int? {
    switch self {
    case .text(let bytes), .bytes(let bytes): bytes.count
    default: nil
    }
  }
}
