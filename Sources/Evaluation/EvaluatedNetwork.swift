public import Networks
public import Pictures

/// A network under evaluation, with its names and how its crops are cut.
public struct EvaluatedNetwork: Sendable {
  /// Its name in tables, figures and file names.
  public let label: String
  /// The name of its file, or that of the built-in network.
  public let name: String
  /// The network.
  public let regressor: Regressor
  /// How a person's box is cut out of a picture and resized.
  public let crop: CropMethod

  /// A network of the given parts.
  public init(label: String, name: String, regressor: Regressor, crop: CropMethod) {
    (self.label, self.name, self.regressor, self.crop) = (label, name, regressor, crop)
  }
}

/// Finds networks by name: built-in ones and weight files.
public struct NetworkCatalog: Sendable {
  /// The names of the built-in networks.
  public let builtIn: [String]
  /// The weight file of a built-in network, or the path itself.
  let path: @Sendable (_ source: String) throws -> String
  /// Reads a built-in network or a weight file and gives it a label.
  let load: @Sendable (_ label: String, _ source: String) throws -> EvaluatedNetwork

  /// A catalogue of the given functions.
  public init(
    builtIn: [String], path: @escaping @Sendable (_ source: String) throws -> String,
    load: @escaping @Sendable (_ label: String, _ source: String) throws -> EvaluatedNetwork
  ) {
    (self.builtIn, self.path, self.load) = (builtIn, path, load)
  }
}
