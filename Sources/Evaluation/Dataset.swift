import Archives
public import Bodies
import Foundation
import Tensors

/// Pictures of people with ground truth, as annotation files list them.
///
/// Read are the files of SPIN, PARE, 4D-Humans, BEDLAM, VIBE and mmhuman3d, and the sequences of 3DPW;
/// `docs/formats.md` says how they are told.
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

  /// What is known of where a person's body really is.
  public enum Truth: Sendable {
    /// SMPL's parameters: 24 axis-angle vectors, the first the orientation in the camera's axes, and ten of shape.
    case body(pose: [Float], betas: [Float])
    /// The joints of ``Dataset/measured`` in metres, relative to the pelvis.
    case joints([Point])
  }

  /// A person in a picture.
  public struct Row: Sendable {
    /// Which row of the file this is.
    public let index: Int
    /// The picture's name in the file: its path below the folder of the dataset, or a whole path.
    public let image: String
    /// The middle of the person's box in pixels of the picture, and its side.
    public let centre: SIMD2<Double>, side: Double
    /// The ground truth.
    public let truth: Truth
    /// Nil where the file has none, or says neutral.
    public let gender: Gender?
  }

  /// A row that cannot be used.
  public struct InvalidRow: Sendable {
    /// Which row of the file this is.
    public let index: Int
    /// The picture's name in the file.
    public let image: String
    /// What is wrong with it.
    public let problem: String
  }

  /// The file.
  public let path: String
  /// What the file was taken for, such as `annotations of SPIN`.
  public let kind: String
  /// The rows in their order.
  public let rows: [Row]
  /// Rows whose numbers make no sense, such as NaN.
  public let invalid: [InvalidRow]
  /// The joints that errors are taken over.
  public let measured: Skeleton
  /// Whether the file says of its people in words what gender they have; numbers mean this here and that there.
  public let namesGenders: Bool
  /// What had to be guessed to read the file, a sentence each.
  public let guesses: [String]

  init(
    path: String, kind: String, rows: [Row], invalid: [InvalidRow], measured: Skeleton = .h36m14,
    namesGenders: Bool, guesses: [String]
  ) {
    (self.path, self.kind, self.rows, self.invalid) = (path, kind, rows, invalid)
    (self.measured, self.namesGenders, self.guesses) = (measured, namesGenders, guesses)
  }

  /// Reads an annotation file, a sequence file of 3DPW, or a folder of these.
  ///
  /// - Parameter joints: the joints that errors are taken over, `h36m14` or `h36m17`; nil goes by the dataset.
  /// - Throws: `ArchiveError` when a file cannot be read or lacks an array; `EvaluationError` when arrays disagree.
  public init(contentsOf path: String, joints: Skeleton? = nil) throws {
    if try isFolder(path) {
      self = try DatasetSequences.dataset(inFolder: path, measured: joints ?? .h36m14)
      return
    }
    let archive = try Archive(contentsOf: path)
    if DatasetSequences.isSequence(archive) {
      self = try DatasetSequences.dataset([archive], at: path, measured: joints ?? .h36m14)
    } else {
      self = try AnnotationFile(archive).dataset(joints: joints)
    }
  }

  /// A digest of rows: pictures, boxes and ground truth.
  public static func fingerprint(of rows: [Row]) -> String {
    var fingerprint = Fingerprint()
    for row in rows {
      fingerprint.add(Data("\(row.index) \(row.image) \(row.centre) \(row.side) \(row.gender as Any)".utf8))
      switch row.truth {
      case .body(let pose, let betas): (pose + betas).withUnsafeBytes { fingerprint.add($0) }
      case .joints(let joints):
        joints.flatMap { [$0.x, $0.y, $0.z] }.withUnsafeBytes { fingerprint.add($0) }
      }
    }
    return fingerprint.text
  }
}
