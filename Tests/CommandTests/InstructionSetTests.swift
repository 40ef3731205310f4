import Foundation
import Records
import Tensors
import TestSupport
import Testing

/// What every command does when arithmetic is kept to a lower level than the processor's, as on a processor without.
@Suite("Instruction levels") struct InstructionLevelTests {
  private static let levels = InstructionSet.allCases.filter { $0 <= .processor }

  private static func environment(_ level: String) -> [String: String] { [InstructionSet.variable: level] }

  @Test(
    "joints of a built-in network agree at every level within 0.01 mm",
    arguments: ["gap", "attention"])
  func agreement(network: String) throws {
    let arguments = ["estimate", fixture("people/person-1.png"), "--model", network, "--json"]
    var all: [[Float]] = []
    for level in Self.levels {
      let run = try CommandLineRun(arguments, environment: Self.environment(level.rawValue))
      #expect(run.code == 0, "\(level): \(run.error)")
      let object = try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any]
      let joints = try #require(object?["joints24_m"] as? [[Double]])
      all.append(joints.joined().map { Float($0) })
    }
    for joints in all { expectClose(joints, all[0], absolute: 1e-5, relative: 0) }
  }

  @Test(
    "sweeps of every kind of built-in network agree at every level within 0.01 mm",
    arguments: ["gap-small", "attention-small", "blazepose", "uv"])
  func agreementOfSweeps(network: String) throws {
    try withTemporaryFolder { folder in
      var all: [PositionResults] = []
      for level in Self.levels {
        let out = "\(folder)/\(level)"
        let run = try CommandLineRun(
          ["sweep", fixture("people/person-1.png"), "--model", network, "--stride", "60", "--out", out],
          environment: Self.environment(level.rawValue))
        #expect(run.code == 0, "\(level): \(run.error)")
        all.append(try SweepRecord(contentsOf: SweepRecord.paths(in: out)[0]).results)
      }
      for results in all {
        for array in [PositionArray.joints, .error, .alignedError] {
          expectClose(
            try #require(results[array]), try #require(all[0][array]), absolute: 1e-5, relative: 0)
        }
      }
    }
  }

  @Test("a record names the level that made it, and a sweep continues at another", arguments: levels)
  func record(level: InstructionSet) throws {
    try withMaterial { material in
      let run = try CommandLineRun(material.sweep(), environment: Self.environment(level.rawValue))
      #expect(run.code == 0, "\(run.error)")
      #expect(try material.read().notes.kernels?.hasPrefix(level.title) == true)
      let again = try CommandLineRun(material.sweep())
      #expect(again.code == 0, "\(again.error)")
    }
  }

  @Test("bench uses the given level, and names it with its kernels", arguments: levels)
  func bench(level: InstructionSet) throws {
    let run = try CommandLineRun([
      "bench", "--isa", level.rawValue, "--network", "gap-small", "--mode", "incremental", "--positions",
      "96",
      "--json",
    ])
    #expect(run.code == 0, "\(run.error)")
    let object = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
    #expect(object["instruction_set"] as? String == level.rawValue)
    #expect((object["kernels"] as? String)?.hasPrefix(level.title) == true)
    let ceilings = ["ceiling_gflops", "ceiling_after_gflops"].compactMap { object[$0] as? Double }
    #expect(ceilings.count == 2 && ceilings.allSatisfy { $0 > 1 })
  }

  @Test(
    "matrix products use OpenBLAS where its kernel is of the level, else oneDNN, and bench gives the reason",
    .enabled(if: InstructionSet.processor >= .avx2),
    arguments: [
      ("Haswell", "products: OpenBLAS"), ("Prescott", "chose its kernel Prescott, which is not for AVX2"),
    ])
  func openBLAS(kernel: String, words: String) throws {
    let run = try CommandLineRun(
      ["bench", "--network", "gap-small", "--mode", "incremental", "--positions", "96"],
      environment: ["OPENBLAS_CORETYPE": kernel].merging(Self.environment("avx2")) { $1 })
    #expect(run.code == 0 && run.output.contains(words), "\(run.output)\(run.error)")
  }

  @Test("without AVX-512, every command with --precision refuses bfloat16 in one line") func precision()
    throws
  {
    try withMaterial { material in
      for arguments in [material.sweep(), ["bench", "--network", "gap-small", "--positions", "96"]] {
        let run = try CommandLineRun(
          arguments + ["--precision", "bfloat16"], environment: Self.environment("avx2"))
        expectFailure(run, 69, "--precision bfloat16", "leave it out")
      }
      #expect(!FileManager.default.fileExists(atPath: material.folder + "/out"))
    }
  }

  @Test("an unknown level, or one that this processor lacks, is refused in one line") func refusal() throws {
    let run = try CommandLineRun(["inspect", fixture("body.npz")], environment: Self.environment("mmx"))
    expectFailure(run, 64, "PENUMBRA_ISA is mmx", "avx512", "native")
    expectFailure(try CommandLineRun(["bench", "--isa", "mmx"]), 64, "--isa")
    guard InstructionSet.processor < .avx512 else { return }
    expectFailure(
      try CommandLineRun(["inspect", fixture("body.npz")], environment: Self.environment("avx512")), 69, "AVX"
    )
    expectFailure(try CommandLineRun(["bench", "--isa", "avx512"]), 69, "--isa avx512")
  }
}
