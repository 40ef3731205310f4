import CZlib
public import Tensors

/// Named arrays as NumPy reads them with `numpy.load`.
public enum Npz {
  /// What an array holds.
  public enum Values: Sendable {
    /// Stored as float32.
    case floats(Tensor)
    /// Stored as int32; the count must be that of the shape.
    case integers([Int32], shape: [Int])
    /// Stored as uint8; the count must be that of the shape.
    case bytes([UInt8], shape: [Int])
    /// Stored as a list of texts of one width.
    case strings([String])
  }

  /// Writes named arrays in the given order, whole or not at all; the same arrays always give the same bytes.
  ///
  /// Names must differ from one another. Nothing is packed: the arrays are read without unpacking.
  ///
  /// - Throws: `ArchiveError` when the file cannot be written, or passes 4 GB.
  public static func write(_ arrays: [(String, Values)], to path: String) throws(ArchiveError) {
    precondition(
      Set(arrays.map(\.0)).count == arrays.count, "two of the arrays \(arrays.map(\.0)) have the same name")
    let size = arrays.reduce(22) { $0 + 2 * ($1.0.utf8.count + 200) + $1.1.byteCount }
    guard size < Int(UInt32.max), arrays.count < Int(UInt16.max) else {
      throw ArchiveError(.unsupported, file: path, "\(size) bytes are too many for one npz file")
    }
    try AtomicFile.write(to: path) { (output) throws(ArchiveError) in
      var directory: [UInt8] = []
      var at = 0
      for (name, values) in arrays {
        let name = Array("\(name).npy".utf8)
        let header = values.header
        let (local, central) = try values.withBytes { (bytes) throws(ArchiveError) in
          let checksum = crc32_z(crc32_z(0, header, header.count), bytes.baseAddress, bytes.count)
          let size = header.count + bytes.count
          // Version 2.0, names in UTF-8, stored, 1 January 1980.
          var fields: [UInt8] = []
          fields.append(20 as UInt16, 0x0800 as UInt16, 0 as UInt16, 0 as UInt16, 0x21 as UInt16)
          fields.append(UInt32(checksum), UInt32(size), UInt32(size))
          fields.append(UInt16(name.count), 0 as UInt16)
          var local: [UInt8] = []
          local.append(0x0403_4b50 as UInt32)
          local += fields + name
          try output.write(local + header)
          try output.write(bytes)
          var central: [UInt8] = []
          central.append(0x0201_4b50 as UInt32)
          central.append(20 as UInt16)
          central += fields
          // No comment, first disk, no attributes.
          central.append(0 as UInt16, 0 as UInt16, 0 as UInt16)
          central.append(0 as UInt32, UInt32(at))
          return (local.count + size, central + name)
        }
        directory += central
        at += local
      }
      var end: [UInt8] = []
      end.append(0x0605_4b50 as UInt32)
      end.append(0 as UInt16, 0 as UInt16, UInt16(arrays.count), UInt16(arrays.count))
      end.append(UInt32(directory.count), UInt32(at))
      end.append(0 as UInt16)
      try output.write(directory + end)
    }
  }

  /// Writes named tensors as float32, as above.
  ///
  /// - Throws: `ArchiveError`, as above.
  public static func write(_ tensors: [(String, Tensor)], to path: String) throws(ArchiveError) {
    try write(tensors.map { ($0.0, Values.floats($0.1)) }, to: path)
  }
}

extension [UInt8] {
  /// Appends integers in little-endian order.
  fileprivate mutating func append<T: FixedWidthInteger>(_ values: T...) {
    for value in values { Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) } }
  }
}

extension Npz.Values {
  var shape: [Int] {
    switch self {
    case .floats(let tensor): tensor.shape
    case .integers(_, let shape), .bytes(_, let shape): shape
    case .strings(let texts): [texts.count]
    }
  }

  /// The Unicode code points of the longest text; NumPy has no text of width 0.
  private var width: Int {
    guard case .strings(let texts) = self else { return 0 }
    return texts.reduce(1) { max($0, $1.unicodeScalars.count) }
  }

  var byteCount: Int {
    switch self {
    case .floats(let tensor): 4 * tensor.count
    case .integers(let values, _): 4 * values.count
    case .bytes(let values, _): values.count
    case .strings(let texts): 4 * width * texts.count
    }
  }

  /// The npy header, version 1, padded to a multiple of 64 bytes.
  fileprivate var header: [UInt8] {
    let descr =
      switch self {
      case .floats: "<f4"
      case .integers: "<i4"
      case .bytes: "|u1"
      case .strings: "<U\(width)"
      }
    let lengths = shape.map { "\($0)" }.joined(separator: ", ") + (shape.count == 1 ? "," : "")
    var text = "{'descr': '\(descr)', 'fortran_order': False, 'shape': (\(lengths)), }"
    text += String(repeating: " ", count: 63 - (10 + text.utf8.count) % 64) + "\n"
    var header = Npy.magic + [1, 0]
    header.append(UInt16(text.utf8.count))
    return header + text.utf8
  }

  func withBytes<R>(
    _ body: (UnsafeRawBufferPointer) throws(ArchiveError) -> R
  ) throws(ArchiveError) -> R {
    func lend<T>(_ values: [T]) throws(ArchiveError) -> R {
      try values.withUnsafeBufferPointer { (values) throws(ArchiveError) in
        try body(UnsafeRawBufferPointer(values))
      }
    }
    switch self {
    case .floats(let tensor):
      return try tensor.withElements { (elements) throws(ArchiveError) in
        try body(UnsafeRawBufferPointer(elements))
      }
    case .integers(let values, let shape):
      precondition(values.count == shape.reduce(1, *), "\(values.count) integers do not fill \(shape)")
      return try lend(values)
    case .bytes(let values, let shape):
      precondition(values.count == shape.reduce(1, *), "\(values.count) bytes do not fill \(shape)")
      return try lend(values)
    case .strings(let texts):
      let width = width
      var points: [UInt32] = []
      points.reserveCapacity(width * texts.count)
      for text in texts {
        points += text.unicodeScalars.map(\.value)
        points += Array(repeating: 0, count: width - text.unicodeScalars.count)
      }
      return try lend(points)
    }
  }
}
