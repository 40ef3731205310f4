import Bodies
import Foundation
import Pictures
import Rendering
import Tensors
import TestSupport
import Testing

@Suite("Occluder library") struct OccluderLibraryTests {
  @Test("one to seven, anywhere, 0.2 to 1 times their size") func draws() {
    var generator = SeededGenerator(seed: 2)
    let draws = (0..<7000).map { _ in OccluderLibrary.draw(&generator) }
    for count in 1...7 {
      #expect(abs(Float(draws.count { $0.count == count }) / 7000 - 1 / 7) < 0.015)
    }
    let all = draws.flatMap(\.self)
    #expect(all.allSatisfy { (0.2...1).contains($0.factor) })
    #expect(all.allSatisfy { (0...1).contains($0.centre.x) && (0...1).contains($0.centre.y) })
    let n = Float(all.count)
    #expect(abs(all.reduce(0) { $0 + $1.factor } / n - 0.6) < 0.01)
    #expect(abs(all.reduce(0) { $0 + $1.centre.y } / n - 0.5) < 0.01)
  }

  @Test(
    "what is pasted changes the picture, and hides the joints beneath and no others",
    arguments: ["shapes", "bodies", "folder"])
  func covers(_ source: String) throws {
    try withTemporaryFolder { folder in
      try writeCutout("\(folder)/a.png")
      let occluders = try OccluderLibrary(source == "folder" ? folder : source)
      let renderer = try SmallRenderer.make(.unoccluded)
      let people = renderer.people(0..<12, seed: 3, side: 64)
      var hidden = 0
      var kept = 0
      for (i, person) in people.enumerated() {
        var first = SeededGenerator(seed: 9, stream: UInt64(i)), second = first
        let now = occluders.covering(person, among: people, i, renderer: renderer, using: &first)
        let again = occluders.covering(person, among: people, i, renderer: renderer, using: &second)
        #expect(now.picture == again.picture && now.visibility == again.visibility)
        #expect(now.picture != person.picture && now.parts == person.parts)
        #expect((1...7).contains(now.occluders))
        for j in 0..<24 {
          if now.visibility[j] == person.visibility[j] {
            kept += 1
          } else {
            hidden += 1
            #expect(now.visibility[j] == .hiddenByObject)
            let pixel = (person.joints2D[j] + 1) * 32
            let (x, y) = (Int(pixel.x), Int(pixel.y))
            let (old, new) = (person.picture[x, y], now.picture[x, y])
            // Half opaque at least: but a colour may chance to be the one beneath.
            let isSame = old == new
            #expect(!isSame || source == "shapes")
          }
        }
      }
      #expect(hidden > 8 && kept > 100, "\(hidden) joints hidden, \(kept) not")
    }
  }

  @Test("a paste is opaque where the cut-out is, around the place, clipped at the border") func paste() {
    var picture = Picture(width: 8, height: 8, red: 100, green: 100, blue: 100)
    var covered = [Bool](repeating: false, count: 64)
    let cutout = Cutout(
      width: 4, height: 2,
      pixels: (0..<8).map { $0 % 4 < 2 ? SIMD4(200, 0, 0, 1) : SIMD4(10, 10, 10, 0.2) })
    picture.paste(cutout, at: SIMD2(1, 4), covered: &covered)
    // From 1 − 2 on: one column is cut off.
    #expect(picture[0, 3] == (200, 0, 0) && picture[1, 3] == (90, 90, 90) && picture[2, 4] == (90, 90, 90))
    #expect(picture[3, 3] == (100, 100, 100) && picture[0, 2] == (100, 100, 100))
    #expect(covered.indices.filter { covered[$0] } == [24, 32])
  }

  @Test("cut-outs keep their sum when resized, and their value where they are even")
  func resize() {
    let cutout = Cutout(
      width: 6, height: 4,
      pixels: (0..<24).map { $0 / 6 < 2 ? SIMD4(40, 50, 60, 0.5) : .zero })
    for (width, height) in [(3, 2), (12, 8), (5, 3), (1, 1)] {
      let other = cutout.resized(width: width, height: height)
      #expect(other.width == width && other.height == height)
      let mean = other.pixels.reduce(.zero, +) / Float(width * height)
      expectClose((0..<4).map { mean[$0] }, [20, 25, 30, 0.25], absolute: 0.5)
      if height > 1 { expectClose((0..<4).map { other.pixels[0][$0] }, [40, 50, 60, 0.5], absolute: 1e-3) }
    }
  }

  @Test("a folder that is of no use is named, with what to do") func bad() throws {
    try withTemporaryFolder { folder in
      func message(_ path: String) -> String? {
        do {
          _ = try OccluderLibrary(path)
          return nil
        } catch { return error.description }
      }
      #expect(message("\(folder)/none")?.contains("not a folder of occluders") == true)
      #expect(message(folder)?.contains("contains no PNG") == true)
      try writeCutout("\(folder)/b.png", alpha: false)
      #expect(message(folder)?.contains("b.png: has no alpha channel") == true)
      try Data("nothing".utf8).write(to: URL(filePath: "\(folder)/b.png"))
      #expect(message(folder)?.contains("b.png: is not a PNG") == true)
      try writeCutout("\(folder)/b.png", side: 600)
      #expect(message(folder) == nil)
      let digest = try OccluderLibrary(folder).fingerprint
      try writeCutout("\(folder)/c.png", side: 20)
      #expect(try OccluderLibrary(folder).fingerprint != digest)
    }
  }
}
