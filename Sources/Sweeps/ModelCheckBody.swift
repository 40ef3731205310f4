import Bodies
import Models
import Tensors

/// What a predicted body tells about units, axes and names.
extension ModelCheck {
  /// Lengths of limbs, what is above what, and which side is which.
  mutating func checkBody(_ joints: [String: Point]) {
    func middle(_ names: [String]) -> Point? {
      let known = names.compactMap { joints[$0] }
      return known.isEmpty ? nil : known.reduce(Point()) { $0 + $1 } / Float(known.count)
    }
    let bones = Self.bones.compactMap {
      name, from, to, range -> (name: String, sides: [Double], range: ClosedRange<Double>)? in
      let sides = ["left_", "right_"].compactMap { side -> Double? in
        guard let a = joints[side + from], let b = joints[side + to] else { return nil }
        return Double(length(a - b))
      }
      return sides.count == 2 ? (name, sides, range) : nil
    }
    let thigh = bones.first { $0.name == "thigh" }.map { ($0.sides[0] + $0.sides[1]) / 2 }
    let odd = bones.filter { bone in !bone.sides.allSatisfy(bone.range.contains) }
    let uneven = bones.filter { max($0.sides[0], $0.sides[1]) > 1.4 * min($0.sides[0], $0.sides[1]) }
    let wrong = Set((odd + uneven).map(\.name)).sorted()
    var lengths: [String: Double] = [:]
    for bone in bones { lengths[bone.name + "_m"] = (bone.sides[0] + bone.sides[1]) / 2 }
    add(
      Finding(
        .units, bones.isEmpty ? .unknown : wrong.isEmpty ? .right : wrong.count > 1 ? .wrong : .doubtful,
        lengths,
        names: wrong))

    // Of a person who stands or sits; one who lies has neither above the other.
    let top = middle(["head", "nose", "head_top", "neck", "left_shoulder", "right_shoulder"])
    let bottom = middle(["left_hip", "right_hip", "pelvis"])
    let size = Double(thigh ?? 0.4)
    let rise = top.flatMap { top in bottom.map { Double($0.y - top.y) / max(size, 1e-9) } }
    add(
      Finding(
        .axes, rise.map { $0 > 0.4 ? .right : $0 < -0.4 ? .wrong : .doubtful } ?? .unknown,
        rise.map { ["head_above_hips_thighs": $0] } ?? [:]))
    checkHandedness(joints, up: top.flatMap { top in bottom.map { top - $0 } })
  }

  /// Bones of limbs, by the joints at their ends without the side, and how long they are of grown people and children,
  /// metres.
  private static let bones: [(name: String, from: String, to: String, range: ClosedRange<Double>)] = [
    ("thigh", "hip", "knee", 0.2...0.6), ("shank", "knee", "ankle", 0.2...0.6),
    ("upper_arm", "shoulder", "elbow", 0.12...0.45), ("forearm", "elbow", "wrist", 0.12...0.4),
  ]

  /// Feet and noses point forward: that fixes which side is left, or else the sign of the third axis.
  private mutating func checkHandedness(_ joints: [String: Point], up: Point?) {
    guard let up, let left = joints["left_hip"], let right = joints["right_hip"] else {
      add(Finding(.handedness, .unknown))
      return
    }
    let forward = cross(left - right, up)
    var votes: [Double] = []
    func vote(_ tip: String, _ base: [String]) {
      let bases = base.compactMap { joints[$0] }
      guard let tip = joints[tip], !bases.isEmpty else { return }
      let direction = tip - bases.reduce(Point()) { $0 + $1 } / Float(bases.count)
      guard length(direction) > 0, length(forward) > 0 else { return }
      votes.append(Double((direction * forward).sum() / (length(direction) * length(forward))))
    }
    for side in ["left", "right"] {
      for toe in ["_foot", "_foot_index", "_big_toe", "_toe"] {
        vote(side + toe, [side + "_heel", side + "_ankle"])
      }
    }
    vote("nose", ["left_ear", "right_ear"])
    let mean = votes.isEmpty ? nil : votes.reduce(0, +) / Double(votes.count)
    add(
      Finding(
        .handedness, mean.map { $0 > 0.2 ? .right : $0 < -0.2 ? .wrong : .doubtful } ?? .unknown,
        mean.map { ["forward_cosine": $0] } ?? [:]))
  }

  /// Whether the joints can be compared with those of other bodies.
  mutating func checkNames() {
    let missing = SkeletonConversion(from: model.skeleton, to: .common12).missing
    add(
      Finding(
        .names, missing.isEmpty ? .right : .doubtful, ["joints": Double(model.skeleton.count)],
        names: missing))
    let root = model.skeleton.root
    add(Finding(.root, root.isEmpty && model.skeleton.origin == nil ? .doubtful : .right, names: root))
  }

  /// Rotations, camera, attention, uncertainty and confidence, as far as there are such.
  mutating func checkOutputs(_ points: [Point]) {
    if let rotations = clean.body?.rotations { checkRotations(rotations) }
    if let camera = clean.camera {
      let side = prepared.frame.side
      let lens = WeakPerspectiveCamera(camera)
      let inside = points.count { point in
        let place = lens.project(point, side: side)
        return abs(place.x) <= 1 && abs(place.y) <= 1
      }
      let share = Double(inside) / Double(points.count)
      add(Finding(.camera, share > 0.8 ? .right : share > 0.4 ? .doubtful : .wrong, ["inside_share": share]))
    }
    if model.outputs.contains(.attention) {
      let maps = clean.attention
      let isRight = maps?.elements.allSatisfy { $0 >= 0 } ?? false
      add(
        Finding(
          .attention, isRight ? .right : .wrong,
          maps.map { ["rows": Double($0.shape[1]), "columns": Double($0.shape[2])] } ?? [:]))
    }
    let uncertainty = clean.uncertainty?.elements.map(Double.init)
    let confidence = clean.confidence?.elements.map(Double.init)
    if uncertainty != nil || confidence != nil {
      let isMetres = uncertainty.map { values in
        values.allSatisfy { $0 >= 0 } && values.reduce(0, +) / Double(values.count) < 2
      }
      let isShare = confidence?.allSatisfy { 0...1 ~= $0 }
      var values: [String: Double] = [:]
      if let uncertainty {
        values["mean_uncertainty_mm"] = 1000 * uncertainty.reduce(0, +) / Double(uncertainty.count)
      }
      if let confidence { values["mean_confidence"] = confidence.reduce(0, +) / Double(confidence.count) }
      add(Finding(.uncertainty, (isMetres ?? true) && (isShare ?? true) ? .right : .wrong, values))
    }
  }

  /// How far the matrices are from rotations.
  private mutating func checkRotations(_ rotations: Tensor) {
    let values = rotations.elements
    var largest = 0.0
    var isTurned = true
    for start in stride(from: 0, to: values.count, by: 9) {
      let rows = (0..<3).map {
        Point(values[start + 3 * $0], values[start + 3 * $0 + 1], values[start + 3 * $0 + 2])
      }
      for (i, a) in rows.enumerated() {
        for (j, b) in rows.enumerated() {
          largest = max(largest, abs(Double((a * b).sum()) - (i == j ? 1 : 0)))
        }
      }
      if (cross(rows[0], rows[1]) * rows[2]).sum() < 0 { isTurned = false }
    }
    add(
      Finding(
        .rotations, !isTurned || largest > 0.05 ? .wrong : largest > 0.005 ? .doubtful : .right,
        ["largest_deviation": largest]))
  }
}

private func length(_ vector: Point) -> Float { (vector * vector).sum().squareRoot() }
