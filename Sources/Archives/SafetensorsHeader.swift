/// The header of a safetensors file: a length, JSON, and arrays that fill the rest without gap or overlap.
struct SafetensorsHeader: ArrayFile {
  let names: [String]
  let arrays: [String: StoredArray]
  let metadata: [String: String]

  func array(_ name: String) throws(ArchiveError) -> StoredArray { arrays[name]! }

  private static let longest = 100_000_000

  /// Whether a file begins with a plausible length and the brace of the JSON.
  static func looksLike(_ file: Bytes) -> Bool {
    guard let length = try? file.integer(UInt64.self, at: 0), length >= 2, length <= longest,
      let brace = try? file.integer(UInt8.self, at: 8)
    else { return false }
    return brace == UInt8(ascii: "{")
  }

  init(_ file: Bytes) throws(ArchiveError) {
    let length = try file.size(UInt64.self, at: 0)
    guard length <= Self.longest else { throw file.damage("a header of \(length) bytes", at: 0) }
    let header = try file.slice(8, count: length)
    try self.init(
      header, Entries(header), data: file.slice(8 + length, count: file.count - 8 - length))
  }

  /// The JSON of a header.
  struct Entries {
    let metadata: [String: String]
    fileprivate let arrays: [String: JSONValue]

    init(_ header: Bytes) throws(ArchiveError) {
      let json: JSONValue
      do throws(JSONText.Mistake) {
        json = try header.withBytes { (bytes) throws(JSONText.Mistake) in try JSONText.read(bytes) }
      } catch { throw header.damage(error.message, at: error.byte) }
      guard var entries = json.object else { throw header.damage("the header is not a JSON object", at: 0) }
      var metadata: [String: String] = [:]
      if let notes = entries.removeValue(forKey: "__metadata__") {
        guard let notes = notes.object, notes.values.allSatisfy({ $0.string != nil }) else {
          throw header.damage("the metadata are not strings", at: 0)
        }
        metadata = notes.compactMapValues(\.string)
      }
      (self.metadata, arrays) = (metadata, entries)
    }

    /// Where the last array ends, the numbers' first byte being 0; what makes no sense is found when arrays are read.
    var end: Int {
      arrays.values.reduce(0) { max($0, $1["data_offsets"]?.array?.last?.integer ?? 0) }
    }
  }

  /// The arrays that the entries of a header describe.
  init(_ header: Bytes, _ entries: Entries, data: Bytes) throws(ArchiveError) {
    metadata = entries.metadata
    var places: [(name: String, range: Range<Int>)] = []
    var arrays: [String: StoredArray] = [:]
    for (name, entry) in entries.arrays {
      var here = header
      here.entry = name
      guard let type = entry["dtype"]?.string, let shape = entry["shape"]?.array?.map(\.integer),
        let offsets = entry["data_offsets"]?.array?.compactMap(\.integer), offsets.count == 2,
        !shape.contains(nil)
      else { throw here.damage("lacks its type, shape or offsets", at: 0) }
      guard offsets[0] >= 0, offsets[0] <= offsets[1], offsets[1] <= data.count else {
        throw here.damage(
          "is outside the file: bytes \(offsets[0]) to \(offsets[1]) of \(data.count)", at: 0)
      }
      var bytes = try data.slice(offsets[0], count: offsets[1] - offsets[0])
      bytes.entry = name
      let array = try StoredArray(shape: shape.compactMap(\.self), type: Self.type(type, here), in: bytes)
      guard array.bytes.count == bytes.count else {
        throw bytes.damage("has \(bytes.count) bytes, but its shape needs \(array.bytes.count)", at: 0)
      }
      arrays[name] = array
      places.append((name, offsets[0]..<offsets[1]))
    }
    places.sort {
      ($0.range.lowerBound, $0.range.upperBound, $0.name) < (
        $1.range.lowerBound, $1.range.upperBound, $1.name
      )
    }
    var end = 0
    for (name, range) in places {
      guard range.lowerBound == end else {
        let what = range.lowerBound < end ? "overlaps the array before it" : "leaves a gap before it"
        var here = data
        here.entry = name
        throw here.damage(what, at: end)
      }
      end = range.upperBound
    }
    guard end == data.count else {
      throw data.damage("\(data.count - end) bytes at the end belong to no array", at: end)
    }
    names = places.map(\.name)
    self.arrays = arrays
  }

  /// The bytes before the numbers of arrays that follow one another: a length, and JSON.
  ///
  /// Names must differ from one another.
  static func bytes(
    _ arrays: [(name: String, type: String, shape: [Int], byteCount: Int)], metadata: [String: String]
  ) -> [UInt8] {
    var header: [String: JSONValue] = [:]
    if !metadata.isEmpty { header["__metadata__"] = .object(metadata.mapValues(JSONValue.string)) }
    var end = 0
    for (name, type, shape, byteCount) in arrays {
      precondition(header[name] == nil && name != "__metadata__", "two arrays have the name '\(name)'")
      let begin = end
      end += byteCount
      header[name] = [
        "dtype": .string(type), "shape": .array(shape.map(JSONValue.integer)),
        "data_offsets": [.integer(begin), .integer(end)],
      ]
    }
    var text = Array(JSONValue.object(header).compactText.utf8)
    // Readers map the file: the numbers begin at a multiple of 8.
    text += Array(repeating: UInt8(ascii: " "), count: (8 - text.count % 8) % 8)
    return withUnsafeBytes(of: UInt64(text.count).littleEndian, Array.init) + text
  }

  private static func type(_ name: String, _ header: Bytes) throws(ArchiveError) -> ElementType {
    switch name {
    case "F16": .float16
    case "BF16": .bfloat16
    case "F32": .float32
    case "F64": .float64
    case "I8": .int8
    case "I16": .int16
    case "I32": .int32
    case "I64": .int64
    case "U8": .uint8
    case "U16": .uint16
    case "U32": .uint32
    case "U64": .uint64
    case "BOOL": .bool
    default: throw header.error(.unsupported, "arrays of type '\(name)' are not supported")
    }
  }
}
