import Archives
import Evaluation
import Figures
import Foundation
import Networks
import Pictures
import Sweeps

extension LoadedPicture {
  /// The picture of a dataset's row, with the row's box.
  init(_ row: Dataset.Row, in images: String, method: CropMethod?) throws {
    let path = "\(images)/\(row.image)"
    let picture = try Picture(contentsOf: path)
    var fingerprint = picture.fingerprint
    fingerprint.add(Data(Dataset.fingerprint(of: [row]).utf8))
    self.init(
      picture: picture, path: path, box: row.box, method: method,
      source: .init(name: row.image, fingerprint: fingerprint.text))
    let stem = URL(filePath: path).deletingPathExtension().lastPathComponent
    name = String(format: "%05d", row.index) + "_" + stem
  }
}

extension DatasetSweep {
  /// Sweeps rows as single pictures are swept, and draws `SET.pdf` and `SET.png`, a page of figures.
  func run(
    _ models: [LoadedModel], file: String, images: String, body: LoadedBody, crop: CropMethod?,
    settings: SweepSettings, out: String
  ) throws -> [DatasetSensitivity] {
    let set = URL(filePath: file).lastPathComponent
    let sums = try run { row, truth, fingerprint in
      let truth = LoadedTruth(
        truth: truth, source: .init(name: "\(set) row \(row.index)", fingerprint: fingerprint))
      let picture = try LoadedPicture(row, in: images, method: crop)
      return try PictureSweep(picture: picture, truth: truth, body: body, settings: settings)
        .record(models, in: out).map(\.record)
    }
    let page = SensitivityPage(sums, dataset: set)
    try AtomicFile.write(page.pdf(), to: "\(out)/\(name).pdf")
    try AtomicFile.write(page.picture().pngData(), to: "\(out)/\(name).png")
    return sums
  }
}

extension LoadedModel {
  /// The network as evaluations take it.
  var evaluated: EvaluatedNetwork {
    EvaluatedNetwork(label: label, name: name, regressor: regressor, crop: cropMethod)
  }
}

extension NetworkCatalog {
  /// The built-in networks and weight files.
  static let shipped = NetworkCatalog(
    builtIn: ModelOptions.builtIn,
    path: { source in
      ModelOptions.builtIn.contains(source) ? try Fixtures.path("networks/\(source).safetensors") : source
    },
    load: { label, source in try LoadedModel(label: label, source: source).evaluated })
}
