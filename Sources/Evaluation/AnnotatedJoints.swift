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
    return measured.joints.map { Skeleton.annotated24.index(of: names[$0] ?? $0)! }
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
  ///
  /// Rows that are needed and not finite are noted as problems.
  mutating func placed(
    _ annotated: [SIMD4<Double>], _ measured: Skeleton, _ isNeeded: (Int) -> Bool
  ) -> [[Point]?] {
    let sources = Self.sources(of: measured)
    func index(_ name: String) -> Int { Skeleton.annotated24.index(of: name)! }
    let (pelvis, hips) = (index("pelvis_mpii"), [index("right_hip_lsp"), index("left_hip_lsp")])
    let width = Self.annotatedCount
    var withoutPelvis = 0
    var rows: [[SIMD3<Double>]?] = []
    for row in 0..<count {
      let joints = Array(annotated[row * width..<(row + 1) * width])
      func place(_ joint: Int) -> SIMD3<Double> { SIMD3(joints[joint].x, joints[joint].y, joints[joint].z) }
      guard isNeeded(row), problems[row] == nil else {
        rows.append(nil)
        continue
      }
      guard sources.allSatisfy({ joints[$0].extent.isFinite }) else {
        problems[row] = "its 3D joints are not finite"
        rows.append(nil)
        continue
      }
      guard sources.allSatisfy({ joints[$0].w > 0 }) else {
        rows.append(nil)
        continue
      }
      guard sources.allSatisfy({ Double(joints[$0].extent) <= Self.limit(of: "S") }) else {
        problems[row] = "its 3D joints have absurd numbers"
        rows.append(nil)
        continue
      }
      var root = SIMD3<Double>()
      if joints[pelvis].w > 0, joints[pelvis].extent.isFinite {
        root = place(pelvis)
      } else {
        let middle = (place(hips[0]) + place(hips[1])) / 2
        // Joints that are relative to a pelvis that is not told have it near 0.
        let across = place(hips[0]) - place(hips[1])
        let size = (across * across).sum().squareRoot()
        if max(abs(middle.x), abs(middle.y), abs(middle.z)) > max(size, 1e-6) {
          root = middle
          withoutPelvis += 1
        }
      }
      rows.append(sources.map { place($0) - root })
    }
    if withoutPelvis > 0 {
      guesses.append(
        "the middle of the hips is taken for the pelvis, which is not told: \(withoutPelvis) rows")
    }
    let extents = rows.compactMap { joints in
      joints.map { $0.map { max(abs($0.x), abs($0.y), abs($0.z)) }.max()! }
    }
    // Nobody reaches six metres from the pelvis, or less than two from it counted in millimetres.
    let unit: (name: String, share: Double)? =
      switch median(extents) {
      case ...6: nil
      case ...190: ("centimetres", 100)
      default: ("millimetres", 1000)
      }
    if let unit {
      guesses.append("3D joints are taken as \(unit.name): they are too far apart for metres")
      rows = rows.map { $0?.map { $0 / unit.share } }
    }
    return rows.map { $0?.map { Point(Float($0.x), Float($0.y), Float($0.z)) } }
  }
}

extension SIMD4<Double> {
  /// Finite where all four numbers are, as floats too.
  fileprivate var extent: Float { Float(abs(x) + abs(y) + abs(z) + abs(w)) }
}
