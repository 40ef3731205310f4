public import Bodies
import Foundation
public import Models
import Networks
public import Pictures
import Synchronization
import Tensors

/// A network of five joints with a known answer: the one fake network of the tests.
///
/// Every joint has a neighbourhood in the crop, a quarter of its side high and wide. With the occluder on it the joint
/// moves away from the camera by ``reach`` times the share of pixels that the occluder changes. All numbers are exact
/// in binary, so that tests compare them with `==`.
///
///     let model = DummyModel(outputs: [.camera, .attention])
///     let prepared = try model.prepare(DummyModel.picture(), box: nil, occlusion: Occlusion())
///     #expect(try prepared.predict(at: [window]).joints.points == model.joints(under: window))
public struct DummyModel: PoseModel {
  /// How far a joint moves when its neighbourhood is covered, metres.
  public static let reach: Float = 0.125

  /// A root, two hands and two feet.
  public static let skeleton = try! Skeleton(
    name: "dummy5", source: "The tests",
    joints: ["root", "left_hand", "right_hand", "left_foot", "right_foot"], root: ["root"],
    mirror: [["left_hand", "right_hand"], ["left_foot", "right_foot"]],
    parents: ["left_hand": "root", "right_hand": "root", "left_foot": "root", "right_foot": "root"],
    bones: [
      ["root", "left_hand"], ["root", "right_hand"], ["root", "left_foot"], ["root", "right_foot"],
    ],
    groups: [
      .init(name: "hand", joints: ["left_hand", "right_hand"]),
      .init(name: "foot", joints: ["left_foot", "right_foot"]),
    ],
    limbs: [
      .init(name: "trunk", joints: ["root"]), .init(name: "arms", joints: ["left_hand", "right_hand"]),
      .init(name: "legs", joints: ["left_foot", "right_foot"]),
    ])

  /// The joints on the unoccluded image, metres.
  public static let restingJoints: [Point] = [
    Point(), Point(0.5, -0.5, 0), Point(-0.5, -0.5, 0), Point(0.25, 0.75, 0), Point(-0.25, 0.75, 0),
  ]

  /// Where the joints' neighbourhoods have their centres, as shares of the crop to the right and down.
  static let centres: [SIMD2<Float>] = [
    [0.5, 0.5], [0.75, 0.25], [0.25, 0.25], [0.625, 0.875], [0.375, 0.875],
  ]

  /// What throws at the call that was chosen.
  public struct Failure: Error, Equatable {
    /// An error.
    public init() {}
  }

  /// The name in tables and file names.
  public var label = "dummy"
  /// What it gives besides joints.
  public var outputs: ModelOutputs = []
  /// The side of the crop, a multiple of 8.
  public var side = 32
  /// The share of the crop's side that the person's box takes.
  public var boxShare = 1.0
  /// The number of the call of `predict` that throws ``Failure``; the first is 1, a sweep's look at the unoccluded
  /// image.
  public var failingCall: Int?
  /// How long every window takes.
  public var secondsPerWindow = 0.0
  /// The windows at which nobody is found: all numbers are not numbers.
  public var isMissing: @Sendable (Window) -> Bool = { _ in false }
  /// Whether nobody is found on the unoccluded image.
  public var missesUnoccluded = false
  private let counter = Counter()

  /// A network that never fails unless told otherwise.
  public init(label: String = "dummy", outputs: ModelOutputs = [], side: Int = 32) {
    (self.label, self.outputs, self.side) = (label, outputs, side)
  }

  /// How often `predict` was called, of all copies of the model.
  public var calls: Int { counter.state.withLock(\.calls) }
  /// How many windows were predicted, of all copies of the model.
  public var predictedWindows: Int { counter.state.withLock(\.windows) }

  /// Label and settings.
  public var identity: ModelIdentity {
    ModelIdentity(
      label: label, name: "dummy", fingerprint: "dummy-\(side)-\(outputs.rawValue)-\(boxShare)",
      kind: "dummy")
  }
  /// ``skeleton-swift.type.property``.
  public var skeleton: Skeleton { Self.skeleton }

  /// Cuts the crop as SPIN does, around a box that is as much larger as ``boxShare`` has it.
  public func prepare(_ picture: Picture, box: Box?, occlusion: Occlusion) throws -> any PreparedPicture {
    let box = box.map { box in
      let (width, height) = (box.width / boxShare, box.height / boxShare)
      return Box(
        x: box.x + (box.width - width) / 2, y: box.y + (box.height - height) / 2, width: width, height: height
      )
    }
    let cut = try picture.partCut(around: box, side: side, by: .spin)
    return DummyPicture(
      model: self, crop: try picture.networkInput(around: box, side: side, by: .spin),
      frame: PictureFrame(
        side: side, x: cut.x, y: cut.y, width: cut.width, height: cut.height, boxShare: boxShare),
      occlusion: occlusion)
  }

  // MARK: The known answer

  /// The rows and columns of a joint's neighbourhood.
  public func neighbourhood(of joint: Int) -> (rows: Range<Int>, columns: Range<Int>) {
    func range(_ share: Float) -> Range<Int> {
      let first = Int(share * Float(side)) - side / 8
      return first..<first + side / 4
    }
    return (range(Self.centres[joint].y), range(Self.centres[joint].x))
  }

  /// The share of every joint's neighbourhood that an occluder over a whole window covers.
  public func covered(by window: Window) -> [Float] {
    Self.restingJoints.indices.map { joint in
      let (rows, columns) = neighbourhood(of: joint)
      let pixels = rows.clamped(to: window.y.pixels).count * columns.clamped(to: window.x.pixels).count
      return Float(pixels) / Float(rows.count * columns.count)
    }
  }

  /// The joints with an occluder over a whole window, metres.
  public func joints(under window: Window) -> [Point] { Self.joints(covered(by: window)) }

  /// The distances of the joints from where they rest, roots aligned, metres.
  public func displacements(under window: Window) -> [Float] {
    let shares = covered(by: window)
    return shares.map { abs($0 - shares[0]) * Self.reach }
  }

  fileprivate static func joints(_ shares: [Float]) -> [Point] {
    zip(restingJoints, shares).map { $0 + Point(0, 0, reach * $1) }
  }

  /// Counts a call.
  ///
  /// - Throws: ``Failure`` when it is the chosen one.
  fileprivate func count(_ windows: Int) throws {
    let call = counter.state.withLock { state in
      state.calls += 1
      state.windows += windows
      return state.calls
    }
    if call == failingCall { throw Failure() }
  }

  private final class Counter: Sendable {
    let state = Mutex<(calls: Int, windows: Int)>((0, 0))
  }
}

extension DummyModel {
  /// A picture of random colours, none of which is that of an occluder.
  public static func picture(width: Int = 32, height: Int = 32, seed: UInt64 = 1) -> Picture {
    var random = SeededGenerator(seed: seed)
    return Picture(
      width: width, height: height,
      pixels: (0..<width * height * 3).map { _ in UInt8(random.integer(below: 255) + 1) })
  }

  /// Such a picture, as if it were read from a file.
  public static func input(width: Int = 32, height: Int = 32, box: Box? = nil, seed: UInt64 = 1)
    -> PictureInput
  {
    let picture = picture(width: width, height: height, seed: seed)
    return PictureInput(
      picture: picture, path: "person.png", box: box,
      source: SourceFile(name: "person.png", fingerprint: picture.fingerprint.text))
  }
}

/// A crop as the dummy sees it.
private struct DummyPicture: PreparedPicture {
  /// Rows and columns of attention maps.
  private static let cells = 4

  let model: DummyModel
  let crop: Tensor
  let frame: PictureFrame
  let occlusion: Occlusion

  func predict(at windows: [Window?], attention: Bool) throws -> Predictions {
    try model.count(windows.count)
    if model.secondsPerWindow > 0 {
      Thread.sleep(forTimeInterval: model.secondsPerWindow * Double(windows.count))
    }
    let shares = windows.map { window -> [Float] in
      guard let window else { return DummyModel.restingJoints.map { _ in model.missesUnoccluded ? .nan : 0 } }
      return model.isMissing(window) ? DummyModel.restingJoints.map { _ in .nan } : changed(by: window)
    }
    return predictions(shares, attention: attention)
  }

  /// The share of every joint's neighbourhood whose pixels the occluder changes.
  private func changed(by window: Window) -> [Float] {
    let occluded = occlusion.patch(at: window, in: frame).pasted(on: crop)
    return DummyModel.restingJoints.indices.map { joint in
      let (rows, columns) = model.neighbourhood(of: joint)
      let changed = rows.reduce(0) { count, row in
        count
          + columns.count { column in
            (0..<3).contains { occluded[row, column, $0] != crop[row, column, $0] }
          }
      }
      return Float(changed) / Float(rows.count * columns.count)
    }
  }

  private func predictions(_ shares: [[Float]], attention: Bool) -> Predictions {
    let (n, joints) = (shares.count, DummyModel.skeleton.count)
    // Where nobody is found, no number is one.
    func plain(_ shape: [Int], _ value: (_ shares: [Float]) -> [Float]) -> Tensor {
      Tensor([n] + shape, shares.flatMap { shares in value(shares).map { $0 + 0 * shares[0] } })
    }
    var result = Predictions(
      joints: plain([joints, 3]) { DummyModel.joints($0).flatMap { [$0.x, $0.y, $0.z] } })
    if model.outputs.contains(.body) {
      result.body = (
        plain([Joint.count, 3, 3]) { shares in
          let rotation = shares[0].isNaN ? .identity : Rotation.matrix(axisAngle: Point(0, 0, shares[0]))
          return (0..<Joint.count).flatMap { _ in rotation.elements }
        }, plain([BodyModel.shapeCount]) { shares in (0..<BodyModel.shapeCount).map { _ in shares[0] } }
      )
    }
    if model.outputs.contains(.camera) { result.camera = plain([3]) { [0.875, $0[0], 0] } }
    if model.outputs.contains(.confidence) { result.confidence = plain([joints]) { $0.map { 1 - $0 } } }
    if model.outputs.contains(.uncertainty) {
      result.uncertainty = plain([joints]) { $0.map { $0 * DummyModel.reach } }
    }
    if attention, model.outputs.contains(.attention) {
      let cells = Self.cells
      result.attention = plain([cells, cells, joints]) { shares in
        (0..<cells * cells).flatMap { cell in
          shares.indices.map { joint in
            let centre = DummyModel.centres[joint] * Float(cells)
            let isThere = cell == Int(centre.y) * cells + Int(centre.x)
            return (isThere ? 1 - shares[joint] : 0) + shares[joint] / Float(cells * cells)
          }
        }
      }
    }
    return result
  }
}
