public import Archives
import Bodies
import Foundation
public import Tensors

/// The files of SMPL's bodies, by the names that people have them under.
public enum BodyFiles {
  /// The body in a folder that is meant by one of SMPL's own names, `SMPL_NEUTRAL`, `SMPL_MALE` or `SMPL_FEMALE`.
  ///
  /// Looked for are that name, then those of SMPL's downloads (`basicmodel_m_lbs_10_207_0_v1.1.0.pkl` and the like, of
  /// several the latest version), in the folder and in `smpl` in it.
  ///
  /// - Throws: `ArchiveError` that says what the folder has instead.
  public static func path(of name: String, in folder: String) throws(ArchiveError) -> String {
    let found = try files(of: name, in: folder)
    if let first = found.first { return first }
    let others = try bodies(in: folder).map { String($0.dropFirst(folder.count + 1)) }
    throw ArchiveError(
      .noInput, file: folder,
      "contains no \(name).pkl or \(name).npz" + (others.isEmpty ? "" : "; it has \(list(others))"))
  }

  /// The body that a path gives: itself, or the neutral one of a folder.
  ///
  /// - Throws: `ArchiveError` when a folder has none, and then says which bodies it has.
  static func path(_ given: String) throws(ArchiveError) -> String {
    guard try isFolder(given) else { return given }
    let folder = given.count > 1 && given.hasSuffix("/") ? String(given.dropLast()) : given
    if let neutral = try files(of: "SMPL_NEUTRAL", in: folder).first { return neutral }
    let others = try bodies(in: folder)
    throw ArchiveError(
      .noInput, file: given,
      others.isEmpty
        ? "is a folder without SMPL_NEUTRAL.pkl or SMPL_NEUTRAL.npz; give the file of a body"
        : "is a folder without a neutral body; give one of its files: \(list(others))")
  }

  private static func list(_ names: [String]) -> String {
    names.prefix(4).joined(separator: ", ") + (names.count > 4 ? ", …" : "")
  }

  private static let endings = ["pkl", "npz", "safetensors", "pt", "pth"]

  /// Files that have the name, or that of SMPL's downloads which means the same; the best first.
  private static func files(of name: String, in folder: String) throws(ArchiveError) -> [String] {
    let letters = ["SMPL_NEUTRAL": ["neutral"], "SMPL_MALE": ["m", "male"], "SMPL_FEMALE": ["f", "female"]]
    for folder in [folder, folder + "/smpl"] {
      var own: [String] = []
      for file in endings.map({ "\(folder)/\(name).\($0)" }) {
        if try isThere(file) { own.append(file) }
      }
      if !own.isEmpty { return own }
      let beginnings = (letters[name] ?? []).map { "basicmodel_\($0)_lbs_10_207_0_v" }
      let downloads = try folderNames(ifThere: folder).filter { entry in
        entry.lowercased().hasSuffix(".pkl") && beginnings.contains { entry.lowercased().hasPrefix($0) }
      }
      if !downloads.isEmpty {
        let latest = downloads.sorted {
          $0.lowercased().compare($1.lowercased(), options: .numeric) == .orderedDescending
        }
        return latest.map { "\(folder)/\($0)" }
      }
    }
    return []
  }

  /// Files in a folder whose names are those of bodies.
  private static func bodies(in folder: String) throws(ArchiveError) -> [String] {
    var found: [String] = []
    for folder in [folder, folder + "/smpl"] {
      found += try folderNames(ifThere: folder).filter { entry in
        let name = entry.lowercased()
        return endings.contains { name.hasSuffix("." + $0) }
          && ["smpl", "basicmodel", "mano", "flame", "body"].contains { name.hasPrefix($0) }
          && !name.hasPrefix("smpl_partsegmentation") && !name.hasPrefix("smpl_mean_params")
      }.map { "\(folder)/\($0)" }
    }
    return found
  }

  /// Origins of arrays that are read whatever they are for: those of SMPL's own files.
  private static let plainOrigins = ["chumpy's Ch", "SciPy's csc_matrix", "SciPy's csr_matrix"]

  /// The arrays of a body file: all plain ones, and what a body needs in whatever form it is there.
  ///
  /// Other things than arrays, such as the notes of those who made a file, are no part of a body and of its fingerprint.
  ///
  /// - Throws: `ArchiveError` when one that is needed is of a form that is not read, or one is damaged.
  public static func arrays(of archive: Archive) throws(ArchiveError) -> [String: Tensor] {
    let needed = Set(BodyModel.arrayNames + BodyModel.otherNames)
    func isNeeded(_ name: String) -> Bool { needed.contains(String(name.split(separator: ".").last ?? "")) }
    var arrays = try archive.tensors { name, origin in
      isNeeded(name) || origin.map(plainOrigins.contains) ?? true
    } requiring: {
      isNeeded($0)
    }
    // A list of arrays of one shape is an array too.
    for name in BodyModel.arrayNames where arrays[name] == nil && archive.has(name) {
      arrays[name] = try archive.tensor(name)
    }
    for name in BodyModel.arrayNames.prefix(5) where arrays[name] == nil {
      if let problem = archive.problem(with: name) { throw problem }
    }
    return arrays
  }

  /// How many vertices the template has.
  static func vertexCount(of arrays: [String: Tensor]) -> Int? {
    let template = arrays["v_template"] ?? arrays.first { $0.key.hasSuffix(".v_template") }?.value
    return template.map { $0.count / 3 }
  }
}
