import Bodies
public import Models
import Records
import Pictures
import Tensors

/// What a network does with one picture, measured to find mistakes in how it is run: units, axes, order, batches, speed.
///
///     let check = try ModelCheck(model, on: input)
///     for finding in check.findings { print(finding.topic, finding.verdict) }
public struct ModelCheck: Sendable {
  /// What a finding is about.
  public enum Topic: String, Codable, CaseIterable, Sendable {
    /// What was answered makes sense at all, and somebody was found.
    case found
    /// The input as a picture against the part of the picture that it is said to show.
    case place, channels
    /// The same question twice; in another batch; in another order.
    case determinism, batches, order
    /// Whether an occluder over everything, and one over the person, reaches the network.
    case occluder
    /// Whether the mirrored picture gives the mirrored pose.
    case mirror
    /// Bone lengths, up and down, left and right.
    case units, axes, handedness
    /// The joints by name, and what poses are aligned at.
    case names, root
    /// SMPL's rotations, the camera's projection, maps of attention, uncertainty and confidence.
    case rotations, camera, attention, uncertainty
    /// What tells whether the network has changed.
    case fingerprint
    /// How fast it is.
    case speed
    /// How much memory its process takes.
    case memory
  }

  /// Whether something is as it should be.
  public enum Verdict: String, Codable, Sendable {
    case right, doubtful, wrong
    /// It could not be looked at.
    case unknown
  }

  /// One thing that was looked at.
  public struct Finding: Codable, Sendable {
    /// What it is about.
    public let topic: Topic
    /// Whether it is as it should be.
    public let verdict: Verdict
    /// What was measured, by names that end in their unit.
    public let values: [String: Double]
    /// Names that belong to it, such as those of joints.
    public let names: [String]

    init(_ topic: Topic, _ verdict: Verdict, _ values: [String: Double] = [:], names: [String] = []) {
      (self.topic, self.verdict, self.values, self.names) = (topic, verdict, values, names)
    }
  }

  /// The network.
  public let model: any PoseModel
  /// The picture.
  public let input: PictureInput
  /// What the network sees of it.
  public let prepared: any PreparedPicture
  /// What it predicts on it.
  public let clean: Predictions
  /// What was found, in the order of ``Topic``.
  public private(set) var findings: [Finding] = []

  /// Asks a network about a picture, some hundred windows.
  ///
  /// - Throws: an error of the model or the picture.
  public init(_ model: any PoseModel, on input: PictureInput) throws {
    (self.model, self.input) = (model, input)
    let occlusion = Occlusion()
    prepared = try input.prepared(for: model, occlusion: occlusion)
    clean = try prepared.predict(at: [nil], attention: true)
    let isFound = clean.joints.elements.allSatisfy { !$0.isNaN }
    findings.append(Finding(.found, isFound ? .right : .wrong))
    checkInput()
    guard isFound else { return }
    let positions = PositionRule(stride: 28).positions(of: occlusion, in: prepared.frame)
    let windows = positions.map { grid in (0..<grid.count).map { grid[$0].window } } ?? []
    try checkAnswers(windows)
    try checkOccluder(windows)
    try checkMirror()
    let points = clean.joints.points
    let named = Dictionary(uniqueKeysWithValues: zip(model.skeleton.joints, points))
    checkBody(named)
    checkNames()
    checkOutputs(points)
    findings.append(
      Finding(.fingerprint, model.identity.fingerprint.hasPrefix("worker-program-") ? .doubtful : .right))
    try checkSpeed(windows)
    let order = Dictionary(uniqueKeysWithValues: Topic.allCases.enumerated().map { ($1, $0) })
    findings.sort { order[$0.topic]! < order[$1.topic]! }
  }

  // MARK: What goes in

  /// Compares what the network saw with the part of the picture that it is said to be.
  private mutating func checkInput() {
    guard let shown = prepared.shown else {
      findings += [Finding(.place, .unknown), Finding(.channels, .unknown)]
      return
    }
    let samples = prepared.samplesOfInput(shown, of: input.picture)
    func correlation(_ a: Int, _ b: Int) -> Double {
      let found = Correlation.pearson(samples.map { $0.shown[a] }, samples.map { $0.picture[b] })
      return found.isNaN ? 0 : found
    }
    let straight = (0..<3).map { correlation($0, $0) }.reduce(0, +) / 3
    let swapped = (0..<3).map { correlation($0, 2 - $0) }.reduce(0, +) / 3
    let best = max(straight, swapped)
    let turned = prepared.samplesOfInput(shown.mirrored, of: input.picture)
    let mirrored =
      (0..<3).map { channel in
        Correlation.pearson(turned.map { $0.shown[channel] }, turned.map { $0.picture[channel] })
      }.reduce(0, +) / 3
    let isMirrored = mirrored > best + 0.05
    findings.append(
      Finding(
        .place, isMirrored ? .wrong : best > 0.9 ? .right : best > 0.6 ? .doubtful : .wrong,
        ["correlation": best],
        names: isMirrored ? ["mirrored"] : []))
    // Of a gray picture nothing can be said.
    let isTold = abs(straight - swapped) > 0.002
    findings.append(
      Finding(
        .channels, best <= 0.6 || !isTold ? .unknown : straight > swapped ? .right : .wrong,
        ["rgb": straight, "bgr": swapped]))
  }

  // MARK: What comes out

  /// The same windows again, one at a time, and backward.
  private mutating func checkAnswers(_ windows: [Window]) throws {
    let again = try prepared.predict(at: [nil]).joints
    func verdict(_ millimetres: Double) -> Verdict {
      millimetres < 0.1 ? .right : millimetres < 5 ? .doubtful : .wrong
    }
    let repeated = Self.largestDistance(clean.joints, again)
    findings.append(Finding(.determinism, verdict(repeated), ["largest_mm": repeated]))
    let asked = Array(windows.prefix(20))
    guard asked.count > 1 else { return }
    let together = try prepared.predict(at: asked).joints
    let few = Array(asked.prefix(6))
    let alone = Tensor(stacking: try few.map { try prepared.predict(at: [$0]).joints })
    let apart = Self.largestDistance(together.rows(0..<few.count), alone)
    findings.append(Finding(.batches, verdict(apart - repeated), ["largest_mm": apart]))
    let backward = try prepared.predict(at: asked.reversed()).joints
    let turned = Tensor(stacking: asked.indices.reversed().map { backward.rows($0..<$0 + 1) })
    let disorder = Self.largestDistance(together, turned)
    // Where a row depends on its batch, nothing can be said of the order.
    let isTold = verdict(apart - repeated) == .right || disorder > 4 * apart
    findings.append(
      Finding(.order, isTold ? verdict(disorder - repeated) : .unknown, ["largest_mm": disorder]))
  }

  /// The largest distance of joints, each relative to the first, millimetres.
  private static func largestDistance(_ a: Tensor, _ b: Tensor) -> Double {
    let joints = a.shape[1]
    let (a, b) = (a.points, b.points)
    return a.indices.reduce(0.0) { largest, index in
      let first = index / joints * joints
      let apart = (a[index] - a[first]) - (b[index] - b[first])
      let distance = (apart * apart).sum().squareRoot()
      // Found once and missed once differs more than any distance.
      return distance.isNaN
        ? (a[index].x.isNaN == b[index].x.isNaN ? largest : .infinity) : max(largest, Double(distance))
    } * 1000
  }

  /// An occluder over the whole frame, and the mean of those over windows.
  private mutating func checkOccluder(_ windows: [Window]) throws {
    let side = prepared.frame.side
    let all = Span(pixels: 0..<side, centre: Float(side) / 2, start: 0)
    let whole = try input.prepared(for: model, occlusion: Occlusion(size: Occlusion.referenceSide))
      .predict(at: [Window(y: all, x: all)]).joints
    let moved = Self.largestDistance(clean.joints, whole)
    let under = try prepared.predict(at: windows).joints
    let missed = windows.indices.count { under.rows($0..<$0 + 1).elements.contains { $0.isNaN } }
    let distances = windows.indices.map { Self.largestDistance(clean.joints, under.rows($0..<$0 + 1)) }
      .filter(\.isFinite)
    findings.append(
      Finding(
        .occluder, moved > 1 || moved.isInfinite ? .right : .wrong,
        [
          "everything_hidden_mm": moved.isFinite ? moved : -1, "largest_mm": distances.max() ?? 0,
          "windows": Double(windows.count), "missed": Double(missed),
        ]))
  }

  /// The mirrored picture: left and right change places.
  private mutating func checkMirror() throws {
    let box = input.box.map { box in
      Box(x: Double(input.picture.width) - box.x - box.width, y: box.y, width: box.width, height: box.height)
    }
    let mirrored = try model.prepare(input.picture.mirrored, box: box, occlusion: Occlusion())
      .predict(at: [nil]).joints
    let skeleton = model.skeleton
    guard !skeleton.mirror.isEmpty, mirrored.elements.allSatisfy({ !$0.isNaN }) else {
      findings.append(Finding(.mirror, .unknown))
      return
    }
    let swap = Dictionary(uniqueKeysWithValues: skeleton.mirror.flatMap { [($0[0], $0[1]), ($0[1], $0[0])] })
    let (own, other) = (clean.joints.points, mirrored.points)
    func distance(_ partner: (String) -> String) -> Double {
      let reflected = skeleton.joints.map { name -> Point in
        let point = own[skeleton.index(of: partner(name)) ?? 0]
        return Point(-point.x, point.y, point.z)
      }
      return Double(JointErrors(of: other, from: reflected, in: skeleton).mean) * 1000
    }
    let right = distance { swap[$0] ?? $0 }, wrong = distance { $0 }
    findings.append(
      Finding(
        .mirror, right <= wrong ? .right : .doubtful, ["mean_mm": right, "without_swap_mm": wrong]))
  }

  /// A few batches, after one to warm up.
  private mutating func checkSpeed(_ windows: [Window]) throws {
    guard !windows.isEmpty else { return }
    let batch = model.batch(within: 1e9, workers: 1) ?? 1
    let threads = model.concurrency ?? 1
    let asked = (0..<batch).map { windows[$0 % windows.count] }
    let clock = ContinuousClock()
    _ = try prepared.predict(at: asked)
    let start = clock.now
    var count = 0
    repeat {
      let prepared = prepared
      _ = try Runner(workers: threads).run(2 * threads) { _ in
        _ = try prepared.predict(at: asked)
        return 1
      }
      count += 2 * threads * batch
    } while (clock.now - start).seconds < 1
    let rate = Double(count) / (clock.now - start).seconds
    findings.append(
      Finding(
        .speed, .right,
        [
          "positions_per_second": rate, "batch": Double(batch), "stride_4_s": 3136 / rate,
          "every_pixel_s": 50_176 / rate,
        ]))
    findings.append(
      Finding(
        .memory, .right,
        model.peakMegabytes.map { ["worker_mb": $0] } ?? ["own_mb": ProcessMemory.peakMegabytes]))
  }

  mutating func add(_ finding: Finding) { findings.append(finding) }
}

extension PreparedPicture {
  /// Colours of what the network saw and of the picture there, on a grid, where both are known.
  fileprivate func samplesOfInput(
    _ shown: Picture, of picture: Picture
  ) -> [(shown: [Double], picture: [Double])] {
    let count = 48
    return (0..<count * count).compactMap { index in
      let x = (Float(index % count) + 0.5) / Float(count), y = (Float(index / count) + 0.5) / Float(count)
      let place = picturePlace(x: Double(x), y: Double(y))
      let (column, row) = (Int(bounded: place.x, .down), Int(bounded: place.y, .down))
      guard (0..<picture.width).contains(column), (0..<picture.height).contains(row) else { return nil }
      func colour(_ picture: Picture, _ row: Int, _ column: Int) -> [Double] {
        (0..<3).map { Double(picture.pixels[(row * picture.width + column) * 3 + $0]) }
      }
      return (
        colour(shown, Int(y * Float(shown.height)), Int(x * Float(shown.width))), colour(picture, row, column)
      )
    }
  }
}
