import Bodies
extension OcclusionRobustness {
  /// On whom robustness is measured, and with which patches.
  public struct Settings: Codable, Sendable, Hashable {
    /// The fill of a patch.
    public enum Fill: String, Codable, CaseIterable, Sendable {
      /// One colour, ImageNet's mean.
      case gray
      /// Part of a panorama, another for each person.
      case textured
    }

    /// The number of rendered people.
    public var people = 200
    /// The seed of people and textures.
    public var seed = 20_000
    /// The sizes of the patch in pixels of a 224-pixel crop, ascending.
    public var patches = [40, 80]
    /// The fills of the patch.
    public var fills: [Fill] = [.gray, .textured]
    /// The distance between positions of the patch in pixels of a 224-pixel crop.
    public var stride = 8
    /// Textured patches are placed at one in so many positions, down and across.
    public var texturedEvery = 3
    /// Whether people behind objects and other people are measured too.
    public var objects = true
    /// Whether all people are behind objects, so that not only the body itself hides joints.
    public var behindObjects = false
    /// People move, and are measured in the middle of so many frames, of which temporal networks see all; nil of people who
    /// stand still.
    public var frames: Int?

    enum CodingKeys: String, CodingKey {
      case people, seed, patches, fills, stride, objects, frames
      case behindObjects = "behind_objects"
      case texturedEvery = "textured_every"
    }

    /// 200 people, patches of 40 and 80 pixels, gray and textured.
    public init() {}

    /// The conditions of a measurement, each kept in a file of its own.
    public var conditions: [Condition] {
      [.clean] + (objects ? [.objects] : [])
        + fills.flatMap { fill in patches.map { .patch($0, fill) } }
    }
  }
}

/// A condition under which networks are measured.
public enum Condition: Hashable, Sendable {
  /// Unoccluded images, unless the settings put all people behind objects.
  case clean
  /// Images of people, some of them behind objects and other people.
  case objects
  /// The clean images with a patch of a size at each position.
  case patch(Int, OcclusionRobustness.Settings.Fill)

  /// The name in files and keys, "gray_40".
  public var name: String {
    switch self {
    case .clean: "clean"
    case .objects: "objects"
    case .patch(let size, let fill): "\(fill.rawValue)_\(size)"
    }
  }

  /// The arrays of the condition and their shapes for one picture; only some networks have those of attention.
  package var shapes: [String: [Int]] {
    var keys: [OcclusionStatistics.Key] = []
    switch self {
    case .clean, .objects:
      typealias Key = OcclusionRobustness.CleanKey
      let shapes = [Key.error: [Joint.count], .aligned: [Joint.count], .vertices: []].merging(
        self == .objects ? [.isCovered: [Joint.count]] : [:]
      ) { a, _ in a }
      return Dictionary(uniqueKeysWithValues: shapes.map { ($0.rawValue, $1) })
    case .patch(_, .gray): keys = OcclusionStatistics.Key.allCases.filter { !$0.isOfAttention }
    case .patch(_, .textured): keys = OcclusionStatistics.Key.allCases.filter(\.isOfCoarse)
    }
    return Dictionary(uniqueKeysWithValues: keys.map { ($0.rawValue, $0.shape) })
  }
}
