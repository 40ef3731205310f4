internal import Bodies
import Foundation
internal import Pictures
package import Rendering
internal import Tensors

extension RenderedSample {
  /// The content of a window of the picture, `side` pixels wide, with its ground truth.
  ///
  /// The picture is sampled bilinearly, black outside; labels of pixels are those of the nearest one. Orientation,
  /// joints and camera rotate with the picture about its centre, while the model's pelvis stays in place; 2D joints are
  /// those of the camera. A cut-out or enlarged person is projected as if from another distance: joints move by up to
  /// a quarter of a percent of the crop against the picture.
  package func cropped(to window: Augmentation.Window, side: Int) -> RenderedSample {
    guard window != Augmentation.Window() || side != picture.width else { return self }
    precondition(surface == nil, "the skin's points of a cut-out person")
    var person = self
    person.picture = picture.cropped(to: window, side: side)
    person.parts = Self.nearest(parts, picture.width, cropped: window, side: side, outside: 0)
    if !denseCorrespondence.isEmpty {
      person.denseCorrespondence = Self.nearest(
        denseCorrespondence, picture.width, cropped: window, side: side, outside: .zero)
    }
    person.coverage = Float(person.parts.count { $0 > 0 }) / Float(person.parts.count)

    let turn = Rotation.about(Point(0, 0, 1), by: window.radians)
    var matrices = rotations.matrices
    matrices[0] = turn * matrices[0]
    person.rotations = Tensor(matrices)
    let orientation = Rotation.axisAngle(of: matrices[0])
    person.pose.replaceSubrange(0..<3, with: [orientation.x, orientation.y, orientation.z])
    let pelvis = joints[0]
    person.joints = joints.map { pelvis + turn * ($0 - pelvis) }

    let offset = window.centre / camera.scale
    let shift = turn * (pelvis + Point(camera.tx - offset.x, camera.ty - offset.y, 0)) - pelvis
    person.camera = WeakPerspectiveCamera(scale: camera.scale / window.half, tx: shift.x, ty: shift.y)
    person.joints2D = person.joints.map { person.camera.project($0, side: side) }
    for j in 0..<Joint.count where visibility[j] != .outsidePicture {
      let position = person.joints2D[j]
      if max(abs(position.x), abs(position.y)) >= 1 { person.visibility[j] = .outsidePicture }
    }
    return person
  }

  /// Blackens the picture beyond edges; what was there is outside the picture.
  package mutating func end(at edges: Augmentation.Edges) {
    let side = picture.width
    let (left, right) = (Int(edges.left * Float(side)), Int(edges.right * Float(side)))
    let (top, bottom) = (Int(edges.top * Float(side)), Int(edges.bottom * Float(side)))
    func isOutside(_ row: Int, _ column: Int) -> Bool {
      row < top || row >= bottom || column < left || column >= right
    }
    surface?.hide { isOutside($0 / side, $0 % side) }
    for row in 0..<side {
      for column in 0..<side where isOutside(row, column) {
        let pixel = row * side + column
        parts[pixel] = 0
        if !denseCorrespondence.isEmpty { denseCorrespondence[pixel] = .zero }
        for c in 0..<3 { picture.pixels[pixel * 3 + c] = 0 }
      }
    }
    coverage = Float(parts.count { $0 > 0 }) / Float(parts.count)
    for joint in joints2D.indices {
      let position = (joints2D[joint] + 1) * (Float(side) / 2)
      if position.x < Float(left) || position.x >= Float(right) || position.y < Float(top)
        || position.y >= Float(bottom)
      {
        visibility[joint] = .outsidePicture
      }
    }
  }

  /// The mirrored person: picture and mask from right to left, left and right exchanged in all labels.
  ///
  /// Shape parameters stay: the body model is almost symmetric (Loper et al. 2015).
  package func mirrored() -> RenderedSample {
    precondition(surface == nil, "the skin's points of a mirrored person")
    var person = self
    let side = picture.width
    let labels = [0] + Joint.mirror.map { UInt8($0 + 1) }
    for row in 0..<side {
      for column in 0..<side {
        let (to, from) = (row * side + column, row * side + side - 1 - column)
        person.parts[to] = labels[Int(parts[from])]
        if !denseCorrespondence.isEmpty {
          person.denseCorrespondence[to] = denseCorrespondence[from] * SurfacePoint(-1, 1, 1, 1)
        }
        for c in 0..<3 { person.picture.pixels[to * 3 + c] = picture.pixels[from * 3 + c] }
      }
    }
    person.rotations = Rotation.mirrored(rotations.reshaped([1, Joint.count, 3, 3])).reshaped([
      Joint.count, 3, 3,
    ])
    let vectors = (0..<Joint.count).map { Point(pose[3 * $0], pose[3 * $0 + 1], pose[3 * $0 + 2]) }
    person.pose = Rotation.mirrored(vectors).flatMap { [$0.x, $0.y, $0.z] }
    person.camera.tx = -camera.tx
    for (j, other) in Joint.mirror.enumerated() {
      person.joints[j] = joints[other] * Point(-1, 1, 1)
      person.joints2D[j] = joints2D[other] * SIMD2(-1, 1)
      person.visibility[j] = visibility[other]
    }
    return person
  }

  private static func nearest<T>(
    _ labels: [T], _ width: Int, cropped window: Augmentation.Window, side: Int, outside: T
  ) -> [T] {
    var result = [T](repeating: outside, count: side * side)
    let map = PixelMap(window, from: width, to: side)
    for row in 0..<side {
      for column in 0..<side {
        let position = map[Float(column), Float(row)] + 0.5
        let (x, y) = (Int(bounded: position.x, .down), Int(bounded: position.y, .down))
        if x >= 0, y >= 0, x < width, y < width { result[row * side + column] = labels[y * width + x] }
      }
    }
    return result
  }
}

/// Maps pixels of a window to pixels of the picture, both counted from the centre of the first pixel.
private struct PixelMap {
  let origin: SIMD2<Float>, right: SIMD2<Float>, down: SIMD2<Float>

  init(_ window: Augmentation.Window, from width: Int, to side: Int) {
    let (sine, cosine) = (sin(window.radians), cos(window.radians))
    let step = window.half * Float(width) / Float(side)
    right = SIMD2(cosine, -sine) * step
    down = SIMD2(sine, cosine) * step
    let middle = (window.centre + 1) * (Float(width) / 2) - 0.5
    origin = middle - (right + down) * (Float(side - 1) / 2)
  }

  subscript(x: Float, y: Float) -> SIMD2<Float> { origin + right * x + down * y }
}

extension Picture {
  /// The content of a window, `side` pixels wide; where it shrinks, four samples a pixel are averaged.
  fileprivate func cropped(to window: Augmentation.Window, side: Int) -> Picture {
    let map = PixelMap(window, from: width, to: side)
    let shrinks = window.half * Float(width) > 1.05 * Float(side)
    let offsets: [SIMD2<Float>] =
      shrinks
      ? [SIMD2(-0.25, -0.25), SIMD2(0.25, -0.25), SIMD2(-0.25, 0.25), SIMD2(0.25, 0.25)] : [.zero]
    let share = 1 / Float(offsets.count)
    let bytes = [UInt8](unsafeUninitializedCapacity: side * side * 3) { target, count in
      count = side * side * 3
      pixels.withUnsafeBufferPointer { source in
        for row in 0..<side {
          for column in 0..<side {
            var sum = SIMD4<Float>.zero
            for offset in offsets {
              sum += Self.sample(
                source.baseAddress!, width, height, map[Float(column) + offset.x, Float(row) + offset.y])
            }
            let value = sum * share + 0.5
            let to = (row * side + column) * 3
            (target[to], target[to + 1], target[to + 2]) = (UInt8(value.x), UInt8(value.y), UInt8(value.z))
          }
        }
      }
    }
    return Picture(width: side, height: side, pixels: bytes)
  }

  /// The colour between four pixels, black outside.
  @inline(__always)
  private static func sample(
    _ pixels: UnsafePointer<UInt8>, _ width: Int, _ height: Int, _ position: SIMD2<Float>
  ) -> SIMD4<Float> {
    let low = position.rounded(.down)
    let share = position - low
    let (x, y) = (Int(low.x), Int(low.y))
    func stored(_ x: Int, _ y: Int) -> SIMD4<Float> {
      let p = pixels + (y * width + x) * 3
      return SIMD4<Float>(SIMD4<UInt8>(p[0], p[1], p[2], 0))
    }
    func mix(_ a: SIMD4<Float>, _ b: SIMD4<Float>, _ c: SIMD4<Float>, _ d: SIMD4<Float>) -> SIMD4<Float> {
      let (top, bottom) = (a + (b - a) * share.x, c + (d - c) * share.x)
      return top + (bottom - top) * share.y
    }
    if x >= 0, y >= 0, x < width - 1, y < height - 1 {
      return mix(stored(x, y), stored(x + 1, y), stored(x, y + 1), stored(x + 1, y + 1))
    }
    func pixel(_ x: Int, _ y: Int) -> SIMD4<Float> {
      x >= 0 && y >= 0 && x < width && y < height ? stored(x, y) : .zero
    }
    return mix(pixel(x, y), pixel(x + 1, y), pixel(x, y + 1), pixel(x + 1, y + 1))
  }
}
