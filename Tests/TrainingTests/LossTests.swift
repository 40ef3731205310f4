import Bodies
import Foundation
import Rendering
import Tensors
import TestSupport
import Testing
import Training

@Suite("Losses") struct LossTests {
  /// People of whom every kind of joint is hidden.
  static func people(_ renderer: Renderer) -> [RenderedSample] {
    let all = renderer.people(0..<32, seed: 1, side: 32)
    return [
      all.first { $0.visibility.contains(.hiddenByObject) }!,
      all.first { $0.visibility.contains(.selfOccluded) }!,
    ]
  }

  @Test("the body's gradient is the slope of finite differences", arguments: Losses.Visible.allCases)
  func body(_ visible: Losses.Visible) throws {
    let renderer = try SmallRenderer.inCity()
    let people = Self.people(renderer)
    var losses = Losses()
    losses.visibility = visible
    var random = SeededGenerator(seed: 2)
    func draw(_ shape: [Int], _ middle: Float = 0) -> Tensor {
      Tensor(shape, (0..<shape.reduce(1, *)).map { _ in middle + 0.3 * random.normal() })
    }
    var said = [draw([2, 24, 3, 3]), draw([2, 10]), draw([2, 3], 0.8)]
    func loss() -> (Losses.Terms, [Tensor]) {
      let result = losses.body(
        rotations: said[0], betas: said[1], camera: said[2], people: people, model: renderer.body, side: 32,
        cylinders: renderer.cylinders)
      return (result.terms, [result.rotations, result.betas, result.camera])
    }
    let gradients = loss().1
    for (i, gradient) in gradients.enumerated() {
      let largest = gradient.elements.map(abs).max()!
      for _ in 0..<20 {
        let at = random.integer(below: gradient.count)
        let step: Float = 2e-3
        said[i].withMutableElements { $0[at] += step }
        let above = loss().0.total
        said[i].withMutableElements { $0[at] -= 2 * step }
        let below = loss().0.total
        said[i].withMutableElements { $0[at] += step }
        let slope = (above - below) / (2 * step)
        #expect(
          abs(slope - gradient.elements[at]) < 0.01 * largest + 0.02,
          "answer \(i)[\(at)]: \(gradient.elements[at]), finite difference \(slope)")
      }
    }
  }

  @Test("hidden joints are left out, and means divide by all", arguments: Losses.Visible.allCases)
  func visibility(_ visible: Losses.Visible) throws {
    let renderer = try SmallRenderer.inCity()
    let people = Self.people(renderer)
    var random = SeededGenerator(seed: 3)
    let said = Tensor([2, 24, 3, 3], (0..<2 * 216).map { _ in random.normal() })
    let (betas, camera) = (Tensor([2, 10]), Tensor([2, 3], [0.8, 0, 0, 0.8, 0, 0]))
    var losses = Losses()
    losses.visibility = visible
    let terms = losses.body(
      rotations: said, betas: betas, camera: camera, people: people, model: renderer.body, side: 32,
      cylinders: renderer.cylinders
    ).terms
    let joints = renderer.body.joints(rotations: said, betas: betas).points
    var (flat, solid, turns, left) = (0.0, 0.0, 0.0, 0)
    for (n, person) in people.enumerated() {
      let hidden =
        switch visible {
        case .all: [Bool](repeating: false, count: 24)
        case .exact: person.visibility.map { $0 != .visible }
        case .cylinders:
          renderer.cylinders.hidden(
            person.joints, eye: Point.zero - person.camera.translation(side: 32))
        }
      left += hidden.count { $0 }
      let of = { (j: Int) in joints[n * 24 + j] - (joints[n * 24 + 1] + joints[n * 24 + 2]) / 2 }
      let truth = { (j: Int) in person.joints[j] - (person.joints[1] + person.joints[2]) / 2 }
      for j in 0..<24 where !hidden[j] {
        let away = of(j) - truth(j)
        solid += Double((away * away).sum())
        let place = WeakPerspectiveCamera(scale: 0.8, tx: 0, ty: 0).project(joints[n * 24 + j], side: 32)
        let off = place - person.joints2D[j]
        flat += Double((off * off).sum())
        for k in 0..<9 {
          let off = Double(said[n, j, k / 3, k % 3] - person.rotations[j, k / 3, k % 3])
          turns += off * off
        }
      }
    }
    #expect(visible == .all ? left == 0 : left > 0)
    for (value, expected) in [
      (terms.joints2D, 60 * 5 * flat / (2 * 24 * 2)), (terms.joints3D, 60 * 5 * solid / (2 * 24 * 3)),
      (terms.rotations, 60 * 5 * turns / (2 * 24 * 9)),
    ] {
      #expect(abs(Double(value) - expected) < 1e-3 * expected, "\(value), not \(expected)")
    }
  }

  @Test("the ground truth has no loss except the camera's") func truth() throws {
    let renderer = try SmallRenderer.inCity()
    let people = renderer.people(0..<3, seed: 4, side: 32)
    let terms = Losses().body(
      rotations: Tensor(stacking: people.map { $0.rotations.reshaped([1, 24, 3, 3]) }),
      betas: Tensor([3, 10], people.flatMap(\.betas)),
      camera: Tensor([3, 3], people.flatMap { [$0.camera.scale, $0.camera.tx, $0.camera.ty] }),
      people: people,
      model: renderer.body, side: 32
    ).terms
    for (name, value) in zip(Losses.Terms.names, terms.values) where name != "camera" {
      #expect(value < 1e-5, "\(name) is \(value)")
    }
    #expect(terms.camera > 0)
  }

  @Test(
    "part segmentation is the mean cross-entropy of enlarged logits, and its gradient their slope",
    arguments: [8, 5])
  func segmentation(cells: Int) throws {
    let side = 2 * cells
    let people = try SmallRenderer.inCity().people(0..<2, seed: 3, side: side)
    var random = SeededGenerator(seed: 1)
    var logits = Tensor(
      [2, cells, cells, 25], (0..<2 * cells * cells * 25).map { _ in 2 * random.normal() })
    func plain() -> Double {
      var total = 0.0
      for (n, person) in people.enumerated() {
        for y in 0..<side {
          for x in 0..<side {
            let values = (0..<25).map { Self.enlarged(logits, n, y, x, $0) }
            total += log(values.map(exp).reduce(0, +)) - values[Int(person.parts[y * side + x])]
          }
        }
      }
      return 60 * total / Double(2 * side * side)
    }
    let (value, gradient) = Losses().segmentation(logits, people: people, side: side)
    #expect(abs(Double(value) - plain()) < 1e-3)
    for _ in 0..<10 {
      let at = random.integer(below: logits.count)
      logits.withMutableElements { $0[at] += 0.05 }
      let above = plain()
      logits.withMutableElements { $0[at] -= 0.1 }
      let below = plain()
      logits.withMutableElements { $0[at] += 0.05 }
      #expect(abs(Float((above - below) / 0.1) - gradient.elements[at]) < 2e-3)
    }
  }

  /// A map at a pixel of one twice as large, written out: every pixel reads four cells, corners on corners.
  static func enlarged(_ map: Tensor, _ n: Int, _ y: Int, _ x: Int, _ c: Int) -> Double {
    let cells = map.shape[1]
    let scale = Double(cells - 1) / Double(2 * cells - 1)
    var sum = 0.0
    for row in 0..<cells {
      for column in 0..<cells {
        let near =
          max(0, 1 - abs(Double(y) * scale - Double(row)))
          * max(0, 1 - abs(Double(x) * scale - Double(column)))
        if near > 0 { sum += near * Double(map[n, row, column, c]) }
      }
    }
    return sum
  }
}
