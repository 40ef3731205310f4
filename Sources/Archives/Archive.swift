public import Tensors

/// A file of named arrays, as NumPy and PyTorch write it.
///
/// Opening looks at its directory, and each array is unpacked and converted when it is asked for; of a file of more than
/// 256 MB only these parts are read. The format is recognised by the first bytes, not from the name.
public struct Archive: Sendable {
  /// How the arrays are stored.
  public enum Format: String, Sendable {
    /// A zip file of npy entries, stored or deflated.
    case npz
    /// A single array of NumPy; it is called `Archive.onlyArray` here.
    case npy
    /// Weights as the Hugging Face libraries write them.
    case safetensors
    /// A checkpoint of PyTorch 1.6 and later: a zip file of storages and a pickle.
    case torch
    /// A checkpoint of PyTorch before 1.6: pickles and storages one after the other.
    case torchLegacy = "torch (legacy)"
    /// A dictionary of arrays as Python pickles it, such as a body model.
    case pickle
    /// The same as joblib writes it, with the numbers between the instructions.
    case joblib
    /// Lists of numbers and texts in JSON.
    case json = "JSON"
  }

  /// The name of the array in an npy file, which itself has none.
  public static let onlyArray = "array"

  /// What the file was found to be.
  public let format: Format
  /// What the whole file is packed by, such as gzip; nil if it is not.
  public let packing: String?
  /// The arrays, in the order of the file.
  public let names: [String]
  /// What the writer noted beside the arrays.
  public let metadata: [String: String]
  /// The path that was opened.
  public let path: String

  private let file: Bytes
  private let contents: any ArrayFile
  private let known: Set<String>

  /// Opens a file and reads its directory.
  ///
  /// - Throws: `ArchiveError` when the file is missing, of another format, or its directory is damaged.
  public init(contentsOf path: String) throws(ArchiveError) {
    self.path = path
    let stored = try Bytes(contentsOf: path)
    let packing = Packing(of: stored)
    let file = try stored.unchanged { () throws(ArchiveError) in try packing?.unpacked(stored) ?? stored }
    (self.packing, self.file) = (packing?.rawValue, file)
    (format, contents) = try file.unchanged { () throws(ArchiveError) in try Self.recognise(file) }
    names = contents.names
    known = Set(names + contents.hiddenNames)
    metadata = contents.metadata
  }

  private static func recognise(_ file: Bytes) throws(ArchiveError) -> (Format, any ArrayFile) {
    if file.begins(with: Npy.magic) {
      if let objects = try Npy.objects(in: file) { return (.npy, objects) }
      return (.npy, try NpyFile(file))
    }
    if file.begins(with: [0x50, 0x4b]) {
      let zip = try Zip(file)
      if zip.entries.contains(where: { $0.name.hasSuffix("/data.pkl") }) {
        return (.torch, try TorchZip(zip, file))
      }
      return (.npz, try NpzFile(zip, file))
    }
    if file.begins(with: TorchLegacy.magic) { return (.torchLegacy, try TorchLegacy(file)) }
    if Pickle.looksLike(file) {
      let arrays = try PickledArrays(file)
      return (arrays.isJoblib ? .joblib : .pickle, arrays)
    }
    if SafetensorsHeader.looksLike(file) { return (.safetensors, try SafetensorsHeader(file)) }
    if JSONArrays.looksLike(file) { return (.json, try JSONArrays(file)) }
    guard file.count > 0 else { throw file.damage("is empty") }
    if let problem = Packing.problem(with: file) { throw problem }
    throw file.error(.unsupported, "is not an npz, npy, safetensors, PyTorch, pickle, joblib or JSON file")
  }

  /// Whether there is an array of this name.
  public func has(_ name: String) -> Bool { known.contains(name) }

  /// An array of numbers, widened or rounded to 32-bit floats, in row-major order.
  ///
  /// - Throws: `ArchiveError` when there is none of the name, it is damaged, or it holds text.
  public func tensor(_ name: String) throws(ArchiveError) -> Tensor {
    try read(name) { (array) throws(ArchiveError) in try array.tensor() }
  }

  /// All arrays of numbers by name; those of text are left out.
  ///
  /// - Throws: `ArchiveError` when one is damaged or of a type that is not read, or all together are absurdly
  ///   large: arrays may share their place in a file, so that a small one can hold very many.
  public func tensors() throws(ArchiveError) -> [String: Tensor] {
    try tensors(where: { _, _ in true }, requiring: { _ in true })
  }

  /// The arrays of numbers that are wanted, by name; those of text are left out.
  ///
  /// - Parameters:
  ///   - isWanted: says of a name, and of what the array was made of, whether it is read.
  ///   - isNeeded: says of a name whether it is an error that the array is of a type that is not read.
  /// - Throws: `ArchiveError`, as above.
  public func tensors(
    where isWanted: (_ name: String, _ origin: String?) -> Bool, requiring isNeeded: (String) -> Bool
  ) throws(ArchiveError) -> [String: Tensor] {
    var tensors: [String: Tensor] = [:]
    var count = 0
    for name in names where isWanted(name, contents.origin(name)) {
      let array: StoredArray
      do throws(ArchiveError) { array = try self.array(name) } catch {
        if error.kind == .unsupported, !isNeeded(name) { continue }
        throw error
      }
      count += array.count
      guard count <= Self.mostNumbers else {
        throw ArchiveError(.unsupported, file: path, "contains more than \(Self.mostNumbers) numbers")
      }
      if !array.type.isText {
        tensors[name] = try file.unchanged { () throws(ArchiveError) in try array.tensor() }
      }
    }
    return tensors
  }

  private static let mostNumbers = 1 << 27

  /// The numbers of an array in full precision, in row-major order.
  ///
  /// - Throws: `ArchiveError` when there is none of the name, it is damaged, or it holds text.
  public func doubles(_ name: String) throws(ArchiveError) -> [Double] {
    try read(name) { (array) throws(ArchiveError) in try array.doubles() }
  }

  /// The whole numbers of an array, in row-major order.
  ///
  /// - Throws: `ArchiveError` when there is none of the name, it is damaged, or of another type.
  public func integers(_ name: String) throws(ArchiveError) -> [Int] {
    try read(name) { (array) throws(ArchiveError) in try array.integers() }
  }

  /// The texts of an array, in row-major order.
  ///
  /// - Throws: `ArchiveError` when there is none of the name, it is damaged, or holds numbers.
  public func strings(_ name: String) throws(ArchiveError) -> [String] {
    try read(name) { (array) throws(ArchiveError) in try array.strings() }
  }

  /// The lengths of the dimensions of an array.
  ///
  /// - Throws: `ArchiveError` when there is none of the name, or it is damaged.
  public func shape(_ name: String) throws(ArchiveError) -> [Int] { try array(name).shape }

  /// The type of the elements of an array.
  ///
  /// - Throws: `ArchiveError` when there is none of the name, or it is damaged.
  public func type(_ name: String) throws(ArchiveError) -> ElementType { try array(name).type }

  /// What there is to say about an array without converting it.
  public struct Item: Sendable {
    /// The name in the file.
    public let name: String
    /// The length of every dimension; empty when the array cannot be read.
    public let shape: [Int]
    /// The type of the elements; nil when the array cannot be read.
    public let type: ElementType?
    /// How many bytes the elements take when they are not packed.
    public let byteCount: Int
    /// Why the array cannot be read.
    public let problem: ArchiveError?
    /// What it was made of, where that is no plain array: a sparse matrix, a list.
    public let origin: String?
  }

  /// The arrays in the order of the file; checksums are looked at, where the format has them.
  public func summary() -> [Item] {
    names.map { name in
      do throws(ArchiveError) {
        let array = try array(name)
        return Item(
          name: name, shape: array.shape, type: array.type, byteCount: array.bytes.count, problem: nil,
          origin: contents.origin(name))
      } catch {
        return Item(name: name, shape: [], type: nil, byteCount: 0, problem: error, origin: nil)
      }
    }
  }

  /// Under which keys of the file the arrays are, such as `ema.model`; empty where they are all of it.
  public var place: String { contents.place }

  /// What the file holds beside its arrays, metadata aside, and why that is no array.
  public var leftOut: [(name: String, reason: String)] { contents.leftOut }

  /// Why something of this name is no array, though it is there.
  public func problem(with name: String) -> ArchiveError? {
    contents.reasonAgainst(name).map { ArchiveError(.missingArray, file: path, $0) }
  }

  private func array(_ name: String) throws(ArchiveError) -> StoredArray {
    guard has(name) else {
      let reason = contents.reasonAgainst(name) ?? "contains no array '\(name)'"
      throw ArchiveError(.missingArray, file: path, reason)
    }
    return try file.unlessChanged { () throws(ArchiveError) in try contents.array(name) }
  }

  private func read<Value>(
    _ name: String, _ convert: (StoredArray) throws(ArchiveError) -> Value
  ) throws(ArchiveError) -> Value {
    let array = try array(name)
    return try file.unchanged { () throws(ArchiveError) in try convert(array) }
  }
}

/// A file of arrays that has been opened.
protocol ArrayFile: Sendable {
  /// In the order of the file.
  var names: [String] { get }
  /// Names of arrays that are listed under other names, too.
  var hiddenNames: [String] { get }
  var metadata: [String: String] { get }
  /// What is not among the names, and why.
  var leftOut: [(name: String, reason: String)] { get }
  /// Under which keys of the file the arrays are; empty where they are all of it.
  var place: String { get }
  /// The array of a name that is among `names`.
  func array(_ name: String) throws(ArchiveError) -> StoredArray
  /// Why something that the file holds is not among `names`.
  func reasonAgainst(_ name: String) -> String?
  /// What an array was made of, where that is no plain array.
  func origin(_ name: String) -> String?
}

extension ArrayFile {
  var hiddenNames: [String] { [] }
  var metadata: [String: String] { [:] }
  var leftOut: [(name: String, reason: String)] { [] }
  var place: String { "" }
  func origin(_ name: String) -> String? { nil }
  func reasonAgainst(_ name: String) -> String? { nil }
}
