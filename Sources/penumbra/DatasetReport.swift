import Models
import Bodies
import Evaluation
import Foundation
import Presentation
import Pictures
import Tensors

/// What `penumbra evaluate --dataset` prints.
struct DatasetReport: Encodable {
  /// One network.
  struct Entry: Encodable {
    let label: String
    let crop: String
    let file: String
    let accuracy: DatasetAccuracy

    enum CodingKeys: String, CodingKey { case label, crop, file }

    init(_ outcome: DatasetEvaluation.Outcome) {
      (label, crop, file) = (outcome.label, outcome.crop, outcome.file)
      accuracy = outcome.accuracy
    }

    func encode(to encoder: any Encoder) throws {
      try accuracy.encode(to: encoder)
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(label, forKey: .label)
      try container.encode(crop, forKey: .crop)
      try container.encode(file, forKey: .file)
    }
  }

  let dataset: String
  let subset: String
  let subsample: Int
  let gender: String
  let count: Int
  /// The joints that errors are over.
  let joints: String
  private let skeleton: Skeleton
  let models: [Entry]
  let peakMemory = ProcessMemory.peakMegabytes

  enum CodingKeys: String, CodingKey {
    case dataset, subset, subsample, gender, count, joints, models
    case peakMemory = "peak_memory_mb"
  }

  init(
    of set: Dataset, subset: String, subsample: Int, gender: String, count: Int, models: [Entry]
  ) {
    dataset = URL(filePath: set.path).lastPathComponent
    (self.subset, self.subsample, self.gender) = (subset, subsample, gender)
    (self.count, self.models, skeleton, joints) = (count, models, set.measured, set.measured.name)
  }

  /// The report as text for people.
  var lines: [String] {
    func numbers(_ value: (DatasetAccuracy) -> Float?) -> [String] {
      models.map { NumberFormat.tenths(value($0.accuracy)) }
    }
    let which =
      (subset == "all" ? "" : ", subset \(subset)") + (subsample == 1 ? "" : ", every \(subsample)th")
    let perJoint = skeleton.titles.enumerated().map { j, title in [title] + numbers { $0.perJoint[j] } }
    let table = TextTable(
      [
        [""] + models.map(\.label), ["crop"] + models.map(\.crop), ["MPJPE"] + numbers(\.mpjpe),
        ["PA-MPJPE"] + numbers(\.alignedMPJPE), ["PVE"] + numbers(\.pve), [],
        ["MPJPE by joint"] + models.map(\.label),
      ] + perJoint)
    return [
      "\(dataset): \(count) rows\(which), \(gender) ground truth; errors in mm, \(skeleton.count) joints"
    ] + table.lines
      + models.compactMap { model in
        model.accuracy.missedRows.map {
          "\(model.label): found nobody in \($0) of \(count) rows, which its means leave out"
        }
      } + models.map { "\($0.label): \($0.file)" }
  }
}
