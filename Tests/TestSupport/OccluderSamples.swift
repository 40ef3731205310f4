public import Models
import Pictures
import Tensors

/// Occluders of every kind that depends on the picture, or on a file.
public enum OccluderSamples {
  /// A fill of each kind that is no colour of its own.
  public static let fills: [Occlusion.Fill] = [
    .mean, .blur(8), .noise(5),
    .texture(
      .init(
        source: .init(name: "bricks 2.a.png", fingerprint: "1"),
        content: DummyModel.picture(width: 50, height: 40, seed: 9))),
    .image(
      .init(
        source: .init(name: "empty.png", fingerprint: "2"),
        content: DummyModel.picture(width: 96, height: 64, seed: 10))),
  ]

  /// A mask twice as high as wide, soft at its edge, with a hole.
  public static let mask: Occlusion.Shape = {
    let (width, height) = (40, 80)
    let pixels = (0..<width * height).map { i -> SIMD4<Float> in
      let (x, y) = (Float(i % width) - 19.5, (Float(i / width) - 39.5) / 2)
      let radius = (x * x + y * y).squareRoot()
      let opacity = min(max(20 - radius, 0), 1) * min(max(radius - 5, 0), 1)
      return SIMD4(0, 0, 0, opacity)
    }
    return .mask(
      .init(
        source: .init(name: "my mask.png", fingerprint: "3"),
        content: Cutout(width: width, height: height, pixels: pixels)), aspect: 2)
  }()
}
