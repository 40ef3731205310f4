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

  /// The page on the networks of a picture, about what its maps show.
  ///
  /// - Parameter scale: the scale of the colours; nil for one that covers all joints of all networks.
  /// - Throws: without a body, and where the joints of the limbs were not measured.
  public init(_ report: PictureReport, scale: Scale? = nil) throws(Unavailable) {
    let (shown, occluder) = (report.shown, report.occluder)
    let networks = report.entries.map { entry in
      (entry.label, entry.colour, Self.means(entry.values, joints: report.skeleton.count))
    }
    let title: Phrase =
      shown.isSigned
      ? "How much a \(occluder) raises the error of each joint"
      : shown.isAbsolute ? "Error of each joint with a \(occluder)" : "How far a \(occluder) moves each joint"
    try self.init(
      body: report.body, skeleton: report.skeleton, networks: networks, isRootZero: !shown.isAligned,
      key: ColourKey(
        scale: scale ?? report.scale(covering: [0] + networks.flatMap(\.2)), colours: report.colours,
        title: report.legend("mean \(shown.name)")),
      heading: Heading(
        title,
        "\(name: report.name): \(report.sizes). Colours: mean \(shown.name) over all positions of the \(occluder)."
      ),
      foot: ReportFoot([report]).text)
  }

  /// The page on networks that were swept over the same pictures of a dataset.
  ///
  /// - Throws: where the joints of the limbs were not measured.
  public init(
    _ sums: [DatasetSensitivity], dataset: String, body: BodyModel, scale: Scale? = nil
  ) throws(Unavailable) {
    precondition(!sums.isEmpty, "a page on no network")
    let settings = sums[0].settings
    let occluder = RecordSummary.word(for: settings.occlusion.shape)
    let sizes = RecordSummary.sizes(settings.occlusion, settings.positions, in: sums.map(\.settings.frame))
    let hasTruth = settings.truth != nil
    let shown = hasTruth ? "error increase" : "displacement"
    let networks = sums.enumerated().map { index, sum in
      let values = sum.joints.map { Double($0.meanMillimetres) - Double($0.cleanMillimetres) }
      return (sum.network, Colour.network(index), values)
    }
    try self.init(
      body: body, skeleton: sums[0].skeleton, networks: networks, isRootZero: true,
      key: ColourKey(
        scale: scale ?? Scale(covering: [0] + networks.flatMap(\.2)), colours: hasTruth ? .change : .inferno,
        title: hasTruth
          ? "mean error increase, with the occluder minus clean, mm"
          : "mean displacement from the clean prediction, mm"),
      heading: Heading(
        hasTruth
          ? "How much a \(occluder) raises the error of each joint"
          : "How far a \(occluder) moves each joint",
        "\(name: dataset): \(sizes). Colours: mean \(shown) over \(sums[0].count) pictures and all positions."
      ),
      foot:
        "Penumbra \(Release.version)  ·  \(name: dataset)  ·  \(hasTruth ? "errors" : "displacements") in millimetres"
    )
  }

  private init(
    body: BodyModel?, skeleton: Skeleton, networks: [(label: String, colour: Colour, values: [Double])],
    isRootZero: Bool, key: ColourKey, heading: Heading, foot: Phrase
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
    maps = networks.map { network in
      let joints = conversion.indices.map { $0.map { network.values[$0] } ?? .nan }
      let shares = body.blended(joints.map { $0.isNaN ? 0 : 1 })
      let known = joints.filter { !$0.isNaN }
      let format = key.colours.isSigned ? NumberFormat.signed : .tenths
      // Of a network that found nobody anywhere there are no numbers.
      let range = known.min().map { "\(format($0)) to \(format(known.max()!)) mm" }
      return BodyMap(
        title: Phrase(name: network.label), colour: network.colour, range: range ?? ColourKey.missed,
        joints: joints, shares: shares,
        sums: body.blended(joints.map { $0.isNaN ? 0 : $0 }))
    }
    (front, back, faces) = (body.standing(), body.standing(facingAway: true), body.faces)
    (self.key, self.heading, self.foot) = (key, heading, foot)
    notes = [
      "A part of the body has the colour of the joint that moves it: the forearm that of the elbow. Between joints "
        + "the colours are blended by the skinning weights.",
      "Left and right are the person's.",
      conversion.isComplete ? nil : "Gray: parts that follow no measured joint.",
      !isRootZero
        ? nil
        : skeleton.rootIndex.map {
          "The \(skeleton.titles[$0].lowercased()) is 0: poses are compared from it."
        },
    ].compactMap(\.self)
  }

  /// The mean over positions for every joint of numbers `[positions, joints]`.
  private static func means(_ values: [Double], joints: Int) -> [Double] {
    (0..<joints).map { joint in
      let all = stride(from: joint, to: values.count, by: joints).map { values[$0] }.filter { !$0.isNaN }
      return all.isEmpty ? .nan : all.reduce(0, +) / Double(all.count)
    }
  }

  /// Why a report has no such page, as the end of a sentence about it; nil where it has.
  static func obstacle(in report: PictureReport) -> String? {
    do throws(Unavailable) {
      _ = try BodyPage(report)
      return nil
    } catch {
      return "has no figure of the body: \(error.description)"
    }
  }
}
