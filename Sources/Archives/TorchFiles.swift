/// A checkpoint of PyTorch 1.6 and later: a zip file of `data.pkl` and a file for every storage.
struct TorchZip: ArrayFile {
  private let zip: Zip
  private let tensors: TorchTensors
  private let storages: [String: Zip.Entry]

  var names: [String] { tensors.names }
  var metadata: [String: String] { tensors.metadata }
  var leftOut: [(name: String, reason: String)] { tensors.leftOut }
  var place: String { tensors.place }
  func origin(_ name: String) -> String? { tensors.origin(name) }
  func reasonAgainst(_ name: String) -> String? { tensors.reasons[name] }

  init(_ zip: Zip, _ file: Bytes) throws(ArchiveError) {
    self.zip = zip
    let pickle = zip.entries.first { $0.name.hasSuffix("/data.pkl") }!
    let root = pickle.name.dropLast("data.pkl".count)
    var storages: [String: Zip.Entry] = [:]
    for entry in zip.entries where entry.name.hasPrefix(root) {
      let name = entry.name.dropFirst(root.count)
      if name == "byteorder", try zip.contents(of: entry, calling: "byteorder").text.hasPrefix("big") {
        throw file.error(.unsupported, "written on a big-endian machine")
      }
      if name.hasPrefix("data/") { storages[String(name.dropFirst(5))] = entry }
    }
    self.storages = storages
    let bytes = try zip.contents(of: pickle, calling: pickle.name)
    tensors = try TorchTensors(PickleMachine.run(bytes), bytes)
  }

  func array(_ name: String) throws(ArchiveError) -> StoredArray {
    if let array = tensors.arrays[name] { return array }
    let tensor = tensors.descriptions[name]!
    guard let entry = storages[tensor.storage.key] else {
      throw zip.error(.damaged, "its storage '\(tensor.storage.key)' is missing", name)
    }
    return try tensor.array(in: zip.contents(of: entry, calling: name))
  }
}

/// A checkpoint of PyTorch before 1.6: five pickles, then the storages, with nothing to say where.
struct TorchLegacy: ArrayFile {
  /// The first pickle: a protocol, and a number that marks such files.
  static let magic: [UInt8] = [
    0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19,
  ]

  private let file: Bytes
  private let tensors: TorchTensors
  private let storages: [String: Bytes]

  var names: [String] { tensors.names }
  var metadata: [String: String] { tensors.metadata }
  var leftOut: [(name: String, reason: String)] { tensors.leftOut }
  var place: String { tensors.place }
  func origin(_ name: String) -> String? { tensors.origin(name) }
  func reasonAgainst(_ name: String) -> String? { tensors.reasons[name] }

  init(_ file: Bytes) throws(ArchiveError) {
    self.file = file
    let (pickle, storages) = try Self.contents(of: file)
    tensors = try TorchTensors(pickle, file)
    self.storages = storages
  }

  /// The pickle of the tensors, and the numbers of each storage by its key.
  static func contents(of file: Bytes) throws(ArchiveError) -> (Pickle, [String: Bytes]) {
    let mark = try PickleMachine.run(file)
    let version = try PickleMachine.run(file, at: mark.end)
    guard version.integer(version.root) == 1001 else {
      throw file.error(.unsupported, "is a checkpoint of an unknown kind", at: mark.end)
    }
    let system = try PickleMachine.run(file, at: version.end)
    if case .bool(false)? = system.members(system.root)?.first(where: { $0.name == "little_endian" })?.value {
      throw file.error(.unsupported, "written on a big-endian machine")
    }
    let pickle = try PickleMachine.run(file, at: system.end)

    // The list of keys does not say how large elements are; whoever refers to a storage does.
    var sizes: [String: Int] = [:]
    for (index, node) in pickle.nodes.enumerated() where node.kind == .persistent {
      let storage = try TorchTensors.storage(.node(index), pickle, file)
      guard
        sizes.updateValue(storage.type.size, forKey: storage.key) ?? storage.type.size == storage.type.size
      else { throw file.damage("storage '\(storage.key)' has two types") }
    }
    let list = try PickleMachine.run(file, at: pickle.end)
    guard let keys = list.node(list.root, .list)?.items.map({ list.text($0) }) else {
      throw file.damage("the list of storages is missing", at: pickle.end)
    }
    var storages: [String: Bytes] = [:]
    var at = list.end
    for key in keys {
      guard let key, let size = sizes[key] else {
        throw file.damage("a storage is unused", at: at)
      }
      let count = try file.size(UInt64.self, at: at)
      guard count <= file.count / size else { throw file.damage("a storage of \(count) elements", at: at) }
      storages[key] = try file.slice(at + 8, count: count * size)
      at += 8 + count * size
    }
    return (pickle, storages)
  }

  func array(_ name: String) throws(ArchiveError) -> StoredArray {
    if let array = tensors.arrays[name] { return array }
    let tensor = tensors.descriptions[name]!
    var here = file
    here.entry = name
    guard var bytes = storages[tensor.storage.key] else {
      throw here.damage("its storage '\(tensor.storage.key)' is missing")
    }
    bytes.entry = name
    return try tensor.array(in: bytes)
  }
}
