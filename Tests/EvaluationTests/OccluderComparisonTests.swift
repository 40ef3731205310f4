import Bodies
import Evaluation
import Models
import Records
import Tensors
import Testing

@Suite("Occluders compared") struct OccluderComparisonTests {
  private static let skeleton = Skeleton.h36m14
  private static let frame = PictureFrame(wholeOf: 224)
  private static let rule = PositionRule(stride: 112)

  /// A record of four positions whose joints all err by `clean` millimetres, and by `rise` more times the position's number.
  private func record(
    of network: String = "net", _ occlusion: Occlusion, picture: Int, clean: Float = 100, rise: Float,
    truth: Bool = true
  ) -> SweepRecord {
    let positions = Self.rule.positions(of: occlusion, in: Self.frame)!
    func results(_ count: Int, _ rise: Float) -> PositionResults {
      let errors = (0..<count).flatMap { position in
        Self.skeleton.joints.map { _ in (clean + rise * Float(position)) / 1000 }
      }
      return PositionResults([.error: Tensor([count, Self.skeleton.count], errors)])
    }
    let settings = RecordSettings(
      model: ModelIdentity(label: network, name: network, fingerprint: "1", kind: "dummy"),
      picture: SourceFile(name: "\(picture).png", fingerprint: "\(picture)"), crop: "spin", frame: Self.frame,
      truth: truth ? SourceFile(name: "truth", fingerprint: "3") : nil, skeleton: nil,
      measured: Self.skeleton.name, occlusion: occlusion, positions: Self.rule)
    return SweepRecord(
      settings: settings, notes: RecordNotes(skeletons: [Self.skeleton]), positions: positions, skeleton: nil,
      measured: Self.skeleton, results: results(positions.count, rise), clean: results(1, 0),
      context: RecordContext())
  }

  private static let small = Occlusion(size: 20), large = Occlusion(size: 80, fill: .blur(10))

  /// Two networks, three pictures, two occlusions; the second network errs twice as much more.
  private func records() -> [SweepRecord] {
    var records: [SweepRecord] = []
    for picture in 1...3 {
      for network in ["a", "b"] {
        for occlusion in [Self.small, Self.large] {
          let factor: Float = (network == "b" ? 2 : 1) * (occlusion == Self.large ? 4 : 1)
          records.append(
            record(
              of: network, occlusion, picture: picture, clean: Float(50 * picture),
              rise: factor * Float(picture)))
        }
      }
    }
    return records
  }

  @Test("means are of what the occluder adds, over the same pictures, with paired differences") func means()
    throws
  {
    let comparison = try #require(OccluderComparison(records()))
    #expect(comparison.networks == ["a", "b"] && comparison.occlusions == [Self.small, Self.large])
    #expect(comparison.pictures == 3 && comparison.leftOut == 0 && comparison.hasTruth)
    // Four positions add 0 to 3 times the rise, 1.5 times on average; rises are 1, 2, 3.
    let (small, large) = (comparison.entries(of: "a")[0], comparison.entries(of: "a")[1])
    #expect(abs(small.mean.mean - 3) < 1e-3 && abs(small.worst.mean - 6) < 1e-3 && small.difference == nil)
    #expect(abs(large.mean.mean - 12) < 1e-3 && abs(large.worst.mean - 24) < 1e-3)
    let difference = try #require(large.difference)
    #expect(abs(difference.mean - 9) < 1e-3 && difference.low > 4.4 && difference.high < 13.6)
    #expect(difference.low < difference.mean && difference.mean < difference.high)
    #expect(abs(comparison.entries(of: "b")[1].mean.mean - 24) < 1e-3)
  }

  @Test("only pictures that were swept under all occlusions by all networks count") func leftOut() throws {
    let some = Array(records().dropLast())
    let comparison = try #require(OccluderComparison(some))
    #expect(comparison.pictures == 2 && comparison.leftOut == 1)
    #expect(abs(comparison.entries(of: "a")[0].mean.mean - 2.25) < 1e-3)
    #expect(OccluderComparison(records().filter { $0.settings.occlusion == Self.small }) == nil)
    #expect(
      OccluderComparison([
        record(Self.small, picture: 1, rise: 1), record(Self.large, picture: 2, rise: 1),
      ]) == nil)
  }

  @Test("without ground truth numbers are displacements") func displacement() throws {
    let comparison = try #require(
      OccluderComparison([
        record(Self.small, picture: 1, clean: 0, rise: 2, truth: false),
        record(Self.large, picture: 1, clean: 0, rise: 4, truth: false),
      ]))
    #expect(
      !comparison.hasTruth && comparison.entries.count == 2)
    for (entry, wanted) in zip(comparison.entries, [3.0, 6.0]) {
      #expect(abs(entry.mean.mean - wanted) < 1e-3)
    }
  }

  @Test("the means of a set of pictures give the same comparison as its records") func sets() throws {
    let records = records()
    var sums: [DatasetSensitivity] = []
    for record in records {
      if let known = sums.firstIndex(where: {
        $0.network == record.settings.model.label && $0.settings.occlusion == record.settings.occlusion
      }) {
        sums[known].add(record)
      } else {
        var sum = DatasetSensitivity(like: record)
        sum.add(record)
        sums.append(sum)
      }
    }
    let (whole, set) = (try #require(OccluderComparison(records)), try #require(OccluderComparison(sums)))
    #expect(set.networks == whole.networks && set.occlusions == whole.occlusions && set.pictures == 3)
    for (a, b) in zip(set.entries, whole.entries) {
      #expect(a.network == b.network && a.occlusion == b.occlusion)
      for (x, y) in [(a.mean, b.mean), (a.worst, b.worst)] {
        #expect(abs(x.mean - y.mean) < 1e-2 && abs(x.low - y.low) < 1e-2 && abs(x.high - y.high) < 1e-2)
      }
    }
    #expect(sums.byOcclusion.map(\.count) == [2, 2])
    #expect(OccluderComparison(Array(sums.byOcclusion[0])) == nil)
  }
}
