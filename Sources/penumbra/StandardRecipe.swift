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
    let isFine = lastStride == 1
    // Either way the part maps have a cell for every four pixels.
    let branch = Architecture.Branch(depth: isFine ? 2 : 3, width: 64)
    var architecture = Architecture(
      side: side,
      backbone: .resNet(
        block: .basic, blocks: [2, 2, 2, 2], width: width, lastStride: isFine ? lastStride : nil),
      head: .pooled(hidden: 512, parts: branch))
    // Weight files and recipes of either head carry the width of the pooled head's layers.
    if head != .gap { architecture.head = .partAttention(.init(branch: branch, addsMean: true)) }
    self.init(architecture, goal: head == .parts ? .parts : .body, pictures: 432_000)
    (batch, shards, learningRate, partShare) = (32, 1, 5e-4, 0.4)
  }
}
