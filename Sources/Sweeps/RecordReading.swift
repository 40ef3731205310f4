public import Archives
import Bodies
import Tensors

extension SweepRecord {
  /// Reads a record; places that are not measured yet hold what is not a number.
  ///
  /// - Throws: `ArchiveError` when there is none at the path, or a part of it is missing or damaged.
  public init(contentsOf path: String) throws(ArchiveError) {
    let group = try ZarrGroup(contentsOf: path)
    let info = try Info(ofRecord: group)
    let places = info.grid.places(of: info.occluder, on: info.side)
    func checked(_ tensor: Tensor, _ name: String, _ shape: [Int]) throws(ArchiveError) -> Tensor {
      guard tensor.shape == shape else {
        throw ArchiveError(
          .damaged, file: path, entry: name, "has shape \(tensor.shape), not \(shape) as the settings say")
      }
      return tensor
    }
    func array(_ name: String, _ shape: [Int]) throws(ArchiveError) -> Tensor {
      try checked(group.array(name).readAll(), name, shape)
    }
    func written(_ name: String, _ shape: [Int]) throws(ArchiveError) -> Tensor? {
      guard let tensor = try group.written(name) else { return nil }
      return try checked(tensor, name, shape)
    }
    let joints = info.jointSet.count
    let shapes = [[24, 3], [joints], [joints], [24, 3, 3], [10], [3]]
    var (swept, clean): ([Tensor], [Tensor]) = ([], [])
    for ((name, _), shape) in zip(RecordLayout.overPlaces, shapes) {
      swept.append(
        try array(name, [places.rows.count, places.columns.count] + shape).reshaped([places.count] + shape))
      clean.append(try array("clean_\(name)", shape).reshaped([1] + shape))
    }

    var parameters: (rotations: Tensor, betas: Tensor)?
    if let rotations = try written("truth_rotations", [24, 3, 3]),
      let betas = try written("truth_betas", [10])
    {
      parameters = (rotations, betas)
    }
    let picture = try group.array("picture").readAll()
    guard picture.shape.count == 3, picture.shape[0] == picture.shape[1], picture.shape[2] == 3 else {
      throw ArchiveError(.damaged, file: path, entry: "picture", "is not a square of three colours")
    }
    guard picture.count > 0, picture.elements.allSatisfy({ $0 >= 0 && $0 <= 255 }) else {
      throw ArchiveError(.damaged, file: path, entry: "picture", "holds other numbers than 0 to 255")
    }
    let attention = try group.written("attention_clean")
    if let attention {
      guard attention.shape.count == 3, attention.shape[2] == 24, attention.count > 0 else {
        throw ArchiveError(.damaged, file: path, entry: "attention_clean", "is not maps of 24 joints")
      }
    }
    let worst = try group.written("attention_worst")
    if let worst {
      // Patches that cannot lie apart have fewer worst places than three.
      let count = min(max(worst.shape.first ?? 0, 1), 3)
      _ = try checked(worst, "attention_worst", [count] + (attention?.shape ?? []))
    }
    self.init(
      info: info, measurements: RecordLayout.measurements(of: swept),
      clean: RecordLayout.measurements(of: clean),
      reference: info.truth == nil
        ? clean[0].reshaped([24, 3]) : try array("truth_joints", [joints, 3]),
      truthParameters: parameters, truthCamera: try written("truth_camera", [3]),
      bodyMask: try array("body_mask", [info.side, info.side]),
      picture: Pixels(side: picture.shape[0], bytes: picture.elements.map { UInt8($0) }),
      cleanAttention: attention, worstAttention: worst)
  }

  /// The names and shapes of the arrays of a record.
  public static func arrays(in path: String) throws(ArchiveError) -> [(name: String, shape: [Int])] {
    let group = try ZarrGroup(contentsOf: path)
    var arrays: [(name: String, shape: [Int])] = []
    for name in try group.arrayNames() { arrays.append((name, try group.array(name).shape)) }
    return arrays
  }

  /// The number of places that have been measured.
  ///
  /// Cameras are what is written last of a chunk.
  public var measuredPlaces: Int {
    measurements.camera.withElements { camera in (0..<places.count).count { !camera[$0 * 3].isNaN } }
  }
}
