/// Tensors of PyTorch in a pickle that is no checkpoint: each carries its numbers as a small checkpoint of its own.
extension PickledArrayReader {
  /// The tensor that a value describes; nil if it is anything else of PyTorch's.
  ///
  /// - Throws: `ArchiveError` when it is damaged, or of a kind that is not read.
  mutating func tensor(_ value: Pickle.Value) throws(ArchiveError) -> StoredArray? {
    guard let layout = try TorchTensors.layout(of: value, pickle, file) else { return nil }
    guard let object = pickle.node(layout.storage, .object),
      pickle.className(object) == "torch.storage._load_from_bytes",
      case .bytes(var bytes)? = pickle.tuple(object.arguments)?.first
    else { throw file.error(.unsupported, "is a tensor whose numbers are in another file") }
    bytes.entry = file.entry
    // Tensors may share them, and each would read them anew.
    guard bytes.count <= innerRoom else {
      throw file.error(.unsupported, "the same tensors are there too many times")
    }
    innerRoom -= bytes.count
    let (inner, storages) = try TorchLegacy.contents(of: bytes)
    let tensor = try TorchTensors.description(layout, storage: inner.root, inner, bytes)
    guard let numbers = storages[tensor.storage.key] else { throw bytes.damage("its storage is missing") }
    origin = "a tensor of PyTorch"
    return try tensor.array(in: numbers)
  }
}
