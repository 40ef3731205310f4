import Archives
public import Bodies
import Foundation
public import Models
import Pictures
public import Records
import Tensors

/// How pictures are swept: what hides which part of them, and by which means.
public struct SweepOptions: Sendable {
  /// What hides part of the picture.
  public var occlusion = Occlusion()
  /// Where it goes.
  public var positions = PositionRule()
  /// Whether it goes only where it touches the person: the box that is given, or the ground truth's body.
  public var isOnPerson = false
  /// How many windows are predicted together; as many as the memory allows unless given.
  public var batch: Int?
  /// What the program may take, megabytes of 10^6 bytes.
  public var memory = 2000.0
  /// How many threads work.
  public var workers = Workers.available
  /// The seed that was given; it draws where an adaptive sweep checks itself.
  public var seed: UInt64 = 0
  /// The joints that errors are measured over; those of the ground truth or, without one, of the network unless given.
  public var joints: Skeleton?
  /// How far interpolated errors may be off on average, millimetres; every position is computed unless given.
  public var tolerance: Double?
  /// Which share of the positions is computed, where other processes compute the rest; all unless given.
  public var shard: Shard?
  /// The command line, to be noted in records; none of a program that calls the library.
  public var command: String?
  /// The network's place among those of the command, to be noted in records.
  public var order: Int?

  /// A gray square of 40 on every fourth pixel.
  public init() {}
}

/// A ground-truth file that has been read.
public struct LoadedGroundTruth: Sendable {
  /// What it contains.
  public let truth: GroundTruth
  /// The file.
  public let source: SourceFile
  /// Where it is, for errors.
  public let path: String
  /// The fingerprint of the picture that it belongs to, if it names one.
  public let picture: String?
  /// What in the file was taken for what, where that was a guess.
  public let notes: [String]

  /// A ground truth of a source.
  public init(truth: GroundTruth, source: SourceFile) {
    (self.truth, self.source, path, picture, notes) = (truth, source, source.name, nil, [])
  }

  /// Reads a ground truth; the body poses it where it is given as a pose.
  ///
  /// - Throws: `RecordError` when the file cannot be read or makes no sense.
  public init(contentsOf path: String, body: BodyModel?) throws {
    var file = try GroundTruthFile(contentsOf: path)
    truth = try GroundTruth(file, from: path, body: body)
    (self.path, picture, notes) = (path, file.picture_fingerprint, file.notes)
    // Of what is measured against, whether or not the file names its picture.
    file.picture_fingerprint = nil
    var fingerprint = Fingerprint()
    fingerprint.add(try file.json())
    // Another file of the same name may order joints otherwise.
    if !Skeleton.all.contains(truth.skeleton) {
      fingerprint.add(Data(try JSONValue(encoding: truth.skeleton).canonicalText.utf8))
    }
    source = SourceFile(name: URL(filePath: path).lastPathComponent, fingerprint: fingerprint.text)
  }

  /// Refuses to go with another picture than the one that the file names.
  ///
  /// - Throws: `RecordError` that names the ground truth and `file`, the picture or its record.
  public func check(isOf picture: SourceFile, in file: String) throws(RecordError) {
    guard let named = self.picture, named != picture.fingerprint else { return }
    throw RecordError(
      .badData, path,
      "is the ground truth of another picture than \(file); give its own, or take picture_fingerprint out of the file"
    )
  }
}

/// One picture, swept by any number of networks in the same way.
public struct PictureSweep: Sendable {
  /// The picture.
  public let input: PictureInput
  /// Where the joints really are, if that is known.
  public let truth: LoadedGroundTruth?
  /// The body of the ground truth; needed only to say what of it the picture shows.
  public let body: BodyModel?
  /// How it is swept.
  public var options: SweepOptions

  /// A sweep of a picture.
  public init(
    _ input: PictureInput, truth: LoadedGroundTruth? = nil, body: BodyModel? = nil,
    options: SweepOptions = SweepOptions()
  ) {
    (self.input, self.truth, self.body, self.options) = (input, truth, body, options)
  }

  /// The path of a network's record: picture, network and what differs in the settings, so that records of several settings
  /// are side by side.
  public func path(of settings: RecordSettings, in folder: String) -> String {
    "\(folder)/\(input.stem).\(settings.model.label).\(settings.fileNamePart).zarr"
  }

  /// Begins or takes up the record of a network in a folder.
  ///
  /// - Throws: an error of the model or the picture; `ArchiveError` when the record cannot be created.
  public func recorder(for model: any PoseModel, in folder: String) throws -> (path: String, SweepRecorder) {
    try truth?.check(isOf: input.source, in: input.path)
    let model = model.forOneSweep
    let prepared = try input.prepared(for: model, occlusion: options.occlusion)
    let sweep = try begun(model, prepared, try positions(in: prepared.frame, of: model))
    var settings = try settings(of: model, sweep)
    let path = path(of: settings, in: folder)
    settings.picture.name = try name(of: settings.picture, at: path)
    let (header, context) = try known(of: model, sweep, settings, deviation: deviation(model, sweep))
    return (
      path, try SweepRecorder(at: path, of: sweep, header: header, context: context, shard: options.shard)
    )
  }

  /// What the record that is at a path calls the picture, if it is of the same one: names depend on the folder that was given.
  private func name(of picture: SourceFile, at path: String) throws(ArchiveError) -> String {
    do throws(ArchiveError) {
      let found = try RecordHeader(of: ZarrGroup(contentsOf: path)).settings.picture
      return found.fingerprint == picture.fingerprint ? found.name : picture.name
    } catch {
      // None, or one that is refused where it is opened for writing.
      guard error.kind != .io else { throw error }
      return picture.name
    }
  }

  /// Where the occluder goes in what a network sees.
  ///
  /// - Throws: `RecordError` where it goes nowhere.
  func positions(in frame: PictureFrame, of model: any PoseModel) throws -> PositionGrid {
    if let positions = try rule(for: model, frame).positions(of: options.occlusion, in: frame) {
      return positions
    }
    throw RecordError(
      .badData, input.path,
      "no position of the occluder is in what \(model.identity.label) sees; move the region")
  }

  /// The sweep, with the picture's name in the error where nobody is found.
  func begun(
    _ model: any PoseModel, _ prepared: any PreparedPicture, _ positions: PositionGrid,
    isPlanned: Bool = true
  ) throws -> Sweep {
    do {
      return try Sweep(
        model, over: prepared, positions: positions, batch: try batch(for: model), truth: truth?.truth,
        joints: options.joints, isPlanned: isPlanned)
    } catch let error as ModelError where error.kind == .nobodyFound {
      throw ModelError(.nobodyFound, "\(input.path): \(error.description)")
    }
  }

  /// Where the occluder goes in this picture.
  private func rule(for model: any PoseModel, _ frame: PictureFrame) throws -> PositionRule {
    var rule = options.positions
    if options.isOnPerson {
      let person = try person(model, frame)
      // Sizes are shares of the person's square.
      let unit = (input.box ?? Box(wholeOf: input.picture)).square.width / Double(Occlusion.referenceSide)
      let extent = options.occlusion.extent(in: PictureFrame(wholeOf: Occlusion.referenceSide))
      let (down, across) = (Double(extent.height) / 2 * unit, Double(extent.width) / 2 * unit)
      rule.region = [
        person.x - across, person.y - down, person.width + 2 * across, person.height + 2 * down,
      ]
    }
    guard rule.kind == .picture else { return rule }
    let square = (input.box ?? Box(wholeOf: input.picture)).square
    rule.square = [square.x, square.y, square.width]
    return rule
  }

  /// Where the person is in the picture.
  private func person(_ model: any PoseModel, _ frame: PictureFrame) throws -> Box {
    if let box = input.box { return box }
    guard let truth = truth?.truth.body, let body = body ?? model.body?.model,
      let camera = self.truth?.truth.camera
    else {
      throw RecordError(
        .badData, input.path,
        "is a crop without a box of the person, which --region person needs; give --box, or a ground truth with a body "
          + "and a camera")
    }
    let seen = Silhouette(
      of: body, rotations: truth.rotations, betas: truth.betas,
      camera: input.cropCamera(WeakPerspectiveCamera(camera), of: frame), side: frame.side)
    let on = seen.mask.withElements { mask in mask.indices.filter { mask[$0] > 0 } }
    let (rows, columns) = (on.map { $0 / frame.side }, on.map { $0 % frame.side })
    guard let top = rows.min(), let bottom = rows.max(), let left = columns.min(), let right = columns.max()
    else { throw RecordError(.badData, input.path, "shows nothing of the person of its ground truth") }
    let (x, y) = (frame.pictureX(Float(left)), frame.pictureY(Float(top)))
    return Box(
      x: x, y: y, width: frame.pictureX(Float(right + 1)) - x, height: frame.pictureY(Float(bottom + 1)) - y)
  }

  /// What decides the numbers of a record of the sweep.
  func settings(of model: any PoseModel, _ sweep: Sweep) throws -> RecordSettings {
    var settings = RecordSettings(
      model: model.identity, picture: input.source,
      box: input.box.map { [$0.x, $0.y, $0.width, $0.height] }, crop: model.cropName,
      frame: sweep.prepared.frame, body: model.body?.source, truth: truth?.source,
      skeleton: model.skeleton.name, measured: sweep.measured.name, occlusion: options.occlusion,
      positions: try rule(for: model, sweep.prepared.frame), tolerance: options.tolerance,
      layers: model.layers.isEmpty ? nil : model.layers, seed: options.seed)
    if model is any ClipModel { settings.clip = input.clip.map { RecordSettings.Clip($0) } }
    return settings
  }

  /// How many windows to predict together, of which what is kept for reuse makes no more than memory has room for.
  private func batch(for model: any PoseModel) throws -> Int {
    // What an earlier sweep left for reuse is no reason to refuse this one.
    Tensor.releaseKeptMemory()
    let batch = try options.batch ?? largestBatch(for: model)
    let needed = model.memory(batch: batch, workers: options.workers)
    // Fresh pages cost more than the arithmetic done in them: all that is allowed may be kept.
    let allowed = (options.memory - ProcessMemory.currentMegabytes) * 1e6
    if needed > 0 { Tensor.limitKeptMemory(toAdd: max(needed, allowed)) }
    return batch
  }

  private func largestBatch(for model: any PoseModel) throws -> Int {
    let held = ProcessMemory.currentMegabytes
    let workers = options.workers
    if let batch = model.batch(within: (options.memory - held) * 1e6, workers: workers) { return batch }
    let least = held + model.memory(batch: 1, workers: workers) / 1e6
    throw ModelError(
      .unavailable,
      String(
        format: "--memory %@: %@ needs about %.0f MB even with one crop at a time; give more%@",
        options.memory >= 1000
          ? String(format: "%gGB", options.memory / 1000) : String(format: "%gMB", options.memory),
        model.identity.label, least, workers > 1 ? ", or fewer --workers" : ""))
  }

  /// What is known of a sweep before the occluder comes.
  func known(
    of model: any PoseModel, _ sweep: Sweep, _ settings: RecordSettings, deviation: RecordNotes.Deviation?
  ) throws -> (RecordHeader, RecordContext) {
    let frame = sweep.prepared.frame
    let side = frame.side
    let clean = sweep.cleanPredictions
    let camera = truth?.truth.camera.map { input.cropCamera(WeakPerspectiveCamera($0), of: frame) }
    let display = try input.displayCrop(of: frame)
    var context = RecordContext(
      truthJoints: truth == nil ? nil : sweep.reference, truthBody: truth?.truth.body,
      truthCamera: camera?.numbers,
      picture: .init(side: display.width, bytes: display.pixels),
      cleanAttention: clean.attention.map { $0.reshaped(Array($0.shape.dropFirst())) },
      cleanSurface: clean.surface.map { $0.reshaped(Array($0.shape.dropFirst())) })
    let occlusion = options.occlusion
    context.fillPicture = try input.displayFill(of: occlusion, in: frame).map {
      .init(side: $0.width, bytes: $0.pixels)
    }
    context.occluderCoverage = occlusion.maskCoverage(in: frame)
    var notes = RecordNotes(
      kernels: model.arithmetic?.kernels, processor: ProcessorModel.name, command: options.command,
      order: options.order,
      convolutions: model.arithmetic?.convolutions,
      deviation: deviation, visibility: truth?.truth.visibility(of: sweep.measured),
      pictureSize: [input.picture.width, input.picture.height], seed: options.seed,
      skeletons: sweep.measured == model.skeleton ? [sweep.measured] : [model.skeleton, sweep.measured])
    // What of a person is seen is a matter of the ground truth, whether or not the network predicts a body.
    if let truth = truth?.truth.body, let camera, let body = body ?? model.body?.model {
      let seen = Silhouette(
        of: body, rotations: truth.rotations, betas: truth.betas, camera: camera, side: side)
      notes.visibility = notes.visibility ?? Visibility.converted(seen.visibility, to: sweep.measured)
      (context.bodyMask, notes.maskOf) = (seen.mask, .groundTruth)
    } else if let body = model.body?.model, let predicted = clean.body, let camera = clean.camera {
      let seen = Silhouette(
        of: body, rotations: predicted.rotations, betas: predicted.betas,
        camera: WeakPerspectiveCamera(camera), side: side)
      (context.bodyMask, notes.maskOf) = (seen.mask, .cleanPrediction)
    }
    let header = RecordHeader(
      settings: settings, notes: notes, positions: sweep.positions, predicted: model.skeleton,
      measured: sweep.measured)
    return (header, context)
  }

  /// How far fast arithmetic moves the joints from where the network as defined has them, at eight positions all over the
  /// crop.
  private func deviation(_ model: any PoseModel, _ sweep: Sweep) throws -> RecordNotes.Deviation? {
    guard let plain = model.plain else { return nil }
    let (positions, count) = (sweep.positions.count, min(8, sweep.positions.count))
    let prepared = try input.prepared(for: plain, occlusion: options.occlusion)
    // One crop a thread: this is no moment to take memory.
    let joints = try Workers.map(count, workers: options.workers) { i throws in
      let window = sweep.positions[(2 * i + 1) * positions / (2 * count)].window
      return (
        try sweep.unplanned.predict(at: [window]).joints, try prepared.predict(at: [window]).joints
      )
    }
    return .init(of: Tensor(stacking: joints.map(\.0)), from: Tensor(stacking: joints.map(\.1)))
  }
}
