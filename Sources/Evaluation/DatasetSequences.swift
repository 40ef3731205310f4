import Archives
import Bodies
import Foundation

extension Dataset {
  /// Reads the sequence files of 3DPW, `*.pkl` in the order of their names.
  ///
  /// As SPIN's preprocessing (Kolotouros et al. 2019): every person in turn, frames whose camera is known, boxes 1.2
  /// times those of the 2D joints, orientations in the camera's axes. Pictures are
  /// `imageFiles/SEQUENCE/image_FRAME.jpg`.
  init(sequencesIn folder: String) throws {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder))?.filter {
      $0.hasSuffix(".pkl")
    }
    guard let files, !files.isEmpty else {
      throw EvaluationError(.noInput, folder, "contains no sequence files (*.pkl) of 3DPW")
    }
    var rows: [Row] = []
    for file in files.sorted() { try Self.append("\(folder)/\(file)", to: &rows) }
    (path, self.rows) = (folder, rows)
    namesGenders = rows.contains { $0.gender != nil }
  }

  private static func append(_ path: String, to rows: inout [Row]) throws {
    let archive = try Archive(contentsOf: path)
    let sequence =
      archive.metadata["sequence"] ?? URL(filePath: path).deletingPathExtension().lastPathComponent
    let cameras = try archive.doubles("cam_poses")
    let frames = cameras.count / 16
    func numbers(_ name: String, _ width: Int) throws -> [Double] {
      try Self.numbers(name, of: archive, frames, "frames", each: width)
    }
    var person = 0
    while archive.has("poses.\(person)") {
      let poses = try numbers("poses.\(person)", 72), points = try numbers("poses2d.\(person)", 54)
      let isKnown = try numbers("campose_valid.\(person)", 1)
      let betas = try archive.doubles("betas.\(person)").prefix(10).map { Float($0) }
      guard betas.count == 10 else {
        throw EvaluationError(.badData, path, "array betas.\(person) has fewer than ten numbers")
      }
      let gender = try archive.metadata["genders.\(person)"].flatMap {
        try Gender(spelled: $0, in: path, at: "person \(person)")
      }
      for frame in 0..<frames where isKnown[frame] > 0.5 {
        guard let box = box(of: points[frame * 54..<frame * 54 + 54]) else { continue }
        var pose = poses[frame * 72..<frame * 72 + 72].map { Float($0) }
        let camera = cameras[frame * 16..<frame * 16 + 12].map { Float($0) }
        let turned =
          Matrix3(
            Point(camera[0], camera[1], camera[2]), Point(camera[4], camera[5], camera[6]),
            Point(camera[8], camera[9], camera[10]))
          * Rotation.matrix(axisAngle: Point(pose[0], pose[1], pose[2]))
        let root = Rotation.axisAngle(of: turned)
        pose.replaceSubrange(0..<3, with: [root.x, root.y, root.z])
        guard (pose + betas).allSatisfy(\.isFinite) else {
          throw EvaluationError(
            .badData, path, "frame \(frame) of person \(person) contains values that are not finite")
        }
        let number = String(format: "%05d", frame)
        rows.append(
          Row(
            index: rows.count, image: "imageFiles/\(sequence)/image_\(number).jpg", centre: box.centre,
            side: box.side, pose: pose, betas: betas, gender: gender))
      }
      person += 1
    }
  }

  /// The box of the points `[3, 18]`, x, y and confidence, that were seen at all; nil if they span nothing.
  private static func box(of points: ArraySlice<Double>) -> (centre: SIMD2<Double>, side: Double)? {
    let first = points.startIndex
    let seen = (0..<18).filter { points[first + 36 + $0] > 0 }
      .map { SIMD2(points[first + $0], points[first + 18 + $0]) }
    guard let some = seen.first else { return nil }
    let low = seen.reduce(some, pointwiseMin)
    let high = seen.reduce(some, pointwiseMax)
    let side = 1.2 * (high - low).max()
    return side > 0 ? ((low + high) / 2, side) : nil
  }
}
