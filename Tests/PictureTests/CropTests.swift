import Archives
import Pictures
import Tensors
import TestSupport
import Testing

@Suite("Crop") struct CropTests {
  /// Centre and side of the boxes of the golden crops.
  private static let boxes: [(Double, Double, Double)] = [
    (150, 180, 300), (40, 60, 180), (250.5, 300.25, 122),
  ]

  @Test("is the published crop bit for bit", arguments: 0..<3) func golden(index: Int) throws {
    let source = try Picture(contentsOf: fixture("golden/small/crop_source.png"))
    let (x, y, side) = Self.boxes[index]
    let crop = try source.crop(
      around: Box(x: x - side / 2, y: y - side / 2, width: side, height: side), side: 224)
    #expect(try crop == Picture(contentsOf: fixture("golden/small/crop_spin_\(index).png")))
  }

  @Test("of PARE's evaluation and of its demo are the published ones", arguments: 0..<3)
  func pare(index: Int) throws {
    let source = try Picture(contentsOf: fixture("golden/small/crop_source.png"))
    let (x, y, side) = Self.boxes[index]
    let box = Box(x: x - side / 2, y: y - side / 2, width: side, height: side)
    let smooth = try source.smoothCrop(around: box, side: 224)
    // Every seventh pixel of the reference is kept.
    let expected = try Archive(contentsOf: fixture("golden/small/crops_pare.npz")).tensor("eval_\(index)")
    var thin: [Float] = []
    for y in stride(from: 3, to: 224, by: 7) {
      for x in stride(from: 2, to: 224, by: 7) { for c in 0..<3 { thin.append(smooth[y, x, c]) } }
    }
    expectClose(thin, expected.elements, absolute: 1e-3, relative: 0)
    #expect(
      try source.networkInput(around: box, side: 224, by: .pare)[100, 100, 1]
        == (smooth[100, 100, 1] / 255 - 0.456) / 0.224)

    let warped = try source.warpedCrop(around: box, side: 224)
    let demo = try Picture(contentsOf: fixture("golden/small/crop_demo_\(index).png"))
    expectClose(warped.elements, demo.pixels.map { Float($0) }, absolute: 1, relative: 0)
    #expect(zip(warped.elements, demo.pixels).count { $0 != Float($1) } < 2000)
  }

  @Test(
    "of BlazePose is a larger square, interpolated between pixel centres, black beyond the picture",
    arguments: [
      Box(x: 20, y: 10, width: 60, height: 60), Box(x: 33.3, y: 12.9, width: 31, height: 40),
      Box(x: -25, y: -31.5, width: 80, height: 80), Box(x: 70, y: 40, width: 90, height: 70),
    ])
  func blazePose(box: Box) throws {
    let (width, height) = (120, 90)
    let picture = Picture(
      width: width, height: height, pixels: (0..<width * height * 3).map { UInt8($0 * $0 % 251) })
    // A quarter more on the longer side, about the box's middle.
    let extent = 1.25 * max(box.width, box.height)
    let (left, top) = (box.x + box.width / 2 - extent / 2, box.y + box.height / 2 - extent / 2)
    let cut = try picture.partCut(around: box, side: 48, by: .blazePose)
    for (found, expected) in zip([cut.x, cut.y, cut.width, cut.height], [left, top, extent, extent]) {
      #expect(abs(found - expected) < 1e-9)
    }
    func value(_ x: Int, _ y: Int, _ c: Int) -> Double {
      x >= 0 && y >= 0 && x < width && y < height ? Double(picture.pixels[(y * width + x) * 3 + c]) : 0
    }
    for side in [48, 200] {
      let crop = try picture.networkInput(around: box, side: side, by: .blazePose)
      #expect(crop.shape == [side, side, 3])
      var (expected, black) = ([Float](), 0)
      for row in 0..<side {
        let y = top + (Double(row) + 0.5) * extent / Double(side) - 0.5
        for column in 0..<side {
          let x = left + (Double(column) + 0.5) * extent / Double(side) - 0.5
          let (i, j) = (Int(x.rounded(.down)), Int(y.rounded(.down)))
          let (right, down) = (x - Double(i), y - Double(j))
          for c in 0..<3 {
            let above = value(i, j, c) * (1 - right) + value(i + 1, j, c) * right
            let below = value(i, j + 1, c) * (1 - right) + value(i + 1, j + 1, c) * right
            expected.append(Float(above * (1 - down) + below * down))
          }
          if i < -1 || j < -1 || i >= width || j >= height {
            black += 1
            #expect(expected.suffix(3) == [0, 0, 0])
          }
        }
      }
      let levels = crop.elements.enumerated().map {
        255 * ($0.element * Picture.colourDeviation[$0.offset % 3] + Picture.meanColour[$0.offset % 3])
      }
      expectClose(levels, expected, absolute: 1e-3, relative: 0)
      #expect((black > 0) == (left < -1 || top < -1 || left + extent > 122 || top + extent > 92))
    }
  }

  @Test("of BlazePose shows a box's own square unchanged, and errors name the box that was given")
  func blazePoseBox() throws {
    let picture = Picture(width: 64, height: 64, pixels: (0..<64 * 64 * 3).map { UInt8($0 % 253) })
    let same = try picture.interpolatedCrop(around: Box(x: 0, y: 0, width: 64, height: 64), side: 64)
    #expect(same.elements == picture.pixels.map(Float.init))
    let box = Box(x: 12, y: 20, width: 20, height: 10)
    #expect(box.enlarged(by: 1.25) == Box(x: 9.5, y: 18.75, width: 25, height: 12.5))
    #expect(
      try picture.networkInput(around: box, side: 32, by: .blazePose).elements
        != picture.networkInput(around: box, side: 32, by: .demo).elements)
    for method in CropMethod.allCases {
      #expect(method.margin == (method == .blazePose ? 1.25 : 1))
      let error = #expect(throws: PictureError.self) {
        try picture.networkInput(around: Box(x: 65, y: 0, width: 20, height: 20), side: 32, by: method)
      }
      #expect(error?.description == "box 65,0,20,20: is outside the picture of 64 × 64 pixels")
      #expect(throws: PictureError.self) {
        try picture.partCut(around: Box(x: 0, y: 0, width: 0, height: 5), side: 32, by: method)
      }
    }
    for wild in [Box(x: 0, y: 0, width: 1e300, height: 1), Box(x: -9e5, y: 0, width: 1e6, height: 1e6)] {
      #expect(throws: PictureError.self) {
        try picture.networkInput(around: wild, side: 32, by: .blazePose)
      }
    }
  }

  @Test("leaves a picture of the side as it is, whatever the method", arguments: CropMethod.allCases)
  func asItIs(method: CropMethod) throws {
    let dull = Picture(width: 64, height: 64, red: 90, green: 100, blue: 110)
    #expect(try dull.networkInput(around: nil, side: 64, by: method) == dull.normalised())
    let small = try dull.networkInput(around: nil, side: 32, by: method)
    #expect(small.shape == [32, 32, 3])
    #expect(throws: PictureError.self) {
      try dull.networkInput(around: Box(x: 100, y: 0, width: 9, height: 9), side: 32, by: method)
    }
  }

  @Test("grows an oblong box to a square around its centre") func oblong() throws {
    let source = try Picture(contentsOf: fixture("golden/small/crop_source.png"))
    let tall = try source.crop(around: Box(x: 100, y: 50, width: 40, height: 200), side: 96)
    #expect(try tall == source.crop(around: Box(x: 20, y: 50, width: 200, height: 200), side: 96))
  }

  @Test("of a picture without a box is its largest square around the middle pixel") func wholePicture() throws
  {
    let wide = Picture(width: 301, height: 200, pixels: (0..<180_600).map { UInt8($0 % 251) })
    #expect(
      try wide.cropAsIs(side: 64)
        == wide.crop(around: Box(x: -0.5, y: -50.5, width: 301, height: 301), side: 64))
  }

  @Test("passes a picture of the crop's side unchanged") func unchanged() throws {
    let dull = Picture(width: 64, height: 64, red: 90, green: 100, blue: 110)
    #expect(try dull.cropAsIs(side: 64) == dull)
  }

  @Test("turns down boxes that cut out nothing") func badBoxes() {
    let picture = Picture(width: 100, height: 80, red: 1, green: 2, blue: 3)
    func sentence(_ box: Box) -> String? {
      #expect(throws: PictureError.self) { try picture.crop(around: box, side: 32) }?.description
    }
    #expect(
      sentence(Box(x: 200, y: 10, width: 50, height: 50))
        == "box 200,10,50,50: is outside the picture of 100 × 80 pixels")
    #expect(
      sentence(Box(x: 10, y: 10, width: 0, height: 50))
        == "box 10,10,0,50: needs a width and a height above 0")
    #expect(sentence(Box(x: 0.5, y: 0, width: .nan, height: 1))?.hasSuffix("above 0") == true)
    #expect(sentence(Box(x: 0, y: 0, width: 1e300, height: 1))?.contains("outside") == true)
    #expect(
      sentence(Box(x: 5.2, y: 5.2, width: 0.1, height: 0.1))?.hasSuffix("is smaller than a pixel") == true)
    #expect(
      sentence(Box(x: 5, y: 5, width: 1e-300, height: 1e-300))?.hasSuffix("is smaller than a pixel") == true)
    #expect(throws: PictureError.self) {
      try Picture(width: 9, height: 9, red: 1, green: 2, blue: 3)
        .smoothCrop(around: Box(x: 0, y: 0, width: 1e6, height: 1e6), side: 32)
    }
  }

  @Test("turns down a picture of a few pixels") func onePixel() {
    let dot = Picture(width: 1, height: 1, red: 7, green: 7, blue: 7)
    let error = #expect(throws: PictureError.self) { try dot.cropAsIs(side: 8) }
    #expect(error?.sentence == "has only 1 × 1 pixels, too few for a person")
  }

  @Test("stretches a dull picture to the whole range of bytes") func stretched() throws {
    let ramp = Picture(width: 8, height: 8, pixels: (0..<192).map { UInt8(50 + $0 / 3) })
    let crop = try ramp.crop(around: Box(x: 0, y: 0, width: 8, height: 8), side: 8)
    #expect(crop[0, 0].red == 0 && crop[7, 7].blue == 255 && crop[4, 3].green == 113)
  }
}

@Suite("Normalisation") struct NormalisationTests {
  @Test("takes the mean colour to 0 and one deviation to 1") func values() {
    let picture = Picture(width: 2, height: 1, pixels: [0, 0, 0, 255, 255, 255])
    expectClose(
      picture.normalised(),
      Tensor([1, 2, 3], [-2.117904, -2.035714, -1.804444, 2.248908, 2.428571, 2.64]), absolute: 1e-5)
  }

  @Test("comes back to the same bytes") func roundTrip() {
    let picture = Picture(width: 16, height: 16, pixels: (0..<768).map { UInt8($0 & 255) })
    #expect(Picture(normalised: picture.normalised()) == picture)
  }
}

@Suite("Resizing") struct ResizingTests {
  @Test("to half averages with a triangle that is two pixels wide on either side") func half() {
    let row = Picture(
      width: 8, height: 1, pixels: [0, 0, 80, 0, 0, 0, 0, 0].flatMap { [$0, $0, $0] as [UInt8] })
    // The weights of pixel 2 seen from the centres 1 and 3 of the first two output pixels: 0.5 · 0.25 and 0.5 · 0.75.
    #expect((0..<4).map { row.resized(width: 4, height: 1)[$0, 0].red } == [11, 30, 0, 0])
  }
}
