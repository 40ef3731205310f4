public import Bodies
import Models
import Records
import Tensors

/// A skeleton over a crop: where its joints are, as shares of the crop's side from the upper left corner.
public struct SkeletonOverlay: Sendable {
  /// The joints; not a number where nobody was found.
  public let points: [SIMD2<Double>]
  /// The pairs of joints that a bone is between.
  public let bones: [(from: Int, to: Int)]
  /// The colour.
  public let colour: Colour
}

/// Where joints in space are in a network's crop: the one place that projects them.
struct Projection {
  private enum Kind {
    /// Over the crop, by a camera.
    case camera(WeakPerspectiveCamera, side: Int)
    /// From the front, about the root, which is at `centre` of the crop; so many crop sides are a metre.
    case front(centre: SIMD2<Double>, scale: Double)
  }
  private let kind: Kind

  /// Through the camera of a network's prediction or of the ground truth.
  init(_ camera: WeakPerspectiveCamera, side: Int) { kind = .camera(camera, side: side) }

  /// From the front, as large as poses about their roots fit into nine tenths of the crop.
  init(fitting poses: [Point]) {
    let points = poses.filter { $0.x.isFinite && $0.y.isFinite }
    let (xs, ys) = (points.map { Double($0.x) }, points.map { Double($0.y) })
    let (left, right) = (xs.min() ?? 0, xs.max() ?? 1)
    let (top, bottom) = (ys.min() ?? 0, ys.max() ?? 1)
    let scale = 0.9 / max(right - left, bottom - top, 1e-6)
    let middle = SIMD2(left + right, top + bottom) / 2
    kind = .front(centre: 0.5 - middle * scale, scale: scale)
  }

  /// Whether the crop itself cannot lie beneath.
  var isFrontView: Bool { if case .front = kind { true } else { false } }

  /// Where joints are; those of a front view are given about their root.
  func callAsFunction(_ joints: [Point]) -> [SIMD2<Double>] {
    joints.map { joint in
      switch kind {
      case .camera(let camera, let side): (SIMD2<Double>(camera.project(joint, side: side)) + 1) / 2
      case .front(let centre, let scale): centre + SIMD2(Double(joint.x), Double(joint.y)) * scale
      }
    }
  }
}

/// The skeletons that a network's panels show, over its crop or, without a camera, from the front.
struct Skeletons {
  private let entry: PictureReport.Entry
  private let skeleton: Skeleton
  private let joints: (clean: Tensor, results: Tensor)
  /// For a network without a camera.
  private let front: Projection?

  /// The skeletons of a network; nil where its record has no joints.
  init?(_ entry: PictureReport.Entry) {
    let record = entry.record
    guard let skeleton = record.skeleton, let clean = record.clean.joints,
      let results = record.results.joints
    else { return nil }
    (self.entry, self.skeleton, joints) = (entry, skeleton, (clean, results))
    guard record.clean.camera == nil || record.results.camera == nil else {
      front = nil
      return
    }
    let truth = record.context.truthJoints.map { $0.points.about(record.measured) } ?? []
    front = Projection(fitting: clean.points.about(skeleton) + truth)
  }

  /// Whether panels show the body from the front, not over the picture.
  var isFrontView: Bool { front != nil }

  /// The clean prediction.
  func clean(in colour: Colour) -> SkeletonOverlay { prediction(nil, colour) }

  /// The prediction at a position.
  func prediction(at position: Int) -> SkeletonOverlay { prediction(position, entry.colour) }

  private func prediction(_ position: Int?, _ colour: Colour) -> SkeletonOverlay {
    let points = predicted(position)
    let projection = front ?? camera(position)
    return SkeletonOverlay(
      points: projection(front == nil ? points : points.about(skeleton)), bones: skeleton.boneIndices,
      colour: colour)
  }

  /// The ground truth beside a prediction: the clean one, or that at a position.
  ///
  /// Where the ground truth has no camera, its root is placed at that of the prediction, which is how errors are measured.
  func truth(beside position: Int?) -> SkeletonOverlay? {
    let record = entry.record
    guard record.settings.truth != nil, let reference = record.context.truthJoints else { return nil }
    let measured = record.measured
    let truth = reference.points
    let points: [SIMD2<Double>]
    if let front {
      points = front(truth.about(measured))
    } else if let own = Self.truthCamera(of: record) {
      points = Projection(own, side: record.settings.frame.side)(truth)
    } else {
      let root = skeleton.root(of: predicted(position))
      points = camera(position)(truth.about(measured).map { $0 + root })
    }
    return SkeletonOverlay(points: points, bones: measured.boneIndices, colour: .truth)
  }

  /// The camera of the ground truth, where its joints are told from the camera's origin.
  static func truthCamera(of record: SweepRecord) -> WeakPerspectiveCamera? {
    record.measured.origin == nil ? record.context.truthCamera.map { WeakPerspectiveCamera($0) } : nil
  }

  private func predicted(_ position: Int?) -> [Point] {
    (position.map { joints.results.rows($0..<$0 + 1) } ?? joints.clean).points
  }

  private func camera(_ position: Int?) -> Projection {
    let record = entry.record
    let numbers = position == nil ? record.clean.camera : record.results.camera
    return Projection(
      WeakPerspectiveCamera(numbers!, at: position ?? 0), side: record.settings.frame.side)
  }
}

extension [Point] {
  /// The pose about its root.
  fileprivate func about(_ skeleton: Skeleton) -> [Point] {
    let root = skeleton.root(of: self)
    return map { $0 - root }
  }
}

/// A body as a surface in front of a camera.
public struct BodySurface: Sendable {
  /// The surface in the frame of the camera, metres: x right, y down, z away.
  public let vertices: [Point]
  /// Its triangles, counterclockwise from outside.
  public let faces: [SIMD3<Int32>]
  /// The camera.
  public var camera: WeakPerspectiveCamera
  /// The surface's colour in full light.
  public let colour: Colour

  /// A surface of its parts.
  public init(
    vertices: [Point], faces: [SIMD3<Int32>], camera: WeakPerspectiveCamera, colour: Colour = Colour(0xC9D6E6)
  ) {
    (self.vertices, self.faces, self.camera, self.colour) = (vertices, faces, camera, colour)
  }

  /// The body of rotations and betas, one each, in a pale tone of a colour; nil where there is no body to pose.
  init?(
    _ body: BodyModel?, rotations: Tensor, betas: Tensor, camera: WeakPerspectiveCamera,
    paleFrom colour: Colour
  ) {
    guard let body, !body.faces.isEmpty, rotations.isFinite, betas.isFinite,
      [camera.scale, camera.tx, camera.ty].allSatisfy(\.isFinite)
    else { return nil }
    let vertices = body.posed(rotations: rotations, betas: betas).vertices.points
    self.init(
      vertices: vertices, faces: body.faces, camera: camera,
      colour: colour.mixed(with: Colour(0xF2F4F7), 0.62))
  }
}

extension PictureReport {
  /// The body of the ground truth, where that is given as one and its camera is known.
  func truthBody() -> BodySurface? {
    let context = entries[0].record.context
    guard let truth = context.truthBody, let camera = context.truthCamera else { return nil }
    return BodySurface(
      body, rotations: truth.rotations.reshaped([1] + truth.rotations.shape),
      betas: truth.betas.reshaped([1] + truth.betas.shape), camera: WeakPerspectiveCamera(camera),
      paleFrom: .truth)
  }

  /// The body of a network's clean prediction, where it predicts one.
  public func cleanBody(_ entry: Entry) -> BodySurface? {
    let clean = entry.record.clean
    guard let predicted = clean.body, let camera = clean.camera else { return nil }
    return BodySurface(
      body, rotations: predicted.rotations, betas: predicted.betas, camera: WeakPerspectiveCamera(camera),
      paleFrom: entry.colour)
  }
}
