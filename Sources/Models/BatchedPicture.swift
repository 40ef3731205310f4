/// A prepared picture that predicts at no more than so many windows at once, by whole passes.
package struct BatchedPicture: PreparedPicture {
  private let whole: any PreparedPicture
  private let batch: Int

  /// The same predictions as those of a picture, in calls of `batch` windows at most.
  package init(_ whole: any PreparedPicture, batch: Int) {
    precondition(batch > 0, "a batch of \(batch)")
    (self.whole, self.batch) = (whole, batch)
  }

  package var frame: PictureFrame { whole.frame }

  package func predict(at windows: [Window?], attention: Bool) throws -> Predictions {
    try Predictions.batched(windows, by: batch) { try whole.predict(at: $0, attention: attention) }
  }

  package func cost(of window: Window) -> WorkEstimate { whole.cost(of: window) }

  package var shapeClasses: Int { whole.shapeClasses }
}
