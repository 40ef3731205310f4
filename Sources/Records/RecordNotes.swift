public import Bodies
import Foundation
public import Tensors

/// What is known about a record besides its settings, and changes none of its numbers beyond rounding.
public struct RecordNotes: Codable, Hashable, Sendable {
  /// The version of Penumbra that began the record.
  public var penumbra: String
  /// The instructions and libraries that did the arithmetic when the record was begun.
  public var kernels: String?
  /// The processor that did it, with family and model, when known.
  public var processor: String?
  /// The command line that began the record, quoted for a shell; nil where a program called the library.
  public var command: String?
  /// The network's place among those that were given together; nil where it was alone or that was not noted.
  public var order: Int?
  /// Who else computed part of the record: other releases, instructions or processors than those that began it.
  public var contributions: [Contribution]?
  /// The algorithm of convolutions, such as `winograd`; nil is as defined.
  public var convolutions: String?
  /// How far that moves the joints from where convolutions as defined have them, where it was measured.
  public var deviation: Deviation?
  /// What was computed and what interpolated, once an adaptive sweep is at its end.
  public var interpolation: Interpolation?
  /// What can be seen of every measured joint in the unoccluded image, when known.
  public var visibility: [Visibility]?
  /// Whose silhouette the body mask is; nil without a mask.
  public var maskOf: RecordSettings.Reference?
  /// The size of the picture in pixels, width and height.
  public var pictureSize: [Int]?
  /// The seed that was given.
  public var seed: UInt64
  /// The skeletons that the settings name.
  public var skeletons: [Skeleton]

  enum CodingKeys: String, CodingKey {
    case penumbra, kernels, processor, command, order, contributions, convolutions, deviation, interpolation,
      visibility, seed, skeletons
    case maskOf = "mask_of"
    case pictureSize = "picture_size_px"
  }

  /// Notes of the given parts.
  public init(
    penumbra: String = Release.version, kernels: String? = nil, processor: String? = nil,
    command: String? = nil, order: Int? = nil, convolutions: String? = nil,
    deviation: Deviation? = nil, visibility: [Visibility]? = nil, maskOf: RecordSettings.Reference? = nil,
    pictureSize: [Int]? = nil, seed: UInt64 = 0, skeletons: [Skeleton]
  ) {
    (self.penumbra, self.kernels, self.convolutions) = (penumbra, kernels, convolutions)
    (self.processor, self.command, self.order) = (processor, command, order)
    (self.deviation, self.visibility, self.maskOf) = (deviation, visibility, maskOf)
    (self.pictureSize, self.seed, self.skeletons) = (pictureSize, seed, skeletons)
  }

  /// What did the arithmetic of part of a record.
  public struct Contribution: Codable, Hashable, Sendable {
    /// The version of Penumbra.
    public var penumbra: String
    /// Instructions, libraries, processor and the algorithm of convolutions, as in the notes.
    public var kernels: String?, processor: String?, convolutions: String?

    /// That which began a record.
    package init(_ notes: RecordNotes) {
      (penumbra, kernels) = (notes.penumbra, notes.kernels)
      (processor, convolutions) = (notes.processor, notes.convolutions)
    }

    /// The major and minor version, which the shards of one record share.
    package var minorVersion: String {
      penumbra.prefix { $0 != "-" }.split(separator: ".").prefix(2).joined(separator: ".")
    }
  }

  /// How an adaptive sweep filled its maps.
  public struct Interpolation: Codable, Hashable, Sendable {
    /// The positions that were computed; the others are interpolated.
    public var computed: Int
    /// The interpolation error, the mean over joints and positions, and its standard error, millimetres: estimated at
    /// positions that were drawn at random and computed; nil where errors were measured again from another reference.
    public var meanMillimetres: Double?, standardErrorMillimetres: Double?
    /// The number of positions that were drawn.
    public var checked: Int?

    enum CodingKeys: String, CodingKey {
      case computed = "computed_positions"
      case meanMillimetres = "mean_mm"
      case standardErrorMillimetres = "standard_error_mm"
      case checked = "checked_positions"
    }

    /// An outcome of the given parts; without an estimate of the interpolation error unless that is given.
    public init(
      computed: Int, meanMillimetres: Double? = nil, standardErrorMillimetres: Double? = nil,
      checked: Int? = nil
    ) {
      (self.computed, self.checked) = (computed, checked)
      (self.meanMillimetres, self.standardErrorMillimetres) = (meanMillimetres, standardErrorMillimetres)
    }
  }

  /// Distances of joints between two ways to do the same arithmetic, over some positions.
  public struct Deviation: Codable, Hashable, Sendable {
    /// Over all joints and positions, millimetres.
    public var meanMillimetres: Double, maximumMillimetres: Double
    /// How many positions were compared.
    public var positions: Int

    enum CodingKeys: String, CodingKey {
      case meanMillimetres = "mean_mm"
      case maximumMillimetres = "max_mm"
      case positions
    }

    /// The distances between joints `[positions, joints, 3]` in metres, where somebody was found by both.
    public init(of joints: Tensor, from others: Tensor) {
      let distances = zip(joints.points, others.points).map {
        1000 * Double((($0 - $1) * ($0 - $1)).sum().squareRoot())
      }.filter { !$0.isNaN }
      self.init(
        meanMillimetres: distances.reduce(0, +) / Double(max(1, distances.count)),
        maximumMillimetres: distances.max() ?? 0, positions: joints.shape[0])
    }

    /// Distances of the given parts.
    public init(meanMillimetres: Double, maximumMillimetres: Double, positions: Int) {
      (self.meanMillimetres, self.maximumMillimetres) = (meanMillimetres, maximumMillimetres)
      self.positions = positions
    }
  }
}
