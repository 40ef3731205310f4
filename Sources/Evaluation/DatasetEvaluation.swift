import Networks
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
  let networks: [LoadedNetwork]
  let bodies: DatasetBodies
  /// How boxes are cut out; nil for the way of each network.
  let crop: CropMethod?
  /// Where records and npz files go.
  let out: String
  /// Further settings that determine the results of all networks.
  let settings: [String: JSONValue]

  /// The result of one network.
  public struct Outcome: Sendable {
    /// The network.
    public let network: LoadedNetwork
    /// How boxes were cut out.
    public let crop: CropMethod
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
  ///   - crop: how boxes are cut out; nil for the way of each network.
  ///   - out: the folder of records and npz files.
  ///   - settings: further settings that determine the results; kept in the records.
  public init(
    name: String, rows: [Dataset.Row], images: PictureFolder, networks: [LoadedNetwork],
    bodies: DatasetBodies,
    crop: CropMethod?, out: String, settings: [String: JSONValue]
  ) {
    (self.name, self.rows, self.images) = (name, rows, images)
    (self.networks, self.bodies, self.crop) = (networks, bodies, crop)
    (self.out, self.settings) = (out, settings)
  }

  /// Evaluates what is not in the records yet, and writes the npz files.
  ///
  /// - Throws: `EvaluationError` of the kind `interrupted` after a cancellation, when the chunks in progress are on
  ///   disk; `ArchiveError` or `PictureError` as files fail.
  public func run(_ context: WorkContext = WorkContext()) throws -> [Outcome] {
    let records = try networks.map { network in
      try DatasetRecord(
        at: "\(out)/\(name).\(network.label).zarr", count: rows.count, measured: bodies.measured,
        settings: settings(of: network))
    }
    try measure(into: records, context)
    return try zip(networks, records).map { network, record in
      let file = "\(out)/\(name).\(network.label).npz"
      try Npz.write(
        [("imgname", .strings(rows.map(\.image)))] + record.tensors().map { ($0, .floats($1)) }, to: file)
      return Outcome(
        network: network, crop: crop ?? network.cropMethod, accuracy: try DatasetAccuracy(record), file: file)
    }
  }

  private func settings(of network: LoadedNetwork) -> [String: JSONValue] {
    let own: [String: JSONValue] = [
      "penumbra": .string(Release.version), "label": .string(network.label), "network": .string(network.name),
      "network_fingerprint": .string(network.regressor.fingerprint),
      "rows_fingerprint": .string(Dataset.fingerprint(of: rows)),
      "crop": .string((crop ?? network.cropMethod).rawValue),
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
    let pictures = try rows.map { try RowPicture($0, in: images) }
    for (network, record) in zip(networks, records) where !record.isWritten(chunk) {
      let side = network.regressor.side
      let inputs = try pictures.map {
        try $0.input(side: side, by: crop ?? network.cropMethod).reshaped([1, side, side, 3])
      }
      let prediction = try network.regressor.estimate(Tensor(stacking: inputs))
      try record.write(bodies.measure(prediction, rows), chunk: chunk)
    }
  }
}

/// The picture of a dataset's row, with the row's box.
struct RowPicture {
  private let picture: Picture, path: String, box: Box

  init(_ row: Dataset.Row, in images: PictureFolder) throws(PictureError) {
    path = images.path(of: row.image)
    picture = try Picture(contentsOf: path)
    box = row.box
  }

  /// What a network sees, `[side, side, 3]`, normalised.
  func input(side: Int, by method: CropMethod) throws(PictureError) -> Tensor {
    do { return try picture.networkInput(around: box, side: side, by: method) } catch {
      throw error.naming(path)
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
