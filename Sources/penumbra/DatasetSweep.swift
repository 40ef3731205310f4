import Archives
import Figures
import Foundation
import Networks
import Pictures
import Sweeps

/// The rows of a dataset, each swept by every network: one record a picture and network, and what they sum up to.
struct DatasetSweep {
  /// The dataset's file.
  let file: String
  let rows: [Dataset.Row]
  let images: String
  let bodies: DatasetBodies
  /// Tells bodies apart.
  let bodyFingerprint: String
  let body: LoadedBody
  let crop: CropMethod?
  let settings: SweepSettings
  /// Where records and aggregates go.
  let out: String

  private var name: String { URL(filePath: file).deletingPathExtension().lastPathComponent }

  /// Sweeps what is not on disk yet, and writes the aggregates: `SET.MODEL.npz`, and `SET.pdf`, a page of
  /// figures.
  ///
  /// - Throws: a failure with the code of an interruption after Ctrl-C; the same command goes on.
  func run(_ models: [LoadedModel]) throws -> [Sensitivity] {
    var sums: [Sensitivity] = []
    for row in rows {
      let truth = LoadedTruth(
        truth: bodies.truth(of: row),
        source: .init(
          name: "\(URL(filePath: file).lastPathComponent) row \(row.index)",
          fingerprint: Dataset.fingerprint(of: [row]) + " " + bodyFingerprint))
      let sweep = PictureSweep(
        picture: try LoadedPicture(row, in: images, method: crop), truth: truth, body: body,
        settings: settings)
      for (i, outcome) in try sweep.record(models, in: out).enumerated() {
        if sums.count <= i { sums.append(Sensitivity(like: outcome.record)) }
        sums[i].add(outcome.record)
      }
    }
    for sum in sums {
      try Npz.write(
        [("imgname", .strings(rows.map(\.image)))] + sum.arrays.map { ($0, .floats($1)) },
        to: "\(out)/\(name).\(sum.network).npz")
    }
    let page = SensitivityPage(sums, dataset: URL(filePath: file).lastPathComponent)
    try AtomicFile.write(page.pdf(), to: "\(out)/\(name).pdf")
    try AtomicFile.write(page.picture().pngData(), to: "\(out)/\(name).png")
    return sums
  }

  /// What is printed as json.
  struct Summary: Encodable {
    struct Network: Encodable {
      let network: String
      let all: Sensitivity.Entry
      let joints: [Sensitivity.Entry]
      let groups: [Sensitivity.Entry]
    }
    let dataset: String
    let pictures: Int
    let networks: [Network]

    init(_ sums: [Sensitivity], of file: String) {
      dataset = URL(filePath: file).lastPathComponent
      pictures = sums[0].count
      networks = sums.map { Network(network: $0.network, all: $0.all, joints: $0.joints, groups: $0.groups) }
    }
  }

  /// The aggregates as a table for people: for every group of joints the error without the patch, the mean over
  /// places, and the greatest over places with its spread over pictures.
  static func lines(_ sums: [Sensitivity]) -> [String] {
    let width = max(26, (sums.map(\.network.count).max() ?? 0) + 2)
    func row(_ head: String, _ cells: [String]) -> String {
      head.padding(toLength: 10, withPad: " ", startingAt: 0)
        + cells.map { String(repeating: " ", count: max(0, width - $0.count)) + $0 }.joined()
    }
    func cell(_ e: Sensitivity.Entry) -> String {
      String(
        format: "%.1f %.1f %.1f ± %.1f", e.cleanMillimetres, e.meanMillimetres, e.worstMillimetres,
        e.worstDeviationMillimetres)
    }
    let groups = sums.map { $0.groups + [$0.all] }
    return sums.map { "\($0.network): \($0.sizes)" } + [
      "",
      "error in mm over \(sums[0].count) pictures: whole picture, mean over places, worst place ± deviation",
      row("", sums.map(\.network)),
    ] + groups[0].indices.map { i in row(groups[0][i].joint, groups.map { cell($0[i]) }) }
  }
}
