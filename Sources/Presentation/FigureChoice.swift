import Bodies
import Records

/// A figure that can be asked for on its own, as `--figure grid` or `--figure joint:left_wrist`.
public enum FigureChoice: Hashable, Sendable {
  /// The picture with the skeletons, and the mean maps of all networks with their differences.
  case overview
  /// The maps of all joints of each network.
  case grid
  /// The numbers of all joints, network beside network.
  case bars
  /// The worst positions of each network, and what it predicts there.
  case worst
  /// Where each network with part attention looks for the joints that suffer most.
  case attention
  /// The skin that each network lays out in UV space, seen and filled in.
  case surface
  /// Where each network found nobody, beside its errors.
  case misses
  /// The uncertainty and confidence that networks report, beside their errors.
  case uncertainty
  /// The numbers of all joints on the surface of the body.
  case body
  /// How far the layers of each network move.
  case layers
  /// The mean map and the predicted body over the whole photograph.
  case photograph
  /// One joint's maps, network beside network.
  case joint(String)

  /// The names that `--figure` takes.
  public static let names = [
    "overview", "grid", "bars", "worst", "attention", "surface", "misses", "uncertainty", "layers", "body",
    "photograph", "joint:NAME",
  ]

  /// The choice of a name; nil for another name.
  public init?(_ name: String) {
    switch name {
    case "overview": self = .overview
    case "grid": self = .grid
    case "bars": self = .bars
    case "worst": self = .worst
    case "attention": self = .attention
    case "surface": self = .surface
    case "misses": self = .misses
    case "uncertainty": self = .uncertainty
    case "body": self = .body
    case "layers": self = .layers
    case "photograph": self = .photograph
    default:
      guard name.hasPrefix("joint:"), name.count > 6 else { return nil }
      self = .joint(String(name.dropFirst(6)))
    }
  }

  /// The name, as `--figure` takes it.
  public var name: String {
    switch self {
    case .overview: "overview"
    case .grid: "grid"
    case .bars: "bars"
    case .worst: "worst"
    case .attention: "attention"
    case .surface: "surface"
    case .misses: "misses"
    case .uncertainty: "uncertainty"
    case .body: "body"
    case .layers: "layers"
    case .photograph: "photograph"
    case .joint(let name): "joint:\(name)"
    }
  }

  /// Why a report has no such figure, as the end of a sentence about it; nil where it has.
  public func obstacle(in report: PictureReport) -> String? {
    switch self {
    case .overview, .grid, .bars: nil
    case .joint(let name):
      report.skeleton.joints.contains(name)
        ? nil
        : "has no joint \(name); its joints are \(report.skeleton.joints.joined(separator: ", "))"
    case .worst:
      WorstPositionsPage(report, report.entries) != nil
        ? nil
        : report.entries.allSatisfy { $0.findings.worstPositions.isEmpty }
          ? "has no position at which somebody was found"
          : "has neither joints nor a picture to show the worst positions with"
    case .attention:
      report.entries.allSatisfy { AttentionPage(report, $0) == nil }
        ? "has no attention; only networks with part attention have" : nil
    case .surface:
      report.entries.allSatisfy { SurfacePage(report, $0) == nil }
        ? "has no skin in UV space; only networks that lay it out have" : nil
    case .misses: report.hasMisses ? nil : "has no position at which nobody was found"
    case .uncertainty:
      PairedMapsPage(uncertaintyIn: report, report.entries) == nil
        ? "has neither uncertainty nor confidence; only networks that report one of them have" : nil
    case .body: BodyPage.obstacle(in: report)
    case .layers:
      report.entries.allSatisfy { $0.findings.layers == nil }
        ? "has no change of layers; sweep with --layers" : nil
    case .photograph: nil
    }
  }
}
