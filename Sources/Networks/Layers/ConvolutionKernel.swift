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
    case forward(bias: Bool, residual: Bool, relu: Bool)
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

  static func of(_ key: Key) -> ConvolutionKernel { made.value(for: key) { ConvolutionKernel(key) } }

  private let primitive: Primitive
  private let source: [Int], result: [Int], weights: [Int]
  private let type: dnnl_data_type_t

  /// A kernel of its own; `of` shares them.
  package init(_ key: Key) {
    let (source, result) = (key.source, key.result)
    let weights = [result[3], source[3], key.side, key.side]
    (self.source, self.result, self.weights) = (source, result, weights)
    let type = key.usesBFloat16 ? dnnl_bf16 : dnnl_f32
    self.type = type
    // Only what is multiplied is rounded: the map that a pass reads.
    var maps = (
      source: OneDNN.map(source, of: type),
      result: OneDNN.map(result, of: key.pass == .data ? type : dnnl_f32)
    )
    var packed = OneDNN.layout(weights, dnnl_format_tag_any, of: type)
    var bias = OneDNN.layout([result[3]], dnnl_a)
    let strides = [Int64(key.stride), Int64(key.stride)]
    let before = [Int64(key.padding), Int64(key.padding)]
    let after = (1...2).map { Int64((result[$0] - 1) * key.stride + key.side - source[$0] - key.padding) }

    func forward(_ kind: dnnl_prop_kind_t, withBias: Bool) -> dnnl_convolution_desc_t {
      var operation = dnnl_convolution_desc_t()
      let status =
        withBias
        ? dnnl_convolution_forward_desc_init(
          &operation, kind, dnnl_convolution_direct, &maps.source, &packed, &bias, &maps.result, strides,
          before,
          after)
        : dnnl_convolution_forward_desc_init(
          &operation, kind, dnnl_convolution_direct, &maps.source, &packed, nil, &maps.result, strides,
          before,
          after)
      OneDNN.check(status, "convolution of \(key)")
      return operation
    }

    switch key.pass {
    case .forward(let withBias, let residual, let relu):
      var attributes: dnnl_primitive_attr_t?
      var operations: dnnl_post_ops_t?
      OneDNN.check(dnnl_primitive_attr_create(&attributes), "attributes")
      OneDNN.check(dnnl_post_ops_create(&operations), "attributes")
      if residual { OneDNN.check(dnnl_post_ops_append_sum(operations, 1), "sum") }
      if relu { OneDNN.check(dnnl_post_ops_append_eltwise(operations, 1, dnnl_eltwise_relu, 0, 0), "ReLU") }
      OneDNN.check(dnnl_primitive_attr_set_post_ops(attributes, operations), "attributes")
      primitive = Primitive(
        forward(dnnl_forward_inference, withBias: withBias), for: "\(key)", attributes: attributes)
      dnnl_post_ops_destroy(operations)
      dnnl_primitive_attr_destroy(attributes)
    case .data, .weights:
      let hint = Primitive(forward(dnnl_forward_training, withBias: false), for: "hint for the \(key)")
      var operation = dnnl_convolution_desc_t()
      if key.pass == .data { maps.source = OneDNN.map(source) }
      let status =
        key.pass == .data
        ? dnnl_convolution_backward_data_desc_init(
          &operation, dnnl_convolution_direct, &maps.source, &packed, &maps.result, strides, before, after)
        : dnnl_convolution_backward_weights_desc_init(
          &operation, dnnl_convolution_direct, &maps.source, &packed, nil, &maps.result, strides, before,
          after)
      OneDNN.check(status, "convolution of \(key)")
      primitive = Primitive(operation, for: "\(key)", hint: hint)
    }
  }

  /// What oneDNN calls the kernel that it chose.
  package var implementation: String { primitive.implementation }

  /// Writes the convolution of `map` over `target`, added to what `target` holds where the pass says so.
  package func run(
    _ map: Tensor, weights tensor: Tensor, bias: Tensor?, into target: Tensor, packing: PackedWeights? = nil
  ) {
    let layout = primitive.layout(dnnl_query_weights_md)
    let packed = packing?.packed(in: layout) { self.pack(tensor, layout) } ?? pack(tensor, layout)
    var arguments = [
      Primitive.Argument(DNNL_ARG_SRC, rounded(map), OneDNN.map(source, of: type)),
      .init(DNNL_ARG_WEIGHTS, packed, layout),
      .init(DNNL_ARG_DST, target.memory, OneDNN.map(result)),
    ]
    if let bias { arguments.append(.init(DNNL_ARG_BIAS, bias.memory, OneDNN.layout([result[3]], dnnl_a))) }
    primitive.run(arguments)
  }

  /// Writes over `target`, a source-shaped map, what `map`, a result-shaped one, says of it.
  package func runData(
    _ map: Tensor, weights tensor: Tensor, into target: Tensor, packing: PackedWeights? = nil
  ) {
    let layout = primitive.layout(dnnl_query_weights_md)
    let packed = packing?.packed(in: layout) { self.pack(tensor, layout) } ?? pack(tensor, layout)
    primitive.run([
      .init(DNNL_ARG_DIFF_DST, rounded(map), OneDNN.map(result, of: type)),
      .init(DNNL_ARG_WEIGHTS, packed, layout),
      .init(DNNL_ARG_DIFF_SRC, target.memory, OneDNN.map(source)),
    ])
  }

  /// The gradient with respect to the weights, `[out, in, side, side]`.
  package func weightGradient(source map: Tensor, gradient: Tensor) -> Tensor {
    var layout = primitive.layout(dnnl_query_diff_weights_md)
    let packed = GuardedMemory(byteCount: dnnl_memory_desc_get_size(&layout))
    primitive.run([
      .init(DNNL_ARG_SRC, map.memory, OneDNN.map(source)),
      .init(DNNL_ARG_DIFF_DST, gradient.memory, OneDNN.map(result)),
      .init(DNNL_ARG_DIFF_WEIGHTS, packed, layout),
    ])
    let unpacked = Tensor(uninitialized: weights)
    Primitive.rearrange(packed, layout, into: unpacked.memory, OneDNN.layout(weights, dnnl_abcd))
    return unpacked
  }

  /// The map in the type that the kernel reads.
  private func rounded(_ map: Tensor) -> GuardedMemory {
    guard type == dnnl_bf16 else { return map.memory }
    let result = GuardedMemory(byteCount: map.count * 2)
    kernel_to_bfloat16(map.address, map.count, result.start)
    withExtendedLifetime(map) {}
    return result
  }

  private func pack(_ tensor: Tensor, _ layout: dnnl_memory_desc_t) -> GuardedMemory {
    Primitive.rearranged(tensor.memory, from: OneDNN.layout(weights, dnnl_abcd), to: layout)
  }
}

/// The weights of one convolution in the few arrangements that its kernels ask for; they never change.
package final class PackedWeights: Sendable {
  private struct Packed: @unchecked Sendable {
    let layout: dnnl_memory_desc_t
    let weights: GuardedMemory
  }
  private let packed = Mutex<[Packed]>([])

  func packed(in layout: dnnl_memory_desc_t, pack: () -> GuardedMemory) -> GuardedMemory {
    // The lock is held while packing: two threads would only pack the same.
    packed.withLock { packed in
      for known in packed {
        var (a, b) = (known.layout, layout)
        if dnnl_memory_desc_equal(&a, &b) != 0 { return known.weights }
      }
      let made = pack()
      packed.append(Packed(layout: layout, weights: made))
      return made
    }
  }
}
