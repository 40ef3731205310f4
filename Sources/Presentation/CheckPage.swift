import Bodies
import Foundation
import Models
public import Pictures
public import Sweeps

/// What a page on a checked network shows: what was found, in words, and what the network saw.
public struct CheckPage: Sendable {
  /// A finding in words.
  public struct Line: Sendable {
    /// Whether it is as it should be.
    public let verdict: ModelCheck.Verdict
    /// What was looked at.
    public let title: String
    /// What was found, and what to do where it is wrong.
    public let text: String

    /// The word for the verdict.
    public var word: String {
      switch verdict {
      case .right: "ok"
      case .doubtful: "look"
      case .wrong: "wrong"
      case .unknown: "–"
      }
    }
    /// The colour of the word.
    public var colour: Colour {
      switch verdict {
      case .right: .truth
      case .doubtful: Colour(0xB45309)
      case .wrong: Colour(0xB91C1C)
      case .unknown: .muted
      }
    }
  }

  /// The headline.
  public let heading: Heading
  /// At the foot of the page.
  public let foot: Phrase
  /// The findings, in order.
  public let lines: [Line]
  /// What the network saw; nil where that is not known.
  public let shown: Picture?
  /// The crop for looking at, the frame, and the predicted joints over it where a camera projects them.
  public let crop: Picture
  /// The joints over the crop; seen from the front without a camera, then beside the picture and not over it.
  public let skeleton: SkeletonOverlay?
  /// Whether the joints lie over the crop.
  public let isOverPicture: Bool
  /// The frame in shares of the crop.
  public let frame: (x: Double, y: Double, width: Double, height: Double)

  /// The page on a check.
  ///
  /// - Throws: `PictureError` when the picture cannot be cropped.
  public init(_ check: ModelCheck) throws {
    let (model, frame) = (check.model, check.prepared.frame)
    heading = Heading(
      "Check of \(name: model.identity.label)",
      "\(name: model.identity.name) on \(name: check.input.source.name)"
        + Phrase(": \(model.skeleton.count) joints, about the \(model.skeleton.rootTitle)"))
    foot = "Penumbra check of \(name: model.identity.label)"
    lines = check.findings.map(Self.line)
    shown = check.prepared.shown
    crop = try check.input.displayCrop(side: frame.side)
    let display = check.input.box?.square ?? Box(wholeOf: check.input.picture)
    self.frame = (
      (frame.x - display.x) / display.width, (frame.y - display.y) / display.width,
      frame.width / display.width, frame.height / display.width
    )
    let points = check.clean.joints.points
    let isFound = points.allSatisfy { $0.x.isFinite }
    let projection = check.clean.camera.map { Projection(WeakPerspectiveCamera($0), side: frame.side) }
    isOverPicture = projection != nil
    let place = self.frame
    skeleton =
      !isFound
      ? nil
      : SkeletonOverlay(
        points: (projection ?? Projection(fitting: points))(points).map { point in
          projection == nil
            ? point : SIMD2(place.x + point.x * place.width, place.y + point.y * place.height)
        }, bones: model.skeleton.boneIndices, colour: .network(0))
  }

  /// How many findings are wrong, and how many are to be looked at.
  public var counts: (wrong: Int, doubtful: Int) {
    (lines.count { $0.verdict == .wrong }, lines.count { $0.verdict == .doubtful })
  }

  /// The findings as text for people.
  public var text: [String] {
    let width = lines.map(\.title.count).max() ?? 0
    return lines.map { line in
      line.word.padding(toLength: 7, withPad: " ", startingAt: 0)
        + line.title.padding(toLength: width + 2, withPad: " ", startingAt: 0) + line.text
    }
  }
}

extension CheckPage {
  private static func number(_ value: Double?, _ decimals: Int) -> String {
    value.map { NumberFormat(decimals: decimals)($0) } ?? "–"
  }

  private static func time(_ seconds: Double?) -> String {
    guard let seconds else { return "–" }
    if seconds < 0.1 { return "less than 0.1 s" }
    return seconds < 90
      ? "\(number(seconds, seconds < 10 ? 1 : 0)) s"
      : seconds < 5400 ? "\(number(seconds / 60, 0)) min" : "\(number(seconds / 3600, 1)) h"
  }

  private static func line(_ finding: ModelCheck.Finding) -> Line {
    let (title, text) = words(finding)
    return Line(verdict: finding.verdict, title: title, text: text)
  }

  private static func words(_ finding: ModelCheck.Finding) -> (String, String) {
    let (values, verdict) = (finding.values, finding.verdict)
    let isRight = verdict == .right
    func mm(_ key: String) -> String { number(values[key], 3) + " mm" }
    switch finding.topic {
    case .found:
      return ("Person", isRight ? "somebody is found" : "nobody is found: give --box, or another picture")
    case .place:
      return (
        "Place of the input",
        verdict == .unknown
          ? "the network's input is not shown"
          : "input and picture agree to a correlation of \(number(values["correlation"], 3))"
            + (finding.names == ["mirrored"]
              ? ": it is the mirrored picture"
              : isRight ? "" : ": is to_picture right, and does prepare crop by the box?")
      )
    case .channels:
      return (
        "Red, green, blue",
        verdict == .unknown
          ? "not told apart on this picture"
          : isRight
            ? "in this order"
            : "the other way about: prepare is given RGB; turn it for networks that want BGR"
      )
    case .determinism:
      return (
        "The same question twice",
        "answers differ by \(mm("largest_mm")) at most"
          + (isRight ? "" : ": is the network in its evaluation mode?")
      )
    case .batches:
      return (
        "Alone and in a batch",
        "answers differ by \(mm("largest_mm")) at most"
          + (isRight ? "" : ": rounding in low precision, or does a row of the batch depend on others?")
      )
    case .order:
      return (
        "In another order",
        "answers differ by \(mm("largest_mm")) at most"
          + (verdict == .wrong
            ? ": rows do not belong to the windows that were asked about"
            : verdict == .unknown ? ": not told apart from the difference that batches make" : "")
      )
    case .occluder:
      let missed = values["missed"] ?? 0
      let hidden = values["everything_hidden_mm"] ?? 0
      return (
        "The occluder",
        (hidden < 0
          ? "with everything hidden nobody is found"
          : "with everything hidden joints move by up to \(number(hidden, 0)) mm")
          + ", under \(number(values["windows"], 0)) patches by up to \(number(values["largest_mm"], 0)) mm"
          + (missed > 0 ? "; under \(number(missed, 0)) nobody is found" : "")
          + (isRight ? "" : ": the occluder does not reach the network")
      )
    case .mirror:
      return (
        "Mirrored picture",
        verdict == .unknown
          ? "not compared"
          : "gives the mirrored pose to \(number(values["mean_mm"], 0)) mm on average"
            + (isRight
              ? "" : ", and to \(number(values["without_swap_mm"], 0)) mm with left and right as they are")
      )
    case .units:
      return (
        "Units and bones",
        values["thigh_m"].map { thigh in
          let others = ["shank", "upper_arm", "forearm"].compactMap { bone in
            values[bone + "_m"].map { "\(bone.replacing("_", with: " ")) \(number(1000 * $0, 0))" }
          }
          return "a thigh is \(number(1000 * thigh, 0)) mm long"
            + (others.isEmpty ? "" : ", " + others.joined(separator: ", "))
            + (finding.names.isEmpty
              ? ""
              : "; too long, too short or uneven: \(finding.names.joined(separator: ", ").replacing("_", with: " "))")
            + (isRight
              ? ""
              : thigh > 100
                ? ": millimetres? send metres"
                : thigh > 10
                  ? ": centimetres? send metres"
                  : thigh < 0.1
                    ? ": other units? send metres"
                    : 0.2...0.6 ~= thigh ? ": are joints in the order of their names?" : "")
        } ?? "no hips and knees to measure"
      )
    case .axes:
      return (
        "Up and down",
        verdict == .unknown
          ? "no head and hips to compare"
          : isRight
            ? "the head is above the hips"
            : verdict == .wrong
              ? "the head is below the hips: y points down here"
              : "head and hips are level: a person who lies, or other axes"
      )
    case .handedness:
      return (
        "Left and right",
        verdict == .unknown
          ? "no feet or face to tell them by"
          : isRight
            ? "feet and face point forward"
            : verdict == .wrong
              ? "feet and face point backward: left and right are changed, or z points to the camera"
              : "feet and face do not say which way is forward"
      )
    case .names:
      return (
        "Joints by name",
        "\(number(values["joints"], 0))"
          + (isRight
            ? ", those of common12 among them"
            : "; of common12 these are missing: \(finding.names.joined(separator: ", "))")
      )
    case .root:
      return (
        "Root",
        isRight
          ? finding.names.isEmpty
            ? "the origin" : finding.names.joined(separator: " and ").replacing("_", with: " ")
          : "none: poses are not aligned before they are compared; say root="
      )
    case .rotations:
      return (
        "Rotation matrices",
        "orthonormal to \(number(values["largest_deviation"], 5))"
          + (verdict == .wrong ? ": these are no rotations" : "")
      )
    case .camera:
      return (
        "Camera", "projects \(number(100 * (values["inside_share"] ?? 0), 0)) % of the joints into the frame"
      )
    case .attention:
      return (
        "Attention",
        values.isEmpty
          ? "said, but not given"
          : "maps of \(number(values["rows"], 0)) × \(number(values["columns"], 0))"
            + (isRight ? "" : ", some below 0")
      )
    case .uncertainty:
      let parts = [
        values["mean_uncertainty_mm"].map { "uncertainty \(number($0, 0)) mm" },
        values["mean_confidence"].map { "confidence \(number($0, 2))" },
      ].compactMap(\.self)
      return (
        "Uncertainty",
        "on average " + parts.joined(separator: ", ")
          + (isRight ? "" : ": uncertainty is metres above 0, confidence from 0 to 1")
      )
    case .fingerprint:
      return (
        "Fingerprint",
        isRight
          ? "of the weights"
          : "of the worker's file alone: say fingerprint=pw.fingerprint(WEIGHTS), so that records tell weights apart"
      )
    case .memory:
      return (
        "Memory",
        values["worker_mb"].map {
          "\(number($0, 0)) MB at most, of the worker's processes on this machine, without GPUs"
        }
          ?? "\(number(values["own_mb"], 0)) MB at most"
      )
    case .speed:
      return (
        "Speed",
        "\(number(values["positions_per_second"], 0)) positions/s in batches of \(number(values["batch"], 0)): stride 4 in "
          + "\(time(values["stride_4_s"])), every pixel in \(time(values["every_pixel_s"]))"
      )
    }
  }
}
