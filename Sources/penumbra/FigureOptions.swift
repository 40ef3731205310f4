public import ArgumentParser
import Archives
import Figures
import Foundation
import Pictures
public import Presentation
import Records

extension Colormap: ExpressibleByArgument {
  /// A colour map by its name.
  public init?(argument: String) { self.init(named: argument) }

  /// The name.
  public var defaultValueDescription: String { name }

  /// The names, for help and errors.
  public static var allValueStrings: [String] { all.map(\.name) }
}

extension MapQuantity: ExpressibleByArgument {}

extension ScaleRule: ExpressibleByArgument {
  /// A rule by its name, or the ends of a scale in millimetres, `0,200`.
  public init?(argument: String) {
    switch argument {
    case "joint": self = .joint
    case "network": self = .network
    case "picture": self = .picture
    case "report": self = .report
    default:
      let ends = argument.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
      // Of two large numbers of opposite signs the difference may be infinite.
      guard ends.count == 2, let low = ends[0], let high = ends[1], low < high, (high - low).isFinite
      else { return nil }
      self = .range(low: low, high: high)
    }
  }

  /// The name.
  public var defaultValueDescription: String { "picture" }
}

/// How maps are drawn.
struct MapOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What maps show: error, increase, displacement, or pa-error, pa-increase, pa-displacement after Procrustes "
        + "alignment (default: increase with ground truth, displacement without).", valueName: "quantity"))
  var quantity: MapQuantity?

  @Option(
    help: ArgumentHelp(
      "Maps with one scale: those of a joint, network, picture or report, or LOW,HIGH in mm.",
      valueName: "rule"))
  var scale: ScaleRule?

  @Option(help: "Colours of maps that are not signed (default: inferno).")
  var colormap: Colormap?

  @Option(
    help: ArgumentHelp(
      "Share of the picture that shows through maps, 0 to 1 (default: 0); colours are then mixed with the picture's.",
      valueName: "share"))
  var overlay: Double?

  @Option(help: "Look of the maps: pare draws them as the published figures are.")
  var style: Look?

  /// A look by name.
  enum Look: String, ExpressibleByArgument, CaseIterable { case pare }

  func validate() throws {
    if let overlay, !(0...1).contains(overlay) {
      throw ValidationError("--overlay is \(overlay); give 0 to 1")
    }
  }

  /// The style that the options ask for.
  var mapStyle: MapStyle {
    var mapStyle = style == .pare ? MapStyle.pare : MapStyle()
    if let quantity { mapStyle.quantity = quantity }
    if let scale { mapStyle.scale = scale }
    if let colormap { mapStyle.colours = colormap }
    if let overlay { mapStyle.overlay = overlay }
    return mapStyle
  }
}

/// Which figures are drawn on their own, and how.
struct FigureOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Figures to write in place of the PDF, such as overview,joint:left_wrist: \(FigureChoice.names.joined(separator: ", ")).",
      valueName: "names"), transform: FigureList.init(parsing:))
  var figure: FigureList?

  @Option(help: ArgumentHelp("Format of the figures: pdf, svg or png.", valueName: "format"))
  var format: PaperFigure.Format?

  @Option(
    help: ArgumentHelp(
      "Width of the figures, such as 85mm, 3.3in or 240pt (default: 180mm).", valueName: "length"))
  var width: Length?

  @Option(help: "Pixels an inch of PNG figures.")
  var dpi = 300.0

  @Option(
    help: ArgumentHelp(
      "Photograph that a record is of, for --figure photograph; repeatable.", valueName: "file"))
  var photograph: [String] = []

  func validate() throws {
    guard (36...2400).contains(dpi) else { throw ValidationError("--dpi is \(dpi); give 36 to 2400") }
    guard figure == nil else {
      if figure!.choices.contains(.photograph), photograph.isEmpty {
        throw ValidationError("--figure photograph needs the picture; give --photograph FILE")
      }
      return
    }
    if format != nil || width != nil || !photograph.isEmpty {
      throw ValidationError("--format, --width and --photograph are for --figure; give --figure too")
    }
  }
}

/// Names of figures, separated by commas.
struct FigureList {
  let choices: [FigureChoice]

  init(parsing argument: String) throws {
    choices = try argument.split(separator: ",", omittingEmptySubsequences: false).map { part in
      let name = part.trimmingCharacters(in: .whitespaces)
      guard let choice = FigureChoice(name) else {
        throw ValidationError(
          "'\(name)' is no figure; give some of \(FigureChoice.names.joined(separator: ", "))")
      }
      return choice
    }
  }
}

/// A length on paper.
struct Length: ExpressibleByArgument {
  /// Points of 1/72 inch.
  let points: Double

  init?(argument: String) {
    let units = ["mm": 72 / 25.4, "cm": 72 / 2.54, "in": 72, "pt": 1]
    guard let unit = units.first(where: { argument.hasSuffix($0.key) }),
      let number = Double(argument.dropLast(2).trimmingCharacters(in: .whitespaces))
    else { return nil }
    let points = number * unit.value
    // From the narrowest that has room for a map to the widest poster.
    guard (100...4000).contains(points) else { return nil }
    self.points = points
  }
}

extension PaperFigure.Format: ExpressibleByArgument {}
