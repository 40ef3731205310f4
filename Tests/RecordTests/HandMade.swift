import Bodies
import Models
import Records
import TestSupport
import Tensors
import Testing

/// Records of made-up errors: the error of joint j at position p is `(base + p + j) / 1000` metres.
enum HandMade {
  static let frame = PictureFrame(side: 14, x: 3, y: 5, width: 28, height: 28)

  static func settings(
    label: String = "a", truth: Bool = true, picture: String = "1", stride: Int = 80, body: String? = "b"
  ) -> RecordSettings {
    RecordSettings(
      model: ModelIdentity(label: label, name: label, fingerprint: label, kind: "pooled"),
      picture: SourceFile(name: "person.png", fingerprint: picture), crop: "spin", frame: frame,
      body: body.map { SourceFile(name: "body.npz", fingerprint: $0) },
      truth: truth ? SourceFile(name: "person.json", fingerprint: "t") : nil, skeleton: "smpl24",
      measured: "smpl24", occlusion: Occlusion(size: 80), positions: PositionRule(stride: stride))
  }

  static func record(
    label: String = "a", base: Float = 10, clean: Float = 5, truth: Bool = true,
    visibility: [Visibility]? = (0..<24).map { $0 < 6 ? .visible : .selfOccluded }, picture: String = "1",
    stride: Int = 80, body: String? = "b"
  ) -> SweepRecord {
    let settings = settings(label: label, truth: truth, picture: picture, stride: stride, body: body)
    let positions = settings.positions.positions(of: settings.occlusion, in: settings.frame)!
    var mask = Tensor([14, 14])
    for y in 5..<10 { for x in 0..<14 { mask[y, x] = 1 } }  // the middle row of positions
    return SweepRecord(
      settings: settings,
      notes: RecordNotes(visibility: visibility, maskOf: .groundTruth, skeletons: [.smpl24]),
      positions: positions, skeleton: .smpl24, measured: .smpl24,
      results: results(positions.count) { (base + Float($0 + $1)) / 1000 },
      clean: results(1) { _, joint in truth ? (clean + Float(joint)) / 1000 : 0 },
      context: RecordContext(
        truthJoints: truth ? Tensor([24, 3]) : nil, bodyMask: mask,
        picture: .init(side: 1, bytes: [0, 0, 0])))
  }

  /// Errors of SMPL's joints; the aligned ones are half as large.
  static func results(_ positions: Int, _ error: (_ position: Int, _ joint: Int) -> Float) -> PositionResults
  {
    let errors = Tensor([positions, 24], (0..<positions * 24).map { error($0 / 24, $0 % 24) })
    return PositionResults([
      .joints: Tensor([positions, 24, 3]), .error: errors, .alignedError: errors.map { $0 / 2 },
      .rotations: Tensor([positions, 24, 3, 3]), .betas: Tensor([positions, 10]),
      .camera: Tensor([positions, 3]),
    ])
  }

  /// Numbers that differ from each other and are exact in 32 bits.
  static func numbers(_ shape: [Int], from first: Float = 0) -> Tensor {
    Tensor(shape, (0..<shape.reduce(1, *)).map { first + Float($0) / 64 })
  }

  /// A record of the dummy's joints with every array, note and setting that there is.
  ///
  /// - Parameter isOther: whether errors are measured over other joints than the predicted ones.
  static func full(isOther: Bool = false) throws -> SweepRecord {
    let (predicted, n) = (DummyModel.skeleton, 6)
    let measured = isOther ? try Skeleton(name: "hands", joints: ["left_hand", "right_hand"]) : predicted
    let occlusion = Occlusion(size: 50, shape: .rectangle(aspect: 1.5), fill: .value(0.25))
    let rule = PositionRule(.corner, stride: 60, region: [0, 0, 28, 20])
    let positions = rule.positions(of: occlusion, in: frame)!
    precondition(positions.shape == [2, 3])
    func results(_ n: Int, from first: Float) -> PositionResults {
      PositionResults([
        .joints: numbers([n, 5, 3], from: first), .error: numbers([n, measured.count], from: first + 1),
        .alignedError: numbers([n, measured.count], from: first + 2),
        .rotations: numbers([n, 24, 3, 3], from: first + 3), .betas: numbers([n, 10], from: first + 4),
        .camera: numbers([n, 3], from: first + 5), .confidence: numbers([n, 5], from: first + 6),
        .uncertainty: numbers([n, 5], from: first + 7),
      ])
    }
    var notes = RecordNotes(
      penumbra: "9.9", kernels: "AVX-512; oneDNN", processor: "A processor, family 25",
      command: "penumbra 'a b'",
      convolutions: "winograd",
      deviation: .init(meanMillimetres: 0.25, maximumMillimetres: 1.5, positions: 8),
      visibility: measured.joints.indices.map { $0 == 1 ? .hiddenByObject : .visible },
      maskOf: .groundTruth, pictureSize: [40, 30], seed: 7,
      skeletons: isOther ? [predicted, measured] : [predicted])
    notes.interpolation = .init(computed: 4, meanMillimetres: 1.25, standardErrorMillimetres: 0.5, checked: 3)
    return SweepRecord(
      settings: RecordSettings(
        model: ModelIdentity(label: "full", name: "full.onnx", fingerprint: "f", kind: "dummy"),
        picture: SourceFile(name: "person.png", fingerprint: "1"), box: [3, 5, 28.5, 20], crop: "own",
        frame: frame, truth: SourceFile(name: "truth.json", fingerprint: "t"), skeleton: predicted.name,
        measured: measured.name, occlusion: occlusion, positions: rule),
      notes: notes, positions: positions, skeleton: predicted, measured: measured,
      results: results(n, from: 10), clean: results(1, from: -3),
      context: RecordContext(
        truthJoints: numbers([measured.count, 3], from: 0.5),
        truthBody: (numbers([24, 3, 3], from: 2), numbers([10], from: 3)), truthCamera: numbers([3], from: 4),
        bodyMask: Tensor([14, 14], (0..<196).map { Float($0 % 2) }),
        picture: .init(side: 4, bytes: (0..<48).map { UInt8($0 * 5) }),
        cleanAttention: numbers([2, 3, 5], from: 5), cleanSurface: numbers([3, 2, 7], from: 6)))
  }
}

extension SweepRecord {
  func replacingError(_ error: Tensor) -> SweepRecord {
    var record = self
    record.results = PositionResults(
      results.arrays.merging([.error: error, .alignedError: error]) { _, new in new })
    return record
  }
}

/// Records an issue unless two records agree in everything, their arrays to the bit.
func expectEqual(_ a: SweepRecord, _ b: SweepRecord) {
  #expect(a.settings == b.settings && a.notes == b.notes && a.positions == b.positions)
  #expect(a.skeleton == b.skeleton && a.measured == b.measured)
  for (a, b) in [(a.results, b.results), (a.clean, b.clean)] {
    #expect(Set(a.arrays.keys) == Set(b.arrays.keys))
    for array in PositionArray.all { #expect(a[array] == b[array], "\(array.name)") }
  }
  let (old, new) = (a.context, b.context)
  #expect(old.truthJoints == new.truthJoints && old.truthCamera == new.truthCamera)
  #expect(old.truthBody?.rotations == new.truthBody?.rotations)
  #expect(old.truthBody?.betas == new.truthBody?.betas)
  #expect(old.bodyMask == new.bodyMask && old.picture == new.picture)
  #expect(old.cleanAttention == new.cleanAttention && a.worstAttention == b.worstAttention)
  #expect(old.cleanSurface == new.cleanSurface && a.worstSurface == b.worstSurface)
  #expect(a.missingPositions == b.missingPositions)
}
