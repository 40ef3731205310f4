public import Tensors

/// Weights as the Hugging Face libraries read them.
public enum Safetensors {
  /// How the numbers are stored; they are rounded to the nearest, ties to even.
  public enum Precision: String, CaseIterable, Sendable {
    case float32, float16, bfloat16

    var name: String {
      switch self {
      case .float32: "F32"
      case .float16: "F16"
      case .bfloat16: "BF16"
      }
    }

    var size: Int { self == .float32 ? 4 : 2 }
  }

  /// Writes named tensors, whole or not at all; the same tensors always give the same bytes.
  ///
  /// Names must differ from one another. The arrays are in the order of their names.
  ///
  /// - Throws: `ArchiveError` when the file cannot be written, or a number is beyond the precision.
  public static func write(
    _ tensors: [(String, Tensor)], precision: Precision = .float32, metadata: [String: String] = [:],
    to path: String
  ) throws(ArchiveError) {
    let tensors = tensors.sorted { $0.0 < $1.0 }
    let header = SafetensorsHeader.bytes(
      tensors.map { ($0.0, precision.name, $0.1.shape, $0.1.count * precision.size) }, metadata: metadata)
    try AtomicFile.write(to: path) { (output) throws(ArchiveError) in
      try output.write(header)
      for (name, tensor) in tensors {
        try tensor.withElements { (elements) throws(ArchiveError) in
          switch precision {
          case .float32: try output.write(UnsafeRawBufferPointer(elements))
          case .float16: try output.write(halves(elements, { Float16($0).bitPattern }))
          case .bfloat16: try output.write(halves(elements, \.bfloat16))
          }
        }
        func halves(
          _ elements: UnsafeBufferPointer<Float>, _ convert: (Float) -> UInt16
        ) throws(ArchiveError) -> [UInt8] {
          let largest: Float = precision == .float16 ? 65519.996 : 3.3961775e38
          if let element = elements.first(where: { $0.isFinite && abs($0) > largest }) {
            throw ArchiveError(
              .unsupported, file: path, entry: name, "\(element) is too large for \(precision)")
          }
          return [UInt8](unsafeUninitializedCapacity: 2 * elements.count) { bytes, count in
            for (i, element) in elements.enumerated() {
              let bits = convert(element)
              bytes[2 * i] = UInt8(truncatingIfNeeded: bits)
              bytes[2 * i + 1] = UInt8(truncatingIfNeeded: bits >> 8)
            }
            count = 2 * elements.count
          }
        }
      }
    }
  }

  /// Writes tensors of a dictionary, as above.
  ///
  /// - Throws: `ArchiveError`, as above.
  public static func write(
    _ tensors: [String: Tensor], precision: Precision = .float32, metadata: [String: String] = [:],
    to path: String
  ) throws(ArchiveError) {
    try write(tensors.map { ($0, $1) }, precision: precision, metadata: metadata, to: path)
  }
}

extension Float {
  /// The bits of the nearest number of 8 bits' exponent and 7 bits' fraction, ties to even.
  fileprivate var bfloat16: UInt16 {
    // Rounding could carry a NaN over into infinity.
    if isNaN { return UInt16(truncatingIfNeeded: bitPattern >> 16) | 0x40 }
    return UInt16(truncatingIfNeeded: (bitPattern + 0x7fff + (bitPattern >> 16 & 1)) >> 16)
  }
}
