import Archives
import Foundation
import Models
import Pictures
import Tensors
import TestSupport
import Testing

/// The forms of files that say where people are.
@Suite("Files of people") struct PeopleFileTests {
  private static let picture = Picture(width: 200, height: 100, pixels: [UInt8](repeating: 0, count: 60_000))

  private func file(_ text: String, _ ending: String = "json") throws -> PeopleFile {
    try withTemporaryFolder { folder in
      let path = "\(folder)/people.\(ending)"
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      return try PeopleFile(contentsOf: path)
    }
  }

  private func choice(
    _ text: String, _ ending: String = "json", in name: String = "photos/a.jpg", person: Int? = nil
  ) throws -> PeopleFile.Choice {
    try file(text, ending).choice(in: Self.picture, named: name, number: person)
  }

  /// Five points around (50, 40) that span 20 pixels, three numbers each.
  private static let points = [(40, 40), (60, 40), (50, 30), (50, 50), (50, 40)]
  private static func flat(_ confidence: Double, dx: Int = 0) -> String {
    "[" + points.map { "\($0.0 + dx), \($0.1), \(confidence)" }.joined(separator: ", ") + "]"
  }

  struct Case: CustomTestStringConvertible, Sendable {
    let kind: String, text: String, box: Box
    var name = "photos/a.jpg", ending = "json"
    var testDescription: String { "\(kind): \(text.prefix(60))" }
  }

  private static let around = Box(x: 38, y: 28, width: 24, height: 24)
  private static let box = Box(x: 10, y: 20, width: 30, height: 40)

  static let cases = [
    Case(kind: "a box, as SPIN's demo has it", text: #"{"bbox": [10, 20, 30, 40]}"#, box: box),
    Case(
      kind: "OpenPose's JSON",
      text: #"{"version": 1.3, "people": [{"person_id": [-1], "pose_keypoints_2d": \#(flat(0.9))}]}"#,
      box: around),
    Case(kind: "OpenPose's JSON", text: #"{"people": [{"pose_keypoints": \#(flat(0.9))}]}"#, box: around),
    Case(
      kind: "OpenPose's JSON", text: #"{"version": 0.1, "people": [{"body_parts": \#(flat(0.9))}]}"#,
      box: around),
    Case(
      kind: "AlphaPose's JSON",
      text:
        #"{"b.jpg": {"people": [{"pose_keypoints_2d": \#(flat(0.9, dx: 9))}]}, "a.jpg": {"version": "AlphaPose v0.3", "people": [{"pose_keypoints_2d": \#(flat(0.9))}]}}"#,
      box: around),
    Case(
      kind: "AlphaPose's JSON",
      text: #"{"a.jpg": {"version": 0.1, "bodies": [{"joints": \#(flat(0.9))}]}}"#, box: around),
    // Scores of AlphaPose go beyond one; the second is not sure.
    Case(
      kind: "AlphaPose's JSON",
      text:
        #"[{"image_id": "a.jpg", "category_id": 1, "keypoints": \#(flat(0.9)), "score": 2.9, "box": [10, 20, 30, 40], "idx": [0]}, {"image_id": "a.jpg", "category_id": 1, "keypoints": \#(flat(0.9)), "score": 1.1, "box": [0, 0, 200, 100], "idx": [1]}]"#,
      box: box),
    Case(
      kind: "AlphaPose's JSON",
      text: #"[{"image_id": "a.jpg", "category_id": 1, "keypoints": \#(flat(0.9)), "score": 2.9}]"#,
      box: around),
    Case(
      kind: "COCO's results",
      text:
        #"[{"image_id": 397133, "category_id": 1, "bbox": [10, 20, 30, 40], "score": 0.9}, {"image_id": 397133, "category_id": 18, "bbox": [0, 0, 99, 99], "score": 0.99}, {"image_id": 7, "category_id": 1, "bbox": [1, 1, 5, 5], "score": 1}]"#,
      box: box, name: "val2017/000000397133.jpg"),
    Case(
      kind: "COCO's results",
      text:
        #"[{"image_id": "a", "category_id": 0, "bbox": [10, 20, 30, 40], "score": 0.9}, {"image_id": "b", "category_id": 0, "bbox": [1, 1, 5, 5], "score": 0.9}]"#,
      box: box),
    Case(
      kind: "COCO's annotations",
      text:
        #"{"images": [{"id": 3, "file_name": "a.jpg"}, {"id": 4, "file_name": "b.jpg"}], "categories": [{"id": 2, "name": "person"}, {"id": 1, "name": "dog"}], "annotations": [{"image_id": 3, "category_id": 2, "bbox": [10, 20, 30, 40], "iscrowd": 0}, {"image_id": 3, "category_id": 2, "bbox": [0, 0, 200, 100], "iscrowd": 1}, {"image_id": 3, "category_id": 1, "bbox": [0, 0, 99, 99], "iscrowd": 0}, {"image_id": 4, "category_id": 2, "bbox": [0, 0, 9, 9], "iscrowd": 0}]}"#,
      box: box),
    // HybrIK's, which keeps sequences apart: two pictures have one name.
    Case(
      kind: "COCO's annotations",
      text:
        #"{"images": [{"id": 3, "sequence": "s1", "file_name": "a.jpg"}, {"id": 4, "sequence": "s2", "file_name": "a.jpg"}], "annotations": [{"image_id": 4, "category_id": 1, "bbox": [10, 20, 30, 40]}, {"image_id": 3, "category_id": 1, "bbox": [0, 0, 9, 9]}]}"#,
      box: box, name: "imageFiles/s2/a.jpg"),
    Case(
      kind: "mmpose's JSON",
      text:
        #"[{"keypoints": [[1, 2], [3, 4]], "keypoint_scores": [0.5, 0.9], "bbox": [[10, 20, 40, 60]], "bbox_score": 0.93}]"#,
      box: box),
    Case(
      kind: "mmpose's JSON",
      text:
        #"{"meta_info": {}, "instance_info": [{"frame_id": 6, "instances": []}, {"frame_id": 7, "instances": [{"keypoints": [[1, 2]], "keypoint_scores": [0.5], "bbox": [[10, 20, 40, 60]], "bbox_score": 0.93}]}]}"#,
      box: box, name: "frames/frame_000007.png"),
    Case(
      kind: "mmpose's JSON",
      text:
        #"[{"keypoints": [[40, 40], [60, 40], [50, 30], [50, 50], [50, 40], [199, 99]], "keypoint_scores": [0.9, 0.9, 0.9, 0.9, 0.9, 0.1]}]"#,
      box: around),
    Case(
      kind: "mmdetection's JSON",
      text: #"{"labels": [56, 0], "scores": [0.99, 0.8], "bboxes": [[0, 0, 200, 100], [10, 20, 40, 60]]}"#,
      box: box),
    Case(
      kind: "Ultralytics' JSON",
      text:
        #"[{"name": "dog", "class": 16, "confidence": 0.9, "box": {"x1": 0, "y1": 0, "x2": 100, "y2": 90}}, {"name": "person", "class": 0, "confidence": 0.9, "box": {"x1": 10, "y1": 20, "x2": 40, "y2": 60}}]"#,
      box: box),
    Case(
      kind: "Ultralytics' JSON",
      text:
        #"[{"name": "person", "class": 0, "confidence": 0.9, "box": {"x1": 0.05, "y1": 0.2, "x2": 0.2, "y2": 0.6}}]"#,
      box: box),
    Case(
      kind: "LabelMe's JSON",
      text:
        #"{"version": "5.0", "imagePath": "..\\photos\\a.jpg", "shapes": [{"label": "dog", "points": [[0, 0], [99, 99]], "shape_type": "rectangle"}, {"label": "person", "points": [[40, 60], [10, 20]], "shape_type": "rectangle"}]}"#,
      box: box),
    // Points of easy_ViTPose are y, x.
    Case(
      kind: "ViTPose's JSON",
      text:
        #"{"skeleton": {"0": "nose"}, "keypoints": [{"0": [[40, 40, 0.9], [40, 60, 0.9], [30, 50, 0.9], [50, 50, 0.9], [40, 50, 0.9]]}]}"#,
      box: around),
    Case(kind: "labels of YOLO", text: "16 0.5 0.5 1 1\n0 0.125 0.4 0.15 0.4\n", box: box, ending: "txt"),
    Case(
      kind: "boxes by picture",
      text: #"{"a.jpg": [[10, 20, 40, 60, 0.9], [0, 0, 200, 100, 0.1]], "b.jpg": []}"#, box: box),
    Case(kind: "boxes by picture", text: "[[10, 20, 30, 40], [1, 1, 5, 5]]", box: box),
    Case(
      kind: "COCO's annotations",
      text:
        #"{"images": [{"id": "x1", "file_name": "a.jpg"}, {"id": "x2", "file_name": "b.jpg"}], "categories": [{"id": 0, "name": "human"}], "annotations": [{"image_id": "x1", "category_id": 0, "bbox": [10, 20, 30, 40], "iscrowd": false}, {"image_id": "x1", "category_id": 0, "bbox": [0, 0, 200, 100], "iscrowd": true}]}"#,
      box: box),
    Case(kind: "boxes by picture", text: "\u{FEFF}" + #"{"a.jpg": [10, 20, 30, 40]}"#, box: box),
    Case(kind: "labels of YOLO", text: "0\t0.125\t0.4\t0.15\t0.4\n", box: box, ending: "txt"),
    Case(kind: "boxes by picture", text: #"{"a.jpg": [10, 20, 30, 40], "b.jpg": [1, 1, 5, 5]}"#, box: box),
    Case(
      kind: "a box, as SPIN's demo has it",
      text: #"{"b.jpg": {"bbox": [1, 1, 5, 5]}, "photos/a.jpg": {"bbox_xyxy": [10, 20, 40, 60]}}"#, box: box),
  ]

  @Test("every form gives its box", arguments: cases) func forms(_ given: Case) throws {
    #expect(try file(given.text, given.ending).kind == given.kind)
    let box = try choice(given.text, given.ending, in: given.name).box
    for (a, b) in [
      (box.x, given.box.x), (box.y, given.box.y), (box.width, given.box.width),
      (box.height, given.box.height),
    ] {
      #expect(abs(a - b) < 1e-9, "\(box)")
    }
  }

  @Test("the largest of the sure people is taken, or the one that is asked for") func several() throws {
    let text =
      #"[{"bbox": [0, 0, 100, 100], "score": 0.1}, {"bbox": [1, 1, 10, 10], "score": 0.99}, {"bbox": [2, 2, 20, 20], "score": 0.9}]"#
    let largest = try choice(text)
    #expect(largest.box == Box(x: 2, y: 2, width: 20, height: 20))
    #expect(largest.guesses.count == 1 && largest.guesses[0].contains("3 people; person 3"))
    let first = try choice(text, person: 1)
    #expect(first.box == Box(x: 0, y: 0, width: 100, height: 100) && first.guesses.isEmpty)
    let none = #expect(throws: ArchiveError.self) { try choice(text, person: 4) }
    #expect(none?.message == "has no person 4; give 1 to 3")
    // What is outside the picture is small; scores may be below 0.
    let outside = #"[{"bbox": [900, 900, 900, 900], "score": 1}, {"bbox": [2, 2, 20, 20], "score": 0.9}]"#
    #expect(try choice(outside).box.x == 2)
    #expect(try choice(#"[{"bbox": [2, 2, 20, 20], "score": -1}]"#).box.x == 2)
    // Large and doubtful, as OpenPose's ghosts are.
    let doubtful = Self.points.map { "\(($0.0 - 50) * 4 + 80), \($0.1 * 2), 0.25" }.joined(separator: ", ")
    #expect(
      try choice(
        #"{"people": [{"pose_keypoints_2d": [\#(doubtful)]}, {"pose_keypoints_2d": \#(Self.flat(0.9))}]}"#
      ).box == Self.around)
    // Those whose points nobody is sure of have no box.
    let ghost =
      #"{"people": [{"pose_keypoints_2d": \#(Self.flat(0.1))}, {"pose_keypoints_2d": \#(Self.flat(0.9))}]}"#
    #expect(try choice(ghost).box == Self.around && choice(ghost, person: 2).box == Self.around)
    let unsure = #expect(throws: ArchiveError.self) { try choice(ghost, person: 1) }
    #expect(unsure?.message.contains("fewer than two points") == true)
  }

  @Test(
    "that nobody was found is said so",
    arguments: [
      "[]", #"{"version": 1.3, "people": []}"#, #"{"a.jpg": {"people": []}}"#,
      #"{"labels": [], "scores": [], "bboxes": []}"#,
      #"{"labels": [3], "scores": [1], "bboxes": [[1, 2, 3, 4]]}"#,
      #"{"images": [{"id": 1, "file_name": "a.jpg"}], "annotations": []}"#,
      #"[{"name": "dog", "class": 16, "confidence": 0.9, "box": {"x1": 0, "y1": 0, "x2": 9, "y2": 9}}]"#,
    ]) func nobody(_ text: String) throws
  {
    let found = try file(text)
    #expect(try found.count(in: "a.jpg") == 0)
    let error = #expect(throws: ArchiveError.self) {
      try found.choice(in: Self.picture, named: "photos/a.jpg")
    }
    #expect(error?.message.contains("nobody was found in the picture") == true)
  }

  @Test("pictures are told by their names, folders where these are needed") func names() throws {
    let results =
      #"[{"image_id": "x/1.jpg", "bbox": [1, 1, 5, 5]}, {"image_id": "y/1.jpg", "bbox": [2, 2, 5, 5]}]"#
    #expect(try choice(results, in: "data/y/1.jpg").box.x == 2)
    let unclear = #expect(throws: ArchiveError.self) { try choice(results, in: "1.jpg") }
    #expect(unclear?.message.contains("2 pictures called 1.jpg") == true)
    let other = #expect(throws: ArchiveError.self) { try choice(results, in: "2.jpg") }
    #expect(other?.message.contains("has no box of 2.jpg") == true)
    #expect(try file(results).count(in: "2.jpg") == 0 && file(results).count(in: "x/1.png") == 1)
    // A name says more than a number.
    let both =
      #"[{"image_id": 1, "file_name": "2.png", "bbox": [1, 1, 5, 5]}, {"image_id": 2, "file_name": "1.png", "bbox": [2, 2, 5, 5]}]"#
    #expect(try choice(both, in: "2.png").box.x == 1)
    let floats = #"[{"image_id": 1.0, "bbox": [1, 1, 5, 5]}, {"image_id": 2.0, "bbox": [2, 2, 5, 5]}]"#
    #expect(try choice(floats, in: "img_0002.png").box.x == 2)
    // One picture under another name is taken, and that is said.
    let one = try choice(#"[{"image_id": "old.jpg", "bbox": [1, 1, 5, 5]}]"#)
    #expect(one.guesses == ["its picture is called old.jpg, not a.jpg"])
    let alone = try file(#"[{"image_id": "old.jpg", "bbox": [1, 1, 5, 5]}]"#)
    #expect(try alone.count(in: "a.jpg") == 0 && alone.count(in: "old.jpg") == 1)
    #expect(throws: ArchiveError.self) {
      try alone.choice(in: Self.picture, named: "a.jpg", isOnly: false)
    }
    // Corners in COCO's place would reach beyond the picture.
    let corners = try choice(#"[{"image_id": "a.jpg", "bbox": [100, 40, 180, 90]}]"#)
    #expect(corners.guesses.count == 1 && corners.guesses[0].contains("bbox_xyxy"))
  }

  @Test(
    "what is of no form is refused in one line",
    arguments: [
      "{}", "3", "[1, 2]", #"{"bbox": [[1, 2, 3, 4], [5, 6, 7, 8]]}"#, #"{"bbox": [1, 2, 3]}"#,
      #"{"bbox": "x"}"#, #"[{"score": 1}]"#, "[[[[[]]]]]",
      #"{"a": {"b": {"c": {}}}}"#, "0 0.5 0.5", "hello", "",
    ]) func refused(_ text: String) throws
  {
    let error = #expect(throws: ArchiveError.self) { try file(text) }
    #expect(error?.description.contains("\n") == false)
  }

  @Test("a device is no such file, and one that cannot be read is neither missing nor damaged") func unread()
  {
    for (path, kind) in [
      ("/dev/null", .noInput), ("/nowhere.json", .noInput), ("/proc/self/mem", .io),
    ] as [(String, ArchiveError.Kind)] {
      let error = #expect(throws: ArchiveError.self) { try PeopleFile(contentsOf: path) }
      #expect(error?.kind == kind && error?.file == path)
    }
  }

  @Test("broken files give their error, or what is left of them") func broken() throws {
    var random = SeededGenerator(seed: 19)
    for given in Self.cases {
      let bytes = Array(given.text.utf8)
      for cut in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 12)) {
        _ = try? choice(String(decoding: bytes[..<cut], as: UTF8.self), given.ending, in: given.name)
      }
      for _ in 0..<20 {
        var changed = bytes
        changed[random.integer(below: bytes.count)] ^= UInt8(1 << random.integer(below: 7))
        let text = String(decoding: changed, as: UTF8.self)
        if let box = try? choice(text, given.ending, in: given.name).box {
          #expect(!box.x.isNaN && !box.width.isNaN, "\(text)")
        }
      }
    }
  }
}
