import Archives
import Foundation
import Models
import Records
import TestSupport
import Testing

/// Which pictures a dataset's names mean.
@Suite("Pictures of datasets, from the command line") struct DatasetPictureTests {
  @Test("pictures that were replaced are noticed, a moved folder is not, and no folder's path is in a record")
  func replacedPictures() throws {
    try withTemporaryFolder { folder in
      let example = try DatasetCommandTests.Example(in: folder)
      #expect(try CommandLineRun(example.evaluate()).code == 0)
      let record = try files(under: folder + "/out").values
      #expect(!record.contains { $0.range(of: Data(folder.utf8)) != nil })
      let moved = ["--images", folder + "/moved"]
      try FileManager.default.moveItem(atPath: folder + "/images", toPath: folder + "/moved")
      var arguments = example.evaluate()
      arguments.replaceSubrange(3...4, with: moved)
      #expect(try CommandLineRun(arguments).code == 0)
      let (first, second) = (example.names[0], example.names[1])
      try FileManager.default.removeItem(atPath: "\(folder)/moved/\(first)")
      try FileManager.default.copyItem(
        atPath: "\(folder)/moved/\(second)", toPath: "\(folder)/moved/\(first)")
      expectFailure(try CommandLineRun(arguments), 73, "another evaluation")
    }
  }

  @Test("whole paths of a dataset are in no result, and a record that has one is gone on with")
  func wholePaths() throws {
    try withTemporaryFolder { folder in
      let example = try DatasetCommandTests.Example(in: folder)
      let arrays = try Archive(contentsOf: example.dataset)
      // Not below --images, and in folders of their own.
      let whole = example.names.map { "\(folder)/images/\($0)" }
      try FileManager.default.createDirectory(
        atPath: folder + "/empty", withIntermediateDirectories: true)
      try Npz.write(
        [("imgname", .strings(whole))]
          + ["center", "scale", "pose", "shape"].map { ($0, .floats(try arrays.tensor($0))) },
        to: example.dataset)
      let short = example.names.map { URL(filePath: $0).lastPathComponent }
      let evaluate = example.evaluate().map { $0 == folder + "/images" ? folder + "/empty" : $0 }
      #expect(try CommandLineRun(evaluate).code == 0)
      #expect(try example.result("A").strings("imgname") == short)
      let arguments = [
        "sweep", "--dataset", example.dataset, "--images", folder + "/empty", "--body-dir",
        folder + "/bodies", "--model", "A=\(example.material.pooled)", "--stride", "112", "--subsample", "4",
        "--shard", "1/1", "--out", folder + "/sweep",
      ]
      let run = try CommandLineRun(arguments)
      #expect(run.code == 0, "\(run.error)")
      #expect(try example.result("A", out: "sweep").strings("imgname") == [short[0], short[4]])
      #expect(try !files(under: folder + "/sweep").values.contains { $0.range(of: Data(folder.utf8)) != nil })
      let path = folder + "/sweep/00004_image_00004.A.square40-stride112.zarr"
      #expect(try SweepRecord(contentsOf: path).settings.picture.name == short[4])

      // As an earlier version wrote it.
      var group = try ZarrGroup(contentsOf: path)
      var attributes = group.attributes
      var settings = try #require(ChunkedStore.settings(of: group)?.object)
      var picture = try #require(settings["picture"]?.object)
      picture["name"] = .string(whole[4])
      settings["picture"] = .object(picture)
      attributes[ChunkedStore.settingsAttribute] = .string(JSONValue.object(settings).canonicalText)
      attributes[ChunkedStore.identityAttribute] = .string(ChunkedStore.identity(of: .object(settings)))
      try group.setAttributes(attributes)
      let again = try CommandLineRun(arguments)
      let complete = again.error.components(separatedBy: "already complete").count - 1
      #expect(again.code == 0 && complete == 2, "\(again.error)")
      #expect(try SweepRecord(contentsOf: path).settings.picture.name == whole[4])
    }
  }

  @Test("names that lead out of the pictures' folder are refused") func outside() throws {
    try withTemporaryFolder { folder in
      let example = try DatasetCommandTests.Example(in: folder)
      let arrays = try Archive(contentsOf: example.dataset)
      let names = ["imageFiles/../../secret.png"] + example.names.dropFirst()
      try Npz.write(
        [("imgname", .strings(names))]
          + ["center", "scale", "pose", "shape"].map { ($0, .floats(try arrays.tensor($0))) },
        to: example.dataset)
      try FileManager.default.copyItem(
        atPath: "\(folder)/images/\(example.names[0])", toPath: folder + "/secret.png")
      expectFailure(try CommandLineRun(example.evaluate()), 65, "secret.png", "outside of --images")
    }
  }
}
