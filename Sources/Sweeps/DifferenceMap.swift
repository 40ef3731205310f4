public import Tensors

extension Comparison {
  /// The second record's mean error less the first's at every place, `[rows, columns]`, metres.
  ///
  /// Nil when the networks see crops of different sides and so have the patch at different places.
  public static func meanErrorDifference(_ first: SweepRecord, _ second: SweepRecord) -> Tensor? {
    guard first.places == second.places, first.info.side == second.info.side else { return nil }
    let (a, b) = (first.meanError, second.meanError)
    return Tensor(a.shape, zip(a.elements, b.elements).map { $1 - $0 })
  }
}
