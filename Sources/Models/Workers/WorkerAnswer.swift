import Archives
import Bodies
import Tensors

/// What a worker tells about windows, checked.
struct WorkerAnswer {
  /// No joint is as far away, whatever its origin, metres.
  private static let farthest: Float = 10_000

  private let count: Int
  private let message: ArrayMessage
  private let worker: WorkerConnection
  private let attention: Bool

  init(_ message: ArrayMessage, count: Int, from worker: WorkerConnection, attention: Bool) {
    (self.message, self.count, self.worker, self.attention) = (message, count, worker, attention)
  }

  /// The predictions.
  ///
  /// - Throws: `ModelError` when an array is missing, of another shape, infinite, or not a number in part of a row.
  func predictions(by model: WorkerModel, _ view: WorkerView) throws -> Predictions {
    let hello = worker.hello
    let joints = hello.skeleton.count
    var predictions: Predictions
    if hello.givesBody {
      let rotations = try rows("rotations", [Joint.count, 3, 3])
      let betas = try rows("betas", [BodyModel.shapeCount])
      predictions = Predictions(
        joints: try model.posed(rotations: rotations, betas: betas), body: (rotations, betas))
    } else {
      predictions = Predictions(joints: try rows("joints", [joints, 3]))
    }
    if hello.outputs.contains(.camera) {
      let camera = try rows("camera", [3])
      let numbers = camera.elements
      predictions.camera = Tensor(
        [count, 3], (0..<count).flatMap { view.camera(Array(numbers[3 * $0..<3 * $0 + 3])) })
    }
    if hello.outputs.contains(.confidence) { predictions.confidence = try rows("confidence", [joints]) }
    if hello.outputs.contains(.uncertainty) { predictions.uncertainty = try rows("uncertainty", [joints]) }
    if attention, hello.outputs.contains(.attention) {
      predictions.attention = try rows("attention", [nil, nil, joints]).normalisedOverMap
    }
    return predictions
  }

  /// An array with a row for every window.
  private func rows(_ name: String, _ shape: [Int?]) throws -> Tensor {
    let tensor: Tensor?
    do throws(ArchiveError) { tensor = try message.tensor(name) } catch {
      throw worker.broken("tells \(name) that cannot be read: \(error.message)")
    }
    guard let tensor else { throw worker.broken("tells no \(name), which it said it gives") }
    let wanted = [count] + shape
    let isRight =
      tensor.shape.count == wanted.count
      && zip(tensor.shape, wanted).allSatisfy { $1 == nil ? $0 > 0 : $0 == $1 }
    guard isRight else {
      let text = wanted.map { $0.map(String.init) ?? "n" }.joined(separator: ", ")
      throw worker.broken("tells \(name) of the shape \(tensor.shape), not [\(text)]")
    }
    let length = tensor.count / count
    let problem = tensor.withElements { elements -> String? in
      for row in 0..<count {
        let row = elements[row * length..<(row + 1) * length]
        // A sum is a number where all are, and infinite or none where one is not; a look at each is rarely needed.
        let sum = row.reduce(0, +)
        if sum.isFinite { continue }
        if row.contains(where: \.isInfinite) { return "are infinite" }
        let missing = row.count(where: \.isNaN)
        if missing > 0, missing < length {
          return "are not numbers in part of a row; nobody found is NaN in the whole row"
        }
      }
      return nil
    }
    if let problem { throw worker.broken("tells \(name) that \(problem)") }
    if name == "joints", tensor.elements.contains(where: { abs($0) > Self.farthest }) {
      throw worker.broken("tells joints that are more than \(Int(Self.farthest)) m away; send metres")
    }
    return tensor
  }
}

extension Tensor {
  /// Maps `[N, rows, columns, joints]` that add up to 1 for every joint.
  fileprivate var normalisedOverMap: Tensor {
    let (count, cells, joints) = (shape[0], shape[1] * shape[2], shape[3])
    var values = elements
    for row in 0..<count {
      for joint in 0..<joints {
        let places = (0..<cells).map { (row * cells + $0) * joints + joint }
        let sum = places.reduce(Float(0)) { $0 + values[$1] }
        guard sum > 0 else { continue }
        for place in places { values[place] /= sum }
      }
    }
    return Tensor(shape, values)
  }
}
