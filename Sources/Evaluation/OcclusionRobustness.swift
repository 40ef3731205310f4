import Bodies
public import Tensors

/// The measurements of one network: numbers for each picture, from which all means and intervals follow.
public struct OcclusionRobustness: Sendable {
  /// The arrays of images without a patch: joint errors `[people, joints]`, the same after Procrustes alignment, and the
  /// mean vertex error `[people]`, metres; behind objects also 1 for joints that an occluder hides, `[people, joints]`.
  public enum CleanKey: String, CaseIterable, Sendable {
    case error, aligned = "error_pa", vertices = "vertex_error", isCovered = "is_covered"
  }

  /// The number of people.
  public let people: Int
  /// Arrays `[people, …]` by condition and by the raw value of ``CleanKey`` or ``OcclusionStatistics/Key``; metres.
  public let conditions: [Condition: [String: Tensor]]

  /// Measurements under the given conditions.
  public init(people: Int, conditions: [Condition: [String: Tensor]]) {
    (self.people, self.conditions) = (people, conditions)
  }

  /// One number a picture: that at `index` of each picture's block, or the mean over all of it.
  func numbers(_ condition: Condition, _ key: String, at index: Int? = nil) -> [Double]? {
    guard let array = conditions[condition]?[key], array.shape[0] == people else { return nil }
    let width = array.count / people
    return array.withElements { elements in
      (0..<people).map { person in
        if let index { return Double(elements[person * width + index]) }
        return (0..<width).reduce(0.0) { $0 + Double(elements[person * width + $1]) } / Double(width)
      }
    }
  }

  /// Each picture's mean error, clean or behind objects, of the joints except the pelvis that an occluder hides; NaN
  /// where no joint is hidden.
  func coveredError(_ condition: Condition) -> [Double]? {
    guard let errors = conditions[condition]?[CleanKey.error.rawValue],
      let isCovered = conditions[.objects]?[CleanKey.isCovered.rawValue]
    else { return nil }
    return (0..<people).map { person in
      Bootstrap.mean(
        (1..<Joint.count).filter { isCovered[person, $0] == 1 }.map { Double(errors[person, $0]) })
    }
  }

  /// The mean over joints except the pelvis, of those that have the number.
  func jointMeans(_ condition: Condition, _ key: OcclusionStatistics.Key) -> [Double]? {
    guard let array = conditions[condition]?[key.rawValue] else { return nil }
    return (0..<people).map { person in
      Bootstrap.mean((1..<Joint.count).map { Double(array[person, $0]) })
    }
  }
}
