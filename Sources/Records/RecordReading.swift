public import Archives
public import Bodies
public import Models
import Foundation
import Tensors

extension SweepRecord {
  /// Reads a record of any format; positions without results yet hold what is not a number.
  ///
  /// - Parameter wanted: the arrays over positions that are read, errors among them; all unless given.
  /// - Throws: `ArchiveError` when there is none at the path, or a part of it is missing or damaged.
  public init(contentsOf path: String, reading wanted: [PositionArray] = PositionArray.all)
    throws(ArchiveError)
  {
    let group = try ZarrGroup(contentsOf: path)
    let header = try RecordHeader(of: group)
    let reader = RecordReader(group: group, header: header)
    let (results, missing) = try reader.results(of: wanted)
    let clean = try reader.clean()
    self.init(
      settings: header.settings, notes: header.notes, positions: header.positions,
      skeleton: results.joints == nil ? nil : header.predicted, measured: header.measured, results: results,
      clean: clean, context: try reader.context(),
      worstAttention: try reader.maps(RecordSchema.worstAttention),
      worstSurface: try reader.maps(RecordSchema.worstSurface),
      missingPositions: missing, computed: try reader.computed())
  }

  /// The names and shapes of the arrays of numbers of a record.
  ///
  /// - Throws: `ArchiveError` when there is no record, or an array is damaged or cannot be read.
  public static func arrays(in path: String) throws(ArchiveError) -> [(name: String, shape: [Int])] {
    let group = try ZarrGroup(contentsOf: path)
    var arrays: [(name: String, shape: [Int])] = []
    for name in try folderNames(path) where !name.hasPrefix(".") {
      guard try group.hasArray(name) else { continue }
      do throws(ArchiveError) { arrays.append((name, try group.array(name).shape)) } catch {
        // Names of joints are no numbers.
        guard error.kind == .unsupported else { throw error }
      }
    }
    return arrays
  }
}

/// What the attributes of a record contain: settings, notes, and what follows from them.
public struct RecordHeader: Sendable {
  /// What was swept, and how.
  public var settings: RecordSettings
  /// What is known besides.
  public var notes: RecordNotes
  /// The positions of the occluder.
  public let positions: PositionGrid
  /// The skeletons of the predicted joints and of the errors.
  public let predicted: Skeleton?, measured: Skeleton

  /// A header of settings and notes that belong together.
  public init(
    settings: RecordSettings, notes: RecordNotes, positions: PositionGrid, predicted: Skeleton?,
    measured: Skeleton
  ) {
    (self.settings, self.notes, self.positions) = (settings, notes, positions)
    (self.predicted, self.measured) = (predicted, measured)
  }

  /// The longest side of a frame.
  private static let mostSide = 2048

  /// The arrays of such a record.
  package var schema: RecordSchema {
    RecordSchema(
      positions: positions, predicted: predicted, measured: measured, layers: settings.layers?.count)
  }

  /// Reads the attributes of a group.
  ///
  /// - Throws: `ArchiveError` when they are those of no record, or make no sense.
  public init(of group: ZarrGroup) throws(ArchiveError) {
    let parts: (settings: RecordSettings, notes: RecordNotes)
    switch group.attributes["format"]?.integer {
    case nil: parts = try RecordFormat1.read(group)
    case RecordSchema.format: parts = try Self.read(group)
    case let format?:
      throw ArchiveError(
        .unsupported, file: group.path,
        "is a record of format \(format), which a newer version of Penumbra reads")
    }
    let (settings, notes) = parts
    func damaged(_ what: String) -> ArchiveError {
      ArchiveError(
        .damaged, file: group.path,
        "is a record with invalid settings (\(what)); sweep the picture again")
    }
    func skeleton(_ name: String) throws(ArchiveError) -> Skeleton {
      if let own = notes.skeletons.first(where: { $0.name == name }) { return own }
      do { return try Skeleton.named(name) } catch { throw damaged(error.problem) }
    }
    let frame = settings.frame
    guard (1...Self.mostSide).contains(frame.side), frame.x.isFinite, frame.y.isFinite, frame.width.isFinite,
      frame.height.isFinite, frame.width > 0,
      frame.height > 0, (0.01...100).contains(frame.boxShare)
    else { throw damaged("frame") }
    guard (1...Occlusion.referenceSide).contains(settings.positions.stride),
      settings.positions.region?.count ?? 4 == 4,
      settings.positions.list?.allSatisfy({ $0.count == 2 }) ?? true, settings.box?.count ?? 4 == 4,
      settings.positions.square?.count ?? 3 == 3,
      ([settings.positions.region, settings.positions.square, settings.box].compactMap(\.self)
        + (settings.positions.list ?? [])).joined().allSatisfy(\.isFinite)
    else { throw damaged("positions") }
    guard let positions = settings.positions.positions(of: settings.occlusion, in: frame) else {
      throw damaged("no positions")
    }
    var predicted: Skeleton?
    if let name = settings.skeleton { predicted = try skeleton(name) }
    let measured = try skeleton(settings.measured)
    guard settings.layers?.isEmpty != true else { throw damaged("layers") }
    guard notes.visibility?.count ?? measured.count == measured.count else { throw damaged("visibility") }
    self.init(
      settings: settings, notes: notes, positions: positions, predicted: predicted, measured: measured)
  }

  private static func read(_ group: ZarrGroup) throws(ArchiveError) -> (RecordSettings, RecordNotes) {
    func decoded<Value: Decodable>(_ key: String) throws(ArchiveError) -> Value {
      guard let text = group.attributes[key]?.string else {
        throw ArchiveError(.damaged, file: group.path, "has no \(key) among its attributes")
      }
      do { return try JSONValue(Data(text.utf8), from: group.path).decoded() } catch {
        throw ArchiveError(.damaged, file: group.path, "has invalid \(key)")
      }
    }
    return (try decoded("settings"), try decoded("notes"))
  }
}

/// Reads the arrays of a record and checks them against its schema.
struct RecordReader {
  let group: ZarrGroup
  let header: RecordHeader

  private var schema: RecordSchema { header.schema }

  /// A whole array of a schema; nil where it is missing and may be, or not yet written.
  private func tensor(_ array: ArraySchema, _ lengths: [String: Int] = [:]) throws(ArchiveError) -> Tensor? {
    let known = schema.lengths.merging(lengths) { _, new in new }
    guard let stored = try group.array(schema.adapted(array), lengths: known),
      try stored.missingChunks().isEmpty
    else { return nil }
    return try stored.readAll()
  }

  /// The results of all positions in some of the arrays, and how many positions have none yet in any.
  func results(of wanted: [PositionArray]) throws(ArchiveError) -> (PositionResults, missing: Int) {
    let count = header.positions.count
    var arrays: [PositionArray: Tensor] = [:]
    var isMissing = [Bool](repeating: false, count: count)
    var there = Set<PositionArray>()
    for array in PositionArray.all {
      guard let stored = try group.array(schema.adapted(array.schema), lengths: schema.lengths) else {
        continue
      }
      for chunk in try stored.missingChunks() {
        let (rows, columns) = (
          stored.indices(ofChunkAt: chunk, along: 0), stored.indices(ofChunkAt: chunk, along: 1)
        )
        for row in rows { for column in columns { isMissing[row * stored.shape[1] + column] = true } }
      }
      there.insert(array)
      guard wanted.contains(array) else { continue }
      arrays[array] = try stored.readAll().reshaped([count] + stored.shape.dropFirst(2))
    }
    guard there.contains(.error) else {
      throw ArchiveError(.missingArray, file: group.path, "has no array 'error'")
    }
    return (PositionResults(arrays), try missing(isMissing))
  }

  /// Where the network predicted; nil unless the record is of a finished adaptive sweep.
  func computed() throws(ArchiveError) -> Tensor? { try tensor(RecordSchema.computed) }

  /// How many positions have no results: those of missing chunks, or those not flagged in a sweep that fills single
  /// positions.
  private func missing(_ isMissing: [Bool]) throws(ArchiveError) -> Int {
    if let flags = try group.tensor(RecordSchema.isMeasured, lengths: schema.lengths) {
      return flags.elements.count { $0 != 1 }
    }
    return isMissing.count { $0 }
  }

  /// The results of the unoccluded image.
  func clean() throws(ArchiveError) -> PositionResults {
    var arrays: [PositionArray: Tensor] = [:]
    for array in PositionArray.all {
      guard let tensor = try tensor(array.cleanSchema) else { continue }
      arrays[array] = tensor.reshaped([1] + tensor.shape)
    }
    guard arrays[.error] != nil else {
      throw ArchiveError(.damaged, file: group.path, entry: "clean_error", "is not written")
    }
    return PositionResults(arrays)
  }

  /// What was known before the occluder came.
  func context() throws(ArchiveError) -> RecordContext {
    let side = header.settings.frame.side
    var context = RecordContext(
      truthJoints: try tensor(RecordSchema.truthJoints), truthCamera: try tensor(RecordSchema.truthCamera),
      bodyMask: try tensor(RecordSchema.bodyMask, ["crop_row": side, "crop_column": side]),
      picture: try picture(RecordSchema.picture), cleanAttention: try maps(RecordSchema.cleanAttention),
      cleanSurface: try maps(RecordSchema.cleanSurface))
    context.fillPicture = try picture(RecordSchema.fillPicture)
    let extent = header.settings.occlusion.extent(in: header.settings.frame)
    context.occluderCoverage = try tensor(
      RecordSchema.occluderCoverage, ["occluder_row": extent.height, "occluder_column": extent.width]
    ).map { Tensor($0.shape, $0.elements.map { $0 / 255 }) }
    if let rotations = try tensor(RecordSchema.truthRotations),
      let betas = try tensor(RecordSchema.truthBetas)
    {
      context.truthBody = (rotations, betas)
    }
    return context
  }

  private func picture(_ array: ArraySchema) throws(ArchiveError) -> RecordContext.Pixels? {
    let name = array.name
    let mostSide = max(PictureInput.displaySide, header.settings.frame.side)
    guard try group.hasArray(name) else { return nil }
    let stored = try group.array(name)
    guard stored.shape.count == 3, stored.shape[0] == stored.shape[1], stored.shape[2] == 3,
      (1...mostSide).contains(stored.shape[0])
    else {
      throw ArchiveError(
        .damaged, file: group.path, entry: name,
        "is not a square RGB picture of at most \(mostSide) pixels a side, but of shape \(stored.shape)")
    }
    guard try stored.missingChunks().isEmpty else { return nil }
    let values = try stored.readAll().elements
    guard values.allSatisfy({ $0 >= 0 && $0 <= 255 }) else {
      throw ArchiveError(.damaged, file: group.path, entry: name, "contains numbers outside 0 to 255")
    }
    return .init(side: stored.shape[0], bytes: values.map { UInt8($0) })
  }

  /// An array of maps, whose rows and columns are the network's own.
  func maps(_ array: ArraySchema) throws(ArchiveError) -> Tensor? {
    guard try group.hasArray(array.name) else { return nil }
    let shape = try group.array(array.name).shape
    let lengths = Dictionary(
      zip(array.dimensions, shape).filter { schema.lengths[$0.0] == nil }, uniquingKeysWith: { a, _ in a })
    // Of these lengths the settings say nothing.
    let cells = lengths.filter { $0.key != "worst_position" }.values
    let isSane =
      lengths["worst_position"] ?? 0 <= Self.mostWorst
      && cells.reduce(1) { $0.multipliedReportingOverflow(by: $1).overflow ? .max : $0 * $1 }
        <= Predictions.mostMapCells
    guard shape.count == array.dimensions.count, !shape.contains(0), isSane else {
      let numbers = array.dimensions.last == "surface_number" ? "seven numbers" : "joints"
      throw ArchiveError(
        .damaged, file: group.path, entry: array.name,
        "is not maps of \(numbers) with at most \(Predictions.mostMapCells) places, but of shape \(shape)")
    }
    return try tensor(array, lengths)
  }

  /// Of how many of the worst positions there are maps at most.
  private static let mostWorst = 3
}
