import Foundation
package import Bodies
internal import CKernels
internal import Networks
package import Rendering
package import Tensors

/// The weights of the training loss.
///
/// Those of SPIN and PARE unless a comment names another value (Kolotouros et al. 2019; Kocabas et al. 2021).
public struct Losses: Codable, Hashable, Sendable {
  /// Of the projected joints; all weights are multiplied by 60.
  public var joints2D: Float = 5
  /// Of the 3D joints, with the middle of the hips at the origin.
  public var joints3D: Float = 5
  /// Of the rotation matrices; with the published 1, headings are learned long before poses.
  public var rotations: Float = 5
  /// Of the betas; with the published 0.001 they diverge on rendered people.
  public var betas: Float = 0.02
  /// Of the term that keeps the camera's scale positive.
  public var camera: Float = 1
  /// Of the part segmentation, while it is supervised.
  public var parts: Float = 1
  /// Of dense correspondence, supervised whenever the parts are; nil for none.
  public var surface: Float?
  /// Of the skin in UV space, with the head `uv`; nil for the built-in network's weights.
  public var uv: Surface?

  /// Which joints the terms of joints and rotations include.
  public var visibility = Visible.all

  /// Explicit handling of occlusion: which joints are left out because they are hidden.
  ///
  /// Means still divide by the number of all joints.
  public enum Visible: String, Codable, Sendable, CaseIterable {
    /// None is left out.
    case all
    /// Leaves out all that the renderer knows to be hidden: by the body, an object or a person, or outside the picture.
    case exact
    /// Leaves out joints behind a limb, with limbs as cylinders (Cheng et al. 2019); objects are not considered.
    case cylinders
  }

  static let overall: Float = 60

  /// The published weights, except for rotations and betas.
  public init() {}

  enum CodingKeys: String, CodingKey {
    case joints2D = "joints_2d"
    case joints3D = "joints_3d"
    case rotations, betas, camera, parts, surface, uv, visibility
  }

  /// The body's loss and its gradient with respect to rotations, betas and camera.
  ///
  /// - Parameters:
  ///   - rotations: `[N, 24, 3, 3]`, betas `[N, 10]`, camera `[N, 3]`: the predictions.
  ///   - people: the ground truth.
  ///   - side: the side of the crop in pixels.
  ///   - cylinders: the body's limbs, for `visibility`.
  package func body(
    rotations: Tensor, betas: Tensor, camera: Tensor, people: [RenderedSample], model: BodyModel, side: Int,
    cylinders: BodyCylinders? = nil
  ) -> (terms: Terms, rotations: Tensor, betas: Tensor, camera: Tensor) {
    let n = people.count
    let counts = people.map { counted($0, side: side, cylinders) }
    var terms = Terms()
    var toRotations = Tensor(rotations.shape), toBetas = Tensor(betas.shape), toCamera = Tensor(camera.shape)
    var toJoints = Tensor([n, Joint.count, 3])
    let (joints, cameras) = (model.joints(rotations: rotations, betas: betas).points, camera.elements)
    let weight2D = Self.overall * joints2D / Float(n * Joint.count * 2)
    let weight3D = Self.overall * joints3D / Float(n * Joint.count * 3)
    let weightRotations = Self.overall * self.rotations / Float(n * Joint.count * 9)
    let weightBetas = Self.overall * self.betas / Float(n * 10)
    let weightCamera = Self.overall * self.camera / Float(n)
    let side = Float(side)
    let focal = WeakPerspectiveCamera.focalLength
    toJoints.withMutableElements { toJoints in
      toCamera.withMutableElements { toCamera in
        for (i, person) in people.enumerated() {
          let (s, tx, ty) = (cameras[3 * i], cameras[3 * i + 1], cameras[3 * i + 2])
          let tz = 2 * focal / (side * s + 1e-9)
          let points = Array(joints[i * Joint.count..<(i + 1) * Joint.count])
          let origin = (points[1] + points[2]) / 2
          let trueOrigin = (person.joints[1] + person.joints[2]) / 2
          for j in 0..<Joint.count where counts[i][j] {
            // 3D: the origin is the mean of the hips, which therefore receive the negative gradient of every joint.
            let away = (points[j] - origin) - (person.joints[j] - trueOrigin)
            terms.joints3D += weight3D * (away * away).sum()
            var gradient = 2 * weight3D * away
            for hip in [1, 2] {
              for c in 0..<3 { toJoints[(i * Joint.count + hip) * 3 + c] -= gradient[c] / 2 }
            }
            // 2D: k = f · (X + t) / (Z + tz) / (side / 2)
            let z = points[j].z + tz
            let factor = 2 * focal / (side * z)
            let k = SIMD2((points[j].x + tx) * factor, (points[j].y + ty) * factor)
            let off = k - person.joints2D[j]
            terms.joints2D += weight2D * (off * off).sum()
            let g = 2 * weight2D * off
            let toZ = -(g * k).sum() / z
            gradient += Point(g.x * factor, g.y * factor, toZ)
            for c in 0..<3 { toJoints[(i * Joint.count + j) * 3 + c] += gradient[c] }
            toCamera[3 * i] -= toZ * tz * side / (side * s + 1e-9)
            toCamera[3 * i + 1] += g.x * factor
            toCamera[3 * i + 2] += g.y * factor
          }
          let positive = expf(-20 * min(max(s, -1), 4))
          terms.camera += weightCamera * positive
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
          terms.rotations += weightRotations * $2 * $2
        }
      }
    }
    toBetas.withMutableElements { to in
      for i in 0..<n {
        person(
          Tensor([10], people[i].betas), at: i * 10, of: betas, from: back.betas
        ) {
          to[i * 10 + $0] = $1 + 2 * weightBetas * $2
          terms.betas += weightBetas * $2 * $2
        }
      }
    }
    return (terms, toRotations, toBetas, toCamera)
  }

  /// Per joint whether the loss includes it.
  private func counted(_ person: RenderedSample, side: Int, _ cylinders: BodyCylinders?) -> [Bool] {
    switch visibility {
    case .all: return [Bool](repeating: true, count: Joint.count)
    case .exact: return person.visibility.map { $0 == .visible }
    case .cylinders:
      precondition(cylinders != nil, "joints behind cylinders, but no cylinders")
      let eye = Point.zero - person.camera.translation(side: side)
      return cylinders!.hidden(person.joints, eye: eye).map { !$0 }
    }
  }

  /// Calls `body` with each index, the gradient that came through the joints, and estimate minus ground truth.
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
  /// The logits are enlarged to the mask, not the mask reduced; all pixels have the same weight.
  package func segmentation(_ logits: Tensor, people: [RenderedSample], side: Int) -> (
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

  /// A sum over maps that are enlarged to the picture, and its gradient with respect to the original maps.
  ///
  /// - Parameter loss: one map's term, by its index and the enlarged map `[1, side, side, C]`; called one after
  ///   another, since all enlarged maps exceed the processor's caches.
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
