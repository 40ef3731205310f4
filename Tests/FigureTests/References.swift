import Foundation
import Pictures
import TestSupport
import Testing

/// Records an issue unless a picture looks like `Fixtures/figures/NAME.png`.
///
/// Fonts and Cairo differ a little between machines, so a share of the pixels may be off. On failure the picture
/// is kept in `Reports/failed-figures`, to be looked at and, if it is better, to become the reference.
func expectLike(
  _ picture: Picture, _ name: String, share: Double = 0.015, at location: SourceLocation = #_sourceLocation
) throws {
  let kept = repository.appending(path: "Reports/failed-figures/\(name).png").path
  func fail(_ reason: String) throws {
    try FileManager.default.createDirectory(
      atPath: URL(filePath: kept).deletingLastPathComponent().path, withIntermediateDirectories: true)
    try picture.writePNG(to: kept)
    Issue.record("\(name): \(reason); see \(kept)", sourceLocation: location)
  }
  guard let reference = try? Picture(contentsOf: fixture("figures/\(name).png")) else {
    return try fail("there is no reference")
  }
  guard reference.width == picture.width, reference.height == picture.height else {
    return try fail("is \(picture.width) × \(picture.height), not \(reference.width) × \(reference.height)")
  }
  let off = stride(from: 0, to: picture.pixels.count, by: 3).count { i in
    (i..<i + 3).contains { abs(Int(picture.pixels[$0]) - Int(reference.pixels[$0])) > 32 }
  }
  let isOff = Double(off) / Double(picture.width * picture.height)
  if isOff > share { try fail("\(off) pixels differ, a share of \(isOff)") }
}
