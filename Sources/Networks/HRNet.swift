extension Network {
  /// HRNet: four resolutions side by side that exchange what they know, brought together at the finest.
  ///
  /// Sun et al. 2019, as PARE (Kocabas et al. 2021) has it.
  ///
  /// With 224-pixel crops and width w the branches hold 56×56×w, 28×28×2w, 14×14×4w and 7×7×8w; the result,
  /// `features`, is 56×56×15w.
  mutating func appendHRNet(
    _ prefix: String, modules: [Int], width: Int, _ fusion: Architecture.Fusion
  ) throws(WeightError) {
    func widened(_ name: String, _ from: Int, _ to: Int, side: Int = 3, stride: Int = 1) -> Convolution {
      Convolution(
        name: prefix + name, inputs: from, outputs: to, side: side, stride: stride, padding: side / 2)
    }
    // The stem and the first stage are as wide in every HRNet.
    var node = Graph.input
    node = try normalised(node, widened("conv1", 3, 64, stride: 2), "\(prefix)bn1")
    node = try normalised(node, widened("conv2", 64, 64, stride: 2), "\(prefix)bn2")
    var channels = 64
    for index in 0..<modules[0] {
      (node, channels) = try appendBlock(.bottleneck, node, "\(prefix)layer1.\(index).", channels, 64, 1)
    }
    var branches: [Graph.Node] = []
    for stage in 2...4 {
      let transition = "transition\(stage - 1)."
      if stage == 2 {
        branches = [
          try normalised(node, widened(transition + "0.0", channels, width), "\(prefix)\(transition)0.1")
        ]
      } else {
        (node, channels) = (branches[stage - 2], width << (stage - 2))
      }
      let added = "\(transition)\(stage - 1).0."
      branches.append(
        try normalised(
          node, widened(added + "0", channels, width << (stage - 1), stride: 2), "\(prefix)\(added)1"))
      for module in 0..<modules[stage - 1] {
        branches = try appendModule("\(prefix)stage\(stage).\(module).", branches, width: width)
      }
    }
    stages = branches

    var maps = [branches[0]]
    for (level, branch) in branches.enumerated().dropFirst() {
      switch fusion {
      case .interpolation: maps.append(graph.append(Upsampling(factor: 1 << level), reading: branch))
      case .convolution:
        var map = branch
        for step in 0..<level {
          let name = "upsample_stage_\(level + 1)."
          map = graph.append(Upsampling(factor: 2), reading: map)
          map = try normalised(
            map, widened("\(name)\(4 * step + 1)", width << level, width << level),
            "\(prefix)\(name)\(4 * step + 2)")
        }
        maps.append(map)
      }
    }
    features = graph.append(Concat(), reading: maps)
  }

  /// Four blocks on every branch, then every branch adds up what all of them have found.
  private mutating func appendModule(
    _ name: String, _ inputs: [Graph.Node], width: Int
  ) throws(WeightError) -> [Graph.Node] {
    var branches = inputs
    for index in branches.indices {
      for block in 0..<4 {
        (branches[index], _) = try appendBlock(
          .basic, branches[index], "\(name)branches.\(index).\(block).", width << index, width << index, 1)
      }
    }
    var fused: [Graph.Node] = []
    for to in branches.indices {
      var terms: [Graph.Node] = []
      for from in branches.indices {
        let key = "\(name)fuse_layers.\(to).\(from)."
        if from == to {
          terms.append(branches[from])
        } else if from > to {
          let convolution = Convolution(
            name: "\(key)0", inputs: width << from, outputs: width << to, side: 1, stride: 1, padding: 0)
          terms.append(try normalised(branches[from], convolution, "\(key)1", relu: false))
        } else {
          var node = branches[from]
          for step in 0..<to - from {
            let isLast = step == to - from - 1
            let convolution = Convolution(
              name: "\(key)\(step).0", inputs: width << from, outputs: width << (isLast ? to : from), side: 3,
              stride: 2, padding: 1)
            node = try normalised(node, convolution, "\(key)\(step).1", relu: !isLast)
          }
          terms.append(node)
        }
      }
      fused.append(graph.append(FusedSum(), reading: terms))
    }
    return fused
  }
}
