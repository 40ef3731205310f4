/// What results call pictures: nothing that says where somebody keeps them.
public enum PictureNames {
  /// Folders at the beginning of a whole path that are never part of a name, such as `/home/somebody`.
  private static let hidden = 2

  /// The last part of each whole path, with as many folders before it as tell the paths apart.
  ///
  /// Names that are the same all the same are numbered; one path has one name.
  ///
  /// - Parameter taken: names that other pictures have.
  public static func short(_ paths: [String], besides taken: Set<String> = []) -> [String] {
    let parts = Dictionary(
      paths.map { path in (path, path.split(separator: "/").filter { $0 != "." && $0 != ".." }) },
      uniquingKeysWith: { first, _ in first })
    func name(_ parts: [Substring], _ count: Int) -> String {
      parts.suffix(min(count, max(1, parts.count - hidden))).joined(separator: "/")
    }
    let longest = parts.values.map(\.count).max() ?? 1
    // The least that tells most of them apart.
    var (count, different) = (1, 0)
    for other in 1...max(1, longest) where different < parts.count {
      let found = Set(parts.values.map { name($0, other) }).count
      if found > different { (count, different) = (other, found) }
    }
    var names: [String: String] = [:]
    var used = taken
    return paths.map { path in
      if let known = names[path] { return known }
      let short = name(parts[path]!, count)
      var unique = short, number = 2
      while !used.insert(unique).inserted {
        unique = "\(short) (\(number))"
        number += 1
      }
      names[path] = unique
      return unique
    }
  }
}
