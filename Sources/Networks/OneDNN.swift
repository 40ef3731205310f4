internal import COneDNN
import Synchronization
internal import Tensors

/// The processor as oneDNN sees it.
enum OneDNN {
  nonisolated(unsafe) static let engine: dnnl_engine_t = {
    precondition(OneDNNLibrary.isReady)
    var engine: dnnl_engine_t?
    require(dnnl_engine_create(&engine, dnnl_cpu, 0), "engine")
    return engine!
  }()

  /// Ends the program where a call failed that can only fail by an error of ours.
  static func require(_ status: dnnl_status_t, _ what: @autoclosure () -> String) {
    precondition(status == dnnl_success, "oneDNN: \(what()) failed with status \(status.rawValue)")
  }

  /// Checks a call that asks for memory.
  ///
  /// - Throws: `NetworkError` where there was none.
  static func check(_ status: dnnl_status_t, _ what: @autoclosure () -> String) throws(NetworkError) {
    if status == dnnl_out_of_memory { throw NetworkError(purpose: what()) }
    require(status, what())
  }

  /// The description of a dense array of floats; `tag` names the order of its dimensions.
  static func layout(
    _ dimensions: [Int], _ tag: dnnl_format_tag_t, of type: dnnl_data_type_t = dnnl_f32
  ) -> dnnl_memory_desc_t {
    var layout = dnnl_memory_desc_t()
    let sizes = dimensions.map(Int64.init)
    require(dnnl_memory_desc_init_by_tag(&layout, Int32(sizes.count), sizes, type, tag), "layout")
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
  private let purpose: String

  /// - Parameters:
  ///   - operation: A descriptor such as `dnnl_convolution_desc_t`.
  ///   - purpose: What it is for, should it write where it must not or find no memory.
  convenience init<Operation>(
    _ operation: Operation, for purpose: String, hint: Primitive? = nil,
    attributes: dnnl_primitive_attr_t? = nil
  ) throws(NetworkError) {
    try self.init(for: purpose, attributes) { description, attributes in
      withUnsafePointer(to: operation) {
        dnnl_primitive_desc_create(&description, $0, attributes, OneDNN.engine, hint?.description)
      }
    }
  }

  private init(
    for purpose: String, _ given: dnnl_primitive_attr_t?,
    _ describe: (inout dnnl_primitive_desc_t?, dnnl_primitive_attr_t?) -> dnnl_status_t
  ) throws(NetworkError) {
    // How the work is shared out, and how much scratch memory that takes, is settled here.
    omp_set_num_threads(1)
    var attributes = given
    if given == nil { try OneDNN.check(dnnl_primitive_attr_create(&attributes), purpose) }
    defer { if given == nil { dnnl_primitive_attr_destroy(attributes) } }
    OneDNN.require(
      dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user), "scratchpad")
    var description: dnnl_primitive_desc_t?
    try OneDNN.check(describe(&description, attributes), purpose)
    var handle: dnnl_primitive_t?
    do throws(NetworkError) {
      try OneDNN.check(dnnl_primitive_create(&handle, description), purpose)
    } catch {
      dnnl_primitive_desc_destroy(description)
      throw error
    }
    self.description = description!
    self.handle = handle!
    scratchBytes = Int(
      dnnl_memory_desc_get_size(dnnl_primitive_desc_query_md(description, dnnl_query_scratchpad_md, 0)))
    self.purpose = purpose
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

  /// An argument: its role, its memory, and how that is arranged.
  struct Argument {
    let role: Int32, memory: GuardedMemory, layout: dnnl_memory_desc_t

    init(_ role: Int32, _ memory: GuardedMemory, _ layout: dnnl_memory_desc_t) {
      (self.role, self.memory, self.layout) = (role, memory, layout)
    }

    /// What it is to the one who reads of an overrun.
    fileprivate var name: String {
      switch role {
      case DNNL_ARG_SCRATCHPAD: "its scratchpad"
      case DNNL_ARG_DST, DNNL_ARG_DIFF_SRC, DNNL_ARG_DIFF_WEIGHTS: "its result"
      default: "what it reads (argument \(role))"
      }
    }
  }

  /// Runs on the calling thread alone and returns when the result is there and no memory was written past its end.
  ///
  /// - Throws: `NetworkError` when the library finds no memory.
  func run(_ given: [Argument]) throws(NetworkError) {
    omp_set_num_threads(1)
    var arguments = given
    if scratchBytes > 0 {
      arguments.append(
        Argument(
          DNNL_ARG_SCRATCHPAD, GuardedMemory(byteCount: scratchBytes), layout(dnnl_query_scratchpad_md)))
    }
    var passed: [dnnl_exec_arg_t] = []
    defer { for argument in passed { dnnl_memory_destroy(argument.memory) } }
    for argument in arguments { passed.append(try self.passed(argument)) }
    var stream: dnnl_stream_t?
    try OneDNN.check(
      dnnl_stream_create(&stream, OneDNN.engine, dnnl_stream_default_flags.rawValue), purpose)
    defer { dnnl_stream_destroy(stream) }
    try OneDNN.check(dnnl_primitive_execute(handle, stream, Int32(passed.count), passed), purpose)
    try OneDNN.check(dnnl_stream_wait(stream), purpose)
    for argument in arguments {
      argument.memory.check(argument.name, after: "oneDNN's \(implementation), \(purpose),")
    }
  }

  /// An argument as the library takes it.
  private func passed(_ argument: Argument) throws(NetworkError) -> dnnl_exec_arg_t {
    var (memory, layout) = (dnnl_memory_t?.none, argument.layout)
    precondition(
      dnnl_memory_desc_get_size(&layout) <= argument.memory.byteCount,
      "\(purpose): \(argument.memory.byteCount) bytes are too few for \(argument.name)")
    let status =
      NetworkFaults.isOutOfMemory
      ? dnnl_out_of_memory : dnnl_memory_create(&memory, &layout, OneDNN.engine, argument.memory.start)
    try OneDNN.check(status, purpose)
    return dnnl_exec_arg_t(arg: argument.role, memory: memory)
  }

  /// The same numbers in another arrangement, in memory of their own.
  static func rearranged(
    _ memory: GuardedMemory, from: dnnl_memory_desc_t, to: dnnl_memory_desc_t
  ) throws(NetworkError) -> GuardedMemory {
    var to = to
    let result = GuardedMemory(byteCount: dnnl_memory_desc_get_size(&to))
    try rearrange(memory, from, into: result, to)
    return result
  }

  static func rearrange(
    _ memory: GuardedMemory, _ from: dnnl_memory_desc_t, into target: GuardedMemory, _ to: dnnl_memory_desc_t
  ) throws(NetworkError) {
    let reorder = try Primitive(for: "rearrangement of weights", nil) { description, attributes in
      var (from, to) = (from, to)
      return dnnl_reorder_primitive_desc_create(
        &description, &from, OneDNN.engine, &to, OneDNN.engine, attributes)
    }
    try reorder.run([Argument(DNNL_ARG_FROM, memory, from), Argument(DNNL_ARG_TO, target, to)])
  }
}

/// Faults that tests bring about.
package enum NetworkFaults {
  /// Whether oneDNN finds no memory for the arguments of what the current task runs.
  @TaskLocal package static var isOutOfMemory = false
}

/// Primitives by what they compute, made once and shared by all threads.
final class PrimitiveCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private let made = Mutex<[Key: Value]>([:])

  /// All that was made so far.
  var all: [Key: Value] { made.withLock(\.self) }

  func value(for key: Key, make: () throws(NetworkError) -> Value) throws(NetworkError) -> Value {
    if let value = made.withLock({ $0[key] }) { return value }
    let value = try make()
    return made.withLock { made in
      if let other = made[key] { return other }
      made[key] = value
      return value
    }
  }
}
