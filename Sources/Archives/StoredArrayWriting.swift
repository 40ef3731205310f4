/// Arrays that are written out in memory of their own, because their file holds them in another form.
extension StoredArray {
  /// Numbers, 64-bit whole ones where they are such and small enough to be exact.
  init(writing values: [Double], shape: [Int], isWhole: Bool = false, for file: Bytes) throws(ArchiveError) {
    let isWhole = isWhole && values.allSatisfy { abs($0) < 0x1p53 }
    let bytes = Bytes(unpackedFrom: file, count: 8 * values.count) { output in
      for (index, value) in values.enumerated() {
        let bits = isWhole ? UInt64(bitPattern: Int64(value)) : value.bitPattern
        output.storeBytes(of: bits.littleEndian, toByteOffset: 8 * index, as: UInt64.self)
      }
    }
    try self.init(shape: shape, type: isWhole ? .int64 : .float64, in: bytes)
  }

  /// Texts as elements of `width` bytes, that of the longest.
  init(writing texts: [String], width: Int, for file: Bytes) throws(ArchiveError) {
    let bytes = Bytes(unpackedFrom: file, count: width * texts.count) { output in
      output.initializeMemory(as: UInt8.self, repeating: 0)
      for (index, text) in texts.enumerated() {
        UnsafeMutableRawBufferPointer(rebasing: output[(index * width)...]).copyBytes(from: text.utf8)
      }
    }
    try self.init(shape: [texts.count], type: .text8(width), in: bytes)
  }
}
