public import Tensors

/// One step of a network: it can run, and it can carry a gradient back.
///
/// Tensors have the batch first; maps are `[batch, rows, columns, channels]`. Weights have PyTorch's shapes, so
/// that a checkpoint's arrays are used as they are.
package protocol Layer: Sendable {
  /// The weights of the layer, in the order in which `run` takes them.
  var parameters: [Parameter] { get }

  /// The shape of the result for inputs of the given shapes.
  func shape(of inputs: [[Int]]) -> [Int]

  /// The result, and whatever `backward` will want besides it.
  ///
  /// - Throws: `NetworkError` when there is no memory.
  func run(
    _ inputs: [Tensor], _ weights: [Tensor]
  ) throws(NetworkError) -> (result: Tensor, saved: [Tensor])

  /// Gradients with respect to every input and every weight, given the one with respect to the result.
  func backward(
    _ gradient: Tensor, _ step: Step
  ) throws(NetworkError) -> (inputs: [Tensor], weights: [Tensor])

  // MARK: What only some layers have, each with a default for the others

  /// The multiplications that every number of the result takes, where they are worth counting.
  func multiplications(for inputs: [[Int]]) -> Double

  /// How it computes part of a map; nil for a layer that looks at whole maps.
  var locality: Locality? { get }

  /// The running statistics that it keeps in training besides its weights.
  var statistics: RunningStatistics? { get }

  /// The same layer with the fastest kernels while its weights change.
  var forTraining: any Layer { get }

  /// The same layer with the fastest kernels over maps of a shape once its weights no longer change.
  ///
  /// `isFused` means that the network keeps maps of all sizes to its end, as HRNet does.
  func forInference(over map: [Int], isFused: Bool) -> any Layer

  /// The same layer over maps and weights rounded to bfloat16, where that pays.
  var inBFloat16: any Layer { get }

  /// The same layer, what it packed of its weights no longer shared.
  var withOwnCache: any Layer { get }

  /// The floats that its packed weights take.
  var packedCount: Int { get }

  /// The same layer in training with some maps hidden, picture by picture.
  func hidingMaps(_ hidden: [Bool]) -> any Layer

  /// What computes it, by the names of ``LayerTiming/ways``; nil for a layer that is not worth timing.
  var way: String? { get }

  /// The ways to compute it over maps of a shape; nil for a layer that is not worth timing.
  func alternatives(over map: [Int]) -> LayerAlternatives?
}

extension Layer {
  package var parameters: [Parameter] { [] }
  package func multiplications(for inputs: [[Int]]) -> Double { 0 }
  package var locality: Locality? { nil }
  package var statistics: RunningStatistics? { nil }
  package var forTraining: any Layer { self }
  package func forInference(over map: [Int], isFused: Bool) -> any Layer { self }
  package var inBFloat16: any Layer { self }
  package var withOwnCache: any Layer { self }
  package var packedCount: Int { 0 }
  package func hidingMaps(_ hidden: [Bool]) -> any Layer { self }
  package var way: String? { nil }
  package func alternatives(over map: [Int]) -> LayerAlternatives? { nil }
}

/// The running mean and variance of a normalisation, by their names in the checkpoint.
package struct RunningStatistics: Sendable {
  package let mean: String, variance: String
  package let channels: Int
}

/// What a layer did on the way forward.
package struct Step: Sendable {
  package let inputs: [Tensor]
  package let weights: [Tensor]
  package let result: Tensor
  package let saved: [Tensor]
  /// False where the inputs are pictures, which nobody corrects.
  package var needsInputGradient = true

  package init(
    inputs: [Tensor], weights: [Tensor], result: Tensor, saved: [Tensor], needsInputGradient: Bool = true
  ) {
    (self.inputs, self.weights, self.result, self.saved) = (inputs, weights, result, saved)
    self.needsInputGradient = needsInputGradient
  }
}

/// A learned tensor: its name in the checkpoint, its shape, and the values that training starts from.
public struct Parameter: Sendable, Hashable {
  /// The values that training starts from.
  public enum Start: Sendable, Hashable {
    /// One value throughout.
    case constant(Float)
    /// N(0, deviation).
    case normal(Float)
    /// Evenly spread over ±bound.
    case uniform(Float)
    /// One draw of N(0, deviation) for every pair of channels, times the weights of bilinear enlargement over the
    /// kernel: a transposed convolution that starts without a checkerboard.
    case bilinear(Float)
  }

  /// The key in the state_dict.
  public let name: String
  /// PyTorch's shape.
  public let shape: [Int]
  /// The values that training starts from.
  public let start: Start
  /// False for what is a fact about people, such as the mean pose, and stays as it is.
  public let isTrainable: Bool

  init(_ name: String, _ shape: [Int], _ start: Start, isTrainable: Bool = true) {
    (self.name, self.shape, self.start, self.isTrainable) = (name, shape, start, isTrainable)
  }

  /// A tensor of starting values.
  public func initial(_ random: inout SeededGenerator) -> Tensor {
    let count = shape.reduce(1, *)
    switch start {
    case .constant(let value): return Tensor(shape, repeating: value)
    case .normal(let deviation):
      return Tensor(shape, (0..<count).map { _ in random.normal(deviation: deviation) })
    case .uniform(let bound): return Tensor(shape, (0..<count).map { _ in random.uniform(-bound...bound) })
    case .bilinear(let deviation):
      let side = shape[shape.count - 1]
      let row = (0..<side).map { 1 - abs(2 * Float($0) + 1 - Float(side)) / Float(side) }
      var values: [Float] = []
      for _ in 0..<count / (side * side) {
        let value = random.normal(deviation: deviation)
        for y in row { values += row.map { value * y * $0 } }
      }
      return Tensor(shape, values)
    }
  }
}
