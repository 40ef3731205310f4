import Archives
public import Bodies
public import Foundation
import Tensors

/// The ground truth of one picture, as a JSON file or a file of arrays gives it.
///
///     {"joints": "h36m14", "positions_m": [[x, y, z], …]}
///     {"pose": [72 numbers, axis-angle], "betas": [10 numbers], "camera": [scale, x, y]}
///
/// A file of arrays, of any format of `Archive`, holds arrays of the same names, or of those that other projects give them
/// (`GroundTruthArrays`). `camera`, `visibility` and `picture_fingerprint` may be left out; keys
/// that are not named here are passed over.
public struct GroundTruthFile: Codable, Equatable, Sendable {
  /// The name of the joint set of `positions_m`.
  public var joints: String?
  /// The joints' positions, metres, in the camera's axes; those of `h36m14` relative to the pelvis.
  public var positions_m: [[Float]]?
  /// SMPL's pose: 24 axis-angle vectors, radians, the first the global orientation.
  public var pose: [Float]?
  /// SMPL's shape, 10 numbers.
  public var betas: [Float]?
  /// Scale and shift of the weak-perspective camera in the picture taken as a crop.
  public var camera: [Float]?
  /// What can be seen of SMPL's 24 joints.
  public var visibility: [Visibility]?
  /// The fingerprint of the picture that it is the ground truth of.
  public var picture_fingerprint: String?

  /// What in a file of arrays was taken for what, where its names or forms are others than these.
  public private(set) var notes: [String] = []

  private enum CodingKeys: String, CodingKey {
    case joints, positions_m, pose, betas, camera, visibility, picture_fingerprint
  }

  /// The ground truth of a rendered person.
  public init(
    pose: [Float], betas: [Float], camera: [Float], visibility: [Visibility]? = nil, picture: String? = nil
  ) {
    self.pose = pose
    self.betas = betas
    self.camera = camera
    self.visibility = visibility
    picture_fingerprint = picture
  }

  /// Decodes the keys; a pose may be one list or a list of vectors, one a joint, as npz files have it.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    joints = try values.decodeIfPresent(String.self, forKey: .joints)
    positions_m = try values.decodeIfPresent([[Float]].self, forKey: .positions_m)
    if let vectors = try? values.decodeIfPresent([[Float]].self, forKey: .pose) {
      pose = vectors.allSatisfy { $0.count == 3 } ? Array(vectors.joined()) : []
    } else {
      pose = try values.decodeIfPresent([Float].self, forKey: .pose)
    }
    betas = try values.decodeIfPresent([Float].self, forKey: .betas)
    camera = try values.decodeIfPresent([Float].self, forKey: .camera)
    visibility = try values.decodeIfPresent([Visibility].self, forKey: .visibility)
    picture_fingerprint = try values.decodeIfPresent(String.self, forKey: .picture_fingerprint)
  }

  /// Reads a JSON file or a file of arrays, recognised by its first bytes.
  ///
  /// - Throws: `RecordError` naming the file.
  public init(contentsOf path: String) throws(RecordError) {
    let beginning: Data
    do { beginning = try fileBeginning(path, count: 64) } catch { throw RecordError(error) }
    if !Self.looksLikeText(beginning) {
      do { try self.init(Archive(contentsOf: path)) } catch { throw RecordError(error) }
      return
    }
    let data: Data
    do { data = try fileContents(path) } catch { throw RecordError(error) }
    func wrongForm(_ context: DecodingError.Context) -> RecordError {
      let key = context.codingPath.first?.stringValue ?? "the whole"
      return RecordError(
        .badData, path, "\(key) is not of the form a ground-truth file has; see docs/formats.md")
    }
    let file: Self
    do {
      let read = try JSONDecoder().decode(Self.self, from: data)
      let other = read.pose == nil && read.positions_m == nil ? try Self.other(path) : nil
      file = other ?? read
    } catch let error as RecordError {
      throw error
    } catch DecodingError.typeMismatch(_, let context)
      where ["joints", "positions_m", "pose", "betas"].contains(context.codingPath.first?.stringValue)
    {
      guard let other = try Self.other(path) else { throw wrongForm(context) }
      file = other
    } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
      throw wrongForm(context)
    } catch DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty {
      throw RecordError(.badData, path, "\(context.codingPath[0].stringValue) contains an unknown word")
    } catch {
      throw RecordError(
        .badData, path, "is neither JSON nor a file of arrays; see docs/formats.md for ground-truth files")
    }
    self = file
  }

  /// What JSON holds by the names and in the forms that arrays may have too; nil if that is no ground truth either.
  private static func other(_ path: String) throws(RecordError) -> Self? {
    do throws(ArchiveError) {
      let found = try Self(Archive(contentsOf: path))
      return found.pose != nil || found.positions_m != nil ? found : nil
    } catch {
      guard error.kind != .io else { throw RecordError(error) }
      return nil
    }
  }

  /// Whether a file is text, as JSON is, and as no file of arrays is: all of these have a byte below 9 soon, but for the
  /// oldest protocol of pickle, which begins with a parenthesis or a name.
  private static func looksLikeText(_ data: Data) -> Bool {
    let beginning = data.prefix(64)
    guard let first = beginning.first(where: { ![0x20, 0x09, 0x0a, 0x0d].contains($0) }) else { return true }
    if first == UInt8(ascii: "(") || first == UInt8(ascii: "c") { return false }
    return first < 0x80 && beginning.allSatisfy { $0 >= 9 } || data.starts(with: [0xef, 0xbb, 0xbf])
  }

  private init(_ archive: Archive) throws(ArchiveError) {
    var arrays = try GroundTruthArrays(archive)
    joints = try arrays.text(["joints", "skeleton"])
    positions_m = try arrays.positions()
    pose = try arrays.pose()
    betas = try arrays.betas()
    camera = try arrays.camera()
    if joints == nil, pose != nil, positions_m != nil, !archive.has("positions_m") {
      positions_m = nil
      arrays.notes.append("positions passed over, because nothing names their joints; the pose taken")
    }
    visibility = try arrays.texts("visibility")?.map { word throws(ArchiveError) in
      guard let seen = Visibility(rawValue: word) else {
        throw ArchiveError(
          .unsupported, file: archive.path, entry: "visibility", "contains the unknown word '\(word)'")
      }
      return seen
    }
    picture_fingerprint = try arrays.text(["picture_fingerprint"])
    notes = arrays.notes
  }

  /// The file as json.
  public func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return try encoder.encode(self)
  }
}

extension GroundTruth {
  /// Reads the ground truth of one picture.
  ///
  /// - Throws: `RecordError` when the file cannot be read, makes no sense, or has the wrong joints.
  public init(contentsOf path: String, body: BodyModel?) throws(RecordError) {
    try self.init(GroundTruthFile(contentsOf: path), from: path, body: body)
  }
}
