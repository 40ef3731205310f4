import Archives
public import Bodies
import Foundation

extension Skeleton {
  /// The skeleton that a file names: a built-in one, `NAME.json` beside the file, or in `Fixtures/skeletons`.
  ///
  /// - Throws: `SkeletonError` when there is none, or its file makes no sense.
  public static func named(_ name: String, beside file: String) throws(SkeletonError) -> Skeleton {
    let folder = URL(filePath: file).deletingLastPathComponent().path
    return try named(name, in: [folder] + shippedFolders)
  }

  /// The skeleton of a name, built in or in `Fixtures/skeletons`, or of a path that ends in `.json`.
  ///
  /// - Throws: `SkeletonError` when there is none, or its file makes no sense.
  public static func given(_ nameOrPath: String) throws(SkeletonError) -> Skeleton {
    nameOrPath.hasSuffix(".json")
      ? try Skeleton(contentsOf: nameOrPath) : try named(nameOrPath, in: shippedFolders)
  }

  /// The project's folder of skeletons; none for a program without the project's files.
  private static var shippedFolders: [String] { (try? [Fixtures.path("skeletons")]) ?? [] }
}
