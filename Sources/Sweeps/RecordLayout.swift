import Archives
import Tensors

/// How a record lies on disk: the names, dimensions and chunks of its arrays.
///
/// A chunk holds whole rows of places, and all arrays over places are cut alike.
enum RecordLayout {
  /// About how many places a chunk holds: what a kill may cost each worker, against a wait for the disk each time.
  private static let placesPerChunk = 64
  private static let fewestChunks = 4

  /// The names of the dimensions after row and column of the arrays over places.
  static let overPlaces: [(name: String, dimensions: [String])] = [
    ("joints", ["smpl_joint", "axis"]), ("error", ["joint"]), ("error_pa", ["joint"]),
    ("rotations", ["smpl_joint", "matrix_row", "matrix_column"]), ("betas", ["beta"]),
    ("camera", ["camera_number"]),
  ]

  /// The measurements in the order of ``overPlaces``.
  static func tensors(of measurements: Measurements) -> [Tensor] {
    [
      measurements.joints, measurements.error, measurements.alignedError, measurements.rotations,
      measurements.betas, measurements.camera,
    ]
  }

  /// Measurements of tensors in the order of ``overPlaces``.
  static func measurements(of tensors: [Tensor]) -> Measurements {
    Measurements(
      joints: tensors[0], error: tensors[1], alignedError: tensors[2], rotations: tensors[3],
      betas: tensors[4], camera: tensors[5])
  }

  /// How many rows of places a chunk holds: even shares, and enough chunks to keep a few workers busy.
  static func rowsPerChunk(_ places: Places) -> Int {
    let chunks = max(fewestChunks, (places.count + placesPerChunk - 1) / placesPerChunk)
    return (places.rows.count + chunks - 1) / chunks
  }

  /// The places of every chunk.
  static func chunks(_ places: Places) -> [Range<Int>] {
    let step = rowsPerChunk(places) * places.columns.count
    return stride(from: 0, to: places.count, by: step).map { $0..<min($0 + step, places.count) }
  }
}

extension ZarrArray {
  /// The place of the chunk that holds the rows of that number, in an array cut along its rows alone.
  package func place(ofRows chunk: Int) -> [Int] { [chunk] + shape.dropFirst().map { _ in 0 } }
}

extension ZarrGroup {
  /// Makes and writes an array of one chunk.
  func write(
    _ name: String, _ values: Tensor, _ dimensions: [String], type: ZarrArray.Values = .float32,
    attributes: [String: JSONValue] = [:]
  ) throws(ArchiveError) {
    let array = try createArray(
      name, shape: values.shape, chunks: values.shape, dimensions: dimensions, type: type,
      attributes: attributes)
    try array.write(chunk: values, at: values.shape.map { _ in 0 })
  }

  /// The whole of an array, if there is one and it is written.
  func written(_ name: String) throws(ArchiveError) -> Tensor? {
    let array: ZarrArray
    do { array = try self.array(name) } catch {
      if error.kind == .noInput { return nil }
      throw error
    }
    guard array.chunks.allSatisfy(array.hasChunk) else { return nil }
    return try array.readAll()
  }
}
