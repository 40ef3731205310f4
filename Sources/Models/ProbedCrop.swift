import Networks
import Tensors

/// A crop that the network has seen, with all that its layers made of it, to be asked about any window.
///
/// A question costs what its window can change and no look at the unoccluded crop.
struct ProbedCrop<Model: CropModel>: ProbedPicture {
  private let whole: PreparedCrop<Model>
  private let inference: IncrementalInference
  private let contents = RecentValues<Occlusion, Patch.Content>(limit: 8)

  /// Looks at the crop once.
  init(_ whole: PreparedCrop<Model>) throws {
    self.whole = whole
    inference = try whole.model.incrementalInference(
      on: whole.crop, windows: PatchWindows([]), batch: whole.batch, attention: false, keepsAll: true)
  }

  func predict(at windows: [Window], under occlusion: Occlusion) throws -> Predictions {
    let content = try contents.value(for: occlusion) { try whole.content(of: occlusion) }
    let patches = PatchWindows(windows.map { (rows: $0.y.pixels, columns: $0.x.pixels) })
    return try whole.model.predictions(
      ofResults: inference.replanned(for: patches).run(patches.positions) {
        windows[$0].covered(by: content)
      }.results)
  }
}
