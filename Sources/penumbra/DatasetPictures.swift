import Tensors
import Archives
import Bodies
import Evaluation
import Figures
import Foundation
import Models
import Pictures
import Presentation
import Records
import Sweeps

extension PictureInput {
  /// The picture of a dataset's row, with the row's box.
  init(_ row: Dataset.Row, in images: PictureFolder) throws {
    let path = images.path(of: row.image)
    let picture = try Picture(contentsOf: path)
    var fingerprint = picture.fingerprint
    fingerprint.add(Data(Dataset.fingerprint(of: [row]).utf8))
    let stem = URL(filePath: path).deletingPathExtension().lastPathComponent
    self.init(
      picture: picture, path: path, box: row.box,
      source: SourceFile(name: images.name(of: row.image), fingerprint: fingerprint.text),
      stem: String(format: "%05d", row.index) + "_" + stem)
  }
}

extension DatasetSweep {
  /// Sweeps rows as single pictures are swept, and draws their aggregates.
  func run(
    _ models: [any PoseModel], under choice: OccluderChoice, images: PictureFolder, options: SweepOptions,
    body: BodyModel, share: SetShare?
  ) throws -> [DatasetSensitivity]? {
    let sums = try run(share) { row, truth, fingerprint in
      let truth = LoadedGroundTruth(
        truth: truth, source: SourceFile(name: "\(set.title) row \(row.index)", fingerprint: fingerprint))
      let sweep = PictureSweep(
        try PictureInput(row, in: images), truth: truth, body: body, options: options)
      do {
        return try sweep.record(models, under: choice.placed(in: sweep, models), in: set.out).flatMap(\.self)
          .map { (path: $0.path, record: $0.record) }
      } catch let error as ModelError where error.kind == .nobodyFound {
        Console.writeNotice("left out: \(error.description)")
        return []
      }
    }
    if let sums, !choice.plain.isEmpty { try set.draw(sums, body: body) }
    return sums
  }
}

extension PictureSet {
  /// Draws `SET.pdf` and `SET.png`, a page of figures, and `SET-body.pdf` and `SET-body.png`, the numbers on a body.
  func draw(_ sums: [DatasetSensitivity], body: BodyModel) throws {
    guard !sums.isEmpty else {
      Console.writeNotice(
        "penumbra: \(title): no aggregates, because the joints that are measured differ between the pictures"
      )
      return
    }
    try Interruption.endAtOnce(out)
    let path = "\(out)/\(name)"
    var files: [@Sendable () throws -> Void] = []
    if let report = OccluderReport(sums, dataset: title) {
      files.append { try report.document().write(to: "\(path).occluders.pdf") }
      files.append { try AtomicFile.write(report.picture().pngData(), to: "\(path).occluders.png") }
    }
    for sums in sums.byOcclusion {
      let path = "\(path)\(sums[0].part)"
      let page = SensitivityReport(sums, dataset: title)
      files.append { try page.document().write(to: "\(path).pdf") }
      files.append { try AtomicFile.write(page.picture().pngData(), to: "\(path).png") }
      do {
        let body = BodyFigure([try BodyPage(sums, dataset: title, body: body)])
        files.append { try body.document().write(to: "\(path)-body.pdf") }
        files.append { try AtomicFile.write(body.picture().pngData(), to: "\(path)-body.png") }
      } catch {
        Console.writeError("penumbra: \(title): no figure of the body: \(error)")
      }
    }
    // Bodies take seconds to draw, each on one thread. The slowest come first.
    let drawn = Array(files.reversed())
    _ = try Workers.map(drawn.count) { try drawn[$0]() }
  }
}
