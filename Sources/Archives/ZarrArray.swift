import Foundation
public import Tensors

/// An array on disk, cut into chunks of which each is there whole or not at all.
///
/// Our own chunks are little-endian, row-major and not packed, each in a file `c/0/0/…`; those of other programs are
/// also read packed by zstd or gzip, and with CRC-32C checksums, which are checked. Different workers may write
/// different chunks at the same time. After the core specification of Zarr 3 and its codecs.
public struct ZarrArray: Sendable {
  /// The types of numbers that an array can be made of; more are read.
  public enum Values: String, CaseIterable, Sendable {
    case float32, int32, uint8
    /// Zeros and ones.
    case bool

    var stored: ElementType {
      switch self {
      case .float32: .float32
      case .int32: .int32
      case .uint8: .uint8
      case .bool: .bool
      }
    }
  }

  /// The folder.
  public let path: String
  private let header: ZarrHeader

  /// The length of every dimension.
  public var shape: [Int] { header.shape }
  /// The lengths of a chunk; those at the far edges reach beyond the array.
  public var chunkShape: [Int] { header.chunkShape }
  /// The name of every dimension; empty for one without a name.
  public var dimensions: [String] { header.dimensions }
  /// How the numbers are stored.
  public var type: ElementType { header.type }
  /// The value of chunks that are not written: not a number, or zero for whole numbers.
  public var fill: Float { header.fill }
  /// Notes about the array.
  public var attributes: [String: JSONValue] { header.attributes }

  init(
    creating path: String, shape: [Int], chunks: [Int], dimensions: [String], type: Values,
    attributes: [String: JSONValue]
  ) throws(ArchiveError) {
    precondition(
      shape.count == chunks.count && shape.count == dimensions.count && shape.allSatisfy { $0 >= 0 }
        && chunks.allSatisfy { $0 > 0 },
      "no Zarr array has shape \(shape), chunks \(chunks) and dimensions \(dimensions)")
    guard try !isThere(path + "/zarr.json") else {
      throw ArchiveError(.cannotCreate, file: path, "a Zarr array is already there", systemError: EEXIST)
    }
    self.path = path
    header = ZarrHeader(
      shape: shape, chunkShape: chunks, dimensions: dimensions, type: type, attributes: attributes)
    let url = URL(filePath: path)
    try makeFolder([url.lastPathComponent], in: url.deletingLastPathComponent().path)
    try AtomicFile.write(header.json.text, to: path + "/zarr.json")
  }

  /// Opens an array.
  ///
  /// - Throws: `ArchiveError` when there is none at the path, its `zarr.json` is damaged, or it is of a type
  ///   or packing that is not read.
  public init(contentsOf path: String) throws(ArchiveError) {
    self.path = path
    header = try ZarrHeader(ZarrMetadata(of: "array", in: path))
  }

  /// The same array with another length of the first dimension, on disk too; chunks stay as they are.
  func lengthened(to length: Int) throws(ArchiveError) -> ZarrArray {
    var metadata = try ZarrMetadata(of: "array", in: path).json.object ?? [:]
    metadata["shape"] = .array(([length] + shape.dropFirst()).map(JSONValue.integer))
    try AtomicFile.write(JSONValue.object(metadata).text, to: path + "/zarr.json")
    return try ZarrArray(contentsOf: path)
  }

  /// The number of chunks along every dimension.
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

  /// The indices of a dimension that a chunk covers.
  public func indices(ofChunkAt place: [Int], along axis: Int) -> Range<Int> {
    let first = place[axis] * chunkShape[axis]
    return first..<min(first + chunkShape[axis], shape[axis])
  }

  /// Whether a chunk is written and of the right length, where packing leaves that to be known.
  ///
  /// One that cannot be looked at counts as not written: who fills the array writes it once more. Who reads it asks
  /// ``missingChunks()``.
  public func hasChunk(_ place: [Int]) -> Bool { (try? isWritten(place)) ?? false }

  /// The places of the chunks that are not written, or are of another length.
  ///
  /// - Throws: `ArchiveError` when one cannot be looked at.
  public func missingChunks() throws(ArchiveError) -> [[Int]] {
    var missing: [[Int]] = []
    for place in chunks {
      if try !isWritten(place) { missing.append(place) }
    }
    return missing
  }

  private func isWritten(_ place: [Int]) throws(ArchiveError) -> Bool {
    guard let size = try fileSize(file(ofChunkAt: place)), size > 0 else { return false }
    return header.codecs.storedByteCount(of: chunkByteCount).map { $0 == size } ?? true
  }

  /// Writes a chunk, whole or not at all, replacing what was there.
  ///
  /// `values` has the shape of the part of the array that the chunk covers.
  ///
  /// - Throws: `ArchiveError` when it cannot be written, a value does not fit the type of the array, or the array
  ///   is packed or of a type that is only read.
  public func write(chunk values: Tensor, at place: [Int]) throws(ArchiveError) {
    let covered = shape(ofChunkAt: place)
    precondition(values.shape == covered, "a chunk of shape \(values.shape) where \(covered) is covered")
    let file = file(ofChunkAt: place)
    guard let type = Values(rawValue: header.type.description), header.codecs.isPlain else {
      throw ArchiveError(.unsupported, file: path, "is compressed, or of a type that is only read here")
    }
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
    try makeFolder(file.dropFirst(path.count).split(separator: "/").dropLast(), in: path)
    if type == .float32 {
      try AtomicFile.write(to: file) { (output) throws(ArchiveError) in
        try whole.withElements { (elements) throws(ArchiveError) in
          try output.write(UnsafeRawBufferPointer(elements))
        }
      }
    } else {
      let bytes = try wholeNumbers(whole, type, for: file)
      try AtomicFile.write(to: file) { (output) throws(ArchiveError) in try output.write(bytes) }
    }
  }

  /// The part of the array that a chunk covers; nil if the chunk is not written.
  ///
  /// Numbers are widened or rounded to 32-bit floats: of 64-bit floats and of whole numbers beyond 24 bits the nearest
  /// is given.
  ///
  /// - Throws: `ArchiveError` when it is of the wrong length, does not unpack, fails its checksum, or cannot be read.
  public func read(chunk place: [Int]) throws(ArchiveError) -> Tensor? {
    let covered = shape(ofChunkAt: place)
    let file = file(ofChunkAt: place)
    let bytes: Bytes
    do throws(ArchiveError) { bytes = try Bytes(contentsOf: file) } catch {
      if error.systemError == ENOENT { return nil }
      throw error
    }
    let whole = try bytes.unchanged { () throws(ArchiveError) in
      let unpacked = try header.codecs.decode(bytes, to: chunkByteCount)
      return try StoredArray(shape: chunkShape, type: type, in: unpacked).tensor()
    }
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

  private var chunkByteCount: Int { chunkShape.reduce(header.type.size, *) }

  private func file(ofChunkAt place: [Int]) -> String {
    ([path, "c"] + place.map(String.init)).joined(separator: "/")
  }

  private func wholeNumbers(
    _ values: Tensor, _ type: Values, for file: String
  ) throws(ArchiveError) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(values.count * type.stored.size)
    let range: ClosedRange<Float> =
      switch type {
      case .bool: 0...1
      case .uint8: 0...255
      case .int32, .float32: -0x1p31...Float(0x1p31).nextDown
      }
    for value in values.elements {
      guard range.contains(value), value == value.rounded() else {
        throw ArchiveError(.unsupported, file: file, "\(value) cannot be stored as \(type)")
      }
      if type == .int32 {
        withUnsafeBytes(of: Int32(value).littleEndian) { bytes.append(contentsOf: $0) }
      } else {
        bytes.append(UInt8(value))
      }
    }
    return bytes
  }
}

/// The runs along the last dimension of a block at `start` in a larger array: where each begins in
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
