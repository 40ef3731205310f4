extension ChunkedStore {
  /// How the arrays of a store are cut, the same way for all of them.
  ///
  /// An item is what is measured at once: a position of the occluder, a person, a row of a dataset. Items are numbered
  /// in row-major order over the first dimensions, which all arrays share; a chunk holds `chunkLength` indices of the
  /// first of them that is longer than one, and all of the others.
  public struct Layout: Sendable {
    /// The arrays that grow chunk by chunk; the dimensions of each begin with `over`.
    public let arrays: [ArraySchema]
    /// The names of the dimensions that number the items, such as `["row", "column"]`.
    public let over: [String]
    /// How many indices of the dimension ``axis`` a chunk holds.
    public let chunkLength: Int
    /// The length of every dimension by name.
    public let lengths: [String: Int]
    /// Whether single items can be written, instead of whole chunks only, and more items be added later.
    ///
    /// An array `is_measured` then holds 1 for every item that is there.
    public let tracksItems: Bool

    /// The layout of arrays whose dimensions all begin with `over`, every one with a length in `lengths`.
    public init(
      _ arrays: [ArraySchema], over: [String], chunkLength: Int, lengths: [String: Int],
      tracksItems: Bool = false
    ) {
      precondition(!over.isEmpty && chunkLength > 0 && arrays.contains(where: \.isRequired))
      for array in arrays {
        precondition(
          array.dimensions.starts(with: over) && array.shape(lengths).allSatisfy { $0 > 0 },
          "array '\(array.name)' of dimensions \(array.dimensions) cannot be cut over \(over)")
      }
      self.arrays = arrays
      self.over = over
      self.chunkLength = chunkLength
      self.lengths = lengths
      self.tracksItems = tracksItems
    }

    /// The number of items.
    public var count: Int { over.reduce(1) { $0 * lengths[$1]! } }

    /// The items of every chunk.
    public var chunks: [Range<Int>] {
      let step = itemsPerChunk
      return stride(from: 0, to: count, by: step).map { $0..<min($0 + step, count) }
    }

    /// The dimension along which arrays are cut: the first, or where that has one index the next; the first too where more
    /// items may come.
    var axis: Int { tracksItems ? 0 : over.firstIndex { lengths[$0]! > 1 } ?? 0 }

    /// The length of the dimension along which arrays are cut.
    var cutLength: Int { lengths[over[axis]]! }

    var itemsPerChunk: Int { over.dropFirst(axis + 1).reduce(chunkLength) { $0 * lengths[$1]! } }

    /// The arrays on disk: those that may be missing come first, and last what says that the others are there.
    ///
    /// This is the order of writing, so that a kill between two of them leaves a chunk unfinished.
    var stored: [ArraySchema] {
      arrays.filter { !$0.isRequired } + arrays.filter(\.isRequired) + (tracksItems ? [flags] : [])
    }

    var flags: ArraySchema {
      ArraySchema("is_measured", over, longName: "1 where the item has been measured", type: .uint8)
    }

    func chunkShape(of array: ArraySchema) -> [Int] {
      var shape = array.shape(lengths)
      shape[axis] = chunkLength
      return shape
    }

    /// The place of a chunk among those of an array.
    func place(of chunk: Int, in array: ZarrArray) -> [Int] {
      array.shape.indices.map { $0 == axis ? chunk : 0 }
    }

    /// The same layout with another length of the first dimension.
    func with(length: Int) -> Layout {
      var lengths = lengths
      lengths[over[0]] = length
      return Layout(arrays, over: over, chunkLength: chunkLength, lengths: lengths, tracksItems: tracksItems)
    }
  }
}
