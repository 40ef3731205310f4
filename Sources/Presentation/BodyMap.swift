public import Bodies
public import Evaluation
import Models
import Records

/// A number for every joint of one network, over the surface of a body.
public struct BodyMap: Sendable {
  /// The network's name.
  public let title: Phrase
  /// The network's colour.
  public let colour: Colour
  /// Minimum and maximum over the joints, with the unit.
  public let range: String
  /// The numbers of SMPL's joints, millimetres; not a number for a joint that was not measured.
  public let joints: [Double]
  /// How far each vertex follows joints that were measured, 0…1, by the skinning weights.
  public let shares: [Double]
  /// The numbers of those joints, each times its skinning weight, summed for every vertex.
  public let sums: [Double]
}

/// How far the occluder raises the error of every joint, or moves it, shown on a body, front and back.
///
/// As in the supplement of PARE (Kocabas et al. 2021), with colours that blend between joints.
public struct BodyPage: Sendable {
  /// Why there is no such page.
  public struct Unavailable: Error, Sendable, Equatable, CustomStringConvertible {
    /// One line.
    public let description: String
  }

  /// The headline.
  public let heading: Heading
  /// The line at the foot of the page.
  public let foot: Phrase
  /// The networks.
  public let maps: [BodyMap]
  /// What the colours of all networks stand for.
  public let key: ColourKey
  /// The colour of parts whose joint was not measured.
  public let unmeasured = Colour.hairline
  /// The body as the viewer sees it from the front and from behind: metres, x right, y down, z away.
  public let front: [Point], back: [Point]
  /// The triangles of both.
  public let faces: [SIMD3<Int32>]
  /// What is written below the two views: on the left, in the middle and on the right.
  public let viewTitles: [(left: String, view: String, right: String)] = [
    ("right", "front", "left"), ("left", "back", "right"),
  ]
  /// How to read the figure.
  public let notes: [String]

  /// The page on the networks of a picture.
  ///
  /// - Parameters:
  ///   - increase: colours of error increases, the middle for 0.
  ///   - displacement: colours of displacements, where there is no ground truth.
  ///   - scale: the scale of the colours; nil for one that covers all joints of all networks.
  /// - Throws: without a body, and where the joints of the limbs were not measured.
  public init(
    _ report: PictureReport, increase: Colormap = .difference, displacement: Colormap = .inferno,
    scale: Scale? = nil
  ) throws(Unavailable) {
    let (hasTruth, occluder) = (report.hasTruth, report.occluder)
    let what = hasTruth ? "mean error increase" : "mean displacement from the clean prediction"
    try self.init(
      body: report.body, skeleton: report.skeleton,
      networks: report.entries.map { entry in
        let values = entry.findings.joints.map {
          Double($0.meanMillimetres) - (hasTruth ? Double($0.cleanMillimetres) : 0)
        }
        return (entry.label, entry.colour, values)
      },
      key: (hasTruth, hasTruth ? increase : displacement, scale, "\(what), mm"),
      heading: Heading(
        hasTruth
          ? "How much a \(occluder) raises the error of each joint"
          : "How far a \(occluder) moves each joint",
        "\(name: report.name): \(report.sizes). Colours: \(what) over all positions."),
      foot: ReportFoot([report]).text)
  }

  /// The page on networks that were swept over the same pictures of a dataset.
  ///
  /// - Throws: where the joints of the limbs were not measured.
  public init(
    _ sums: [DatasetSensitivity], dataset: String, body: BodyModel, increase: Colormap = .difference,
    scale: Scale? = nil
  ) throws(Unavailable) {
    precondition(!sums.isEmpty, "a page on no network")
    let settings = sums[0].settings
    let occluder = RecordSummary.word(for: settings.occlusion.shape)
    let sizes = RecordSummary.sizes(settings.occlusion, settings.positions, in: sums.map(\.settings.frame))
    try self.init(
      body: body, skeleton: sums[0].skeleton,
      networks: sums.enumerated().map { index, sum in
        let values = sum.joints.map { Double($0.meanMillimetres) - Double($0.cleanMillimetres) }
        return (sum.network, .network(index), values)
      },
      key: (true, increase, scale, "mean error increase, mm"),
      heading: Heading(
        "How much a \(occluder) raises the error of each joint",
        "\(name: dataset): \(sizes). Colours: mean error increase over \(sums[0].count) pictures and all positions."
      ),
      foot: "Penumbra \(Release.version)  ·  \(name: dataset)  ·  errors in millimetres")
  }

  private init(
    body: BodyModel?, skeleton: Skeleton, networks: [(label: String, colour: Colour, values: [Double])],
    key: (isDifference: Bool, colours: Colormap, scale: Scale?, title: String), heading: Heading,
    foot: Phrase
  ) throws(Unavailable) {
    guard let body, !body.faces.isEmpty else {
      throw Unavailable(description: "the body is missing, or has no triangles; give it with --body")
    }
    let conversion = SkeletonConversion(from: skeleton, to: .smpl24)
    let missing = Skeleton.common12.joints.filter(conversion.missing.contains)
    guard missing.isEmpty else {
      throw Unavailable(
        description: "the joints of \(skeleton.name) are not those of the body: "
          + missing.prefix(3).joined(separator: ", ")
          + (missing.count > 3 ? " and \(missing.count - 3) more" : "") + " are missing")
    }
    let isMeasured = conversion.indices.map { $0 == nil ? 0.0 : 1 }
    let shares = body.blended(isMeasured)
    maps = networks.map { network in
      let joints = conversion.indices.map { $0.map { network.values[$0] } ?? .nan }
      let known = joints.filter { !$0.isNaN }
      let (low, high) = (known.min()!, known.max()!)
      let format = key.isDifference ? NumberFormat.signed : .tenths
      return BodyMap(
        title: Phrase(name: network.label), colour: network.colour,
        range: "\(format(low)) to \(format(high)) mm", joints: joints, shares: shares,
        sums: body.blended(joints.map { $0.isNaN ? 0 : $0 }))
    }
    self.key = ColourKey(
      scale: key.scale ?? Scale(covering: [0] + maps.flatMap(\.joints), isDifference: key.isDifference),
      colours: key.colours, title: Phrase(key.title))
    (front, back, faces) = (body.standing(), body.standing(facingAway: true), body.faces)
    (self.heading, self.foot) = (heading, foot)
    notes = [
      "A part of the body has the colour of the joint that moves it: the forearm that of the elbow. Between joints "
        + "the colours are blended by the skinning weights.",
      "Left and right are the person's.",
      conversion.isComplete ? nil : "Gray: parts that follow no measured joint.",
      skeleton.rootIndex.map { "The \(skeleton.titles[$0].lowercased()) is 0: poses are compared from it." },
    ].compactMap(\.self)
  }
}
