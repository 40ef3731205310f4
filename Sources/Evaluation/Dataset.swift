import Archives
import Foundation
import Tensors

/// Pictures of people with ground truth, as annotation files list them.
///
/// The files are those of SPIN and PARE (Kolotouros et al. 2019; Kocabas et al. 2021).
public struct Dataset: Sendable {
  /// Whose body model a person's ground truth was fitted with.
  public enum Gender: String, Sendable, CaseIterable {
    case male, female

    /// A gender as annotations spell it: `male`, `m`, `man`, `F`; nil for `neutral` and for nothing.
    ///
    /// - Throws: `EvaluationError` for another word: the body would be a guess.
    init?(spelled word: String, in file: String, at place: String) throws {
      switch word.lowercased().trimmingCharacters(in: .whitespaces) {
      case "male", "m", "man", "boy": self = .male
      case "female", "f", "w", "woman", "girl": self = .female
      case "neutral", "n", "unknown", "none", "": return nil
      default:
        throw EvaluationError(
          .badData, file, "gender of \(place) is '\(word)'; write male, female or neutral")
      }
    }
  }

  /// Which rows of 3DPW are evaluated, by the name of the sequence.
  public enum Subset: String, Sendable, CaseIterable {
    /// Every row.
    case all
    /// The 24 sequences of the test split.
    case test
    /// The sequences of 3DPW-OCC, in which objects hide people.
    case occ

    /// Whether a picture belongs; its sequence is the name of its folder.
    public func contains(_ image: String) -> Bool {
      let sequence = image.split(separator: "/").dropLast().last.map(String.init) ?? ""
      switch self {
      case .all: return true
      case .test: return Self.testSequences.contains(sequence)
      case .occ:
        return Self.occludedSequences.contains(
          sequence.split(separator: "_").prefix(2).joined(separator: "_"))
      }
    }

    private static let testSequences: Set = [
      "flat_packBags_00", "downtown_weeklyMarket_00", "outdoors_fencing_01", "downtown_walkBridge_01",
      "downtown_enterShop_00", "downtown_rampAndStairs_00", "downtown_bar_00", "downtown_runForBus_01",
      "downtown_cafe_00", "flat_guitar_01", "downtown_runForBus_00", "downtown_sitOnStairs_00",
      "downtown_bus_00", "downtown_arguing_00", "downtown_crossStreets_00", "downtown_walkUphill_00",
      "downtown_walking_00", "downtown_car_00", "downtown_warmWelcome_00", "downtown_upstairs_00",
      "downtown_stairs_00", "downtown_windowShopping_00", "office_phoneCall_00", "downtown_downstairs_00",
    ]
    /// Their first two words.
    private static let occludedSequences: Set = [
      "courtyard_backpack", "courtyard_basketball", "courtyard_bodyScannerMotions", "courtyard_box",
      "courtyard_golf", "courtyard_jacket", "courtyard_laceShoe", "downtown_stairs", "flat_guitar",
      "flat_packBags", "outdoors_climbing", "outdoors_crosscountry", "outdoors_fencing",
      "outdoors_freestyle", "outdoors_golf", "outdoors_parcours", "outdoors_slalom",
    ]
  }

  /// A person in a picture.
  public struct Row: Sendable {
    /// Which row of the file this is.
    public let index: Int
    /// The picture's path below the folder of the dataset.
    public let image: String
    /// The middle of the person's box in pixels of the picture, and its side.
    public let centre: SIMD2<Double>, side: Double
    /// 24 axis-angle vectors, the first the orientation in the camera's axes.
    public let pose: [Float]
    /// Ten shape parameters.
    public let betas: [Float]
    /// Nil where the file has none, or says neutral.
    public let gender: Gender?
  }

  /// The file.
  public let path: String
  /// The rows in their order.
  public let rows: [Row]
  /// Whether the file says of its people in words what gender they have; numbers mean this here and that there.
  public let namesGenders: Bool

  /// Reads an annotation file, or a folder of 3DPW's sequence files.
  ///
  /// - Throws: `ArchiveError` when a file cannot be read or lacks an array; `EvaluationError` when arrays disagree.
  public init(contentsOf path: String) throws {
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
      try self.init(sequencesIn: path)
    } else {
      try self.init(annotations: path)
    }
  }

  /// Reads an annotation file: npz with `imgname`, `center`, `scale`, `pose`, `shape`, and, if there, `gender`.
  ///
  /// - Throws: `ArchiveError` when it cannot be read or lacks an array; `EvaluationError` when arrays disagree.
  private init(annotations path: String) throws {
    let archive = try Archive(contentsOf: path)
    let images = try archive.strings("imgname")
    let n = images.count
    func numbers(_ name: String, each width: Int) throws -> [Double] {
      let numbers = try Self.numbers(name, of: archive, n, "rows", each: width)
      guard numbers.allSatisfy(\.isFinite) else {
        throw EvaluationError(.badData, path, "array \(name) contains values that are not finite")
      }
      return numbers
    }
    let centre = try numbers("center", each: 2)
    let scale = try numbers("scale", each: 1)
    // Some files hold poses turned into the camera's axes beside the original ones.
    let turned = "pose_0yaw_inverseyz"
    let pose = try numbers(archive.has(turned) ? turned : "pose", each: 72)
    let betas = try numbers("shape", each: 10)
    let genders = try Self.genders(of: archive, n, path)
    self.path = path
    namesGenders = !genders.isEmpty
    rows = (0..<n).map { i in
      Row(
        index: i, image: images[i], centre: SIMD2(centre[2 * i], centre[2 * i + 1]), side: 200 * scale[i],
        pose: pose[i * 72..<(i + 1) * 72].map { Float($0) },
        betas: betas[i * 10..<(i + 1) * 10].map { Float($0) },
        gender: genders.isEmpty ? nil : genders[i])
    }
  }

  /// The gender of every row; none where the file has numbers, whose meaning differs from project to project.
  private static func genders(of archive: Archive, _ count: Int, _ path: String) throws -> [Gender?] {
    guard archive.has("gender"), let words = try? archive.strings("gender") else { return [] }
    guard words.count == count else {
      throw EvaluationError(.badData, path, "array gender has \(words.count) entries for \(count) rows")
    }
    return try words.enumerated().map { try Gender(spelled: $1, in: path, at: "row \($0)") }
  }

  /// The numbers of an array, `width` for each of `count` rows or frames.
  static func numbers(
    _ name: String, of archive: Archive, _ count: Int, _ unit: String, each width: Int
  ) throws -> [Double] {
    let numbers = try archive.doubles(name)
    guard numbers.count == count * width else {
      throw EvaluationError(
        .badData, archive.path,
        "array \(name) has shape \(try archive.shape(name)) instead of \(count) \(unit) of \(width)")
    }
    return numbers
  }

  /// A digest of rows: pictures, boxes and ground truth.
  public static func fingerprint(of rows: [Row]) -> String {
    var fingerprint = Fingerprint()
    for row in rows {
      fingerprint.add(Data("\(row.index) \(row.image) \(row.centre) \(row.side) \(row.gender as Any)".utf8))
      (row.pose + row.betas).withUnsafeBytes { fingerprint.add($0) }
    }
    return fingerprint.text
  }
}
