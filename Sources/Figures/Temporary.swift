public import Evaluation
public import Foundation
public import Pictures
public import Presentation
public struct SensitivityPage {
  public init(_ sums: [DatasetSensitivity], dataset: String, colours: Colormap = .inferno) {}
  public func pdf() -> Data { Data() }
  public func picture() -> Picture { Picture(width: 1, height: 1, pixels: [0, 0, 0]) }
}
public struct TrainingCurve { public init(name: String, variant: String, log: String) {} }
public struct ExperimentReport {
  public init(_ summary: ExperimentSummary, curves: [TrainingCurve]) {}
  public func pdf() -> Data { Data() }
  public func figures() -> [(name: String, picture: Picture)] { [] }
}
