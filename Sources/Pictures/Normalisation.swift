public import Tensors

extension Picture {
  /// The mean of the colours of ImageNet, red, green, blue, of values in 0…1.
  public static let meanColour: [Float] = [0.485, 0.456, 0.406]
  /// Their standard deviation.
  public static let colourDeviation: [Float] = [0.229, 0.224, 0.225]

  /// What networks see, `[height, width, 3]`: `(value / 255 − mean) / deviation`, the numbers of ImageNet.
  public func normalised() -> Tensor {
    let tables = zip(Self.meanColour, Self.colourDeviation).map { mean, deviation in
      (0...255).map { (byte: Int) -> Float in (Float(byte) / 255 - mean) / deviation }
    }
    let (red, green, blue) = (tables[0], tables[1], tables[2])
    var tensor = Tensor([height, width, 3])
    tensor.withMutableElements { target in
      pixels.withUnsafeBufferPointer { pixels in
        for i in stride(from: 0, to: pixels.count, by: 3) {
          target[i] = red[Int(pixels[i])]
          target[i + 1] = green[Int(pixels[i + 1])]
          target[i + 2] = blue[Int(pixels[i + 2])]
        }
      }
    }
    return tensor
  }

  /// A colour, red, green and blue from 0 to 255, as networks see it.
  public static func normalised(_ colour: [Float]) -> [Float] {
    colour.indices.map { (colour[$0] / 255 - meanColour[$0]) / colourDeviation[$0] }
  }

  /// The picture of a normalised tensor `[height, width, 3]`, rounded and clipped to bytes.
  public init(normalised tensor: Tensor) {
    precondition(tensor.shape.count == 3 && tensor.shape[2] == 3, "\(tensor.shape) is not a picture")
    let bytes = tensor.withElements { values in
      values.indices.map { (i: Int) -> UInt8 in
        let value = values[i] * Self.colourDeviation[i % 3] + Self.meanColour[i % 3]
        return UInt8(level: value * 255)
      }
    }
    self.init(width: tensor.shape[1], height: tensor.shape[0], pixels: bytes)
  }
}
