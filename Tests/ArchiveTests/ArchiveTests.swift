import Archives
import Foundation
import Tensors
import TestSupport
import Testing

@Suite("Archive") struct ArchiveTests {
  static let files = ["types.npz", "types-deflated.npz", "types-zip64.npz", "types-streamed.npz"]

  @Test("reads every number type of NumPy, stored, deflated, in zip64 and streamed", arguments: files)
  func everyType(file: String) throws {
    let archive = try Archive(contentsOf: fixture("archives/\(file)"))
    #expect(archive.format == .npz)
    for type in ["float16", "float32", "float64", "int8", "int16", "int32", "int64"] {
      #expect(try archive.tensor(type) == Tensor([2, 3], [-3, -2, -1, 0, 1, 2].map { $0 }), "\(type)")
      #expect(try archive.type(type).description == type)
    }
    for type in ["uint8", "uint16", "uint32", "uint64"] {
      #expect(try archive.tensor(type) == Tensor([2, 3], [0, 1, 2, 3, 4, 5]), "\(type)")
      #expect(try archive.integers(type) == [0, 1, 2, 3, 4, 5], "\(type)")
    }
    #expect(try archive.tensor("bool") == Tensor([3], [1, 0, 1]))
    #expect(try archive.strings("text") == ["left_hip", "", "ä😀"])
    #expect(try archive.strings("bytes") == ["ab", "c"])
    #expect(try archive.tensor("scalar") == Tensor([], [2.5]))
    #expect(try archive.tensor("empty") == Tensor([0, 4], []))
  }

  @Test("reads every number type of safetensors")
  func safetensors() throws {
    let archive = try Archive(contentsOf: fixture("archives/types.safetensors"))
    #expect(archive.format == .safetensors)
    #expect(archive.metadata == ["made_by": "make.py"])
    for type in ["float16", "float32", "float64", "int8", "int16", "int32", "int64"] {
      #expect(try archive.tensor(type) == Tensor([2, 3], [-3, -2, -1, 0, 1, 2].map { $0 }), "\(type)")
      #expect(try archive.type(type).description == type)
    }
    for type in ["uint8", "uint16", "uint32", "uint64"] {
      #expect(try archive.integers(type) == [0, 1, 2, 3, 4, 5], "\(type)")
    }
    #expect(try archive.tensor("bool") == Tensor([3], [1, 0, 1]))
    #expect(try archive.tensor("scalar") == Tensor([1], [2.5]))
    #expect(try archive.tensors().count == archive.names.count)
  }

  @Test("reads npy files of versions 1 to 3", arguments: 1...3)
  func npy(version: Int) throws {
    let archive = try Archive(contentsOf: fixture("archives/version\(version).npy"))
    #expect(archive.format == .npy)
    #expect(archive.names == [Archive.onlyArray])
    #expect(try archive.tensor(Archive.onlyArray) == Tensor([2, 3], [-3, -2, -1, 0, 1, 2].map { $0 }))
    #expect(throws: ArchiveError.self) { try archive.tensor("another") }
  }

  @Test("turns column-major arrays over")
  func columnMajor() throws {
    let archive = try Archive(contentsOf: fixture("archives/types.npz"))
    #expect(try archive.tensor("fortran") == Tensor([2, 3, 4], (0..<24).map(Float.init)))
    #expect(try archive.integers("fortran") == Array(0..<24))
  }

  @Test("refuses big-endian, complex, object and record arrays with a reason")
  func refusals() throws {
    let archive = try Archive(contentsOf: fixture("archives/refused.npz"))
    for (name, reason) in [
      ("big", "big-endian"), ("complex", "'<c8'"), ("objects", "Python objects"), ("records", "records"),
    ] {
      let error = #expect(throws: ArchiveError.self) { try archive.tensor(name) }
      #expect(error?.kind == .unsupported)
      #expect(error?.entry == name)
      #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
    }
    #expect(try archive.tensor("good").elements == [1, 2])
  }

  @Test("lists what a file holds, and what of it cannot be read")
  func summary() throws {
    let items = try Archive(contentsOf: fixture("archives/refused.npz")).summary()
    #expect(items.map(\.name) == ["big", "complex", "objects", "records", "good"])
    #expect(items.map { $0.problem != nil } == [true, true, true, true, false])
    let good = try #require(items.last)
    #expect(good.shape == [2] && good.type == .float32 && good.byteCount == 8)
  }
}
