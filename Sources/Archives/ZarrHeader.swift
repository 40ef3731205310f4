/// What the `zarr.json` of an array contains.
struct ZarrHeader: Sendable {
  let shape: [Int]
  let chunkShape: [Int]
  let dimensions: [String]
  let type: ElementType
  let codecs: ZarrCodecs
  let fill: Float
  let attributes: [String: JSONValue]

  /// No array of this program comes near so many numbers.
  private static let largest = 1 << 28
  /// A list of their places alone has some hundred bytes for each.
  private static let maxChunks = 1 << 18

  /// The types that are read, all as 32-bit floats.
  private static let types: [ElementType] = [
    .float16, .float32, .float64, .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .bool,
  ]

  /// What a new array says, of chunks that are not packed.
  init(
    shape: [Int], chunkShape: [Int], dimensions: [String], type: ZarrArray.Values,
    attributes: [String: JSONValue]
  ) {
    self.shape = shape
    self.chunkShape = chunkShape
    self.dimensions = dimensions
    self.type = type.stored
    self.attributes = attributes
    codecs = ZarrCodecs()
    fill = type == .float32 ? .nan : 0
  }

  /// The text of the file of a new array.
  var json: JSONValue {
    let lengths = { (lengths: [Int]) in JSONValue.array(lengths.map(JSONValue.integer)) }
    let fill: JSONValue = type == .float32 ? "NaN" : type == .bool ? false : 0
    return [
      "zarr_format": 3, "node_type": "array", "shape": lengths(shape),
      "data_type": .string(type.description),
      "chunk_grid": ["name": "regular", "configuration": ["chunk_shape": lengths(chunkShape)]],
      "chunk_key_encoding": ["name": "default", "configuration": ["separator": "/"]], "fill_value": fill,
      "codecs": [["name": "bytes", "configuration": ["endian": "little"]]],
      "dimension_names": .array(dimensions.map(JSONValue.string)), "attributes": .object(attributes),
    ]
  }

  /// Reads the file of an array.
  ///
  /// - Throws: `ArchiveError` when it is damaged, or speaks of something that is not read.
  init(_ metadata: ZarrMetadata) throws(ArchiveError) {
    let json = metadata.json
    func unsupported(_ message: String) -> ArchiveError {
      ArchiveError(.unsupported, file: metadata.path, message)
    }
    shape = try Self.lengths(json["shape"], from: 0, "shape", metadata)
    guard json["chunk_grid"]?["name"]?.string == "regular" else {
      throw unsupported("only regular chunk grids are supported")
    }
    chunkShape = try Self.lengths(
      json["chunk_grid"]?["configuration"]?["chunk_shape"], from: 1, "chunk_shape", metadata)
    guard chunkShape.count == shape.count else {
      throw metadata.damage("its chunks have \(chunkShape.count) dimensions, the array \(shape.count)")
    }
    guard zip(shape, chunkShape).reduce(1, { $0 * (($1.0 + $1.1 - 1) / $1.1) }) <= Self.maxChunks else {
      throw metadata.damage("it has too many chunks for one folder")
    }
    let keys = json["chunk_key_encoding"]
    guard keys?["name"]?.string == "default", keys?["configuration"]?["separator"]?.string ?? "/" == "/"
    else { throw unsupported("only chunk names like c/0/0 are supported") }
    guard json["storage_transformers"]?.array ?? [] == [] else {
      throw unsupported("storage transformers are not supported")
    }
    let name = json["data_type"]?.string
    guard let type = Self.types.first(where: { $0.description == name }) else {
      throw unsupported("arrays of type \(json["data_type"]?.compactText ?? "none") are not supported")
    }
    self.type = type
    codecs = try ZarrCodecs(json["codecs"], of: type, metadata)
    guard let fill = Self.fill(json["fill_value"], of: type) else {
      throw metadata.damage("its fill_value is invalid")
    }
    self.fill = fill
    let names = json["dimension_names"]?.array?.map { $0.string ?? "" } ?? shape.map { _ in "" }
    guard names.count == shape.count else { throw metadata.damage("it names \(names.count) dimensions") }
    dimensions = names
    attributes = metadata.attributes
  }

  private static func lengths(
    _ value: JSONValue?, from min: Int, _ name: String, _ metadata: ZarrMetadata
  ) throws(ArchiveError) -> [Int] {
    guard let lengths = value?.array?.map(\.integer), lengths.count <= 32,
      lengths.allSatisfy({ $0 != nil && $0! >= min }),
      lengths.reduce(1.0, { $0 * Double(max(1, $1!)) }) <= Double(largest)
    else { throw metadata.damage("its \(name) is invalid") }
    return lengths.compactMap(\.self)
  }

  /// The number that a `fill_value` is: a number, a truth value, a name, or the bits of a float in hexadecimal.
  private static func fill(_ value: JSONValue?, of type: ElementType) -> Float? {
    switch value {
    case .string("NaN")?: return .nan
    case .string("Infinity")?: return .infinity
    case .string("-Infinity")?: return -.infinity
    case .bool(let value)?: return value ? 1 : 0
    case .string(let text)? where text.hasPrefix("0x"):
      guard let bits = UInt64(text.dropFirst(2), radix: 16) else { return nil }
      switch type {
      case .float16: return UInt16(exactly: bits).map { Float(Float16(bitPattern: $0)) }
      case .float32: return UInt32(exactly: bits).map { Float(bitPattern: $0) }
      case .float64: return Float(Double(bitPattern: bits))
      default: return nil
      }
    default: return value?.number.map { Float($0) }
    }
  }
}
