public import Bodies
public import Models
public import Records
public import Tensors

/// An occluder slid over a picture, and what a network predicts with it at every position.
///
///     let sweep = try Sweep(model, over: prepared, positions: positions, batch: 16)
///     let clean = try sweep.clean()
///     let results = try sweep.results(at: Array(0..<positions.count))
///
/// How many windows are predicted together and on how many threads changes no result beyond the rounding of floats.
public struct Sweep: Sendable {
  /// The network.
  public let model: any PoseModel
  /// The picture as the network sees it, ready for the positions.
  public let prepared: any PreparedPicture
  /// The same, by whole passes.
  let unplanned: any PreparedPicture
  /// The positions of the occluder.
  public let positions: PositionGrid
  /// How many windows the network predicts at once.
  public let batch: Int
  /// The joints that errors are measured over.
  public let measured: Skeleton
  /// Where these joints should be, `[joints, 3]`, metres: those of the ground truth, or of the clean prediction.
  public let reference: Tensor
  /// What the network predicts on the unoccluded image, attention included.
  public let cleanPredictions: Predictions

  /// How long positions will take.
  public struct Forecast: Sendable {
    /// How many.
    public let positions: Int
    /// On all workers together.
    public let seconds: Double
  }

  /// A sweep of one network.
  ///
  /// - Parameters:
  ///   - prepared: the picture as the model has prepared it.
  ///   - truth: where the joints really are; without it distances are displacements from the clean prediction.
  ///   - joints: the joints that errors are measured over, taken from those of the ground truth; unless given, those of the
  ///     ground truth, or `common12` where the model lacks some of them; without ground truth those of the model.
  ///   - isPlanned: whether windows are predicted by incremental inference where the network has it; else by whole passes.
  /// - Throws: an error of the model, such as joints of the ground truth that it has no counterparts of; `ModelError` of the
  ///   kind `nobodyFound` when the model finds nobody in the unoccluded image.
  public init(
    _ model: any PoseModel, over prepared: any PreparedPicture, positions: PositionGrid, batch: Int = 16,
    truth: GroundTruth? = nil, joints: Skeleton? = nil, isPlanned: Bool = true
  ) throws {
    precondition(batch > 0, "a batch of \(batch)")
    (self.model, self.positions, self.batch) = (model, positions, batch)
    cleanPredictions = try prepared.predict(at: [nil], attention: true)
    guard !cleanPredictions.joints.elements.contains(where: \.isNaN) else {
      throw ModelError(
        .nobodyFound,
        "\(model.identity.label) finds nobody in the unoccluded picture, so there is nothing to compare with; give "
          + "another --box")
    }
    measured = joints ?? Self.measured(model, truth)
    reference =
      try truth?.joints(of: measured)
      ?? model.joints(measured, of: cleanPredictions).reshaped([measured.count, 3])
    unplanned = prepared
    self.prepared =
      isPlanned
      ? try prepared.planned(for: positions, batch: batch, attention: false)
      : BatchedPicture(prepared, batch: batch)
  }

  /// The joints that errors are measured over unless others are asked for: those of the ground truth or of the network; where
  /// the network lacks some of the truth's, those that bodies share.
  static func measured(_ model: any PoseModel, _ truth: GroundTruth?) -> Skeleton {
    guard let truth else { return model.skeleton }
    func lacksNone(_ wanted: Skeleton, _ own: Skeleton) -> Bool {
      SkeletonConversion(from: own, to: wanted).isComplete
    }
    // A body is posed and asked for its joints; whether it can is told later.
    if model.body != nil || lacksNone(truth.skeleton, model.skeleton) { return truth.skeleton }
    let shared = Skeleton.common12
    return lacksNone(shared, model.skeleton) && lacksNone(shared, truth.skeleton) ? shared : truth.skeleton
  }

  /// Predictions with their distances from the reference.
  public func results(of predictions: Predictions) throws -> PositionResults {
    let joints = try model.joints(measured, of: predictions)
    return PositionResults(
      predictions, errors: JointErrorTable(of: joints, from: reference, in: measured))
  }

  /// The results of the unoccluded image.
  public func clean() throws -> PositionResults { try results(of: cleanPredictions) }

  /// The results of positions, by their indices, on the calling thread.
  public func results(at indices: some Collection<Int>) throws -> PositionResults {
    try results(of: prepared.predict(at: indices.map { positions[$0].window }))
  }

  /// Times a batch of neighbouring positions on every worker, more than once: at first kernels are made.
  ///
  /// - Returns: nil where there is too little to do.
  func forecast(_ chunks: [Range<Int>], workers: Int) throws -> Forecast? {
    let count = chunks.reduce(0) { $0 + $1.count }
    guard count >= 20 * batch * workers else { return nil }
    func work(_ indices: some Sequence<Int>) -> Double {
      indices.reduce(0) { $0 + prepared.cost(of: positions[$1].window).share }
    }
    let chunk = chunks[chunks.count / 2]
    let middle = (chunk.lowerBound + chunk.upperBound - batch) / 2
    let first = max(chunk.lowerBound, middle)
    let tried = first..<min(chunk.upperBound, first + batch)
    func timeTrial() throws -> Double {
      let clock = ContinuousClock()
      let start = clock.now
      _ = try Runner(workers: workers).run(workers) { _ in
        _ = try results(at: tried)
        return 1
      }
      return (clock.now - start).seconds
    }
    let cold = try timeTrial()
    let warm = min(try timeTrial(), try timeTrial())
    let rate = work(tried) * Double(workers) / warm
    // What the first trial took longer went into kernels, which one of the workers makes for every class of shapes.
    let making = max(0, cold - warm) * Double(prepared.shapeClasses) / Double(workers)
    return Forecast(positions: count, seconds: work(chunks.joined()) / rate + making)
  }

  /// Positions cut into lists that are computed well together.
  func lists(of indices: [Int], workers: Int) -> [[Int]] {
    let classes = indices.map { prepared.cost(of: positions[$0].window).shapeClass }
    let ordered = indices.indices.sorted { (classes[$0], $0) < (classes[$1], $1) }.map { indices[$0] }
    // Several lists a worker, so that none waits long for another at the end.
    let share = (ordered.count + 4 * workers - 1) / (4 * workers)
    let length = max(batch, (share + batch - 1) / batch * batch)
    return stride(from: 0, to: ordered.count, by: length).map {
      Array(ordered[$0..<min($0 + length, ordered.count)])
    }
  }
}
