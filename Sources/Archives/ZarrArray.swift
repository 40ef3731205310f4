import Foundation
public import Tensors

/// An array on the disk, in chunks that are there whole or not at all.
///
/// Chunks are little-endian, row-major and not packed, each in a file `c/0/0/…`. Different workers may write
/// different chunks at the same time.
public struct ZarrArray: Sendable {
  /// The types of numbers that an array can hold.
  public enum Values: String, CaseIterable, Sendable {
    case float32, int32, uint8

    var size: Int { self == .uint8 ? 1 : 4 }
    var stored: ElementType {
      switch self {
      case .float32: .float32
      case .int32: .int32
      case .uint8: .uint8
      }
    }
  }

  /// The folder.
  public let path: String
  /// The length of every dimension.
  public let shape: [Int]
  /// The lengths of a chunk; those at the far edges reach beyond the array.
  public let chunkShape: [Int]
  /// The name of every dimension; empty for one without a name.
  public let dimensions: [String]
  /// How the numbers are stored.
  public let type: Values
  /// What stands for chunks that are not written: not a number, or zero for whole numbers.
  public let fill: Float
  /// Notes about the array.
  public let attributes: [String: JSONValue]

  /// No array of this program comes near.
  private static let largest = 1 << 28

  init(
    creating path: String, shape: [Int], chunks: [Int], dimensions: [String], type: Values,
    attributes: [String: JSONValue]
  ) throws(ArchiveError) {
    precondition(
      shape.count == chunks.count && shape.count == dimensions.count && shape.allSatisfy { $0 >= 0 }
        && chunks.allSatisfy { $0 > 0 },
      "no Zarr array has shape \(shape), chunks \(chunks) and dimensions \(dimensions)")
    self.path = path
    self.shape = shape
    self.chunkShape = chunks
    self.dimensions = dimensions
    self.type = type
    self.attributes = attributes
    fill = type == .float32 ? .nan : 0
    guard !FileManager.default.fileExists(atPath: path + "/zarr.json") else {
      throw ArchiveError(.cannotCreate, file: path, "there is a Zarr array already", systemError: EEXIST)
    }
    let lengths = { (lengths: [Int]) in JSONValue.array(lengths.map(JSONValue.integer)) }
    let metadata: JSONValue = [
      "zarr_format": 3, "node_type": "array", "shape": lengths(shape), "data_type": .string(type.rawValue),
      "chunk_grid": ["name": "regular", "configuration": ["chunk_shape": lengths(chunks)]],
      "chunk_key_encoding": ["name": "default", "configuration": ["separator": "/"]],
      "fill_value": type == .float32 ? "NaN" : 0,
      "codecs": [["name": "bytes", "configuration": ["endian": "little"]]],
      "dimension_names": .array(dimensions.map(JSONValue.string)), "attributes": .object(attributes),
    ]
    try makeFolder(path)
    try AtomicFile.write(metadata.text, to: path + "/zarr.json")
  }

  /// Opens an array.
  ///
  /// - Throws: `ArchiveError` when there is none at the path, its `zarr.json` is damaged, or it is of a type
  ///   or packing that is not read.
  public init(contentsOf path: String) throws(ArchiveError) {
    let metadata = try ZarrMetadata(of: "array", in: path)
    self.path = path
    func lengths(_ value: JSONValue?, from least: Int, _ name: String) throws(ArchiveError) -> [Int] {
      guard let lengths = value?.array?.map(\.integer), lengths.count <= 32,
        lengths.allSatisfy({ $0 != nil && $0! >= least }),
        lengths.reduce(1.0, { $0 * Double(max(1, $1!)) }) <= Double(Self.largest)
      else { throw metadata.damage("its \(name) makes no sense") }
      return lengths.compactMap(\.self)
    }
    let json = metadata.json
    shape = try lengths(json["shape"], from: 0, "shape")
    guard json["chunk_grid"]?["name"]?.string == "regular" else {
      throw ArchiveError(.unsupported, file: metadata.path, "only regular grids of chunks are read")
    }
    chunkShape = try lengths(json["chunk_grid"]?["configuration"]?["chunk_shape"], from: 1, "chunk_shape")
    guard chunkShape.count == shape.count else {
      throw metadata.damage("its chunks have \(chunkShape.count) dimensions, itself \(shape.count)")
    }
    guard zip(shape, chunkShape).reduce(1, { $0 * (($1.0 + $1.1 - 1) / $1.1) }) <= 1 << 24 else {
      throw metadata.damage("it has more chunks than a folder should hold")
    }
    let keys = json["chunk_key_encoding"]
    guard keys?["name"]?.string == "default", keys?["configuration"]?["separator"]?.string ?? "/" == "/"
    else {
      throw ArchiveError(.unsupported, file: metadata.path, "only chunk names like c/0/0 are read")
    }
    guard let name = json["data_type"]?.string, let type = Values(rawValue: name) else {
      let name = json["data_type"]?.compactText ?? "none"
      throw ArchiveError(.unsupported, file: metadata.path, "arrays of type \(name) are not read")
    }
    self.type = type
    let codecs = (json["codecs"]?.array ?? []).map { $0["name"]?.string ?? $0.string ?? "?" }
    guard codecs == ["bytes"], json["codecs"]?.array?[0]["configuration"]?["endian"]?.string != "big" else {
      throw ArchiveError(
        .unsupported, file: metadata.path,
        "packed by \(codecs.joined(separator: ", ")); only plain little-endian chunks are read")
    }
    switch json["fill_value"] {
    case .string("NaN")?: fill = .nan
    case .string("Infinity")?: fill = .infinity
    case .string("-Infinity")?: fill = -.infinity
    case let value?:
      guard let number = value.number else { fallthrough }
      fill = Float(number)
    default: throw metadata.damage("its fill_value makes no sense")
    }
    let names = json["dimension_names"]?.array?.map { $0.string ?? "" } ?? shape.map { _ in "" }
    guard names.count == shape.count else { throw metadata.damage("it names \(names.count) dimensions") }
    dimensions = names
    attributes = metadata.attributes
  }

  /// How many chunks lie along every dimension.
  public var grid: [Int] { zip(shape, chunkShape).map { ($0 + $1 - 1) / $1 } }

  /// The places of all chunks in the grid, in row-major order.
  public var chunks: [[Int]] {
    grid.reduce([[]]) { places, count in places.flatMap { place in (0..<count).map { place + [$0] } } }
  }

  /// The shape of the part of the array that a chunk covers: smaller than `chunkShape` at the far edges.
  public func shape(ofChunkAt place: [Int]) -> [Int] {
    precondition(
      place.count == shape.count && zip(place, grid).allSatisfy { $0 >= 0 && $0 < $1 },
      "there is no chunk \(place) in a grid of \(grid)")
    return place.indices.map { min(chunkShape[$0], shape[$0] - place[$0] * chunkShape[$0]) }
  }

  /// Whether a chunk is written and of the right length.
  public func hasChunk(_ place: [Int]) -> Bool {
    var status = stat()
    return stat(file(ofChunkAt: place), &status) == 0 && Int(status.st_size) == chunkByteCount
  }

  /// Writes a chunk, whole or not at all, replacing what was there.
  ///
  /// `values` has the shape of the part of the array that the chunk covers.
  ///
  /// - Throws: `ArchiveError` when it cannot be written, or a value does not fit the type of the array.
  public func write(chunk values: Tensor, at place: [Int]) throws(ArchiveError) {
    let covered = shape(ofChunkAt: place)
    precondition(values.shape == covered, "a chunk of shape \(values.shape) where \(covered) is covered")
    let file = file(ofChunkAt: place)
    let whole: Tensor
    if covered == chunkShape {
      whole = values
    } else {
      var padded = Tensor(chunkShape, repeating: fill)
      padded.withMutableElements { padded in
        values.withElements { values in
          forEachRun(of: covered, in: chunkShape, at: covered.map { _ in 0 }) { from, to, length in
            for i in 0..<length { padded[to + i] = values[from + i] }
          }
        }
      }
      whole = padded
    }
    try makeFolder(URL(filePath: file).deletingLastPathComponent().path)
    if type == .float32 {
      try AtomicFile.write(to: file) { (output) throws(ArchiveError) in
        try whole.withElements { (elements) throws(ArchiveError) in
          try output.write(UnsafeRawBufferPointer(elements))
        }
      }
    } else {
      let bytes = try wholeNumbers(whole, for: file)
      try AtomicFile.write(to: file) { (output) throws(ArchiveError) in try output.write(bytes) }
    }
  }

  /// The part of the array that a chunk covers; nil if the chunk is not written.
  ///
  /// - Throws: `ArchiveError` when it is of the wrong length, or cannot be read.
  public func read(chunk place: [Int]) throws(ArchiveError) -> Tensor? {
    let covered = shape(ofChunkAt: place)
    let file = file(ofChunkAt: place)
    let bytes: Bytes
    do throws(ArchiveError) { bytes = try Bytes(contentsOf: file) } catch {
      if error.systemError == ENOENT { return nil }
      throw error
    }
    guard bytes.count == chunkByteCount else {
      throw bytes.damage(
        "a chunk of \(bytes.count) bytes, where \(chunkByteCount) belong; delete it to have it made again")
    }
    let whole = try StoredArray(shape: chunkShape, type: type.stored, in: bytes).tensor()
    if covered == chunkShape { return whole }
    var part = Tensor(covered)
    part.withMutableElements { part in
      whole.withElements { whole in
        forEachRun(of: covered, in: chunkShape, at: covered.map { _ in 0 }) { to, from, length in
          for i in 0..<length { part[to + i] = whole[from + i] }
        }
      }
    }
    return part
  }

  /// The whole array; chunks that are not written are filled with `fill`.
  ///
  /// - Throws: `ArchiveError` when a chunk is damaged or cannot be read.
  public func readAll() throws(ArchiveError) -> Tensor {
    var result = Tensor(shape, repeating: fill)
    for place in chunks {
      guard let part = try read(chunk: place) else { continue }
      let covered = part.shape
      let start = zip(place, chunkShape).map { $0 * $1 }
      result.withMutableElements { result in
        part.withElements { part in
          forEachRun(of: covered, in: shape, at: start) { from, to, length in
            for i in 0..<length { result[to + i] = part[from + i] }
          }
        }
      }
    }
    return result
  }

  private var chunkByteCount: Int { chunkShape.reduce(type.size, *) }

  private func file(ofChunkAt place: [Int]) -> String {
    ([path, "c"] + place.map(String.init)).joined(separator: "/")
  }

  private func wholeNumbers(_ values: Tensor, for file: String) throws(ArchiveError) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(values.count * type.size)
    for value in values.elements {
      let range: ClosedRange<Float> = type == .uint8 ? 0...255 : -0x1p31...Float(0x1p31).nextDown
      guard range.contains(value), value == value.rounded() else {
        throw ArchiveError(.unsupported, file: file, "\(value) cannot be stored as \(type)")
      }
      if type == .uint8 {
        bytes.append(UInt8(value))
      } else {
        withUnsafeBytes(of: Int32(value).littleEndian) { bytes.append(contentsOf: $0) }
      }
    }
    return bytes
  }
}

/// The runs along the last dimension of a block that lies at `start` in a larger array: where each begins in
/// the block, where in the array, and how long it is.
private func forEachRun(of block: [Int], in shape: [Int], at start: [Int], _ body: (Int, Int, Int) -> Void) {
  let length = block.last ?? 1
  let rows = block.dropLast().reduce(1, *)
  for row in 0..<rows {
    var (rest, place, stride) = (row, start.last ?? 0, shape.last ?? 1)
    for axis in block.indices.dropLast().reversed() {
      place += (rest % block[axis] + start[axis]) * stride
      rest /= block[axis]
      stride *= shape[axis]
    }
    body(row * length, place, length)
  }
}
