public import Models
public import Records
public import Tensors

/// One network and one picture, for questions about single windows: what is predicted with any occluder at any place.
///
///     let probe = try OcclusionProbe(model, on: PictureSweep(input, truth: truth))
///     let answer = try probe.answer(x: 201.5, y: 88, under: Occlusion(size: 60, shape: .disc))
///     print(answer?.results.error.elements ?? [])
///
/// Numbers are those that a sweep with the occluder has at that window, up to rounding. The network looks at the
/// unoccluded image once. Where it has incremental inference, a question costs what its window changes and the plan of that
/// one window, a tenth of a millisecond: a plan of all windows of a size takes longer to make than it saves.
public struct OcclusionProbe: Sendable {
  /// Pictures that were prepared for an occlusion, of networks that prepare them for each: as many are kept.
  private static let keptPictures = 8
  /// The step of the first look's grid, in pixels of a box of 224.
  public static let coarseStride = 28

  /// What a network predicts at a window.
  public struct Answer: Sendable {
    /// The pixels of its frame that the occluder covers.
    public let window: Window
    /// The predictions, with their distances from the reference: results of one position.
    public let results: PositionResults
  }

  /// The network.
  public var model: any PoseModel { sweep.model }
  /// What it sees of the picture.
  public var frame: PictureFrame { sweep.prepared.frame }
  /// The sweep of the first look, by whole passes: it knows the reference.
  public let sweep: Sweep
  private let picture: PictureSweep
  private let probed: (any ProbedPicture)?
  private let prepared = RecentValues<Occlusion, any PreparedPicture>(limit: keptPictures)

  /// Lets a network look at a picture.
  ///
  /// - Parameters:
  ///   - picture: with the occluder and the joints of its options; positions are as far apart as `stride` at least.
  ///   - stride: pixels of a box of 224.
  /// - Throws: an error of the model, the picture or the ground truth.
  public init(
    _ model: any PoseModel, on picture: PictureSweep, stride: Int = OcclusionProbe.coarseStride
  ) throws {
    try picture.truth?.check(isOf: picture.input.source, in: picture.input.path)
    var coarse = picture
    coarse.options.tolerance = nil
    coarse.options.positions.stride = max(stride, picture.options.positions.stride)
    let prepared = try picture.input.prepared(for: model, occlusion: picture.options.occlusion)
    var positions = try? coarse.positions(in: prepared.frame, of: model)
    if positions == nil {
      // A small region may have a position of the sweep's own grid only.
      coarse.options.positions.stride = picture.options.positions.stride
      positions = try coarse.positions(in: prepared.frame, of: model)
    }
    self.picture = coarse
    sweep = try coarse.begun(model, prepared, positions!, isPlanned: false)
    probed = try prepared.probed()
    if probed == nil { _ = self.prepared.value(for: picture.options.occlusion) { prepared } }
  }

  /// What is predicted with the centre of an occluder at a place, pixels of the picture; nil where none of the occluder is
  /// in what the network sees.
  ///
  /// May be called from several threads at once.
  ///
  /// - Throws: an error of the model.
  public func answer(x: Double, y: Double, under occlusion: Occlusion) throws -> Answer? {
    let place = PositionRule(list: [[x, y]])
    guard let window = place.positions(of: occlusion, in: frame)?[0].window else { return nil }
    return Answer(window: window, results: try results(at: [window], under: occlusion))
  }

  /// The results of windows of the frame.
  private func results(at windows: [Window], under occlusion: Occlusion) throws -> PositionResults {
    if let probed { return try sweep.results(of: probed.predict(at: windows, under: occlusion)) }
    let prepared = try self.prepared.value(for: occlusion) {
      try picture.input.prepared(for: model, occlusion: occlusion)
    }
    return try sweep.results(of: prepared.predict(at: windows))
  }

  /// A first look at all of the picture: a record of few positions that is on no disk.
  ///
  /// - Returns: nil when the runner is cancelled.
  /// - Throws: an error of the model.
  public func firstLook(_ runner: Runner) throws -> SweepRecord? {
    let (positions, occlusion) = (sweep.positions, picture.options.occlusion)
    let chunks = stride(from: 0, to: positions.count, by: sweep.batch).map {
      $0..<min($0 + sweep.batch, positions.count)
    }
    let runner = runner.suited(to: model)
    let parts = try runner.map(chunks.count) { index in
      try results(at: chunks[index].map { positions[$0].window }, under: occlusion)
    }
    guard let parts else { return nil }
    let settings = try picture.settings(of: model, sweep)
    let (header, context) = try picture.known(of: model, sweep, settings, deviation: nil)
    return SweepRecord(
      settings: settings, notes: header.notes, positions: positions, skeleton: model.skeleton,
      measured: sweep.measured, results: PositionResults(stacking: parts), clean: try sweep.clean(),
      context: context)
  }

  /// The finished record of the picture's sweep in a folder; nil where there is none of the same settings.
  public func finishedRecord(of picture: PictureSweep, in folder: String) -> SweepRecord? {
    guard let settings = try? picture.settings(of: model, sweep),
      let record = try? SweepRecord(finished: picture.path(of: settings, in: folder)),
      record.settings.identity == settings.identity
    else { return nil }
    return record
  }
}
