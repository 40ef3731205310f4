internal import Pictures
internal import Presentation
internal import Tensors

/// What a map is drawn between: the crop in pale grays below it, and the body's outline above it.
struct Backdrop: Sendable {
  /// The crop; none where a record has no picture, so that the map alone is drawn.
  let gray: Bitmap?
  let outline: Bitmap?

  /// What is beneath the maps of a network.
  init(_ entry: PictureReport.Entry) {
    let crop = entry.crop.map { $0.resized(width: min($0.width, 320), height: min($0.height, 320)) }
    self.init(crop, mask: entry.bodyMask)
  }

  /// A crop; `mask` `[side, side]` is 1 on the body and 0 off it.
  init(_ crop: Picture?, mask: Tensor? = nil) {
    gray = crop.map(Self.paleGray)
    outline = mask.map(Self.outline)
  }

  private static func paleGray(_ crop: Picture) -> Bitmap {
    var pixels = [UInt32](repeating: 0, count: crop.width * crop.height)
    for i in pixels.indices {
      let (red, green, blue) = (crop.pixels[3 * i], crop.pixels[3 * i + 1], crop.pixels[3 * i + 2])
      let luminance = (299 * UInt32(red) + 587 * UInt32(green) + 114 * UInt32(blue)) / 1000
      let gray = 64 + luminance * 191 / 255
      pixels[i] = 0xFF00_0000 | gray << 16 | gray << 8 | gray
    }
    return Bitmap(width: crop.width, height: crop.height, pixels: pixels, isOpaque: true)
  }

  /// A thin dark line where a softened mask passes one half, some samples to a pixel.
  private static func outline(_ mask: Tensor) -> Bitmap {
    let side = mask.shape[0]
    let perPixel = max(2, (384 + side - 1) / side)
    let soft = softened(mask.elements, side)
    func value(_ x: Float, _ y: Float) -> Float {
      let (cx, cy) = (min(max(0, x), Float(side - 1)), min(max(0, y), Float(side - 1)))
      let (i, j) = (min(Int(cx), side - 2), min(Int(cy), side - 2))
      let (u, v) = (cx - Float(i), cy - Float(j))
      let top = soft[j * side + i] * (1 - u) + soft[j * side + i + 1] * u
      let bottom = soft[(j + 1) * side + i] * (1 - u) + soft[(j + 1) * side + i + 1] * u
      return top * (1 - v) + bottom * v
    }
    let samples = side * perPixel
    let step = 1 / Float(perPixel)
    var pixels = [UInt32](repeating: 0, count: samples * samples)
    for row in 0..<samples {
      for column in 0..<samples {
        let (x, y) = ((Float(column) + 0.5) * step - 0.5, (Float(row) + 0.5) * step - 0.5)
        let here = value(x, y)
        guard here > 0.02, here < 0.98 else { continue }
        let (dx, dy) = (value(x + step, y) - here, value(x, y + step) - here)
        let slope = max((dx * dx + dy * dy).squareRoot(), 1e-4)
        let distance = abs(here - 0.5) / slope
        guard distance < 3 else { continue }
        // A dark line with pale edges shows on every colour.
        let line = Double(min(max(1.5 - distance, 0), 1)) * 0.85
        let covered = line + Double(min(3 - distance, 1)) * 0.45 * (1 - line)
        let gray = (0.16 * line + (covered - line)) / covered
        pixels[row * samples + column] = Bitmap.pixel(Colour(gray, gray, gray, opacity: covered))
      }
    }
    return Bitmap(width: samples, height: samples, pixels: pixels)
  }

  /// The mask averaged over 3 × 3 pixels, which rounds the steps off its edge.
  private static func softened(_ mask: [Float], _ side: Int) -> [Float] {
    var soft = mask
    for y in 0..<side {
      for x in 0..<side {
        var (sum, count): (Float, Float) = (0, 0)
        for j in max(0, y - 1)...min(side - 1, y + 1) {
          for i in max(0, x - 1)...min(side - 1, x + 1) {
            sum += mask[j * side + i]
            count += 1
          }
        }
        soft[y * side + x] = sum / count
      }
    }
    return soft
  }
}
