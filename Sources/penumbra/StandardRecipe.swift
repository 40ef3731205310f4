import ArgumentParser
import Networks
import Training

/// What a network is taught to be, by the word for it.
enum TaughtHead: String, ExpressibleByArgument, CaseIterable {
  /// Tells body parts apart, as a start for both others.
  case parts
  /// Pools its features.
  case gap
  /// Looks part by part.
  case attention
}

extension Recipe {
  /// The recipe of a head as `penumbra train` has it unless told otherwise; 432,000 pictures.
  init(teaching head: TaughtHead, side: Int = 96, width: Int = 32, lastStride: Int = 1) {
    var architecture = Architecture.resNet18(
      head == .gap ? .pooled : .partAttention, side: side, width: width)
    (architecture.hidden, architecture.branchWidth, architecture.addsMean) = (512, 64, head != .gap)
    // Either way the part maps have a cell for every four pixels.
    if lastStride == 1 { (architecture.lastStride, architecture.branchDepth) = (1, 2) }
    self.init(architecture, goal: head == .parts ? .parts : .body, pictures: 432_000)
    (batch, shards, learningRate, partShare) = (32, 1, 5e-4, 0.4)
  }
}
