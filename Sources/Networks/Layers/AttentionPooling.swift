package import Tensors

/// Features gathered by attention: `Σ_p W[p, j] · X[p, c]`.
///
/// PARE, Kocabas et al. 2021.
///
/// Inputs: features `[batch, rows, columns, channels]` and attention `[batch, rows, columns, parts]`. Result:
/// `[batch, channels, parts]`.
package struct AttentionPooling: Layer {
  package init() {}

  package func shape(of inputs: [[Int]]) -> [Int] { [inputs[0][0], inputs[0][3], inputs[1][3]] }

  package func multiplications(for inputs: [[Int]]) -> Double { Double(inputs[0][1] * inputs[0][2]) }

  /// The features, the attention and the pooled features of one picture of a batch, as matrices.
  private struct Picture {
    let number: Int
    let pixels: Int, channels: Int, parts: Int

    init(_ number: Int, features: Tensor, attention: Tensor) {
      self.number = number
      pixels = features.shape[1] * features.shape[2]
      (channels, parts) = (features.shape[3], attention.shape[3])
    }

    var firstFeature: Int { number * pixels * channels }
    var firstAttention: Int { number * pixels * parts }
    var firstPooled: Int { number * channels * parts }

    func features(_ tensor: Tensor, transposed: Bool = false) -> Matrix {
      Matrix(tensor, at: firstFeature, rows: pixels, columns: channels, transposed: transposed)
    }
    func attention(_ tensor: Tensor) -> Matrix {
      Matrix(tensor, at: firstAttention, rows: pixels, columns: parts)
    }
    func pooled(_ tensor: Tensor, transposed: Bool = false) -> Matrix {
      Matrix(tensor, at: firstPooled, rows: channels, columns: parts, transposed: transposed)
    }
  }

  package func run(_ inputs: [Tensor], _ weights: [Tensor]) -> (result: Tensor, saved: [Tensor]) {
    let (features, attention) = (inputs[0], inputs[1])
    var result = Tensor(uninitialized: shape(of: inputs.map(\.shape)))
    for n in 0..<features.shape[0] {
      let picture = Picture(n, features: features, attention: attention)
      multiply(
        picture.features(features, transposed: true), picture.attention(attention), into: &result,
        at: picture.firstPooled)
    }
    return (result, [])
  }

  package func backward(_ gradient: Tensor, _ step: Step) -> (inputs: [Tensor], weights: [Tensor]) {
    let (features, attention) = (step.inputs[0], step.inputs[1])
    var toFeatures = Tensor(uninitialized: features.shape)
    var toAttention = Tensor(uninitialized: attention.shape)
    for n in 0..<features.shape[0] {
      let picture = Picture(n, features: features, attention: attention)
      multiply(
        picture.attention(attention), picture.pooled(gradient, transposed: true), into: &toFeatures,
        at: picture.firstFeature)
      multiply(
        picture.features(features), picture.pooled(gradient), into: &toAttention, at: picture.firstAttention)
    }
    return ([toFeatures, toAttention], [])
  }
}

/// `[batch, channels, parts]` as one row of `channels · parts` numbers, channel-major.
package struct Flatten: Layer {
  package init() {}

  package func shape(of inputs: [[Int]]) -> [Int] { [inputs[0][0], inputs[0].dropFirst().reduce(1, *)] }

  package func run(_ inputs: [Tensor], _ weights: [Tensor]) -> (result: Tensor, saved: [Tensor]) {
    (inputs[0].reshaped(shape(of: [inputs[0].shape])), [])
  }

  package func backward(_ gradient: Tensor, _ step: Step) -> (inputs: [Tensor], weights: [Tensor]) {
    ([gradient.reshaped(step.inputs[0].shape)], [])
  }
}
