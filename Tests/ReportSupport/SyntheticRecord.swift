public import Bodies
import Foundation
public import Models
import Pictures
public import Records
import Tensors

/// A record that no network made: errors drawn from a seed, and as much besides as a test asks for.
public struct SyntheticRecord {
  /// The joints that are predicted and measured.
  public var skeleton = Skeleton.smpl24
  /// What the user calls the network.
  public var label = "gap"
  /// The picture's file.
  public var picture = "person-1.png"
  /// The occluder.
  public var occlusion = Occlusion()
  /// Where it goes.
  public var positions = PositionRule(stride: 28)
  /// The side of the crop, and the corner of what it shows of the picture.
  public var side = 96, corner = 0.0
  /// The side of what it shows of the picture.
  public var extent = 200.0
  /// What the record has besides errors.
  public var parts: Set<Part> = [.joints, .camera, .picture, .truth, .mask, .visibility, .aligned]
  /// Errors follow from it.
  public var seed: UInt64 = 1
  /// The tolerance of an adaptive sweep, which has interpolated every second position.
  public var tolerance: Double?
  /// Whose silhouette the mask is.
  public var maskOf = RecordSettings.Reference.groundTruth
  /// The positions at which nobody was found, by their index.
  public var misses: (Int) -> Bool = { _ in false }
  /// What is noted of how it was made.
  public var command: String?, processor: String?

  /// What a record may have besides errors.
  public enum Part: CaseIterable, Sendable {
    case joints, camera, picture, truth, mask, visibility, aligned, attention, uncertainty, surface
  }

  /// A record of SMPL's joints with everything but attention.
  public init() {}

  /// The record.
  public var record: SweepRecord {
    var random = SeededGenerator(seed: seed)
    let frame = PictureFrame(side: side, x: corner, y: corner, width: extent, height: extent)
    let grid = positions.positions(of: occlusion, in: frame)!
    let pose = Self.pose(of: skeleton)
    return SweepRecord(
      settings: settings(frame), notes: notes(grid.count), positions: grid,
      skeleton: has(.joints) ? skeleton : nil,
      measured: skeleton, results: missing(results(grid.count, about: pose, &random)),
      clean: results(1, about: pose, &random), context: context(pose),
      worstAttention: has(.attention) ? attention(3, &random).reshaped([3, 6, 6, skeleton.count]) : nil,
      worstSurface: has(.surface) ? Self.surface(3) : nil)
  }

  private func has(_ part: Part) -> Bool { parts.contains(part) }

  private func settings(_ frame: PictureFrame) -> RecordSettings {
    RecordSettings(
      model: ModelIdentity(label: label, name: label, fingerprint: "3f1c9a72", kind: "pooled"),
      picture: .init(name: picture, fingerprint: "c0ffee00 \(picture)"), crop: "spin", frame: frame,
      truth: has(.truth) ? .init(name: "truth.json", fingerprint: "7a07a07a") : nil,
      skeleton: skeleton.name, measured: skeleton.name, occlusion: occlusion, positions: positions,
      tolerance: tolerance, seed: seed)
  }

  private func notes(_ positions: Int) -> RecordNotes {
    var notes = RecordNotes(
      processor: processor, command: command,
      visibility: has(.visibility)
        ? skeleton.joints.indices.map { $0 % 7 == 3 ? .selfOccluded : .visible } : nil,
      maskOf: has(.mask) ? maskOf : nil, skeletons: [skeleton])
    if tolerance != nil {
      notes.interpolation = .init(
        computed: positions / 2, meanMillimetres: 1, standardErrorMillimetres: 0.1, checked: 9)
    }
    return notes
  }

  /// Joints on a spiral, so that no two are in one place.
  private static func pose(of skeleton: Skeleton) -> [Point] {
    skeleton.joints.indices.map { joint in
      let turn = Float(joint) * 0.61803 * 2 * .pi
      let radius = 0.7 * (Float(joint + 1) / Float(skeleton.count)).squareRoot()
      return Point(radius * cos(turn), radius * sin(turn), 0.2)
    }
  }

  private func results(
    _ count: Int, about pose: [Point], _ random: inout SeededGenerator
  ) -> PositionResults {
    let joints = skeleton.count
    func uniform(_ range: ClosedRange<Float>, _ count: Int) -> [Float] {
      (0..<count).map { _ in random.uniform(range) }
    }
    var arrays: [PositionArray: Tensor] = [
      .error: Tensor([count, joints], uniform(0.02...0.25, count * joints))
    ]
    if has(.aligned) {
      arrays[.alignedError] = Tensor([count, joints], uniform(0.01...0.1, count * joints))
    }
    if has(.joints) {
      arrays[.joints] = Tensor(
        [count, joints, 3],
        (0..<count).flatMap { _ in
          pose.flatMap { point in
            let moved = point + Point(random.uniform(-0.05...0.05), random.uniform(-0.05...0.05), 0)
            return [moved.x, moved.y, moved.z]
          }
        })
    }
    if has(.camera) { arrays[.camera] = Tensor([count, 3], (0..<count).flatMap { _ in [0.9, 0, 0] }) }
    if has(.uncertainty) {
      // Other numbers are the same with and without these.
      var own = SeededGenerator(seed: seed, stream: 5)
      func drawn(_ range: ClosedRange<Float>) -> Tensor {
        Tensor([count, joints], (0..<count * joints).map { _ in own.uniform(range) })
      }
      (arrays[.uncertainty], arrays[.confidence]) = (drawn(0.01...0.1), drawn(0.2...0.9))
    }
    return PositionResults(arrays)
  }

  /// The results without numbers where nobody was found.
  private func missing(_ results: PositionResults) -> PositionResults {
    PositionResults(
      results.arrays.mapValues { tensor in
        let width = tensor.count / results.count
        return Tensor(
          tensor.shape, tensor.elements.enumerated().map { misses($0 / width) ? .nan : $1 })
      })
  }

  private func context(_ pose: [Point]) -> RecordContext {
    var context = RecordContext()
    if has(.truth), has(.joints) {
      context.truthJoints = Tensor([pose.count, 3], pose.flatMap { [$0.x, $0.y, $0.z] })
    }
    if has(.mask) {
      context.bodyMask = Tensor(
        [side, side],
        (0..<side * side).map { abs($0 % side - side / 2) < side / 6 && $0 / side > side / 8 ? 1 : 0 })
    }
    if has(.picture) {
      let pixels = 64
      context.picture = .init(
        side: pixels, bytes: (0..<pixels * pixels * 3).map { UInt8(90 + $0 / 3 % pixels * 2) })
    }
    if has(.attention) {
      var random = SeededGenerator(seed: seed)
      context.cleanAttention = attention(1, &random).reshaped([6, 6, skeleton.count])
    }
    if has(.surface) { context.cleanSurface = Self.surface(1).reshaped([8, 8, 7]) }
    return context
  }

  /// A skin in one chart, a border of one pixel around it; the lower half is hidden, more from map to map.
  private static func surface(_ count: Int) -> Tensor {
    let side = 8
    var maps = Tensor([count, side, side, 7])
    for n in 0..<count {
      for row in 1..<side - 1 {
        for column in 1..<side - 1 {
          let share: Float = row < side / 2 + 1 - n ? 0.9 : 0.1
          let place = SIMD3(Float(column) / 8, Float(row) / 8, 0.2)
          for axis in 0..<3 {
            maps[n, row, column, axis] = share * place[axis]
            maps[n, row, column, 4 + axis] = place[axis]
          }
          maps[n, row, column, 3] = share
        }
      }
    }
    return maps
  }

  private func attention(_ count: Int, _ random: inout SeededGenerator) -> Tensor {
    let number = count * 36 * skeleton.count
    return Tensor([number], (0..<number).map { _ in random.uniform(0...1) })
  }
}

extension Skeleton {
  /// Five joints about the middle of the hips, as a model of its own might give them.
  public static let five = try! Skeleton(
    name: "five", joints: ["left_hip", "right_hip", "head", "left_hand", "right_hand"],
    root: ["left_hip", "right_hip"], bones: [["left_hip", "right_hip"], ["head", "left_hand"]])
}
