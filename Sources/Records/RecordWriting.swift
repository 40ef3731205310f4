package import Archives
import Bodies
import Models
import Tensors

extension RecordHeader {
  /// Begins the record at a path, with all that is known before the first position, or takes up the one that is there.
  ///
  /// - Parameters:
  ///   - arrays: what the model gives at every position; a chunk is there when it is there in all of them.
  ///   - chunkLength: how many rows of positions a chunk holds, or how many positions of a single row.
  ///   - tracksItems: whether single positions are written.
  ///   - isShared: whether other processes write other chunks of it.
  ///   - conflict: as for `ChunkedStore`.
  /// - Throws: `ArchiveError` as `ChunkedStore` does.
  package func store(
    at path: String, of arrays: [PositionArray], chunkLength: Int, tracksItems: Bool = false,
    isShared: Bool = false, clean: PositionResults, context: RecordContext, conflict: (ZarrGroup?) -> String
  ) throws(ArchiveError) -> ChunkedStore {
    let layout = ChunkedStore.Layout(
      arrays.map { schema.adapted($0.schema).required }, over: ["row", "column"], chunkLength: chunkLength,
      lengths: schema.lengths, tracksItems: tracksItems)
    return try ChunkedStore(
      at: path, layout, settings: settings.json, attributes: attributes,
      isShared: isShared,
      beginning: { (group) throws(ArchiveError) in
        try RecordWriting.begin(group, self, clean: clean, context: context)
      }, conflict: conflict)
  }
}

extension RecordHeader {
  /// How many rows of positions a chunk of a record holds, or how many positions of a single row.
  ///
  /// - Throws: `ArchiveError` when it has no errors of positions.
  package static func chunkLength(of group: ZarrGroup) throws(ArchiveError) -> Int {
    let array = try group.array(PositionArray.error.name)
    guard array.shape.count > 1 else { return array.chunkShape.first ?? 1 }
    if array.shape[0] <= 1, try !group.hasArray(RecordSchema.isMeasured.name) { return array.chunkShape[1] }
    return array.chunkShape[0]
  }
}

/// Writes what of a record is known before the first position.
private enum RecordWriting {
  /// Writes coordinates, the results of the unoccluded image, and the context.
  ///
  /// - Throws: `ArchiveError` when they cannot be written.
  static func begin(
    _ group: ZarrGroup, _ header: RecordHeader, clean: PositionResults, context: RecordContext
  ) throws(ArchiveError) {
    let schema = header.schema
    func write(_ tensor: Tensor?, _ array: ArraySchema) throws(ArchiveError) {
      guard let tensor else { return }
      try group.write(tensor, as: schema.adapted(array))
    }
    func entry(_ tensor: Tensor) -> Tensor { tensor.reshaped(Array(tensor.shape.dropFirst())) }

    try coordinates(group, header)
    for array in PositionArray.all { try write(clean[array].map(entry), array.cleanSchema) }
    try write(context.bodyMask, RecordSchema.bodyMask)
    for (picture, array) in [
      (context.picture, RecordSchema.picture), (context.fillPicture, RecordSchema.fillPicture),
    ] {
      try write(picture.map { Tensor([$0.side, $0.side, 3], $0.bytes.map(Float.init)) }, array)
    }
    try write(
      context.occluderCoverage.map { Tensor($0.shape, $0.elements.map { ($0 * 255).rounded() }) },
      RecordSchema.occluderCoverage)
    try write(context.truthJoints, RecordSchema.truthJoints)
    try write(context.truthBody?.rotations, RecordSchema.truthRotations)
    try write(context.truthBody?.betas, RecordSchema.truthBetas)
    try write(context.truthCamera, RecordSchema.truthCamera)
    try write(context.cleanAttention, RecordSchema.cleanAttention)
    try write(context.cleanSurface, RecordSchema.cleanSurface)
  }

  /// Where the occluder's centre is, in the crop and in the picture, and the names of joints.
  ///
  /// Positions that are a list have no rows of their own: their centres go along the columns.
  private static func coordinates(_ group: ZarrGroup, _ header: RecordHeader) throws(ArchiveError) {
    let (positions, frame) = (header.positions, header.settings.frame)
    let columns = positions.columns.map(\.centre)
    let rows = positions.list?.map(\.y.centre) ?? positions.rows.map(\.centre)
    let pictureRow = positions.list == nil ? RecordSchema.pictureRow : RecordSchema.listedPictureRow
    func write(_ values: [Float], _ array: ArraySchema) throws(ArchiveError) {
      try group.write(Tensor([values.count], values), as: array)
    }
    if positions.list == nil { try write(rows, RecordSchema.row) }
    try write(columns, RecordSchema.column)
    try write(rows.map { Float(frame.pictureY($0)) }, pictureRow)
    try write(columns.map { Float(frame.pictureX($0)) }, RecordSchema.pictureColumn)
    try group.writeTexts(
      header.measured.joints, named: "joint", longName: "joints of \(header.measured.name)")
    if let predicted = header.predicted, predicted != header.measured {
      try group.writeTexts(
        predicted.joints, named: "predicted_joint", longName: "joints of \(predicted.name)")
    }
    if let layers = header.settings.layers {
      try group.writeTexts(layers, named: "layer", longName: "layers of the network, from the picture on")
    }
  }
}

extension RecordHeader {
  /// The attributes of the group on disk beside settings and identity.
  package var attributes: [String: JSONValue] {
    // Texts, numbers and lists of numbers always encode.
    let noted = (try? JSONValue(encoding: notes)) ?? .null
    let extent = settings.occlusion.extent(in: settings.frame)
    return [
      "format": .integer(RecordSchema.format), "notes": .string(noted.canonicalText),
      "penumbra": .string(notes.penumbra), "label": .string(settings.model.label),
      "network": .string(settings.model.name), "picture_name": .string(settings.picture.name),
      "quantity": .string(settings.quantity), "units": "metres; x right, y down, z away",
      "occlusion": .string(settings.occlusion.name),
      "occluder_px": .array([.integer(extent.height), .integer(extent.width)]),
      "stride_px": .integer(settings.positions.stride(in: settings.frame)),
      "joint_names": .string(JSONValue.array(measured.joints.map(JSONValue.string)).canonicalText),
      "root": .string(measured.rootTitle),
    ]
  }
}
