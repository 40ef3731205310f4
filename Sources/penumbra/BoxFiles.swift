import Foundation
import Pictures

/// What SPIN's demo reads a box from.
private struct SpinBox: Decodable {
  /// x, y, width, height in pixels of the picture.
  let bbox: [Double]
}

/// What OpenPose writes for a picture.
private struct OpenPoseFile: Decodable {
  struct Person: Decodable {
    /// x, y and confidence of every point, one after the other.
    let points: [Double]

    enum CodingKeys: String, CodingKey { case points = "pose_keypoints_2d" }
  }
  let people: [Person]
}

extension Box {
  /// The box in a file of SPIN's demo, `{"bbox": [x, y, w, h]}`.
  ///
  /// - Throws: a failure that names the file.
  init(spinFile path: String) throws {
    let numbers = try Self.decoded(SpinBox.self, path)?.bbox ?? []
    guard numbers.count == 4 else {
      throw Failure(.badData, "\(path): contains no \"bbox\" of four numbers x, y, w, h")
    }
    self.init(x: numbers[0], y: numbers[1], width: numbers[2], height: numbers[3])
  }

  /// The box around the first person of an OpenPose file, a fifth larger than the points'.
  ///
  /// SPIN, Kolotouros et al. 2019, demo.
  ///
  /// - Throws: a failure that names the file.
  init(openPoseFile path: String) throws {
    guard let numbers = try Self.decoded(OpenPoseFile.self, path)?.people.first?.points else {
      throw Failure(.badData, "\(path): contains no people with pose_keypoints_2d; is it a file of OpenPose?")
    }
    let points = stride(from: 0, to: numbers.count - 2, by: 3).filter { numbers[$0 + 2] > 0.2 }
      .map { SIMD2(numbers[$0], numbers[$0 + 1]) }
    guard points.count > 1 else {
      throw Failure(.badData, "\(path): contains fewer than two points of a confidence above 0.2")
    }
    let low = points.reduce(points[0], pointwiseMin)
    let high = points.reduce(points[0], pointwiseMax)
    let centre = points.reduce(.zero, +) / Double(points.count)
    let side = 1.2 * (high - low).max()
    self.init(x: centre.x - side / 2, y: centre.y - side / 2, width: side, height: side)
  }

  /// The content of a json file; nil if it is of another form.
  private static func decoded<Content: Decodable>(_ type: Content.Type, _ path: String) throws -> Content? {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw Failure(.noInput, "\(path): cannot be read; check the path")
    }
    return try? JSONDecoder().decode(type, from: data)
  }
}
