package import Archives
import Bodies
public import Models

/// What was swept, and how: all that decides the numbers of a record, and nothing else.
///
/// The SHA-256 of its canonical JSON is the record's identity: a run with the same identity goes on with the record,
/// whatever release, processor or number of threads it has.
public struct RecordSettings: Codable, Hashable, Sendable {
  /// A file or picture that went in.
  public typealias Source = SourceFile

  /// What errors are measured from.
  public enum Reference: String, Codable, Sendable {
    /// The ground truth that was given: distances are errors.
    case groundTruth = "ground truth"
    /// The network's own prediction on the unoccluded image: distances are displacements.
    case cleanPrediction = "clean prediction"
  }

  /// The network.
  public var model: ModelIdentity
  /// The picture.
  public var picture: Source
  /// The clip whose middle frame the picture is, for a network that looks at several; none for every other.
  public struct Clip: Codable, Hashable, Sendable {
    /// The clip's name and a digest of all frames.
    public var source: Source
    /// How many frames it has.
    public var frames: Int
    /// Whether the occluder goes with the person; it stays where it is otherwise.
    public var followsPerson: Bool

    enum CodingKeys: String, CodingKey {
      case source, frames
      case followsPerson = "follows_person"
    }

    /// What is to be noted of a clip.
    public init(_ clip: Models.Clip) {
      (source, frames, followsPerson) = (clip.source, clip.frames.count, clip.followsPerson)
    }

    /// How many frames there are, and what the occluder does in them, in a few words.
    public var sizes: String {
      "\(frames) frames, the occluder \(followsPerson ? "follows the person" : "stays")"
    }
  }

  /// The clip that the network looked at; none where it looked at the picture alone.
  public var clip: Clip?
  /// The box that was cut out of it, x, y, width, height in its pixels; none when it was taken whole.
  public var box: [Double]?
  /// How the box was cut out and resized, such as `spin`.
  public var crop: String
  /// What the network sees of the picture.
  public var frame: PictureFrame
  /// The body model that turns rotations into joints; none for a network that gives joints alone.
  public var body: Source?
  /// The file of the ground truth; none without.
  public var truth: Source?
  /// The name of the skeleton of the predicted joints; none where a record has no joints.
  public var skeleton: String?
  /// The name of the skeleton that errors are measured over.
  public var measured: String
  /// What hides part of the picture.
  public var occlusion: Occlusion
  /// Where it goes.
  public var positions: PositionRule
  /// How far interpolated errors may be off on average, millimetres; nil where every position is computed.
  public var tolerance: Double?
  /// The layers whose change was measured; nil where that was not asked for.
  public var layers: [String]?
  /// Draws where an adaptive sweep checks itself; nil where every position is computed.
  public var seed: UInt64?

  enum CodingKeys: String, CodingKey {
    case model, picture, clip, box, crop, frame, body, truth, skeleton, measured, occlusion, positions,
      layers, seed
    case tolerance = "tolerance_mm"
  }

  /// Settings of the given parts.
  public init(
    model: ModelIdentity, picture: Source, box: [Double]? = nil, crop: String, frame: PictureFrame,
    body: Source? = nil, truth: Source? = nil, skeleton: String?, measured: String,
    occlusion: Occlusion = Occlusion(), positions: PositionRule = PositionRule(), tolerance: Double? = nil,
    layers: [String]? = nil, seed: UInt64? = nil
  ) {
    (self.model, self.picture, self.box, self.crop, self.frame) = (model, picture, box, crop, frame)
    (self.body, self.truth, self.skeleton, self.measured) = (body, truth, skeleton, measured)
    (self.occlusion, self.positions) = (occlusion, positions)
    (self.tolerance, self.seed) = (tolerance, tolerance == nil ? nil : seed)
    self.layers = layers
  }

  /// What errors are measured from.
  public var reference: Reference { truth == nil ? .cleanPrediction : .groundTruth }

  /// The SHA-256 of the settings' canonical JSON, 64 hexadecimal digits.
  public var identity: String { ChunkedStore.identity(of: json) }

  /// The settings as JSON.
  package var json: JSONValue {
    // Texts, numbers and lists of them always encode.
    (try? JSONValue(encoding: self)) ?? .null
  }

  /// The part of a record's file name that differs between sweeps of one picture by one network: `square40`,
  /// `square40-stride8`, `square40-region120,40,300,600`.
  ///
  /// A list of positions is named by its length and the first digits of a digest.
  public var fileNamePart: String {
    func text(_ value: some Encodable) -> String { (try? JSONValue(encoding: value))?.canonicalText ?? "" }
    var parts = [occlusion.name]
    if positions.stride != PositionRule().stride || tolerance != nil {
      parts.append("stride\(positions.stride)")
    }
    if positions.kind != .centred { parts.append(positions.kind.rawValue) }
    if let region = positions.region { parts.append("region" + text(region).dropFirst().dropLast()) }
    if let list = positions.list {
      parts.append("list\(list.count)-\(Digest.sha256(text(list).utf8).prefix(8))")
    }
    if let tolerance { parts.append("\(text(tolerance))mm") }
    if followsPerson { parts.append("following") }
    if layers != nil { parts.append("layers") }
    return parts.joined(separator: "-")
  }

  /// What another run would do otherwise, in a few words; nil when it would do the same.
  public func difference(to other: RecordSettings) -> String? {
    guard identity != other.identity else { return nil }
    return contentDifference(to: other) ?? ruleDifference(to: other) ?? nameDifference(to: other)
  }

  /// What of picture, network, body and ground truth differs.
  private func contentDifference(to other: RecordSettings) -> String? {
    if picture.fingerprint != other.picture.fingerprint { return "another picture (\(picture.name))" }
    if clip?.source.fingerprint != other.clip?.source.fingerprint {
      return clip.map { "another clip (\($0.source.name))" } ?? "the picture alone"
    }
    if clip?.followsPerson != other.clip?.followsPerson {
      return clip?.followsPerson == true ? "an occluder that follows the person" : "an occluder that stays"
    }
    if box != other.box { return "another box" }
    if crop != other.crop { return "the crop of \(crop)" }
    if frame != other.frame { return "another frame of the picture" }
    if model.fingerprint != other.model.fingerprint { return "another network (\(model.name))" }
    if body?.fingerprint != other.body?.fingerprint {
      return body.map { "another body (\($0.name))" } ?? "no body"
    }
    if truth?.fingerprint != other.truth?.fingerprint {
      return truth.map { "another ground truth (\($0.name))" } ?? "no ground truth"
    }
    if skeleton != other.skeleton { return skeleton.map { "the joints of \($0)" } ?? "no joints" }
    return measured == other.measured ? nil : "errors over the joints of \(measured)"
  }

  /// What of occlusion and positions differs.
  private func ruleDifference(to other: RecordSettings) -> String? {
    if occlusion != other.occlusion {
      // Files of one name may have changed.
      return occlusion.name == other.occlusion.name
        ? "another file in its occluder, \(occlusion.name)" : "the occlusion \(occlusion.name)"
    }
    if positions != other.positions {
      if let list = positions.list { return "a list of \(list.count) positions" }
      return "stride \(positions.stride), \(positions.kind.rawValue) grid"
        + (positions.region == nil ? "" : ", a region")
    }
    if tolerance != other.tolerance {
      return tolerance.map { "a tolerance of \($0) mm" }
        ?? "every position, without a tolerance"
    }
    if layers != other.layers { return layers == nil ? "no layers" : "the change of layers" }
    return seed == other.seed ? nil : seed.map { "seed \($0)" } ?? "no seed"
  }

  /// What has another name, though it is the same.
  private func nameDifference(to other: RecordSettings) -> String {
    if picture != other.picture { return "a picture called \(picture.name)" }
    if let body, body != other.body { return "a body called \(body.name)" }
    if let truth, truth != other.truth { return "a ground truth called \(truth.name)" }
    return "a network called \(model.label)"
  }
}

extension RecordSettings {
  /// Whether the occluder went with the person of a clip.
  private var followsPerson: Bool { clip?.followsPerson == true }
  /// The network's label, and whether the occluder went with the person.
  public var label: String { followsPerson ? "\(model.label) (following)" : model.label }
  /// The same for the names of files.
  package var fileLabel: String { followsPerson ? "\(model.label)-following" : model.label }

  /// What the numbers of the record are, for titles and tables.
  public var quantity: String {
    truth == nil ? "displacement from the clean prediction" : "error"
  }
}

extension String {
  /// A name from a record as part of a file's name: what would lead to another folder, or to a terminal's commands, is `_`.
  package var asFileName: String {
    let kept = map { character in
      let isPlain = character.unicodeScalars.allSatisfy(\.isPrintable)
      return isPlain && character != "/" ? character : "_"
    }
    return kept.first == "." ? "_" + String(kept.dropFirst()) : String(kept)
  }
}
