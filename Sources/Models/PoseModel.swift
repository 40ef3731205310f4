import Archives
public import Bodies
public import Pictures
public import Tensors

/// A network that can be swept: built in, read from a checkpoint, or running in a process of its own.
///
///     let prepared = try model.prepare(picture, box: box, occlusion: Occlusion())
///     let clean = try prepared.predict(at: [nil])
///
/// A model looks at a picture once, by its own preprocessing, and then predicts with the occluder at windows, several at
/// a time. Everything that walks positions goes through this one seam.
public protocol PoseModel: Sendable {
  /// What results are called after, and what distinguishes this network from others.
  var identity: ModelIdentity { get }
  /// The joints that the network gives.
  var skeleton: Skeleton { get }
  /// What it gives besides joints.
  var outputs: ModelOutputs { get }

  /// Looks at a picture once.
  ///
  /// - Parameters:
  ///   - box: where the person is, in pixels of the picture; nil takes the picture as a crop already.
  ///   - occlusion: what will cover the windows.
  /// - Throws: an error of the picture, the box or the model.
  func prepare(_ picture: Picture, box: Box?, occlusion: Occlusion) throws -> any PreparedPicture

  /// Predictions on unoccluded pictures, each with the person's box; nil takes a picture as a crop already.
  ///
  /// - Throws: an error of a picture, a box or the model.
  func predictions(on pictures: [(picture: Picture, box: Box?)]) throws -> Predictions
  /// The side of the square crop that the network takes, in pixels; nil where that is its own affair.
  var side: Int? { get }

  /// Predictions as joints of another skeleton, `[N, joints, 3]`, metres; a model with a body may regress them.
  ///
  /// - Throws: `ModelError` when the model's joints have no counterparts of some.
  func joints(_ skeleton: Skeleton, of predictions: Predictions) throws -> Tensor

  /// How many windows to predict at once: as many as fit into so many bytes, on so many threads; nil when even one
  /// does not fit.
  func batch(within bytes: Double, workers: Int) -> Int?
  /// About how many bytes predictions take at the same time, weights aside.
  func memory(batch: Int, workers: Int) -> Double
  /// The most memory that the network's processes on this machine have taken, megabytes of 10^6 bytes; nil where it has
  /// none of its own.
  var peakMegabytes: Double? { get }
  /// How many threads keep the network busy; nil for as many as there are processors.
  var concurrency: Int? { get }
  /// The same network computed as it is defined, where this one is computed faster; to measure how far that moves joints.
  var plain: (any PoseModel)? { get }
  /// Is told when the record of a sweep is finished.
  func finished(record path: String)
  /// The same network, for one sweep: what it makes of its weights to work faster goes when it goes.
  var forOneSweep: any PoseModel { get }
  /// The layers whose change from the unoccluded image predictions tell; none unless that was asked for.
  var layers: [String] { get }
  /// The same network, telling how far its layers change; nil where it cannot.
  var measuringLayers: (any PoseModel)? { get }
  /// The body that poses what the network predicts, where it predicts one.
  var body: SMPLBody? { get }
  /// What does the arithmetic, for people who compare times or last digits.
  var arithmetic: Arithmetic? { get }
  /// The word for how the network's crop is cut out of a picture, such as `spin`.
  var cropName: String { get }
}

/// What does the arithmetic of a model.
public struct Arithmetic: Hashable, Sendable {
  /// The algorithm of convolutions, such as `winograd`; nil where that is not known.
  public let convolutions: String?
  /// Instructions and libraries.
  public let kernels: String

  /// An arithmetic of the given parts.
  public init(convolutions: String? = nil, kernels: String) {
    (self.convolutions, self.kernels) = (convolutions, kernels)
  }
}

extension PoseModel {
  /// The joints of the model's own skeleton, or those of the same name or counterpart.
  public func joints(_ skeleton: Skeleton, of predictions: Predictions) throws -> Tensor {
    try predictions.converted(from: self.skeleton, to: skeleton, model: identity.label)
  }

  /// One picture after the other.
  public func predictions(on pictures: [(picture: Picture, box: Box?)]) throws -> Predictions {
    Predictions(
      stacking: try pictures.map { try prepare($0, box: $1, occlusion: Occlusion()).predict(at: [nil]) })
  }
  /// Its own affair.
  public var side: Int? { nil }
  /// Sixteen at a time.
  public func batch(within bytes: Double, workers: Int) -> Int? { 16 }
  /// Next to nothing.
  public func memory(batch: Int, workers: Int) -> Double { 0 }
  /// None of its own.
  public var peakMegabytes: Double? { nil }
  /// As many threads as there are processors.
  public var concurrency: Int? { nil }
  /// None: the model is computed as it is defined.
  public var plain: (any PoseModel)? { nil }
  /// Does nothing.
  public func finished(record path: String) {}
  /// Itself.
  public var forOneSweep: any PoseModel { self }
  /// None.
  public var layers: [String] { [] }
  /// Nil: only networks whose layers run here can.
  public var measuringLayers: (any PoseModel)? { nil }
  /// None.
  public var body: SMPLBody? { nil }
  /// Not known.
  public var arithmetic: Arithmetic? { nil }
  /// The model's own way.
  public var cropName: String { "own" }
  /// How much larger than the person's box its crop is, as far as that is known.
  public var cropMargin: Double { CropMethod(rawValue: cropName)?.margin ?? 1 }
}

/// A picture as one network sees it, ready for predictions with the occluder at windows.
public protocol PreparedPicture: Sendable {
  /// What the network sees, and where that is in the picture.
  var frame: PictureFrame { get }

  /// What the network is given, as a picture for people; nil where that is not known.
  var shown: Picture? { get }
  /// Where a place of ``shown`` is in the picture: shares of its width and height in, pixels of the picture out.
  func picturePlace(x: Double, y: Double) -> (x: Double, y: Double)

  /// Predicts with the occluder at windows of the frame, one prediction each; nil is the unoccluded image.
  ///
  /// May be called from several threads at once. How windows are batched changes no bit of networks that run here.
  func predict(at windows: [Window?], attention: Bool) throws -> Predictions

  /// The same picture, ready for windows that are known beforehand: where incremental inference pays, faster.
  ///
  /// - Parameters:
  ///   - batch: how many windows are computed together at most.
  ///   - attention: whether attention will be wanted.
  func planned(for positions: PositionGrid, batch: Int, attention: Bool) throws -> any PreparedPicture

  /// The same picture for windows and occluders that are not known beforehand, with what the network makes of the
  /// unoccluded image kept for all of them; nil where a model has to prepare the picture for every occlusion.
  func probed() throws -> (any ProbedPicture)?

  /// The work of a window, for forecasts and for grouping.
  func cost(of window: Window) -> WorkEstimate
  /// How many classes of shapes there are, the first window of each of which takes longer.
  var shapeClasses: Int { get }
}

extension PreparedPicture {
  /// Not known.
  public var shown: Picture? { nil }
  /// What is shown is the frame.
  public func picturePlace(x: Double, y: Double) -> (x: Double, y: Double) {
    (frame.x + x * frame.width, frame.y + y * frame.height)
  }
  /// Predictions without attention.
  public func predict(at windows: [Window?]) throws -> Predictions {
    try predict(at: windows, attention: false)
  }
  /// Itself, so many windows at a time: whole passes need no other plan.
  public func planned(
    for positions: PositionGrid, batch: Int, attention: Bool
  ) throws -> any PreparedPicture { BatchedPicture(self, batch: batch) }
  /// Nil: nothing is kept of the unoccluded image.
  public func probed() throws -> (any ProbedPicture)? { nil }
  /// A whole pass.
  public func cost(of window: Window) -> WorkEstimate { WorkEstimate(share: 1, shapeClass: 0) }
  /// One.
  public var shapeClasses: Int { 1 }
}

/// A picture that a network has looked at, for questions about any window under any occluder.
public protocol ProbedPicture: Sendable {
  /// Predicts with an occluder at windows of the frame, one prediction each.
  ///
  /// May be called from several threads at once. Results are those of ``PreparedPicture/predict(at:attention:)`` of the
  /// picture prepared for the occlusion, up to rounding.
  func predict(at windows: [Window], under occlusion: Occlusion) throws -> Predictions
}

/// What a window costs.
public struct WorkEstimate: Hashable, Sendable {
  /// The share of a whole pass.
  public let share: Double
  /// Windows of one class are computed well together.
  public let shapeClass: Int

  /// An estimate of the given parts.
  public init(share: Double, shapeClass: Int) { (self.share, self.shapeClass) = (share, shapeClass) }
}

/// What distinguishes networks.
public struct ModelIdentity: Codable, Hashable, Sendable {
  /// The name in tables, figures and file names.
  public var label: String
  /// The file's name, or that of a built-in network.
  public var name: String
  /// A digest of the weights and of arithmetic that changes results.
  public var fingerprint: String
  /// What kind of network it is, for people, such as "part attention".
  public var kind: String

  /// An identity of the given parts.
  public init(label: String, name: String, fingerprint: String, kind: String) {
    (self.label, self.name, self.fingerprint, self.kind) = (label, name, fingerprint, kind)
  }
}

/// What a model gives besides joints.
public struct ModelOutputs: OptionSet, Sendable {
  /// The bits.
  public let rawValue: Int

  /// A set of the given bits.
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// An SMPL body: rotations and betas.
  public static let body = ModelOutputs(rawValue: 1)
  /// A weak-perspective camera.
  public static let camera = ModelOutputs(rawValue: 2)
  /// For every joint where the network looks.
  public static let attention = ModelOutputs(rawValue: 4)
  /// How sure the network is of every joint, 0…1.
  public static let confidence = ModelOutputs(rawValue: 8)
  /// How far off the network takes every joint to be, metres.
  public static let uncertainty = ModelOutputs(rawValue: 16)
}

/// Why a model cannot do what it is asked for, in one line.
public struct ModelError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What class of failure it is.
  public enum Kind: Hashable, Sendable {
    /// The question does not suit the model.
    case badData
    /// Something that it needs is missing, such as memory or a process.
    case unavailable
    /// It finds nobody in a picture.
    case nobodyFound
  }

  /// The class of failure.
  public let kind: Kind
  /// The file or the label of the model, what is wrong and what to do.
  public let description: String

  /// An error with its line.
  public init(_ kind: Kind, _ description: String) {
    // What a process of somebody's says is part of some.
    (self.kind, self.description) = (kind, description.printable)
  }
}
