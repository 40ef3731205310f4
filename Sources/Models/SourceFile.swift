/// A file or picture that went into a result.
public struct SourceFile: Codable, Hashable, Sendable {
  /// The name of the file, without its folder, or of the built-in thing.
  public var name: String
  /// A digest of its content.
  public var fingerprint: String

  /// The same with the last part of its name: folders in it depend on what was given to a command.
  public var withoutFolders: SourceFile {
    let last = name.split(separator: "/").last.map(String.init) ?? name
    return SourceFile(name: last.replacing(#/ \(\d+\)$/#, with: ""), fingerprint: fingerprint)
  }

  /// A source of that name and content.
  public init(name: String, fingerprint: String) { (self.name, self.fingerprint) = (name, fingerprint) }
}
