import Archives
import Foundation
import Tensors
import TestSupport
import Testing

@Suite("Pickles and checkpoints") struct PickleTests {
  @Test(
    "PyTorch's files give its tensors: views, shared and expanded ones, every type",
    arguments: [("tiny_zip.pt", Archive.Format.torch), ("tiny_legacy.pt", .torchLegacy)])
  func torch(file: String, format: Archive.Format) throws {
    let archive = try Archive(contentsOf: fixture("golden/small/\(file)"))
    let expected = try Archive(contentsOf: fixture("golden/small/expected/tiny.npz"))
    #expect(archive.format == format)
    #expect(Set(archive.names) == Set(expected.names))
    for name in expected.names { #expect(try archive.tensor(name) == expected.tensor(name), "\(name)") }
    #expect(try archive.type("bfloat16") == .bfloat16)
    #expect(archive.metadata["note"] == "text é")
    #expect(try archive.integers("scalar") == [7])
  }

  @Test("a body model in the published layout gives the arrays that NumPy wrote")
  func bodyModel() throws {
    let archive = try Archive(contentsOf: fixture("golden/small/data/smpl/SMPL_NEUTRAL.pkl"))
    let expected = try Archive(contentsOf: fixture("golden/small/data/smpl/SMPL_NEUTRAL.npz"))
    #expect(archive.format == .pickle)
    for name in expected.names { #expect(try archive.tensor(name) == expected.tensor(name), "\(name)") }
    #expect(archive.metadata["bs_style"] == "lbs")
    let parts = try Archive(contentsOf: fixture("golden/small/data/smpl_partSegmentation_mapping.pkl"))
    #expect(try parts.integers("smpl_index").allSatisfy { (0..<24).contains($0) })
  }

  @Test("weights are found in a tuple too, and where they were is told") func inTuple() throws {
    let archive = try Archive(contentsOf: fixture("archives/in_tuple.pt"))
    #expect(archive.names == ["w"] && archive.place == "1.ema")
    #expect(try archive.doubles("w") == [0, 1, 2, 3, 4, 5] && archive.shape("w") == [2, 3])
    #expect(try Archive(contentsOf: fixture("archives/lightning.ckpt")).place == "state_dict")
  }

  @Test("a checkpoint of Lightning gives its state_dict, whatever else is in it")
  func lightning() throws {
    let archive = try Archive(contentsOf: fixture("archives/lightning.ckpt"))
    #expect(archive.names == ["model.head.weight", "model.head.bias"])
    #expect(try archive.tensor("model.head.weight") == Tensor([2, 2], [1, 2, 3, 4]))
    #expect(archive.metadata == ["epoch": "12", "pytorch-lightning_version": "1.1.8"])
  }

  @Test("objects where tensors are wanted are refused, by name")
  func foreignObjects() throws {
    var error = #expect(throws: ArchiveError.self) {
      try Archive(contentsOf: fixture("archives/whole_model.ckpt"))
    }
    #expect(error?.message == "'model' is an object of spin.models.hmr.HMR; save its state_dict() instead")
    error = #expect(throws: ArchiveError.self) {
      try Archive(contentsOf: fixture("archives/foreign_inside.ckpt"))
    }
    #expect(error?.entry == "odd" && error?.message == "is an object of yacs.config.CfgNode, not a tensor")
  }

  @Test("reads every protocol", arguments: 0...5)
  func protocols(number: Int) throws {
    let archive = try Archive(contentsOf: fixture("archives/protocol\(number).pkl"))
    #expect(archive.names == ["matrix", "fortran", "names", "sparse", "scalar"])
    #expect(try archive.tensor("matrix") == Tensor([2, 3], [-3, -2, -1, 0, 1, 2]))
    #expect(try archive.tensor("fortran") == Tensor([2, 3, 4], (0..<24).map(Float.init)))
    #expect(try archive.strings("names") == ["left_hip", "ä😀"])
    #expect(try archive.tensor("sparse") == Tensor([2, 3], [0, 5, 0, 1, 0, 4]))
    #expect(try archive.tensor("scalar") == Tensor([], [2.5]))
    #expect(archive.metadata == ["style": "lbs"])
    for (name, reason) in [("big", "big-endian"), ("list", "a list"), ("none", "no array")] {
      let error = #expect(throws: ArchiveError.self) { try archive.tensor(name) }
      #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
    }
  }

  /// Opens bytes as a file; the error, if it is refused.
  private func refusal(of bytes: [UInt8]) throws -> ArchiveError? {
    try withTemporaryFolder { folder in
      try Data(bytes).write(to: URL(filePath: folder + "/a.pkl"))
      return #expect(throws: ArchiveError.self) {
        let archive = try Archive(contentsOf: folder + "/a.pkl")
        for name in archive.names { _ = try archive.tensor(name) }
      }
    }
  }

  private func text(_ text: String) -> [UInt8] { [UInt8(ascii: "U"), UInt8(text.utf8.count)] + text.utf8 }

  @Test("a pickle that would run a command is a description of one")
  func commands() throws {
    try withTemporaryFolder { folder in
      let mark = folder + "/mark"
      let call = Array("cposix\nsystem\n".utf8) + text("touch \(mark)") + [0x85, UInt8(ascii: "R")]
      #expect(try refusal(of: [0x80, 2] + call + Array(".".utf8)) != nil)
      let error = try refusal(of: [0x80, 2] + Array("}".utf8) + text("a") + call + Array("s.".utf8))
      #expect(error?.kind == .unsupported)
      #expect(!FileManager.default.fileExists(atPath: mark))
    }
  }

  /// Programs that are wrong, without the protocol at their beginning.
  static let wrong: [(String, [UInt8])] = [
    ("nothing", []), ("only an end", Array(".".utf8)),
    ("an append to a number", Array("K\u{1}K\u{2}a.".utf8)),
    ("a memo never written", Array("h\u{7}.".utf8)), ("a mark never set", Array("t.".utf8)),
    ("a pop across a mark", Array("](0a.".utf8)), ("an odd number of members", Array("}(Nu.".utf8)),
    ("an unknown instruction", [0x99]), ("a text of 4 GB", Array("X".utf8) + [255, 255, 255, 255]),
    ("a text of negative length", Array("T".utf8) + [255, 255, 255, 255]),
    ("a line without end", Array("cnumpy".utf8)), ("no number", Array("Ix\n.".utf8)),
    ("a list in itself", Array("]q\u{0}h\u{0}a.".utf8)), ("a class", Array("cnumpy\nndarray\n.".utf8)),
  ]

  @Test("programs that make no sense are refused", arguments: wrong)
  func nonsense(name: String, program: [UInt8]) throws {
    #expect(try refusal(of: [0x80, 2] + program) != nil)
  }

  @Test("depth costs no stack, and a dictionary that holds itself is no loop")
  func depth() throws {
    let deep = Array(repeating: UInt8(0x85), count: 200_000)
    #expect(try refusal(of: [0x80, 2] + Array(")".utf8) + deep + Array(".".utf8)) != nil)
    #expect(
      try refusal(of: [0x80, 2] + Array("}q\u{0}".utf8) + text("model") + Array("h\u{0}s.".utf8)) != nil)
    // A tensor wrapped in itself: d = {}; p = Parameter(p).
    let wrapped = Array("}ctorch._utils\n_rebuild_parameter\n(t".utf8) + Array("Rq\u{0}".utf8)
    #expect(try refusal(of: [0x80, 2] + wrapped + Array("h\u{0}b.".utf8)) != nil)
  }

  @Test("a megabyte that would take minutes or gigabytes is refused or read at once")
  func costly() throws {
    let u32 = { (value: Int) in withUnsafeBytes(of: UInt32(value).littleEndian, Array.init) }
    let long = Array("X".utf8) + u32(500_000) + [UInt8](repeating: 97, count: 500_000) + Array("q\u{0}".utf8)
    // One long text as the name of 200,000 members, as the key of so many storages, as the name of so many classes.
    let names =
      Array("}".utf8) + long + Array("Ns(".utf8)
      + Array(repeating: Array("h\u{0}N".utf8), count: 200_000).joined()
    #expect(try refusal(of: [0x80, 2] + names + Array("u.".utf8)) != nil)
    let classes =
      long + Array("0".utf8) + Array(repeating: [0x68, 0, 0x68, 0, 0x93, 0x30], count: 100_000).joined()
    #expect(
      try refusal(of: [0x80, 4] + classes + Array("N.".utf8))?.message.contains("too long") == true)
    // Two million objects of a byte each.
    let objects = Array(repeating: UInt8(ascii: "]"), count: 2_000_000)
    #expect(try refusal(of: [0x80, 2] + objects + Array(".".utf8))?.message.contains("objects") == true)
    // A thousand dictionaries' worth of one sparse matrix, 16 million numbers each when written out.
    let body = try DamageTests.bytes("body.pkl")
    let shape = try #require(body.firstRange(of: Array("_shape".utf8)))
    var wide = body
    let place = try #require(wide[shape.upperBound...].firstRange(of: [0x4b, 24, 0x4b, 5])).lowerBound
    wide.replaceSubrange(place..<place + 4, with: [0x4a] + u32(1 << 24) + [0x4b, 5])
    #expect(try refusal(of: wide)?.message.contains("too large") == true)
  }

  @Test("files of big-endian machines are refused, and say so") func bigEndian() throws {
    try withTemporaryFolder { folder in
      var zip = StoredZip()
      zip.add("archive/data.pkl", Data([0x80, 2] + "}.".utf8))
      zip.add("archive/byteorder", Data("big".utf8))
      var legacy = try DamageTests.bytes("../golden/small/tiny_legacy.pt")
      let place = try #require(legacy.firstRange(of: Array("little_endian".utf8))).upperBound
      let truth = try #require(legacy[place...].firstIndex(of: 0x88))
      legacy[truth] = 0x89
      for bytes in [Array(zip.finished()), legacy] {
        let found = try DamageTests.readEverything(bytes, at: folder + "/a.pt")
        #expect(found.errors.map(\.kind) == [.unsupported] && found.read.isEmpty)
        #expect(found.errors.first?.message.contains("big-endian") == true)
      }
    }
  }

  @Test("tensors that reach beyond their storage are refused, by name")
  func shortStorages() throws {
    let whole = try DamageTests.bytes("../golden/small/tiny_legacy.pt")
    // 'plain' is the first tensor: offset 0, shape (4, 6), strides (6, 1) over 24 elements.
    let place = try #require(whole.firstRange(of: [0x4b, 0, 0x4b, 4, 0x4b, 6, 0x86])).lowerBound
    for (offset, value) in [(1, UInt8(1)), (3, 5), (5, 7)] {
      var altered = whole
      altered[place + offset] = value
      try withTemporaryFolder { folder in
        let found = try DamageTests.readEverything(altered, at: folder + "/a.pt")
        #expect(found.errors.map(\.entry) == ["plain"])
        #expect(found.errors.first?.kind == .damaged)
        #expect(found.read.count == 15)
      }
    }
  }

  @Test("an expanded tensor of 10 GB on one stored number is refused")
  func expansion() throws {
    var altered = try DamageTests.bytes("../golden/small/tiny_legacy.pt")
    // 'expanded' is (2, 4) with strides (0, 0); its lengths become 2^31 - 1 in the same room.
    let place = try #require(altered.firstRange(of: [0x4b, 2, 0x4b, 4, 0x86])).lowerBound
    altered.replaceSubrange(place..<place + 4, with: [0x4a, 0xff, 0xff, 0xff, 0x7f, 0x4b, 4])
    try withTemporaryFolder { folder in
      let found = try DamageTests.readEverything(altered, at: folder + "/a.pt")
      #expect(found.errors.map(\.entry) == ["expanded"])
    }
  }
}
