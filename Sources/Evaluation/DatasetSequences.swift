import Archives
import Bodies
import Foundation

/// The sequence files of 3DPW as downloaded (von Marcard and others, 2018).
///
/// As SPIN's preprocessing (Kolotouros et al. 2019): every person in turn, frames whose camera is known, boxes 1.2
/// times those of the 2D joints, orientations in the camera's axes. Pictures are
/// `imageFiles/SEQUENCE/image_FRAME.jpg`.
enum DatasetSequences {
  /// Whether a file is such a sequence.
  static func isSequence(_ archive: Archive) -> Bool {
    archive.has("cam_poses") && archive.has("poses.0") && !archive.has("imgname")
  }

  /// The sequences `*.pkl` of a folder, or of the folders in it, as `test`, `train` and `validation`, by name.
  static func dataset(inFolder folder: String, measured: Skeleton) throws -> Dataset {
    func entries(_ folder: String) throws(ArchiveError) -> [String] {
      try folderNames(ifThere: folder).map { "\(folder)/\($0)" }
    }
    func sequences(_ folder: String) throws(ArchiveError) -> [String] {
      try entries(folder).filter { $0.hasSuffix(".pkl") }
    }
    let own = try sequences(folder)
    // The folder that holds sequenceFiles is what people call the dataset.
    let files = own.isEmpty ? try entries(folder).flatMap(sequences) : own
    let inner = "\(folder)/sequenceFiles"
    if files.isEmpty, try isThere(inner) {
      return try dataset(inFolder: inner, measured: measured)
    }
    guard !files.isEmpty else {
      throw EvaluationError(
        .noInput, folder, "contains no sequence files (*.pkl) of 3DPW, nor do the folders in it")
    }
    return try dataset(files.map { try Archive(contentsOf: $0) }, at: folder, measured: measured)
  }

  /// The frames of sequences, one after the other.
  static func dataset(_ sequences: [Archive], at path: String, measured: Skeleton) throws -> Dataset {
    var frames = Frames()
    for sequence in sequences { try frames.append(sequence) }
    return Dataset(
      path: path, kind: "sequences of 3DPW", rows: frames.rows, invalid: frames.invalid, measured: measured,
      namesGenders: frames.rows.contains { $0.gender != nil }, guesses: [])
  }

  private struct Frames {
    var rows: [Dataset.Row] = []
    var invalid: [Dataset.InvalidRow] = []

    mutating func append(_ archive: Archive) throws {
      let path = archive.path
      let sequence =
        archive.metadata["sequence"] ?? URL(filePath: path).deletingPathExtension().lastPathComponent
      let cameras = try archive.doubles("cam_poses")
      let frames = cameras.count / 16
      func numbers(_ name: String, _ width: Int) throws -> [Double] {
        let numbers = try archive.doubles(name)
        guard numbers.count == frames * width else {
          throw EvaluationError(
            .badData, path,
            "array \(name) has shape \(try archive.shape(name)) instead of \(frames) frames of \(width)")
        }
        return numbers
      }
      var person = 0
      while archive.has("poses.\(person)") {
        let poses = try numbers("poses.\(person)", 3 * Joint.count)
        let points = try numbers("poses2d.\(person)", 54)
        let isKnown = try numbers("campose_valid.\(person)", 1)
        let betas = try archive.doubles("betas.\(person)").prefix(10).map { Float($0) }
        guard betas.count == 10 else {
          throw EvaluationError(.badData, path, "array betas.\(person) has fewer than ten numbers")
        }
        let words = archive.has("genders") ? try archive.words("genders") ?? [] : []
        let word = archive.metadata["genders.\(person)"] ?? (person < words.count ? words[person] : nil)
        let gender = try word.flatMap {
          try Dataset.Gender(spelled: $0, in: path, at: "person \(person)")
        }
        for frame in 0..<frames where isKnown[frame] > 0.5 {
          let seen = points[frame * 54..<frame * 54 + 54]
          guard let box = DatasetSequences.box(of: seen) else { continue }
          let pose = DatasetSequences.turned(
            poses[frame * 72..<frame * 72 + 72], by: cameras[frame * 16..<frame * 16 + 12])
          let image = "imageFiles/\(sequence)/image_\(String(format: "%05d", frame)).jpg"
          let index = rows.count + invalid.count
          func isSane(_ numbers: some Sequence<Float>, _ name: String) -> Bool {
            numbers.allSatisfy { abs(Double($0)) <= AnnotationFile.limit(of: name) }
          }
          if isSane(pose, "pose"), isSane(betas, "betas"), seen.allSatisfy({ abs($0) <= 1e6 }) {
            rows.append(
              Dataset.Row(
                index: index, image: image, centre: box.centre, side: box.side,
                truth: .body(pose: pose, betas: betas), gender: gender))
          } else {
            let problem = "frame \(frame) of person \(person) of \(sequence) is not finite, or absurd"
            invalid.append(.init(index: index, image: image, problem: problem))
          }
        }
        person += 1
      }
    }
  }

  /// A pose whose orientation is turned into a camera's axes.
  private static func turned(_ pose: ArraySlice<Double>, by camera: ArraySlice<Double>) -> [Float] {
    var pose = pose.map { Float($0) }
    let camera = camera.map { Float($0) }
    let turned =
      Matrix3(
        Point(camera[0], camera[1], camera[2]), Point(camera[4], camera[5], camera[6]),
        Point(camera[8], camera[9], camera[10]))
      * Rotation.matrix(axisAngle: Point(pose[0], pose[1], pose[2]))
    let root = Rotation.axisAngle(of: turned)
    pose.replaceSubrange(0..<3, with: [root.x, root.y, root.z])
    return pose
  }

  /// The box of the points `[3, 18]`, x, y and confidence, that were seen at all; nil if they span nothing.
  private static func box(of points: ArraySlice<Double>) -> (centre: SIMD2<Double>, side: Double)? {
    let first = points.startIndex
    // A point that is not finite is seen too: whoever asks names its frame.
    let seen = (0..<18).filter { !(points[first + 36 + $0] <= 0) }
      .map { SIMD2(points[first + $0], points[first + 18 + $0]) }
    guard let some = seen.first else { return nil }
    let low = seen.reduce(some, pointwiseMin)
    let high = seen.reduce(some, pointwiseMax)
    let side = 1.2 * (high - low).max()
    return side > 0 || !side.isFinite ? ((low + high) / 2, side) : nil
  }
}
