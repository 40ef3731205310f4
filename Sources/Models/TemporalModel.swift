public import Bodies
import Foundation
public import Networks
public import Pictures
import Tensors

/// A network that lifts the keypoints of a clip's frames to the joints of the middle one, as a model to sweep.
///
/// The occluder is in every frame. A single picture is a clip that stands still.
public struct TemporalModel: ClipModel {
  /// The network that is in use, its convolutions by the chosen algorithm.
  public let network: TemporalNetwork
  private let label: String, file: String
  private let cropMethod: CropMethod?
  private let direct: TemporalNetwork

  /// A network, the name it goes by, and that of its file.
  ///
  /// - Parameters:
  ///   - crop: how pictures are cut; nil leaves that to the network.
  ///   - convolutions: the algorithm of convolutions; as defined unless given otherwise.
  public init(
    _ network: TemporalNetwork, label: String, file: String, crop: CropMethod? = nil,
    convolutions: Regressor.Convolutions = .direct
  ) {
    self.network = network.with(convolutions)
    (self.label, self.file, cropMethod, direct) = (label, file, crop, network)
  }

  /// Label, file, and a digest of the weights and of a precision that changes results.
  public var identity: ModelIdentity {
    ModelIdentity(
      label: label, name: file,
      fingerprint: network.fingerprint + (network.keypoints.convolutions == .bfloat16 ? "-bfloat16" : ""),
      kind: "temporal")
  }
  /// SMPL's joints.
  public var skeleton: Skeleton { .smpl24 }
  /// How sure it is to see each joint in the middle frame.
  public var outputs: ModelOutputs { [.confidence] }
  /// How many frames it looks at.
  public var frameCount: Int { network.settings.frames }
  /// How the network's crop is cut.
  public var crop: CropMethod {
    cropMethod ?? (network.keypoints.architecture.isBlazePose ? .blazePose : .spin)
  }
  /// The method's name.
  public var cropName: String { crop.rawValue }
  /// The algorithm of convolutions, and the kernels in use.
  public var arithmetic: Arithmetic? {
    Arithmetic(convolutions: network.keypoints.convolutions.rawValue, kernels: Processor.kernels)
  }
  /// The side of its crop.
  public var side: Int? { network.keypoints.side }

  /// Looks at a clip that stands still.
  public func prepare(_ picture: Picture, box: Box?, occlusion: Occlusion) throws -> any PreparedPicture {
    try PreparedClip(self, Clip(frames: [picture], name: ""), box: box, occlusion: occlusion)
  }

  /// Cuts the crops of all frames, and finds their keypoints.
  public func prepare(_ clip: Clip, box: Box?, occlusion: Occlusion) throws -> any PreparedPicture {
    try PreparedClip(self, clip, box: box, occlusion: occlusion)
  }

  /// As many crops as the maps of all frames leave room for.
  public func batch(within bytes: Double, workers: Int) -> Int? {
    network.keypoints.batch(within: bytes, workers: workers, crops: frameCount)
  }

  /// The bytes of the maps of all frames.
  public func memory(batch: Int, workers: Int) -> Double {
    network.keypoints.memory(batch: batch, workers: workers, crops: frameCount)
  }

  /// The network with convolutions as defined; its packed weights go when it goes.
  public var plain: (any PoseModel)? {
    network.keypoints.convolutions == .direct ? nil : fresh(.direct)
  }

  /// The network with packed weights of its own, so that those of several networks are not held at once.
  public var forOneSweep: any PoseModel { fresh(network.keypoints.convolutions) }

  private func fresh(_ convolutions: Regressor.Convolutions) -> TemporalModel {
    TemporalModel(
      direct.withTemporaryCache, label: label, file: file, crop: cropMethod, convolutions: convolutions)
  }

  /// What finds the keypoints of one frame, as a model of which they are the joints.
  fileprivate struct Frames: CropModel {
    let network: KeypointNetwork
    let identity: ModelIdentity
    let skeleton = Skeleton.smpl24
    let outputs: ModelOutputs = []
    let crop: CropMethod
    var cropSide: Int { network.side }

    func prepare(_ picture: Picture, box: Box?, occlusion: Occlusion) throws -> any PreparedPicture {
      try PreparedCrop(self, picture, box: box, by: crop, occlusion: occlusion)
    }

    func predictions(onCrops crops: Tensor, attention: Bool) throws -> Predictions {
      Predictions(joints: try network.estimate(crops))
    }

    func predictions(ofResults results: [Tensor]) throws -> Predictions { Predictions(joints: results[0]) }

    func layerChanges(onCrops crops: Tensor, from clean: Tensor) throws -> Tensor {
      preconditionFailure("layers of keypoints are not measured")
    }

    func incrementalInference(
      on crop: Tensor, windows: PatchWindows, batch: Int, attention: Bool, keepsAll: Bool
    ) throws -> IncrementalInference {
      try network.incrementalInference(on: crop, windows: windows, batch: batch, keepsAll: keepsAll)
    }
  }

  fileprivate var frames: Frames { Frames(network: network.keypoints, identity: identity, crop: crop) }
}

/// A clip that a temporal network has looked at; windows are those of the middle frame.
private struct PreparedClip: PreparedPicture {
  /// One frame: its crop, its keypoints with nothing in front, and how far windows move to be at the same place of the person.
  struct Frame {
    let whole: any PreparedPicture
    var planned: any PreparedPicture
    let clean: Tensor
    var shift: (x: Int, y: Int) = (0, 0)
  }

  private let network: TemporalNetwork
  private let label: String
  /// The frames that differ.
  private var frames: [Frame]
  /// Which of them the network looks at, in order, and which is the middle one.
  private let order: [Int], middle: Int

  init(_ model: TemporalModel, _ clip: Clip, box: Box?, occlusion: Occlusion) throws {
    (network, label) = (model.network, model.identity.label)
    let numbers = clip.numbers(model.frameCount)
    let distinct = Set(numbers).sorted()
    order = numbers.map { distinct.firstIndex(of: $0)! }
    let middle = distinct.firstIndex(of: clip.middle)!
    let finder = model.frames
    frames = try distinct.map { number in
      let prepared = try finder.prepare(clip.frames[number], box: box, occlusion: occlusion)
      return Frame(whole: prepared, planned: prepared, clean: try prepared.predict(at: [nil]).joints)
    }
    self.middle = middle
    guard clip.followsPerson else { return }
    let centre = Self.centres(frames.map(\.clean), from: middle)
    let half = Double(model.network.keypoints.side) / 2
    for index in frames.indices {
      let way = centre[index]
      frames[index].shift = (Int(bounded: way.x * half), Int(bounded: way.y * half))
    }
  }

  /// How far the person is from where it is in the middle frame: the mean way of the keypoints that both frames see, or of all
  /// where they see none together.
  private static func centres(_ keypoints: [Tensor], from middle: Int) -> [(x: Double, y: Double)] {
    let all = keypoints.map(\.elements)
    return all.map { own in
      let joints = stride(from: 0, to: own.count, by: 3)
      var seen = joints.filter { own[$0 + 2] > 0 && all[middle][$0 + 2] > 0 }
      if seen.isEmpty { seen = Array(joints) }
      let ways = seen.map { (Double(own[$0] - all[middle][$0]), Double(own[$0 + 1] - all[middle][$0 + 1])) }
      let count = Double(ways.count)
      return (ways.reduce(0) { $0 + $1.0 } / count, ways.reduce(0) { $0 + $1.1 } / count)
    }
  }

  var frame: PictureFrame { frames[middle].whole.frame }
  var shown: Picture? { frames[middle].whole.shown }

  func predict(at windows: [Window?], attention: Bool) throws -> Predictions {
    let side = frame.side
    let row = SMPLParameters.joints * 3
    // Of every frame that differs, the keypoints of all windows.
    let keypoints = try frames.map { frame -> [Float] in
      let moved = windows.map { $0?.moved(by: frame.shift, in: side) }
      let covered = moved.indices.filter { moved[$0] != nil }
      let clean = frame.clean.elements
      guard !covered.isEmpty else { return windows.flatMap { _ in clean } }
      let seen = try frame.planned.predict(at: covered.map { moved[$0] }).joints.elements
      var all = windows.flatMap { _ in clean }
      for (place, window) in covered.enumerated() {
        all.replaceSubrange(window * row..<(window + 1) * row, with: seen[place * row..<(place + 1) * row])
      }
      return all
    }
    var joints: [Float] = [], confidence: [Float] = []
    for window in windows.indices {
      let rows = window * row..<(window + 1) * row
      let clip = Tensor(
        [order.count, SMPLParameters.joints, 3], order.flatMap { keypoints[$0][rows] })
      joints += try network.joints(clip).elements
      confidence += stride(from: rows.lowerBound + 2, to: rows.upperBound, by: 3).map {
        1 / (1 + expf(-keypoints[middle][$0]))
      }
    }
    let count = windows.count
    guard joints.allSatisfy({ abs($0) <= 1000 }) else {
      throw ModelError(
        .badData,
        "\(label): predicts no pose, but numbers that are absurd or none at all; its weights are damaged")
    }
    return Predictions(
      joints: Tensor([count, SMPLParameters.joints, 3], joints),
      confidence: Tensor([count, SMPLParameters.joints], confidence))
  }

  func planned(for positions: PositionGrid, batch: Int, attention: Bool) throws -> any PreparedPicture {
    var copy = self
    for index in frames.indices {
      guard let moved = positions.moved(by: frames[index].shift, in: frame.side) else { continue }
      copy.frames[index].planned = try frames[index].whole.planned(
        for: moved, batch: batch, attention: false)
    }
    return copy
  }

  func cost(of window: Window) -> WorkEstimate { frames[middle].planned.cost(of: window) }
  var shapeClasses: Int { frames[middle].planned.shapeClasses }
}

extension Span {
  /// The span so many pixels on, clipped to the frame; nil where nothing of it is left.
  fileprivate func moved(by distance: Int, in side: Int) -> Span? {
    guard distance != 0 else { return self }
    let size = Int(bounded: 2 * Double(centre - Float(start)))
    let begin = start + distance
    let (first, end) = (max(0, begin), min(side, begin + size))
    guard first < end else { return nil }
    return Span(pixels: first..<end, centre: centre + Float(distance), start: begin)
  }
}

extension Window {
  /// The window so many pixels on, clipped to the frame; nil where nothing of it is left.
  fileprivate func moved(by shift: (x: Int, y: Int), in side: Int) -> Window? {
    guard let y = y.moved(by: shift.y, in: side), let x = x.moved(by: shift.x, in: side) else { return nil }
    return Window(y: y, x: x)
  }
}

extension PositionGrid {
  /// The positions so many pixels on, without those of which nothing is left in the frame; nil where none is.
  fileprivate func moved(by shift: (x: Int, y: Int), in side: Int) -> PositionGrid? {
    if let list {
      let windows = list.compactMap { $0.moved(by: shift, in: side) }
      return windows.isEmpty ? nil : PositionGrid(list: windows)
    }
    let rows = rows.compactMap { $0.moved(by: shift.y, in: side) }
    let columns = columns.compactMap { $0.moved(by: shift.x, in: side) }
    return rows.isEmpty || columns.isEmpty ? nil : PositionGrid(rows: rows, columns: columns)
  }
}
