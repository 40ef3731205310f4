import Foundation
package import Bodies
package import Rendering
package import Tensors

extension Losses {
  /// The weights of keypoints and of what is said of their being seen; both are multiplied by 60.
  static let keypoints: Float = 5, visibility: Float = 0.2
  /// Joints further out of the crop than this, where its edges are at −1 and 1, have no place to learn.
  private static let furthest: Float = 1.2

  /// The loss of keypoints `[N, 24, 3]`, and its gradient: the mean absolute difference of places, and a cross-entropy of being
  /// seen.
  ///
  /// A joint counts as hidden where an object or another person covers it, or the picture has ended; the body itself hides none,
  /// since its own pose tells where that is.
  package func keypoints(
    _ keypoints: Tensor, people: [RenderedSample]
  ) -> (terms: Terms, gradient: Tensor) {
    let joints = people.count * Joint.count
    let place = Self.overall * Self.keypoints / Float(2 * joints)
    let seen = Self.overall * Self.visibility / Float(joints)
    var terms = Terms()
    var gradient = Tensor(keypoints.shape)
    keypoints.withElements { keypoints in
      gradient.withMutableElements { gradient in
        for (n, person) in people.enumerated() {
          for j in 0..<Joint.count {
            let at = 3 * (n * Joint.count + j)
            let (value, slope) = Self.crossEntropy(keypoints[at + 2], person.visibility[j].isSeen ? 1 : 0)
            terms.visibility += seen * value
            gradient[at + 2] = seen * slope
            let truth = person.joints2D[j]
            guard max(abs(truth.x), abs(truth.y)) <= Self.furthest else { continue }
            for axis in 0..<2 {
              let off = keypoints[at + axis] - truth[axis]
              terms.joints2D += place * abs(off)
              gradient[at + axis] = off < 0 ? -place : place
            }
          }
        }
      }
    }
    return (terms, gradient)
  }
}

extension Visibility {
  /// Whether nothing but the body itself is in front of a joint, and the picture shows its place.
  package var isSeen: Bool { self == .visible || self == .selfOccluded }
}
