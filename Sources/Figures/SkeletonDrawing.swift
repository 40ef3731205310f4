internal import Pictures
internal import Presentation
internal import Tensors

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
    if let coverage {
      canvas.draw(cutOut(coverage), in: rect)
    } else if let filling {
      func draw() { canvas.draw(filling, in: crop) }
      if isDisc { canvas.clipped(toDiscIn: rect, draw) } else { canvas.clipped(to: rect, draw) }
    } else if isDisc {
      canvas.disc(rect.midX, rect.midY, radius: rect.width / 2, colour)
    } else {
      canvas.fill(rect, colour)
    }
    drawEdge(on: canvas, in: crop, width: 0.7)
  }

  /// The occluder in its outline, of the colour or of what it shows there of the crop.
  private func cutOut(_ coverage: Tensor) -> Bitmap {
    let (rows, columns) = (coverage.shape[0], coverage.shape[1])
    let own = [colour.red, colour.green, colour.blue].map { $0 * 255 }
    func place(_ index: Int, _ count: Int, _ start: Double, _ extent: Double, _ side: Int) -> Int {
      let share = start + (Double(index) + 0.5) / Double(count) * extent
      return Int(min(max(0, share * Double(side)), Double(side - 1)))
    }
    let pixels = coverage.elements.enumerated().map { i, covered -> UInt32 in
      let share = Double(covered)
      var parts = own
      if let filling {
        let from =
          place(i / columns, rows, y, height, filling.height) * filling.width
          + place(i % columns, columns, x, width, filling.width)
        parts = (0..<3).map { Double(filling.pixels[from * 3 + $0]) }
      }
      let bytes = [share * 255] + parts.map { $0 * share }
      return bytes.reduce(0) { $0 << 8 | UInt32($1.rounded()) }
    }
    return Bitmap(width: columns, height: rows, pixels: pixels)
  }

  /// Draws the occluder's edge.
  func drawEdge(on canvas: Canvas, in crop: Rect, _ colour: Colour = .white, width: Double = 0.9) {
    let rect = rect(in: crop)
    if !outline.isEmpty {
      for line in outline {
        let points = line.map { (x: rect.x + $0.x * rect.width, y: rect.y + $0.y * rect.height) }
        canvas.line(points + points.prefix(1), colour, width: width)
      }
    } else if isDisc {
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
