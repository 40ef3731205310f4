extension Renderer {
  /// How often occluders, other people, truncation and domain randomisation occur in a renderer's pictures.
  public struct Settings: Codable, Sendable, Hashable {
    /// The chance that objects are in front of the person.
    public var objectChance: Float = 0.3
    /// The maximum number of objects in front of one person.
    public var maxObjects = 3
    /// The chance that another person is in front of the person.
    public var otherInFrontChance: Float = 0.1
    /// The chance that another person is behind the person.
    public var otherBehindChance: Float = 0.1
    /// The range of headings in degrees; 0 faces the camera, 90 looks to the right of the picture.
    public var headings: ClosedRange<Float> = -180...180
    /// The chance that the picture shows only part of the person.
    public var truncationChance: Float = 0.1
    /// The share of pictures with domain randomisation: rotated panorama and light, recoloured and cluttered background.
    public var randomizationShare: Float = 0
    /// The share of recorded poses; the others are drawn joint by joint.
    public var recordedShare: Float = 0.7
    /// The side of the person's box as a share of the picture's side.
    public var fill: ClosedRange<Float> = 0.6...0.95

    enum CodingKeys: String, CodingKey {
      case headings, fill
      case objectChance = "object_chance"
      case maxObjects = "max_objects"
      case otherInFrontChance = "other_in_front_chance"
      case otherBehindChance = "other_behind_chance"
      case truncationChance = "truncation_chance"
      case randomizationShare = "randomization_share"
      case recordedShare = "recorded_share"
    }

    /// All kinds of occlusion, without domain randomisation.
    public init() {}

    /// The mix that the built-in networks are trained on: six panoramas alone would be memorised.
    public static let training: Settings = {
      var settings = Settings()
      settings.truncationChance = 0.05
      settings.randomizationShare = 0.7
      return settings
    }()

    /// No occlusion, nobody behind, no truncation: what networks are compared on.
    public static let unoccluded: Settings = {
      var settings = Settings()
      settings.objectChance = 0
      settings.otherInFrontChance = 0
      settings.otherBehindChance = 0
      settings.truncationChance = 0
      return settings
    }()

    /// The same people with objects and other people in front of some, as often as in training.
    public static let occluded: Settings = {
      var settings = unoccluded
      (settings.objectChance, settings.otherInFrontChance) =
        (training.objectChance, training.otherInFrontChance)
      return settings
    }()

    /// The same people with one to three objects in front of everybody, and another person in front of some.
    public static let behindObjects: Settings = {
      var settings = occluded
      settings.objectChance = 1
      return settings
    }()
  }
}
