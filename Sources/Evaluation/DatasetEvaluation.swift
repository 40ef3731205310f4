public import Archives
import Bodies
import Foundation
public import Models
public import Pictures
import Records
public import Tensors

/// Evaluates networks on the rows of a dataset, over the same pictures, each into a record of its own.
public struct DatasetEvaluation: Sendable {
  /// The dataset's name, for files.
  let name: String
  let rows: [Dataset.Row]
  /// Where the rows' pictures are.
  let images: PictureFolder
  let models: [any PoseModel]
  let bodies: DatasetBodies
  /// Where records and npz files go.
  let out: String
  /// Further settings that determine the results of all networks.
  let settings: [String: JSONValue]

  /// The result of one network.
  public struct Outcome: Sendable {
    /// The network's label.
    public let label: String
    /// How boxes were cut out.
    public let crop: String
    /// The mean errors.
    public let accuracy: DatasetAccuracy
    /// The npz file with PARE's field names.
    public let file: String
  }

  /// An evaluation of networks on rows.
  ///
  /// - Parameters:
  ///   - name: the dataset's name, for files.
  ///   - images: where the rows' pictures are.
  ///   - out: the folder of records and npz files.
  ///   - settings: further settings that determine the results; kept in the records.
  public init(
    name: String, rows: [Dataset.Row], images: PictureFolder, models: [any PoseModel],
    bodies: DatasetBodies, out: String, settings: [String: JSONValue]
  ) {
    (self.name, self.rows, self.images) = (name, rows, images)
    (self.models, self.bodies) = (models, bodies)
    (self.out, self.settings) = (out, settings)
  }

  /// Evaluates what is not in the records yet, and writes the npz files.
  ///
  /// - Throws: `EvaluationError` of the kind `interrupted` after a cancellation, when the chunks in progress are on
  ///   disk; `ArchiveError` or `PictureError` as files fail.
  public func run(_ context: WorkContext = WorkContext()) throws -> [Outcome] {
    let records = try models.map { model in
      try DatasetRecord(
        at: "\(out)/\(name).\(model.identity.label).zarr", count: rows.count, measured: bodies.measured,
        settings: settings(of: model.identity, crop: model.cropName))
    }
    try measure(into: records, context)
    return try zip(models, records).map { model, record in
      let file = "\(out)/\(name).\(model.identity.label).npz"
      try Npz.write(
        [("imgname", .strings(rows.map { images.name(of: $0.image) }))]
          + record.tensors().map { ($0, .floats($1)) }, to: file)
      return Outcome(
        label: model.identity.label, crop: model.cropName, accuracy: try DatasetAccuracy(record), file: file)
    }
  }

  private func settings(of model: ModelIdentity, crop: String) -> [String: JSONValue] {
    let own: [String: JSONValue] = [
      "penumbra": .string(Release.version), "label": .string(model.label), "network": .string(model.name),
      "network_fingerprint": .string(model.fingerprint),
      "rows_fingerprint": .string(Dataset.fingerprint(of: rows)),
      "crop": .string(crop),
      "units": "metres", "joint_names": .array(bodies.measured.joints.map(JSONValue.string)),
    ]
    return settings.merging(own) { _, own in own }
  }

  private func measure(into records: [DatasetRecord], _ context: WorkContext) throws {
    let chunks = records[0].chunks
    let missing = chunks.indices.filter { chunk in !records.allSatisfy { $0.isWritten(chunk) } }
    let done = rows.count - missing.reduce(0) { $0 + chunks[$1].count }
    let reporter = context.progress("Evaluating on \(name)")
    defer { reporter.clear() }
    let isComplete = try context.runner(reporter).run(missing.count, done: done, total: rows.count) {
      index throws in
      let chunk = missing[index]
      try measure(chunk, rows: Array(rows[chunks[chunk]]), into: records)
      return chunks[chunk].count
    }
    guard isComplete else {
      let measured = chunks.indices.filter { chunk in records.allSatisfy { $0.isWritten(chunk) } }
        .reduce(0) { $0 + chunks[$1].count }
      throw EvaluationError(
        .interrupted, out, "interrupted at \(measured) of \(rows.count) rows; the same command continues")
    }
  }

  private func measure(_ chunk: Int, rows: [Dataset.Row], into records: [DatasetRecord]) throws {
    let pictures = try rows.map { row in
      let path = images.path(of: row.image)
      return (path: path, picture: try Picture(contentsOf: path), box: row.box as Box?)
    }
    for (model, record) in zip(models, records) where !record.isWritten(chunk) {
      let predictions: Predictions
      do {
        predictions = try model.predictions(on: pictures.map { ($0.picture, $0.box) })
      } catch is PictureError {
        // One of them has a box that does not fit; its error names the file.
        predictions = Predictions(
          stacking: try pictures.map { path, picture, box in
            do { return try model.predictions(on: [(picture, box)]) } catch let error as PictureError {
              throw error.naming(path)
            }
          })
      }
      try record.write(bodies.measure(predictions, of: model, rows), chunk: chunk)
    }
  }
}

extension Dataset.Row {
  /// The person's box in pixels of the picture.
  public var box: Box {
    let corner = centre - side / 2
    return Box(x: corner.x, y: corner.y, width: side, height: side)
  }
}
