import Bodies
public import Tensors

/// How a network's robustness is measured: on whom, and with which patches.
public struct RobustnessSettings: Codable, Sendable, Hashable {
  /// What a patch looks like.
  public enum Fill: String, Codable, CaseIterable, Sendable {
    /// One colour, ImageNet's mean.
    case gray
    /// Part of a panorama, another for everybody.
    case textured
  }

  /// The number of rendered people.
  public var people = 200
  /// Decides who they are, and the textures.
  public var seed = 20_000
  /// The sizes of the patch in pixels of a 224-pixel crop, ascending.
  public var patches = [40, 80]
  /// What the patch looks like.
  public var fills: [Fill] = [.gray, .textured]
  /// The distance between places of the patch in pixels of a 224-pixel crop.
  public var stride = 8
  /// Textured patches are put on every so many places down and across.
  public var texturedEvery = 3
  /// Whether people behind objects and other people are measured too.
  public var objects = true
  /// Whether something stands in front of everybody, so that objects and people hide joints besides the body itself.
  public var behindObjects = false

  enum CodingKeys: String, CodingKey {
    case people, seed, patches, fills, stride, objects
    case behindObjects = "behind_objects"
    case texturedEvery = "textured_every"
  }

  /// 200 people, patches of 40 and 80 pixels, gray and textured.
  public init() {}

  /// The parts that a measurement consists of, each kept by itself.
  public var sections: [RobustnessSection] {
    [.clean] + (objects ? [.objects] : [])
      + fills.flatMap { fill in patches.map { .patch($0, fill) } }
  }
}

/// One part of a measurement.
public enum RobustnessSection: Hashable, Sendable {
  /// Whole pictures, of people with nothing in front unless the settings say otherwise.
  case clean
  /// Whole pictures of people with objects and other people in front of some.
  case objects
  /// A patch of a size slid over the clean pictures.
  case patch(Int, RobustnessSettings.Fill)

  /// The name in files and keys, "gray_40".
  public var name: String {
    switch self {
    case .clean: "clean"
    case .objects: "objects"
    case .patch(let size, let fill): "\(fill.rawValue)_\(size)"
    }
  }
}

extension RobustnessSection {
  /// The arrays of a section and their shapes for one picture; those of attention only some networks have.
  package var shapes: [String: [Int]] {
    var keys: [Observation.Key] = []
    switch self {
    case .clean, .objects:
      typealias Key = Robustness.WholeKey
      let shapes = [Key.error: [24], .aligned: [24], .vertices: []].merging(
        self == .objects ? [.isCovered: [24]] : [:]
      ) { a, _ in a }
      return Dictionary(uniqueKeysWithValues: shapes.map { ($0.rawValue, $1) })
    case .patch(_, .gray): keys = Observation.Key.allCases.filter { !$0.isOfAttention }
    case .patch(_, .textured): keys = Observation.Key.allCases.filter { $0.rawValue.hasPrefix("coarse_") }
    }
    return Dictionary(uniqueKeysWithValues: keys.map { ($0.rawValue, $0.shape) })
  }
}

/// What was measured of one network: numbers for every picture, from which all means and intervals follow.
public struct Robustness: Sendable {
  /// The keys of whole pictures' arrays: joints' errors `[people, 24]`, the same aligned, and the mean error of
  /// the vertices `[people]`, metres; behind objects also 1 for joints that something in front hides, `[people, 24]`.
  public enum WholeKey: String, CaseIterable, Sendable {
    case error, aligned = "error_pa", vertices = "vertex_error", isCovered = "is_covered"
  }

  /// The number of people.
  public let people: Int
  /// Arrays `[people, …]` by section and by the raw value of ``WholeKey`` or ``Observation/Key``; metres.
  public let sections: [RobustnessSection: [String: Tensor]]

  /// Measurements of the given sections.
  public init(people: Int, sections: [RobustnessSection: [String: Tensor]]) {
    (self.people, self.sections) = (people, sections)
  }

  /// One number a picture: that at `index` of each picture's block, or the mean over all of it.
  func numbers(_ section: RobustnessSection, _ key: String, at index: Int? = nil) -> [Double]? {
    guard let array = sections[section]?[key], array.shape[0] == people else { return nil }
    let width = array.count / people
    return array.withElements { elements in
      (0..<people).map { person in
        if let index { return Double(elements[person * width + index]) }
        return (0..<width).reduce(0.0) { $0 + Double(elements[person * width + $1]) } / Double(width)
      }
    }
  }

  /// Each picture's mean error of the joints but the pelvis that something in front hides, in one of the two
  /// sections of whole pictures; NaN where nothing hides a joint.
  fileprivate func coveredError(_ section: RobustnessSection) -> [Double]? {
    guard let errors = sections[section]?[WholeKey.error.rawValue],
      let isCovered = sections[.objects]?[WholeKey.isCovered.rawValue]
    else { return nil }
    return (0..<people).map { person in
      Bootstrap.mean((1..<24).filter { isCovered[person, $0] == 1 }.map { Double(errors[person, $0]) })
    }
  }

  /// A mean over joints but the pelvis, of those that have the number.
  fileprivate func jointMeans(_ section: RobustnessSection, _ key: Observation.Key) -> [Double]? {
    guard let array = sections[section]?[key.rawValue] else { return nil }
    return (0..<people).map { person in
      Bootstrap.mean((1..<24).map { Double(array[person, $0]) })
    }
  }
}

/// A number that networks are compared by: how it is called, and its value for every picture.
public struct Quantity: Sendable {
  /// What it is measured in.
  public enum Unit: String, Codable, Sendable {
    /// Millimetres.
    case millimetres = "mm"
    /// A share, 0…1.
    case share
    /// A correlation, −1…1.
    case correlation
  }

  /// The key in files, "gray_40.mean_mpjpe_mm".
  public let key: String
  /// The group it stands in, and its name there.
  public let heading: String, title: String
  /// What it is measured in.
  public let unit: Unit
  private let read: @Sendable (Robustness) -> [Double]?

  /// One value a picture, NaN where it has none; nil when it was not measured.
  public func values(of robustness: Robustness) -> [Double]? {
    read(robustness).map { values in unit == .millimetres ? values.map { $0 * 1000 } : values }
  }

  /// All quantities of a measurement, in the order of tables.
  public static func all(_ settings: RobustnessSettings) -> [Quantity] {
    var all: [Quantity] = []
    func add(
      _ section: RobustnessSection, _ name: String, _ heading: String, _ title: String,
      unit: Unit = .millimetres, _ read: @escaping @Sendable (Robustness) -> [Double]?
    ) {
      let key = "\(section.name).\(name)" + (unit == .millimetres ? "_mm" : "")
      all.append(Quantity(key: key, heading: heading, title: title, unit: unit, read: read))
    }
    typealias Whole = Robustness.WholeKey
    let whole: [(Whole, String, String)] = [
      (.error, "mpjpe", "MPJPE"), (.aligned, "pa_mpjpe", "PA-MPJPE"), (.vertices, "pve", "PVE"),
    ]
    for (key, name, title) in whole {
      add(.clean, name, "Whole picture", title) { $0.numbers(.clean, key.rawValue) }
    }
    if settings.objects {
      for (key, name, title) in whole {
        add(.objects, name, "Objects in front", title) { $0.numbers(.objects, key.rawValue) }
        add(.objects, "\(name)_rise", "Objects in front", "\(title), rise") {
          rise($0.numbers(.objects, key.rawValue), $0.numbers(.clean, key.rawValue))
        }
      }
      let title = "joints that they hide"
      add(.objects, "covered_mpjpe", "Objects in front", "MPJPE, \(title)") { $0.coveredError(.objects) }
      add(.objects, "covered_mpjpe_rise", "Objects in front", "MPJPE, \(title), rise") {
        rise($0.coveredError(.objects), $0.coveredError(.clean))
      }
    }
    func addPatch(_ section: RobustnessSection, _ heading: String, prefix: String = "", coarse: Bool) {
      typealias Key = Observation.Key
      let keys: [(Key, Whole, String, String)] = [
        (coarse ? .coarseMeanError : .meanError, .error, "mean_mpjpe", "MPJPE, mean over places"),
        (coarse ? .coarseWorst : .worst, .error, "worst_mpjpe", "MPJPE, worst place"),
        (coarse ? .coarseMeanAligned : .meanAligned, .aligned, "mean_pa_mpjpe", "PA-MPJPE, mean over places"),
        (coarse ? .coarseWorstAligned : .worstAligned, .aligned, "worst_pa_mpjpe", "PA-MPJPE, worst place"),
      ]
      for (key, clean, name, title) in keys {
        add(section, prefix + name, heading, title) { $0.numbers(section, key.rawValue) }
        add(section, "\(prefix)\(name)_rise", heading, "\(title), rise") {
          rise($0.numbers(section, key.rawValue), $0.numbers(.clean, clean.rawValue))
        }
      }
    }
    for patch in settings.patches where settings.fills.contains(.gray) {
      let section = RobustnessSection.patch(patch, .gray)
      addPatch(section, "Gray patch of \(patch)", coarse: false)
      if settings.fills.contains(.textured) {
        addPatch(section, "Gray patch of \(patch), coarse places", prefix: "coarse_", coarse: true)
      }
    }
    for patch in settings.patches where settings.fills.contains(.textured) {
      addPatch(
        .patch(patch, .textured), "Textured patch of \(patch), coarse places", prefix: "coarse_", coarse: true
      )
    }
    for patch in settings.patches where settings.fills.contains(.gray) {
      addObservations(.patch(patch, .gray), "gray patch of \(patch)", add)
    }
    return all
  }

  private typealias Adding = (
    RobustnessSection, String, String, String, Unit, @escaping @Sendable (Robustness) -> [Double]?
  ) -> Void

  private static func addObservations(_ section: RobustnessSection, _ patch: String, _ add: Adding) {
    func number(_ key: Observation.Key, _ index: Int) -> @Sendable (Robustness) -> [Double]? {
      { $0.numbers(section, key.rawValue, at: index) }
    }
    let regions: [(Observation.Region, String, String)] = [
      (.body, "on_body_rise", "patch on the body"), (.edge, "edge_rise", "patch over its edge"),
      (.background, "background_rise", "patch on the background"),
    ]
    for (region, name, title) in regions {
      add(
        section, name, "Rise by where the \(patch) is", title, .millimetres,
        number(.regionRise, region.rawValue))
    }
    add(
      section, "on_body_less_background", "Rise by where the \(patch) is", "body less background",
      .millimetres
    ) {
      rise(
        $0.numbers(section, Observation.Key.regionRise.rawValue, at: Observation.Region.body.rawValue),
        $0.numbers(section, Observation.Key.regionRise.rawValue, at: Observation.Region.background.rawValue))
    }
    let groups: [(Observation.Group, String, String)] = [
      (.visibleCovered, "visible_covered_rise", "visible joint, covered"),
      (.visibleElsewhere, "visible_elsewhere_rise", "visible joint, patch elsewhere"),
      (
        .visibleElsewhereOnBody, "visible_elsewhere_on_body_rise",
        "visible joint, patch elsewhere on the body"
      ),
      (.hiddenCovered, "hidden_covered_rise", "hidden joint, patch on its place"),
      (.hiddenElsewhere, "hidden_elsewhere_rise", "hidden joint, patch elsewhere"),
      (.hiddenElsewhereOnBody, "hidden_elsewhere_on_body_rise", "hidden joint, patch elsewhere on the body"),
    ]
    for (group, name, title) in groups {
      add(section, name, "Rise of a joint, \(patch)", title, .millimetres, number(.groupRise, group.rawValue))
    }
    add(
      section, "covered_visible_less_hidden", "Rise of a joint, \(patch)", "covered: visible less hidden",
      .millimetres
    ) {
      rise(
        $0.numbers(
          section, Observation.Key.groupRise.rawValue, at: Observation.Group.visibleCovered.rawValue),
        $0.numbers(section, Observation.Key.groupRise.rawValue, at: Observation.Group.hiddenCovered.rawValue))
    }
    let attention: [(Observation.Key, String, String, Unit)] = [
      (.attentionBefore, "attention_before", "share on the patch's place before it comes", .share),
      (.attentionAfter, "attention_after", "share on the patch", .share),
      (.spearman, "attention_rise_spearman", "attention and rise, Spearman", .correlation),
      (.pearson, "attention_rise_pearson", "attention and rise, Pearson", .correlation),
    ]
    for (key, name, title, unit) in attention {
      add(section, name, "Attention, \(patch)", title, unit) { $0.jointMeans(section, key) }
    }
  }

  private static func rise(_ numbers: [Double]?, _ clean: [Double]?) -> [Double]? {
    guard let numbers, let clean else { return nil }
    return zip(numbers, clean).map { $0 - $1 }
  }
}
