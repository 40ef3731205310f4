internal import Archives
internal import Bodies
import Foundation
public import Pictures
package import Tensors

/// Occluders that are pasted over rendered people, and how.
///
/// SynthOcc as in PARE (Kocabas et al. 2021; Sárándi et al. 2018), with other occluders than Pascal's objects: one
/// to seven a picture, centred anywhere in it, each scaled by 0.2 to 1.
public struct OccluderLibrary: Sendable {
  /// No occluders.
  public static let none = "none"
  /// Textured shapes, as those that the renderer puts in front of people: before scaling 0.16 to 0.48 of the side, a
  /// quarter of them bars, up to three sides long and clipped at the picture's border.
  public static let shapes = "shapes"
  /// Limbs of other people in the same shard of the batch (of the same person where a shard is one picture), as
  /// large as they are there.
  public static let bodies = "bodies"
  /// Cut-outs from files are made for pictures of this side; longer ones are reduced to it.
  public static let reference = 256

  private enum Source {
    case none, shapes, bodies
    case files([Cutout])
  }
  private let source: Source
  /// A digest of the cut-outs from files, or the name of the source.
  public let fingerprint: String

  /// The occluders of a source: `none`, `shapes`, `bodies`, or a folder of PNGs with an alpha channel.
  ///
  /// - Throws: `PictureError` when the folder or a file in it cannot be used.
  public init(_ name: String) throws(PictureError) {
    switch name {
    case Self.none: (source, fingerprint) = (.none, name)
    case Self.shapes: (source, fingerprint) = (.shapes, name)
    case Self.bodies: (source, fingerprint) = (.bodies, name)
    default:
      let cutouts = try Self.read(name)
      source = .files(cutouts)
      fingerprint = Self.digest(cutouts)
    }
  }

  /// What files that are given away call a source: of a folder the last part alone.
  package static func title(of source: String) -> String {
    let builtIn = [Self.none, Self.shapes, Self.bodies]
    guard !builtIn.contains(source) else { return source }
    let name = URL(filePath: source).standardizedFileURL.lastPathComponent
    // A folder is not taken for a source that it is called like.
    return builtIn.contains(name) ? "./\(name)" : name
  }

  /// Whether nothing is pasted.
  package var isEmpty: Bool { if case .none = source { true } else { false } }

  private static func read(_ folder: String) throws(PictureError) -> [Cutout] {
    let names: [String]
    do { names = try folderNames(folder) } catch {
      guard error.kind != .io else { throw PictureError(error) }
      throw PictureError(
        .missing, folder,
        "is not a folder of occluders; give shapes, bodies, or a folder of PNGs with an alpha channel")
    }
    let files = names.filter { $0.lowercased().hasSuffix(".png") }.sorted()
    guard !files.isEmpty else {
      throw PictureError(.missing, folder, "contains no PNG; put cut-outs with an alpha channel there")
    }
    var cutouts: [Cutout] = []
    for file in files {
      let cutout = try Cutout(contentsOf: "\(folder)/\(file)")
      guard cutout.pixels.contains(where: { $0.w > 0 }) else {
        throw PictureError(.notAPicture, "\(folder)/\(file)", "is completely transparent; remove it")
      }
      let longest = max(cutout.width, cutout.height)
      let factor = min(1, Float(reference) / Float(longest))
      cutouts.append(cutout.scaled(by: factor))
    }
    return cutouts
  }

  private static func digest(_ cutouts: [Cutout]) -> String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for cutout in cutouts {
      for pixel in cutout.pixels {
        for c in 0..<4 { hash = (hash ^ UInt64(pixel[c].bitPattern)) &* 0x0000_0100_0000_01B3 }
      }
      hash = (hash ^ UInt64(cutout.width)) &* 0x0000_0100_0000_01B3
    }
    return String(hash, radix: 16)
  }

  /// Draws the number of occluders, their centres in units of the side, and their scale factors.
  package static func draw(_ generator: inout SeededGenerator) -> [(centre: SIMD2<Float>, factor: Float)] {
    (0..<1 + generator.integer(below: 7)).map { _ in
      (SIMD2(generator.uniform(), generator.uniform()), generator.uniform(0.2...1))
    }
  }

  /// Pastes occluders over a person's picture; joints under them become hidden by an object.
  ///
  /// The part mask stays as it is.
  ///
  /// - Parameters:
  ///   - people: the batch as rendered, whose limbs may be cut out.
  ///   - index: the person's index in the batch.
  package func covering(
    _ person: RenderedSample, among people: [RenderedSample], _ index: Int, renderer: Renderer,
    using generator: inout SeededGenerator
  ) -> RenderedSample {
    var person = person
    let side = person.picture.width
    var covered = [Bool](repeating: false, count: side * side)
    for (centre, factor) in Self.draw(&generator) {
      let cutout: Cutout?
      switch source {
      case .none: cutout = nil
      case .shapes: cutout = renderer.shape(side: max(4, Int(Float(side) * factor)), using: &generator)
      case .bodies:
        cutout = Self.limb(of: people, not: index, using: &generator)?.scaled(by: factor)
      case .files(let cutouts):
        cutout = cutouts[generator.integer(below: cutouts.count)]
          .scaled(by: factor * Float(side) / Float(Self.reference))
      }
      guard let cutout else { continue }
      person.picture.paste(cutout, at: centre * Float(side), covered: &covered)
      person.occluders += 1
    }
    person.surface?.hide { covered[$0] }
    if !person.covered.isEmpty { person.covered = zip(person.covered, covered).map { $0 || $1 } }
    for (j, position) in person.joints2D.enumerated() where person.visibility[j] != .outsidePicture {
      let pixel = (position + 1) * (Float(side) / 2)
      let (x, y) = (Int(pixel.x), Int(pixel.y))
      if covered[min(y, side - 1) * side + min(x, side - 1)] { person.visibility[j] = .hiddenByObject }
    }
    return person
  }

  /// A limb of another person: the parts at most two joints from one of the 24; nil if none is large enough.
  private static func limb(
    of people: [RenderedSample], not index: Int, using generator: inout SeededGenerator
  ) -> Cutout? {
    for _ in 0..<8 {
      var other = generator.integer(below: max(people.count - 1, 1))
      if other >= index, people.count > 1 { other += 1 }
      let near = near[generator.integer(below: Joint.count)]
      let (picture, parts) = (people[other].picture, people[other].parts)
      let side = picture.width
      var (left, top, right, bottom, count) = (side, side, 0, 0, 0)
      for (i, part) in parts.enumerated() where near[Int(part)] {
        (left, right) = (min(left, i % side), max(right, i % side + 1))
        (top, bottom) = (min(top, i / side), max(bottom, i / side + 1))
        count += 1
      }
      guard count >= 16 else { continue }
      let pixels = (top..<bottom).flatMap { y in
        (left..<right).map { x -> SIMD4<Float> in
          guard near[Int(parts[y * side + x])] else { return .zero }
          let p = picture[x, y]
          return SIMD4(Float(p.red), Float(p.green), Float(p.blue), 1)
        }
      }
      return Cutout(width: right - left, height: bottom - top, pixels: pixels)
    }
    return nil
  }

  /// For every joint, by part label, whether the part is at most two joints away.
  private static let near: [[Bool]] = (0..<Joint.count).map { joint in
    func neighbours(_ j: Int) -> [Int] {
      (0..<Joint.count).filter { $0 == Joint.parents[j] || Joint.parents[$0] == j }
    }
    let near = Set([joint] + neighbours(joint) + neighbours(joint).flatMap(neighbours))
    return [false] + (0..<Joint.count).map(near.contains)
  }
}

extension Cutout {
  /// Scaled by a factor, at least one pixel a side.
  fileprivate func scaled(by factor: Float) -> Cutout {
    func length(_ pixels: Int) -> Int { max(1, Int(bounded: Float(pixels) * factor)) }
    return resized(width: length(width), height: length(height))
  }
}

extension Renderer {
  /// A textured shape on a transparent background, `side` pixels wide.
  fileprivate func shape(side: Int, using generator: inout SeededGenerator) -> Cutout {
    let object = OccluderObject(over: SIMD2(0.5, 0.5), panoramas: panoramas.count, using: &generator)
    return withUnsafeTemporaryAllocation(of: SIMD4<Float>.self, capacity: side * side) { colours in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: side * side) { cover in
        colours.initialize(repeating: .zero)
        cover.initialize(repeating: 0)
        object.draw(
          over: colours.baseAddress!, covering: cover.baseAddress!, side: side, panoramas: panoramas, level: 1
        )
        return Cutout(
          width: side, height: side,
          pixels: (0..<side * side).map { i in
            // Drawn over black, colours are already multiplied by the coverage.
            var pixel = (colours[i] * 255).clamped(
              lowerBound: .zero, upperBound: SIMD4(repeating: 255 * cover[i]))
            pixel.w = cover[i]
            return pixel
          })
      }
    }
  }
}

extension Picture {
  /// Pastes a cut-out centred at a position in pixels, and records where it is more than half opaque.
  package mutating func paste(_ cutout: Cutout, at centre: SIMD2<Float>, covered: inout [Bool]) {
    let left = Int(bounded: centre.x) - cutout.width / 2
    let top = Int(bounded: centre.y) - cutout.height / 2
    for y in max(0, top)..<max(0, top, min(height, top + cutout.height)) {
      for x in max(0, left)..<max(0, left, min(width, left + cutout.width)) {
        let pixel = cutout.pixels[(y - top) * cutout.width + x - left]
        guard pixel.w > 0 else { continue }
        let i = y * width + x
        for c in 0..<3 {
          let value = Float(pixels[i * 3 + c]) * (1 - pixel.w) + pixel[c] + 0.5
          pixels[i * 3 + c] = UInt8(min(max(value, 0), 255))
        }
        if pixel.w > 0.5 { covered[i] = true }
      }
    }
  }
}
