import Bodies
import Evaluation
import Models
import Records
import Tensors
import Testing

@Suite("Sensitivity over a dataset") struct DatasetSensitivityTests {
  private static let skeleton = Skeleton.h36m14
  private static let frame = PictureFrame(wholeOf: 224)
  private static let rule = PositionRule(stride: 112)

  /// A record of four positions; joint j errs by `clean + j` millimetres, and by `rise` more times the position's number.
  private static func record(
    clean: Float, rise: Float, isAligned: Bool = true, rule: PositionRule = rule
  ) -> SweepRecord {
    let occlusion = Occlusion()
    let positions = rule.positions(of: occlusion, in: frame)!
    func results(_ positions: Int, _ rise: Float) -> PositionResults {
      let errors = (0..<positions).flatMap { position in
        (0..<skeleton.count).map { (clean + Float($0) + rise * Float(position)) / 1000 }
      }
      let tensor = Tensor([positions, skeleton.count], errors)
      return PositionResults(
        isAligned ? [.error: tensor, .alignedError: tensor.map { $0 / 2 }] : [.error: tensor])
    }
    let settings = RecordSettings(
      model: ModelIdentity(label: "net", name: "net", fingerprint: "1", kind: "dummy"),
      picture: SourceFile(name: "a.png", fingerprint: "2"), crop: "spin", frame: frame, skeleton: nil,
      measured: skeleton.name, occlusion: occlusion, positions: rule)
    return SweepRecord(
      settings: settings, notes: RecordNotes(skeletons: [skeleton]), positions: positions, skeleton: nil,
      measured: skeleton, results: results(positions.count, rise), clean: results(1, 0),
      context: RecordContext())
  }

  @Test("means and maxima are taken over positions, then over pictures") func means() throws {
    // Pictures of 10 and 30 mm; four positions add 0, 1, 2, 3 and 0, 3, 6, 9 mm.
    var sum = DatasetSensitivity(like: Self.record(clean: 10, rise: 1))
    sum.add(Self.record(clean: 10, rise: 1))
    sum.add(Self.record(clean: 30, rise: 3))
    #expect(sum.count == 2 && sum.network == "net")
    let first = sum.joints[0]
    #expect(first.joint == Self.skeleton.joints[0])
    #expect(abs(first.cleanMillimetres - 20) < 1e-3)
    #expect(abs(first.meanMillimetres - 23) < 1e-3)
    #expect(abs(first.worstMillimetres - 26) < 1e-3)
    // Worst positions of 13 and 39 mm.
    #expect(abs(first.worstDeviationMillimetres - 13) < 1e-3)
    let map = sum.meanMap
    #expect(map.shape == [2, 2, Self.skeleton.count])
    #expect(abs(map[1, 1, 0] - 0.026) < 1e-6 && abs(map[0, 0, 13] - 0.033) < 1e-6)
    #expect(abs(sum.all.cleanMillimetres - 26.5) < 1e-3)
  }

  @Test("a position counts in the pictures in which somebody was found there") func misses() throws {
    func missing(_ record: SweepRecord, _ positions: Set<Int>) -> SweepRecord {
      var record = record
      record.results = PositionResults(
        record.results.arrays.mapValues { tensor in
          Tensor(
            tensor.shape,
            tensor.elements.enumerated().map { positions.contains($0 / Self.skeleton.count) ? .nan : $1 })
        })
      return record
    }
    let first = Self.record(clean: 10, rise: 1)
    var sum = DatasetSensitivity(like: first)
    sum.add(missing(first, [1, 3]))
    sum.add(missing(Self.record(clean: 30, rise: 3), [3]))
    #expect(sum.missMap == Tensor([2, 2], [0, 0.5, 0, 1]) && sum.missedShare == 3 / 8)
    // Position 1 is that of the second picture alone, position 3 has no number.
    #expect(abs(sum.meanMap[0, 1, 0] - 0.033) < 1e-6 && sum.meanMap[1, 1, 0].isNaN)
    #expect(abs(sum.meanMap[0, 0, 0] - 0.020) < 1e-6)
    // Means over positions 0 and 2, and over 0, 1 and 2.
    #expect(abs(sum.joints[0].meanMillimetres - (11 + 33) / 2) < 1e-3)
    sum.add(missing(first, [0, 1, 2, 3]))
    #expect(abs(sum.joints[0].meanMillimetres - (11 + 33) / 2) < 1e-3 && sum.count == 3)
    #expect(sum.arrays.contains { $0.0 == "miss_map" && $0.1.shape == [2, 2] })
  }

  @Test("pictures with positions of their own have means, and no map") func otherPositions() throws {
    var sum = DatasetSensitivity(like: Self.record(clean: 10, rise: 1))
    sum.add(Self.record(clean: 10, rise: 1))
    #expect(sum.hasMaps)
    // Two positions add 0 and 3 mm.
    let two = PositionRule(stride: 112, region: [0, 0, 224, 50])
    let other = Self.record(clean: 30, rise: 3, rule: two)
    #expect(sum.isAlike(other) && other.positions.count == 2)
    sum.add(other)
    #expect(!sum.hasMaps && sum.count == 2)
    #expect(abs(sum.joints[0].meanMillimetres - (11.5 + 31.5) / 2) < 1e-3)
    #expect(abs(sum.joints[0].worstMillimetres - 23) < 1e-3)
    #expect(!sum.arrays.contains { $0.0 == "mean_map" } && sum.arrays.contains { $0.0 == "worst_mpjpe" })
  }

  @Test("groups hold left and right of the skeleton's own list") func groups() throws {
    var sum = DatasetSensitivity(like: Self.record(clean: 10, rise: 1))
    sum.add(Self.record(clean: 10, rise: 1))
    #expect(sum.groups.map(\.joint) == ["ankle", "knee", "hip", "wrist", "elbow", "shoulder", "head"])
    // Human3.6M's right and left ankle are joints 0 and 5.
    let ankle = try #require(sum.groups.first)
    #expect(abs(ankle.cleanMillimetres - 12.5) < 1e-3)
  }

  @Test("a group's maximum is that of its mean: left and right may have theirs at different positions")
  func opposed() throws {
    var record = Self.record(clean: 10, rise: 0)
    var errors = record.results.error
    // Human3.6M's right and left ankle, 100 mm each at positions of their own.
    (errors[1, 0], errors[2, 5]) = (0.1, 0.1)
    record.results = PositionResults([.error: errors, .alignedError: errors])
    var sum = DatasetSensitivity(like: record)
    sum.add(record)
    let ankle = try #require(sum.groups.first)
    #expect(abs(ankle.worstMillimetres - (100 + 15) / 2) < 1e-3, "\(ankle.worstMillimetres)")
    #expect(sum.joints[0].worstMillimetres == 100 && sum.joints[5].worstMillimetres == 100)
    let means = (0..<4).map { position in (0..<14).reduce(Float(0)) { $0 + errors[position, $1] } / 14 }
    #expect(abs(sum.all.worstMillimetres - 1000 * means.max()!) < 1e-3)
    let arrays = Dictionary(uniqueKeysWithValues: sum.arrays)
    #expect(arrays["worst_mpjpe"]?.elements == [means.max()!])
    #expect(arrays["pa_worst_mpjpe"]?.shape == [1])
    #expect(!sum.worstIsLowerLimit)
    record.settings.tolerance = 2
    sum.add(record)
    #expect(sum.worstIsLowerLimit)
  }

  @Test("aligned errors are written where every record has them") func aligned() throws {
    for isAligned in [true, false] {
      let record = Self.record(clean: 10, rise: 1, isAligned: isAligned)
      var sum = DatasetSensitivity(like: record)
      sum.add(record)
      let arrays = Dictionary(uniqueKeysWithValues: sum.arrays)
      #expect((arrays["pa_mean"] != nil) == isAligned)
      #expect(arrays["mean"]?.shape == [1, Self.skeleton.count])
      if isAligned { #expect(try abs(#require(arrays["pa_clean"])[0, 0] - 0.005) < 1e-6) }
    }
  }
}
