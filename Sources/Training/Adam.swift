internal import CKernels
package import Tensors

/// The Adam optimiser: a running mean and a running square for each weight (Kingma and Ba 2015).
package struct Adam: Sendable {
  package var first: [String: Tensor] = [:]
  package var second: [String: Tensor] = [:]
  /// Steps taken so far.
  package var steps = 0

  static let beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8

  package init() {}

  /// Updates `weights` by one step of size `rate`; `decay` shrinks weights of two or more dimensions.
  ///
  /// Gradients are multiplied by `scale` first.
  package mutating func step(
    _ weights: inout [String: Tensor], _ gradients: [String: Tensor], scale: Float = 1, rate: Float,
    decay: Float = 0
  ) {
    steps += 1
    let corrections = (beta(Self.beta1), beta(Self.beta2))
    // The order of a dictionary varies from run to run; here it does not matter.
    for (name, gradient) in gradients {
      var (m, v) = (first[name] ?? Tensor(gradient.shape), second[name] ?? Tensor(gradient.shape))
      var weight = weights[name]!
      (first[name], second[name], weights[name]) = (nil, nil, nil)
      let shape = gradient.shape
      m.withMutableElements { m in
        v.withMutableElements { v in
          weight.withMutableElements { weight in
            gradient.withElements { gradient in
              kernel_adam(
                gradient.baseAddress!, gradient.count, scale, rate, Self.beta1, Self.beta2, Self.epsilon,
                shape.count > 1 ? decay : 0, corrections.0, corrections.1, m.baseAddress!,
                v.baseAddress!, weight.baseAddress!)
            }
          }
        }
      }
      (first[name], second[name], weights[name]) = (m, v, weight)
    }
  }

  private func beta(_ beta: Float) -> Float {
    var power: Double = 1
    for _ in 0..<min(steps, 20_000) { power *= Double(beta) }
    return Float(1 / (1 - power))
  }
}
