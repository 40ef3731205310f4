import Archives
import Foundation
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
