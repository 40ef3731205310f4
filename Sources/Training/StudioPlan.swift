import Bodies
import Foundation
import Tensors

/// A body to be drawn: who, in which pose, where.
struct StudioFigure {
  /// Axis-angle vectors; the first is the orientation in the camera's axes.
  var pose: [Point]
  var rotations: [Matrix3]
  var betas: [Float]
  var outfit: StudioOutfit
  var camera: WeakPerspectiveCamera
}

/// Everything about a picture that is decided before it is drawn.
struct StudioPlan {
  var person: StudioFigure
  var joints: [Point]
  var behind: StudioFigure?
  var inFront: StudioFigure?
  var objects: [StudioObject] = []
  var estrangement: StudioEstrangement?
  var panorama: Int
  /// From the camera's axes to the panorama's, and the tangent of half the field of view.
  var view: Matrix3
  var slope: Float
  /// How bright people are, and how much of their light comes from one direction.
  var level: Float
  var sunShare: Float
  var sensor: StudioSensor

  /// The same place and people in a picture that shows `margin` more pixels on every side.
  func widened(by margin: Int, side: Int) -> StudioPlan {
    guard margin > 0 else { return self }
    let factor = Float(side) / Float(side + 2 * margin)
    var plan = self
    plan.slope /= factor
    plan.person.camera.scale *= factor
    plan.behind?.camera.scale *= factor
    plan.inFront?.camera.scale *= factor
    plan.objects = objects.map { $0.shrunk(by: factor) }
    plan.estrangement?.clutter = estrangement?.clutter.map { $0.shrunk(by: factor) } ?? []
    return plan
  }
}

extension Studio {
  /// Decides on the picture of one index.
  func plan(_ index: Int, seed: UInt64, side: Int) -> StudioPlan {
    var generator = SeededGenerator(seed: seed, stream: UInt64(index))
    let pitch = generator.normal(deviation: 0.15)
    let roll = generator.normal(deviation: 0.15)
    let lean =
      Rotation.about(Point(0, 0, 1), by: roll) * Rotation.about(Point(1, 0, 0), by: pitch)
    let yaw = generator.uniform(-Float.pi...Float.pi)
    let panorama = generator.integer(below: panoramas.count)
    let slope = generator.uniform(0.3...0.75)

    var person = figure(lean: lean, using: &generator)
    let joints = bodyJoints(person)
    let isTruncated = generator.chance(settings.truncationChance)
    person.camera = frame(joints, truncated: isTruncated, using: &generator)

    var behind: StudioFigure?
    if generator.chance(settings.otherBehindChance) {
      behind = neighbour(of: person, joints, lean: lean, nearness: 0.5...0.95, using: &generator)
    }
    var inFront: StudioFigure?
    if generator.chance(settings.otherInFrontChance) {
      inFront = neighbour(of: person, joints, lean: lean, nearness: 1...1.3, using: &generator)
    }
    var objects: [StudioObject] = []
    if settings.mostObjects > 0, generator.chance(settings.objectChance) {
      for _ in 0...generator.integer(below: settings.mostObjects) {
        let point = person.camera.project(joints[generator.integer(below: 24)], side: side)
        objects.append(
          StudioObject(over: (point + 1) / 2, panoramas: panoramas.count, using: &generator))
      }
    }
    var plan = StudioPlan(
      person: person, joints: joints, behind: behind, inFront: inFront, objects: objects, panorama: panorama,
      view: Rotation.about(Point(0, 1, 0), by: yaw) * lean.transpose, slope: slope,
      level: (0.5 + 0.6 * panoramas[panorama].light.brightness) * generator.uniform(0.8...1.3),
      sunShare: generator.uniform(0.1...0.6), sensor: StudioSensor(using: &generator))
    if settings.estrangementChance > 0, generator.chance(settings.estrangementChance) {
      let estrangement = StudioEstrangement(panoramas: panoramas.count, using: &generator)
      plan.view = estrangement.turn * plan.view
      plan.sensor.gain *= estrangement.tint
      plan.estrangement = estrangement
    }
    return plan
  }

  private func figure(lean: Matrix3, using generator: inout SeededGenerator) -> StudioFigure {
    var pose = poses.draw(recordedShare: settings.recordedShare, using: &generator)
    var rotations = pose.map(Rotation.matrix(axisAngle:))
    let heading = generator.uniform(settings.headings) * .pi / 180
    rotations[0] = lean * Rotation.upright(heading: heading) * rotations[0]
    pose[0] = Rotation.axisAngle(of: rotations[0])
    rotations[0] = Rotation.matrix(axisAngle: pose[0])
    let betas = (0..<BodyModel.shapeCount).map { _ in min(max(generator.normal(), -2.5), 2.5) }
    return StudioFigure(
      pose: pose, rotations: rotations, betas: betas,
      outfit: StudioOutfit(rest: rest, waist: waist, using: &generator),
      camera: WeakPerspectiveCamera(scale: 1, tx: 0, ty: 0))
  }

  private func bodyJoints(_ figure: StudioFigure) -> [Point] {
    body.joints(
      rotations: Tensor(figure.rotations).reshaped([1, 24, 3, 3]), betas: Tensor([1, 10], figure.betas)
    ).points
  }

  /// A camera that sees the body as a detector's box would cut it, or only part of it.
  private func frame(
    _ joints: [Point], truncated: Bool, using generator: inout SeededGenerator
  ) -> WeakPerspectiveCamera {
    let (low, high) = Self.box(joints)
    let extent = max(high.x - low.x, high.y - low.y, 0.5)
    let fill = generator.uniform(settings.fill)
    let room = (1 - fill) * 0.8
    var shift = SIMD2(generator.uniform(-room...room), generator.uniform(-room...room))
    var centre = (low + high) / 2
    var scale = 2 * fill / extent
    if truncated {
      scale *= generator.uniform(1.2...2.2)
      let joint = joints[generator.integer(below: 24)]
      centre = (centre + SIMD2(joint.x, joint.y)) / 2
      shift *= 2
    }
    let offset = shift / scale - centre
    return WeakPerspectiveCamera(scale: scale, tx: offset.x, ty: offset.y)
  }

  /// The box of the joints and the top of the head, with 5 cm of flesh around.
  ///
  /// The top lies one and a half times as far beyond the head's joint as that lies beyond the neck's.
  private static func box(_ joints: [Point]) -> (low: SIMD2<Float>, high: SIMD2<Float>) {
    let (neck, head) = (joints[Joint.neck.rawValue], joints[Joint.head.rawValue])
    var low = SIMD2<Float>(repeating: .infinity)
    var high = SIMD2<Float>(repeating: -.infinity)
    for joint in joints + [head + (head - neck) * 1.5] {
      low = pointwiseMin(low, SIMD2(joint.x, joint.y))
      high = pointwiseMax(high, SIMD2(joint.x, joint.y))
    }
    return (low - 0.05, high + 0.05)
  }

  /// Another person beside the first, `nearness` times as large in the picture.
  private func neighbour(
    of person: StudioFigure, _ joints: [Point], lean: Matrix3, nearness: ClosedRange<Float>,
    using generator: inout SeededGenerator
  ) -> StudioFigure {
    var other = figure(lean: lean, using: &generator)
    let (low, high) = Self.box(joints)
    let (otherLow, otherHigh) = Self.box(bodyJoints(other))
    let factor = generator.uniform(nearness)
    let scale = person.camera.scale * factor
    // Feet at about the same height, middles some way apart.
    let gap = generator.uniform(0.2...0.75) * (generator.chance(0.5) ? 1 : -1)
    let middle = (low.x + high.x) / 2 + person.camera.tx + gap
    let ground = high.y + person.camera.ty + generator.normal(deviation: 0.1)
    other.camera = WeakPerspectiveCamera(
      scale: scale, tx: middle / factor - (otherLow.x + otherHigh.x) / 2, ty: ground / factor - otherHigh.y)
    return other
  }
}
