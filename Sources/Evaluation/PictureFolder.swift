public import Archives
import Foundation
import Tensors

/// Where the pictures of a dataset are: a folder, and which part of their names is below it.
public struct PictureFolder: Sendable {
  /// The folder.
  public let path: String
  /// How many leading parts of a name the folder stands for; nil takes names as they are.
  private let dropped: Int?
  /// What was guessed of names that are not paths below the folder; nil where they are.
  public let guess: String?
  /// What results call pictures that the dataset names by whole paths.
  private let shortNames: [String: String]

  /// The folder, with names as they are: below it, or whole paths.
  public init(_ path: String) { self.init(path, dropping: nil, guess: nil, naming: []) }

  private init(_ path: String, dropping dropped: Int?, guess: String?, naming images: [String]) {
    (self.path, self.dropped, self.guess) = (path, dropped, guess)
    shortNames = Self.shortNames(of: images, in: path, dropping: dropped)
  }

  /// Finds out how names lead to pictures.
  ///
  /// Names are paths below the folder, or whole paths, as `os.path.join` takes them. Where no picture is there,
  /// leading parts are dropped: whole paths of another machine, or a folder that is itself part of the names. They
  /// are not where two pictures would become one.
  ///
  /// - Throws: `ArchiveError` when a picture cannot be looked at: others might be taken for those that are meant.
  public init(_ path: String, for images: [String]) throws {
    let plain = PictureFolder(path)
    let parts = images.map { $0.split(separator: "/") }
    let different = Set(images).count
    guard try !images.contains(where: { try isReachable(plain.path(of: $0)) }),
      let shortest = parts.map(\.count).min()
    else {
      self = PictureFolder(path, dropping: nil, guess: nil, naming: images)
      return
    }
    for count in 0..<max(shortest, 1) {
      let rest = parts.map { $0.dropFirst(count).joined(separator: "/") }
      guard Set(rest).count == different else { break }
      guard let first = try rest.first(where: { try isReachable("\(path)/\($0)") }) else { continue }
      let guess = "names of pictures are taken from their part \(count + 1) on: \(path)/\(first)"
      self = PictureFolder(path, dropping: count, guess: guess, naming: images)
      return
    }
    self = PictureFolder(path, dropping: nil, guess: nil, naming: images)
  }

  /// Names for whole paths: below the folder where that has them, else the last parts.
  private static func shortNames(
    of images: [String], in folder: String, dropping dropped: Int?
  ) -> [String: String] {
    let whole = Set(images.filter(isWhole)).sorted()
    guard !whole.isEmpty else { return [:] }
    let root = URL(filePath: folder).standardizedFileURL.path
    let beginning = root.hasSuffix("/") ? root : root + "/"
    var names: [String: String] = [:]
    for image in whole {
      if let dropped {
        names[image] = image.split(separator: "/").dropFirst(dropped).joined(separator: "/")
      } else {
        let path = URL(filePath: image).standardizedFileURL.path
        if path.hasPrefix(beginning) { names[image] = String(path.dropFirst(beginning.count)) }
      }
    }
    let elsewhere = whole.filter { names[$0] == nil }
    let taken = Set(names.values).union(images.filter { !isWhole($0) })
    for (image, name) in zip(elsewhere, PictureNames.short(elsewhere, besides: taken)) { names[image] = name }
    return names
  }

  /// Whether a name says where somebody keeps pictures, on this machine or another.
  private static func isWhole(_ image: String) -> Bool {
    image.hasPrefix("/") || image.hasPrefix("~") || image.split(separator: "/").contains("..")
      || image.dropFirst().hasPrefix(":/")
  }

  /// What results call a picture of the dataset: its name there, unless that is a whole path.
  public func name(of image: String) -> String {
    guard Self.isWhole(image) else { return image }
    return shortNames[image] ?? PictureNames.short([image])[0]
  }

  /// The first name that leads out of the folder, by `..`; whole paths are taken as they are.
  public func firstOutside(_ images: [String]) -> String? {
    images.first { image in
      guard !path(of: image).isEmpty, dropped != nil || !image.hasPrefix("/") else { return false }
      var depth = 0
      for part in image.split(separator: "/").dropFirst(dropped ?? 0) where part != "." {
        depth += part == ".." ? -1 : 1
        if depth < 0 { return true }
      }
      return false
    }
  }

  /// A digest that changes when pictures are replaced: of all names and sizes, and of what some of them contain.
  ///
  /// - Throws: `ArchiveError` when one cannot be read.
  public func fingerprint(of images: [String]) throws(ArchiveError) -> String {
    var hash = Fingerprint()
    let names = Set(images).sorted()
    let step = max(1, names.count / 64)
    for (index, name) in names.enumerated() {
      let path = path(of: name)
      var status = stat()
      guard stat(path, &status) == 0 else {
        throw ArchiveError(.io, file: path, "cannot be read: \(systemMessage(errno))", systemError: errno)
      }
      hash.add(Data("\(name) \(Int(status.st_size))\n".utf8))
      if index % step == 0 { hash.add(try fileContents(path, limit: .max)) }
    }
    return hash.text
  }

  /// The path of a picture by its name in the dataset.
  public func path(of image: String) -> String {
    guard let dropped else { return image.hasPrefix("/") ? image : "\(path)/\(image)" }
    return "\(path)/" + image.split(separator: "/").dropFirst(dropped).joined(separator: "/")
  }
}
