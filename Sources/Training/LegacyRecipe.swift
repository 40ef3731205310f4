public import Archives
import Foundation
internal import Networks
internal import Rendering

extension Recipe {
  /// The text that version 0.1.0 wrote for this recipe, keys sorted.
  ///
  /// Names the folders of an experiment's training runs and identifies checkpoints, so that those of version 0.1.0
  /// are found again.
  public var legacyJSON: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return (try? encoder.encode(Legacy(self))).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  /// The recipe as files have it, which say nothing of somebody's folders.
  var withoutFolders: Recipe {
    var recipe = self
    recipe.augmentation.occluders = OccluderLibrary.title(of: augmentation.occluders)
    return recipe
  }

  /// Whether a text of a file, of today or of version 0.1.0, is this recipe's; files used to have whole paths.
  func isWritten(as text: String?) -> Bool {
    [withoutFolders, self].contains { text == $0.json || text == $0.legacyJSON }
  }

  /// Rewrites the keys of version 0.1.0 to those of today; `json` may be part of a recipe.
  public static func modernised(_ json: JSONValue) -> JSONValue {
    guard case .object(var members) = json else { return json }
    if members["renderer"] == nil { members["renderer"] = members.removeValue(forKey: "studio") }
    if let settings = members["renderer"]?.object {
      members["renderer"] = .object(
        Dictionary(settings.map { (rendererKeys[$0.key] ?? $0.key, $0.value) }) { first, _ in first })
    }
    return .object(members)
  }

  /// Keys of the renderer's settings in version 0.1.0 and today.
  private static let rendererKeys = [
    "objectChance": "object_chance", "mostObjects": "max_objects",
    "otherInFrontChance": "other_in_front_chance", "otherBehindChance": "other_behind_chance",
    "truncationChance": "truncation_chance", "estrangementChance": "randomization_share",
    "recordedShare": "recorded_share",
  ]

  /// A recipe as version 0.1.0 wrote it; nothing is ever added.
  private struct Legacy: Encodable {
    let recipe: Recipe

    init(_ recipe: Recipe) { self.recipe = recipe }

    private enum Key: String, CodingKey {
      case architecture, goal, pictures, batch, shards, warmup, clip, strategy, losses, augmentation, studio,
        seed
      case learningRate = "learning_rate"
      case weightDecay = "weight_decay"
      case partShare = "part_share"
      case auxiliaryParts = "auxiliary_parts"
      case hidePartMaps = "hide_part_maps"
      case frozenBackbone = "freeze_backbone"
      case clips
    }

    func encode(to encoder: any Encoder) throws {
      var values = encoder.container(keyedBy: Key.self)
      try values.encode(recipe.architecture, forKey: .architecture)
      try values.encode(recipe.goal, forKey: .goal)
      try values.encode(recipe.pictures, forKey: .pictures)
      try values.encode(recipe.batch, forKey: .batch)
      try values.encode(recipe.shards, forKey: .shards)
      try values.encode(recipe.learningRate, forKey: .learningRate)
      try values.encode(recipe.warmup, forKey: .warmup)
      try values.encode(recipe.weightDecay, forKey: .weightDecay)
      try values.encode(recipe.clip, forKey: .clip)
      try values.encode(recipe.strategy, forKey: .strategy)
      try values.encode(recipe.partShare, forKey: .partShare)
      try values.encode(recipe.auxiliaryParts, forKey: .auxiliaryParts)
      try values.encode(recipe.losses, forKey: .losses)
      try values.encode(recipe.augmentation, forKey: .augmentation)
      try values.encode(recipe.hidePartMaps, forKey: .hidePartMaps)
      try values.encode(Studio(recipe.renderer), forKey: .studio)
      // Version 0.1.0 froze nothing and knew no clips, and its texts stay as they were.
      try values.encodeIfPresent(recipe.frozenBackbone, forKey: .frozenBackbone)
      try values.encodeIfPresent(recipe.clips, forKey: .clips)
      try values.encode(recipe.seed, forKey: .seed)
    }
  }

  /// The renderer's settings as version 0.1.0 wrote them.
  private struct Studio: Encodable {
    let objectChance: Float, mostObjects: Int, otherInFrontChance: Float, otherBehindChance: Float
    let headings: ClosedRange<Float>, truncationChance: Float, estrangementChance: Float
    let recordedShare: Float, fill: ClosedRange<Float>

    init(_ settings: Renderer.Settings) {
      (objectChance, mostObjects) = (settings.objectChance, settings.maxObjects)
      (otherInFrontChance, otherBehindChance) = (settings.otherInFrontChance, settings.otherBehindChance)
      (headings, truncationChance) = (settings.headings, settings.truncationChance)
      (estrangementChance, recordedShare) = (settings.randomizationShare, settings.recordedShare)
      fill = settings.fill
    }
  }
}
