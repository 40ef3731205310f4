import Archives
import Foundation
import Tensors
import TestSupport
import Testing

@Suite("Forms of pickled arrays") struct FormTests {
  static func archive(_ file: String) throws -> Archive {
    try Archive(contentsOf: fixture("archives/\(file)"))
  }

  @Test("every sparse matrix and array of SciPy becomes dense", arguments: [0, 2, 5])
  func sparse(number: Int) throws {
    let archive = try Self.archive("sparse\(number).pkl")
    let expected = Tensor([2, 4], [0, 5, 0, 0, 1, 0, 4, 0])
    for format in ["csc", "csr", "coo", "bsr", "dia", "lil", "dok"] {
      for kind in ["matrix", "array"] {
        #expect(try archive.tensor("\(format)_\(kind)") == expected, "\(format)_\(kind)")
      }
    }
    #expect(
      try archive.tensor("blocks") == Tensor([4, 4], [1, 2, 0, 0, 3, 4, 0, 0, 0, 0, 1, 2, 0, 0, 3, 4]))
    #expect(try archive.tensor("coo_vector") == Tensor([3], [0, 1, 0]))
    #expect(try archive.tensor("csr_vector") == Tensor([3], [0, 1, 0]))
    #expect(archive.summary().first { $0.name == "dok_array" }?.origin == "SciPy's dok_array")
  }

  @Test("the modules of SciPy before 1.8 and of NumPy before 2 give the same") func formerModules() throws {
    var text = try DamageTests.bytes("sparse0.pkl")
    for (new, old) in [("scipy.sparse._", "scipy.sparse."), ("numpy._core", "numpy.core")] {
      while let place = text.firstRange(of: Array(new.utf8)) { text.replaceSubrange(place, with: old.utf8) }
    }
    try withTemporaryFolder { folder in
      let found = try DamageTests.readEverything(text, at: folder + "/old.pkl")
      #expect(found.errors.isEmpty && found.read.count == 17)
      #expect(found.read["dia_matrix"] == [0, 5, 0, 0, 1, 0, 4, 0])
      // coo had its places in two arrays.
      #expect(found.read["coo_matrix"] == [0, 5, 0, 0, 1, 0, 4, 0])
    }
  }

  static let files: [(String, Archive.Format, String?)] = [
    ("forms.pkl", Archive.Format.pickle, nil), ("forms.pkl.gz", .pickle, "gzip"),
    ("forms.pkl.bz2", .pickle, "bzip2"), ("forms.pkl.xz", .pickle, "xz"), ("forms.pkl.zst", .pickle, "zstd"),
    ("forms.joblib", .joblib, nil), ("forms.joblib.zlib", .joblib, "zlib"),
    ("forms.joblib.gzip", .joblib, "gzip"), ("forms.joblib.bz2", .joblib, "bzip2"),
    ("forms.joblib.xz", .joblib, "xz"), ("forms.joblib.lzma", .joblib, "lzma"), ("forms.npy", .npy, nil),
    ("forms-only.npz", .npz, nil),
  ]

  @Test("what is beside plain arrays is read, in every container", arguments: files)
  func forms(file: String, format: Archive.Format, packing: String?) throws {
    let archive = try Self.archive(file)
    #expect(archive.format == format && archive.packing == packing)
    #expect(try archive.strings("img_name") == ["a.jpg", "bb.jpg"])
    #expect(try archive.strings("objects") == ["a", "é😀", ""])
    #expect(try archive.strings("texts") == ["x", "yé"] && archive.metadata["texts.1"] == "yé")
    #expect(try archive.tensor("fortran") == Tensor([2, 3], [0, 1, 2, 3, 4, 5]))
    #expect(try archive.tensor("scalar") == Tensor([], [3]) && archive.integers("number") == [7])
    #expect(try archive.tensor("tensor") == Tensor([2, 2], [0, 2, 1, 3]))
    #expect(try archive.tensor("sparse") == Tensor([3, 3], [1, 0, 0, 0, 1, 0, 0, 0, 1]))
    #expect(try archive.integers("nested.a") == [0, 1, 2] && archive.doubles("nested.b.c") == [1, 2, 3.5])
    #expect(try archive.integers("rows.k") == [0, 1, 5, 6] && archive.shape("rows.k") == [2, 2])
    #expect(try archive.strings("rows.name") == ["p", "q"])
    #expect(try archive.shape("ragged.1") == [3] && !archive.has("ragged"))
    #expect(archive.problem(with: "ragged")?.message.contains("different shapes") == true)
    // A short list of arrays is there under both names, and listed once.
    #expect(try archive.tensor("people") == Tensor([2, 2, 2], [0, 0, 0, 0, 1, 1, 1, 1]))
    #expect(try archive.tensor("people.1") == Tensor([2, 2], [1, 1, 1, 1]))
    #expect(archive.names.contains("people.0") && !archive.names.contains("people"))
    #expect(try archive.integers("lists") == [1, 2, 3, 4] && archive.shape("lists") == [2, 2])
    #expect(try archive.doubles("numbered.1.pose") == [1, 1])
    #expect(try archive.shape("empty") == [0, 3])
    #expect(archive.leftOut.map(\.name) == ["complex", "nothing", "ragged"])
  }

  @Test("rows of dictionaries are an array for each key") func rows() throws {
    let archive = try Self.archive("rows.pkl")
    #expect(archive.names == ["a", "b", "c"])
    #expect(try archive.tensor("a") == Tensor([2, 3], [0, 0, 0, 1, 1, 1]))
    #expect(try archive.strings("b") == ["x", "y"] && archive.doubles("c") == [1.5, 2.5])
  }

  @Test("arrays of objects among plain ones in an npz file") func objects() throws {
    let archive = try Self.archive("forms.npz")
    #expect(try archive.integers("plain") == [0, 1, 2])
    #expect(try archive.integers("data.nested.a") == [0, 1, 2])
    #expect(try archive.strings("data.texts") == ["x", "yé"])
    #expect(try archive.tensor("matrix") == Tensor([2, 4], [0, 5, 0, 0, 1, 0, 4, 0]))
    #expect(try archive.tensor("arrays") == Tensor([2, 2], [0, 0, 1, 1]))
    #expect(try archive.tensor("arrays.1") == Tensor([2], [1, 1]))
    let error = #expect(throws: ArchiveError.self) { try archive.tensor("bad") }
    #expect(error?.entry == "bad" && error?.message.contains("Python objects") == true)
  }

  @Test("views of chumpy have their values, and expressions are named") func chumpy() throws {
    let archive = try Self.archive("chumpy.pkl")
    let whole = (0..<24).map(Float.init)
    #expect(try archive.tensor("plain") == Tensor([2, 3, 4], whole))
    #expect(try archive.tensor("select") == Tensor([2, 2], [0, 5, 23, 23]))
    #expect(try archive.tensor("flat") == Tensor([2], [3, 1]))
    #expect(try archive.tensor("reshape") == Tensor([4, 6], whole))
    let turned = try archive.tensor("transpose")
    #expect(turned.shape == [4, 3, 2] && turned[1, 2, 1] == 21)
    let flat = try archive.tensor("transpose_reshape")
    #expect(flat.shape == [8, 3] && flat[1, 0] == 1 && flat[0, 1] == 4 && flat[4, 0] == 12)
    #expect(try archive.tensor("swapaxes") == turned)
    let joined = try archive.tensor("concatenate")
    #expect(joined.shape == [2, 4, 4] && joined[0, 3, 0] == 1 && joined[1, 0, 0] == 12)
    #expect(try archive.shape("atleast") == [1, 3])
    for (name, words) in [("dot", "chumpy (ch_ops.dot)"), ("roll", "chumpy (reordering.Roll)")] {
      let error = #expect(throws: ArchiveError.self) { try archive.tensor(name) }
      #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }
  }

  @Test("arrays of NumPy among tensors", arguments: ["mixed.pt", "mixed_legacy.pt"])
  func mixed(file: String) throws {
    let archive = try Self.archive(file)
    #expect(Set(archive.names) == ["weight", "init", "scalar", "wide"])
    #expect(try archive.tensor("weight") == Tensor([2, 2], [1, 0, 0, 1]))
    #expect(try archive.tensor("init") == Tensor([3], [0, 1, 2]))
    #expect(try archive.tensor("scalar") == Tensor([], [2]) && archive.integers("wide") == [0, 1, 2])
    #expect(archive.summary().first { $0.name == "init" }?.origin == "what is no tensor")
  }

  @Test("tensors of other kinds are named when they are asked for") func otherTensors() throws {
    let archive = try Self.archive("mixed.pt")
    for (name, words) in [("sparse", ".to_dense()"), ("quantised", ".dequantize()")] {
      let error = #expect(throws: ArchiveError.self) { try archive.tensor(name) }
      #expect(error?.message.contains(words) == true)
    }
    let error = #expect(throws: ArchiveError.self) { try Self.archive("sparse.pt") }
    #expect(error?.description.contains("sparse tensor") == true, "\(error?.description ?? "")")
  }

  static let hostileFiles: [(String, String?)] = [
    ("axes_twice.pkl.gz", "impossible"), ("bomb.bz2", "too many"), ("bomb.xz", "too many"),
    ("bsr_blocks.pkl.gz", "contradicts"), ("bsr_high.pkl.gz", "contradicts"),
    ("coo_flat.pkl.gz", "contradicts"), ("coo_outside.pkl.gz", "contradicts"),
    ("coo_short.pkl.gz", "contradicts"), ("csc_starts.pkl.gz", "contradicts"),
    ("csr_negative.pkl.gz", "contradicts"), ("csr_outside.pkl.gz", "contradicts"),
    ("cycle.pkl.gz", nil), ("dia_far.pkl.gz", nil), ("dia_twice.pkl.gz", "contradicts"),
    ("dictionary_in_itself.pkl.gz", nil), ("doubling.pkl.gz", nil), ("huge.pkl.gz", "too large"),
    ("lil_outside.pkl.gz", "contradicts"), ("lil_rows.pkl.gz", "contradicts"),
    ("negative.pkl.gz", "too large"), ("no_shape.pkl.gz", "no shape"), ("recursive.pkl.gz", "a list"),
    ("reshape_huge.pkl.gz", "impossible"), ("reshape_impossible.pkl.gz", "does not hold"),
    ("select_outside.pkl.gz", "outside"), ("shared_lists.pkl.gz", nil), ("shared_rows.pkl.gz", "more than"),
    ("shared_storages.pkl.gz", nil), ("shared_tensors.pkl.gz", nil), ("shared_texts.pkl.gz", nil),
    ("terms_missing.pkl.gz", nil), ("wide.pkl.gz", "too large"),
  ]

  @Test(
    "files that share, promise or contain themselves are read or refused at once", arguments: hostileFiles)
  func hostile(file: String, words: String?) throws {
    let clock = ContinuousClock()
    let path = fixture("archives/hostile/\(file)")
    var error: ArchiveError?
    var good: [Int]?
    var names: Set<String> = []
    let time = clock.measure {
      do throws(ArchiveError) {
        let archive = try Archive(contentsOf: path)
        for name in archive.names { _ = try archive.shape(name) }
        if archive.has("good") { good = try archive.integers("good") }
        names = Set(archive.names)
      } catch let caught { error = caught }
    }
    #expect(good == nil || good == [0, 1])
    #expect(file.hasPrefix("dia") || file.hasPrefix("shared") || !names.contains("a"))
    #expect(time < .seconds(10))
    #expect((error != nil) == (words != nil), "\(error?.description ?? "read")")
    if let words { #expect(error?.description.contains(words) == true, "\(error?.description ?? "")") }
  }

  @Test("a joblib array whose shape, padding or inner pickle lies is refused") func joblib() throws {
    let whole = try DamageTests.bytes("forms.joblib")
    // The first array: shape (2,), then padding and 2 × 6 code points.
    let shape = try #require(whole.firstRange(of: [0x4b, 2, 0x85])).lowerBound
    let padding = try #require(whole.firstRange(of: [0x4b, 0x10, 0x75, 0x62])).upperBound
    try withTemporaryFolder { folder in
      let path = folder + "/a.joblib"
      func errors(_ change: (inout [UInt8]) -> Void) throws -> [ArchiveError] {
        var altered = whole
        change(&altered)
        return try DamageTests.readEverything(altered, at: path).errors
      }
      #expect(try errors { _ in } == [])
      #expect(
        try !errors { $0.replaceSubrange(shape..<shape + 2, with: [0x4a, 255, 255, 255, 127]) }.isEmpty)
      #expect(
        try !errors { $0.replaceSubrange(shape..<shape + 2, with: [0x4a, 255, 255, 255, 255]) }.isEmpty)
      #expect(
        try !errors {
          $0.replaceSubrange(shape..<shape + 2, with: [0x8a, 8] + [255, 255, 255, 255, 255, 255, 255, 127])
        }.isEmpty)
      #expect(try !errors { $0[padding] = 255 }.isEmpty)
      // A pickle within that begins with an array of joblib.
      let object = try #require(whole.firstRange(of: [0x80, 5])).lowerBound
      #expect(try !errors { $0.replaceSubrange(object..<$0.count, with: whole) }.isEmpty)
    }
  }

  @Test("containers that are not read are named, with what to do") func named() throws {
    func message(_ bytes: [UInt8]) throws -> String {
      try withTemporaryFolder { folder in
        try Data(bytes).write(to: URL(filePath: folder + "/a"))
        let error = #expect(throws: ArchiveError.self) { try Archive(contentsOf: folder + "/a") }
        return error?.description ?? ""
      }
    }
    #expect(try message([0x04, 0x22, 0x4d, 0x18, 0x64, 0x40]).contains("lz4"))
    #expect(try message(Array("ZF0x1f x".utf8)).contains("joblib before 0.10"))
    let old = Array("cjoblib.numpy_pickle\nNDArrayWrapper\n)R".utf8)
    #expect(try message([0x80, 2] + Array("}U\u{1}a".utf8) + old + Array("s.".utf8)).contains("joblib.load"))
  }

  @Test("whatever follows or is missing in a packed file is an error") func packed() throws {
    for file in ["forms.pkl.gz", "forms.pkl.bz2", "forms.pkl.xz", "forms.pkl.zst", "forms.joblib.zlib"] {
      let whole = try DamageTests.bytes(file)
      try withTemporaryFolder { folder in
        let path = folder + "/a"
        func errors(_ bytes: [UInt8]) throws -> [ArchiveError] {
          try DamageTests.readEverything(bytes, at: path).errors
        }
        let sound = try errors(whole)
        #expect(sound == [], "\(file)")
        #expect(try errors(whole + [0, 0, 0]) == [], "\(file)")
        #expect(try !errors(whole + [1, 2, 3]).isEmpty, "\(file)")
        #expect(try !errors(Array(whole.dropLast(9))).isEmpty, "\(file)")
      }
    }
  }
}
