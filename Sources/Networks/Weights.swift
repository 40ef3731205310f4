import Foundation
public import Tensors

/// The named tensors of a network, in PyTorch's names and shapes, and what their file contains besides.
public struct Weights: Sendable {
  /// The tensors by their keys in the state_dict.
  public var tensors: [String: Tensor]
  /// Texts by name, such as the architecture of a built-in network.
  public var metadata: [String: String]
  /// Where they come from, for messages: a file's path or a name.
  public let source: String

  /// Weights from anywhere; networks never read files.
  public init(_ tensors: [String: Tensor], metadata: [String: String] = [:], source: String = "weights") {
    (self.tensors, self.metadata, self.source) = (tensors, metadata, source)
  }

  /// The tensor of a name.
  ///
  /// - Throws: `WeightError` if there is none, its shape is another, or it holds a value that is no number.
  public func tensor(_ name: String, _ shape: [Int]) throws(WeightError) -> Tensor {
    guard let tensor = tensors[name] else {
      throw WeightError(source, "tensor \(name) is missing; is this a checkpoint of this network?")
    }
    guard tensor.shape == shape else {
      throw WeightError(source, "tensor \(name) has shape \(tensor.shape), not \(shape)")
    }
    guard tensor.isFinite else {
      throw WeightError(
        source, "tensor \(name) contains values that are not finite; the training that wrote it failed")
    }
    return tensor
  }
}

extension Weights {
  /// The tensors of some parameters by their names.
  ///
  /// - Throws: `WeightError` as ``tensor(_:_:)``.
  func tensors(of parameters: [Parameter]) throws(WeightError) -> [String: Tensor] {
    var tensors: [String: Tensor] = [:]
    for parameter in parameters { tensors[parameter.name] = try tensor(parameter.name, parameter.shape) }
    return tensors
  }
}

extension Fingerprint {
  /// Takes in tensors with their names, in the order of these.
  mutating func add(_ tensors: [String: Tensor]) {
    for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
      add(Data(name.utf8))
      tensor.withElements { add(UnsafeRawBufferPointer($0)) }
    }
  }
}

/// Weights that do not make a network: one line that names the file, the tensor and what is wrong.
public struct WeightError: Error, CustomStringConvertible, Equatable {
  /// Where the weights come from.
  public let source: String
  /// What is wrong with them.
  public let problem: String

  init(_ source: String, _ problem: String) { (self.source, self.problem) = (source, problem) }

  /// One line for people.
  public var description: String { "\(source): \(problem)" }
}
