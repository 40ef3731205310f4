import Records

/// What tables say of the positions on the body, or of those off it.
struct BodyRegionWords {
  private let findings: [Findings]
  private let isOn: Bool

  /// The words for networks that are compared.
  init(_ findings: [Findings], isOn: Bool) { (self.findings, self.isOn) = (findings, isOn) }

  /// The numbers of a network.
  func region(of findings: Findings) -> Findings.Region? { isOn ? findings.onBody : findings.offBody }

  /// Whether a silhouette is known.
  var isKnown: Bool { findings.contains { region(of: $0) != nil } }

  /// "on the body", or "on the predicted body" where the silhouette is that of a prediction.
  var place: String {
    let isPredicted = findings.contains { $0.maskOf == .cleanPrediction }
    return "\(isOn ? "on" : "off") the \(isPredicted ? "predicted " : "")body"
  }

  private var noPosition: String { "no position is \(isOn ? "on" : "off") it" }

  /// Why no network has a number; nil where one has.
  var reason: String? {
    findings.allSatisfy { region(of: $0)?.increase == nil } ? noPosition : nil
  }

  /// Why some networks have no number, to go on with the label; empty where all have one.
  var remark: String {
    findings.contains { region(of: $0)?.positions == 0 } ? " (\(NumberFormat.missing): \(noPosition))" : ""
  }

  /// Whose silhouette the predicted body is; nil where it is that of the ground truth, or nothing else is possible.
  static func silhouette(_ findings: [Findings]) -> Phrase? {
    guard findings.count > 1, let network = findings.lazy.compactMap(\.maskNetwork).first else { return nil }
    return "the silhouette of \(name: network)'s clean prediction"
  }
}
