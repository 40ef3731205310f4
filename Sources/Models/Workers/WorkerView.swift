import Pictures
import Tensors

/// What of a worker's input is swept, and where that is in the picture.
///
/// The frame is the square about what the network looks at; of a network that sees the whole picture it is that about
/// the person's box, a quarter larger. Where the frame goes beyond the input, the network sees nothing.
struct WorkerView: Equatable, Sendable {
  /// The largest side of a frame that records hold.
  private static let mostPixels = 2048
  /// The largest part of the person's surroundings that is swept, as a multiple of the box.
  private static let margin = 1.25
  /// The most pixels of an outline that a worker is sent.
  private static let mostOutline = 8192.0 * 8192

  let frame: PictureFrame
  private let place: ToPicture
  /// The input's pixels: height and width.
  let height: Int, width: Int
  /// What the network looks at, of the input's pixels.
  let rows: Range<Int>, columns: Range<Int>
  /// The input's row and column at the frame's upper left corner.
  private let top: Int, left: Int
  /// How many of the input's pixels a pixel of the frame is, down and across.
  let step: Int

  /// Scale and shift from the input's pixels to those of the picture.
  struct ToPicture: Equatable, Sendable {
    var scaleX: Double, x: Double, scaleY: Double, y: Double
  }

  /// The view of an input.
  ///
  /// - Parameters:
  ///   - place: where the input is in the picture; nil takes it to show the square about the box.
  ///   - box: the person's; nil where the picture is a crop already.
  init(
    height: Int, width: Int, active: (rows: Range<Int>, columns: Range<Int>)?, place known: ToPicture?,
    box: Box?,
    picture: Picture
  ) {
    (self.height, self.width) = (height, width)
    (rows, columns) = active ?? (0..<height, 0..<width)
    let square = (box ?? Box(wholeOf: picture)).square
    let longer = max(height, width)
    let scale = square.width / Double(longer)
    // In a crop whose place is not known, the box lies in the middle.
    let place =
      known
      ?? (height == picture.height && width == picture.width
        ? ToPicture(scaleX: 1, x: 0, scaleY: 1, y: 0)
        : ToPicture(
          scaleX: scale, x: square.x + Double(longer - width) / 2 * scale, scaleY: scale,
          y: square.y + Double(longer - height) / 2 * scale))
    self.place = place
    /// The person's square in pixels of the input.
    let person = (
      x: (square.x - place.x) / place.scaleX, y: (square.y - place.y) / place.scaleY,
      width: square.width / place.scaleX, height: square.width / place.scaleY
    )
    let side = max(person.width, person.height)
    var (x, y) = (
      Double(columns.lowerBound + columns.upperBound) / 2, Double(rows.lowerBound + rows.upperBound) / 2
    )
    var extent = Double(max(rows.count, columns.count))
    if extent > Self.margin * side * 1.1 {
      // The network sees much more than the person.
      extent = (Self.margin * side).rounded()
      (x, y) = (person.x + person.width / 2, person.y + person.height / 2)
    } else {
      // A network that crops within the box: its frame takes in what it does not see of the person.
      let beyond = max(
        x - person.x, person.x + person.width - x, y - person.y, person.y + person.height - y)
      if 2 * beyond > extent * 1.02 { extent = (2 * beyond).rounded(.up) }
    }
    extent = max(1, min(extent, 1e6))
    step = max(1, Int(bounded: extent / Double(Self.mostPixels), .up))
    let frameSide = max(1, Int(bounded: extent / Double(step), .up))
    let pixels = frameSide * step
    (left, top) = (Int(bounded: x - Double(pixels) / 2, .down), Int(bounded: y - Double(pixels) / 2, .down))
    let share = square.width / (Double(pixels) * place.scaleX)
    frame = PictureFrame(
      side: frameSide, x: place.x + Double(left) * place.scaleX, y: place.y + Double(top) * place.scaleY,
      width: Double(pixels) * place.scaleX, height: Double(pixels) * place.scaleY,
      // How exactly a crop is found is no reason for another size of the occluder.
      boxShare: abs(share - 1) < 0.02 ? 1 : share)
  }

  /// What about the place of the input makes no sense, as it follows "the worker"; nil where all is well.
  func problem(with occlusion: Occlusion) -> String? {
    // A frame is as large as what is seen of the person, unless a pixel of the input is far smaller or larger than that.
    guard (0.01...2).contains(frame.boxShare) else {
      return "says a to_picture by which the person is less than a pixel of its input, or more than a million"
    }
    let extent = occlusion.extent(in: frame), side = Double(step)
    let (height, width) = (Double(extent.height) * side, Double(extent.width) * side)
    guard !occlusion.isOutlined || height * width <= Self.mostOutline else {
      return
        "sees the person so large that an occluder has \(Int(bounded: width)) × \(Int(bounded: height)) of its pixels; "
        + "the most is 8192 × 8192: check its to_picture"
    }
    return nil
  }

  /// Whether another worker sees the same, to half a pixel.
  func agrees(with other: WorkerView) -> Bool {
    let pixel = frame.width / Double(frame.side) / 2
    return (height, width, frame.side) == (other.height, other.width, other.frame.side)
      && rows == other.rows && columns == other.columns && abs(frame.x - other.frame.x) <= pixel
      && abs(frame.y - other.frame.y) <= pixel && abs(frame.width - other.frame.width) <= pixel
      && abs(frame.height - other.frame.height) <= pixel
  }

  /// Where shares of the input's width and height are in the picture.
  func picturePlace(x: Double, y: Double) -> (x: Double, y: Double) {
    (place.x + x * Double(width) * place.scaleX, place.y + y * Double(height) * place.scaleY)
  }

  /// What a window covers of the input: y0, x0, y1, x1, and how much of the occluder's rows and columns are before that;
  /// nil where the network does not look.
  func hidden(by window: Window) -> (pixels: [Int32], offset: [Int32])? {
    let y0 = max(0, top + step * window.y.pixels.lowerBound)
    let y1 = min(height, top + step * window.y.pixels.upperBound)
    let x0 = max(0, left + step * window.x.pixels.lowerBound)
    let x1 = min(width, left + step * window.x.pixels.upperBound)
    guard y0 < y1, x0 < x1, y0 < rows.upperBound, y1 > rows.lowerBound, x0 < columns.upperBound,
      x1 > columns.lowerBound
    else { return nil }
    return (
      [y0, x0, y1, x1].map { Int32($0) },
      [y0 - top - step * window.y.start, x0 - left - step * window.x.start].map { Int32($0) }
    )
  }

  /// A camera of the input's square as one of the frame: scale, shift right, shift down.
  func camera(_ numbers: [Float]) -> [Float] {
    let longer = Double(max(height, width)), side = Double(frame.side * step)
    // −1…1 across the longer side, 0 in the middle of the input.
    let scale = Double(numbers[0]) * longer / side
    let shiftX = 2 * (Double(width) / 2 - Double(left) - side / 2) / side
    let shiftY = 2 * (Double(height) / 2 - Double(top) - side / 2) / side
    guard scale != 0 else { return [0, numbers[1], numbers[2]] }
    return [
      Float(scale), numbers[1] + Float(shiftX / scale), numbers[2] + Float(shiftY / scale),
    ]
  }
}
