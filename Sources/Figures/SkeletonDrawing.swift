internal import Presentation

extension SkeletonOverlay {
  /// Draws bones and joints over a rectangle that shows the crop, with a pale rim, so that they stand out on any picture.
  func draw(on canvas: Canvas, in rect: Rect, thickness: Double = 1.6) {
    let points = points.map { SIMD2(rect.x + $0.x * rect.width, rect.y + $0.y * rect.height) }
    func isKnown(_ point: SIMD2<Double>) -> Bool { point.x.isFinite && point.y.isFinite }
    for (colour, more) in [(Colour.white.opacity(0.75), 1.4), (colour, 0.0)] {
      for bone in bones {
        let (p, q) = (points[bone.from], points[bone.to])
        guard isKnown(p), isKnown(q) else { continue }
        canvas.line([(p.x, p.y), (q.x, q.y)], colour, width: thickness + more, isRound: true)
      }
    }
    for p in points where isKnown(p) {
      canvas.disc(p.x, p.y, radius: thickness * 0.95, colour)
      canvas.disc(p.x, p.y, radius: thickness * 0.42, .white)
    }
  }
}

extension OccluderMark {
  /// The rectangle of the occluder in one that shows the crop.
  func rect(in crop: Rect) -> Rect { crop.part(x: x, y: y, width: width, height: height) }

  /// Draws the occluder as it hides the picture.
  func draw(on canvas: Canvas, in crop: Rect) {
    let rect = rect(in: crop)
    if isDisc {
      canvas.disc(rect.midX, rect.midY, radius: rect.width / 2, colour)
      canvas.ring(rect.midX, rect.midY, radius: rect.width / 2, .white, width: 0.7)
    } else {
      canvas.fill(rect, colour)
      canvas.outline(rect, .white, width: 0.7)
    }
  }

  /// Draws the occluder's edge.
  func drawEdge(on canvas: Canvas, in crop: Rect, _ colour: Colour = .white, width: Double = 0.9) {
    let rect = rect(in: crop)
    if isDisc {
      canvas.ring(rect.midX, rect.midY, radius: rect.width / 2, colour, width: width)
    } else {
      canvas.outline(rect, colour, width: width)
    }
  }

  /// Draws the occluder's edge with a number in its middle.
  func drawNumber(_ text: String, on canvas: Canvas, in crop: Rect) {
    drawEdge(on: canvas, in: crop, .ink, width: 1.8)
    drawEdge(on: canvas, in: crop)
    // An occluder half outside of the crop has its number inside.
    let (middle, inside) = (rect(in: crop), crop.inset(6))
    let x = min(max(middle.midX, inside.x), inside.maxX)
    let y = min(max(middle.midY, inside.y), inside.maxY)
    canvas.disc(x, y, radius: 5.2, .white)
    canvas.text(text, x, y + 2.4, TypeStyle(size: 7, isBold: true), .centre)
  }
}
