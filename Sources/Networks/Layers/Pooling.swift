internal import CKernels
package import Tensors

/// The largest value of every window, in steps of two; a border around the map never wins.
///
/// Windows of 3×3 and a border of one pixel unless told otherwise (He et al. 2016).
package struct MaxPooling: Layer {
  let side: Int, padding: Int

  package init(side: Int = 3, padding: Int = 1) { (self.side, self.padding) = (side, padding) }

  package func shape(of inputs: [[Int]]) -> [Int] {
    let map = inputs[0]
    func length(_ n: Int) -> Int { (n + 2 * padding - side) / 2 + 1 }
    return [map[0], length(map[1]), length(map[2]), map[3]]
  }

  package func run(_ inputs: [Tensor], _ weights: [Tensor]) -> (result: Tensor, saved: [Tensor]) {
    let map = inputs[0]
    let shape = shape(of: [map.shape])
    let channels = shape[3]
    let result = Tensor(shape) { result in
      withPointers(to: map) { source in
        eachWindow(map.shape, shape) { pixel, window in
          let to = result + pixel * channels
          to.update(from: source + window[0] * channels, count: channels)
          for other in window.dropFirst() { kernel_maximum(source + other * channels, channels, to) }
        }
      }
    }
    return (result, [])
  }

  package func backward(_ gradient: Tensor, _ step: Step) -> (inputs: [Tensor], weights: [Tensor]) {
    let map = step.inputs[0]
    let channels = map.shape[3]
    var input = Tensor(map.shape), open = Tensor(uninitialized: [channels])
    withMutablePointers(to: &input, &open) { input, open in
      withPointers(to: gradient, step.result, map) { slopes, best, source in
        eachWindow(map.shape, gradient.shape) { pixel, window in
          // The first of equal values takes the gradient, as in PyTorch.
          open.update(repeating: 1, count: channels)
          for other in window {
            kernel_maximum_gradient(
              slopes + pixel * channels, best + pixel * channels, source + other * channels, channels, open,
              input + other * channels)
          }
        }
      }
    }
    return ([input], [])
  }

  package var locality: Locality? {
    Locality(
      receptiveField: ReceptiveField(side: side, stride: 2, padding: padding), border: -.infinity,
      alignment: 1
    ) { surroundings, _, _ in run(over: surroundings) }
  }

  private func run(over map: Tensor) -> Tensor {
    let (batch, mapRows, mapColumns, channels) = (map.shape[0], map.shape[1], map.shape[2], map.shape[3])
    let (rows, columns) = ((mapRows - side) / 2 + 1, (mapColumns - side) / 2 + 1)
    return Tensor([batch, rows, columns, channels]) { result in
      withPointers(to: map) { map in
        for n in 0..<batch {
          for y in 0..<rows {
            for x in 0..<columns {
              let to = result + ((n * rows + y) * columns + x) * channels
              let from = map + ((n * mapRows + 2 * y) * mapColumns + 2 * x) * channels
              to.update(from: from, count: channels)
              for other in 1..<side * side {
                kernel_maximum(from + (other / side * mapColumns + other % side) * channels, channels, to)
              }
            }
          }
        }
      }
    }
  }

  /// Calls `body` with every pixel of the result and the pixels of the map that it looks at.
  private func eachWindow(_ map: [Int], _ result: [Int], _ body: (_ pixel: Int, _ window: [Int]) -> Void) {
    var window: [Int] = []
    for n in 0..<result[0] {
      for y in 0..<result[1] {
        for x in 0..<result[2] {
          window.removeAll(keepingCapacity: true)
          for row in max(0, 2 * y - padding)..<min(map[1], 2 * y - padding + side) {
            for column in max(0, 2 * x - padding)..<min(map[2], 2 * x - padding + side) {
              window.append((n * map[1] + row) * map[2] + column)
            }
          }
          body((n * result[1] + y) * result[2] + x, window)
        }
      }
    }
  }
}

/// The mean over all pixels: a map becomes `[batch, channels]`.
package struct AveragePooling: Layer {
  package init() {}

  package func shape(of inputs: [[Int]]) -> [Int] { [inputs[0][0], inputs[0][3]] }

  package func run(_ inputs: [Tensor], _ weights: [Tensor]) -> (result: Tensor, saved: [Tensor]) {
    let map = inputs[0]
    let channels = map.shape[3]
    let pixels = map.shape[1] * map.shape[2]
    var result = Tensor(shape(of: [map.shape]))
    result.withMutablePointer { result in
      withPointers(to: map) { source in
        for n in 0..<map.shape[0] {
          let to = result + n * channels
          for p in 0..<pixels {
            let from = source + (n * pixels + p) * channels
            for c in 0..<channels { to[c] += from[c] }
          }
          for c in 0..<channels { to[c] /= Float(pixels) }
        }
      }
    }
    return (result, [])
  }

  package func backward(_ gradient: Tensor, _ step: Step) -> (inputs: [Tensor], weights: [Tensor]) {
    let shape = step.inputs[0].shape
    let pixels = shape[1] * shape[2]
    let input = Tensor(shape) { input in
      withPointers(to: gradient) { gradient in
        for n in 0..<shape[0] {
          let from = gradient + n * shape[3]
          for p in 0..<pixels {
            let to = input + (n * pixels + p) * shape[3]
            for c in 0..<shape[3] { to[c] = from[c] / Float(pixels) }
          }
        }
      }
    }
    return ([input], [])
  }
}
