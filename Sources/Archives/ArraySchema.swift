public import Tensors

/// What an array of a group is, declared once: a store makes the array from it, and readers check it by it.
///
/// Lengths are not part of it; they are looked up by the names of the dimensions.
public struct ArraySchema: Hashable, Sendable {
  /// The name in the group.
  public let name: String
  /// The name of every dimension, in order; none for a single number.
  public let dimensions: [String]
  /// The unit of the numbers as UDUNITS spells it, such as "m"; nil for numbers without one.
  public let unit: String?
  /// What the numbers are, for axes and tables.
  public let longName: String
  /// Whether a group without the array is damaged.
  public let isRequired: Bool
  /// How the numbers are stored.
  public let type: ZarrArray.Values
  /// The names of arrays that give its positions beside those named like its dimensions.
  public let coordinates: [String]

  /// The declaration of an array, stored as float32 and required unless given otherwise.
  public init(
    _ name: String, _ dimensions: [String], unit: String? = nil, longName: String, isRequired: Bool = true,
    type: ZarrArray.Values = .float32, coordinates: [String] = []
  ) {
    self.name = name
    self.dimensions = dimensions
    self.unit = unit
    self.longName = longName
    self.isRequired = isRequired
    self.type = type
    self.coordinates = coordinates
  }

  /// The same declaration of an array that a group cannot do without.
  public var required: ArraySchema {
    ArraySchema(
      name, dimensions, unit: unit, longName: longName, type: type, coordinates: coordinates)
  }

  /// The attributes that xarray and the CF conventions look for: `units`, `long_name`, `coordinates`.
  public var attributes: [String: JSONValue] {
    var attributes: [String: JSONValue] = ["long_name": .string(longName)]
    if let unit { attributes["units"] = .string(unit) }
    if !coordinates.isEmpty { attributes["coordinates"] = .string(coordinates.joined(separator: " ")) }
    return attributes
  }

  /// The length of every dimension; `lengths` must have all of their names.
  public func shape(_ lengths: [String: Int]) -> [Int] {
    dimensions.map { dimension in
      guard let length = lengths[dimension] else {
        preconditionFailure("array '\(name)' has a dimension '\(dimension)' of no known length")
      }
      return length
    }
  }
}

extension ZarrGroup {
  /// Opens an array that a schema declares.
  ///
  /// - Returns: nil when the group lacks the array and it is not required.
  /// - Throws: `ArchiveError` when a required array is missing, its shape is not that of `lengths`, or it is damaged.
  public func array(_ schema: ArraySchema, lengths: [String: Int]) throws(ArchiveError) -> ZarrArray? {
    guard try has(schema) else { return nil }
    let array = try array(schema.name)
    let shape = schema.shape(lengths)
    guard array.shape == shape else {
      throw ArchiveError(
        .damaged, file: path, entry: schema.name, "has the shape \(array.shape) instead of \(shape)")
    }
    return array
  }

  /// The numbers of an array that a schema declares; what is not written yet is not a number, or zero.
  ///
  /// - Returns: nil when the group lacks the array and it is not required.
  /// - Throws: `ArchiveError` when a required array is missing, its shape is not that of `lengths`, or it is damaged.
  public func tensor(_ schema: ArraySchema, lengths: [String: Int]) throws(ArchiveError) -> Tensor? {
    try array(schema, lengths: lengths)?.readAll()
  }

  /// Makes and writes an array of one chunk, replacing one of the same name and shape.
  ///
  /// - Throws: `ArchiveError` when it cannot be written, or an array of another shape has the name.
  public func write(_ values: Tensor, as schema: ArraySchema) throws(ArchiveError) {
    precondition(
      values.shape.count == schema.dimensions.count,
      "array '\(schema.name)' of dimensions \(schema.dimensions) cannot have shape \(values.shape)")
    let array: ZarrArray
    if try hasArray(schema.name) {
      let there = try self.array(schema.name)
      guard there.shape == values.shape, there.chunkShape == values.shape.map({ max(1, $0) }) else {
        throw ArchiveError(
          .cannotCreate, file: path, entry: schema.name, "is there already in another shape")
      }
      array = there
    } else {
      array = try createArray(
        schema.name, shape: values.shape, chunks: values.shape.map { max(1, $0) },
        dimensions: schema.dimensions, type: schema.type, attributes: schema.attributes)
    }
    guard values.count > 0 else { return }
    try array.write(chunk: values, at: values.shape.map { _ in 0 })
  }

  private func has(_ schema: ArraySchema) throws(ArchiveError) -> Bool {
    if try hasArray(schema.name) { return true }
    guard schema.isRequired else { return false }
    throw ArchiveError(.missingArray, file: path, "contains no array '\(schema.name)'")
  }
}
