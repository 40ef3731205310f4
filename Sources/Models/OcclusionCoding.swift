import Pictures

extension Occlusion {
  /// The fill as red, green and blue of the normalised picture.
  var normalisedColour: [Float] {
    switch fill {
    case .value(let value): [value, value, value]
    case .colour(let red, let green, let blue):
      zip([red, green, blue], 0..<3).map { byte, channel in
        (Float(byte) / 255 - Picture.meanColour[channel]) / Picture.colourDeviation[channel]
      }
    }
  }

  /// The fill's colour as screens mix it, 0…1 each, for figures.
  public var displayColour: (red: Double, green: Double, blue: Double) {
    let parts = zip(normalisedColour, 0..<3).map { value, channel in
      Double(min(max(value * Picture.colourDeviation[channel] + Picture.meanColour[channel], 0), 1))
    }
    return (parts[0], parts[1], parts[2])
  }

  /// The name in file names, such as `square40` or `disc80-black`.
  public var name: String { "\(shape.name)\(size)" + (fill == .value(0) ? "" : "-\(fill.name)") }

  enum CodingKeys: String, CodingKey { case size, shape, fill, value }

  /// Reads an occlusion; a square and the `value` of version 0.1.0 unless `shape` and `fill` are given.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    size = try values.decode(Int.self, forKey: .size)
    shape = try values.decodeIfPresent(Shape.self, forKey: .shape) ?? .square
    fill =
      try values.decodeIfPresent(Fill.self, forKey: .fill)
      ?? .value(values.decodeIfPresent(Float.self, forKey: .value) ?? 0)
    guard (1...Self.referenceSide).contains(size) else {
      throw DecodingError.dataCorruptedError(forKey: .size, in: values, debugDescription: "out of range")
    }
  }

  /// Writes size, shape and fill.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(size, forKey: .size)
    try values.encode(shape, forKey: .shape)
    try values.encode(fill, forKey: .fill)
  }
}

extension Occlusion.Shape: Codable {
  /// The name, such as `square` or `rectangle1.5`.
  public var name: String {
    switch self {
    case .square: "square"
    case .rectangle(let aspect): "rectangle\(aspect)"
    case .disc: "disc"
    }
  }

  /// The shape of a name.
  public init?(name: String) {
    switch name {
    case "square": self = .square
    case "disc": self = .disc
    default:
      guard name.hasPrefix("rectangle"), let aspect = Float(name.dropFirst("rectangle".count)),
        (0.01...100).contains(aspect)
      else { return nil }
      self = .rectangle(aspect: aspect)
    }
  }

  /// Reads a name.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let shape = Self(name: try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "no shape")
    }
    self = shape
  }

  /// Writes the name.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(name)
  }
}

extension Occlusion.Fill: Codable {
  /// The name: `gray`, `black`, `#rrggbb`, or a value of the normalised picture.
  public var name: String {
    switch self {
    case .value(0): return "gray"
    case .value(let value): return "\(value)"
    case .colour(0, 0, 0): return "black"
    case .colour(let red, let green, let blue):
      let digits = [red, green, blue].map { byte in
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
      return "#" + digits.joined()
    }
  }

  /// The fill of a name.
  public init?(name: String) {
    switch name {
    case "gray", "grey": self = .value(0)
    case "black": self = .colour(red: 0, green: 0, blue: 0)
    default:
      let digits = name.dropFirst()
      if name.hasPrefix("#"), digits.count == 6, digits.allSatisfy(\.isHexDigit),
        let code = UInt32(digits, radix: 16)
      {
        self = .colour(
          red: UInt8(code >> 16 & 255), green: UInt8(code >> 8 & 255), blue: UInt8(code & 255))
      } else if let value = Float(name), value.isFinite {
        self = .value(value)
      } else {
        return nil
      }
    }
  }

  /// Reads a name.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let fill = Self(name: try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "no fill")
    }
    self = fill
  }

  /// Writes the name.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(name)
  }
}
