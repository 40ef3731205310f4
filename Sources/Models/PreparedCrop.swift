import Networks
import Pictures
import Tensors

/// A model that sees a square crop of the picture, and can compute no more of it than a patch changes.
protocol CropModel: PoseModel {
  /// The side of the crop in pixels.
  var cropSide: Int { get }
  /// Predictions for crops `[N, side, side, 3]`, normalised.
  func predictions(onCrops crops: Tensor, attention: Bool) throws -> Predictions
  /// Predictions that the results of incremental inference make.
  func predictions(ofResults results: [Tensor]) throws -> Predictions
  /// How far whole passes over crops take the layers from what they are on one crop `[1, side, side, 3]`.
  func layerChanges(onCrops crops: Tensor, from clean: Tensor) throws -> Tensor
  /// The network after a look at a crop; what it keeps of it serves other windows too where that is asked for.
  func incrementalInference(
    on crop: Tensor, windows: PatchWindows, batch: Int, attention: Bool, keepsAll: Bool
  ) throws -> IncrementalInference
}

extension CropModel {
  /// Predicts on all of them together.
  func predictions(
    on pictures: [(picture: Picture, box: Box?)], by method: CropMethod
  ) throws -> Predictions {
    let crops = try pictures.map { picture, box in
      try picture.networkInput(around: box, side: cropSide, by: method).reshaped([1, cropSide, cropSide, 3])
    }
    return try predictions(onCrops: Tensor(stacking: crops), attention: false)
  }
}

/// A crop, and the network that predicts with the occluder on it.
struct PreparedCrop<Model: CropModel>: PreparedPicture {
  let model: Model
  let crop: Tensor
  let frame: PictureFrame
  /// What the occluder shows, made once for all windows.
  let content: Patch.Content
  var batch = 16
  /// What it was cut out of; nil of a crop that was given as it is.
  private let source: (picture: Picture, box: Box?, method: CropMethod)?

  init(model: Model, crop: Tensor, frame: PictureFrame, content: Patch.Content, batch: Int = 16) {
    (self.model, self.crop, self.frame, self.content, self.batch) = (model, crop, frame, content, batch)
    source = nil
  }

  /// Cuts the crop out of a picture.
  init(_ model: Model, _ picture: Picture, box: Box?, by method: CropMethod, occlusion: Occlusion) throws {
    self.model = model
    crop = try picture.networkInput(around: box, side: model.cropSide, by: method)
    frame = try PictureFrame(side: model.cropSide, of: picture, box: box, by: method)
    content = try occlusion.content(in: frame, of: picture, box: box, by: method)
    source = (picture, box, method)
  }

  /// What another occluder shows.
  ///
  /// - Throws: `ModelError` where its fill is a file that was not read.
  func content(of occlusion: Occlusion) throws -> Patch.Content {
    let (picture, box, method) = source ?? (Picture(normalised: crop), nil, .spin)
    return try occlusion.content(in: frame, of: picture, box: box, by: method)
  }

  var shown: Picture? { Picture(normalised: crop) }

  func predict(at windows: [Window?], attention: Bool) throws -> Predictions {
    try Predictions.batched(windows, by: batch) { part in
      let crops = part.map { window -> Tensor in
        let occluded = window.map { $0.covered(by: content).pasted(on: crop) } ?? crop
        return occluded.reshaped([1] + crop.shape)
      }
      var predictions = try model.predictions(onCrops: Tensor(stacking: crops), attention: attention)
      predictions.layerChange = try layerChanges(Tensor(stacking: crops), at: part)
      return predictions
    }
  }

  private func layerChanges(_ crops: Tensor, at windows: [Window?]) throws -> Tensor? {
    guard !model.layers.isEmpty else { return nil }
    guard windows.contains(where: { $0 != nil }) else { return Tensor([windows.count, model.layers.count]) }
    return try model.layerChanges(onCrops: crops, from: crop.reshaped([1] + crop.shape))
  }

  func planned(for positions: PositionGrid, batch: Int, attention: Bool) throws -> any PreparedPicture {
    var copy = self
    copy.batch = batch
    return try PlannedCrop(copy, positions, attention: attention)
  }

  func probed() throws -> (any ProbedPicture)? { try ProbedCrop(self) }
}

/// A crop that the network has seen; at windows it computes only what they can change.
private struct PlannedCrop<Model: CropModel>: PreparedPicture {
  private let whole: PreparedCrop<Model>
  private let inference: IncrementalInference
  private let numbers: [Window: (row: Int, column: Int)]

  init(_ whole: PreparedCrop<Model>, _ positions: PositionGrid, attention: Bool) throws {
    self.whole = whole
    let windows = (0..<positions.count).map { positions[$0].window }
    let patches =
      positions.list == nil
      ? PatchWindows(rows: positions.rows.map(\.pixels), columns: positions.columns.map(\.pixels))
      : PatchWindows(windows.map { (rows: $0.y.pixels, columns: $0.x.pixels) })
    numbers = Dictionary(zip(windows, patches.positions)) { first, _ in first }
    inference = try whole.model.incrementalInference(
      on: whole.crop, windows: patches, batch: whole.batch, attention: attention, keepsAll: false)
  }

  var frame: PictureFrame { whole.frame }

  func predict(at windows: [Window?], attention: Bool) throws -> Predictions {
    let known = windows.map { $0.flatMap { numbers[$0] } }
    guard known.allSatisfy({ $0 != nil }) else { return try whole.predict(at: windows, attention: attention) }
    let outcome = try inference.run(known.map { $0! }) { windows[$0]!.covered(by: whole.content) }
    var predictions = try whole.model.predictions(ofResults: outcome.results)
    predictions.layerChange = outcome.changes
    return predictions
  }

  func cost(of window: Window) -> WorkEstimate {
    guard let (row, column) = numbers[window] else { return WorkEstimate(share: 1, shapeClass: 0) }
    return WorkEstimate(
      share: inference.share(row: row, column: column),
      shapeClass: inference.shapeClass(row: row, column: column))
  }

  var shapeClasses: Int { inference.shapeClasses }
}
