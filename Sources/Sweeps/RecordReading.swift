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
    func array(_ name: String, _ shape: [Int]) throws(ArchiveError) -> Tensor {
      let tensor = try group.array(name).readAll()
      guard tensor.shape == shape else {
        throw ArchiveError(
          .damaged, file: path, entry: name, "has shape \(tensor.shape), not \(shape) as the settings say")
      }
      return tensor
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
    if let rotations = try group.written("truth_rotations"), let betas = try group.written("truth_betas") {
      parameters = (rotations, betas)
    }
    let picture = try group.array("picture").readAll()
    guard picture.shape.count == 3, picture.shape[0] == picture.shape[1], picture.shape[2] == 3 else {
      throw ArchiveError(.damaged, file: path, entry: "picture", "is not a square of three colours")
    }
    self.init(
      info: info, measurements: RecordLayout.measurements(of: swept),
      clean: RecordLayout.measurements(of: clean),
      reference: info.truth == nil
        ? clean[0].reshaped([24, 3]) : try array("truth_joints", [joints, 3]),
      truthParameters: parameters, truthCamera: try group.written("truth_camera"),
      bodyMask: try array("body_mask", [info.side, info.side]),
      picture: Pixels(side: picture.shape[0], bytes: picture.elements.map { UInt8($0) }),
      cleanAttention: try group.written("attention_clean"),
      worstAttention: try group.written("attention_worst"))
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
