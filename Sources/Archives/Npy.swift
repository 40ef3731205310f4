/// One array as NumPy writes it: a header that is a Python dictionary, then the elements.
///
/// After the description of the format in `numpy.lib.format`, versions 1 to 3.
enum Npy {
  static let magic: [UInt8] = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]

  static func read(_ bytes: Bytes) throws(ArchiveError) -> StoredArray {
    let (fields, header, content) = try parts(of: bytes)
    return try StoredArray(
      shape: fields.shape, type: elementType(fields.descr, header),
      strides: fields.fortran ? StoredArray.columnMajor(fields.shape) : nil, in: content)
  }

  /// What an array of Python objects holds, which is a pickle after the header; nil of other arrays.
  ///
  /// - Throws: `ArchiveError` when the pickle is damaged, or holds no arrays.
  static func objects(in bytes: Bytes) throws(ArchiveError) -> PickledArrays? {
    guard saysObjects(bytes) else { return nil }
    let content = try parts(of: bytes).content
    do throws(ArchiveError) { return try PickledArrays(content) } catch {
      guard error.kind == .unsupported else { throw error }
      throw content.error(
        .unsupported, "an array of Python objects without numbers or texts; save it as numbers or as text")
    }
  }

  /// Whether the beginning of an npy file announces an array of Python objects.
  static func saysObjects(_ beginning: Bytes) -> Bool {
    beginning.begins(with: magic)
      && beginning.prefix(headerGlance).withBytes {
        Array($0).firstRange(of: Array("'descr': '|O".utf8)) != nil
      }
  }

  /// How much of a file tells what its elements are.
  static let headerGlance = 128

  private typealias Fields = (descr: String, fortran: Bool, shape: [Int])

  private static func parts(
    of bytes: Bytes
  ) throws(ArchiveError) -> (fields: Fields, header: Bytes, content: Bytes) {
    guard bytes.begins(with: magic) else { throw bytes.damage("is not a NumPy array", at: 0) }
    let version = try bytes.integer(UInt8.self, at: 6)
    guard (1...3).contains(version) else {
      throw bytes.error(.unsupported, "npy version \(version) is unknown", at: 6)
    }
    let start = version == 1 ? 10 : 12
    let length = try version == 1 ? bytes.size(UInt16.self, at: 8) : bytes.size(UInt32.self, at: 8)
    guard length <= 1 << 20 else { throw bytes.damage("an npy header of \(length) bytes", at: 8) }
    let header = try bytes.slice(start, count: length)
    var scanner = PythonLiteral(header)
    let fields = try scanner.header()
    let end = start + length
    return (fields, header, try bytes.slice(end, count: bytes.count - end))
  }

  /// The type that NumPy calls so, as in `<f4`.
  static func elementType(_ descr: String, _ header: Bytes) throws(ArchiveError) -> ElementType {
    switch descr.first {
    case ">"?:
      throw header.error(
        .unsupported,
        "big-endian array ('\(descr)'); save it again with astype(array.dtype.newbyteorder('<'))")
    case "<"?, "|"?, "="?: break
    default: throw header.damage("unknown element type '\(descr)'", at: 0)
    }
    switch descr.dropFirst() {
    case "f2": return .float16
    case "f4": return .float32
    case "f8": return .float64
    case "i1": return .int8
    case "i2": return .int16
    case "i4": return .int32
    case "i8": return .int64
    case "u1": return .uint8
    case "u2": return .uint16
    case "u4": return .uint32
    case "u8": return .uint64
    case "b1": return .bool
    case "O":
      throw header.error(
        .unsupported, "arrays of Python objects are not supported; save it as numbers or as text")
    default: break
    }
    if let length = Int(descr.dropFirst(2)), (1...1 << 20).contains(length) {
      if descr.dropFirst().first == "U" { return .text32(length) }
      if descr.dropFirst().first == "S" { return .text8(length) }
    }
    throw header.error(.unsupported, "arrays of type '\(descr)' are not supported")
  }
}

/// An npy file, which holds one array without a name.
struct NpyFile: ArrayFile {
  let array: StoredArray
  var names: [String] { [Archive.onlyArray] }

  init(_ file: Bytes) throws(ArchiveError) { array = try Npy.read(file) }

  func array(_ name: String) throws(ArchiveError) -> StoredArray { array }
}

/// An npz file: a zip file of npy entries.
struct NpzFile: ArrayFile {
  private(set) var names: [String] = []
  private(set) var hiddenNames: [String] = []
  private(set) var metadata: [String: String] = [:]
  private(set) var leftOut: [(name: String, reason: String)] = []
  private let zip: Zip
  private var entries: [String: Entry] = [:]
  private var reasons: [String: String] = [:]

  private enum Entry {
    case array(Zip.Entry)
    /// An array of Python objects, or one in it.
    case inner(PickledArrays, name: String)
    case failed(ArchiveError)
  }

  init(_ zip: Zip, _ file: Bytes) throws(ArchiveError) {
    self.zip = zip
    let arrays = zip.entries.filter { $0.name.hasSuffix(".npy") }
    guard !arrays.isEmpty else { throw file.error(.unsupported, "is a zip file without NumPy arrays") }
    for entry in arrays {
      let name = String(entry.name.dropLast(4))
      let beginning = try? zip.beginning(of: entry, upTo: Npy.headerGlance)
      guard beginning.map(Npy.saysObjects) == true else {
        add(.array(entry), as: name)
        continue
      }
      do throws(ArchiveError) {
        let contents = try zip.contents(of: entry, calling: name)
        guard let objects = try Npy.objects(in: contents) else { throw contents.damage("is no array") }
        add(objects, as: name, isOnly: arrays.count == 1)
      } catch { add(.failed(error), as: name) }
    }
  }

  private mutating func add(_ entry: Entry, as name: String, isHidden: Bool = false) {
    guard entries.updateValue(entry, forKey: name) == nil else { return }
    if isHidden { hiddenNames.append(name) } else { names.append(name) }
  }

  /// A dictionary's arrays are called by both names, unless it is all there is in the file.
  private mutating func add(_ objects: PickledArrays, as name: String, isOnly: Bool) {
    func full(_ inner: String) -> String {
      if objects.isDictionary { return isOnly ? inner : "\(name).\(inner)" }
      return name + inner.dropFirst(Archive.onlyArray.count)
    }
    for inner in objects.names { add(.inner(objects, name: inner), as: full(inner)) }
    for inner in objects.hiddenNames { add(.inner(objects, name: inner), as: full(inner), isHidden: true) }
    for (inner, text) in objects.metadata { metadata[full(inner)] = text }
    for (inner, reason) in objects.leftOut {
      leftOut.append((full(inner), reason))
      reasons[full(inner)] = reason
    }
  }

  func array(_ name: String) throws(ArchiveError) -> StoredArray {
    switch entries[name]! {
    case .array(let entry): try Npy.read(zip.contents(of: entry, calling: name))
    case .inner(let objects, let inner): try objects.array(inner).called(name)
    case .failed(let error): throw error
    }
  }

  func reasonAgainst(_ name: String) -> String? { reasons[name] }

  func origin(_ name: String) -> String? {
    guard case .inner(let objects, let inner)? = entries[name] else { return nil }
    return objects.origin(inner) ?? "an array of objects"
  }
}

/// Reads the one shape of Python dictionary that an npy header is.
private struct PythonLiteral {
  private let bytes: Bytes
  private let text: [UInt8]
  private var at = 0

  init(_ bytes: Bytes) {
    self.bytes = bytes
    text = bytes.withBytes { Array($0) }
  }

  mutating func header() throws(ArchiveError) -> (descr: String, fortran: Bool, shape: [Int]) {
    var descr: String?
    var fortran: Bool?
    var shape: [Int]?
    try expect("{")
    while !take("}") {
      let key = try string()
      try expect(":")
      switch key {
      case "descr":
        skipSpace()
        if at < text.count, text[at] == UInt8(ascii: "[") {
          throw bytes.error(.unsupported, "arrays of records are not supported; save each field as an array")
        }
        descr = try string()
      case "fortran_order": fortran = try boolean()
      case "shape": shape = try tuple()
      default: throw damage("the npy header has no '\(key)'")
      }
      if !take(",") {
        try expect("}")
        break
      }
    }
    skipSpace()
    guard at == text.count else { throw damage("there is text after the npy header") }
    guard let descr, let fortran, let shape else { throw damage("the npy header is incomplete") }
    return (descr, fortran, shape)
  }

  private func damage(_ message: String) -> ArchiveError { bytes.damage(message, at: at) }

  private mutating func skipSpace() {
    while at < text.count, [0x20, 0x09, 0x0a, 0x0d].contains(text[at]) { at += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard at < text.count, text[at] == UInt8(ascii: character) else { return false }
    at += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(ArchiveError) {
    guard take(character) else { throw damage("the npy header lacks a '\(character)'") }
  }

  private mutating func string() throws(ArchiveError) -> String {
    skipSpace()
    guard at < text.count, text[at] == UInt8(ascii: "'") || text[at] == UInt8(ascii: "\"") else {
      throw damage("the npy header lacks a string")
    }
    guard let end = text[(at + 1)...].firstIndex(of: text[at]) else {
      throw damage("a string in the npy header does not end")
    }
    defer { at = end + 1 }
    return String(decoding: text[at + 1..<end], as: UTF8.self)
  }

  private mutating func boolean() throws(ArchiveError) -> Bool {
    skipSpace()
    for (word, value) in [("True", true), ("False", false)] where text[at...].starts(with: word.utf8) {
      at += word.utf8.count
      return value
    }
    throw damage("the npy header lacks True or False")
  }

  private mutating func tuple() throws(ArchiveError) -> [Int] {
    var lengths: [Int] = []
    try expect("(")
    while !take(")") {
      skipSpace()
      let end = text[at...].firstIndex { !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? text.count
      guard let length = Int(String(decoding: text[at..<end], as: UTF8.self)) else {
        throw damage("the npy header lacks a length")
      }
      at = end
      // Python 2 wrote lengths as 3L.
      _ = take("L")
      lengths.append(length)
      if !take(",") {
        try expect(")")
        break
      }
    }
    return lengths
  }
}
