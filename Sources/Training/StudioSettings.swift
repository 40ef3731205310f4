extension Studio {
  /// How often what happens in a studio's pictures.
  public struct Settings: Codable, Sendable, Hashable {
    /// The chance that objects stand in front of the person, and how many there are at most.
    public var objectChance: Float = 0.3
    /// The largest number of objects in front of one person.
    public var mostObjects = 3
    /// The chance that another person stands in front of the person.
    public var otherInFrontChance: Float = 0.1
    /// The chance that another person stands behind the person.
    public var otherBehindChance: Float = 0.1
    /// The range of headings in degrees; 0 faces the camera, 90 looks to the right of the picture.
    public var headings: ClosedRange<Float> = -180...180
    /// The chance that the picture shows only part of the person.
    public var truncationChance: Float = 0.1
    /// The chance that surroundings are such as no place has: turned over, recoloured, cluttered.
    public var estrangementChance: Float = 0
    /// The share of recorded poses; the others are drawn joint by joint.
    public var recordedShare: Float = 0.7
    /// The share of the picture's side that the person's box takes.
    public var fill: ClosedRange<Float> = 0.6...0.95

    /// Everything that hides people, in places as they are.
    public init() {}

    /// The mix that the built-in networks learn from: six panoramas alone would be learned by heart.
    public static let training: Settings = {
      var settings = Settings()
      settings.truncationChance = 0.05
      settings.estrangementChance = 0.7
      return settings
    }()

    /// Nobody and nothing in front, nobody behind, nobody cut off: what networks are compared on.
    public static let unoccluded: Settings = {
      var settings = Settings()
      settings.objectChance = 0
      settings.otherInFrontChance = 0
      settings.otherBehindChance = 0
      settings.truncationChance = 0
      return settings
    }()

    /// The same people with objects in front of some and another person in front of some, as often as while learning.
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
