/// The tensors that the pickle of a PyTorch checkpoint describes, and where their numbers are stored.
///
/// Wanted is the dictionary with most tensors, under whatever name: `model`, `state_dict`, `model_state_dict`, or the whole.
/// The rest of a checkpoint may hold objects of any class, and is not looked at.
struct TorchTensors: Sendable {
  /// Numbers that several tensors may share.
  struct Storage: Sendable {
    let key: String
    let type: ElementType
    let count: Int
    /// Where in the stored numbers this one begins, and nothing before 1.6 knew what for.
    let start: Int
  }

  struct Description: Sendable {
    let storage: Storage
    let offset: Int
    let shape: [Int]
    let strides: [Int]

    /// The tensor, if `bytes` are those of its storage.
    func array(in bytes: Bytes) throws(ArchiveError) -> StoredArray {
      let size = storage.type.size
      guard storage.count <= bytes.count / size, storage.start <= storage.count,
        offset <= storage.count - storage.start
      else {
        throw bytes.damage(
          "is truncated: element \(offset) of \(storage.count) in a storage of \(bytes.count) bytes", at: 0)
      }
      let start = (storage.start + offset) * size
      return try StoredArray(
        shape: shape, type: storage.type, strides: strides,
        in: bytes.slice(start, count: storage.count * size - start))
    }
  }

  private(set) var names: [String] = []
  private(set) var descriptions: [String: Description] = [:]
  /// Arrays of NumPy among the tensors, whose numbers are in the pickle.
  private(set) var arrays: [String: StoredArray] = [:]
  /// The numbers and short texts beside the tensors, such as `epoch`.
  private(set) var metadata: [String: String] = [:]
  /// Under which keys the tensors are, such as `ema.model`; empty where they are all of the file.
  private(set) var place = ""
  /// Tensors of kinds that are not read.
  private(set) var reasons: [String: String] = [:]

  init(_ pickle: Pickle, _ file: Bytes) throws(ArchiveError) {
    if let tensor = try Self.tensor(pickle.root, pickle, file) {
      names = [Archive.onlyArray]
      descriptions = [Archive.onlyArray: tensor]
      return
    }
    guard let top = Self.members(pickle.root, pickle) else {
      throw file.error(.unsupported, "contains \(pickle.describe(pickle.root)), not a dictionary of tensors")
    }
    for (name, value) in top { metadata[name] = Self.note(value, pickle) }
    let wanted = Self.largest(in: top, pickle, file)
    place = wanted?.place ?? ""
    if wanted == nil, let model = top.first(where: { Self.usualNames.contains($0.name) }) {
      throw file.error(
        .unsupported, "'\(model.name)' is \(pickle.describe(model.value)); save its state_dict() instead")
    }
    var reader = PickledArrayReader(pickle: pickle, file: file)
    var refusal: ArchiveError?
    for (name, value) in wanted?.members ?? top {
      reader.file.entry = name
      do throws(ArchiveError) {
        if let tensor = try Self.tensor(value, pickle, reader.file) {
          descriptions[name] = tensor
        } else if pickle.node(value, .object) != nil, let array = try reader.array(value) {
          arrays[name] = array.called(name)
        } else if wanted?.place.isEmpty != false, pickle.sequence(value) != nil,
          let array = try reader.array(value)
        {
          // No weights, but a dictionary of results or of a dataset.
          arrays[name] = array.called(name)
        } else if pickle.node(value, .object) != nil, wanted?.place.isEmpty == false {
          refusal = reader.file.error(.unsupported, "is \(pickle.describe(value)), not a tensor")
          break
        } else {
          continue
        }
        names.append(name)
      } catch {
        guard error.kind == .unsupported else { throw error }
        reasons[name] = "'\(name)': \(error.message)"
      }
    }
    if let refusal { throw refusal }
    guard !names.isEmpty else {
      if let (name, reason) = reasons.min(by: { $0.key < $1.key }),
        wanted != nil || reasons.count == top.count
      {
        throw ArchiveError(.unsupported, file: file.file, entry: name, reason)
      }
      throw file.error(
        .unsupported, "contains no tensors, neither under 'model' or 'state_dict' nor at the top level")
    }
  }

  var leftOut: [(name: String, reason: String)] {
    reasons.map { ($0.key, $0.value) }.sorted { $0.name < $1.name }
  }

  func origin(_ name: String) -> String? { arrays[name] == nil ? nil : "what is no tensor" }

  /// Where checkpoints keep weights most often; of dictionaries with equally many tensors the first of these is taken.
  private static let usualNames = ["model", "state_dict", "model_state_dict", "net", "network", "weights"]

  /// What may hold weights: a dictionary, or a short list or tuple in which one is, its items named by their places.
  private static func members(
    _ value: Pickle.Value, _ pickle: Pickle
  ) -> [(name: String, value: Pickle.Value)]? {
    if let members = pickle.members(value) { return members }
    guard let items = pickle.sequence(value), items.count <= 64,
      items.contains(where: { pickle.node($0, .dictionary) != nil })
    else { return nil }
    return items.enumerated().map { ("\($0)", $1) }
  }

  /// The dictionary with most tensors: that of the optimiser has fewer in each of its own, settings have none.
  private static func largest(
    in top: [(name: String, value: Pickle.Value)], _ pickle: Pickle, _ file: Bytes
  ) -> (members: [(name: String, value: Pickle.Value)], place: String)? {
    var best: (members: [(name: String, value: Pickle.Value)], place: String, count: Int, rank: Int)?
    var seen: Set<Int> = []
    func look(_ members: [(name: String, value: Pickle.Value)], _ name: String?, in place: String, depth: Int)
    {
      let count = members.count {
        isArray($0.value, pickle) || (try? tensor($0.value, pickle, file)) ?? nil != nil
      }
      let rank = name.map { usualNames.firstIndex(of: $0) ?? usualNames.count } ?? usualNames.count + 1
      if count > 0, best.map({ (count, -rank) > ($0.count, -$0.rank) }) ?? true {
        best = (members, place, count, rank)
      }
      guard depth < 4 else { return }
      for (name, value) in members {
        // A pickle may hold one dictionary in many places, or in itself.
        guard case .node(let index) = value, seen.insert(index).inserted,
          let inner = Self.members(value, pickle)
        else { continue }
        look(inner, name, in: place.isEmpty ? name : "\(place).\(name)", depth: depth + 1)
      }
    }
    look(top, nil, in: "", depth: 0)
    return best.map { ($0.members, $0.place) }
  }

  private static func note(_ value: Pickle.Value, _ pickle: Pickle) -> String? {
    switch value {
    case .bool(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .float(let value): "\(value)"
    default: pickle.text(value, upTo: 200)
    }
  }

  /// Whether a value is an array of NumPy, which some projects save among tensors.
  private static func isArray(_ value: Pickle.Value, _ pickle: Pickle) -> Bool {
    guard let object = pickle.node(value, .object), case .global(let name) = object.maker else {
      return false
    }
    return name.hasPrefix("numpy.") && (name.hasSuffix("._reconstruct") || name.hasSuffix("._frombuffer"))
  }

  /// How a tensor lies in its storage, which is not looked at.
  struct Layout {
    let storage: Pickle.Value
    let offset: Int
    let shape: [Int]
    let strides: [Int]
    /// The type where the storage is of bytes.
    var type: ElementType?
  }

  /// The tensor that a value describes; nil if it is anything else.
  private static func tensor(
    _ value: Pickle.Value, _ pickle: Pickle, _ file: Bytes
  ) throws(ArchiveError) -> Description? {
    guard let layout = try layout(of: value, pickle, file) else { return nil }
    return try description(layout, storage: layout.storage, pickle, file)
  }

  /// A tensor in the storage that a value identifies.
  static func description(
    _ layout: Layout, storage value: Pickle.Value, _ pickle: Pickle, _ file: Bytes
  ) throws(ArchiveError) -> Description {
    var storage = try storage(value, pickle, file)
    if let type = layout.type, storage.type == .uint8, storage.start == 0 {
      storage = Storage(key: storage.key, type: type, count: storage.count / type.size, start: 0)
    }
    return Description(
      storage: storage, offset: layout.offset, shape: layout.shape, strides: layout.strides)
  }

  /// The layout of the tensor that a value describes; nil if it is anything else.
  static func layout(
    of value: Pickle.Value, _ pickle: Pickle, _ file: Bytes, depth: Int = 0
  ) throws(ArchiveError) -> Layout? {
    guard let object = pickle.node(value, .object), let name = pickle.className(object),
      let arguments = pickle.tuple(object.arguments)
    else { return nil }
    return try rebuilt(by: name, of: arguments, pickle, file, depth: depth)
  }

  /// What a function of PyTorch's makes of its arguments.
  private static func rebuilt(
    by name: String, of arguments: [Pickle.Value], _ pickle: Pickle, _ file: Bytes, depth: Int
  ) throws(ArchiveError) -> Layout? {
    guard depth < 4 else { return nil }
    switch name {
    case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state",
      "torch.nn.parameter.Parameter":
      guard let inner = arguments.first else { return nil }
      return try layout(of: inner, pickle, file, depth: depth + 1)
    case "torch._tensor._rebuild_from_type_v2", "torch._tensor._rebuild_from_type":
      // The function, a class of tensors, the function's arguments, and attributes, which change no number.
      guard arguments.count >= 3, case .global(let function) = arguments[0],
        let inner = pickle.tuple(arguments[2])
      else { return nil }
      return try rebuilt(by: function, of: inner, pickle, file, depth: depth + 1)
    case "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v3":
      guard arguments.count >= 4, let offset = pickle.integer(arguments[1]), offset >= 0,
        let shape = pickle.integers(arguments[2]), let strides = pickle.integers(arguments[3]),
        shape.count == strides.count
      else { throw file.damage("a tensor lacks offset, shape or strides") }
      var layout = Layout(storage: arguments[0], offset: offset, shape: shape, strides: strides)
      if name.hasSuffix("_v3") {
        guard arguments.count >= 7, case .global(let typeName) = arguments[6], let type = wideTypes[typeName]
        else { throw file.error(.unsupported, "numbers of its type are not supported; save it as float32") }
        layout.type = type
      }
      return layout
    case "torch._utils._rebuild_sparse_tensor":
      throw file.error(.unsupported, "is a sparse tensor, which is not supported; save it with .to_dense()")
    case "torch._utils._rebuild_qtensor":
      throw file.error(
        .unsupported, "is a quantised tensor, which is not supported; save it with .dequantize()")
    case _ where name.hasPrefix("torch._utils._rebuild_"):
      let kind = name.dropFirst("torch._utils._rebuild_".count)
      throw file.error(
        .unsupported, "is a tensor of a kind that is not supported (\(kind)); save it with .cpu().float()")
    default: return nil
    }
  }

  /// What a persistent identifier contains: ('storage', class, key, device, count[, view]).
  static func storage(
    _ value: Pickle.Value, _ pickle: Pickle, _ file: Bytes
  ) throws(ArchiveError) -> Storage {
    guard let identifier = pickle.node(value, .persistent)?.items.first.flatMap(pickle.tuple),
      identifier.count >= 5, pickle.text(identifier[0]) == "storage", case .global(let name) = identifier[1],
      let key = pickle.text(identifier[2]), let count = pickle.integer(identifier[4]), count >= 0
    else { throw file.damage("a tensor lacks its storage") }
    guard let type = types[name] else {
      throw file.error(.unsupported, "numbers in a \(name) are not supported")
    }
    var start = 0
    if identifier.count >= 6, let view = pickle.tuple(identifier[5]), view.count == 3 {
      guard let offset = pickle.integer(view[1]), offset >= 0 else { throw file.damage("a view of nothing") }
      start = offset
    }
    return Storage(key: key, type: type, count: count, start: start)
  }

  private static let types: [String: ElementType] = [
    "torch.FloatStorage": .float32, "torch.DoubleStorage": .float64, "torch.HalfStorage": .float16,
    "torch.BFloat16Storage": .bfloat16, "torch.LongStorage": .int64, "torch.IntStorage": .int32,
    "torch.ShortStorage": .int16, "torch.CharStorage": .int8, "torch.ByteStorage": .uint8,
    "torch.BoolStorage": .bool, "torch.storage.UntypedStorage": .uint8, "torch.UntypedStorage": .uint8,
  ]

  /// The types that PyTorch has without a storage of their own.
  private static let wideTypes: [String: ElementType] = [
    "torch.uint16": .uint16, "torch.uint32": .uint32, "torch.uint64": .uint64,
  ]
}
