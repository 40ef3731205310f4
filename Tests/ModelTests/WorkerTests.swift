import Bodies
import Foundation
import Models
import Networks
import Pictures
import TestSupport
import Tensors
import Testing

/// Workers of Python's own library, whose answers are known.
@Suite("Workers") struct WorkerTests {
  static let picture: Picture = DummyModel.picture(width: PixelWorker.side, height: PixelWorker.side, seed: 3)
  static let gray: [Float] = [123.675, 116.28, 103.53]

  private func depths(_ predictions: Predictions) -> [[Float]] {
    let points = predictions.joints.points
    return (0..<predictions.count).map { row in points[12 * row..<12 * row + 12].map(\.z) }
  }

  private func differ(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).map { abs($0 - $1) }.max() ?? 0 }

  @Test(
    "windows, colours and masks arrive", arguments: [Occlusion.Shape.square, .disc, .rectangle(aspect: 2)])
  func windows(shape: Occlusion.Shape) throws {
    let model = try PixelWorker.model()
    #expect(model.skeleton == .common12 && model.identity.name == "pixels" && model.body == nil)
    for (fill, colour) in [
      (Occlusion.Fill.value(0), Self.gray), (.colour(red: 255, green: 0, blue: 7), [255, 0, 7]),
    ] {
      let occlusion = Occlusion(size: 60, shape: shape, fill: fill)
      let prepared = try model.prepare(Self.picture, box: nil, occlusion: occlusion)
      #expect(prepared.frame == PictureFrame(wholeOf: 32) && prepared.shown == Self.picture)
      let grid = try #require(PositionRule(stride: 28).positions(of: occlusion, in: prepared.frame))
      let windows = (0..<grid.count).map { grid[$0].window }
      let found = depths(try prepared.predict(at: windows + [nil]))
      let extent = occlusion.extent(in: prepared.frame)
      for (window, found) in zip(windows, found) {
        let wanted = PixelWorker.depths(in: Self.picture, filler: colour) { row, column in
          guard window.y.pixels.contains(row), window.x.pixels.contains(column) else { return 0 }
          guard shape == .disc else { return 1 }
          // From the same many samples of a pixel as the native occluder.
          let patch = occlusion.patch(at: window, in: prepared.frame).pasted(
            on: Tensor([32, 32, 3], repeating: 9))
          let full = occlusion.patch(
            at: Window(
              y: Span(pixels: 0..<extent.height, centre: 0, start: 0),
              x: Span(pixels: 0..<extent.width, centre: 0, start: 0)),
            in: prepared.frame
          ).pasted(on: Tensor([32, 32, 3], repeating: 9))
          let inner = full[extent.height / 2, extent.width / 2, 0]
          return (patch[row, column, 0] - 9) / (inner - 9)
        }
        #expect(differ(found, wanted) < 0.003, "\(window)")
      }
      #expect(differ(found.last!, PixelWorker.depths(in: Self.picture, filler: colour) { _, _ in 0 }) < 1e-6)
    }
  }

  @Test("fills that depend on the picture arrive as pictures, in outlines of every kind")
  func fills() throws {
    let model = try PixelWorker.model()
    for fill in OccluderSamples.fills {
      for shape in [Occlusion.Shape.square, OccluderSamples.mask] {
        let occlusion = Occlusion(size: 60, shape: shape, fill: fill)
        let prepared = try model.prepare(Self.picture, box: nil, occlusion: occlusion)
        let filler: Picture =
          switch try occlusion.filler(in: Self.picture, box: nil) {
          case .picture(let picture): picture
          case .colour(let colour):
            Picture(
              width: 32, height: 32, red: UInt8(colour[0].rounded()), green: UInt8(colour[1].rounded()),
              blue: UInt8(colour[2].rounded()))
          }
        let grid = try #require(PositionRule(stride: 28).positions(of: occlusion, in: prepared.frame))
        let windows = (0..<grid.count).map { grid[$0].window }
        let coverage = occlusion.coverage(occlusion.extent(in: prepared.frame))
        for (window, found) in zip(windows, depths(try prepared.predict(at: windows))) {
          let wanted = PixelWorker.pixels.enumerated().map { joint, place in
            let (row, column) = place
            let isUnder = window.y.pixels.contains(row) && window.x.pixels.contains(column)
            let share = isUnder ? coverage.map { $0[row - window.y.start, column - window.x.start] } ?? 1 : 0
            let (own, other) = (Self.picture[column, row], filler[column, row])
            func sum(_ colour: (red: UInt8, green: UInt8, blue: UInt8)) -> Float {
              Float(colour.red) + Float(colour.green) + Float(colour.blue)
            }
            return (share * sum(other) + (1 - share) * sum(own)) / 765
          }
          #expect(differ(found, wanted) < 0.004, "\(occlusion.name) \(window)")
        }
      }
    }
  }

  @Test("two workers share the windows, and answers are in order") func pool() throws {
    try withTemporaryFolder { folder in
      let log = ["PIXEL_WORKER_LOG": folder + "/log", "PIXEL_WORKER_SECONDS": "0.002"]
      let model = try PixelWorker.model("", "", environment: log)
      #expect(model.concurrency == 4)
      let prepared = try model.prepare(Self.picture, box: nil, occlusion: Occlusion())
      let grid = try #require(PositionRule(stride: 14).positions(of: Occlusion(), in: prepared.frame))
      let windows = (0..<grid.count).map { grid[$0].window }
      let all = depths(try prepared.predict(at: windows))
      let parts = stride(from: 0, to: windows.count, by: 16).map { Array(windows[$0..<$0 + 16]) }
      let found = try Runner(workers: 4).map(parts.count) { try prepared.predict(at: parts[$0]).joints }
      #expect(depths(Predictions(joints: Tensor(stacking: try #require(found)))) == all)
      let processes = try String(contentsOfFile: folder + "/log", encoding: .utf8).split(separator: "\n")
        .map { $0.prefix { $0 != " " } }
      #expect(Set(processes).count == 2)
      for process in Set(processes) { #expect(processes.count { $0 == process } > 3) }
    }
  }

  @Test("where the network does not look it is not asked") func active() throws {
    try withTemporaryFolder { folder in
      let model = try PixelWorker.model("active", environment: ["PIXEL_WORKER_LOG": folder + "/log"])
      let prepared = try model.prepare(Self.picture, box: nil, occlusion: Occlusion(size: 28))
      let grid = try #require(PositionRule(stride: 28).positions(of: Occlusion(size: 28), in: prepared.frame))
      let windows = (0..<grid.count).map { grid[$0].window }
      let found = depths(try prepared.predict(at: windows))
      let clean = depths(try prepared.predict(at: [nil]))[0]
      var isOutside = 0
      for (window, found) in zip(windows, found)
      where window.x.pixels.upperBound <= 8 || window.x.pixels.lowerBound >= 24 {
        #expect(found == clean)
        isOutside += 1
      }
      #expect(isOutside > 10)
      let counts = try String(contentsOfFile: folder + "/log", encoding: .utf8).split(separator: "\n")
        .compactMap { Int($0.split(separator: " ")[1]) }
      // The unoccluded image is asked once for those that are not seen, and once when it is asked for.
      #expect(counts.reduce(0, +) == windows.count - isOutside + 2)
    }
  }

  @Test("what it gives besides is taken, maps with a sum of 1") func extras() throws {
    let model = try PixelWorker.model("extras")
    #expect(model.outputs == [.confidence, .uncertainty, .attention, .camera])
    let prepared = try model.prepare(Self.picture, box: nil, occlusion: Occlusion())
    let plain = try prepared.predict(at: [nil])
    #expect(plain.attention == nil && plain.confidence?.elements == [Float](repeating: 0.5, count: 12))
    #expect(plain.camera?.elements == [0.9, 0.1, -0.1] && plain.uncertainty?.shape == [1, 12])
    let maps = try #require(try prepared.predict(at: [nil], attention: true).attention)
    #expect(maps.shape == [1, 2, 3, 12] && maps.elements.allSatisfy { abs($0 - 1 / 6) < 1e-6 })
  }

  @Test("maps of another size than those before are refused") func mapSizes() throws {
    let prepared = try PixelWorker.model("maps:2").prepare(Self.picture, box: nil, occlusion: Occlusion())
    #expect(try prepared.predict(at: [nil], attention: true).attention?.shape == [1, 2, 3, 12])
    let error = #expect(throws: ModelError.self) {
      try prepared.predict(at: [window(y: 8, x: 8, size: 8, side: 32)], attention: true)
    }
    #expect(error?.kind == .badData && error?.description.contains("attention of 3 × 3") == true)
  }

  @Test("a box that makes no sense is refused before the worker is asked")
  func boxes() throws {
    let model = try PixelWorker.model()
    for box in [
      Box(x: 0, y: 0, width: 0, height: 0), Box(x: 0, y: 0, width: .nan, height: 9),
      Box(x: 0, y: 0, width: 1e30, height: 1e30), Box(x: 0, y: 0, width: .infinity, height: 9),
    ] {
      let error = #expect(throws: PictureError.self) {
        try model.prepare(Self.picture, box: box, occlusion: Occlusion(fill: .blur(10)))
      }
      #expect(error?.kind == .badBox)
    }
  }

  @Test("an input whose pixels are far too small or too large for the person is refused") func scales() throws
  {
    for (fault, shape, words) in [
      ("tiny", Occlusion.Shape.disc, "8192 × 8192"), ("coarse", .square, "less than a pixel"),
    ] {
      let error = #expect(throws: ModelError.self) {
        try PixelWorker.model(fault).prepare(
          Self.picture, box: nil, occlusion: Occlusion(shape: shape))
      }
      #expect(error?.kind == .badData && error?.description.contains(words) == true)
    }
  }

  @Test("joints of any names make a skeleton") func names() throws {
    let skeleton = try PixelWorker.model("names").skeleton
    #expect(skeleton.joints.prefix(3) == ["left_hip", "right_hip", "nose"] && skeleton.count == 12)
    #expect(skeleton.root == ["left_hip", "right_hip"] && skeleton.mirror == [["left_hip", "right_hip"]])
    #expect(skeleton.name.hasPrefix("joints12-"))
  }

  @Test("somebody who is not found is a whole row of no numbers") func misses() throws {
    let prepared = try PixelWorker.model("miss").prepare(Self.picture, box: nil, occlusion: Occlusion())
    let top = window(y: 0, x: 0, size: 6, side: 32), bottom = window(y: 20, x: 4, size: 6, side: 32)
    let found = depths(try prepared.predict(at: [top, bottom]))
    #expect(found[0].allSatisfy(\.isNaN) && found[1].allSatisfy(\.isFinite))
  }

  struct Fault: Sendable, CustomTestStringConvertible {
    let name: String, kind: ModelError.Kind, words: [String]
    var testDescription: String { name }

    init(_ name: String, _ kind: ModelError.Kind, _ words: String...) {
      (self.name, self.kind, self.words) = (name, kind, words)
    }
  }

  static let faults: [Fault] = [
    Fault("version", .badData, "penumbra-worker/2", "penumbra-worker/1"), Fault("body", .badData, "smplx"),
    Fault("size", .badData, "size of its input"),
    Fault("die", .unavailable, "signal 9", "No more of this."),
    Fault("leave", .unavailable, "exit code 3", "RuntimeError: out of luck"),
    Fault("fail", .unavailable, "ValueError: nothing to see"),
    Fault("memory", .unavailable, "out of memory", "batch"),
    Fault("rubbish", .badData, "'Loading '", "standard output"),
    Fault("cut", .unavailable, "in the middle of a message"),
    Fault("infinite", .badData, "joints", "infinite"),
    Fault("part", .badData, "part of a row"), Fault("shape", .badData, "[2, 36]", "[2, 12, 3]"),
    Fault("nothing", .badData, "no joints"), Fault("extra-shape", .badData, "uncertainty", "11"),
    Fault("id", .badData, "another", "id"), Fault("number", .badData, "number"),
    Fault("word", .badData, "'opened', not 'told'"),
  ]

  @Test("what goes wrong is one line that says why", arguments: faults) func wrong(fault: Fault) throws {
    let error = #expect(throws: ModelError.self) {
      let prepared = try PixelWorker.model(fault.name).prepare(Self.picture, box: nil, occlusion: Occlusion())
      _ = try prepared.predict(at: [
        window(y: 8, x: 8, size: 8, side: 32), window(y: 0, x: 8, size: 8, side: 32),
      ])
    }
    #expect(error?.kind == fault.kind)
    let line = error?.description ?? ""
    #expect(line.hasPrefix("pixels: ") && !line.contains("\n"))
    for words in fault.words { #expect(line.contains(words), "\(line)") }
  }

  @Test("a worker that does not answer is ended", arguments: ["silent", "hang"]) func hangs(fault: String)
    throws
  {
    let start = ContinuousClock.now
    let error = #expect(throws: ModelError.self) {
      let model = try PixelWorker.model(fault, patience: 1)
      _ = try model.prepare(Self.picture, box: nil, occlusion: Occlusion()).predict(at: [nil])
    }
    #expect(error?.kind == .unavailable && error?.description.contains("--worker-timeout") == true)
    #expect(ContinuousClock.now - start < .seconds(30))
  }

  @Test("workers of one model must be of one network; a picture it does not take is bad data") func mismatch()
    throws
  {
    let error = #expect(throws: ModelError.self) { try PixelWorker.model("", "another") }
    #expect(error?.kind == .badData && error?.description.contains("different networks") == true)
    let refused = #expect(throws: ModelError.self) {
      try PixelWorker.model().prepare(
        DummyModel.picture(width: 8, height: 9), box: nil, occlusion: Occlusion())
    }
    #expect(refused?.kind == .badData && refused?.description.contains("9 by 8") == true)
    #expect(throws: ModelError.self) {
      try WorkerModel(
        label: "x", commands: ["no-such-program-anywhere"],
        body: SMPLBody(contentsOf: fixture("body_1000.npz")))
    }
  }

  @Test("the fingerprint is that of the worker, whatever its label") func fingerprint() throws {
    let (a, b) = (try PixelWorker.model(label: "a"), try PixelWorker.model(label: nil))
    #expect(a.identity.fingerprint == b.identity.fingerprint && b.identity.label == "pixels")
    #expect(a.identity.fingerprint != (try PixelWorker.model("another")).identity.fingerprint)
  }
}
