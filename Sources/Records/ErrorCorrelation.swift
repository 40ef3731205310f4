package import Bodies
import Models
public import Tensors

/// How far what a network reports of itself grows with its error, over the positions where somebody was found.
struct ErrorCorrelation {
  /// Of every measured joint; nil for one that has no such number, or where one of the two does not vary.
  let ofJoints: [Double?]
  /// Of the means over joints.
  let ofMeans: Double?

  /// The rank correlations of a record's errors with numbers `[positions, joints]`; nil without these.
  init?(_ record: SweepRecord, with numbers: Tensor?) {
    guard let numbers else { return nil }
    let (count, joints) = (record.positions.count, record.measured.count)
    let (errors, own) = (record.results.error.elements, numbers.elements)
    func correlation(_ pairs: [(error: Double, number: Double)]) -> Double? {
      let known = pairs.filter { $0.error.isFinite && $0.number.isFinite }
      let found = Correlation.spearman(known.map(\.error), known.map(\.number))
      return found.isNaN ? nil : found
    }
    ofJoints = (0..<joints).map { joint in
      correlation(
        (0..<count).map { (Double(errors[$0 * joints + joint]), Double(own[$0 * joints + joint])) })
    }
    ofMeans = correlation(
      (0..<count).map { position in
        let range = position * joints..<(position + 1) * joints
        let known = range.filter { own[$0].isFinite }
        func mean(_ values: [Float], _ indices: some Collection<Int>) -> Double {
          indices.reduce(0.0) { $0 + Double(values[$1]) } / Double(indices.count)
        }
        return (mean(errors, range), mean(own, known))
      })
  }
}

extension SweepRecord {
  /// The uncertainty that the network reports of every measured joint, `[positions, joints]`, metres; not a number for
  /// joints that it does not report; nil where it reports none of them.
  public var measuredUncertainty: Tensor? {
    results.values(.uncertainty, of: predictedSkeleton, measured: measured)
  }

  /// The confidence that the network reports of every measured joint, `[positions, joints]`, as above.
  public var measuredConfidence: Tensor? {
    results.values(.confidence, of: predictedSkeleton, measured: measured)
  }

  /// The joints that the network predicts, by the settings where the record has no joints; nil where they are not known.
  var predictedSkeleton: Skeleton? {
    skeleton
      ?? settings.skeleton.flatMap { name in
        notes.skeletons.first { $0.name == name } ?? (try? Skeleton.named(name))
      }
  }
}

extension PositionResults {
  /// Numbers of predicted joints as those of measured ones, `[N, measured joints]`; not a number for joints that have none;
  /// nil where none has any.
  ///
  /// - Parameter own: the skeleton of the predicted joints; nil where it is not known to be another.
  package func values(_ array: PositionArray, of own: Skeleton?, measured: Skeleton) -> Tensor? {
    guard let values = self[array], values.shape.count == 2 else { return nil }
    let indices: [Int?]
    if let own, own != measured {
      indices = SkeletonConversion(from: own, to: measured).indices
    } else {
      indices = measured.joints.indices.map { $0 }
    }
    let width = values.shape[1]
    guard indices.allSatisfy({ $0 ?? 0 < width }), indices.contains(where: { $0 != nil }) else { return nil }
    return values.withElements { values in
      Tensor(
        [count, measured.count],
        (0..<count).flatMap { position in
          indices.map { $0.map { values[position * width + $0] } ?? .nan }
        })
    }
  }
}
