public import ArgumentParser
public import Records

extension Shard: ExpressibleByArgument {
  /// A share written as `2/8`.
  public init?(argument: String) { self.init(argument) }
}

/// Which share of the work a process does.
struct ShardOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Compute only the I-th of N shares, 1/N to N/N: of one picture's positions, of several pictures, or of an experiment's "
        + "networks. Whoever comes last puts them together (docs/cluster.md).", valueName: "I/N"))
  var shard: Shard?
}
