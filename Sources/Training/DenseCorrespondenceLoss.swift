package import Rendering
package import Tensors

extension Losses {
  /// The loss of dense correspondence and its gradient with respect to the prediction, `[N, map, map, 4]`.
  ///
  /// Dense correspondence (Güler et al. 2018) as an auxiliary task of the backbone: a part label does not
  /// distinguish the front of a chest from its back, the surface point does. The mean square over the channels and
  /// over the pixels of the people, occluded or not; the map is enlarged to the picture, as the part logits are.
  package func denseCorrespondence(_ predicted: Tensor, people: [RenderedSample], side: Int) -> (
    value: Float, gradient: Tensor
  ) {
    precondition(
      people.allSatisfy { $0.denseCorrespondence.count == side * side },
      "people rendered without dense correspondence")
    let drawn = people.reduce(0) { $0 + $1.parts.count { $0 > 0 } }
    let factor = Self.overall * (surface ?? 0) / Float(max(drawn, 1) * SurfacePoint.scalarCount)
    let (sum, gradient) = Self.enlarged(predicted, side: side) { index, large in
      let person = people[index]
      var gradient = Tensor(large.shape)
      var total = 0.0
      large.withElements { large in
        gradient.withMutableElements { gradient in
          for pixel in 0..<side * side where person.parts[pixel] > 0 {
            let truth = person.denseCorrespondence[pixel]
            var sum: Float = 0
            for c in 0..<SurfacePoint.scalarCount {
              let at = pixel * SurfacePoint.scalarCount + c
              let off = large[at] - truth[c]
              sum += off * off
              gradient[at] = 2 * factor * off
            }
            total += Double(sum)
          }
        }
      }
      return (total, gradient)
    }
    return (Float(sum) * factor, gradient)
  }
}
