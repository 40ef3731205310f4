import Archives
import Bodies
import Foundation
import Networks
import Pictures
import Sweeps
import Synchronization
import Tensors

/// Networks held against the rows of a dataset, over the same pictures, each into a record of its own.
struct DatasetEvaluation {
  /// The dataset's name, for files.
  let name: String
  let rows: [Dataset.Row]
  /// The folder that the rows' pictures lie in.
  let images: String
  let models: [LoadedModel]
  let bodies: DatasetBodies
  /// How boxes are cut out; nil leaves that to each network.
  let crop: CropMethod?
  /// Where records and npz files go.
  let out: String
  /// What else decides the numbers of every network.
  let settings: [String: JSONValue]

  /// What became of one network.
  struct Outcome {
    let model: LoadedModel
    let crop: CropMethod
    let accuracy: DatasetAccuracy
    /// The npz file with PARE's field names.
    let file: String
  }

  /// Evaluates what is not in the records yet, and writes the npz files.
  ///
  /// - Throws: a failure with the code of an interruption after Ctrl-C, when the chunks under way are on disk.
  func run() throws -> [Outcome] {
    let records = try models.map { model in
      try DatasetRecord(
        at: "\(out)/\(name).\(model.label).zarr", count: rows.count, settings: settings(of: model))
    }
    try measure(into: records)
    return try zip(models, records).map { model, record in
      let file = "\(out)/\(name).\(model.label).npz"
      try Npz.write(
        [("imgname", .strings(rows.map(\.image)))] + record.tensors().map { ($0, .floats($1)) }, to: file)
      return Outcome(
        model: model, crop: method(of: model), accuracy: try DatasetAccuracy(record), file: file)
    }
  }

  private func method(of model: LoadedModel) -> CropMethod { crop ?? model.cropMethod }

  private func settings(of model: LoadedModel) -> [String: JSONValue] {
    let own: [String: JSONValue] = [
      "penumbra": .string(Release.version), "label": .string(model.label), "network": .string(model.name),
      "network_fingerprint": .string(model.regressor.fingerprint),
      "rows_fingerprint": .string(Dataset.fingerprint(of: rows)), "crop": .string(method(of: model).rawValue),
      "units": "metres", "joint_names": .array(JointSet.h36m14.jointNames.map(JSONValue.string)),
    ]
    return settings.merging(own) { _, own in own }
  }

  private func measure(into records: [DatasetRecord]) throws {
    let chunks = records[0].chunks
    let missing = chunks.indices.filter { chunk in !records.allSatisfy { $0.isWritten(chunk) } }
    let line = ProgressLine("Evaluating on \(name)")
    let state = Mutex<(done: Int, failure: (any Error)?)>(
      (rows.count - missing.reduce(0) { $0 + chunks[$1].count }, nil))
    line.show(state.withLock(\.done), of: rows.count)
    Workers.run(missing.count) { index, _ in
      guard !Interruption.isRequested, state.withLock({ $0.failure == nil }) else { return }
      let chunk = missing[index]
      do {
        let part = Array(rows[chunks[chunk]])
        let pictures = try part.map { try LoadedPicture($0, in: images, method: crop) }
        for (model, record) in zip(models, records) where !record.isWritten(chunk) {
          try record.write(bodies.measure(estimate(model, pictures), part), chunk: chunk)
        }
        state.withLock {
          $0.done += part.count
          line.show($0.done, of: rows.count)
        }
      } catch {
        state.withLock { $0.failure = $0.failure ?? error }
      }
    }
    line.clear()
    let (done, failure) = state.withLock { ($0.done, $0.failure) }
    if let failure { throw failure }
    guard done == rows.count else {
      throw Failure(
        .interrupted, "\(out): interrupted at \(done) of \(rows.count) rows; the same command goes on"
      )
    }
  }

  private func estimate(_ model: LoadedModel, _ pictures: [LoadedPicture]) throws -> Prediction {
    let side = model.regressor.side
    return try model.regressor.estimate(
      Tensor(stacking: try pictures.map { try $0.input(of: model).reshaped([1, side, side, 3]) }))
  }
}

extension LoadedPicture {
  /// The picture of a dataset's row, with the row's box.
  init(_ row: Dataset.Row, in images: String, method: CropMethod?) throws {
    let path = "\(images)/\(row.image)"
    let corner = row.centre - row.side / 2
    let picture = try Picture(contentsOf: path)
    var fingerprint = picture.fingerprint
    fingerprint.add(Data(Dataset.fingerprint(of: [row]).utf8))
    self.init(
      picture: picture, path: path,
      box: Box(x: corner.x, y: corner.y, width: row.side, height: row.side), method: method,
      source: .init(name: row.image, fingerprint: fingerprint.text))
    let stem = URL(filePath: path).deletingPathExtension().lastPathComponent
    name = String(format: "%05d", row.index) + "_" + stem
  }
}
