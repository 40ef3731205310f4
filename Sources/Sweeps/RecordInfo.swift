public import Bodies
import Foundation
public import Networks
public import Tensors

extension SweepRecord {
  /// What was swept, and how: the attributes of a record on disk.
  public struct Info: Codable, Hashable, Sendable {
    /// A file or picture that went in.
    public struct Source: Codable, Hashable, Sendable {
      /// The name of the file, without its folder, or of the built-in thing.
      public var name: String
      /// The fingerprint of its content.
      public var fingerprint: String

      /// A source of that name and content.
      public init(name: String, fingerprint: String) {
        self.name = name
        self.fingerprint = fingerprint
      }
    }

    /// What errors are measured from.
    public enum Reference: String, Codable, Sendable {
      /// The truth that was given: distances are errors.
      case truth
      /// The network's own answer to the whole picture: distances are displacements.
      case cleanPrediction = "clean prediction"
    }

    /// The version of Penumbra.
    public var penumbra = Release.version
    /// The network's name in tables and figures.
    public var label: String
    /// The network's weights.
    public var network: Source
    /// How the network sums up its feature maps, "pooled" or "part attention".
    public var head: String
    /// The picture.
    public var picture: Source
    /// The box that was cut out of it, x, y, width, height in its pixels; none when it was taken whole.
    public var box: [Double]?
    /// How it was cut out and resized: "spin", "pare" or "demo".
    public var crop: String
    /// The body model.
    public var body: Source
    /// The truth's file; none without truth.
    public var truth: Source?
    /// What can be seen of SMPL's 24 joints in the whole picture, when known.
    public var visibility: [Visibility]?
    /// Whose silhouette the body mask is.
    public var maskOf: Reference
    /// The joints that errors are measured over.
    public var jointSet: JointSet
    /// The patch.
    public var occluder: Occluder
    /// Where it goes.
    public var grid: Grid
    /// The side of the network's crop in pixels.
    public var side: Int
    /// The seed that was given; it draws where an adaptive sweep checks itself, and nothing else.
    public var seed: UInt64
    /// How far interpolated errors may be off on average, millimetres; nil where every place is worked out.
    public var tolerance: Double?
    /// What was worked out and what interpolated, once an adaptive sweep is at its end.
    public var interpolation: Interpolation?
    /// How the network's 3×3 convolutions were worked out; nil is as defined.
    public var convolutions: Regressor.Convolutions?
    /// How far that brings the joints from where convolutions as defined have them, where it was measured.
    public var deviation: Deviation?
    /// The instructions and libraries that did the arithmetic when the record was begun; no part of its identity.
    public var kernels: String?

    /// How an adaptive sweep filled its maps.
    public struct Interpolation: Codable, Hashable, Sendable {
      /// The places that were worked out; the others were interpolated.
      public var computed: Int
      /// How far the error maps are off, the mean over joints and places, and the standard error of that, millimetres:
      /// estimated from what interpolation makes of places that were drawn at random and worked out.
      public var meanMillimetres: Double, standardErrorMillimetres: Double
      /// The number of places that were drawn.
      public var checked: Int

      enum CodingKeys: String, CodingKey {
        case computed = "computed_places"
        case meanMillimetres = "mean_mm"
        case standardErrorMillimetres = "standard_error_mm"
        case checked = "checked_places"
      }
    }

    /// Distances of joints between two ways to do the same arithmetic, over some places of the patch.
    public struct Deviation: Codable, Hashable, Sendable {
      /// Over all joints and places, millimetres.
      public var meanMillimetres: Double, maximumMillimetres: Double
      /// How many places were looked at.
      public var places: Int

      /// The distances between joints `[places, joints, 3]` in metres.
      public init(of joints: Tensor, from others: Tensor) {
        let distances = zip(joints.points, others.points).map {
          1000 * Double((($0 - $1) * ($0 - $1)).sum().squareRoot())
        }
        meanMillimetres = distances.reduce(0, +) / Double(max(1, distances.count))
        maximumMillimetres = distances.max() ?? 0
        places = joints.shape[0]
      }

      enum CodingKeys: String, CodingKey {
        case meanMillimetres = "mean_mm"
        case maximumMillimetres = "max_mm"
        case places
      }
    }

    enum CodingKeys: String, CodingKey {
      case penumbra, label, network, head, picture, box, crop, body, truth, visibility
      case maskOf = "mask_of"
      case jointSet = "joint_set"
      case occluder, grid, side, seed, convolutions, deviation, kernels, interpolation
      case tolerance = "tolerance_mm"
    }

    /// The attributes of a record.
    public init(
      label: String, network: Source, head: String, picture: Source, box: [Double]?, crop: String,
      body: Source, truth: Source?, visibility: [Visibility]?, maskOf: Reference, jointSet: JointSet,
      occluder: Occluder,
      grid: Grid, side: Int, seed: UInt64, tolerance: Double? = nil,
      convolutions: Regressor.Convolutions? = nil,
      deviation: Deviation? = nil, kernels: String? = nil
    ) {
      self.label = label
      self.network = network
      self.head = head
      self.picture = picture
      self.box = box
      self.crop = crop
      self.body = body
      self.truth = truth
      self.visibility = visibility
      self.maskOf = maskOf
      self.jointSet = jointSet
      self.occluder = occluder
      self.grid = grid
      self.side = side
      self.seed = seed
      self.tolerance = tolerance
      self.convolutions = convolutions
      self.deviation = deviation
      self.kernels = kernels
    }

    /// What errors are measured from.
    public var reference: Reference { truth == nil ? .cleanPrediction : .truth }

    /// What the numbers of the record are, for titles and tables.
    public var quantity: String {
      truth == nil ? "displacement from the clean prediction" : "error"
    }

    /// How the patch and the grid lie on this network's crop, for people.
    public var sizes: String {
      let size = occluder.size(on: side)
      let step = grid.stride(on: side)
      let given = side == Occluder.referenceSide ? "" : " of a \(side)-pixel crop"
      let scaled =
        side == Occluder.referenceSide
        ? "" : " (\(occluder.size) and \(grid.stride) of a \(Occluder.referenceSide)-pixel crop)"
      let filled = tolerance.map { String(format: ", interpolated to %g mm", $0) } ?? ""
      return "patch \(size) pixels, stride \(step)\(given)\(scaled), \(grid.kind.rawValue) grid\(filled)"
    }

    /// How the arithmetic was done and how far that is from the plain way, for people; nil for the plain way.
    public var arithmetic: String? {
      guard let convolutions, convolutions != .direct else { return nil }
      let measured = deviation.map {
        String(
          format: "; joints %.4f mm from those of direct ones on average, %.4f mm at most, at %d places",
          $0.meanMillimetres, $0.maximumMillimetres, $0.places)
      }
      return "convolutions: \(convolutions.rawValue)\(measured ?? "")"
    }

    /// Which places were worked out, for people; nil where all were.
    public var filling: String? {
      guard let tolerance else { return nil }
      guard let interpolation else { return "adaptive, tolerance \(tolerance) mm" }
      return String(
        format:
          "adaptive, tolerance %g mm: %d of %d places worked out, the others interpolated; error maps off by "
          + "%.2f ± %.2f mm on average, estimated at %d places",
        tolerance, interpolation.computed, grid.places(of: occluder, on: side).count,
        interpolation.meanMillimetres, interpolation.standardErrorMillimetres, interpolation.checked)
    }

    /// The fingerprint of picture, weights, body, truth and settings.
    public var fingerprint: String {
      var fingerprint = Fingerprint()
      for part in [
        penumbra, network.fingerprint, picture.fingerprint, "\(box ?? []) \(crop)", body.fingerprint,
        truth?.fingerprint ?? "", jointSet.rawValue, "\(occluder.size) \(occluder.value)",
        "\(grid.kind.rawValue) \(grid.stride)", "\(side)", tolerance == nil ? "" : "\(seed)",
        tolerance.map { "\($0)" } ?? "",
        convolutions?.rawValue ?? Regressor.Convolutions.direct.rawValue,
      ] { fingerprint.add(Data(part.utf8)) }
      return fingerprint.text
    }

    /// What another run would do otherwise, in a few words; nil when it would do the same.
    func difference(to other: Info) -> String? {
      guard fingerprint != other.fingerprint else { return nil }
      if picture.fingerprint != other.picture.fingerprint { return "another picture (\(picture.name))" }
      if box != other.box { return "another box" }
      if crop != other.crop { return "the crop of \(crop)" }
      if network.fingerprint != other.network.fingerprint { return "another network (\(network.name))" }
      if body.fingerprint != other.body.fingerprint { return "another body (\(body.name))" }
      if truth?.fingerprint != other.truth?.fingerprint {
        return truth.map { "another truth (\($0.name))" } ?? "no truth"
      }
      if occluder != other.occluder || grid != other.grid {
        return
          "an occluder of \(occluder.size) with value \(occluder.value), stride \(grid.stride), "
          + "\(grid.kind.rawValue) grid"
      }
      if tolerance != other.tolerance {
        return tolerance.map { "a tolerance of \($0) mm" } ?? "every place, without a tolerance"
      }
      if convolutions != other.convolutions {
        return "convolutions by another way (--convolutions \(convolutions ?? .direct))"
      }
      if penumbra != other.penumbra { return "version \(penumbra) of Penumbra" }
      return "other settings"
    }
  }
}
