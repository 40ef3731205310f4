import Foundation
public import Tensors

/// What the person finder says of a batch of pictures, anchor by anchor.
public struct AnchorResults: Sendable {
  /// How sure it is that a person is at an anchor, before a logistic function, `[batch, anchors]`.
  public let scores: Tensor
  /// In pixels from the anchor: the middle of a box about the head, its width and height, then x, y of four points, the
  /// middle of the hips first and the end of the body second, `[batch, anchors, 12]`.
  public let places: Tensor
}

/// BlazePose's detector, which finds the people in a picture of 224 pixels.
///
/// Bazarevsky et al. 2020; the weights are those of Google's MediaPipe. A single-shot detector (Liu et al. 2016) over an
/// encoder of inverted residuals (Sandler et al. 2018), whose coarse maps are enlarged and added to finer ones.
public struct PersonFinderNetwork: Sendable {
  /// What weight files of this network say under the key of ``LandmarkNetwork/metadata``.
  public static let name = "person-finder"
  /// The side of the picture in pixels.
  public static let side = 224
  /// How many numbers tell a place.
  public static let placeNumbers = 12
  /// The anchors: the middles of the pixels of maps of 28, 14 and 7 pixels, several in each.
  public static let anchors: [SIMD2<Float>] = levels.flatMap { level in
    (0..<level.side * level.side).flatMap { cell in
      let pixel = SIMD2(Float(cell % level.side), Float(cell / level.side)) + 0.5
      return [SIMD2<Float>](repeating: pixel * Float(side / level.side), count: level.anchors)
    }
  }

  /// A map that people are read from: the smaller it is, the larger they are.
  private struct Level {
    let name: String, side: Int, anchors: Int
    /// The channels of the map that its heads read, of twice the side.
    let channels: Int
  }
  private static let levels = [
    Level(name: "fine", side: 28, anchors: 2, channels: fineWidth / 4),
    Level(name: "middle", side: 14, anchors: 2, channels: middleWidth / 4),
    Level(name: "coarse", side: 7, anchors: 6, channels: features / 4),
  ]
  /// The channels of the maps of 28, 14 and 7 pixels that come together.
  private static let fineWidth = 96, middleWidth = 192, features = 1152

  private static let blocks: [BlazePoseLayers.Block] = [
    .init(inputs: BlazePoseLayers.stem, width: BlazePoseLayers.stem, outputs: 16, side: 3),
    .init(inputs: 16, width: 64, outputs: BlazePoseLayers.stem, side: 3, stride: 2),
    .init(inputs: BlazePoseLayers.stem, width: 144, outputs: BlazePoseLayers.stem, side: 3),
    .init(inputs: BlazePoseLayers.stem, width: 144, outputs: 40, side: 5, stride: 2),
    .init(inputs: 40, width: 240, outputs: 40, side: 5),
    .init(inputs: 40, width: 240, outputs: 80, side: 3, stride: 2),
    .init(inputs: 80, width: 480, outputs: 80, side: 3),
    .init(inputs: 80, width: 480, outputs: 80, side: 3),
    .init(inputs: 80, width: 480, outputs: 112, side: 5),
    .init(inputs: 112, width: 672, outputs: 112, side: 5),
    .init(inputs: 112, width: 672, outputs: 112, side: 5),
    .init(inputs: 112, width: 672, outputs: 192, side: 5, stride: 2),
    .init(inputs: 192, width: 1152, outputs: 192, side: 5),
    .init(inputs: 192, width: 1152, outputs: 192, side: 5),
    .init(inputs: 192, width: 1152, outputs: 192, side: 5),
  ]

  private let graph: Graph
  private let weights: [String: Tensor]
  /// Scores and places of each level.
  private let wanted: [Graph.Node]

  /// The network of the given weights.
  ///
  /// - Throws: `WeightError` when a weight is missing, misshapen or not finite.
  public init(_ weights: Weights) throws(WeightError) {
    var layers = BlazePoseLayers(graph: Graph(), prefix: "", isLearning: false)
    wanted = Self.append(to: &layers)
    graph = layers.graph
    var tensors: [String: Tensor] = [:]
    for parameter in graph.parameters {
      tensors[parameter.name] = try weights.tensor(parameter.name, parameter.shape)
    }
    self.weights = tensors
  }

  /// Scores and places for pictures `[batch, 224, 224, 3]`, their values from −1 to 1.
  ///
  /// - Throws: `NetworkError` when there is no memory.
  public func estimate(_ pictures: Tensor) throws(NetworkError) -> AnchorResults {
    precondition(
      pictures.shape.count == 4 && Array(pictures.shape.dropFirst()) == [Self.side, Self.side, 3],
      "pictures of shape \(pictures.shape) for a network of side \(Self.side)")
    let results = try graph.run(pictures, weights, returning: wanted)
    let batch = pictures.shape[0]
    /// The maps of all levels, one after the other for each picture.
    func joined(_ maps: [Tensor], _ shape: [Int]) -> Tensor {
      Tensor(shape, (0..<batch).flatMap { row in maps.flatMap { $0.rows(row..<row + 1).elements } })
    }
    let count = Self.anchors.count
    return AnchorResults(
      scores: joined(Array(results.prefix(Self.levels.count)), [batch, count]),
      places: joined(Array(results.dropFirst(Self.levels.count)), [batch, count, Self.placeNumbers]))
  }

  private static func append(to layers: inout BlazePoseLayers) -> [Graph.Node] {
    var node = layers.convolution(
      "stem", Graph.input, 3, BlazePoseLayers.stem, side: 3, stride: 2)
    var laterals: [Graph.Node] = []
    for (index, block) in blocks.enumerated() {
      // The last blocks of the maps of 28 and of 14 pixels.
      if index == 5 || index == 11 {
        let (name, width) = index == 5 ? ("fine", fineWidth) : ("middle", middleWidth)
        laterals.append(
          layers.separable("\(name).lateral", node, block.inputs, width, isClipped: true))
      }
      node = layers.block(index, block, node)
    }
    node = layers.convolution("last.expand", node, blocks.last!.outputs, features)
    let coarse = layers.depthwise("last.depthwise", node, features, side: 3)
    let middle = layers.merged("middle", coarse, features, with: laterals[1], middleWidth)
    let fine = layers.merged("fine", middle, middleWidth, with: laterals[0], fineWidth)
    let maps = [fine, middle, coarse].map { layers.graph.append(DepthToSpace(), reading: $0) }
    return [("scores", 1), ("places", placeNumbers)].flatMap { part, numbers in
      zip(levels, maps).map { level, map in
        layers.separable(
          "\(level.name).\(part)", map, level.channels, level.anchors * numbers, stride: 2)
      }
    }
  }
}

extension BlazePoseLayers {
  /// A convolution channel by channel and one of 1×1; what is added comes before the ReLU6, if there is one.
  fileprivate mutating func separable(
    _ name: String, _ node: Graph.Node, _ inputs: Int, _ outputs: Int, stride: Int = 1,
    adding map: Graph.Node? = nil, isClipped: Bool = false
  ) -> Graph.Node {
    let filtered = depthwise("\(name).depthwise", node, inputs, side: 3, stride: stride, isClipped: false)
    return convolution("\(name).project", filtered, inputs, outputs, adding: map, isClipped: isClipped)
  }

  /// A coarse map, enlarged and added to a finer one, and two blocks over the sum.
  fileprivate mutating func merged(
    _ name: String, _ coarse: Graph.Node, _ inputs: Int, with lateral: Graph.Node, _ width: Int
  ) -> Graph.Node {
    let enlarged = graph.append(Upsampling(factor: 2, alignsCorners: false), reading: coarse)
    let narrow = convolution("\(name).enlarged", enlarged, inputs, width)
    var node = graph.append(Sum(), reading: lateral, narrow)
    for index in 0..<2 {
      node = separable("\(name).blocks.\(index)", node, width, width, adding: node, isClipped: true)
    }
    return node
  }
}
