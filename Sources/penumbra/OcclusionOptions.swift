public import ArgumentParser
import Bodies
import Foundation
public import Models
import Pictures
import Records
import Sweeps

extension PositionRule.Kind: ExpressibleByArgument {
  /// A kind by its name; `script` is the name of version 0.1.0 for `corner`.
  public init?(argument: String) { self.init(name: argument) }
}

/// Values written with commas between them.
struct List<Element: ExpressibleByArgument & Sendable>: ExpressibleByArgument, Sendable {
  let elements: [Element]

  init(_ elements: Element...) { self.elements = elements }
  init(elements: [Element]) { self.elements = elements }

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    elements = parts.compactMap { Element(argument: $0.trimmingCharacters(in: .whitespaces)) }
    guard elements.count == parts.count, !elements.isEmpty else { return nil }
  }

  var defaultValueDescription: String {
    elements.map(\.defaultValueDescription).joined(separator: ",")
  }
}

/// Occluders and grids that have a name.
public enum OcclusionPreset: String, ExpressibleByArgument, CaseIterable {
  /// The published script's: windows of 40, one beside the other.
  case pare
  /// Those of the paper's figures: windows of 40, overlapping by half.
  case pareFigure = "pare-figure"
  /// What the paper describes: an occluder of 40 centred on every pixel.
  case pareDense = "pare-dense"
  /// Those of meshConfidence (Jafarian and Qureshi 2023): windows of 40, overlapping by half.
  case meshConfidence = "meshconf"
  /// Those of 3DPW-AdvOcc (Zhang et al., 3DNBF, 2023): textured windows of 40, every 10.
  case advOcc40 = "advocc40"
  /// The same of 80.
  case advOcc80 = "advocc80"
  /// The sensitivity of features and output of Zeiler and Fergus 2014, whose paper gives no sizes: windows of 40, every 8.
  case zeiler

  var stride: Int {
    switch self {
    case .pare: 40
    case .pareFigure, .meshConfidence: 20
    case .pareDense: 1
    case .advOcc40, .advOcc80: 10
    case .zeiler: 8
    }
  }

  var size: Int { self == .advOcc80 ? 80 : 40 }

  /// What it fills occluders with unless another fill is given.
  var fill: FillChoice? { self == .advOcc40 || self == .advOcc80 ? .builtInTexture(seed: 1) : nil }

  /// Whether features and output are compared with those of the unoccluded picture, not with a ground truth.
  var measuresChange: Bool { self == .zeiler }

  var grid: PositionRule.Kind { self == .pareDense || self == .zeiler ? .centred : .corner }
}

/// A length, written as `2`, `2mm` or `2 mm`.
struct Millimetres: ExpressibleByArgument {
  let value: Double

  init?(argument: String) {
    let number = argument.hasSuffix("mm") ? argument.dropLast(2) : argument[...]
    guard let value = Double(number.trimmingCharacters(in: .whitespaces)), value > 0, value < 10_000 else {
      return nil
    }
    self.value = value
  }

  var defaultValueDescription: String { String(format: "%gmm", value) }
}

/// The occluders and where they go.
struct OcclusionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Occluder and grid of a publication, size/stride: PARE's script (pare: 40/40), its figures (pare-figure: 40/20) or "
        + "every pixel (pare-dense: 40/1), meshConfidence (meshconf: 40/20), 3DPW-AdvOcc (advocc40: 40/10, advocc80: "
        + "80/10, textured); zeiler: 40/8, how far layers and joints move, without ground truth (Zeiler and Fergus 2014).",
      valueName: "name"))
  var preset: OcclusionPreset?

  @Option(
    name: .customLong("occluder-size"),
    help: ArgumentHelp(
      "Width of the occluder, in pixels of a 224-pixel crop (default: 40); scaled for other crops. Several, as 20,40,80, "
        + "make a record each.", valueName: "pixels"))
  var sizes: List<Int>?

  @Option(
    help: ArgumentHelp(
      "Shape of the occluder: square, disc, rectangleA, A times as high as wide, mask:FILE, the outline that a PNG's "
        + "alpha channel draws, or part:NAME, what the picture shows of a body part, such as part:left_knee, at its one "
        + "place (part:all: each part by itself). Several with commas.", valueName: "shape"))
  var shape = List(ShapeChoice.plain(.square))

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Fill of the occluder: gray (ImageNet's mean colour, the default), black, #rrggbb, a number in normalised colours, "
        + "mean (of the picture), blurS (of what is beneath, by S of 224 pixels, 10 unless given), noiseN (of a seed), "
        + "texture:FILE or texture:builtin, or image:FILE, a picture in this one's place. Several with commas.",
      valueName: "fill"))
  var fill: List<FillChoice>?

  @Option(name: .customLong("occluder-value"), parsing: .unconditional, help: .hidden)
  var occluderValue: NormalisedFill?

  @Option(
    name: .customLong("stride"),
    help: ArgumentHelp(
      "Step between positions, in pixels of a 224-pixel crop (default: 4).", valueName: "pixels"))
  var step: Int?

  @Option(
    name: .customLong("grid"),
    help: ArgumentHelp(
      "Grid of positions: centred on pixels of what the network sees (centred, the default), from the corner as in PARE's "
        + "published script (corner), or at the same places of the picture for every network (picture, the default with "
        + "workers).",
      valueName: "centred|corner|picture"))
  var kind: PositionRule.Kind?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Sweep only this part of the picture, in its pixels, or person: wherever the occluder touches the person's box.",
      valueName: "x,y,w,h|person"))
  var region: RegionChoice?

  @Option(
    help: ArgumentHelp(
      "Centres of the occluder instead of a grid: JSON [[x, y], …] or lines x,y, in pixels of the picture.",
      valueName: "file"))
  var positions: String?

  @Option(
    help: ArgumentHelp(
      "Sample positions adaptively until the interpolated error maps are within this, on average over positions and "
        + "joints, such as 2mm; sets the default stride to 1.", valueName: "mm"))
  var tolerance: Millimetres?

  private var stride: Int { step ?? preset?.stride ?? (tolerance == nil ? 4 : 1) }

  /// What hides part of the picture: every size with every shape and every fill.
  ///
  /// - Throws: an error that names the file that a shape or fill needs.
  func occlusions() throws -> [Occlusion] {
    let fills = try fills()
    let shapes = try shape.elements.map { try $0.load() }
    return (sizes?.elements ?? [preset?.size ?? 40]).flatMap { size in
      shapes.flatMap { shape in fills.map { Occlusion(size: size, shape: shape, fill: $0) } }
    }
  }

  private func fills() throws -> [Occlusion.Fill] {
    try occluderValue.map { [$0.fill] }
      ?? (fill?.elements ?? [preset?.fill ?? .plain(.value(0))]).map { try $0.load() }
  }

  /// The body parts that are hidden, each by itself.
  var parts: [Joint] {
    shape.elements.flatMap { choice -> [Joint] in
      if case .parts(let parts) = choice { return parts }
      return []
    }
  }

  /// What hides part of each picture: the occluders that are the same in all, and body parts.
  func choice() throws -> OccluderChoice {
    var plain = self
    plain.shape = List(elements: shape.elements.filter { if case .parts = $0 { false } else { true } })
    return OccluderChoice(
      plain: plain.shape.elements.isEmpty ? [] : try plain.occlusions(), parts: parts, fills: try fills())
  }

  /// Where it goes: in the picture where networks run elsewhere or cut crops of different extent around a box, else in the
  /// crop.
  ///
  /// - Throws: a failure that names the file of positions.
  func rule(for models: [any PoseModel], in input: PictureInput? = nil) throws -> PositionRule {
    let sharesPicture =
      models.contains { $0 is WorkerModel }
      || input?.box != nil && Set(models.map(\.cropMargin)).count > 1
    let usual: PositionRule.Kind = preset?.grid ?? (sharesPicture ? .picture : .centred)
    var rule = PositionRule(kind ?? usual, stride: stride, list: try positions.map(PositionFile.read))
    if case .box(let box) = region { rule.region = [box.x, box.y, box.width, box.height] }
    return rule
  }

  /// Whether it goes only where it touches the person.
  var isOnPerson: Bool { if case .person = region { true } else { false } }

  func validate() throws {
    let side = Occlusion.referenceSide
    guard preset == nil || (sizes == nil && step == nil && kind == nil && positions == nil) else {
      throw ValidationError(
        "--preset sets size, stride and grid; leave out --occluder-size, --stride, --grid and --positions")
    }
    if let wrong = sizes?.elements.first(where: { !(1...side).contains($0) }) {
      throw ValidationError("--occluder-size is \(wrong); give 1 to \(side), the pixels of a crop")
    }
    let isPlaced = tolerance != nil || region != nil || positions != nil
    if isPlaced, !parts.isEmpty, isOnPerson || tolerance != nil || parts.count == shape.elements.count {
      throw ValidationError(
        "--shape part:NAME is at one place; leave out --tolerance, --region and --positions")
    }
    guard (1...side).contains(stride) else {
      throw ValidationError("--stride is \(stride); give 1 to \(side) pixels")
    }
    if case .box(let region) = region, !(region.width > 0 && region.height > 0) {
      throw ValidationError("--region needs a width and a height above 0")
    }
    if positions != nil, step != nil || kind != nil || region != nil || tolerance != nil {
      throw ValidationError(
        "--positions says where the occluder goes; leave out --stride, --grid, --region and --tolerance")
    }
  }
}

/// A part of the picture that is swept.
enum RegionChoice: ExpressibleByArgument {
  case box(Box)
  case person

  init?(argument: String) {
    if argument == "person" {
      self = .person
    } else if let box = Box(argument: argument) {
      self = .box(box)
    } else {
      return nil
    }
  }
}

/// A fill in the network's normalised colours: one number for all channels, or red, green and blue.
struct NormalisedFill: ExpressibleByArgument {
  let fill: Occlusion.Fill

  init?(argument: String) {
    let numbers = argument.split(separator: ",", omittingEmptySubsequences: false).map {
      Float($0.trimmingCharacters(in: .whitespaces))
    }
    let known = numbers.compactMap(\.self).filter(\.isFinite)
    guard known.count == numbers.count else { return nil }
    if known.count == 1 {
      fill = .value(known[0])
      return
    }
    guard known.count == 3 else { return nil }
    // A colour of eight bits: -2.118,-2.036,-1.804 is black.
    let bytes = known.indices.map { channel in
      (255 * (known[channel] * Picture.colourDeviation[channel] + Picture.meanColour[channel])).rounded()
    }
    guard bytes.allSatisfy({ (0...255).contains($0) }) else { return nil }
    fill = .colour(red: UInt8(bytes[0]), green: UInt8(bytes[1]), blue: UInt8(bytes[2]))
  }
}

/// What a sweep hides of every picture.
struct OccluderChoice {
  /// The same in all pictures.
  let plain: [Occlusion]
  /// Body parts, each as a picture shows it, with each of the fills.
  let parts: [Joint], fills: [Occlusion.Fill]

  /// What tells this choice from others.
  var names: [String] {
    plain.map(\.name) + parts.flatMap { part in fills.map { "\(part.name)-\($0.name)" } }
  }

  /// The occluders of one picture, none where it shows none of the parts; those that it does not show are told.
  ///
  /// - Throws: `RecordError` where no body says where parts are.
  func placed(in sweep: PictureSweep, _ models: [any PoseModel]) throws -> [PlacedOcclusion] {
    let plain = plain.map { PlacedOcclusion($0) }
    guard !parts.isEmpty else { return plain }
    let shown = try PartOccluders(of: sweep, models: models)
    let found = parts.map { (part: $0, occluders: shown.occluders(hiding: $0, filledWith: fills)) }
    let placed = found.flatMap(\.occluders), hidden = found.filter(\.occluders.isEmpty).map(\.part)
    if !hidden.isEmpty, !(plain + placed).isEmpty {
      Console.writeNotice(
        "penumbra: \(sweep.input.path): shows nothing to hide of \(hidden.map(\.name).joined(separator: ", "))"
      )
    }
    return plain + placed
  }
}
