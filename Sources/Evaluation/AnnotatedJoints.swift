import Archives
import Bodies
import Foundation

/// Ground truth as 3D joints, where an annotation file has no bodies.
extension AnnotationFile {
  /// The joints of every row in SPIN's order of annotations, x, y, z and confidence each; nil where the file has none.
  func annotatedJoints() throws -> [SIMD4<Double>]? {
    // 4D-Humans keeps the first 19 of these; VIBE all, after OpenPose's 25.
    let all = Self.annotatedCount
    for (name, first, joints) in [
      ("S", 0, all...all), ("extra_keypoints_3d", 0, 19...all), ("joints3D", 25, 25 + all...25 + all),
    ] where archive.has(name) {
      let (values, width) = try numbers(name)
      let shape = try archive.shape(name)
      guard let last = shape.last, last == 3 || last == 4, joints.contains(width / last) else {
        if name == "joints3D" { continue }
        throw shapeError(name, "\(count) rows of \(joints.lowerBound) joints of 3 or 4")
      }
      return (0..<count).flatMap { row in
        (0..<Self.annotatedCount).map { joint -> SIMD4<Double> in
          guard first + joint < width / last else { return .zero }
          let at = row * width + (first + joint) * last
          return SIMD4(values[at], values[at + 1], values[at + 2], last == 4 ? values[at + 3] : 1)
        }
      }
    }
    return nil
  }

  /// The joints that SPIN's annotations list.
  private static let annotatedCount = Skeleton.annotated24.count

  /// The joints of a protocol among those of annotations: SPIN's maps J24_TO_J14 and J24_TO_J17.
  private static func sources(of measured: Skeleton) -> [Int] {
    let names = [
      "neck": "neck_lsp", "head": "jaw_h36m", "head_top": "head_h36m",
      "spine": "spine_h36m", "pelvis": "pelvis_mpii", "left_hip": "left_hip_lsp",
      "right_hip": "right_hip_lsp",
    ]
    return measured.joints.map { Skeleton.annotated24.joints.firstIndex(of: names[$0] ?? $0)! }
  }

  /// MPI-INF-3DHP is measured over 17 joints, everything else over 14.
  mutating func protocolOfPictures(hasPoses: Bool) -> Skeleton {
    let name = archive.path.split(separator: "/").last.map(String.init) ?? ""
    let places = [name] + images.prefix(1)
    let is3DHP = places.contains { place in
      let place = place.lowercased()
      return place.contains("3dhp") || place.contains("mpii3d")
        || place.contains(#/(^|/)ts[1-6]/imagesequence/|(^|/)s[1-8]/seq[12]/imageframes//#)
    }
    guard is3DHP, !hasPoses else { return .h36m14 }
    guesses.append("is taken for MPI-INF-3DHP by its names: errors are over the 17 joints of h36m17")
    return .h36m17
  }

  /// The joints of a protocol in metres, relative to the pelvis; nil for rows that lack one.
  mutating func placed(_ annotated: [SIMD4<Double>], _ measured: Skeleton) -> [[Point]?] {
    let sources = Self.sources(of: measured)
    let pelvis = Skeleton.annotated24.joints.firstIndex(of: "pelvis_mpii")!
    let width = Self.annotatedCount
    var rows = (0..<count).map { row -> [SIMD3<Double>]? in
      let joints = annotated[row * width..<(row + 1) * width].map { $0 }
      guard sources.allSatisfy({ joints[$0].w > 0 }) else { return nil }
      func place(_ joint: SIMD4<Double>) -> SIMD3<Double> { SIMD3(joint.x, joint.y, joint.z) }
      let root = joints[pelvis].w > 0 ? place(joints[pelvis]) : .zero
      return sources.map { place(joints[$0]) - root }
    }
    let extents = rows.compactMap { joints in
      joints.map { $0.map { max(abs($0.x), abs($0.y), abs($0.z)) }.max()! }
    }
    // Nobody reaches twenty metres.
    if median(extents) > 20 {
      guesses.append("3D joints are taken as millimetres: they are too far apart for metres")
      rows = rows.map { $0?.map { $0 / 1000 } }
    }
    for row in 0..<count where problems[row] == nil {
      guard let joints = rows[row] else { continue }
      if joints.contains(where: { !Float(abs($0.x) + abs($0.y) + abs($0.z)).isFinite }) {
        problems[row] = "its 3D joints are not finite"
      }
    }
    return rows.map { $0?.map { Point(Float($0.x), Float($0.y), Float($0.z)) } }
  }
}
