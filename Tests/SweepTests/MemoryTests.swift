import Foundation
import Models
import Networks
import Sweeps
import TestSupport
import Tensors
import Testing

/// The memory of a sweep, against what `--memory` counts on, in a process of its own.
@Suite("Memory of sweeps") struct MemoryTests {
  /// Libraries, threads and small arrays, megabytes.
  static let allowance = 60.0

  @Test(
    "memory(batch:workers:) is an upper bound of a sweep's memory beyond 60 MB for libraries and threads",
    arguments: Architecture.Head.Kind.allCases.map(\.rawValue), ["direct", "winograd"])
  func bound(head: String, convolutions: String) async {
    await #expect(processExitsWith: .success) {
      [head = head as String, convolutions = convolutions as String] in
      let kind = Architecture.Head.Kind(rawValue: head)!
      let architecture =
        kind == .uv
        ? Architecture(side: 256, backbone: .blazePose, head: .uv())
        : .resNet18(kind, side: 224, width: 32)
      let model = SMPLModel(
        LoadedNetwork(label: "r", name: "r", regressor: try .random(architecture, seed: 1)),
        body: SmallNetworks.body, convolutions: .init(rawValue: convolutions)!)
      // The peak so far goes, as far as the system lets it.
      try? "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8)
      Tensor.releaseKeptMemory()
      let before = ProcessMemory.currentMegabytes
      var options = SweepOptions()
      (options.positions.stride, options.batch, options.workers) = (8, 16, 2)
      // What `--memory` would have to be for this batch.
      options.memory = before + model.memory(batch: 16, workers: 2) / 1e6
      let sweep = PictureSweep(DummyModel.input(width: 224, height: 224), options: options)
      let isComplete = try withTemporaryFolder { folder in
        try sweep.recorder(for: model, in: folder).1.run(Runner(workers: 2))
      }
      #expect(isComplete)
      let taken = ProcessMemory.peakMegabytes - before
      let bound = model.memory(batch: 16, workers: 2) / 1e6
      #expect(taken < bound + Self.allowance)
      // And no bound that would refuse what has room.
      #expect(taken > bound / 4)
    }
  }
}
