/// Whether a joint can be seen in a picture, and if not, what hides it.
public enum Visibility: String, Codable, Sendable, CaseIterable {
  /// The skin around the joint is what the picture shows there.
  case visible
  /// Another part of the same body is in front.
  case selfOccluded
  /// An object or another person is in front.
  case hiddenByObject
  /// The joint falls outside the picture.
  case outsidePicture
}

extension Visibility {
  /// Judges the joints of an SMPL body that was drawn alone.
  ///
  /// A joint is inside the body, so it is never the nearest surface itself. It counts as seen when the
  /// surface in front of it is its own part or one at most two joints up or down the skeleton (for the joints
  /// of the trunk, any part of the trunk), and is no further in front than flesh is thick there.
  /// Samples within 2 cm of the joint vote, and half of those that show the body decide. The edge of the
  /// picture comes first, then what is in front of the body, then the body itself.
  ///
  /// - Parameters:
  ///   - joints: SMPL's joints in samples of the rasterizer, with their depth in metres.
  ///   - samplesPerMetre: how many samples a metre of the body spans.
  ///   - faceParts: the part of every face, as `Rasterizer.faceParts` gives them.
  ///   - isCovered: whether something in front of the body covers the sample `(column, row)`.
  public static func ofJoints(
    _ joints: [SIMD3<Float>], in rasterizer: Rasterizer, samplesPerMetre: Float, faceParts: [UInt8],
    isCovered: (_ column: Int, _ row: Int) -> Bool = { _, _ in false }
  ) -> [Visibility] {
    // A camera that looks from behind, as a network may predict it, shows no body to vote.
    let reach = samplesPerMetre > 0 ? Int(min(0.02 * samplesPerMetre, 16)) : 0
    return joints.enumerated().map { joint, point in
      guard point.x >= 0, point.y >= 0, point.x < Float(rasterizer.width), point.y < Float(rasterizer.height)
      else { return .outsidePicture }
      let (column, row) = (Int(point.x), Int(point.y))
      if isCovered(column, row) { return .hiddenByObject }

      let kin = kin[joint]
      var seen = 0
      var drawn = 0
      for y in max(0, row - reach)...min(rasterizer.height - 1, row + reach) {
        for x in max(0, column - reach)...min(rasterizer.width - 1, column + reach) {
          let sample = y * rasterizer.width + x
          let face = rasterizer.triangles[sample]
          guard face >= 0 else { continue }
          drawn += 1
          let isKin = kin >> UInt32(faceParts[Int(face)]) & 1 == 1
          if isKin, point.z - rasterizer.depths[sample] <= flesh[joint] { seen += 1 }
        }
      }
      return 2 * seen >= drawn ? .visible : .selfOccluded
    }
  }

  static let trunk: Set<Int> = [0, 3, 6, 9, 12, 13, 14]

  /// The joint, its parent, and so on up to the pelvis.
  private static func line(_ joint: Int) -> [Int] {
    joint == 0 ? [0] : [joint] + line(Joint.parents[joint])
  }

  /// Per joint, a bit for every part that may be its skin.
  private static let kin: [UInt32] = (0..<Joint.count).map { joint in
    (0..<Joint.count).reduce(0) { bits, part in
      let isKin =
        line(joint).prefix(3).contains(part) || line(part).prefix(3).contains(joint)
        || trunk.contains(joint) && trunk.contains(part)
      return isKin ? bits | 1 << UInt32(part) : bits
    }
  }

  /// Per joint, the depth in metres of the flesh in front of it, generously.
  private static let flesh: [Float] = (0..<Joint.count).map { joint in
    switch joint {
    case 1, 2: 0.18
    case 12: 0.14
    case 15: 0.18
    case 16, 17: 0.13
    default: trunk.contains(joint) ? 0.25 : 0.1
    }
  }
}
