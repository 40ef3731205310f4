import Foundation

/// Arrays of texts, such as the names along a dimension: of one dimension and one chunk, in zarr's `vlen-utf8`.
extension ZarrGroup {
  /// No array of names comes near.
  private static let maxTexts = 1 << 16

  /// Makes an array of texts along a dimension of its own name, which xarray takes for coordinates.
  ///
  /// - Throws: `ArchiveError` when it cannot be written.
  public func writeTexts(_ texts: [String], named name: String, longName: String) throws(ArchiveError) {
    precondition(!texts.isEmpty && texts.count <= Self.maxTexts, "\(texts.count) texts for '\(name)'")
    let folder = "\(path)/\(name)"
    let length = JSONValue.array([.integer(texts.count)])
    let metadata: JSONValue = [
      "zarr_format": 3, "node_type": "array", "shape": length, "data_type": "string",
      "chunk_grid": ["name": "regular", "configuration": ["chunk_shape": length]],
      "chunk_key_encoding": ["name": "default", "configuration": ["separator": "/"]], "fill_value": "",
      "codecs": [["name": "vlen-utf8", "configuration": [:]]], "dimension_names": .array([.string(name)]),
      "attributes": ["long_name": .string(longName)],
    ]
    let url = URL(filePath: folder)
    try makeFolder([url.lastPathComponent, "c"], in: url.deletingLastPathComponent().path)
    try AtomicFile.write(Self.packed(texts), to: folder + "/c/0")
    try AtomicFile.write(metadata.text, to: folder + "/zarr.json")
    try updateMetadata()
  }

  /// The texts of an array that ``writeTexts(_:named:longName:)`` made; nil if there is none of the name.
  ///
  /// - Throws: `ArchiveError` when it is damaged, or of another type.
  public func texts(_ name: String) throws(ArchiveError) -> [String]? {
    guard try hasArray(name) else { return nil }
    let metadata = try ZarrMetadata(of: "array", in: "\(path)/\(name)")
    guard metadata.json["data_type"]?.string == "string",
      metadata.json["codecs"]?.array?.first?["name"]?.string == "vlen-utf8"
    else {
      throw ArchiveError(.unsupported, file: metadata.path, "is not an array of strings that is supported")
    }
    let bytes = try Bytes(contentsOf: "\(path)/\(name)/c/0")
    let texts = try bytes.unchanged { () throws(ArchiveError) in bytes.withBytes { Self.unpacked($0) } }
    guard let texts, texts.count == metadata.json["shape"]?.array?.first?.integer else {
      throw bytes.damage("is not the texts that its zarr.json declares")
    }
    return texts
  }

  /// Their number, then for each its length and its bytes; numbers of 32 bits, little-endian.
  private static func packed(_ texts: [String]) -> Data {
    var data = Data()
    func append(_ number: Int) {
      withUnsafeBytes(of: UInt32(number).littleEndian) { data.append(contentsOf: $0) }
    }
    append(texts.count)
    for text in texts {
      append(text.utf8.count)
      data.append(contentsOf: text.utf8)
    }
    return data
  }

  private static func unpacked(_ bytes: UnsafeRawBufferPointer) -> [String]? {
    var position = 0
    func number() -> Int? {
      guard position + 4 <= bytes.count else { return nil }
      defer { position += 4 }
      return Int(bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self).littleEndian)
    }
    guard let count = number(), count <= maxTexts else { return nil }
    var texts: [String] = []
    for _ in 0..<count {
      guard let length = number(), length <= bytes.count - position,
        let text = String(validating: bytes[position..<position + length], as: UTF8.self)
      else { return nil }
      position += length
      texts.append(text)
    }
    return position == bytes.count ? texts : nil
  }
}
