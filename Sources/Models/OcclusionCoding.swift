public import Bodies
public import Pictures

extension Occlusion {
  /// The same for all pictures: the outline of a body part, which every picture shows otherwise, is known by the part alone.
  public var acrossPictures: Occlusion {
    shape.part.map(outline) ?? self
  }

  /// The same for all body parts, where it is the outline of one.
  public var acrossParts: Occlusion {
    shape.part == nil ? self : outline(of: .pelvis)
  }

  /// A part's outline in no picture.
  private func outline(of part: Joint) -> Occlusion {
    let none = Cutout(width: 1, height: 1, pixels: [SIMD4(0, 0, 0, 1)])
    return Occlusion(size: 1, shape: .part(part, mask: none, fingerprint: "", aspect: 1), fill: fill)
  }

  /// The occluder in words for people, "disc 40, black" or "head, gray".
  public var title: String {
    let outline = shape.part.map { $0.name.replacing("_", with: " ") } ?? "\(shape.name) \(size)"
    return "\(outline), \(fill.name)"
  }

  /// The fill as red, green and blue of the normalised picture, where it is one colour.
  var normalisedColour: [Float] {
    switch fill {
    case .value(let value): [value, value, value]
    case .colour(let red, let green, let blue): Picture.normalised([red, green, blue].map(Float.init))
    case .mean, .blur, .noise, .texture, .image: preconditionFailure("\(fill.name) depends on the picture")
    }
  }

  /// The fill's colour as screens mix it, 0…1 each, for figures; nil where it is no colour of its own.
  public var displayColour: (red: Double, green: Double, blue: Double)? {
    guard fill.isPlain else { return nil }
    let parts = zip(normalisedColour, 0..<3).map { value, channel in
      Double(min(max(value * Picture.colourDeviation[channel] + Picture.meanColour[channel], 0), 1))
    }
    return (parts[0], parts[1], parts[2])
  }

  /// The name in file names, such as `square40` or `disc80-black`.
  public var name: String {
    "\(shape.fileName)\(size)" + (fill == .value(0) ? "" : "-\(fill.fileName)")
  }

  enum CodingKeys: String, CodingKey {
    case size, shape, fill, value, aspect
    case shapeFile = "shape_file"
    case fillFile = "fill_file"
  }

  /// Reads an occlusion; a square and the `value` of version 0.1.0 unless `shape` and `fill` are given.
  ///
  /// Files that an occluder shows are known by name and digest only.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    func damaged(_ key: CodingKeys, _ problem: String) -> DecodingError {
      .dataCorruptedError(forKey: key, in: values, debugDescription: problem)
    }
    size = try values.decode(Int.self, forKey: .size)
    let shapeName = try values.decodeIfPresent(String.self, forKey: .shape) ?? "square"
    if shapeName == "mask" {
      let aspect = try values.decode(Float.self, forKey: .aspect)
      guard Self.aspects.contains(aspect) else { throw damaged(.aspect, "out of range") }
      shape = .mask(
        .init(source: try values.decode(SourceFile.self, forKey: .shapeFile), content: nil), aspect: aspect)
    } else if let plain = Shape(name: shapeName) {
      shape = plain
    } else {
      throw damaged(.shape, "no shape")
    }
    let fillName = try values.decodeIfPresent(String.self, forKey: .fill)
    switch fillName {
    case nil: fill = .value(try values.decodeIfPresent(Float.self, forKey: .value) ?? 0)
    case "texture", "image":
      let file = OccluderFile<Picture>(
        source: try values.decode(SourceFile.self, forKey: .fillFile), content: nil)
      fill = fillName == "image" ? .image(file) : .texture(file)
    case let name?:
      guard let plain = Fill(name: name) else { throw damaged(.fill, "no fill") }
      fill = plain
    }
    guard (1...Self.referenceSide).contains(size) else { throw damaged(.size, "out of range") }
  }

  /// Writes size, shape and fill.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(size, forKey: .size)
    switch shape {
    case .mask(let file, let aspect):
      try values.encode("mask", forKey: .shape)
      try values.encode(aspect, forKey: .aspect)
      try values.encode(file.source, forKey: .shapeFile)
    case .square, .rectangle, .disc: try values.encode(shape.name, forKey: .shape)
    }
    switch fill {
    case .texture(let file), .image(let file):
      try values.encode(fill.kind, forKey: .fill)
      try values.encode(file.source, forKey: .fillFile)
    case .value, .colour, .mean, .blur, .noise: try values.encode(fill.name, forKey: .fill)
    }
  }
}

extension Occlusion.Shape {
  /// The name, such as `square`, `rectangle1.5` or `mask:hand.png`.
  public var name: String {
    switch self {
    case .square: "square"
    case .rectangle(let aspect): "rectangle\(aspect)"
    case .disc: "disc"
    case .mask(let file, _): part.map { "part:\($0.name)" } ?? "mask:\(file.source.name)"
    }
  }

  /// The outline of a body part as one picture shows it.
  public static func part(
    _ part: Joint, mask: Cutout, fingerprint: String, aspect: Float
  ) -> Occlusion.Shape {
    .mask(
      OccluderFile(
        source: SourceFile(name: partPrefix + part.name, fingerprint: fingerprint), content: mask),
      aspect: min(max(aspect, Occlusion.aspects.lowerBound), Occlusion.aspects.upperBound))
  }

  /// The body part whose outline it is; nil for every other shape.
  public var part: Joint? {
    guard case .mask(let file, _) = self, file.source.name.hasPrefix(Self.partPrefix) else { return nil }
    let name = file.source.name.dropFirst(Self.partPrefix.count)
    return Joint.allCases.first { $0.name == name }
  }

  private static let partPrefix = "part:"

  /// The name as a part of file names.
  var fileName: String {
    guard case .mask(let file, _) = self else { return name }
    if let part { return "\(part.name)-" }
    return "mask-\(file.source.fileName)-"
  }

  /// The shape of a name; nil where it is none that needs no file.
  public init?(name: String) {
    switch name {
    case "square": self = .square
    case "disc": self = .disc
    default:
      guard name.hasPrefix("rectangle"), let aspect = Float(name.dropFirst("rectangle".count)),
        Occlusion.aspects.contains(aspect)
      else { return nil }
      self = .rectangle(aspect: aspect)
    }
  }
}

extension Occlusion.Fill {
  /// The blur that is meant unless another is given: enough to leave no limb, as Fong and Vedaldi use for crops of 224
  /// pixels (Interpretable explanations of black boxes, 2017).
  public static let usualBlur: Float = 10

  /// The name: `gray`, `black`, `#rrggbb`, a value of the normalised picture, `mean`, `blur10`, `noise1`,
  /// `texture:bricks.png` or `image:empty.png`.
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
    case .mean: return "mean"
    case .blur(let deviation):
      return deviation == deviation.rounded() ? "blur\(Int(deviation))" : "blur\(deviation)"
    case .noise(let seed): return "noise\(seed)"
    case .texture(let file), .image(let file): return "\(kind):\(file.source.name)"
    }
  }

  /// The word before a file's name.
  var kind: String { if case .image = self { "image" } else { "texture" } }

  /// The name as a part of file names.
  var fileName: String {
    switch self {
    case .texture(let file), .image(let file): "\(kind)-\(file.source.fileName)"
    case .value, .colour, .mean, .blur, .noise: name
    }
  }

  /// The fill of a name; nil where it is none that needs no file.
  public init?(name: String) {
    func number<Number: LosslessStringConvertible>(after word: String, _ usual: Number) -> Number? {
      guard name.hasPrefix(word) else { return nil }
      let rest = name.dropFirst(word.count)
      return rest.isEmpty ? usual : Number(String(rest))
    }
    switch name {
    case "gray", "grey": self = .value(0)
    case "black": self = .colour(red: 0, green: 0, blue: 0)
    case "mean": self = .mean
    default:
      let digits = name.dropFirst()
      if name.hasPrefix("#"), digits.count == 6, digits.allSatisfy(\.isHexDigit),
        let code = UInt32(digits, radix: 16)
      {
        self = .colour(
          red: UInt8(code >> 16 & 255), green: UInt8(code >> 8 & 255), blue: UInt8(code & 255))
      } else if let value = Float(name), value.isFinite {
        self = .value(value)
      } else if let deviation = number(after: "blur", Self.usualBlur), (0.1...224).contains(deviation) {
        self = .blur(deviation)
      } else if let seed = number(after: "noise", UInt64(1)) {
        self = .noise(seed)
      } else {
        return nil
      }
    }
  }
}

extension SourceFile {
  /// The name without its ending, of letters, digits and signs that every file system takes.
  var fileName: String {
    let stem = name.split(separator: ".").first.map(String.init) ?? name
    return String(stem.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") ? $0 : "_" }.prefix(40))
  }
}
