internal import COneDNN
import Synchronization
internal import Tensors

/// The processor as oneDNN sees it.
///
/// Calls of the library fail only for want of memory or by an error of ours.
enum OneDNN {
  nonisolated(unsafe) static let engine: dnnl_engine_t = {
    precondition(OneDNNLibrary.isReady)
    var engine: dnnl_engine_t?
    check(dnnl_engine_create(&engine, dnnl_cpu, 0), "engine")
    return engine!
  }()

  static func check(_ status: dnnl_status_t, _ what: String) {
    precondition(status == dnnl_success, "oneDNN: \(what) failed with status \(status.rawValue)")
  }

  /// The description of a dense array of floats; `tag` names the order of its dimensions.
  static func layout(
    _ dimensions: [Int], _ tag: dnnl_format_tag_t, of type: dnnl_data_type_t = dnnl_f32
  ) -> dnnl_memory_desc_t {
    var layout = dnnl_memory_desc_t()
    let sizes = dimensions.map(Int64.init)
    check(dnnl_memory_desc_init_by_tag(&layout, Int32(sizes.count), sizes, type, tag), "layout")
    return layout
  }

  /// A feature map `[batch, rows, columns, channels]`; oneDNN names its dimensions batch first, then channels.
  static func map(_ shape: [Int], of type: dnnl_data_type_t = dnnl_f32) -> dnnl_memory_desc_t {
    layout([shape[0], shape[3], shape[1], shape[2]], dnnl_nhwc, of: type)
  }
}

/// A compiled operation of oneDNN, with the arrangement of memory that it settled on.
///
/// It can run on several threads at once: the scratch memory is the caller's.
final class Primitive: @unchecked Sendable {
  private let handle: dnnl_primitive_t
  private let description: dnnl_primitive_desc_t
  private let scratchBytes: Int

  /// - Parameter operation: a descriptor such as `dnnl_convolution_desc_t`.
  init<Operation>(
    _ operation: Operation, hint: Primitive? = nil, attributes: dnnl_primitive_attr_t? = nil
  ) {
    var attributes = attributes
    let owned = attributes == nil
    if owned { OneDNN.check(dnnl_primitive_attr_create(&attributes), "attributes") }
    OneDNN.check(dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user), "scratchpad")
    var description: dnnl_primitive_desc_t?
    withUnsafePointer(to: operation) {
      OneDNN.check(
        dnnl_primitive_desc_create(&description, $0, attributes, OneDNN.engine, hint?.description),
        "description of \(Operation.self)")
    }
    if owned { dnnl_primitive_attr_destroy(attributes) }
    self.description = description!
    var handle: dnnl_primitive_t?
    OneDNN.check(dnnl_primitive_create(&handle, description), "primitive")
    self.handle = handle!
    scratchBytes = Int(
      dnnl_memory_desc_get_size(dnnl_primitive_desc_query_md(description, dnnl_query_scratchpad_md, 0)))
  }

  deinit {
    dnnl_primitive_destroy(handle)
    dnnl_primitive_desc_destroy(description)
  }

  /// What oneDNN calls the kernel that it chose.
  var implementation: String {
    var name: UnsafePointer<CChar>?
    dnnl_primitive_desc_query(description, dnnl_query_impl_info_str, 0, &name)
    return name.map { String(cString: $0) } ?? ""
  }

  /// The arrangement that the primitive expects of an argument.
  func layout(_ query: dnnl_query_t, _ index: Int32 = 0) -> dnnl_memory_desc_t {
    dnnl_primitive_desc_query_md(description, query, index).pointee
  }

  /// An argument: its role, where it lies, and how it is arranged.
  struct Argument {
    let role: Int32, address: UnsafeMutableRawPointer, layout: dnnl_memory_desc_t

    init(_ role: Int32, _ address: UnsafeMutableRawPointer, _ layout: dnnl_memory_desc_t) {
      (self.role, self.address, self.layout) = (role, address, layout)
    }
  }

  /// Runs on the calling thread alone and returns when the result is there.
  func run(_ arguments: [Argument]) {
    omp_set_num_threads(1)
    var scratch = layout(dnnl_query_scratchpad_md)
    let room = Tensor(uninitialized: [max(scratchBytes / 4 + 1, 1)])
    var memories: [dnnl_memory_t] = []
    var passed: [dnnl_exec_arg_t] = []
    func add(_ role: Int32, _ address: UnsafeMutableRawPointer, _ layout: inout dnnl_memory_desc_t) {
      var memory: dnnl_memory_t?
      OneDNN.check(dnnl_memory_create(&memory, &layout, OneDNN.engine, address), "memory")
      memories.append(memory!)
      passed.append(dnnl_exec_arg_t(arg: role, memory: memory))
    }
    for argument in arguments {
      var layout = argument.layout
      add(argument.role, argument.address, &layout)
    }
    if scratchBytes > 0 { add(DNNL_ARG_SCRATCHPAD, room.address, &scratch) }
    var stream: dnnl_stream_t?
    OneDNN.check(dnnl_stream_create(&stream, OneDNN.engine, dnnl_stream_default_flags.rawValue), "stream")
    OneDNN.check(dnnl_primitive_execute(handle, stream, Int32(passed.count), passed), "execution")
    OneDNN.check(dnnl_stream_wait(stream), "execution")
    dnnl_stream_destroy(stream)
    for memory in memories { dnnl_memory_destroy(memory) }
    withExtendedLifetime(room) {}
  }

  /// The same numbers in another arrangement, in memory of their own.
  static func rearranged(
    _ address: UnsafeMutableRawPointer, from: dnnl_memory_desc_t, to: dnnl_memory_desc_t
  ) -> Tensor {
    var (from, to) = (from, to)
    let result = Tensor(uninitialized: [(dnnl_memory_desc_get_size(&to) + 3) / 4])
    rearrange(address, &from, into: result.address, &to)
    return result
  }

  static func rearrange(
    _ address: UnsafeMutableRawPointer, _ from: inout dnnl_memory_desc_t,
    into target: UnsafeMutableRawPointer, _ to: inout dnnl_memory_desc_t
  ) {
    omp_set_num_threads(1)
    var description: dnnl_primitive_desc_t?
    OneDNN.check(
      dnnl_reorder_primitive_desc_create(&description, &from, OneDNN.engine, &to, OneDNN.engine, nil),
      "reorder")
    var handle: dnnl_primitive_t?
    OneDNN.check(dnnl_primitive_create(&handle, description), "reorder")
    var source: dnnl_memory_t?
    var destination: dnnl_memory_t?
    OneDNN.check(dnnl_memory_create(&source, &from, OneDNN.engine, address), "memory")
    OneDNN.check(dnnl_memory_create(&destination, &to, OneDNN.engine, target), "memory")
    var stream: dnnl_stream_t?
    OneDNN.check(dnnl_stream_create(&stream, OneDNN.engine, dnnl_stream_default_flags.rawValue), "stream")
    let arguments = [
      dnnl_exec_arg_t(arg: DNNL_ARG_FROM, memory: source),
      dnnl_exec_arg_t(arg: DNNL_ARG_TO, memory: destination),
    ]
    OneDNN.check(dnnl_primitive_execute(handle, stream, 2, arguments), "reorder")
    OneDNN.check(dnnl_stream_wait(stream), "reorder")
    dnnl_stream_destroy(stream)
    dnnl_memory_destroy(source)
    dnnl_memory_destroy(destination)
    dnnl_primitive_destroy(handle)
    dnnl_primitive_desc_destroy(description)
  }
}

/// Primitives by what they compute, made once and shared by all threads.
final class PrimitiveCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private let made = Mutex<[Key: Value]>([:])

  func value(for key: Key, make: () -> Value) -> Value {
    if let value = made.withLock({ $0[key] }) { return value }
    let value = make()
    return made.withLock { made in
      if let other = made[key] { return other }
      made[key] = value
      return value
    }
  }
}
