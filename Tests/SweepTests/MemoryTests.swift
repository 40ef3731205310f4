import Foundation
import Models
import Networks
import Records
import Sweeps
import TestSupport
import Tensors
import Testing

/// What a sweep takes, against what `--memory` counts on, in a process of its own.
@Suite("Memory of sweeps") struct MemoryTests {
  @Test(
    "memory(batch:workers:) is an upper bound of what a sweep takes beyond 60 MB of libraries and threads",
    arguments: Architecture.Head.Kind.allCases.map(\.rawValue), ["direct", "winograd"])
  func bound(head: String, convolutions: String) async {
    await #expect(processExitsWith: .success) {
      [head = head as String, convolutions = convolutions as String] in
      let architecture = Architecture.resNet18(.init(rawValue: head)!, side: 224, width: 32)
      let model = SMPLModel(
        LoadedNetwork(label: "r", name: "r", regressor: try .random(architecture, seed: 1)),
        body: SmallNetworks.body, convolutions: .init(rawValue: convolutions)!)
      let picture = DummyModel.picture(width: 224, height: 224)
      // The peak so far goes, as far as the system lets it.
      try? "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8)
      Tensor.releaseKeptMemory()
      let before = ProcessMemory.currentMegabytes
      let prepared = try model.prepare(picture, box: nil, occlusion: Occlusion())
      let positions = PositionRule(stride: 16).positions(of: Occlusion(), in: prepared.frame)!
      let sweep = try Sweep(model, over: prepared, positions: positions, batch: 16)
      let chunks = stride(from: 0, to: positions.count, by: 49).map { $0..<min($0 + 49, positions.count) }
      _ = try Runner(workers: 2).run(chunks.count) { try sweep.results(at: chunks[$0]).count }
      let taken = ProcessMemory.peakMegabytes - before
      let bound = model.memory(batch: 16, workers: 2) / 1e6
      print("\(head), \(convolutions): \(Int(taken)) MB of \(Int(bound))")
      #expect(taken < bound + 60)
      // And no bound that would refuse what has room.
      #expect(taken > bound / 4)
    }
  }
}
