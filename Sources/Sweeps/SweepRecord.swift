import Bodies
public import Tensors

/// All that one sweep of one network over one picture has found, as it lies on disk.
///
/// Lengths are metres in the camera's axes (x right, y down, z away), pixels those of the network's crop.
public struct SweepRecord: Sendable {
  /// What was swept, and how.
  public let info: Info
  /// What the network says with the patch at every place, rows · columns of them in row-major order.
  public let measurements: Measurements
  /// What it says to the whole picture: measurements of one place without a patch.
  public let clean: Measurements
  /// Where the joints really are, `[joints, 3]`; without truth, where the clean prediction has them.
  public let reference: Tensor
  /// The body of the truth, when the truth is told as one: rotations `[24, 3, 3]`, betas `[10]`.
  public let truthParameters: (rotations: Tensor, betas: Tensor)?
  /// The camera of the truth in this crop, `[3]`, when known.
  public let truthCamera: Tensor?
  /// Where the crop shows the body, `[side, side]`, 1 on it and 0 off it.
  public let bodyMask: Tensor
  /// The crop for looking at, finer than what the network sees where the picture allows.
  public let picture: Pixels
  /// The network's attention to the whole picture, `[rows, columns, 24]`, if it has any.
  public let cleanAttention: Tensor?
  /// Its attention at the ``worstPlaces``, `[3, rows, columns, 24]`; none until the sweep is finished.
  public let worstAttention: Tensor?

  /// A square picture of red, green and blue bytes.
  public struct Pixels: Sendable, Equatable {
    /// Width and height.
    public let side: Int
    /// `side · side · 3` bytes.
    public let bytes: [UInt8]

    /// A picture of `side · side · 3` bytes.
    public init(side: Int, bytes: [UInt8]) {
      precondition(bytes.count == side * side * 3, "\(bytes.count) bytes for a side of \(side)")
      self.side = side
      self.bytes = bytes
    }
  }

  /// The places of the patch.
  public var places: Places { info.grid.places(of: info.occluder, on: info.side) }

  /// Whether every place has been measured.
  public var isComplete: Bool { measuredPlaces == places.count }

  /// The mean over joints of the error at every place, `[rows, columns]`, metres.
  public var meanError: Tensor { Self.meanOverJoints(measurements.error, places) }

  /// The error of one joint at every place, `[rows, columns]`, metres.
  public func error(of joint: Int) -> Tensor {
    let (places, joints) = (places, info.jointSet.count)
    return measurements.error.withElements { error in
      Tensor(
        [places.rows.count, places.columns.count], (0..<places.count).map { error[$0 * joints + joint] })
    }
  }

  /// The indices of the places where the mean error is greatest, the worst first.
  ///
  /// Their patches do not overlap, so that they tell of different parts of the picture; there are fewer than
  /// `count` when the crop has no room for more.
  public func worstPlaces(_ count: Int = 3) -> [Int] { Self.worstPlaces(count, measurements, info) }

  static func worstPlaces(_ count: Int, _ measurements: Measurements, _ info: Info) -> [Int] {
    let places = info.grid.places(of: info.occluder, on: info.side)
    let error = meanOverJoints(measurements.error, places).elements
    let size = Float(info.occluder.size(on: info.side))
    var chosen: [Int] = []
    for index in error.indices.sorted(by: { (error[$0], $1) > (error[$1], $0) }) where chosen.count < count {
      let (y, x) = (places[index].y.centre, places[index].x.centre)
      let isApart = chosen.allSatisfy {
        max(abs(places[$0].y.centre - y), abs(places[$0].x.centre - x)) >= size
      }
      if isApart { chosen.append(index) }
    }
    return chosen
  }

  private static func meanOverJoints(_ error: Tensor, _ places: Places) -> Tensor {
    let joints = error.shape[1]
    return error.withElements { error in
      Tensor(
        [places.rows.count, places.columns.count],
        (0..<places.count).map { place in
          error[place * joints..<(place + 1) * joints].reduce(0, +) / Float(joints)
        })
    }
  }

  /// A record of its parts, as a sweep has put them together.
  public init(
    info: Info, measurements: Measurements, clean: Measurements, reference: Tensor,
    truthParameters: (rotations: Tensor, betas: Tensor)? = nil, truthCamera: Tensor? = nil, bodyMask: Tensor,
    picture: Pixels, cleanAttention: Tensor? = nil, worstAttention: Tensor? = nil
  ) {
    self.info = info
    self.measurements = measurements
    self.clean = clean
    self.reference = reference
    self.truthParameters = truthParameters
    self.truthCamera = truthCamera
    self.bodyMask = bodyMask
    self.picture = picture
    self.cleanAttention = cleanAttention
    self.worstAttention = worstAttention
  }
}
