import Archives
import Foundation
import Pictures

/// Reads the forms that files of people have.
struct PeopleForms {
  private(set) var people: [PeopleFile.Person] = []
  private(set) var listed: Set<PeopleFile.Key> = []
  /// What the file was taken for; nil until something was recognised.
  private(set) var kind: String?

  private static let imageKeys = [
    "image_name", "image_id", "file_name", "img_name", "imgname", "image", "imagePath",
  ]
  private static let scoreKeys = ["score", "bbox_score", "confidence", "conf"]
  private static let boxKeys = ["bbox", "box", "bounding_box"]

  /// Takes up the people of a value, which may belong to a picture; false where it is of no known form.
  mutating func read(_ value: JSONValue, of picture: PeopleFile.Key?) -> Bool {
    switch value {
    case .array(let items): return read(items, of: picture)
    case .object(let object): return read(object, of: picture)
    default: return false
    }
  }

  private mutating func read(_ items: [JSONValue], of picture: PeopleFile.Key?) -> Bool {
    guard !items.isEmpty else {
      kind = kind ?? "an empty list"
      if let picture { listed.insert(picture) }
      return true
    }
    // One person's box, as values of a dictionary by pictures, or several.
    if let person = Self.plain(.array(items), of: picture) {
      kind = "boxes by picture"
      people.append(person)
      return true
    }
    var isKnown = false
    for item in items {
      guard let object = item.object else {
        guard let person = Self.plain(item, of: picture) else { continue }
        kind = kind ?? "boxes by picture"
        people.append(person)
        isKnown = true
        continue
      }
      if let instances = object["instances"] {
        // mmpose on a film.
        let frame = Self.whole(object["frame_id"]).map { PeopleFile.Key.frame($0) }
        isKnown = read(instances, of: frame ?? picture) || isKnown
      } else if let person = Self.person(object, of: picture) {
        kind = kind ?? Self.kind(of: object)
        if let person = person.isPerson { people.append(person) }
        isKnown = true
      }
    }
    return isKnown
  }

  private mutating func read(_ object: [String: JSONValue], of picture: PeopleFile.Key?) -> Bool {
    if let annotations = object["annotations"]?.array {
      readCOCO(annotations, object)
      return true
    }
    if let people = (object["people"] ?? object["bodies"])?.array {
      kind = object["people"] == nil || picture != nil ? "AlphaPose's JSON" : "OpenPose's JSON"
      if people.isEmpty, let picture { listed.insert(picture) }
      self.people += people.compactMap(\.object).map { Self.person($0, points: picture) }
      return true
    }
    if let instances = object["instance_info"] {
      kind = "mmpose's JSON"
      return read(instances, of: picture)
    }
    if let boxes = object["bboxes"]?.array {
      kind = "mmdetection's JSON"
      let scores = object["scores"]?.array ?? [], labels = object["labels"]?.array ?? []
      for (i, box) in boxes.enumerated() where i >= labels.count || labels[i].integer == 0 {
        people.append(
          .init(
            box: Self.numbers(value: box).flatMap { $0.count >= 4 ? Self.corners($0) : nil },
            score: i < scores.count ? scores[i].number : nil, picture: picture))
      }
      if boxes.isEmpty, let picture { listed.insert(picture) }
      return true
    }
    if let shapes = object["shapes"]?.array {
      readLabelMe(shapes, object["imagePath"]?.string)
      return true
    }
    if object["skeleton"] != nil, let frames = object["keypoints"]?.array {
      readViTPose(frames)
      return true
    }
    if let person = Self.person(object, of: picture) {
      kind = kind ?? Self.kind(of: object)
      if let person = person.isPerson { people.append(person) }
      return true
    }
    // A dictionary by pictures, as AlphaPose writes in OpenPose's form.
    guard picture == nil, !object.isEmpty, Self.boxKeys.allSatisfy({ object[$0] == nil }) else {
      return false
    }
    var isKnown = false
    for (name, value) in object.sorted(by: { $0.key < $1.key }) {
      isKnown = read(value, of: .name(name)) || isKnown
    }
    return isKnown
  }

  /// COCO's annotations: people of category 1, unless another is called person; no crowds.
  private mutating func readCOCO(_ annotations: [JSONValue], _ file: [String: JSONValue]) {
    kind = "COCO's annotations"
    func id(_ value: JSONValue?) -> String? { Self.whole(value).map { "\($0)" } ?? value?.string }
    var names: [String: String] = [:]
    for image in file["images"]?.array ?? [] {
      guard let id = id(image["id"]), let name = image["file_name"]?.string else { continue }
      // Some keep the folder of a sequence apart.
      names[id] = (image["sequence"]?.string).map { "\($0)/\(name)" } ?? name
      listed.insert(.name(names[id]!))
    }
    let words: Set = ["person", "people", "human", "pedestrian"]
    let categories = file["categories"]?.array ?? []
    let wanted = Set(
      categories.filter { words.contains($0["name"]?.string?.lowercased() ?? "") }.compactMap { id($0["id"]) }
    )
    for annotation in annotations {
      guard let object = annotation.object, annotation["iscrowd"]?.integer != 1,
        annotation["iscrowd"]?.bool != true, var found = Self.person(object, of: nil)?.person
      else { continue }
      if let category = id(annotation["category_id"]) {
        guard wanted.contains(category) || categories.isEmpty && category == "1" else { continue }
      }
      if let name = id(annotation["image_id"]).flatMap({ names[$0] }) { found.picture = .name(name) }
      people.append(found)
    }
  }

  private mutating func readLabelMe(_ shapes: [JSONValue], _ image: String?) {
    kind = "LabelMe's JSON"
    let key = image.map { PeopleFile.Key.name($0.replacing("\\", with: "/")) }
    if let key { listed.insert(key) }
    let boxes = shapes.filter { ($0["shape_type"]?.string ?? "rectangle") == "rectangle" }
    let named = boxes.filter { $0["label"]?.string?.lowercased().contains("person") == true }
    for shape in named.isEmpty ? boxes : named {
      let corners = (shape["points"]?.array ?? []).compactMap { Self.numbers(value: $0) }.flatMap(\.self)
      guard corners.count == 4 else { continue }
      people.append(.init(box: Self.corners(corners), picture: key))
    }
  }

  /// The JSON of easy_ViTPose: frame by frame people by number, their points y, x, score.
  private mutating func readViTPose(_ frames: [JSONValue]) {
    kind = "ViTPose's JSON"
    for (i, frame) in frames.enumerated() {
      let key = frames.count > 1 ? PeopleFile.Key.frame(i) : nil
      if let key { listed.insert(key) }
      for (_, points) in (frame.object ?? [:]).sorted(by: { $0.key < $1.key }) {
        let points = (points.array ?? []).compactMap { Self.numbers(value: $0) }.filter { $0.count == 3 }
        people.append(
          .init(box: Self.box(around: points.map { ($0[1], $0[0], $0[2]) }), picture: key))
      }
    }
  }

  /// Lines of `class cx cy w h …` in shares of the picture; nil where the text is something else.
  static func yoloLabels(_ data: Data) -> [PeopleFile.Person]? {
    guard data.count < 1 << 20, let text = String(data: data, encoding: .utf8) else { return nil }
    let lines = text.split(whereSeparator: \.isNewline)
    guard lines.contains(where: { !$0.allSatisfy(\.isWhitespace) }) else { return nil }
    var people: [PeopleFile.Person] = []
    for line in lines {
      let words = line.split(whereSeparator: \.isWhitespace), numbers = words.compactMap { Double($0) }
      guard numbers.count == words.count, numbers.count >= 5,
        numbers[1..<5].allSatisfy({ (-1...2).contains($0) })
      else { return nil }
      guard numbers[0] == 0 else { continue }
      let box = Box(
        x: numbers[1] - numbers[3] / 2, y: numbers[2] - numbers[4] / 2, width: numbers[3], height: numbers[4])
      people.append(.init(box: .shares(box), score: numbers.count == 6 ? numbers[5] : nil))
    }
    return people
  }

  // MARK: One person

  /// The confidence that points of a box are above, as in SPIN's demo.
  private static let sureness = 0.2

  /// A detection, and whether it is one of a person.
  private struct Detection {
    let person: PeopleFile.Person
    let category: Int?
    let name: String?

    /// Detectors number people 0 or, as COCO does, 1.
    var isPerson: PeopleFile.Person? {
      if let name { return name.lowercased() == "person" ? person : nil }
      return category.map { $0 == 0 || $0 == 1 } ?? true ? person : nil
    }
  }

  private static func person(_ object: [String: JSONValue], of picture: PeopleFile.Key?) -> Detection? {
    var person = PeopleFile.Person(picture: picture ?? key(of: object))
    person.score = scoreKeys.lazy.compactMap { object[$0] }.first.flatMap {
      $0.number ?? numbers(value: $0)?.first
    }
    let points = object["keypoints"].map { Self.points($0, scores: object["keypoint_scores"]) }
    if let corners = object["bbox_xyxy"].flatMap({ numbers(value: $0) }), corners.count >= 4 {
      person.box = Self.corners(corners)
    } else if let given = (["bbox_xywh"] + boxKeys).lazy.compactMap({ object[$0] }).first {
      guard let box = box(given, in: object, &person.score) else { return nil }
      person.box = box
    } else if let points {
      person.box = box(around: points)
    } else {
      return nil
    }
    let category = ["category_id", "class", "label"].lazy.compactMap { whole(object[$0]) }.first
    let name = ["name", "category", "class_name"].lazy.compactMap { object[$0]?.string }.first
    return Detection(
      person: person, category: category, name: category == nil || object["class"] != nil ? name : nil)
  }

  /// A person of OpenPose's form, whose keys changed with its versions.
  private static func person(
    _ object: [String: JSONValue], points picture: PeopleFile.Key?
  ) -> PeopleFile.Person {
    let keys = ["pose_keypoints_2d", "pose_keypoints", "body_parts", "joints", "keypoints"]
    guard let given = keys.lazy.compactMap({ object[$0] }).first else { return .init(picture: picture) }
    let points = points(given, scores: nil), sure = points.map(\.2).filter { $0 > sureness }
    return .init(
      box: box(around: points), score: sure.isEmpty ? nil : sure.reduce(0, +) / Double(sure.count),
      picture: picture)
  }

  private static func box(
    _ value: JSONValue, in object: [String: JSONValue], _ score: inout Double?
  ) -> PeopleFile.Place? {
    if let sides = value.object {
      func number(_ names: [String]) -> Double? { names.lazy.compactMap { sides[$0]?.number }.first }
      if let x1 = number(["x1", "xmin"]), let y1 = number(["y1", "ymin"]), let x2 = number(["x2", "xmax"]),
        let y2 = number(["y2", "ymax"])
      {
        return corners([x1, y1, x2, y2])
      }
      guard let x = number(["x", "left", "origin_x", "originX"]),
        let y = number(["y", "top", "origin_y", "originY"]),
        let width = number(["w", "width"]), let height = number(["h", "height"])
      else { return nil }
      return box([x, y, width, height])
    }
    guard let items = value.array else { return nil }
    // mmpose keeps a list of one box, two corners; detectors before it add the score to these.
    let isMMPose = object["bbox_score"] != nil || object["keypoint_scores"] != nil
    if let inner = items.first?.array {
      guard items.count == 1 || isMMPose, let numbers = numbers(value: .array(inner)), numbers.count >= 4
      else { return nil }
      return corners(numbers)
    }
    guard let numbers = numbers(value: value), numbers.count == 4 || numbers.count == 5 else { return nil }
    if numbers.count == 5 { score = score ?? numbers[4] }
    // detectron2 numbers its modes, 0 is two corners.
    let isCorners = numbers.count == 5 || object["bbox_mode"]?.integer == 0 || isMMPose
    return isCorners ? corners(numbers) : box(numbers)
  }

  /// Four numbers, x, y, width, height, or five, two corners and a score, that stand for a person.
  private static func plain(_ value: JSONValue, of picture: PeopleFile.Key?) -> PeopleFile.Person? {
    guard let numbers = numbers(value: value), numbers.count == 4 || numbers.count == 5 else { return nil }
    return numbers.count == 4
      ? .init(box: box(numbers), picture: picture)
      : .init(box: corners(numbers), score: numbers[4], picture: picture)
  }

  private static func box(_ numbers: [Double]) -> PeopleFile.Place {
    .pixels(Box(x: numbers[0], y: numbers[1], width: numbers[2], height: numbers[3]))
  }

  private static func corners(_ numbers: [Double]) -> PeopleFile.Place {
    let (x, y) = (min(numbers[0], numbers[2]), min(numbers[1], numbers[3]))
    let box = Box(x: x, y: y, width: abs(numbers[2] - numbers[0]), height: abs(numbers[3] - numbers[1]))
    // Ultralytics can write shares of the picture.
    return max(abs(numbers[2]), abs(numbers[3])) <= 1.5 ? .shares(box) : .pixels(box)
  }

  /// Points as x, y and confidence: three numbers each one after the other, or lists, scores apart.
  private static func points(_ value: JSONValue, scores: JSONValue?) -> [(Double, Double, Double)] {
    let scores = scores.flatMap { numbers(value: $0) }
    if let flat = numbers(value: value) {
      return stride(from: 0, to: flat.count - 2, by: 3).map { (flat[$0], flat[$0 + 1], flat[$0 + 2]) }
    }
    if let x = value["x"].flatMap({ numbers(value: $0) }), let y = value["y"].flatMap({ numbers(value: $0) })
    {
      let seen = value["visible"].flatMap { numbers(value: $0) }
      return zip(x, y).enumerated().map { i, point in
        (point.0, point.1, seen.flatMap { i < $0.count ? $0[i] : nil } ?? 1)
      }
    }
    return (value.array ?? []).enumerated().compactMap { i, point in
      guard let point = numbers(value: point), point.count >= 2 else { return nil }
      let score = point.count > 2 ? point[2] : scores.flatMap { i < $0.count ? $0[i] : nil }
      return (point[0], point[1], score ?? 1)
    }
  }

  /// The box around the points of a confidence above 0.2, a fifth larger than they; nil where fewer than two are.
  ///
  /// As SPIN's demo takes it (Kolotouros and others, 2019).
  private static func box(around points: [(Double, Double, Double)]) -> PeopleFile.Place? {
    let points = points.filter { $0.2 > sureness }.map { SIMD2($0.0, $0.1) }
    guard points.count > 1 else { return nil }
    let low = points.reduce(points[0], pointwiseMin)
    let high = points.reduce(points[0], pointwiseMax)
    let centre = points.reduce(.zero, +) / Double(points.count)
    let side = 1.2 * (high - low).max()
    return .pixels(Box(x: centre.x - side / 2, y: centre.y - side / 2, width: side, height: side))
  }

  private static func key(of object: [String: JSONValue]) -> PeopleFile.Key? {
    // A name says more than a number, which some count for themselves.
    if let name = imageKeys.lazy.compactMap({ object[$0]?.string }).first {
      return .name(name.replacing("\\", with: "/"))
    }
    if let number = imageKeys.lazy.compactMap({ whole(object[$0]) }).first { return .number(number) }
    return whole(object["frame_id"]).map { .frame($0) }
  }

  /// A whole number, also one that was written as 1.0.
  private static func whole(_ value: JSONValue?) -> Int? {
    value?.integer ?? value?.number.flatMap { Int(exactly: $0) }
  }

  private static func kind(of object: [String: JSONValue]) -> String {
    if object["bbox_score"] != nil || object["keypoint_scores"] != nil { return "mmpose's JSON" }
    if object["image_id"]?.string != nil, object["keypoints"] != nil { return "AlphaPose's JSON" }
    if object["box"]?.object != nil { return "Ultralytics' JSON" }
    if object["category_id"] != nil || object["image_id"] != nil { return "COCO's results" }
    return "a box, as SPIN's demo has it"
  }

  /// Finite numbers of a list; nil if anything else is in it.
  private static func numbers(value: JSONValue) -> [Double]? {
    guard let items = value.array else { return nil }
    let numbers = items.compactMap(\.number)
    return numbers.count == items.count && !numbers.isEmpty ? numbers : nil
  }
}
