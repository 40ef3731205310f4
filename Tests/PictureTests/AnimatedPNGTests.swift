import Foundation
import Pictures
import Testing

@Suite("Animated PNG") struct AnimatedPNGTests {
  private struct Chunk {
    let name: String, content: Data
    func number(at place: Int, bytes: Int = 4) -> Int {
      content.dropFirst(place).prefix(bytes).reduce(0) { $0 << 8 | Int($1) }
    }
  }

  private static func chunks(of file: Data) -> [Chunk] {
    var (chunks, rest): ([Chunk], Data) = ([], Data(file.dropFirst(8)))
    while rest.count >= 12 {
      let count = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
      let name = String(decoding: rest.dropFirst(4).prefix(4), as: UTF8.self)
      chunks.append(Chunk(name: name, content: Data(rest.dropFirst(8).prefix(count))))
      rest = Data(rest.dropFirst(count + 12))
    }
    return chunks
  }

  /// A still PNG of packed pixels, for libpng to read; it checks the sums.
  private static func still(_ width: Int, _ height: Int, _ packed: Data) throws -> Cutout {
    func bytes(_ number: UInt32) -> Data { withUnsafeBytes(of: number.bigEndian) { Data($0) } }
    func chunk(_ name: String, _ content: Data) -> Data {
      let named = Data(name.utf8) + content
      let sum = named.reduce(UInt32.max) { sum, byte in
        (0..<8).reduce(sum ^ UInt32(byte)) { value, _ in value >> 1 ^ (value & 1 == 1 ? 0xEDB8_8320 : 0) }
      }
      return bytes(UInt32(content.count)) + named + bytes(~sum)
    }
    let header = bytes(UInt32(width)) + bytes(UInt32(height)) + Data([8, 6, 0, 0, 0])
    let file =
      Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) + chunk("IHDR", header) + chunk("IDAT", packed)
      + chunk("IEND", Data())
    return try Cutout(data: file, from: "frame")
  }

  @Test("its frames, laid over one another, are the pictures") func frames() throws {
    var pictures = [Picture(width: 20, height: 12, red: 10, green: 20, blue: 30)]
    for step in 1..<4 {
      var next = pictures[step - 1]
      for x in 3 * step..<3 * step + 4 { next[x, step] = (UInt8(60 * step), 0, 255) }
      pictures.append(next)
    }
    // A frame like the one before.
    pictures.append(pictures[3])

    var file = AnimatedPNG(width: 20, height: 12, frames: 5, framesPerSecond: 25)
    let bytes = pictures.reduce(into: file.begin()) { $0 += file.append($1) } + file.end()
    let chunks = Self.chunks(of: bytes)
    #expect(chunks.map(\.name).first == "IHDR" && chunks.map(\.name).last == "IEND")
    #expect(chunks[1].name == "acTL" && chunks[1].number(at: 0) == 5 && chunks[1].number(at: 4) == 0)

    // The numbers of the animation's chunks run on.
    let numbered = chunks.filter { ["fcTL", "fdAT"].contains($0.name) }
    #expect(numbered.map { $0.number(at: 0) } == Array(0..<9))

    var canvas = [SIMD4<Float>](repeating: SIMD4(), count: 20 * 12)
    var shown = 0
    for (control, pixels) in zip(chunks.dropFirst(2), chunks.dropFirst(3)) where control.name == "fcTL" {
      let (width, height) = (control.number(at: 4), control.number(at: 8))
      let (left, top) = (control.number(at: 12), control.number(at: 16))
      #expect(control.number(at: 20, bytes: 2) == 1 && control.number(at: 22, bytes: 2) == 25)
      #expect(pixels.name == (shown == 0 ? "IDAT" : "fdAT"))
      let part = try Self.still(
        width, height, shown == 0 ? pixels.content : Data(pixels.content.dropFirst(4)))
      for y in 0..<height {
        for x in 0..<width where part.pixels[y * width + x].w > 0 {
          canvas[(top + y) * 20 + left + x] = part.pixels[y * width + x]
        }
      }
      let picture = pictures[shown]
      for i in canvas.indices {
        let expected = (0..<3).map { Float(picture.pixels[3 * i + $0]) }
        #expect([canvas[i].x, canvas[i].y, canvas[i].z] == expected)
      }
      shown += 1
    }
    #expect(shown == 5)
  }

  @Test("programs that know no animation read its first frame") func still() throws {
    let first = Picture(width: 7, height: 5, red: 1, green: 2, blue: 3)
    var file = AnimatedPNG(width: 7, height: 5, frames: 2, framesPerSecond: 8)
    let second = Picture(width: 7, height: 5, red: 9, green: 9, blue: 9)
    let bytes = file.begin() + file.append(first) + file.append(second) + file.end()
    #expect(try Picture(data: bytes, from: "film.png") == first)
  }
}
