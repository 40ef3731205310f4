package import Bodies

/// The skin of a rendered person, point by point of a layout.
package struct SurfaceTruth: Sendable {
  /// The points about the pelvis, metres, in the camera's axes; one for each of the layout's pixels.
  package let points: [Point]
  /// Whether the picture shows each.
  package internal(set) var isSeen: [Bool]
  /// The pixel of the picture in which each lies; −1 outside.
  private let places: [Int32]

  /// How far behind what the rasteriser drew a point may be and still be that, metres: layouts and meshes differ a little.
  private static let thickness: Float = 0.015

  /// The points of a person that was drawn alone.
  ///
  /// - Parameters:
  ///   - vertices: of the person, `V × 3`, without the camera's shift.
  ///   - isCovered: whether something in front covers a pixel.
  init(
    _ layout: SurfaceLayout, of vertices: UnsafePointer<Float>, _ camera: WeakPerspectiveCamera,
    pelvis: Point, in rasterizer: Rasterizer, side: Int, isCovered: (_ pixel: Int) -> Bool
  ) {
    let shift = camera.translation(side: side)
    let points = layout.points(of: vertices)
    var places = [Int32](repeating: -1, count: points.count)
    var isSeen = [Bool](repeating: false, count: points.count)
    for (index, point) in points.enumerated() {
      // In samples, of which there are two to a pixel.
      let place = camera.pixel(of: point, side: side) * 2
      let edge = Float(2 * side)
      guard place.x >= 0, place.y >= 0, place.x < edge, place.y < edge else { continue }
      let (column, row) = (Int(place.x), Int(place.y))
      let pixel = row / 2 * side + column / 2
      places[index] = Int32(pixel)
      isSeen[index] =
        point.z + shift.z - rasterizer.depths[row * 2 * side + column] <= Self.thickness
        && rasterizer.triangles[row * 2 * side + column] >= 0 && !isCovered(pixel)
    }
    self.points = points.map { $0 - pelvis }
    (self.places, self.isSeen) = (places, isSeen)
  }

  /// Takes what lies in some pixels for hidden.
  package mutating func hide(where isHidden: (_ pixel: Int) -> Bool) {
    for (index, place) in places.enumerated() where place >= 0 && isHidden(Int(place)) {
      isSeen[index] = false
    }
  }
}
