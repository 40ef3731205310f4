import Foundation
import Synchronization
public import Tensors

/// A group of arrays on disk that is filled bit by bit, and that a later run goes on with.
///
/// The arrays are those of ``Layout``, all cut alike. The group appears at its path with everything that is known at
/// the beginning, then grows by chunks that are there whole or not at all: the process may be killed at any moment.
/// One store at a time writes at a path, or several that share it and write different chunks; it holds the ``FolderLock``
/// of it for as long as it lives. Different threads may write at the same time.
///
///     let store = try ChunkedStore(at: "errors.zarr", layout, settings: settings) { _ in "is of other settings" }
///     for chunk in store.missingChunks {
///       try store.write(["error": measure(store.chunks[chunk])], chunk: chunk)
///     }
public final class ChunkedStore: Sendable {
  /// The name of the attribute that holds the SHA-256 of the settings' canonical JSON.
  public static let identityAttribute = "identity"
  /// The name of the attribute that holds the settings, as canonical JSON in a text.
  public static let settingsAttribute = "settings"

  /// The folder.
  public let path: String
  let state: Mutex<State>

  struct State {
    var group: ZarrGroup
    var layout: Layout
    /// In the order of ``Layout/stored``.
    var members: [ZarrArray]
    /// None where stores share a file system without locks.
    var lock: FolderLock?
    /// Which items are there, where that is tracked.
    var isMeasured: [Bool] = []
  }

  /// Makes a group at a path, or takes up the one of the same settings that is there.
  ///
  /// - Parameters:
  ///   - settings: everything that changes what is measured; its digest is the identity of the group.
  ///   - attributes: notes for readers, no part of the identity; see ``JSONValue/netCDFAttributes``.
  ///   - isShared: whether other processes write other chunks at the same time.
  ///   - beginning: writes the arrays that are known before the first chunk.
  ///   - conflict: says in a few words, to follow the path and a colon, why the group on disk is not the one wanted;
  ///     nil stands for something that is no Zarr group.
  /// - Throws: `ArchiveError` of the kind `cannotCreate` when something else is at the path, which is left as it was,
  ///   or another run is writing there; other kinds as files fail.
  public init(
    at path: String, _ layout: Layout, settings: JSONValue, attributes: [String: JSONValue] = [:],
    isShared: Bool = false,
    beginning: (ZarrGroup) throws(ArchiveError) -> Void = { (_) throws(ArchiveError) in },
    conflict: (ZarrGroup?) -> String
  ) throws(ArchiveError) {
    let place = StorePlace(path)
    try makeFolder(place.parent)
    if isShared { try Self.completePacking(at: path) }
    var lock: FolderLock?
    do throws(ArchiveError) { lock = try FolderLock(on: path, isShared: isShared) } catch {
      // Chunks are whole or not there, so that stores of different chunks do without.
      guard isShared, let number = error.systemError, FolderLock.unsupported.contains(number) else {
        throw error
      }
    }
    // What others are writing looks like what killed runs left.
    if !isShared {
      place.removeLeftovers()
      try StorePacking.completeLocked(in: path)
    }
    let identity = Self.identity(of: settings)
    if try isThere(path) {
      let found = try Self.group(at: path)
      guard let found, found.attributes[Self.identityAttribute]?.string == identity else {
        throw ArchiveError(.cannotCreate, file: path, conflict(found))
      }
    } else {
      var all = JSONValue.object(attributes).netCDFAttributes
      all[Self.identityAttribute] = .string(identity)
      all[Self.settingsAttribute] = .string(settings.canonicalText)
      try place.create(isShared: isShared) { (partial) throws(ArchiveError) in
        let group = try ZarrGroup(creating: partial, attributes: all)
        for schema in layout.stored { try Self.create(schema, layout, in: group) }
        try beginning(group)
      }
      if isShared {
        let found = try ZarrGroup(contentsOf: path)
        guard found.attributes[Self.identityAttribute]?.string == identity else {
          throw ArchiveError(.cannotCreate, file: path, conflict(found))
        }
      }
    }
    self.path = path
    let group = try ZarrGroup(contentsOf: path)
    let (opened, members) = try Self.open(layout, in: group)
    state = Mutex(State(group: group, layout: opened, members: members, lock: lock))
    if opened.tracksItems {
      let flags = try members.last!.readAll().elements.map { $0 == 1 }
      let isThere = chunks.indices.map(hasRequired)
      let step = opened.itemsPerChunk
      state.withLock { $0.isMeasured = flags.enumerated().map { $1 && isThere[$0 / step] } }
    }
  }

  /// How the arrays are cut; with more items than asked for where the group on disk has more.
  public var layout: Layout { state.withLock(\.layout) }
  private var members: [ZarrArray] { state.withLock(\.members) }

  /// The digest that distinguishes settings.
  public static func identity(of settings: JSONValue) -> String {
    Digest.sha256(settings.canonicalText.utf8)
  }

  /// The settings that a group was made with; nil where it notes none.
  public static func settings(of group: ZarrGroup) -> JSONValue? {
    guard let text = group.attributes[settingsAttribute]?.string else { return nil }
    return try? JSONValue(Data(text.utf8), from: group.path)
  }

  // MARK: What is there

  /// The group, for reading its attributes and other arrays.
  public var group: ZarrGroup { state.withLock(\.group) }

  /// The items of every chunk.
  public var chunks: [Range<Int>] { layout.chunks }

  /// Whether a chunk is there in every required array, with all of its items.
  public func isWritten(_ chunk: Int) -> Bool {
    let layout = layout
    guard layout.tracksItems else { return hasRequired(chunk) }
    let items = layout.chunks[chunk]
    return state.withLock { $0.isMeasured[items].allSatisfy(\.self) }
  }

  /// The numbers of the chunks that are not written, ascending.
  public var missingChunks: [Int] { chunks.indices.filter { !isWritten($0) } }

  /// Whether every item is there, by its number.
  public var writtenItems: [Bool] {
    if layout.tracksItems { return state.withLock(\.isMeasured) }
    let chunks = chunks
    return chunks.indices.flatMap { chunk in chunks[chunk].map { _ in isWritten(chunk) } }
  }

  /// All of an array; what is not written is not a number, or zero for whole numbers.
  ///
  /// - Throws: `ArchiveError` when a chunk is damaged or cannot be read.
  public func tensor(_ name: String) throws(ArchiveError) -> Tensor {
    let (layout, members) = state.withLock { ($0.layout, $0.members) }
    guard let index = layout.stored.firstIndex(where: { $0.name == name }) else {
      throw ArchiveError(.missingArray, file: path, "contains no array '\(name)'")
    }
    return try members[index].readAll()
  }

  // MARK: Writing

  /// Writes a chunk in every array, replacing what was there.
  ///
  /// Each value has the elements of the chunk's part of the array, whatever its shape; arrays that are not required
  /// may be left out.
  ///
  /// - Throws: `ArchiveError` when it cannot be written; the chunk then counts as it did before, or as not written.
  public func write(_ values: [String: Tensor], chunk: Int) throws(ArchiveError) {
    check(values)
    let (layout, members) = state.withLock { ($0.layout, $0.members) }
    for (schema, array) in zip(layout.stored, members) {
      let place = layout.place(of: chunk, in: array)
      let shape = array.shape(ofChunkAt: place)
      if schema == layout.flags, layout.tracksItems {
        try array.write(chunk: Tensor(shape, repeating: 1), at: place)
      } else if let value = values[schema.name] {
        precondition(
          value.count == shape.reduce(1, *),
          "array '\(schema.name)': a chunk of shape \(value.shape) where \(shape) belongs")
        try array.write(chunk: value.reshaped(shape), at: place)
      }
    }
    guard layout.tracksItems else { return }
    let items = layout.chunks[chunk]
    state.withLock { state in for item in items { state.isMeasured[item] = true } }
  }

  /// Writes single items, in a store that tracks them.
  ///
  /// Each value has shape `[items, …]`, in the order of `items`; arrays that are not required may be left out. The
  /// chunks that hold the items are read and written whole: write many items at once.
  ///
  /// - Throws: `ArchiveError` when they cannot be written; they then count as they did before.
  public func write(_ values: [String: Tensor], items: [Int]) throws(ArchiveError) {
    precondition(layout.tracksItems, "single items are written to a store that tracks them")
    check(values)
    for value in values.values { precondition(value.shape.first == items.count) }
    let (layout, members) = state.withLock { ($0.layout, $0.members) }
    let chunks = layout.chunks
    let byChunk = Dictionary(grouping: items.indices) { items[$0] / layout.itemsPerChunk }
    try state.withLock { (state) throws(ArchiveError) in
      for (chunk, sources) in byChunk.sorted(by: { $0.key < $1.key }) {
        let first = chunks[chunk].lowerBound
        for (schema, array) in zip(layout.stored, members) where schema != layout.flags {
          guard let value = values[schema.name] else { continue }
          try array.update(chunk: chunk) { part in
            part.copyItems(sources.map { ($0, items[$0] - first) }, of: layout.itemsPerChunk, from: value)
          }
        }
        for source in sources { state.isMeasured[items[source]] = true }
        let flags = state.isMeasured[chunks[chunk]].map { Float($0 ? 1 : 0) }
        try members.last!.update(chunk: chunk) { part in part = Tensor(part.shape, flags) }
      }
    }
  }

  /// Makes and writes an array beside those of the layout, or replaces one of the same shape.
  ///
  /// - Throws: `ArchiveError` when it cannot be written, or an array of another shape has the name.
  public func write(_ values: Tensor, as schema: ArraySchema) throws(ArchiveError) {
    try state.withLock { (state) throws(ArchiveError) in try state.group.write(values, as: schema) }
  }

  /// Adds attributes to the group, replacing those of the same names; see ``JSONValue/netCDFAttributes``.
  ///
  /// - Throws: `ArchiveError` when they cannot be written.
  public func note(_ attributes: [String: JSONValue]) throws(ArchiveError) {
    precondition(
      attributes[Self.identityAttribute] == nil && attributes[Self.settingsAttribute] == nil,
      "the identity of a store never changes")
    let new = JSONValue.object(attributes).netCDFAttributes
    try state.withLock { (state) throws(ArchiveError) in
      try state.group.setAttributes(state.group.attributes.merging(new) { $1 })
    }
  }

  // MARK: Within

  /// The group at a path; nil for something that is none.
  private static func group(at path: String) throws(ArchiveError) -> ZarrGroup? {
    do throws(ArchiveError) { return try ZarrGroup(contentsOf: path) } catch {
      // What cannot be read now may be the one that is wanted.
      guard error.kind != .io else { throw error }
      return nil
    }
  }

  private func hasRequired(_ chunk: Int) -> Bool {
    let (layout, members) = state.withLock { ($0.layout, $0.members) }
    return zip(layout.stored, members).allSatisfy { schema, array in
      !schema.isRequired || array.hasChunk(layout.place(of: chunk, in: array))
    }
  }

  private func check(_ values: [String: Tensor]) {
    let layout = layout
    for array in layout.arrays where array.isRequired {
      precondition(values[array.name] != nil, "array '\(array.name)' is required")
    }
    for name in values.keys {
      precondition(layout.arrays.contains { $0.name == name }, "there is no array '\(name)' to write")
    }
  }

  private static func create(
    _ schema: ArraySchema, _ layout: Layout, in group: ZarrGroup
  ) throws(ArchiveError) {
    _ = try group.createArray(
      schema.name, shape: schema.shape(layout.lengths), chunks: layout.chunkShape(of: schema),
      dimensions: schema.dimensions, type: schema.type, attributes: schema.attributes)
  }

  /// Opens the arrays, makes those that may be missing, and lengthens those that are to hold more items.
  static func open(
    _ wanted: Layout, in group: ZarrGroup
  ) throws(ArchiveError) -> (Layout, [ZarrArray]) {
    var layout = wanted
    if wanted.tracksItems {
      var length = wanted.lengths[wanted.over[0]]!
      for schema in wanted.stored {
        guard try group.hasArray(schema.name) else { continue }
        length = max(length, try group.array(schema.name).shape.first ?? 0)
      }
      layout = wanted.with(length: length)
    }
    var (arrays, hasChanged): ([ZarrArray], Bool) = ([], false)
    for schema in layout.stored {
      if !schema.isRequired, try !group.hasArray(schema.name) { try create(schema, layout, in: group) }
      var array = try group.array(schema.name)
      let shape = schema.shape(layout.lengths)
      guard array.shape.dropFirst() == shape.dropFirst(), array.chunkShape == layout.chunkShape(of: schema),
        array.shape[0] == shape[0] || layout.tracksItems
      else {
        throw ArchiveError(
          .damaged, file: group.path, entry: schema.name,
          "has another shape or other chunks; remove \(group.path)")
      }
      if array.shape[0] < shape[0] {
        array = try array.lengthened(to: shape[0])
        hasChanged = true
      }
      arrays.append(array)
    }
    if hasChanged { try group.updateMetadata() }
    return (layout, arrays)
  }
}

extension ZarrArray {
  /// Changes a chunk of an array that is cut along its first dimension alone.
  fileprivate func update(chunk: Int, _ change: (inout Tensor) -> Void) throws(ArchiveError) {
    let place = [chunk] + shape.dropFirst().map { _ in 0 }
    // A chunk of the wrong length is one that is not there: its items are written anew.
    var part =
      hasChunk(place)
      ? try read(chunk: place) ?? Tensor(shape(ofChunkAt: place), repeating: fill)
      : Tensor(shape(ofChunkAt: place), repeating: fill)
    change(&part)
    try write(chunk: part, at: place)
  }
}

extension Tensor {
  /// Copies items of a tensor `[items, …]` over those of this chunk.
  fileprivate mutating func copyItems(_ pairs: [(from: Int, to: Int)], of perChunk: Int, from source: Tensor)
  {
    let width = source.count / max(1, source.shape[0])
    withMutableElements { output in
      source.withElements { input in
        for (from, to) in pairs {
          for k in 0..<width { output[to * width + k] = input[from * width + k] }
        }
      }
    }
  }
}
