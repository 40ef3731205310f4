import Bodies
import Foundation
import Tensors

/// A person of a scene: pose, shape, clothing and camera.
struct Person {
  /// 24 axis-angle vectors in radians; the first is the orientation in the camera's axes.
  var pose: [Point]
  var rotations: [Matrix3]
  var betas: [Float]
  var clothing: Clothing
  var camera: WeakPerspectiveCamera
}

/// Everything about a picture that is drawn at random before it is rendered.
struct Scene {
  var person: Person
  var joints: [Point]
  var behind: Person?
  var inFront: Person?
  var objects: [OccluderObject] = []
  var randomization: DomainRandomization?
  var panorama: Int
  /// The rotation from the camera's axes to the panorama's, and the tangent of half the field of view.
  var view: Matrix3
  var slope: Float
  /// The brightness of people, and the share of their light that comes from the dominant direction.
  var level: Float
  var sunShare: Float
  var cameraNoise: CameraNoise

  /// The same scene in a picture that shows `margin` more pixels on each side.
  func widened(by margin: Int, side: Int) -> Scene {
    guard margin > 0 else { return self }
    let factor = Float(side) / Float(side + 2 * margin)
    var scene = self
    scene.slope /= factor
    scene.person.camera.scale *= factor
    scene.behind?.camera.scale *= factor
    scene.inFront?.camera.scale *= factor
    scene.objects = objects.map { $0.shrunk(by: factor) }
    scene.randomization?.clutter = randomization?.clutter.map { $0.shrunk(by: factor) } ?? []
    return scene
  }
}

extension Renderer {
  /// Draws the scene of one index.
  func scene(_ index: Int, seed: UInt64, side: Int) -> Scene {
    var generator = SeededGenerator(seed: seed, stream: UInt64(index))
    let outlook = Outlook(panoramas: panoramas.count, using: &generator)
    var person = self.person(lean: outlook.lean, using: &generator)
    let joints = bodyJoints(person)
    let isTruncated = generator.chance(settings.truncationChance)
    person.camera = frame([joints], truncated: isTruncated, using: &generator)
    return scene(of: person, joints, outlook, side: side, using: &generator)
  }

  /// Draws the scenes of a clip, in which one person moves; all else stays as it is.
  ///
  /// The crop is one for all frames, and has the person in each of them.
  func scenes(
    ofClip index: Int, frames: Int, motions: Motions, seed: UInt64, side: Int
  ) -> [Scene] {
    var generator = SeededGenerator(seed: seed ^ Self.clipStream, stream: UInt64(index))
    let outlook = Outlook(panoramas: panoramas.count, using: &generator)
    var person = self.person(lean: outlook.lean, using: &generator)
    let heading = generator.uniform(settings.headings) * .pi / 180
    let upright = outlook.lean * Rotation.upright(heading: heading)
    let motion = motions.draw(frames: frames, sane: poses.isSane, using: &generator)
    let middle = motion[frames / 2]
    let poses = motion.map { frame -> [Point] in
      [Rotation.axisAngle(of: upright * Rotation.matrix(axisAngle: frame.pose[0]))] + frame.pose.dropFirst()
    }
    let ways = motion.map { upright * ($0.way - middle.way) }
    let people = poses.map { pose in
      var moved = person
      (moved.pose, moved.rotations) = (pose, pose.map(Rotation.matrix(axisAngle:)))
      return moved
    }
    let joints = people.map(bodyJoints)
    let isTruncated = generator.chance(settings.truncationChance)
    let camera = frame(
      zip(joints, ways).map { joints, way in joints.map { $0 + way } }, truncated: isTruncated,
      using: &generator)
    person = people[frames / 2]
    person.camera = camera
    let whole = scene(of: person, joints[frames / 2], outlook, side: side, using: &generator)
    return people.indices.map { index in
      var scene = whole
      (scene.person, scene.joints) = (people[index], joints[index])
      scene.person.camera = camera.shifted(by: ways[index], side: side)
      return scene
    }
  }

  /// A random stream that single pictures do not use.
  private static let clipStream: UInt64 = 0x636C_6970_0000_0000

  /// Where the camera looks.
  private struct Outlook {
    let lean: Matrix3, yaw: Float, panorama: Int, slope: Float

    init(panoramas: Int, using generator: inout SeededGenerator) {
      let pitch = generator.normal(deviation: 0.15)
      let roll = generator.normal(deviation: 0.15)
      lean = Rotation.about(Point(0, 0, 1), by: roll) * Rotation.about(Point(1, 0, 0), by: pitch)
      yaw = generator.uniform(-Float.pi...Float.pi)
      panorama = generator.integer(below: panoramas)
      slope = generator.uniform(0.3...0.75)
    }
  }

  /// Draws what is around a person.
  private func scene(
    of person: Person, _ joints: [Point], _ outlook: Outlook, side: Int,
    using generator: inout SeededGenerator
  ) -> Scene {
    let (lean, panorama) = (outlook.lean, outlook.panorama)
    var behind: Person?
    if generator.chance(settings.otherBehindChance) {
      behind = neighbour(of: person, joints, lean: lean, nearness: 0.5...0.95, using: &generator)
    }
    var inFront: Person?
    if generator.chance(settings.otherInFrontChance) {
      inFront = neighbour(of: person, joints, lean: lean, nearness: 1...1.3, using: &generator)
    }
    var objects: [OccluderObject] = []
    if settings.maxObjects > 0, generator.chance(settings.objectChance) {
      for _ in 0...generator.integer(below: settings.maxObjects) {
        let point = person.camera.project(joints[generator.integer(below: Joint.count)], side: side)
        objects.append(
          OccluderObject(over: (point + 1) / 2, panoramas: panoramas.count, using: &generator))
      }
    }
    var scene = Scene(
      person: person, joints: joints, behind: behind, inFront: inFront, objects: objects, panorama: panorama,
      view: Rotation.about(Point(0, 1, 0), by: outlook.yaw) * lean.transpose, slope: outlook.slope,
      level: (0.5 + 0.6 * panoramas[panorama].light.brightness) * generator.uniform(0.8...1.3),
      sunShare: generator.uniform(0.1...0.6), cameraNoise: CameraNoise(using: &generator))
    if settings.randomizationShare > 0, generator.chance(settings.randomizationShare) {
      let randomization = DomainRandomization(panoramas: panoramas.count, using: &generator)
      scene.view = randomization.turn * scene.view
      scene.cameraNoise.gain *= randomization.tint
      scene.randomization = randomization
    }
    return scene
  }

  private func person(lean: Matrix3, using generator: inout SeededGenerator) -> Person {
    var pose = poses.draw(recordedShare: settings.recordedShare, using: &generator)
    var rotations = pose.map(Rotation.matrix(axisAngle:))
    let heading = generator.uniform(settings.headings) * .pi / 180
    rotations[0] = lean * Rotation.upright(heading: heading) * rotations[0]
    pose[0] = Rotation.axisAngle(of: rotations[0])
    rotations[0] = Rotation.matrix(axisAngle: pose[0])
    let betas = (0..<BodyModel.shapeCount).map { _ in min(max(generator.normal(), -2.5), 2.5) }
    return Person(
      pose: pose, rotations: rotations, betas: betas,
      clothing: Clothing(rest: rest, waist: waist, using: &generator),
      camera: WeakPerspectiveCamera(scale: 1, tx: 0, ty: 0))
  }

  private func bodyJoints(_ person: Person) -> [Point] {
    body.joints(
      rotations: Tensor(person.rotations).reshaped([1, Joint.count, 3, 3]),
      betas: Tensor([1, 10], person.betas)
    ).points
  }

  /// A camera that frames the body as a detector's box would, or only part of it.
  ///
  /// - Parameter frames: the body's joints at one moment, or at several, of which the camera sees all.
  private func frame(
    _ frames: [[Point]], truncated: Bool, using generator: inout SeededGenerator
  ) -> WeakPerspectiveCamera {
    let boxes = frames.map(Self.box)
    let low = boxes.dropFirst().reduce(boxes[0].low) { pointwiseMin($0, $1.low) }
    let high = boxes.dropFirst().reduce(boxes[0].high) { pointwiseMax($0, $1.high) }
    let extent = max(high.x - low.x, high.y - low.y, 0.5)
    let fill = generator.uniform(settings.fill)
    let room = (1 - fill) * 0.8
    var shift = SIMD2(generator.uniform(-room...room), generator.uniform(-room...room))
    var centre = (low + high) / 2
    var scale = 2 * fill / extent
    if truncated {
      scale *= generator.uniform(1.2...2.2)
      let joint = frames[frames.count / 2][generator.integer(below: Joint.count)]
      centre = (centre + SIMD2(joint.x, joint.y)) / 2
      shift *= 2
    }
    let offset = shift / scale - centre
    return WeakPerspectiveCamera(scale: scale, tx: offset.x, ty: offset.y)
  }

  /// The box of the joints and the top of the head, with a border of 5 cm.
  ///
  /// The top is one and a half times as far from the head's joint as that is from the neck's.
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
    of person: Person, _ joints: [Point], lean: Matrix3, nearness: ClosedRange<Float>,
    using generator: inout SeededGenerator
  ) -> Person {
    var other = self.person(lean: lean, using: &generator)
    let (low, high) = Self.box(joints)
    let (otherLow, otherHigh) = Self.box(bodyJoints(other))
    let factor = generator.uniform(nearness)
    let scale = person.camera.scale * factor
    // Feet at about the same height, centres some distance apart.
    let gap = generator.uniform(0.2...0.75) * (generator.chance(0.5) ? 1 : -1)
    let middle = (low.x + high.x) / 2 + person.camera.tx + gap
    let ground = high.y + person.camera.ty + generator.normal(deviation: 0.1)
    other.camera = WeakPerspectiveCamera(
      scale: scale, tx: middle / factor - (otherLow.x + otherHigh.x) / 2, ty: ground / factor - otherHigh.y)
    return other
  }
}
