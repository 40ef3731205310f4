internal import CZlib
public import Foundation

/// Writes a film as an animated PNG, which browsers show as it is: frame after frame, none kept but the last.
///
///     var file = AnimatedPNG(width: 640, height: 480, frames: 2, framesPerSecond: 25)
///     let bytes = file.begin() + file.append(first) + file.append(second) + file.end()
///
/// A frame holds what differs from the one before. The film repeats without end. Programs that know no animation show
/// the first frame.
public struct AnimatedPNG {
  private let width: Int, height: Int, frames: Int, framesPerSecond: Int
  private var last: Picture?
  /// The number of the next chunk of the animation.
  private var sequence: UInt32 = 0

  /// A film of so many frames of one size.
  public init(width: Int, height: Int, frames: Int, framesPerSecond: Int) {
    precondition(width > 0 && height > 0 && frames > 0 && framesPerSecond > 0, "a film of nothing")
    (self.width, self.height) = (width, height)
    (self.frames, self.framesPerSecond) = (frames, framesPerSecond)
  }

  /// The bytes before the first frame.
  public func begin() -> Data {
    let signature = Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    // Eight bits of red, green, blue and opacity.
    let header = Self.bytes(UInt32(width), UInt32(height)) + Data([8, 6, 0, 0, 0])
    return signature + Self.chunk("IHDR", header) + Self.chunk("acTL", Self.bytes(UInt32(frames), 0))
  }

  /// The bytes of the next frame.
  public mutating func append(_ picture: Picture) -> Data {
    precondition(picture.width == width && picture.height == height, "a frame of another size")
    let part = Self.difference(of: picture, from: last)
    let isFirst = last == nil
    last = picture
    var control = Self.bytes(
      sequence, UInt32(part.width), UInt32(part.height), UInt32(part.x), UInt32(part.y))
    // The delay as a fraction of a second; the frame stays and the next is laid over it.
    control += Self.bytes(UInt32(1) << 16 | UInt32(framesPerSecond)) + Data([0, isFirst ? 0 : 1])
    sequence += 1
    var result = Self.chunk("fcTL", control)
    let packed = Self.packedPixels(
      of: PNG.encode(part.pixels, width: part.width, height: part.height, channels: 4))
    if isFirst {
      result += Self.chunk("IDAT", packed)
    } else {
      result += Self.chunk("fdAT", Self.bytes(sequence) + packed)
      sequence += 1
    }
    return result
  }

  /// The bytes after the last frame.
  public func end() -> Data { Self.chunk("IEND", Data()) }

  // MARK: Pixels

  private struct Part {
    var (x, y, width, height) = (0, 0, 1, 1)
    /// Red, green, blue and opacity.
    var pixels: [UInt8] = [0, 0, 0, 0]
  }

  /// The smallest part of a picture that holds all that differs; what is the same in it is clear.
  private static func difference(of picture: Picture, from last: Picture?) -> Part {
    let (width, height) = (picture.width, picture.height)
    func isSame(_ pixel: Int) -> Bool {
      guard let last else { return false }
      return picture.pixels[3 * pixel] == last.pixels[3 * pixel]
        && picture.pixels[3 * pixel + 1] == last.pixels[3 * pixel + 1]
        && picture.pixels[3 * pixel + 2] == last.pixels[3 * pixel + 2]
    }
    var (left, right, top, bottom) = (width, -1, height, -1)
    for y in 0..<height {
      for x in 0..<width where !isSame(y * width + x) {
        (left, right) = (min(left, x), max(right, x))
        (top, bottom) = (min(top, y), y)
      }
    }
    guard right >= 0 else { return Part() }
    var part = Part(x: left, y: top, width: right - left + 1, height: bottom - top + 1, pixels: [])
    part.pixels.reserveCapacity(part.width * part.height * 4)
    for y in top...bottom {
      for x in left...right {
        let pixel = y * width + x
        if isSame(pixel) {
          part.pixels += [0, 0, 0, 0]
        } else {
          part.pixels += picture.pixels[3 * pixel..<3 * pixel + 3]
          part.pixels.append(255)
        }
      }
    }
    return part
  }

  // MARK: Chunks

  private static func chunk(_ name: String, _ content: Data) -> Data {
    let named = Data(name.utf8) + content
    let sum = named.withUnsafeBytes {
      crc32(0, $0.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt32($0.count))
    }
    return bytes(UInt32(content.count)) + named + bytes(UInt32(truncatingIfNeeded: sum))
  }

  /// Numbers as the file has them, the largest byte first.
  private static func bytes(_ numbers: UInt32...) -> Data {
    numbers.reduce(into: Data()) { data, number in
      withUnsafeBytes(of: number.bigEndian) { data.append(contentsOf: $0) }
    }
  }

  /// The compressed pixels of a PNG file: the content of its IDAT chunks.
  private static func packedPixels(of file: Data) -> Data {
    var (result, position) = (Data(), 8)
    while position + 12 <= file.count {
      let count = file[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
      if file[position + 4..<position + 8].elementsEqual("IDAT".utf8) {
        result += file[position + 8..<position + 8 + count]
      }
      position += count + 12
    }
    return result
  }
}
