import Archives
import Bodies
import Foundation
import Models
import Records
import TestSupport
import Testing

@Suite("Identity of records") struct IdentityTests {
  static func settings() -> RecordSettings {
    RecordSettings(
      model: ModelIdentity(label: "gap", name: "gap", fingerprint: "00f31ece2f416f19", kind: "pooled"),
      picture: SourceFile(name: "person-1.png", fingerprint: "2b86dbf7a97a525d"), box: [12.5, 3, 80, 96],
      crop: "spin", frame: PictureFrame(side: 96, x: 4, y: 3, width: 96, height: 96),
      body: SourceFile(name: "body.npz", fingerprint: "9ae4b5ff370ea01c"),
      truth: SourceFile(name: "person-1.json", fingerprint: "8f457cc3e606d18b"), skeleton: "smpl24",
      measured: "smpl24", occlusion: Occlusion(size: 40, fill: .value(0.25)), positions: PositionRule(),
      tolerance: 2, seed: 3)
  }

  /// What other settings may differ in, and the words that tell it.
  static let changes: [(words: String, change: @Sendable (inout RecordSettings) -> Void)] = [
    ("another picture (person-1.png)", { $0.picture.fingerprint = "x" }),
    ("a picture called other.png", { $0.picture.name = "other.png" }),
    ("another box", { $0.box = [12.5, 3, 80, 97] }), ("another box", { $0.box = nil }),
    ("the crop of pare", { $0.crop = "pare" }),
    (
      "another frame of the picture",
      { $0.frame = PictureFrame(side: 96, x: 4, y: 3, width: 96, height: 96, boxShare: 0.8) }
    ),
    ("another network (gap)", { $0.model.fingerprint = "x" }),
    ("a network called spin", { $0.model.label = "spin" }),
    ("a network called gap", { $0.model.name = "other.onnx" }),
    ("a network called gap", { $0.model.kind = "part attention" }),
    ("another body (body.npz)", { $0.body?.fingerprint = "x" }), ("no body", { $0.body = nil }),
    ("a body called SMPL.pkl", { $0.body?.name = "SMPL.pkl" }),
    ("another ground truth (person-1.json)", { $0.truth?.fingerprint = "x" }),
    ("no ground truth", { $0.truth = nil }),
    ("a ground truth called p.npz", { $0.truth?.name = "p.npz" }),
    ("the joints of coco17", { $0.skeleton = "coco17" }), ("no joints", { $0.skeleton = nil }),
    ("errors over the joints of h36m14", { $0.measured = "h36m14" }),
    ("the occlusion square41-0.25", { $0.occlusion.size = 41 }),
    ("the occlusion disc40-0.25", { $0.occlusion.shape = .disc }),
    ("the occlusion square40-black", { $0.occlusion.fill = .colour(red: 0, green: 0, blue: 0) }),
    ("stride 5, centred grid", { $0.positions.stride = 5 }),
    ("stride 4, corner grid", { $0.positions.kind = .corner }),
    ("stride 4, centred grid, a region", { $0.positions.region = [0, 0, 5, 5] }),
    ("a list of 1 positions", { $0.positions.list = [[1, 2]] }),
    ("a tolerance of 1.5 mm", { $0.tolerance = 1.5 }),
    ("every position, without a tolerance", { ($0.tolerance, $0.seed) = (nil, nil) }),
    ("seed 4", { $0.seed = 4 }),
  ]

  @Test("the identity is the SHA-256 of the settings' canonical JSON, the same for all releases")
  func stable() throws {
    let settings = Self.settings()
    let text =
      #"{"body":{"fingerprint":"9ae4b5ff370ea01c","name":"body.npz"},"box":[12.5,3,80,96],"crop":"spin","#
      + #""frame":{"box_share":1,"height":96,"side_px":96,"width":96,"x":4,"y":3},"measured":"smpl24","#
      + #""model":{"fingerprint":"00f31ece2f416f19","kind":"pooled","label":"gap","name":"gap"},"#
      + #""occlusion":{"fill":"0.25","shape":"square","size":40},"#
      + #""picture":{"fingerprint":"2b86dbf7a97a525d","name":"person-1.png"},"#
      + #""positions":{"kind":"centred","stride":4},"seed":3,"skeleton":"smpl24","tolerance_mm":2,"#
      + #""truth":{"fingerprint":"8f457cc3e606d18b","name":"person-1.json"}}"#
    #expect(try JSONValue(encoding: settings).canonicalText == text)
    #expect(settings.identity == Digest.sha256(text.utf8))
    #expect(settings.identity == "158dc742b5caad01d4e2712c69b1faa0a1f57526eca0bafb4aac74b89aabea56")
    // Whatever has read them.
    let again = try JSONDecoder().decode(RecordSettings.self, from: Data(text.utf8))
    #expect(again == settings && again.identity == settings.identity)
  }

  @Test("every setting makes another identity, and differences are named both ways") func distinct() {
    let settings = Self.settings()
    var identities: Set<String> = [settings.identity]
    #expect(settings.difference(to: settings) == nil)
    for (words, change) in Self.changes {
      var other = settings
      change(&other)
      #expect(identities.insert(other.identity).inserted, "\(words)")
      #expect(other.difference(to: settings) == words)
      #expect(settings.difference(to: other) != nil && settings.difference(to: other) != "other settings")
    }
  }

  @Test("the seed of a sweep of every position is no part of the settings") func seed() {
    var settings = Self.settings()
    (settings.tolerance, settings.seed) = (nil, nil)
    let drawn = RecordSettings(
      model: settings.model, picture: settings.picture, box: settings.box, crop: settings.crop,
      frame: settings.frame, body: settings.body, truth: settings.truth, skeleton: settings.skeleton,
      measured: settings.measured, occlusion: settings.occlusion, positions: settings.positions, seed: 8)
    #expect(drawn == settings && drawn.identity == settings.identity)
  }

  @Test("seeds up to the largest of the command line read back", arguments: [UInt64(Int64.max), 1 << 53, 0])
  func largeSeeds(seed: UInt64) throws {
    var settings = Self.settings()
    settings.seed = seed
    let again: RecordSettings = try JSONValue(encoding: settings).decoded()
    #expect(again == settings && again.identity == settings.identity)
  }

  @Test("reference and quantity follow from the ground truth") func reference() {
    var settings = Self.settings()
    #expect(settings.reference == .groundTruth && settings.quantity == "error")
    settings.truth = nil
    #expect(settings.reference == .cleanPrediction)
    #expect(settings.quantity == "displacement from the clean prediction")
  }
}
