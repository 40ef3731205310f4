internal import CKernels
internal import COneDNN
import Synchronization
package import Tensors

/// A convolution's three passes as oneDNN runs them on maps of fixed shapes.
///
/// `source` is what the convolution reads, `[batch, rows, columns, in]`, `result` what it makes; the data pass
/// carries a result-shaped map back to a source-shaped one, which is also what a transposed convolution does.
package final class ConvolutionKernel: Sendable {
  package enum Pass: Hashable, Sendable {
    /// `limit` is the largest value of a result after the ReLU; 0 where there is none.
    case forward(bias: Bool, residual: Bool, limit: Float)
    case data
    case weights
  }

  package struct Key: Hashable, Sendable, CustomStringConvertible {
    let pass: Pass
    let source: [Int], result: [Int]
    let side: Int, stride: Int, padding: Int
    /// Whether map and weights are rounded to bfloat16; products are added up in 32 bits all the same.
    let usesBFloat16: Bool

    package init(
      pass: Pass, source: [Int], result: [Int], side: Int, stride: Int, padding: Int,
      usesBFloat16: Bool = false
    ) {
      (self.pass, self.source, self.result) = (pass, source, result)
      (self.side, self.stride, self.padding, self.usesBFloat16) = (side, stride, padding, usesBFloat16)
    }

    package var description: String {
      let name =
        switch pass {
        case .forward: "forward"
        case .data: "data"
        case .weights: "weights"
        }
      return "\(name) pass of a convolution of \(source) to \(result), side \(side), stride \(stride), "
        + "padding \(padding)"
    }
  }

  private static let made = PrimitiveCache<Key, ConvolutionKernel>()

  static func of(_ key: Key) throws(NetworkError) -> ConvolutionKernel {
    try made.value(for: key) { () throws(NetworkError) in try ConvolutionKernel(key) }
  }

  /// What oneDNN calls its kernels for all passes that this process has run, by what they compute.
  package static var implementations: [(pass: String, kernel: String)] {
    made.all.map { ("\($0)", $1.implementation) }
  }

  private let primitive: Primitive
  private let source: [Int], result: [Int], weights: [Int]
  private let type: dnnl_data_type_t

  /// A kernel of its own; `of` shares them.
  ///
  /// - Throws: `NetworkError` when oneDNN finds no memory.
  package init(_ key: Key) throws(NetworkError) {
    let (source, result) = (key.source, key.result)
    let weights = [result[3], source[3], key.side, key.side]
    (self.source, self.result, self.weights) = (source, result, weights)
    type = key.usesBFloat16 ? dnnl_bf16 : dnnl_f32
    let geometry = Geometry(key, type)
    switch key.pass {
    case .forward(let bias, let residual, let limit):
      primitive = try Self.withPostOperations(residual: residual, limit: limit) {
        attributes throws(NetworkError) in
        try Primitive(
          geometry.forward(dnnl_forward_inference, withBias: bias), for: "\(key)", attributes: attributes)
      }
    case .data, .weights:
      let hint = try Primitive(
        geometry.forward(dnnl_forward_training, withBias: false), for: "hint for the \(key)")
      primitive = try Primitive(
        key.pass == .data ? geometry.data() : geometry.weightGradient(), for: "\(key)", hint: hint)
    }
  }

  /// Calls `body` with attributes that add the residual and cut off below zero after the convolution.
  private static func withPostOperations(
    residual: Bool, limit: Float, _ body: (dnnl_primitive_attr_t?) throws(NetworkError) -> Primitive
  ) throws(NetworkError) -> Primitive {
    var attributes: dnnl_primitive_attr_t?
    var operations: dnnl_post_ops_t?
    try OneDNN.check(dnnl_primitive_attr_create(&attributes), "attributes of a convolution")
    defer { dnnl_primitive_attr_destroy(attributes) }
    try OneDNN.check(dnnl_post_ops_create(&operations), "attributes of a convolution")
    defer { dnnl_post_ops_destroy(operations) }
    if residual { OneDNN.require(dnnl_post_ops_append_sum(operations, 1), "sum") }
    if limit > 0 {
      let isOpen = limit == .infinity
      OneDNN.require(
        dnnl_post_ops_append_eltwise(
          operations, 1, isOpen ? dnnl_eltwise_relu : dnnl_eltwise_clip, 0, isOpen ? 0 : limit), "ReLU")
    }
    OneDNN.require(dnnl_primitive_attr_set_post_ops(attributes, operations), "attributes")
    return try body(attributes)
  }

  /// What oneDNN calls the kernel that it chose.
  package var implementation: String { primitive.implementation }

  /// Writes the convolution of `map` over `target`, added to what `target` holds where the pass has a residual.
  package func run(
    _ map: Tensor, weights tensor: Tensor, bias: Tensor?, into target: inout Tensor,
    packing: PackedWeights? = nil
  ) throws(NetworkError) {
    let (packed, layout) = try packed(tensor, packing)
    var arguments = [
      Primitive.Argument(DNNL_ARG_SRC, rounded(map), OneDNN.map(source, of: type)),
      .init(DNNL_ARG_WEIGHTS, packed, layout),
      .init(DNNL_ARG_DST, target.uniqueMemory(), OneDNN.map(result)),
    ]
    if let bias { arguments.append(.init(DNNL_ARG_BIAS, bias.memory, OneDNN.layout([result[3]], dnnl_a))) }
    try primitive.run(arguments)
  }

  /// The source-shaped map that a result-shaped one, `map`, goes back to.
  package func runData(
    _ map: Tensor, weights tensor: Tensor, packing: PackedWeights? = nil
  ) throws(NetworkError) -> Tensor {
    let (packed, layout) = try packed(tensor, packing)
    let target = Tensor(uninitialized: source)
    try primitive.run([
      .init(DNNL_ARG_DIFF_DST, rounded(map), OneDNN.map(result, of: type)),
      .init(DNNL_ARG_WEIGHTS, packed, layout),
      .init(DNNL_ARG_DIFF_SRC, target.memory, OneDNN.map(source)),
    ])
    return target
  }

  /// The gradient with respect to the weights, `[out, in, side, side]`.
  package func weightGradient(source map: Tensor, gradient: Tensor) throws(NetworkError) -> Tensor {
    var layout = primitive.layout(dnnl_query_diff_weights_md)
    let packed = GuardedMemory(byteCount: dnnl_memory_desc_get_size(&layout))
    try primitive.run([
      .init(DNNL_ARG_SRC, map.memory, OneDNN.map(source)),
      .init(DNNL_ARG_DIFF_DST, gradient.memory, OneDNN.map(result)),
      .init(DNNL_ARG_DIFF_WEIGHTS, packed, layout),
    ])
    let unpacked = Tensor(uninitialized: weights)
    try Primitive.rearrange(packed, layout, into: unpacked.memory, OneDNN.layout(weights, dnnl_abcd))
    return unpacked
  }

  /// The map in the type that the kernel reads.
  private func rounded(_ map: Tensor) -> GuardedMemory {
    guard type == dnnl_bf16 else { return map.memory }
    let result = GuardedMemory(byteCount: map.count * 2)
    withPointers(to: map) { kernel_to_bfloat16($0, map.count, result.start) }
    return result
  }

  /// Weights in the arrangement that the kernel asks for, which is given too.
  private func packed(
    _ tensor: Tensor, _ packing: PackedWeights?
  ) throws(NetworkError) -> (GuardedMemory, dnnl_memory_desc_t) {
    let layout = primitive.layout(dnnl_query_weights_md)
    func pack() throws(NetworkError) -> GuardedMemory {
      try Primitive.rearranged(tensor.memory, from: OneDNN.layout(weights, dnnl_abcd), to: layout)
    }
    guard let packing else { return (try pack(), layout) }
    return (try packing.packed(in: layout, pack: pack), layout)
  }
}

/// The arrangements and distances by which oneDNN describes the passes of a convolution.
private struct Geometry {
  private let key: ConvolutionKernel.Key
  private var source: dnnl_memory_desc_t, result: dnnl_memory_desc_t
  private var packed: dnnl_memory_desc_t, bias: dnnl_memory_desc_t
  private let strides: [Int64], before: [Int64], after: [Int64]

  init(_ key: ConvolutionKernel.Key, _ type: dnnl_data_type_t) {
    let (source, result) = (key.source, key.result)
    self.key = key
    // Only what is multiplied is rounded: the map that a pass reads.
    self.source = OneDNN.map(source, of: type)
    self.result = OneDNN.map(result, of: key.pass == .data ? type : dnnl_f32)
    packed = OneDNN.layout([result[3], source[3], key.side, key.side], dnnl_format_tag_any, of: type)
    bias = OneDNN.layout([result[3]], dnnl_a)
    strides = [Int64(key.stride), Int64(key.stride)]
    before = [Int64(key.padding), Int64(key.padding)]
    after = (1...2).map { Int64((result[$0] - 1) * key.stride + key.side - source[$0] - key.padding) }
  }

  func forward(_ kind: dnnl_prop_kind_t, withBias: Bool) -> dnnl_convolution_desc_t {
    described { operation, source, packed, bias, result in
      dnnl_convolution_forward_desc_init(
        operation, kind, dnnl_convolution_direct, source, packed, withBias ? bias : nil, result, strides,
        before, after)
    }
  }

  func data() -> dnnl_convolution_desc_t {
    described { operation, _, packed, _, result in
      var source = OneDNN.map(key.source)
      return dnnl_convolution_backward_data_desc_init(
        operation, dnnl_convolution_direct, &source, packed, result, strides, before, after)
    }
  }

  func weightGradient() -> dnnl_convolution_desc_t {
    described { operation, source, packed, _, result in
      dnnl_convolution_backward_weights_desc_init(
        operation, dnnl_convolution_direct, source, packed, nil, result, strides, before, after)
    }
  }

  private func described(
    _ describe: (
      _ operation: UnsafeMutablePointer<dnnl_convolution_desc_t>, _ source: UnsafePointer<dnnl_memory_desc_t>,
      _ packed: UnsafePointer<dnnl_memory_desc_t>, _ bias: UnsafePointer<dnnl_memory_desc_t>,
      _ result: UnsafePointer<dnnl_memory_desc_t>
    ) -> dnnl_status_t
  ) -> dnnl_convolution_desc_t {
    var operation = dnnl_convolution_desc_t()
    var (source, packed, bias, result) = (source, packed, bias, result)
    OneDNN.require(describe(&operation, &source, &packed, &bias, &result), "\(key)")
    return operation
  }
}

/// The weights of one convolution in the few arrangements that its kernels ask for; they never change.
package final class PackedWeights: Sendable {
  private struct Packed: @unchecked Sendable {
    let layout: dnnl_memory_desc_t
    let weights: GuardedMemory
  }
  private let packed = Mutex<[Packed]>([])

  func packed(
    in layout: dnnl_memory_desc_t, pack: () throws(NetworkError) -> GuardedMemory
  ) throws(NetworkError) -> GuardedMemory {
    // The lock is held while packing: two threads would only pack the same.
    try packed.withLock { packed throws(NetworkError) in
      for known in packed {
        var (a, b) = (known.layout, layout)
        if dnnl_memory_desc_equal(&a, &b) != 0 { return known.weights }
      }
      let made = try pack()
      packed.append(Packed(layout: layout, weights: made))
      return made
    }
  }
}
