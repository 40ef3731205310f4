import Bodies

/// Bones between the joints of a set, for drawing.
struct SkeletonDrawing {
  /// Places of the joints on the canvas; nil where there is none.
  var points: [SIMD2<Double>]
  var set: JointSet
  var colour: Colour

  /// Pairs of joints that a bone lies between.
  private var bones: [(Int, Int)] {
    switch set {
    case .smpl24: Joint.allCases.compactMap { joint in joint.parent.map { ($0.rawValue, joint.rawValue) } }
    case .h36m14:
      [
        (0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (6, 7), (7, 8), (8, 12), (12, 9), (9, 10), (10, 11), (12, 13),
        (8, 2), (9, 3),
      ]
    }
  }

  /// Draws bones and joints with a pale rim, so that they stand out on any picture.
  func draw(on canvas: Canvas, thickness: Double = 1.6) {
    for (colour, more) in [(Colour.white.opacity(0.75), 1.4), (colour, 0.0)] {
      for (a, b) in bones {
        let (p, q) = (points[a], points[b])
        canvas.line([(p.x, p.y), (q.x, q.y)], colour, width: thickness + more, isRound: true)
      }
    }
    for p in points {
      canvas.disc(p.x, p.y, radius: thickness * 0.95, colour)
      canvas.disc(p.x, p.y, radius: thickness * 0.42, .white)
    }
  }
}

/// A line of coloured marks and what they stand for.
struct Legend {
  var entries: [(colour: Colour, text: String)]

  /// Draws the entries from the left and returns where the last one ends.
  @discardableResult
  func draw(on canvas: Canvas, _ x: Double, _ y: Double, _ style: TypeStyle = .label) -> Double {
    var x = x
    for entry in entries {
      canvas.line([(x, y - 2.3), (x + 10, y - 2.3)], entry.colour, width: 2.4, isRound: true)
      canvas.text(entry.text, x + 14, y, style)
      x += 14 + canvas.width(of: entry.text, style) + 14
    }
    return x - 14
  }
}
