import Archives
import Bodies
import Foundation
import Tensors

/// A file of arrays that lists people in pictures, one row a person, whatever project wrote it.
///
/// What an array means is told by its name, and where one name means several things, by the others beside it.
struct AnnotationFile {
  let archive: Archive
  let images: [String]
  private let kind: Kind
  /// What is wrong with a row, by its number.
  var problems: [Int: String] = [:]
  var guesses: [String] = []

  private enum Kind: String {
    case spin = "annotations of SPIN or PARE"
    case joints = "annotations of SPIN without poses"
    case hmr2 = "annotations of 4D-Humans"
    case vibe = "database of VIBE"
    case humanData = "HumanData of mmhuman3d"
  }

  var count: Int { images.count }

  /// Recognises an annotation file.
  ///
  /// - Throws: `ArchiveError` when it names no pictures.
  init(_ archive: Archive) throws {
    self.archive = archive
    let names = [
      "imgname", "img_name", "image_path", "image_name", "img_path", "img_paths", "image_paths", "imgnames",
    ]
    // The first name is the one that an error asks for.
    let given = try archive.strings(names.first(where: archive.has) ?? names[0])
    images = given.map { $0.contains("/") ? $0 : $0.replacing("\\", with: "/") }
    kind =
      if archive.has("bbox_xywh"), archive.has("image_path") {
        .humanData
      } else if archive.has("img_name"), archive.has("bbox") {
        .vibe
      } else if archive.has("body_pose") || archive.has("extra_keypoints_3d") {
        .hmr2
      } else if archive.has("S"), !Self.poseNames.contains(where: archive.has) {
        .joints
      } else {
        .spin
      }
  }

  // MARK: Arrays

  /// The numbers of an array, as many for each row.
  func numbers(_ name: String) throws -> (values: [Double], width: Int) {
    let values = try archive.doubles(name)
    guard count > 0, values.count % count == 0, values.count >= count else {
      throw EvaluationError(
        .badData, archive.path,
        "array \(name) has shape \(try archive.shape(name)) for \(count) pictures; give one entry for each")
    }
    return (values, values.count / count)
  }

  private func numbers(_ name: String, each width: Int) throws -> [Double] {
    let (values, found) = try numbers(name)
    guard found == width else { throw shapeError(name, "\(count) rows of \(width)") }
    return values
  }

  func shapeError(_ name: String, _ wanted: String) -> EvaluationError {
    let shape = (try? archive.shape(name)).map { "\($0)" } ?? "another"
    return EvaluationError(.badData, archive.path, "array \(name) has shape \(shape) instead of \(wanted)")
  }

  /// Whether rows are marked as having something; all are where nothing is said.
  private mutating func flags(_ names: [String]) throws -> [Bool]? {
    guard let name = names.first(where: archive.has) else { return nil }
    let numbers = try numbers(name, each: 1)
    check(name, numbers, 1) { _ in true }
    return numbers.map { $0 > 0.5 }
  }

  /// Notes rows whose numbers are not finite, where they are needed.
  private mutating func check(_ name: String, _ values: [Double], _ width: Int, _ isNeeded: (Int) -> Bool) {
    for row in 0..<count where problems[row] == nil && isNeeded(row) {
      let numbers = values[row * width..<(row + 1) * width]
      if !numbers.allSatisfy({ Float($0).isFinite }) {
        problems[row] = "array \(name) is not finite there"
      } else if numbers.contains(where: { abs($0) > Self.limit(of: name) }) {
        problems[row] = "array \(name) has absurd numbers there"
      }
    }
  }

  /// What no sound number is beyond: shape coefficients are standard deviations, angles radians.
  static func limit(of name: String) -> Double {
    name.hasSuffix("shape") || name.hasSuffix("betas") ? 100 : name.hasSuffix("pose") ? 1000 : 1e6
  }

  // MARK: The parts of a row

  /// The boxes that networks crop by: their middles and sides.
  private mutating func boxes() throws -> [(centre: SIMD2<Double>, side: Double)] {
    let boxes = try givenBoxes()
    for (row, box) in boxes.enumerated() where problems[row] == nil {
      if !box.centre.x.isFinite || !box.centre.y.isFinite || !box.side.isFinite {
        problems[row] = "its box is not finite"
      } else if box.side <= 0 {
        problems[row] = "its box is empty"
      }
    }
    return boxes
  }

  private mutating func givenBoxes() throws -> [(centre: SIMD2<Double>, side: Double)] {
    func cornered(_ name: String, _ size: (ArraySlice<Double>) -> SIMD2<Double>) throws
      -> [(centre: SIMD2<Double>, side: Double)]
    {
      let (values, width) = try numbers(name)
      guard width == 4 || width == 5 else { throw shapeError(name, "\(count) rows of four") }
      return (0..<count).map { row in
        let box = values[row * width..<(row + 1) * width]
        let (corner, size) = (SIMD2(box[box.startIndex], box[box.startIndex + 1]), size(box))
        return (corner + size / 2, size.max())
      }
    }
    func last(_ box: ArraySlice<Double>) -> SIMD2<Double> {
      SIMD2(box[box.startIndex + 2], box[box.startIndex + 3])
    }
    if kind == .vibe {
      // Middle, width and height; VIBE crops 1.2 times the width (Kocabas et al. 2020).
      let values = try numbers("bbox", each: 4)
      return (0..<count).map { (SIMD2(values[4 * $0], values[4 * $0 + 1]), 1.2 * values[4 * $0 + 2]) }
    }
    if !archive.has("center") {
      if archive.has("bbox_xywh") { return try cornered("bbox_xywh", last) }
      if archive.has("bbox_xyxy") {
        return try cornered("bbox_xyxy") { last($0) - SIMD2($0[$0.startIndex], $0[$0.startIndex + 1]) }
      }
    }
    let plural = archive.has("centers") ? "s" : ""
    let names = (centre: "center" + plural, scale: "scale" + plural)
    let centre = try numbers(names.centre, each: 2)
    let (scale, width) = try numbers(names.scale)
    guard width <= 2 else { throw shapeError(names.scale, "\(count) numbers, or pairs") }
    var sides = (0..<count).map { scale[$0 * width..<($0 + 1) * width].max()! }
    // SPIN counts in 200 pixels, 4D-Humans in pixels: nobody is 4,000 pixels or two pixels large.
    if median(sides) > 20 {
      guesses.append("\(names.scale) is taken as pixels, as 4D-Humans has it")
    } else {
      sides = sides.map { 200 * $0 }
    }
    return (0..<count).map { (SIMD2(centre[2 * $0], centre[2 * $0 + 1]), sides[$0]) }
  }

  func median(_ values: [Double]) -> Double {
    let finite = values.filter(\.isFinite).sorted()
    return finite.isEmpty ? 0 : finite[finite.count / 2]
  }

  // Some files hold poses turned into the camera's axes beside the original ones.
  private static let poseNames = [
    "pose_0yaw_inverseyz", "pose_cam", "pose", "poses", "body_pose", "smpl.body_pose", "thetas",
  ]
  private static let orientationNames = ["global_orient", "smpl.global_orient"]
  private static let shapeNames = ["shape", "betas", "smpl.betas"]

  /// SMPL's pose of every row, 72 numbers each; nil where the file has none.
  private mutating func poses(_ isNeeded: (Int) -> Bool) throws -> [Float]? {
    guard let name = Self.poseNames.first(where: archive.has) else { return nil }
    var (values, width) = try numbers(name)
    let bodyWidth = 3 * (Joint.count - 1)
    if width == bodyWidth || width == 3 * bodyWidth,
      let root = Self.orientationNames.first(where: archive.has)
    {
      let (orientations, own) = try numbers(root)
      guard own * (Joint.count - 1) == width else { throw shapeError(root, "one rotation a row, as \(name)") }
      var whole: [Double] = []
      for row in 0..<count {
        whole += orientations[row * own..<(row + 1) * own]
        whole += values[row * width..<(row + 1) * width]
      }
      (values, width) = (whole, width + own)
    }
    switch width {
    case 3 * Joint.count:
      check(name, values, width, isNeeded)
      return values.map { Float($0) }
    case 9 * Joint.count:
      check(name, values, width, isNeeded)
      return Rotation.poses(
        rotations: Tensor([count, Joint.count, 3, 3], values.map { Float($0) })
      ).elements
    default:
      let wanted = "\(count) rows of \(3 * Joint.count), SMPL's pose"
      let isOther = width > 3 * Joint.count || [63, 66].contains(width)
      throw shapeError(
        name, wanted + (isOther ? "; bodies of SMPL-X and SMPL+H are not read, convert them to SMPL" : ""))
    }
  }

  /// The first ten shape parameters of every row.
  private mutating func shapes(_ isNeeded: (Int) -> Bool) throws -> [Float] {
    let name = Self.shapeNames.first(where: archive.has) ?? Self.shapeNames[0]
    let (values, width) = try numbers(name)
    guard width >= BodyModel.shapeCount else {
      throw shapeError(name, "\(count) rows of \(BodyModel.shapeCount)")
    }
    if width > BodyModel.shapeCount {
      guesses.append("of \(width) numbers of \(name) the first \(BodyModel.shapeCount) are taken")
    }
    let first = (0..<count).flatMap { values[$0 * width..<$0 * width + BodyModel.shapeCount] }
    check(name, first, BodyModel.shapeCount, isNeeded)
    return first.map { Float($0) }
  }

  // MARK: All of it

  /// The dataset that the file lists.
  ///
  /// - Throws: `ArchiveError` when an array is missing or damaged; `EvaluationError` when arrays disagree.
  func dataset(joints: Skeleton?) throws -> Dataset {
    var file = self
    return try file.read(joints)
  }

  private mutating func read(_ joints: Skeleton?) throws -> Dataset {
    guard count > 0 else { throw EvaluationError(.badData, archive.path, "lists no pictures") }
    let isValid = try flags(["valid", "valid_i"])
    var hasBody = try flags(["has_smpl", "has_body_pose"])
    let boxes = try boxes()
    let bodies = isValid.map { valid in hasBody.map { zip($0, valid).map { $0 && $1 } } ?? valid } ?? hasBody
    let annotated = try annotatedJoints()
    let hasBodies = bodies?.contains(true) ?? true
    let poses = hasBodies ? try poses { bodies?[$0] ?? true } : nil
    guard poses != nil || annotated != nil else {
      let isOther = archive.names.contains { $0.hasPrefix("smplx") }
      throw EvaluationError(
        .badData, archive.path,
        "contains no ground truth: neither SMPL's poses (\(Self.poseNames[2])) nor joints (S)"
          + (isOther ? "; bodies of SMPL-X are not read, convert them to SMPL" : ""))
    }
    if let poses, annotated != nil {
      // Some write zeros where there is no body.
      let width = 3 * Joint.count
      let isZero = (0..<count).map { row in poses[row * width..<(row + 1) * width].allSatisfy { $0 == 0 } }
      let given = hasBody ?? isZero.map { _ in true }
      let zeros = zip(given, isZero).count { $0 && $1 }
      if zeros > 0 {
        guesses.append("poses of zeros are taken as none, beside 3D joints: \(zeros) rows")
        hasBody = zip(given, isZero).map { $0 && !$1 }
      }
    }
    let betas = try poses.map { _ in try shapes { bodies?[$0] ?? true } }
    let measured = joints ?? protocolOfPictures(hasPoses: poses != nil && hasBody?.contains(true) ?? true)
    let hasPose = poses != nil
    let places = annotated.map {
      placed($0, measured) { row in !(hasPose && hasBody?[row] ?? true) && isValid?[row] ?? true }
    }
    let genders = try genders()

    var rows: [Dataset.Row] = []
    var (unmarked, truthless) = (0, 0)
    for row in 0..<count {
      guard isValid?[row] ?? true else {
        unmarked += 1
        problems[row] = nil
        continue
      }
      guard problems[row] == nil else { continue }
      let truth: Dataset.Truth
      if let poses, let betas, hasBody?[row] ?? true {
        let (p, s) = (3 * Joint.count, BodyModel.shapeCount)
        truth = .body(
          pose: Array(poses[row * p..<(row + 1) * p]), betas: Array(betas[row * s..<(row + 1) * s]))
      } else if let place = places?[row] {
        truth = .joints(place)
      } else {
        truthless += 1
        continue
      }
      rows.append(
        Dataset.Row(
          index: row, image: images[row], centre: boxes[row].centre, side: boxes[row].side, truth: truth,
          gender: genders?[row]))
    }
    if unmarked > 0 { guesses.append("rows marked as not valid are left out: \(unmarked)") }
    if truthless > 0 { guesses.append("rows without pose and 3D joints are left out: \(truthless)") }
    return Dataset(
      path: archive.path, kind: kind.rawValue, rows: rows,
      invalid: problems.sorted { $0.key < $1.key }.map {
        Dataset.InvalidRow(index: $0.key, image: images[$0.key], problem: $0.value)
      }, measured: measured, namesGenders: genders != nil, guesses: guesses)
  }

  /// The gender of every row; nil where the file has none, or numbers, whose meaning differs from project to project.
  private func genders() throws -> [Dataset.Gender?]? {
    guard let name = ["gender", "genders", "meta.gender"].first(where: archive.has),
      let words = try archive.words(name)
    else { return nil }
    guard words.count == count else {
      throw EvaluationError(
        .badData, archive.path, "array \(name) has \(words.count) entries for \(count) rows")
    }
    return try words.enumerated().map { try .init(spelled: $1, in: archive.path, at: "row \($0)") }
  }
}

extension Archive {
  /// The texts of an array; nil where it holds something else.
  ///
  /// - Throws: `ArchiveError` when it is damaged: whose gender is lost would be measured with another body.
  func words(_ name: String) throws(ArchiveError) -> [String]? {
    do { return try strings(name) } catch {
      guard error.kind == .missingArray || error.kind == .unsupported else { throw error }
      return nil
    }
  }
}
