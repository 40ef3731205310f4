package import Tensors

/// The three-step regressor of the pooled head.
///
/// `spec/spin.md` §2; Kanazawa and others 2018.
///
/// Input: features `[batch, features]`. Result: `[batch, 157]`, pose in six numbers a joint (144), betas (10) and
/// camera (3). It starts from `init_pose`, `init_shape`, `init_cam` and adds a correction three times.
package struct IterativeRegressor: Layer {
  let prefix: String
  let features: Int, hidden: Int

  static let outputs = 157
  private static let decoders = [("decpose", 144), ("decshape", 10), ("deccam", 3)]
  private static let steps = 3

  package init(prefix: String, features: Int, hidden: Int) {
    (self.prefix, self.features, self.hidden) = (prefix, features, hidden)
  }

  private var layers: [Linear] {
    [
      Linear("\(prefix)fc1", features + Self.outputs, hidden), Linear("\(prefix)fc2", hidden, hidden),
    ] + Self.decoders.map { Linear("\(prefix)\($0)", hidden, $1, start: Linear.small(hidden, $1)) }
  }

  /// The five linear maps, then the three tensors that the estimate starts from (which do not learn).
  package var parameters: [Parameter] {
    layers.flatMap(\.parameters)
      + [("init_pose", 144), ("init_shape", 10), ("init_cam", 3)].map {
        Parameter("\(prefix)\($0)", [1, $1], .constant(0), isTrainable: false)
      }
  }

  package func shape(of inputs: [[Int]]) -> [Int] { [inputs[0][0], Self.outputs] }

  package func run(_ inputs: [Tensor], _ weights: [Tensor]) -> (result: Tensor, saved: [Tensor]) {
    let rows = inputs[0].shape[0]
    let start = weights[10].elements + weights[11].elements + weights[12].elements
    var estimate = Tensor([rows, Self.outputs], (0..<rows).flatMap { _ in start })
    var saved: [Tensor] = []
    for _ in 0..<Self.steps {
      let z = Self.joined(inputs[0], estimate)
      let h1 = Linear.apply(z, weights[0], weights[1])
      let h2 = Linear.apply(h1, weights[2], weights[3])
      let corrections = (0..<3).map { Linear.apply(h2, weights[4 + 2 * $0], weights[5 + 2 * $0]) }
      estimate = estimate.plus(Self.joined(Self.joined(corrections[0], corrections[1]), corrections[2]))
      saved += [z, h1, h2]
    }
    return (estimate, saved)
  }

  package func backward(_ gradient: Tensor, _ step: Step) -> (inputs: [Tensor], weights: [Tensor]) {
    let w = step.weights
    var changes = w.map { Tensor($0.shape) }
    var input = Tensor(step.inputs[0].shape)
    var estimate = gradient
    func accumulate(_ index: Int, _ change: Tensor) { changes[index] = changes[index].plus(change) }
    for iteration in (0..<Self.steps).reversed() {
      let (z, h1, h2) = (
        step.saved[3 * iteration], step.saved[3 * iteration + 1], step.saved[3 * iteration + 2]
      )
      var toH2 = Tensor(h2.shape)
      var offset = 0
      for (d, (_, width)) in Self.decoders.enumerated() {
        let part = estimate.columns(offset..<offset + width)
        let (back, change) = Linear.backward(part, h2, w[4 + 2 * d])
        accumulate(4 + 2 * d, change)
        accumulate(5 + 2 * d, part.channelSums)
        toH2 = toH2.plus(back)
        offset += width
      }
      let (toH1, change2) = Linear.backward(toH2, h1, w[2])
      accumulate(2, change2)
      accumulate(3, toH2.channelSums)
      let (toZ, change1) = Linear.backward(toH1, z, w[0])
      accumulate(0, change1)
      accumulate(1, toH1.channelSums)
      input = input.plus(toZ.columns(0..<features))
      estimate = estimate.plus(toZ.columns(features..<features + Self.outputs))
    }
    // The tensors that the estimate starts from are facts about people, not weights: their gradient stays zero.
    return ([input], changes)
  }

  private static func joined(_ a: Tensor, _ b: Tensor) -> Tensor {
    let rows = a.shape[0]
    let (p, q) = (a.shape[1], b.shape[1])
    let result = Tensor(uninitialized: [rows, p + q])
    for row in 0..<rows {
      (result.address + row * (p + q)).update(from: a.address + row * p, count: p)
      (result.address + row * (p + q) + p).update(from: b.address + row * q, count: q)
    }
    withExtendedLifetime((a, b)) {}
    return result
  }
}
