package import Tensors

/// The three-step regressor of the pooled head.
///
/// HMR, Kanazawa et al. 2018; SPIN, Kolotouros et al. 2019.
///
/// Input: features `[batch, features]`. Result: `[batch, 157]`, pose as 6D rotations (144), betas (10) and camera (3).
/// It starts from `init_pose`, `init_shape`, `init_cam` and adds a correction three times.
package struct IterativeRegressor: Layer {
  let prefix: String
  let features: Int, hidden: Int
  /// As in ``Linear/product``, for each of the linear maps; none where weights change.
  var products: [WindowProduct] = []

  static let outputs = 157
  private typealias Part = (name: String, width: Int)
  private static let decoders: [Part] = [("decpose", 144), ("decshape", 10), ("deccam", 3)]
  private static let starts: [Part] = [("init_pose", 144), ("init_shape", 10), ("init_cam", 3)]
  private static let iterations = 3

  package init(prefix: String, features: Int, hidden: Int) {
    (self.prefix, self.features, self.hidden) = (prefix, features, hidden)
  }

  /// The tensors in the order of `parameters`, or their gradients.
  private struct Weights {
    var fc1: Linear.Weights, fc2: Linear.Weights, decoders: [Linear.Weights], starts: [Tensor]

    init(_ tensors: [Tensor]) {
      fc1 = Linear.Weights(tensors[0..<2])
      fc2 = Linear.Weights(tensors[2..<4])
      let last = 4 + 2 * IterativeRegressor.decoders.count
      decoders = stride(from: 4, to: last, by: 2).map { Linear.Weights(tensors[$0..<$0 + 2]) }
      starts = Array(tensors[last...])
    }

    var tensors: [Tensor] { fc1.tensors + fc2.tensors + decoders.flatMap(\.tensors) + starts }
  }

  /// What an iteration remembers: what the first layer reads, and what the two make.
  private struct Iteration {
    let input: Tensor, hidden1: Tensor, hidden2: Tensor

    static let count = 3
    init(input: Tensor, hidden1: Tensor, hidden2: Tensor) {
      (self.input, self.hidden1, self.hidden2) = (input, hidden1, hidden2)
    }
    init(_ index: Int, of saved: [Tensor]) {
      let first = Self.count * index
      (input, hidden1, hidden2) = (saved[first], saved[first + 1], saved[first + 2])
    }
    var saved: [Tensor] { [input, hidden1, hidden2] }
  }

  /// The five linear maps, then the three tensors that the estimate starts from (which are not trained).
  package var parameters: [Parameter] {
    let layers =
      [
        Linear(name: "\(prefix)fc1", inputs: features + Self.outputs, outputs: hidden),
        Linear(name: "\(prefix)fc2", inputs: hidden, outputs: hidden),
      ]
      + Self.decoders.map {
        Linear(
          name: prefix + $0.name, inputs: hidden, outputs: $0.width,
          start: Linear.small(inputs: hidden, outputs: $0.width))
      }
    return layers.flatMap(\.parameters)
      + Self.starts.map { Parameter(prefix + $0.name, [1, $0.width], .constant(0), isTrainable: false) }
  }

  /// The same with weights that stay as they are.
  var fixed: IterativeRegressor {
    var other = self
    other.products = (0..<2 + Self.decoders.count).map { _ in WindowProduct() }
    return other
  }

  package var withOwnCache: any Layer { products.isEmpty ? self : fixed }

  package var packedCount: Int {
    guard !products.isEmpty else { return 0 }
    return Linear.packedCount(inputs: features + Self.outputs, outputs: hidden)
      + Linear.packedCount(inputs: hidden, outputs: hidden)
      + Self.decoders.reduce(0) { $0 + Linear.packedCount(inputs: hidden, outputs: $1.width) }
  }

  package func shape(of inputs: [[Int]]) -> [Int] { [inputs[0][0], Self.outputs] }

  package func run(_ inputs: [Tensor], _ weights: [Tensor]) -> (result: Tensor, saved: [Tensor]) {
    let weights = Weights(weights)
    let rows = inputs[0].shape[0]
    let start = weights.starts.flatMap(\.elements)
    var estimate = Tensor([rows, Self.outputs], (0..<rows).flatMap { _ in start })
    var saved: [Tensor] = []
    for _ in 0..<Self.iterations {
      let input = Self.joined(inputs[0], estimate)
      let hidden1 = Linear.apply(weights.fc1, to: input, by: products.first)
      let hidden2 = Linear.apply(weights.fc2, to: hidden1, by: products.dropFirst().first)
      let corrections = weights.decoders.enumerated().map {
        Linear.apply($1, to: hidden2, by: products.dropFirst(2 + $0).first)
      }
      estimate = estimate.plus(corrections.dropFirst().reduce(corrections[0], Self.joined))
      saved += Iteration(input: input, hidden1: hidden1, hidden2: hidden2).saved
    }
    return (estimate, saved)
  }

  package func backward(_ gradient: Tensor, _ step: Step) -> (inputs: [Tensor], weights: [Tensor]) {
    let weights = Weights(step.weights)
    // The tensors that the estimate starts from are facts about people, not weights: their gradient stays zero.
    var changes = Weights(step.weights.map { Tensor($0.shape) })
    var input = Tensor(step.inputs[0].shape)
    var estimate = gradient
    func back(
      _ gradient: Tensor, through weights: Linear.Weights, of x: Tensor, adding change: inout Linear.Weights
    ) -> Tensor {
      let (input, part) = Linear.backward(gradient, through: weights, of: x)
      change.weight = change.weight.plus(part.weight)
      change.bias = change.bias.plus(part.bias)
      return input
    }
    for index in (0..<Self.iterations).reversed() {
      let iteration = Iteration(index, of: step.saved)
      var toHidden2 = Tensor(iteration.hidden2.shape)
      var first = 0
      for (d, decoder) in Self.decoders.enumerated() {
        let part = estimate.columns(first..<first + decoder.width)
        toHidden2 = toHidden2.plus(
          back(part, through: weights.decoders[d], of: iteration.hidden2, adding: &changes.decoders[d]))
        first += decoder.width
      }
      let toHidden1 = back(toHidden2, through: weights.fc2, of: iteration.hidden1, adding: &changes.fc2)
      let toInput = back(toHidden1, through: weights.fc1, of: iteration.input, adding: &changes.fc1)
      input = input.plus(toInput.columns(0..<features))
      estimate = estimate.plus(toInput.columns(features..<features + Self.outputs))
    }
    return ([input], changes.tensors)
  }

  private static func joined(_ a: Tensor, _ b: Tensor) -> Tensor {
    let (rows, first, second) = (a.shape[0], a.shape[1], b.shape[1])
    return Tensor([rows, first + second]) { result in
      withPointers(to: a, b) { a, b in
        for row in 0..<rows {
          let to = result + row * (first + second)
          to.update(from: a + row * first, count: first)
          (to + first).update(from: b + row * second, count: second)
        }
      }
    }
  }
}
