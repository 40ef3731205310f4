import Bodies
import Foundation
import Pictures
import Rendering
import Synchronization
import Tensors
import TestSupport
import Testing

@Suite("Renderer") struct RendererTests {
  @Test("draws a picture by its seed and index alone, in any range and on any thread")
  func determinism() throws {
    var settings = Renderer.Settings.training
    settings.otherInFrontChance = 0.5
    let renderer = try SmallRenderer.make(settings)
    let whole = renderer.people(0..<40, seed: 9, side: 32)
    let pieces = Mutex<[Int: [RenderedSample]]>([:])
    Workers.run(5, workers: 2) { index, _ in
      let people = renderer.people(index * 7..<index * 7 + 7, seed: 9, side: 32)
      pieces.withLock { $0[index * 7] = people }
    }
    for (start, people) in pieces.withLock({ $0 }) {
      for (offset, person) in people.enumerated() { expectSame(person, whole[start + offset]) }
    }
    expectSame(renderer.people(35..<36, seed: 9, side: 32)[0], whole[35])

    let others = renderer.people(0..<40, seed: 10, side: 32)
    #expect(zip(whole, others).allSatisfy { $0.pose != $1.pose && $0.picture != $1.picture })
    #expect(Set(whole.map(\.pose)).count == 40)
  }

  private func expectSame(
    _ a: RenderedSample, _ b: RenderedSample, at location: SourceLocation = #_sourceLocation
  ) {
    #expect(a.picture == b.picture, sourceLocation: location)
    #expect(a.parts == b.parts && a.visibility == b.visibility, sourceLocation: location)
    #expect(a.pose == b.pose && a.betas == b.betas && a.camera == b.camera, sourceLocation: location)
    #expect(a.joints == b.joints && a.joints2D == b.joints2D, sourceLocation: location)
  }

  @Test("gives joints that its own pose, betas and camera give again")
  func truthAgrees() throws {
    let body = try SmallRenderer.body.get()
    for person in try SmallRenderer.make().people(0..<8, seed: 1, side: 40) {
      let posed = body.posed(
        rotations: person.rotations.reshaped([1, 24, 3, 3]), betas: Tensor([1, 10], person.betas))
      expectClose(posed.joints.reshaped([24, 3]), Tensor(person.joints))
      expectClose(Rotation.matrices(poses: Tensor([1, 72], person.pose)).elements, person.rotations.elements)
      for (joint, place) in zip(person.joints, person.joints2D) {
        let expected = person.camera.project(joint, side: 40)
        expectClose([place.x, place.y], [expected.x, expected.y])
      }
      #expect(person.betas.allSatisfy { abs($0) <= 2.5 })
    }
  }

  @Test("labels the parts of the body where its vertices are, though something stands in front")
  func partsAgree() throws {
    let body = try SmallRenderer.body.get()
    var settings = Renderer.Settings()
    settings.objectChance = 1
    settings.truncationChance = 0
    let faceParts = Rasterizer.faceParts(body.faces, vertexParts: body.parts)
    let side = 96
    for person in try SmallRenderer.make(settings).people(0..<6, seed: 2, side: side) {
      let vertices = body.posed(
        rotations: person.rotations.reshaped([1, 24, 3, 3]), betas: Tensor([1, 10], person.betas)
      ).vertices.points.map { vertex in
        let pixel = person.camera.pixel(of: vertex, side: side)
        return Point(pixel.x, pixel.y, vertex.z + 50)
      }
      let rasterizer = Rasterizer()
      rasterizer.clear(width: side, height: side)
      vertices.withUnsafeBufferPointer { vertices in
        body.faces.withUnsafeBufferPointer { rasterizer.draw(vertices, $0) }
      }
      let expected = rasterizer.partLabels(faceParts)
      let both = zip(person.parts, expected).count { $0 > 0 && $1 > 0 }
      let either = zip(person.parts, expected).count { $0 > 0 || $1 > 0 }
      let same = zip(person.parts, expected).count { $0 > 0 && $0 == $1 }
      #expect(Float(both) > 0.88 * Float(either))
      #expect(Float(same) > 0.88 * Float(both))
      #expect(person.coverage == Float(person.parts.count { $0 > 0 }) / Float(side * side))
      #expect(person.coverage > 0.02)
    }
  }

  @Test("people behind objects are those in sight, cut no further, and what covers them is known by pixel")
  func occluded() throws {
    let (range, side) = (0..<64, 48)
    let alone = try SmallRenderer.make(.unoccluded).people(range, seed: 12, side: side, with: .covered)
    let behind = try SmallRenderer.make(.occluded).people(range, seed: 12, side: side, with: .covered)
    #expect(alone.allSatisfy { !$0.covered.contains(true) })
    for (a, b) in zip(alone, behind) {
      #expect(a.pose == b.pose && a.betas == b.betas && a.camera == b.camera && a.parts == b.parts)
      #expect((b.occluders == 0) == (a.picture == b.picture))
      for j in 0..<24 where b.visibility[j] != .outsidePicture {
        let pixel = (b.joints2D[j] + 1) * (Float(side) / 2)
        let isCovered = b.covered[Int(pixel.y) * side + Int(pixel.x)]
        #expect(isCovered == (b.visibility[j] == .hiddenByObject))
        if !isCovered { #expect(a.visibility[j] == b.visibility[j]) }
      }
    }
    let share = Float(behind.count { $0.occluders > 0 }) / 64
    #expect((0.2...0.55).contains(share), "\(share) have something in front")
    #expect(behind.contains { $0.visibility.contains(.hiddenByObject) })
  }

  @Test("draws the person where the parts are, and only there")
  func pictureAgreesWithParts() throws {
    // A white place: people come out darker than it, and the noise of the sensor is far from as large.
    let renderer = try SmallRenderer.make(.unoccluded, red: 255, green: 255, blue: 255)
    let side = 64
    var inside = (differs: 0, all: 0)
    var outside = (differs: 0, all: 0)
    for person in renderer.people(0..<8, seed: 4, side: side) {
      let corner = person.picture[0, 0]
      for y in 2..<side - 2 {
        for x in 2..<side - 2 {
          let around = (-2...2).flatMap { dy in (-2...2).map { person.parts[(y + dy) * side + x + $0] } }
          let p = person.picture[x, y]
          let distance =
            abs(Int(p.red) - Int(corner.red)) + abs(Int(p.green) - Int(corner.green))
            + abs(Int(p.blue) - Int(corner.blue))
          if around.allSatisfy({ $0 > 0 }) {
            inside.all += 1
            if distance > 100 { inside.differs += 1 }
          } else if around.allSatisfy({ $0 == 0 }) {
            outside.all += 1
            if distance > 100 { outside.differs += 1 }
          }
        }
      }
    }
    #expect(Float(outside.differs) < 0.01 * Float(outside.all))
    #expect(Float(inside.differs) > 0.6 * Float(inside.all))
  }

  @Test("shows the left hand on the right of the picture when the person faces the camera")
  func leftAndRight() throws {
    var settings = Renderer.Settings.unoccluded
    settings.headings = 0...0
    for person in try SmallRenderer.make(settings).people(0..<12, seed: 3, side: 32) {
      let (left, right) = (person.joints2D[Joint.leftHip.rawValue], person.joints2D[Joint.rightHip.rawValue])
      #expect(left.x > right.x)
      #expect(person.joints2D[Joint.head.rawValue].y < person.joints2D[Joint.leftAnkle.rawValue].y)
      // The camera is where z falls.
      #expect(person.rotations.matrices[0][2, 2] < -0.5)
    }
  }

  @Test("turns people to every side")
  func headings() throws {
    let people = try SmallRenderer.make(.unoccluded).people(0..<96, seed: 5, side: 16)
    var sectors = [Int](repeating: 0, count: 8)
    for person in people {
      let front = person.rotations.matrices[0] * Point(0, 0, 1)
      sectors[Int((atan2(front.x, front.z) / (2 * .pi) + 1) * 8) % 8] += 1
    }
    for count in sectors { #expect((3...27).contains(count), "\(sectors)") }
  }

  @Test("keeps the whole person inside the picture unless asked to cut it off")
  func framing() throws {
    let whole = try SmallRenderer.make(.unoccluded).people(0..<48, seed: 6, side: 16)
    for person in whole {
      #expect(person.joints2D.allSatisfy { abs($0.x) <= 1 && abs($0.y) <= 1 })
      #expect(!person.visibility.contains(.outsidePicture))
      #expect(!person.visibility.contains(.hiddenByObject))
      #expect(person.occluders == 0)
    }
    var settings = Renderer.Settings.unoccluded
    settings.truncationChance = 1
    let cut = try SmallRenderer.make(settings).people(0..<48, seed: 6, side: 16)
    #expect(cut.count { $0.visibility.contains(.outsidePicture) } > 30)
    for person in cut {
      for (place, label) in zip(person.joints2D, person.visibility) {
        let isOutside = abs(place.x) >= 1 || abs(place.y) >= 1
        #expect(isOutside == (label == .outsidePicture))
      }
    }
  }

  @Test("changes the label of a joint to hidden, and nothing else, when objects come in front")
  func objectsHide() throws {
    var settings = Renderer.Settings.unoccluded
    settings.objectChance = 1
    let clean = try SmallRenderer.make(.unoccluded).people(0..<24, seed: 7, side: 48)
    let hidden = try SmallRenderer.make(settings).people(0..<24, seed: 7, side: 48)
    var count = 0
    for (before, after) in zip(clean, hidden) {
      #expect(before.joints2D == after.joints2D)
      #expect(before.parts == after.parts)
      #expect((1...settings.maxObjects).contains(after.occluders))
      for (was, now) in zip(before.visibility, after.visibility) where was != now {
        #expect(now == .hiddenByObject)
        count += 1
      }
    }
    #expect(count > 60)
  }

  @Test("hides joints behind another person")
  func othersHide() throws {
    var settings = Renderer.Settings.unoccluded
    settings.otherInFrontChance = 1
    let people = try SmallRenderer.make(settings).people(0..<24, seed: 8, side: 48)
    #expect(people.allSatisfy { $0.occluders == 1 })
    #expect(people.count { $0.visibility.contains(.hiddenByObject) } > 6)
  }

  @Test("randomises surroundings without touching the person, in a given share of the pictures")
  func randomization() throws {
    var settings = Renderer.Settings.unoccluded
    let plain = try SmallRenderer.make(settings).people(0..<48, seed: 13, side: 32)
    settings.randomizationShare = 1
    let randomised = try SmallRenderer.make(settings).people(0..<48, seed: 13, side: 32)
    // Each picture's surroundings, as the mean difference of red and blue: one place has one.
    func hue(_ person: RenderedSample) -> Int {
      var sum = 0
      for (pixel, part) in person.parts.enumerated() where part == 0 {
        let colour = person.picture[pixel % 32, pixel / 32]
        sum += Int(colour.red) - Int(colour.blue)
      }
      return sum / person.parts.count { $0 == 0 }
    }
    for (before, after) in zip(plain, randomised) {
      #expect(before.picture != after.picture)
      #expect(before.parts == after.parts && before.visibility == after.visibility)
      #expect(before.joints2D == after.joints2D && before.pose == after.pose && after.occluders == 0)
    }
    #expect(Set(randomised.map { hue($0) / 16 }).count > Set(plain.map { hue($0) / 16 }).count + 4)
    settings.randomizationShare = 0.5
    let some = try SmallRenderer.make(settings).people(0..<48, seed: 13, side: 32)
    #expect((12...36).contains(zip(plain, some).count { $0.picture != $1.picture }))
  }

  @Test("puts something in front as often as the settings say")
  func chances() throws {
    var settings = Renderer.Settings.unoccluded
    settings.objectChance = 0.25
    let people = try SmallRenderer.make(settings).people(0..<160, seed: 12, side: 8)
    #expect((24...58).contains(people.count { $0.occluders > 0 }))
  }
}
