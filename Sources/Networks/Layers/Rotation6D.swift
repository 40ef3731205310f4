package import Tensors

/// Rotations from their 6D representation, by the method of Gram and Schmidt.
///
/// Zhou et al. 2019.
///
/// Input: `[batch, 6 · joints]`, joint-major; the numbers of a joint are the first two columns of its matrix, row by
/// row, as in the published code of SPIN. Result: `[batch, joints, 3, 3]`.
package struct Rotation6D: Layer {
  package init() {}

  private typealias Vector = SIMD3<Float>

  package func shape(of inputs: [[Int]]) -> [Int] { [inputs[0][0], inputs[0][1] / 6, 3, 3] }

  package func run(_ inputs: [Tensor], _ weights: [Tensor]) -> (result: Tensor, saved: [Tensor]) {
    let result = Tensor(shape(of: inputs.map(\.shape))) { result in
      withPointers(to: inputs[0]) { numbers in
        for i in 0..<inputs[0].count / 6 {
          let frame = Frame(numbers + 6 * i)
          let to = result + 9 * i
          for row in 0..<3 {
            to[3 * row] = frame.b1[row]
            to[3 * row + 1] = frame.b2[row]
            to[3 * row + 2] = frame.b3[row]
          }
        }
      }
    }
    return (result, [])
  }

  package func backward(_ gradient: Tensor, _ step: Step) -> (inputs: [Tensor], weights: [Tensor]) {
    let numbers = step.inputs[0]
    let input = Tensor(numbers.shape) { input in
      withPointers(to: numbers, gradient) { from, gradient in
        for i in 0..<numbers.count / 6 {
          Self.backward(gradient + 9 * i, through: Frame(from + 6 * i), into: input + 6 * i)
        }
      }
    }
    return ([input], [])
  }

  private static func backward(
    _ g: UnsafePointer<Float>, through f: Frame, into to: UnsafeMutablePointer<Float>
  ) {
    let g3 = Vector(g[2], g[5], g[8])
    // b3 = b1 × b2
    var g1 = Vector(g[0], g[3], g[6]) + cross(f.b2, g3)
    let g2 = Vector(g[1], g[4], g[7]) + cross(g3, f.b1)
    // b2 = u / |u|, u = a2 - (b1 · a2) b1
    let gu = (g2 - f.b2 * dot(f.b2, g2)) / f.uLength
    let ga2 = gu - f.b1 * dot(f.b1, gu)
    g1 -= f.a2 * dot(f.b1, gu) + gu * dot(f.b1, f.a2)
    // b1 = a1 / |a1|
    let ga1 = (g1 - f.b1 * dot(f.b1, g1)) / f.a1Length
    for row in 0..<3 {
      to[2 * row] = ga1[row]
      to[2 * row + 1] = ga2[row]
    }
  }

  /// The rotations `[joints, 3, 3]` of `6 · joints` numbers, joint-major.
  package static func matrices(_ numbers: [Float]) -> Tensor {
    Rotation6D().run([Tensor([1, numbers.count], numbers)], []).result.reshaped([numbers.count / 6, 3, 3])
  }

  private struct Frame {
    let a2: Vector, b1: Vector, b2: Vector, b3: Vector
    let a1Length: Float, uLength: Float

    init(_ p: UnsafePointer<Float>) {
      let a1 = Vector(p[0], p[2], p[4])
      a2 = Vector(p[1], p[3], p[5])
      a1Length = max(dot(a1, a1).squareRoot(), 1e-12)
      b1 = a1 / a1Length
      let u = a2 - b1 * dot(b1, a2)
      uLength = max(dot(u, u).squareRoot(), 1e-12)
      b2 = u / uLength
      b3 = cross(b1, b2)
    }
  }
}

private func dot(_ a: SIMD3<Float>, _ b: SIMD3<Float>) -> Float { a.x * b.x + a.y * b.y + a.z * b.z }

private func cross(_ a: SIMD3<Float>, _ b: SIMD3<Float>) -> SIMD3<Float> {
  SIMD3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
}
