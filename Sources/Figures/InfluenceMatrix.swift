import Bodies
import Evaluation

/// The influence of covered parts on joints: a square for each pair, parts down, joints across.
struct InfluenceMatrix {
  /// Parts and joints limb by limb, so that related ones are adjacent.
  static let order: [Joint] = [
    .pelvis, .spine1, .spine2, .spine3, .neck, .head, .leftCollar, .leftShoulder, .leftElbow, .leftWrist,
    .leftHand, .rightCollar, .rightShoulder, .rightElbow, .rightWrist, .rightHand, .leftHip, .leftKnee,
    .leftAnkle,
    .leftFoot, .rightHip, .rightKnee, .rightAnkle, .rightFoot,
  ]
  /// Where the limbs begin in the order.
  private static let limbs = [6, 11, 16, 20]
  /// Pairs with fewer pictures are left blank.
  static let minPictures = 10
  /// The width of the parts' names, and the height of the joints'.
  static let labels = 58.0

  /// The error increases, `[part][joint]`, millimetres.
  var increases: [[MeanWithInterval]]
  var scale: Scale
  var colours: Colormap

  /// The numbers that are drawn, for scales.
  static func shown(_ increases: [[MeanWithInterval]]) -> [Double] {
    increases.joined().filter { $0.pictures >= minPictures }.map(\.mean).filter(\.isFinite)
  }

  /// Draws the matrix with names above and to the left, all within a rectangle as wide as high.
  func draw(on canvas: Canvas, in rect: Rect) {
    let cell = (min(rect.width, rect.height) - Self.labels) / 24
    let (left, top) = (rect.x + Self.labels, rect.y + Self.labels)
    for (row, part) in Self.order.enumerated() {
      let y = top + cell * Double(row)
      canvas.text(
        canvas.fitted(part.title, .tick, width: Self.labels - 6), left - 4, y + cell / 2 + 2.1, .tick, .right)
      for (column, joint) in Self.order.enumerated() {
        let value = increases[part.rawValue][joint.rawValue]
        let isShown = value.pictures >= Self.minPictures && value.mean.isFinite
        canvas.fill(
          Rect(left + cell * Double(column), y, cell - 0.4, cell - 0.4),
          isShown ? colours.colour(at: scale.share(value.mean)) : .hairline)
      }
    }
    for (column, joint) in Self.order.enumerated() {
      canvas.textRising(
        canvas.fitted(joint.title, .tick, width: Self.labels - 6), left + cell * (Double(column) + 0.5) + 2.1,
        top - 4,
        .tick)
    }
    let side = cell * 24 - 0.4
    for limb in Self.limbs {
      let at = cell * Double(limb) - 0.2
      canvas.line(left, top + at, left + side, top + at, .muted, width: 0.5)
      canvas.line(left + at, top, left + at, top + side, .muted, width: 0.5)
    }
    canvas.frame(Rect(left, top, side, side))
  }
}
