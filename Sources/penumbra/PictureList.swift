import Archives
import Evaluation
import Foundation

/// The pictures that a command was given: files, folders and patterns such as `frames/*.jpg`.
struct PictureList {
  /// Where they are, in the order given; those of a folder in the order of their names and numbers.
  let paths: [String]
  /// What results are called after: a different name for every picture.
  let stems: [String]
  /// What they are called in results: each below its folder, with as much of that as tells them apart.
  let names: [String]
  /// What they are called together.
  let name: String

  private static let endings: Set = [
    "png", "apng", "jpg", "jpeg", "jpe", "jfif", "webp", "tif", "tiff", "bmp", "dib", "gif", "pnm", "ppm",
    "pgm",
    "pbm",
  ]

  /// - Throws: a failure that names a folder or pattern without pictures.
  init(_ arguments: [String]) throws {
    var paths: [String] = []
    for argument in arguments { paths += try Self.pictures(argument) }
    var seen: Set<String> = []
    paths = paths.filter { seen.insert(URL(filePath: $0).standardizedFileURL.path).inserted }
    self.paths = paths
    stems = Self.stems(of: paths)
    names = PictureNames.short(paths.map { URL(filePath: $0).standardizedFileURL.path })
    let first = URL(filePath: arguments[0]).standardizedFileURL
    name =
      try arguments.count > 1 || Self.isPattern(arguments[0])
      ? first.deletingLastPathComponent().lastPathComponent : first.lastPathComponent
  }

  private static func isPattern(_ argument: String) throws -> Bool {
    try argument.contains(where: { "*?[".contains($0) }) && !isThere(argument)
  }

  private static func pictures(_ argument: String) throws -> [String] {
    if try isFolder(argument) { return try inFolder(argument) }
    guard try isPattern(argument) else { return [argument] }
    // A pattern that the shell was kept from expanding.
    var found = glob_t()
    defer { globfree(&found) }
    guard glob(argument, 0, nil, &found) == 0 else {
      throw Failure(.noInput, "\(argument): no such picture, and none of this pattern; check the path")
    }
    let paths = sorted(
      (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].map { String(cString: $0) } })
    let pictures = try paths.filter { try isFolder($0) || isPicture($0) }
    for path in pictures.isEmpty ? [] : paths.filter({ !pictures.contains($0) }) {
      Console.writeNotice("penumbra: \(path): is no picture by its name; it is left out")
    }
    return try (pictures.isEmpty ? paths : pictures).flatMap { try isFolder($0) ? inFolder($0) : [$0] }
  }

  private static func inFolder(_ argument: String) throws -> [String] {
    let pictures = try folderNames(argument).filter { !$0.hasPrefix(".") && isPicture($0) }
    guard !pictures.isEmpty else {
      throw Failure(.noInput, "\(argument): contains no pictures (png, jpg, webp, tif, bmp); check the path")
    }
    return sorted(pictures).map { argument.hasSuffix("/") ? argument + $0 : "\(argument)/\($0)" }
  }

  private static func isPicture(_ name: String) -> Bool {
    endings.contains(URL(filePath: name).pathExtension.lowercased())
  }

  private static func sorted(_ names: [String]) -> [String] {
    names.sorted {
      let order = $0.compare($1, options: .numeric)
      return order == .orderedSame ? $0 < $1 : order == .orderedAscending
    }
  }

  /// Names without ending; where several are the same, these with their folder, or else with the ending.
  private static func stems(of paths: [String]) -> [String] {
    func name(_ path: String, _ level: Int) -> String {
      let url = URL(filePath: path).standardizedFileURL
      let stem = level < 2 ? url.deletingPathExtension().lastPathComponent : url.lastPathComponent
      return level < 1 ? stem : url.deletingLastPathComponent().lastPathComponent + "_" + stem
    }
    var names = paths.map { name($0, 0) }
    for level in 1...2 {
      let counts = Dictionary(names.map { ($0, 1) }, uniquingKeysWith: +)
      for (i, path) in paths.enumerated() where counts[names[i]]! > 1 { names[i] = name(path, level) }
    }
    var used: [String: Int] = [:]
    return names.map { name in
      used[name, default: 0] += 1
      return used[name]! == 1 ? name : "\(name)_\(used[name]!)"
    }
  }

  /// The numbers of pictures in which somebody was found; the others are named.
  ///
  /// - Throws: a failure when nobody was found in any of them.
  func whereFound(by people: PeopleSource?, person: Int?) throws -> [Int] {
    guard let people else { return Array(paths.indices) }
    let counts = try paths.map { try people.count(in: $0) }
    let found = paths.indices.filter { counts[$0] > 0 }
    if let person, let few = found.first(where: { counts[$0] < person }) {
      throw Failure(
        .badData, "\(people.path): has no person \(person) in \(paths[few]); give 1 to \(counts[few])")
    }
    for path in Set(paths.indices).subtracting(found).sorted().map({ paths[$0] }) {
      Console.writeNotice("penumbra: \(path): nobody was found; it is left out")
    }
    guard !found.isEmpty else {
      throw Failure(.badData, "\(people.path): nobody was found in any of the \(paths.count) pictures")
    }
    return found
  }
}
