import Bodies
import Foundation
import Pictures
import Rendering
import Tensors
import TestSupport
import Testing
import Training

@Suite("Augmentation") struct AugmentationTests {
  static let side = 64

  static func all() -> Augmentation {
    var augmentation = Augmentation()
    augmentation.flip = true
    augmentation.rotation = true
    augmentation.scale = true
    augmentation.noise = true
    (augmentation.cropProbability, augmentation.cropFactor) = (0.4, 0.3)
    return augmentation
  }

  @Test("draws have the published distributions") func distributions() {
    let augmentation = Self.all()
    var generator = SeededGenerator(seed: 1)
    let draws = (0..<20_000).map { _ in augmentation.draw(&generator) }
    func share(_ condition: (Augmentation.Draw) -> Bool) -> Float {
      Float(draws.count(where: condition)) / Float(draws.count)
    }
    #expect(abs(share(\.flips) - 0.5) < 0.015)
    #expect(abs(share { $0.degrees == 0 } - 0.6) < 0.015)
    #expect(draws.allSatisfy { abs($0.degrees) <= 60 })
    // Two deviations: 4.6 % of the turns are cut off at 60 degrees.
    #expect(abs(share { abs($0.degrees) == 60 } - 0.4 * 0.0455) < 0.006)
    #expect(draws.allSatisfy { (0.75...1.25).contains($0.scale) })
    #expect(abs(share { $0.scale == 0.75 } - 0.1587) < 0.012)
    #expect(abs(share { $0.scale < 1 } - 0.5) < 0.015)
    for c in 0..<3 {
      #expect(draws.allSatisfy { (0.6...1.4).contains($0.gains[c]) })
      #expect(abs(draws.reduce(0) { $0 + $1.gains[c] } / Float(draws.count) - 1) < 0.01)
    }
    #expect(abs(share { $0.crop != nil } - 0.4) < 0.015)

    for draw in draws.prefix(500) {
      let window = augmentation.window(draw)
      #expect(abs(window.half - draw.scale * (draw.crop == nil ? 1 : 0.7)) < 1e-6)
      #expect(window.centre.x == 0 && abs(window.centre.y) <= (draw.crop == nil ? 0 : 0.3 + 1e-6))
    }
    // Switching one off leaves the draws of the others.
    var less = augmentation
    less.rotation = false
    var again = SeededGenerator(seed: 1)
    for draw in draws.prefix(100) {
      var expected = draw
      expected.degrees = 0
      #expect(less.draw(&again) == expected)
    }
    var off = SeededGenerator(seed: 1)
    #expect((0..<100).allSatisfy { _ in Augmentation().draw(&off) == Augmentation.Draw() })
  }

  @Test("a photograph that ends inside its crop is black beyond its edges, and so is what its labels say")
  func edges() throws {
    var augmentation = Augmentation()
    #expect(augmentation.edges(of: 0, seed: 1) == nil)
    augmentation.edgeProbability = 0.25
    let drawn = (0..<8000).map { augmentation.edges(of: $0, seed: 1) }
    let edges = drawn.compactMap(\.self)
    #expect(abs(Float(edges.count) / 8000 - 0.25) < 0.02)
    #expect(edges.allSatisfy { $0.right - $0.left > 0.29 && $0.bottom - $0.top > 0.14 })
    #expect(edges.contains { $0.bottom < 0.4 } && edges.contains { $0.left > 0.3 && $0.right < 0.7 })

    augmentation.edgeProbability = 1
    let renderer = try SmallRenderer.inCity()
    let whole = renderer.people(0..<4, seed: 5, side: Self.side)
    let ended = try augmentation.apply(
      to: whole, numbers: 0..<4, seed: 5, side: Self.side, occluders: OccluderLibrary(OccluderLibrary.none),
      renderer: renderer)
    for (number, (before, after)) in zip(whole, ended).enumerated() {
      let edges = try #require(augmentation.edges(of: number, seed: 5))
      let side = Float(Self.side)
      func isInside(_ x: Float, _ y: Float) -> Bool {
        x >= (edges.left * side).rounded(.down) && x < (edges.right * side).rounded(.down)
          && y >= (edges.top * side).rounded(.down) && y < (edges.bottom * side).rounded(.down)
      }
      for pixel in 0..<Self.side * Self.side {
        let isKept = isInside(Float(pixel % Self.side), Float(pixel / Self.side))
        #expect(after.parts[pixel] == (isKept ? before.parts[pixel] : 0))
        for c in 0..<3 {
          #expect(after.picture.pixels[pixel * 3 + c] == (isKept ? before.picture.pixels[pixel * 3 + c] : 0))
        }
      }
      for joint in before.joints2D.indices {
        let position = (before.joints2D[joint] + 1) * (side / 2)
        #expect(
          after.visibility[joint]
            == (isInside(position.x, position.y) ? before.visibility[joint] : .outsidePicture))
      }
      // What is asked of the network stays: it guesses what the photograph does not show.
      #expect(after.joints == before.joints && after.joints2D == before.joints2D)
      #expect(after.coverage == Float(after.parts.count { $0 > 0 }) / (side * side))
    }
  }

  @Test("a margin shows more around the same crop") func margin() throws {
    var settings = Renderer.Settings.training
    settings.objectChance = 0.8
    let renderer = try SmallRenderer.make(settings)
    let plain = renderer.people(0..<6, seed: 3, side: Self.side)
    let wide = renderer.people(0..<6, seed: 3, side: Self.side, margin: 16)
    for (expected, person) in zip(plain, wide) {
      #expect(person.picture.width == 96)
      let back = person.cropped(to: .init(half: 64 / 96), side: Self.side)
      #expect(back.parts == expected.parts && back.picture.width == 64)
      // The sensor's noise is another, nothing else: means over blocks agree.
      for block in 0..<64 {
        var difference = 0
        for pixel in 0..<64 {
          let (x, y) = (block % 8 * 8 + pixel % 8, block / 8 * 8 + pixel / 8)
          difference += Int(back.picture[x, y].green) - Int(expected.picture[x, y].green)
        }
        #expect(abs(difference) < 64 * 6, "block \(block): \(difference / 64)")
      }
      for (a, b) in zip(back.joints2D, expected.joints2D) {
        expectClose([a.x, a.y], [b.x, b.y], absolute: 1e-5)
      }
      expectClose(
        [back.camera.scale, back.camera.tx, back.camera.ty],
        [expected.camera.scale, expected.camera.tx, expected.camera.ty], absolute: 1e-5)
      #expect(back.rotations == expected.rotations && back.visibility == expected.visibility)
    }
  }

  static let windows: [Augmentation.Window] = [
    .init(radians: 0.5), .init(radians: -1), .init(half: 1.25), .init(half: 0.75),
    .init(centre: SIMD2(0, 0.2), half: 0.7), .init(centre: SIMD2(0, -0.3), half: 0.6, radians: 0.8),
  ]

  @Test("labels go with the picture", arguments: windows, [false, true])
  func labels(_ window: Augmentation.Window, _ flips: Bool) throws {
    let renderer = try SmallRenderer.make(.unoccluded)
    let body = renderer.body
    let faceParts = Rasterizer.faceParts(body.faces, vertexParts: body.parts)
    var agreement = (both: 0, either: 0, same: 0)
    for original in renderer.people(0..<8, seed: 5, side: Self.side) {
      var person = original.cropped(to: window, side: Self.side)
      if flips { person = person.mirrored() }
      // The camera's 2D joints are the labels, and they lie where the window puts the old ones.
      let (sine, cosine) = (sin(window.radians), cos(window.radians))
      for j in 0..<24 {
        let said = person.camera.project(person.joints[j], side: Self.side)
        expectClose([said.x, said.y], [person.joints2D[j].x, person.joints2D[j].y], absolute: 1e-4)
        let old = original.joints2D[flips ? Joint.allCases[j].mirrored.rawValue : j]
        let away = (old - window.centre) / window.half
        var place = SIMD2(cosine * away.x - sine * away.y, sine * away.x + cosine * away.y)
        if flips { place.x = -place.x }
        let isExact = window.half == 1 && window.centre == .zero
        expectClose([said.x, said.y], [place.x, place.y], absolute: isExact ? 1e-4 : 8e-3)
      }
      // The body of the labels has their joints, up to its own lack of symmetry.
      let posed = body.posed(
        rotations: person.rotations.reshaped([1, 24, 3, 3]), betas: Tensor([1, 10], person.betas))
      for (said, found) in zip(person.joints, posed.joints.points) {
        let away = (said - person.joints[0]) - (found - posed.joints.points[0])
        #expect((away * away).sum().squareRoot() < (flips ? 0.02 : 1e-4))
      }
      expectClose(
        Rotation.matrices(poses: Tensor([1, 72], person.pose)).elements, person.rotations.elements,
        absolute: 1e-4)
      // Drawn by its labels, the body covers the pixels of the mask.
      let vertices = posed.vertices.points.map { vertex in
        let pixel = person.camera.pixel(of: vertex, side: Self.side)
        return Point(pixel.x, pixel.y, vertex.z + 50)
      }
      let rasterizer = Rasterizer()
      rasterizer.clear(width: Self.side, height: Self.side)
      vertices.withUnsafeBufferPointer { vertices in
        body.faces.withUnsafeBufferPointer { rasterizer.draw(vertices, $0) }
      }
      let drawn = rasterizer.partLabels(faceParts)
      agreement.both += zip(person.parts, drawn).count { $0 > 0 && $1 > 0 }
      agreement.either += zip(person.parts, drawn).count { $0 > 0 || $1 > 0 }
      agreement.same += zip(person.parts, drawn).count { $0 > 0 && $0 == $1 }
    }
    #expect(Float(agreement.both) > 0.85 * Float(agreement.either))
    #expect(Float(agreement.same) > 0.85 * Float(agreement.both))
  }

  @Test("picture and part mask stay one on the other", arguments: windows)
  func mask(_ window: Augmentation.Window) throws {
    let side = 192
    for (index, original) in try SmallRenderer.make().people(0..<4, seed: 6, side: side).enumerated() {
      var person = original
      person.picture.pixels = person.parts.flatMap { [$0 * 9, $0 * 9, 0] }
      person = person.cropped(to: window, side: side)
      if index % 2 == 1 { person = person.mirrored() }
      let mirrored = [0] + Joint.allCases.map { $0.mirrored.rawValue + 1 }
      var compared = 0
      for y in 2..<side - 2 {
        for x in 2..<side - 2 {
          let label = person.parts[y * side + x]
          let around = (-2...2).flatMap { dy in (-2...2).map { person.parts[(y + dy) * side + x + $0] } }
          // Between labels colours mix.
          guard label > 0, around.allSatisfy({ $0 == label }) else { continue }
          compared += 1
          let expected = index % 2 == 1 ? mirrored[Int(label)] : Int(label)
          let off = abs(Int(person.picture[x, y].red) - expected * 9)
          #expect(off <= 2, "label \(label), colour off by \(off)")
        }
      }
      #expect(compared > 50)
    }
  }

  @Test("mirrored twice is as before") func mirrors() throws {
    for person in try SmallRenderer.make().people(0..<6, seed: 7, side: 33) {
      let once = person.mirrored()
      #expect(once.picture != person.picture && once.camera.tx == -person.camera.tx)
      #expect(once.visibility[Joint.leftHand.rawValue] == person.visibility[Joint.rightHand.rawValue])
      let twice = once.mirrored()
      #expect(twice.picture == person.picture && twice.parts == person.parts)
      #expect(twice.rotations == person.rotations && twice.pose == person.pose)
      #expect(twice.camera == person.camera && twice.joints == person.joints)
      #expect(twice.joints2D == person.joints2D && twice.visibility == person.visibility)
    }
  }

  @Test("joints that leave the window are outside the picture, and none comes back") func visibility() throws
  {
    var settings = Renderer.Settings.unoccluded
    settings.truncationChance = 0.5
    var left = 0
    for person in try SmallRenderer.make(settings).people(0..<16, seed: 8, side: Self.side) {
      for window in Self.windows {
        let now = person.cropped(to: window, side: Self.side)
        for j in 0..<24 {
          let isOut = max(abs(now.joints2D[j].x), abs(now.joints2D[j].y)) >= 1
          if isOut { #expect(now.visibility[j] == .outsidePicture) }
          if person.visibility[j] == .outsidePicture {
            #expect(now.visibility[j] == .outsidePicture)
          } else if isOut {
            left += 1
          } else {
            #expect(now.visibility[j] == person.visibility[j])
          }
        }
      }
    }
    #expect(left > 50)
  }

  @Test("cylinders hide most joints that the body hides, and few that it does not") func cylinders() throws {
    let renderer = try SmallRenderer.make(.unoccluded)
    var (behind, caught, seen, missed) = (0, 0, 0, 0)
    for person in renderer.people(0..<96, seed: 9, side: 96) {
      let hidden = renderer.cylinders.hidden(
        person.joints, eye: Point.zero - person.camera.translation(side: 96))
      for j in 0..<24 {
        switch person.visibility[j] {
        case .selfOccluded: (behind, caught) = (behind + 1, caught + (hidden[j] ? 1 : 0))
        case .visible: (seen, missed) = (seen + 1, missed + (hidden[j] ? 1 : 0))
        default: break
        }
      }
    }
    #expect(behind > 200 && Float(caught) > 0.6 * Float(behind), "\(caught) of \(behind) caught")
    #expect(Float(missed) < 0.05 * Float(seen), "\(missed) of \(seen) in sight called hidden")
  }
}
