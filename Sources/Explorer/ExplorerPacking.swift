import Archives
import Foundation

/// How arrays are packed for a page: fixed point, prediction by the gradient, zigzag, byte planes, zlib, base64.
///
/// `docs/explorer.md` has the format, and the page's `unpack.js` the reader.
enum ExplorerPacking {
  /// The integer that stands for what was not measured.
  static let missing: UInt16 = 65_535

  /// Numbers as integers: `offset + step · integer`, each within half a step.
  struct Quantised {
    /// The integers, in the order of the numbers.
    let integers: [UInt16]
    let step: Double, offset: Double
  }

  /// Numbers in fixed point; the step is the first of 1, 2, 5, 10 … times the one asked for whose range is large enough.
  static func quantised(_ values: [Double], step asked: Double) -> Quantised {
    var (low, high) = (Double.infinity, -Double.infinity)
    for value in values where value.isFinite { (low, high) = (min(low, value), max(high, value)) }
    if low > high { (low, high) = (0, 0) }
    let largest = Double(missing) - 1
    var (step, offset, power) = (asked, 0.0, 1.0)
    search: while true {
      for factor in [1.0, 2, 5] {
        step = short(asked * factor * power)
        // Of large numbers the short one may be above the smallest.
        offset =
          low >= 0 && high / step < largest ? 0 : min(short((low / step).rounded(.down) * step), low)
        if (high - offset) / step < largest { break search }
      }
      power *= 10
    }
    let integers = values.map { value in
      value.isFinite ? UInt16(((value - offset) / step).rounded(.toNearestOrEven)) : missing
    }
    return Quantised(integers: integers, step: step, offset: offset)
  }

  /// A number without the noise of binary fractions.
  private static func short(_ value: Double) -> Double { Double(String(format: "%.10g", value)) ?? value }

  /// Integers `[rows, columns, planes]` as bytes: plane after plane, low bytes before high ones.
  static func packed(_ integers: [UInt16], rows: Int, columns: Int, planes: Int) -> [UInt8] {
    precondition(integers.count == rows * columns * planes, "\(integers.count) integers")
    let count = integers.count
    let bytes = [UInt8](unsafeUninitializedCapacity: 2 * count) { bytes, length in
      length = 2 * count
      integers.withUnsafeBufferPointer { integers in
        var i = 0
        for plane in 0..<planes {
          for row in 0..<rows {
            for column in 0..<columns {
              func at(_ row: Int, _ column: Int) -> UInt16 {
                row < 0 || column < 0 ? 0 : integers[(row * columns + column) * planes + plane]
              }
              let predicted = at(row, column - 1) &+ at(row - 1, column) &- at(row - 1, column - 1)
              let signed = Int16(bitPattern: at(row, column) &- predicted)
              let zigzag = UInt16(bitPattern: (signed << 1) ^ (signed >> 15))
              bytes[i] = UInt8(truncatingIfNeeded: zigzag)
              bytes[count + i] = UInt8(truncatingIfNeeded: zigzag >> 8)
              i += 1
            }
          }
        }
      }
    }
    return deflated(bytes)
  }
}

/// What the header says of a packed array.
struct PackedArray: Encodable {
  /// The block that it is in.
  let block: String
  /// Rows, columns, planes.
  let shape: [Int]
  let step: Double, offset: Double
  let unit: String
}

/// The packed arrays and pictures of a page, in the order in which they were added.
struct PackedBlocks {
  /// A block: its name, its bytes in base64, and the script of a folder that it is in.
  struct Block {
    let name: String, text: String
    let script: Int?
  }

  private(set) var blocks: [Block] = []
  /// The script that what is added belongs to; nil for the page itself.
  var script: Int?

  /// Adds bytes; returns the block's name.
  mutating func add(_ bytes: [UInt8]) -> String {
    let name = "b\(blocks.count)"
    blocks.append(Block(name: name, text: Data(bytes).base64EncodedString(), script: script))
    return name
  }

  /// Adds numbers `[rows, columns, planes]` in steps of at least `step`.
  mutating func add(_ values: [Double], shape: [Int], step: Double, unit: String = "mm") -> PackedArray {
    let fixed = ExplorerPacking.quantised(values, step: step)
    let bytes = ExplorerPacking.packed(
      fixed.integers, rows: shape[0], columns: shape[1], planes: shape[2])
    return PackedArray(block: add(bytes), shape: shape, step: fixed.step, offset: fixed.offset, unit: unit)
  }
}
