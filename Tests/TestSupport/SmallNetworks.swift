public import Models
public import Networks
public import Pictures

/// Networks of random weights, small enough to be run often, as models to sweep.
public enum SmallNetworks {
  /// The body of 1000 vertices.
  public static let body = try! SMPLBody(contentsOf: fixture("body_1000.npz"))
  /// The side of the networks' crop, pixels.
  public static let side = 64
  /// A picture of random colours and of that side.
  public static let picture = DummyModel.picture(width: side, height: side, seed: 6)

  /// A ResNet of four blocks with either head.
  ///
  /// - Throws: nothing: a random network has all of its weights.
  public static func regressor(_ head: Architecture.Head.Kind, seed: UInt64 = 9) throws -> Regressor {
    precondition(head != .uv, "the skin in UV space is read off BlazePose's maps alone")
    let branch = Architecture.Branch(depth: 1, width: 8)
    let architecture = Architecture(
      side: side, backbone: .resNet(block: .basic, blocks: [1, 1, 1, 1], width: 8, lastStride: nil),
      head: head == .pooled
        ? .pooled(hidden: 16, parts: branch) : .partAttention(.init(branch: branch, shapeWidth: 8)))
    return try .random(architecture, seed: seed)
  }

  /// The same as a model.
  ///
  /// - Throws: nothing, as above.
  public static func model(
    _ head: Architecture.Head.Kind, _ convolutions: Regressor.Convolutions = .direct, seed: UInt64 = 9,
    body: SMPLBody = body, crop: CropMethod? = nil
  ) throws -> SMPLModel {
    SMPLModel(
      LoadedNetwork(label: "small", name: "small.safetensors", regressor: try regressor(head, seed: seed)),
      body: body, crop: crop, convolutions: convolutions)
  }
}
