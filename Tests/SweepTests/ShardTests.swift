import Archives
import Foundation
import Models
import Records
import Sweeps
import Synchronization
import TestSupport
import Tensors
import Testing

/// Several processes that fill one record, each by its share.
@Suite("Shards of a sweep") struct ShardTests {
  static func model() -> DummyModel { DummyModel(outputs: DummySweep.everything) }

  /// Runs a share as a process of its own would; the last one closes the record.
  private func run(_ shard: String, _ model: DummyModel = model(), in folder: String) throws -> String {
    try DummySweep.run(model, in: folder, options: DummySweep.options { $0.shard = Shard(shard) }).path
  }

  @Test("a share is written I/N, and every item belongs to one") func shares() {
    #expect(Shard("2/8") == Shard(2, of: 8) && Shard("2/8")?.description == "2/8")
    for wrong in ["", "2", "0/8", "9/8", "1/0", "-1/8", "2/8/1", "a/8", "2/ 8", "1/100001", "1/\(Int.max)"] {
      #expect(Shard(wrong) == nil, "\(wrong)")
    }
    let shares = (1...3).compactMap { Shard($0, of: 3) }
    for item in 0..<10 { #expect(shares.count { $0.owns(item) } == 1) }
  }

  @Test(
    "shares in any order make the record of a single run, to the byte",
    arguments: [[3, 1, 2], [2, 2, 3, 1]])
  func order(numbers: [Int]) throws {
    try withTemporaryFolder { folder in
      let whole = try files(under: DummySweep.run(Self.model(), in: folder + "/whole").path)
      var path = ""
      for (i, number) in numbers.enumerated() {
        let model = Self.model()
        path = try run("\(number)/3", model, in: folder + "/shared")
        // Four chunks: the first share has two of them, and the last to come the attention at the worst positions too.
        let isNew = !numbers[..<i].contains(number)
        let expected =
          1 + (isNew ? DummySweep.chunk * (number == 1 ? 2 : 1) : 0) + (i == numbers.count - 1 ? 3 : 0)
        #expect(model.predictedWindows == expected)
        #expect(try SweepRecord(contentsOf: path).isComplete == (i == numbers.count - 1))
      }
      #expect(try files(under: path) == whole)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/shared").count == 1)
    }
  }

  @Test("shares that run at the same time make the record of a single run") func together() throws {
    try withTemporaryFolder { folder in
      let whole = try files(under: DummySweep.run(Self.model(), in: folder + "/whole").path)
      for attempt in 0..<4 {
        let errors = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 4) { index in
          do { _ = try run("\(index + 1)/4", in: "\(folder)/\(attempt)") } catch {
            errors.withLock { $0.append("\(error)") }
          }
        }
        #expect(errors.withLock { $0 } == [])
        let names = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(attempt)")
        #expect(names.count == 1, "\(names)")
        #expect(try files(under: "\(folder)/\(attempt)/\(names[0])") == whole)
      }
    }
  }

  @Test("a run without a share completes what shares left, and shares what it left") func mixed() throws {
    try withTemporaryFolder { folder in
      let whole = try files(under: DummySweep.run(Self.model(), in: folder + "/whole").path)
      let path = try run("2/3", in: folder + "/a")
      #expect(try DummySweep.run(Self.model(), in: folder + "/a").isComplete)
      #expect(try files(under: path) == whole)
      try DummySweep.run(Self.model(), in: folder + "/b", runner: .stopping(after: 1))
      for shard in ["1/2", "2/2"] { _ = try run(shard, in: folder + "/b") }
      #expect(try files(under: folder + "/b") == files(under: folder + "/a"))
    }
  }

  @Test("who else computed is in the notes of the record, once it is complete") func contributions() throws {
    try withTemporaryFolder { folder in
      let path = try run("1/2", in: folder)
      try RecordLifeTests.editNotes(of: path) { $0["processor"] = "another one" }
      let other = try RecordHeader(of: ZarrGroup(contentsOf: path)).notes
      _ = try run("2/2", in: folder)
      let notes = try SweepRecord(contentsOf: path).notes
      #expect(notes.processor == "another one" && notes.contributions?.count == 1)
      #expect(notes.contributions?[0].processor == ProcessorModel.name)
      #expect(notes.contributions?[0].penumbra == other.penumbra)
      #expect(!FileManager.default.fileExists(atPath: path + "/.contributions"))
    }
  }

  @Test("a share of another minor version is refused, one of another patch is not") func versions() throws {
    try withTemporaryFolder { folder in
      let path = try run("1/2", in: folder)
      let before = try files(under: path)
      try RecordLifeTests.editNotes(of: path) { $0["penumbra"] = "9.7.1" }
      let error = #expect(throws: ArchiveError.self) { try run("2/2", in: folder) }
      #expect(error?.kind == .cannotCreate && error?.message.contains("version 9.7.1") == true)
      let minor = Release.version.split(separator: ".").prefix(2).joined(separator: ".")
      try RecordLifeTests.editNotes(of: path) { $0["penumbra"] = .string("\(minor).99") }
      _ = try run("2/2", in: folder)
      #expect(try SweepRecord(contentsOf: path).isComplete)
      #expect(try files(under: path).count > before.count)
    }
  }

  @Test("closing without the network says what is missing, and leaves a record that is not whole as it is")
  func closing() throws {
    try withTemporaryFolder { folder in
      let path = try run("1/2", in: folder)
      let before = try files(under: path)
      #expect(try SweepRecord.close(at: path).missing == 2 * DummySweep.chunk)
      #expect(try files(under: path) == before)
      // As if the last share had been killed before it closed the record.
      _ = try run("2/2", in: folder)
      try FileManager.default.removeItem(atPath: path + "/attention_worst")
      let state = try SweepRecord.close(at: path)
      #expect(state.missing == 0 && state.count == DummySweep.positions && state.lacksWorstMaps)
    }
  }

  @Test("closing leaves alone changes of layers that nobody names") func namelessLayers() throws {
    try withTemporaryFolder { folder in
      let path = try run("1/1", in: folder)
      let shape = try ZarrGroup(contentsOf: path).array("error").shape
      _ = try ZarrGroup(contentsOf: path).createArray(
        "layer_change", shape: [shape[0], shape[1], 0], chunks: [1, 1, 1],
        dimensions: ["row", "column", "layer"])
      #expect(try SweepRecord.close(at: path).missing == 0)
    }
  }

  @Test("a record whose process was killed while it laid chunks together is completed, not refused")
  func packingKilled() throws {
    try withTemporaryFolder { folder in
      let fine = DummySweep.options { $0.positions.stride = 4 }
      let (path, _) = try DummySweep.run(in: folder, options: fine)
      let before = try SweepRecord(contentsOf: path)
      let group = try ZarrGroup(contentsOf: path)
      let names = try PositionArray.all.map(\.name).filter { try group.hasArray($0) }
      let rows = before.positions.rows.count
      // Four chunks of each array become two, then one.
      for (count, isMerge) in [(2, false), (1, true)] {
        let list = JSONValue.array(names.map(JSONValue.string))
        let task: JSONValue = ["arrays": list, "chunk_length": .integer(rows / count), "axis": 0]
        try AtomicFile.write(task.text, to: path + "/.packing")
        if isMerge {
          #expect(try SweepRecord.close(at: path).missing == 0)
        } else {
          #expect(try DummySweep.run(in: folder, options: fine).isComplete)
        }
        #expect(!FileManager.default.fileExists(atPath: path + "/.packing"))
        #expect(try files(under: path).keys.count { $0.hasPrefix("error/c/") } == count)
        #expect(try SweepRecord(contentsOf: path).results.error == before.results.error)
      }
    }
  }

  @Test("a record of many chunks has few files at the end, the same numbers, and is repaired like any")
  func packed() throws {
    try withTemporaryFolder { folder in
      // 32 by 32 positions are 16 chunks.
      let fine = DummySweep.options { $0.positions.stride = 4 }
      let (path, _) = try DummySweep.run(in: folder, options: fine)
      let record = try SweepRecord(contentsOf: path)
      try #require(record.positions.count == 16 * 64)
      let names = try files(under: path).keys
      #expect(names.count { $0.hasPrefix("error/c/") } == 4 && names.count < 100)
      for index in stride(from: 0, to: record.positions.count, by: 97) {
        let error = record.results.error.rows(index..<index + 1).elements
        #expect(error == DummyModel().displacements(under: record.positions[index].window))
      }
      let before = try files(under: path)
      try FileManager.default.removeItem(atPath: path + "/joints/c/1")
      let model = DummyModel()
      #expect(try DummySweep.run(model, in: folder, options: fine).isComplete)
      #expect(model.predictedWindows == 1 + record.positions.count / 4)
      #expect(try files(under: path) == before)
    }
  }
}
