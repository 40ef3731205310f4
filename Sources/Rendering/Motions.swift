import Bodies
public import Tensors

/// Recorded motions, from which clips of people are made: poses and the way of the pelvis, 30 frames a second.
public struct Motions: Sendable {
  /// A moment.
  struct Frame: Sendable {
    /// 24 axis-angle vectors in radians, in the body's axes; the first has the heading.
    var pose: [Point]
    /// Where the pelvis is, metres, in the body's axes (x left, y up, z front at heading 0).
    var way: Point
  }

  let takes: [[Frame]]

  /// Motions of poses `[F, 72]` (axis-angle in radians) and ways `[F, 3]`, with the frames at which takes begin.
  public init(poses: Tensor, ways: Tensor, first: [Int]) {
    precondition(
      poses.shape == [ways.shape[0], 3 * Joint.count] && ways.shape[1] == 3 && first.first == 0,
      "poses \(poses.shape) and ways \(ways.shape) are no motions")
    let vectors = poses.reshaped([poses.shape[0] * Joint.count, 3]).points
    let frames = zip(0..<poses.shape[0], ways.points).map { index, way in
      Frame(pose: Array(vectors[index * Joint.count..<(index + 1) * Joint.count]), way: way)
    }
    takes = zip(first, first.dropFirst() + [frames.count]).map { Array(frames[$0..<$1]) }
  }

  /// Draws so many frames of a take, slower or faster, mirrored or not, with every joint turned a little throughout.
  ///
  /// A take that is too short stands still at its end.
  ///
  /// - Parameter sane: whether no limb of a pose intersects another; after 30 failures, the last draw is taken.
  func draw(
    frames: Int, sane: (_ pose: [Point]) -> Bool, using generator: inout SeededGenerator
  ) -> [Frame] {
    var drawn: [Frame] = []
    for _ in 0..<30 {
      // Every frame is as likely a start.
      var start = generator.integer(below: takes.reduce(0) { $0 + $1.count })
      let take = takes.first { frames in
        defer { start -= frames.count }
        return start < frames.count
      }!
      start += take.count
      let speed = generator.uniform(0.7...1.3)
      let first = min(Float(start), max(0, Float(take.count - 1) - speed * Float(frames - 1)))
      let turns = (0..<Joint.count).map { _ in PoseSampler.normal(0.07, &generator) }
      let isMirrored = generator.chance(0.5)
      drawn = (0..<frames).map { index in
        var frame = Self.between(take, at: first + speed * Float(index))
        for joint in 1..<Joint.count { frame.pose[joint] += turns[joint] }
        guard isMirrored else { return frame }
        return Frame(pose: Rotation.mirrored(frame.pose), way: frame.way * Point(-1, 1, 1))
      }
      if [0, frames / 2, frames - 1].allSatisfy({ sane(drawn[$0].pose) }) { break }
    }
    return drawn
  }

  /// A moment between two frames.
  private static func between(_ take: [Frame], at time: Float) -> Frame {
    let before = min(max(Int(time), 0), take.count - 1)
    let share = time - Float(before)
    guard share > 0, before + 1 < take.count else { return take[before] }
    let (a, b) = (take[before], take[before + 1])
    let pose = zip(a.pose, b.pose).map { from, to in
      let start = Rotation.matrix(axisAngle: from)
      let turn = Rotation.axisAngle(of: start.transpose * Rotation.matrix(axisAngle: to))
      return Rotation.axisAngle(of: start * Rotation.matrix(axisAngle: turn * share))
    }
    return Frame(pose: pose, way: a.way + (b.way - a.way) * share)
  }
}
