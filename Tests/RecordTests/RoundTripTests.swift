import Archives
import Bodies
import Foundation
import Models
import Records
import Sweeps
import TestSupport
import Tensors
import Testing

@Suite("Records on disk") struct RoundTripTests {
  @Test(
    "a record reads back equal to what was written, with every array, note and setting",
    arguments: [false, true])
  func full(isOther: Bool) throws {
    try withTemporaryFolder { folder in
      let path = folder + "/new/full.zarr"
      let record = try HandMade.full(isOther: isOther)
      try record.write(to: path)
      let again = try SweepRecord(contentsOf: path)
      expectEqual(again, record)
      #expect(again.isComplete && again.measuredPositions == 6)
      #expect(again.reference == record.context.truthJoints)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/new") == ["full.zarr"])

      let arrays = Dictionary(
        uniqueKeysWithValues: try SweepRecord.arrays(in: path).map { ($0.name, $0.shape) })
      #expect(arrays["joints"] == [2, 3, 5, 3] && arrays["clean_joints"] == [5, 3])
      #expect(arrays["error"] == [2, 3, isOther ? 2 : 5] && arrays["body_mask"] == [14, 14])
      #expect(arrays["picture"] == [4, 4, 3] && arrays["row"] == [2] && arrays["picture_column"] == [3])
    }
  }

  @Test("coordinates are the occluder's centres in the crop and in the picture, and names of joints")
  func coordinates() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.zarr"
      let record = try HandMade.full(isOther: true)
      try record.write(to: path)
      let group = try ZarrGroup(contentsOf: path)
      func values(_ name: String) throws -> [Float] { try group.array(name).readAll().elements }
      let (rows, columns) = (record.positions.rows.map(\.centre), record.positions.columns.map(\.centre))
      #expect(try values("row") == rows && values("column") == columns)
      // The frame is half as fine as the picture, from 3, 5.
      #expect(try values("picture_row") == rows.map { 5 + 2 * $0 })
      #expect(try values("picture_column") == columns.map { 3 + 2 * $0 })
      #expect(try group.texts("joint") == ["left_hand", "right_hand"])
      #expect(try group.texts("predicted_joint") == DummyModel.skeleton.joints)
      #expect(group.attributes["format"] == 2 && group.attributes["penumbra"] == "9.9")
      #expect(group.attributes["identity"]?.string == record.settings.identity)
      #expect(group.attributes["occluder_px"] == [5, 3] && group.attributes["stride_px"] == 4)
      #expect(group.attributes.values.allSatisfy { $0.isNetCDFAttribute })
    }
  }

  @Test("positions that are a list have their coordinates along the columns") func list() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.zarr"
      var settings = HandMade.settings()
      settings.positions = PositionRule(list: [[10, 12], [20, 25], [11, 30]])
      let positions = try #require(settings.positions.positions(of: settings.occlusion, in: HandMade.frame))
      let record = SweepRecord(
        settings: settings, notes: RecordNotes(skeletons: [.smpl24]), positions: positions,
        skeleton: .smpl24, measured: .smpl24, results: HandMade.results(3) { Float($0 + $1) },
        clean: HandMade.results(1) { Float($0 + $1) }, context: RecordContext())
      try record.write(to: path)
      expectEqual(try SweepRecord(contentsOf: path), record)
      let group = try ZarrGroup(contentsOf: path)
      let (rows, columns) = (
        try group.array("picture_row").readAll(), try group.array("picture_column").readAll()
      )
      #expect(rows.shape == [3] && columns.shape == [3])
      for (index, centre) in [[10, 12], [20, 25], [11, 30]].enumerated() {
        #expect(abs(columns[index] - Float(centre[0])) <= 1 && abs(rows[index] - Float(centre[1])) <= 1)
      }
    }
  }

  @Test("a record of errors alone is read") func errorsAlone() throws {
    try withTemporaryFolder { folder in
      // Written by hand, as another program would.
      let path = folder + "/a.zarr"
      var settings = HandMade.settings(truth: true, body: nil)
      (settings.skeleton, settings.measured) = (nil, "tail2")
      let tail = #"[{"name":"tail2","joints":["left_tail","right_tail"]}]"#
      let group = try ZarrGroup(
        creating: path,
        attributes: [
          "format": 2, "settings": .string(try JSONValue(encoding: settings).text),
          "notes": .string(#"{"penumbra":"other","seed":0,"skeletons":\#(tail)}"#),
        ])
      let errors = HandMade.numbers([3, 3, 2])
      try group.write(
        errors,
        as: ArraySchema("error", ["row", "column", "joint"], longName: "error"))
      try group.write(
        Tensor([2], [0.5, 0.25]), as: ArraySchema("clean_error", ["joint"], longName: "error"))
      let record = try SweepRecord(contentsOf: path)
      #expect(
        record.isComplete && record.skeleton == nil && record.measured.joints == ["left_tail", "right_tail"])
      #expect(record.results.error == errors.reshaped([9, 2]) && record.clean.error.elements == [0.5, 0.25])
      #expect(record.results.joints == nil && record.results.alignedError == nil && record.reference == nil)
      #expect(record.error(of: 1).shape == [3, 3] && record.error(of: 1)[1, 1] == errors[1, 1, 1])
      #expect(record.meanError[0, 2] == (errors[0, 2, 0] + errors[0, 2, 1]) / 2)
      #expect(Findings(record).joints.map(\.joint) == ["left_tail", "right_tail"])
      #expect(record.worstPositions().first == 8)
    }
  }

  @Test("file names carry what differs, so that settings are side by side") func fileNames() {
    func name(_ change: (inout RecordSettings) -> Void) -> String {
      var settings = HandMade.settings(stride: 4)
      settings.occlusion = Occlusion()
      change(&settings)
      return settings.fileNamePart
    }
    let names = [
      name { _ in }, name { $0.occlusion.size = 80 }, name { $0.occlusion.shape = .disc },
      name { $0.occlusion.shape = .rectangle(aspect: 1.5) },
      name { $0.occlusion.fill = .colour(red: 0, green: 0, blue: 0) }, name { $0.occlusion.fill = .value(1) },
      name { $0.positions.stride = 8 }, name { $0.positions.kind = .corner },
      name { $0.positions.region = [0, 0, 9, 9] }, name { $0.positions.list = [[1, 2]] },
      name { $0.positions.region = [0, 0.5, 9, 9] }, name { $0.positions.list = [[1, 3]] },
      name { $0.tolerance = 2 }, name { $0.tolerance = 0.5 },
      name {
        $0.positions.stride = 1
        $0.tolerance = 2
      },
    ]
    #expect(Set(names).count == names.count, "\(names)")
    #expect(names[0] == "square40" && names[4] == "square40-black" && names[6] == "square40-stride8")
    #expect(names[12] == "square40-stride4-2mm" && names[13] == "square40-stride4-0.5mm")
    #expect(names[8] == "square40-region0,0,9,9" && names[10] == "square40-region0,0.5,9,9")
    // The same list has the same name in every process and release.
    #expect(names[9] == "square40-list1-12849a36")
    #expect(names.allSatisfy { !$0.contains("/") && !$0.contains(" ") })
  }
}
