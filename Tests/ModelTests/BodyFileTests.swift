import Archives
import Foundation
import Models
import Tensors
import TestSupport
import Testing

@Suite("Body files by their names") struct BodyFileTests {
  @Test("a folder gives its bodies by SMPL's names, those of its downloads, or those in smpl")
  func folders() throws {
    try withTemporaryFolder { folder in
      func put(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: folder + "/smpl", withIntermediateDirectories: true)
        try FileManager.default.copyItem(
          atPath: fixture("golden/small/data/smpl/SMPL_NEUTRAL.npz"), toPath: "\(folder)/\(name)")
      }
      var error = #expect(throws: ArchiveError.self) { try SMPLBody(contentsOf: folder) }
      #expect(error?.kind == .noInput && error?.message.contains("SMPL_NEUTRAL.pkl") == true)
      try put("smpl/basicModel_f_lbs_10_207_0_v1.0.0.pkl")
      error = #expect(throws: ArchiveError.self) { try SMPLBody(contentsOf: folder + "/") }
      #expect(error?.message.contains("smpl/basicModel_f_lbs") == true)
      error = #expect(throws: ArchiveError.self) { try BodyFiles.path(of: "SMPL_MALE", in: folder) }
      #expect(error?.message.contains("contains no SMPL_MALE.pkl") == true)
      for (file, name) in [
        ("smpl/basicmodel_m_lbs_10_207_0_v1.0.0.pkl", "SMPL_MALE"),
        ("smpl/basicmodel_m_lbs_10_207_0_v1.10.0.pkl", "SMPL_MALE"),
        ("smpl/basicmodel_neutral_lbs_10_207_0_v1.1.0.pkl", "SMPL_NEUTRAL"),
        ("SMPL_FEMALE.npz", "SMPL_FEMALE"),
      ] {
        try put(file)
        #expect(try BodyFiles.path(of: name, in: folder) == "\(folder)/\(file)")
      }
      let body = try SMPLBody(contentsOf: folder)
      #expect(body.source.name == "basicmodel_neutral_lbs_10_207_0_v1.1.0.pkl")
      #expect(body.notes == ["\(folder): body \(folder)/smpl/\(body.source.name)"])
      try put("SMPL_NEUTRAL.npz")
      #expect(try SMPLBody(contentsOf: folder).source.name == "SMPL_NEUTRAL.npz")
      #expect(try SMPLBody(contentsOf: folder + "/SMPL_NEUTRAL.npz").notes == [])
    }
  }

  @Test(
    "what may be a body, or belong to one, is not passed over where it cannot be looked at",
    arguments: ["SMPL_NEUTRAL.pkl", "J_regressor_h36m.npy", "smpl_partSegmentation_mapping.pkl"])
  func unseen(name: String) throws {
    try withTemporaryFolder { folder in
      try FileManager.default.copyItem(
        atPath: fixture("golden/small/data/smpl/SMPL_NEUTRAL.npz"), toPath: folder + "/SMPL_NEUTRAL.npz")
      _ = try SMPLBody(contentsOf: folder)
      // A link to itself is what the system cannot look at, whoever asks.
      try FileManager.default.createSymbolicLink(atPath: "\(folder)/\(name)", withDestinationPath: name)
      let error = #expect(throws: ArchiveError.self) { try SMPLBody(contentsOf: folder) }
      #expect(error?.kind == .io && error?.file == "\(folder)/\(name)")
    }
  }

  @Test("a body is the same, and of the same fingerprint, with things beside it that are no arrays of it")
  func fingerprint() throws {
    let path = fixture("archives/body.pkl")
    let plain = try SMPLBody(contentsOf: path)
    // A number, and a list of one, as members of the dictionary that ends there.
    var bytes = try Data(contentsOf: URL(filePath: path))
    #expect(bytes.suffix(2) == Data("u.".utf8))
    bytes = bytes.dropLast(2) + Data("U\u{1}nK\u{7}U\u{1}l]K\u{1}au.".utf8)
    try withTemporaryFolder { folder in
      try bytes.write(to: URL(filePath: folder + "/body.pkl"))
      #expect(try Archive(contentsOf: folder + "/body.pkl").integers("l") == [1])
      let other = try SMPLBody(contentsOf: folder + "/body.pkl")
      #expect(other.source == plain.source)
    }
  }
}
