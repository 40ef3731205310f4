package import Bodies
package import Models
import Presentation
package import Records
import Tensors

/// What a page is told of one network where somebody points: what a record has of a position, or why there is nothing.
///
/// `docs/explorer.md` describes every member.
package struct ExplorerAnswer: Encodable, Sendable {
  private let label: String
  private var problem: String?
  private var window: [Int]?, origin: [Int]?
  private var occluder: ExplorerHeader.Occluder?
  /// Whether nobody was found; nil where somebody was.
  private var missed: Bool?
  /// Numbers by the names of their arrays.
  private var numbers: [String: [Nullable<Double>]] = [:]

  /// Why a network has no numbers.
  package init(label: String, problem: String) { (self.label, self.problem) = (label, problem) }

  /// None of the occluder is in what the network sees.
  package init(outside label: String) { self.init(label: label, problem: ExplorerWords.outside) }

  /// The results of one position.
  ///
  /// - Parameters:
  ///   - window: what the occluder covers of the network's frame.
  ///   - filling: the crop as the occluder would fill it, a data URI; nil where the fill is a colour of its own.
  ///   - skeleton: the joints that the network predicts.
  ///   - measured: those that errors are over.
  package init(
    label: String, _ results: PositionResults, at window: Window, under occlusion: Occlusion,
    in frame: PictureFrame, filling: String? = nil, skeleton: Skeleton, measured: Skeleton
  ) {
    self.label = label
    self.window = [
      window.x.pixels.lowerBound, window.y.pixels.lowerBound, window.x.pixels.upperBound,
      window.y.pixels.upperBound,
    ]
    origin = [window.x.start, window.y.start]
    occluder = .init(
      occlusion, in: frame, coverage: occlusion.maskCoverage(in: frame),
      filling: filling.map(ExplorerHeader.Occluder.Fill.Source.address))
    guard results.error.elements.allSatisfy({ !$0.isNaN }) else {
      missed = true
      return
    }
    func add(_ name: String, _ values: [Float]?, _ factor: Double, decimals: Int) {
      numbers[name] = values?.map { Nullable(Double($0) * factor, decimals: decimals) }
    }
    for (array, decimals) in [(PositionArray.error, 2), (.alignedError, 2), (.joints, 1)] {
      add(array.name, results[array]?.elements, 1000, decimals: decimals)
    }
    add(PositionArray.camera.name, results.camera?.elements, 1, decimals: 5)
    for reported in ReportedQuantity.allCases {
      let array: PositionArray = reported == .uncertainty ? .uncertainty : .confidence
      let values = results.values(array, of: skeleton, measured: measured)
      add(reported.rawValue, values?.elements, reported.factor, decimals: 3)
    }
    guard let body = results.body else { return }
    numbers["rotations"] = RotationVectors(body.rotations).numbers.map { Nullable($0, decimals: 4) }
    add("betas", body.betas.elements, 1, decimals: 3)
  }

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(_ name: String) { stringValue = name }
    init(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
  }

  /// Writes what there is.
  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    try values.encode(label, forKey: Key("label"))
    try values.encodeIfPresent(problem, forKey: Key("problem"))
    try values.encodeIfPresent(window, forKey: Key("window"))
    try values.encodeIfPresent(origin, forKey: Key("origin"))
    try values.encodeIfPresent(occluder, forKey: Key("occluder"))
    try values.encodeIfPresent(missed, forKey: Key("missed"))
    for (name, numbers) in numbers { try values.encode(numbers, forKey: Key(name)) }
  }
}
