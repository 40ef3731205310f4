import Foundation
package import Bodies
internal import CKernels
internal import Networks
package import Tensors

/// What a network is told about its answers (`spec/losses-and-training.md` §1–2).
public struct Losses: Codable, Hashable, Sendable {
  /// The weights of the terms; 60 stands before all of them.
  public var joints2D: Float = 5
  /// Of the 3D joints, with the middle of the hips at the origin.
  public var joints3D: Float = 5
  /// Of the rotation matrices; with the published 1, where people face is learned long before how they stand.
  public var rotations: Float = 5
  /// Of the betas; the published 0.001 lets them run away on rendered people.
  public var betas: Float = 0.02
  /// Of the term that keeps the camera's scale positive.
  public var camera: Float = 1
  /// Of the part segmentation, while it is on.
  public var parts: Float = 1
  /// Of the surface, taught beside the parts while these are; nil teaches none.
  public var surface: Float?

  /// Which joints the terms of joints and rotations are about.
  public var visibility = Visible.all

  /// Explicit handling of occlusion: joints that are left out because they cannot be seen.
  ///
  /// A mean divides by the number of all joints still (`spec/losses-and-training.md` §1).
  public enum Visible: String, Codable, Sendable, CaseIterable {
    /// None is left out.
    case all
    /// All that the renderer knows to be out of sight: behind the body, an object, a person, outside the picture.
    case exact
    /// Those behind a limb, if limbs were cylinders (Cheng et al. 2019); objects are not known.
    case cylinders
  }

  static let overall: Float = 60

  /// The published weights, but for the rotations and the betas.
  public init() {}

  enum CodingKeys: String, CodingKey {
    case joints2D = "joints_2d"
    case joints3D = "joints_3d"
    case rotations, betas, camera, parts, surface, visibility
  }

  /// The terms by name, each already multiplied by its weight.
  public struct Terms: Sendable {
    /// Weighted values: `parts`, `joints_2d`, `joints_3d`, `rotations`, `betas`, `camera`, `surface`.
    public var values = [Float](repeating: 0, count: Terms.names.count)
    /// The names of the values, in their order.
    public static let names = [
      "parts", "joints_2d", "joints_3d", "rotations", "betas", "camera", "surface",
    ]
    /// Their sum.
    public var total: Float { values.reduce(0, +) }
  }

  /// A body's loss and its gradient with respect to rotations, betas and camera.
  ///
  /// - Parameters:
  ///   - rotations: `[N, 24, 3, 3]`, betas `[N, 10]`, camera `[N, 3]`: what the network says.
  ///   - people: what is true.
  ///   - side: the side of the crop in pixels.
  ///   - cylinders: the body's limbs, which `visibility` may ask about.
  package func body(
    rotations: Tensor, betas: Tensor, camera: Tensor, people: [RenderedPerson], model: BodyModel, side: Int,
    cylinders: BodyCylinders? = nil
  ) -> (terms: Terms, rotations: Tensor, betas: Tensor, camera: Tensor) {
    let n = people.count
    let counts = people.map { counted($0, side: side, cylinders) }
    var terms = Terms()
    var toRotations = Tensor(rotations.shape), toBetas = Tensor(betas.shape), toCamera = Tensor(camera.shape)
    var toJoints = Tensor([n, 24, 3])
    let (joints, cameras) = (model.joints(rotations: rotations, betas: betas).points, camera.elements)
    let weight2D = Self.overall * joints2D / Float(n * 24 * 2)
    let weight3D = Self.overall * joints3D / Float(n * 24 * 3)
    let weightRotations = Self.overall * self.rotations / Float(n * 24 * 9)
    let weightBetas = Self.overall * self.betas / Float(n * 10)
    let weightCamera = Self.overall * self.camera / Float(n)
    let side = Float(side)
    let focal = WeakPerspectiveCamera.focalLength
    toJoints.withMutableElements { toJoints in
      toCamera.withMutableElements { toCamera in
        for (i, person) in people.enumerated() {
          let (s, tx, ty) = (cameras[3 * i], cameras[3 * i + 1], cameras[3 * i + 2])
          let tz = 2 * focal / (side * s + 1e-9)
          let points = Array(joints[i * 24..<(i + 1) * 24])
          let origin = (points[1] + points[2]) / 2
          let trueOrigin = (person.joints[1] + person.joints[2]) / 2
          for j in 0..<24 where counts[i][j] {
            // 3D: both hips share the origin, so they take their part of everybody's gradient back.
            let away = (points[j] - origin) - (person.joints[j] - trueOrigin)
            terms.values[2] += weight3D * (away * away).sum()
            var gradient = 2 * weight3D * away
            for hip in [1, 2] {
              for c in 0..<3 { toJoints[(i * 24 + hip) * 3 + c] -= gradient[c] / 2 }
            }
            // 2D: k = f · (X + t) / (Z + tz) / (side / 2)
            let z = points[j].z + tz
            let factor = 2 * focal / (side * z)
            let k = SIMD2((points[j].x + tx) * factor, (points[j].y + ty) * factor)
            let off = k - person.joints2D[j]
            terms.values[1] += weight2D * (off * off).sum()
            let g = 2 * weight2D * off
            let toZ = -(g * k).sum() / z
            gradient += Point(g.x * factor, g.y * factor, toZ)
            for c in 0..<3 { toJoints[(i * 24 + j) * 3 + c] += gradient[c] }
            toCamera[3 * i] -= toZ * tz * side / (side * s + 1e-9)
            toCamera[3 * i + 1] += g.x * factor
            toCamera[3 * i + 2] += g.y * factor
          }
          let positive = expf(-20 * min(max(s, -1), 4))
          terms.values[5] += weightCamera * positive
          toCamera[3 * i] -= 20 * weightCamera * positive
        }
      }
    }
    let back = model.jointsBackward(toJoints, rotations: rotations, betas: betas)
    toRotations.withMutableElements { to in
      for i in 0..<n {
        person(
          people[i].rotations, at: i * 216, of: rotations, from: back.rotations
        ) {
          to[i * 216 + $0] = $1
          guard counts[i][$0 / 9] else { return }
          to[i * 216 + $0] += 2 * weightRotations * $2
          terms.values[3] += weightRotations * $2 * $2
        }
      }
    }
    toBetas.withMutableElements { to in
      for i in 0..<n {
        person(
          Tensor([10], people[i].betas), at: i * 10, of: betas, from: back.betas
        ) {
          to[i * 10 + $0] = $1 + 2 * weightBetas * $2
          terms.values[4] += weightBetas * $2 * $2
        }
      }
    }
    return (terms, toRotations, toBetas, toCamera)
  }

  /// Per joint whether it has a say.
  private func counted(_ person: RenderedPerson, side: Int, _ cylinders: BodyCylinders?) -> [Bool] {
    switch visibility {
    case .all: return [Bool](repeating: true, count: Joint.count)
    case .exact: return person.visibility.map { $0 == .visible }
    case .cylinders:
      precondition(cylinders != nil, "joints behind cylinders, but no cylinders")
      let eye = Point.zero - person.camera.translation(side: side)
      return cylinders!.hidden(person.joints, eye: eye).map { !$0 }
    }
  }

  /// Calls `body` with every index, the gradient that came through the joints, and estimate minus truth.
  private func person(
    _ truth: Tensor, at first: Int, of estimates: Tensor, from gradients: Tensor,
    _ body: (Int, Float, Float) -> Void
  ) {
    let count = truth.count
    withPointers(to: truth, estimates, gradients) { truth, estimate, gradient in
      for i in 0..<count { body(i, gradient[first + i], estimate[first + i] - truth[i]) }
    }
  }

  /// The part segmentation's loss and its gradient with respect to the logits `[N, map, map, 25]`.
  ///
  /// The logits are enlarged to the mask, not the mask reduced; all pixels count alike.
  package func segmentation(_ logits: Tensor, people: [RenderedPerson], side: Int) -> (
    value: Float, gradient: Tensor
  ) {
    let factor = Self.overall * parts / Float(people.count * side * side)
    let (sum, gradient) = Self.enlarged(logits, side: side) { index, large in
      var sum = 0.0
      let gradient = Tensor(large.shape) { gradient in
        sum = withPointers(to: large) { large in
          kernel_cross_entropy(large, people[index].parts, side * side, 25, factor, gradient)
        }
      }
      return (sum, gradient)
    }
    return (Float(sum) * factor, gradient)
  }

  /// A sum over maps that are enlarged to the picture, and its gradient with respect to the maps as they were.
  ///
  /// - Parameter loss: one map's share, by its index and the enlarged map `[1, side, side, C]`; one after another,
  ///   since all of them enlarged are too much for the processor's caches.
  static func enlarged(
    _ maps: Tensor, side: Int, _ loss: (_ index: Int, _ large: Tensor) -> (sum: Double, gradient: Tensor)
  ) -> (sum: Double, gradient: Tensor) {
    precondition(side % maps.shape[1] == 0, "a mask of \(side) pixels over \(maps.shape[1]) cells")
    let enlarging = Upsampling(factor: side / maps.shape[1])
    var total = 0.0
    let gradients = (0..<maps.shape[0]).map { index in
      let map = maps.rows(index..<index + 1)
      let large = enlarging.run([map], []).result
      let (sum, gradient) = loss(index, large)
      total += sum
      let step = Step(inputs: [map], weights: [], result: large, saved: [])
      return enlarging.backward(gradient, step).inputs[0]
    }
    return (total, Tensor(stacking: gradients))
  }
}
