import Foundation
import Pictures

/// What SPIN's demo reads a box from.
private struct SpinBox: Decodable {
  /// x, y, width, height in pixels of the picture.
  let bbox: [Double]
}

/// One of the boxes in results of COCO's form, and of AlphaPose's.
private struct DetectedBox: Decodable {
  /// x, y, width, height in pixels of the picture.
  let box: [Double]
  /// How sure the detector is; one where the file does not say.
  let score: Double
  /// The picture's name or number, as text.
  let picture: String?

  enum CodingKeys: String, CodingKey { case bbox, box, score, image_id, image_name }

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    box =
      try values.decodeIfPresent([Double].self, forKey: .bbox)
      ?? values.decode([Double].self, forKey: .box)
    score = try values.decodeIfPresent(Double.self, forKey: .score) ?? 1
    picture =
      (try? values.decodeIfPresent(String.self, forKey: .image_id))
      ?? (try? values.decodeIfPresent(Int.self, forKey: .image_id)).map { "\($0)" }
      ?? (try? values.decodeIfPresent(String.self, forKey: .image_name))
  }
}

/// What OpenPose writes for a picture.
private struct OpenPoseFile: Decodable {
  struct Person: Decodable {
    /// x, y and confidence of every point, one after the other.
    let points: [Double]

    /// Files before version 1.2 have another key.
    enum CodingKeys: String, CodingKey { case pose_keypoints_2d, pose_keypoints }

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      points =
        try values.decodeIfPresent([Double].self, forKey: .pose_keypoints_2d)
        ?? values.decode([Double].self, forKey: .pose_keypoints)
    }

    /// The box around the points of a confidence above 0.2, a fifth larger than they; nil where fewer than two are.
    var box: Box? {
      let points = stride(from: 0, to: points.count - 2, by: 3).filter { self.points[$0 + 2] > 0.2 }
        .map { SIMD2(self.points[$0], self.points[$0 + 1]) }
      guard points.count > 1 else { return nil }
      let low = points.reduce(points[0], pointwiseMin)
      let high = points.reduce(points[0], pointwiseMax)
      let centre = points.reduce(.zero, +) / Double(points.count)
      let side = 1.2 * (high - low).max()
      return Box(x: centre.x - side / 2, y: centre.y - side / 2, width: side, height: side)
    }
  }
  let people: [Person]
}

extension Box {
  /// The box in a file of SPIN's demo, `{"bbox": [x, y, w, h]}`, or the surest box of a picture in a list of results.
  ///
  /// - Parameter picture: the picture's path; boxes of pictures of other names are passed over where any has its name.
  /// - Throws: a failure that names the file.
  init(boxFile path: String, picture: String) throws {
    if let found = try Self.decoded([DetectedBox].self, path) {
      let url = URL(filePath: picture)
      let names = [url.lastPathComponent, url.deletingPathExtension().lastPathComponent]
      let own = found.filter { box in
        guard let picture = box.picture else { return false }
        return names.contains(URL(filePath: picture).lastPathComponent)
          || Int(picture) != nil && Int(picture) == Int(names[1])
      }
      guard !found.isEmpty else {
        throw Failure(.badData, "\(path): contains no box; give the person's --box")
      }
      guard !own.isEmpty || Set(found.map(\.picture)).count == 1 else {
        throw Failure(.badData, "\(path): has no box of \(names[0]); its boxes are of other pictures")
      }
      guard let box = (own.isEmpty ? found : own).max(by: { $0.score < $1.score }), box.box.count == 4 else {
        throw Failure(.badData, "\(path): boxes are not four numbers x, y, w, h")
      }
      self.init(x: box.box[0], y: box.box[1], width: box.box[2], height: box.box[3])
      return
    }
    let numbers = try Self.decoded(SpinBox.self, path)?.bbox ?? []
    guard numbers.count == 4 else {
      throw Failure(.badData, "\(path): contains no \"bbox\" of four numbers x, y, w, h")
    }
    self.init(x: numbers[0], y: numbers[1], width: numbers[2], height: numbers[3])
  }

  /// The box around a person of an OpenPose file: the one that was asked for, else the largest whose points it is sure of.
  ///
  /// The box is that of SPIN's demo (Kolotouros et al. 2019): a fifth larger than the points'.
  ///
  /// - Parameter person: the number of the person, from 1, in the order of the file.
  /// - Throws: a failure that names the file.
  init(openPoseFile path: String, person: Int? = nil) throws {
    guard let people = try Self.decoded(OpenPoseFile.self, path)?.people else {
      throw Failure(.badData, "\(path): contains no people with pose_keypoints_2d; is it a file of OpenPose?")
    }
    guard !people.isEmpty else {
      throw Failure(.badData, "\(path): OpenPose found nobody in the picture; give the person's --box")
    }
    if let person {
      guard people.indices.contains(person - 1) else {
        throw Failure(.badData, "\(path): has no person \(person); give 1 to \(people.count)")
      }
      guard let box = people[person - 1].box else {
        throw Failure(
          .badData, "\(path): person \(person) has fewer than two points of a confidence above 0.2")
      }
      self = box
      return
    }
    guard let box = people.compactMap(\.box).max(by: { $0.width < $1.width }) else {
      throw Failure(.badData, "\(path): contains fewer than two points of a confidence above 0.2")
    }
    self = box
  }

  /// The content of a json file; nil if it is of another form.
  private static func decoded<Content: Decodable>(_ type: Content.Type, _ path: String) throws -> Content? {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw Failure(.noInput, "\(path): cannot be read; check the path")
    }
    return try? JSONDecoder().decode(type, from: data)
  }
}
