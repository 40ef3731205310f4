import Evaluation
import Foundation
import TestSupport
import Testing

@Suite("Names of pictures in results") struct PictureNameTests {
  @Test(
    "are the last parts of paths, as many as tell them apart, and never who keeps them",
    arguments: [
      (["/home/alice/p/a.png", "/home/alice/p/b.png"], ["a.png", "b.png"]),
      (["/home/alice/p/a.png", "/home/alice/q/a.png"], ["p/a.png", "q/a.png"]),
      (["/home/alice/p/x/a.png", "/home/alice/q/x/a.png"], ["p/x/a.png", "q/x/a.png"]),
      (["/home/alice/p/a.png", "/home/bob/p/a.png"], ["a.png", "a.png (2)"]),
      (["/home/alice/p/a.png", "/home/alice/p/a.png"], ["a.png", "a.png"]),
      (["/a.png", "/x/a.png"], ["a.png", "a.png (2)"]), (["/a.png"], ["a.png"]),
    ] as [([String], [String])])
  func short(paths: [String], names: [String]) {
    #expect(PictureNames.short(paths) == names)
  }

  @Test("of a dataset are its own names, and of whole paths what is below the folder, or the last parts")
  func dataset() throws {
    try withTemporaryFolder { folder in
      let (images, other) = (folder + "/images", folder + "/other")
      for name in ["images/s/1.png", "other/s/1.png", "other/t/1.png"] {
        let path = "\(folder)/\(name)"
        try FileManager.default.createDirectory(
          atPath: URL(filePath: path).deletingLastPathComponent().path, withIntermediateDirectories: true)
        try Data([1]).write(to: URL(filePath: path))
      }
      func names(_ dataset: [String]) throws -> [String] {
        let place = try PictureFolder(images, for: dataset)
        return dataset.map(place.name(of:))
      }
      #expect(try names(["s/1.png", "s/2.png"]) == ["s/1.png", "s/2.png"])
      #expect(try names([images + "/s/1.png", "\(images)/../images/s/2.png"]) == ["s/1.png", "s/2.png"])
      #expect(try names([other + "/s/1.png", other + "/t/1.png"]) == ["s/1.png", "t/1.png"])
      // Below the folder and elsewhere: two pictures.
      #expect(try names(["s/1.png", other + "/s/1.png"]) == ["s/1.png", "1.png"])
      #expect(try names(["1.png", other + "/s/1.png"]) == ["1.png", "1.png (2)"])
      // Of another machine.
      #expect(try names(["/data/alice/3DPW/s/1.png", "/data/alice/3DPW/s/2.png"]) == ["s/1.png", "s/2.png"])
      #expect(try names(["C:/Users/alice/s/1.png"]) == ["s/1.png"])
      #expect(PictureFolder(images).name(of: other + "/s/1.png") == "1.png")
    }
  }

  @Test(
    "whole paths that lead into somebody's closed folder are those of another machine",
    .enabled(if: getuid() != 0, "root may look everywhere"))
  func closed() throws {
    try withTemporaryFolder { folder in
      let closed = folder + "/closed"
      for place in [folder + "/images/s", closed] {
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
      }
      try Data([1]).write(to: URL(filePath: folder + "/images/s/1.png"))
      #expect(chmod(closed, 0) == 0)
      defer { chmod(closed, 0o700) }
      let images = try PictureFolder(folder + "/images", for: [closed + "/s/1.png"])
      #expect(images.path(of: closed + "/s/1.png") == folder + "/images/s/1.png")
    }
  }
}
