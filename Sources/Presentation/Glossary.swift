/// A word and what it means, as in `docs/glossary.md`, which is the one source: a test holds these to it.
public struct Definition: Sendable, Hashable {
  /// The word.
  public let term: String
  /// What it means, one sentence or two with a full stop at the end.
  public let meaning: String

  init(_ term: String, _ meaning: String) { (self.term, self.meaning) = (term, meaning) }

  /// The word as it begins a line.
  public var title: String { term.prefix(1).uppercased() + term.dropFirst() }

  /// The meaning with more in the same sentence.
  func meaning(_ more: String) -> String { meaning.dropLast() + more }

  /// The meaning as the second half of a sentence.
  var clause: String { meaning.prefix(1).lowercased() + meaning.dropFirst() }
}

/// The words that pages and tables define.
public enum Glossary {
  /// All of them.
  public static let all = [
    adaptiveSampling, background, coveredJoint, coveredPart, differenceMap, displacement, edge, elsewhere,
    error, errorIncrease, cleanError, cleanPrediction, grayPatch, texturedPatch, groundTruth, heatmap,
    hiddenJoint, visibleJoint, influence, interpolatedPosition, interpolationError, jointMap, meanMap,
    mpjpe, paMPJPE, pelvisAlignment, procrustesAlignment, pve, occluder, occluderSize, stride, grid,
    onTheBody, onThePredictedBody, offTheBody, position, scale, silhouette, tolerance, unoccludedImage,
    worstPosition,
    worstPositions, confidenceInterval, pairedDifference, rankCorrelation, attention, attentionOnThePatch,
    coarsePositions, skin,
  ]

  /// Adaptive sampling.
  public static let adaptiveSampling = Definition(
    "adaptive sampling",
    "A sweep that computes a coarse grid of positions first, then the positions where interpolation fails "
      + "most, until the interpolated maps are within the tolerance, and at last those around the maxima.")
  /// Background.
  public static let background = Definition(
    "background",
    "Positions at which the patch covers nothing of the person.")
  /// Covered joint.
  public static let coveredJoint = Definition(
    "covered joint",
    "A joint whose position in the image is under the patch.")
  /// Covered part.
  public static let coveredPart = Definition(
    "covered part",
    "A body part of which the patch hides at least half of the pixels that show it.")
  /// Difference map.
  public static let differenceMap = Definition(
    "difference map",
    "The second network's mean map minus the first's; positive where its number is larger.")
  /// Displacement.
  public static let displacement = Definition(
    "displacement",
    "The distance of a predicted joint from the same network's clean prediction, after pelvis alignment; "
      + "it takes the place of the error where there is no ground truth.")
  /// Edge.
  public static let edge = Definition(
    "edge",
    "Positions at which the patch covers some of the person, but its centre is not on the body.")
  /// Elsewhere.
  public static let elsewhere = Definition(
    "elsewhere",
    "All positions at which the patch does not cover the joint.")
  /// Error.
  public static let error = Definition(
    "error",
    "The distance of a predicted joint from the ground truth, in millimetres, after pelvis alignment.")
  /// Error increase (Δ MPJPE).
  public static let errorIncrease = Definition(
    "error increase (Δ MPJPE)",
    "The error with the occluder minus the clean error of the same network.")
  /// Clean error.
  public static let cleanError = Definition(
    "clean error",
    "The error of the clean prediction.")
  /// Clean prediction.
  public static let cleanPrediction = Definition(
    "clean prediction",
    "What the network predicts from the unoccluded image.")
  /// Gray patch.
  public static let grayPatch = Definition(
    "gray patch",
    "A square of ImageNet's mean colour, which is 0 in the network's normalised colours.")
  /// Textured patch.
  public static let texturedPatch = Definition(
    "textured patch",
    "A square out of a panorama that is behind nobody in the measurement, another for every person.")
  /// Ground truth.
  public static let groundTruth = Definition(
    "ground truth",
    "The joints, and if known the body and the camera, that the picture really shows.")
  /// Heatmap.
  public static let heatmap = Definition(
    "heatmap",
    "One number for every position of the occluder, drawn as a rectangle around the occluder's centre, "
      + "halfway to the neighbouring centres; nothing is smoothed.")
  /// Hidden joint.
  public static let hiddenJoint = Definition(
    "hidden joint",
    "A joint that the unoccluded image does not show: another part of the body, an object or another "
      + "person is in front of it, or it is outside the image.")
  /// Visible joint.
  public static let visibleJoint = Definition(
    "visible joint",
    "A joint that the unoccluded image shows.")
  /// Influence.
  public static let influence = Definition(
    "influence",
    "The mean error increase of one joint over the positions at which the patch covers one body part, "
      + "then over people.")
  /// Interpolated position.
  public static let interpolatedPosition = Definition(
    "interpolated position",
    "A position of an adaptive sweep at which the network was not run; its numbers are interpolated "
      + "between computed positions.")
  /// Interpolation error.
  public static let interpolationError = Definition(
    "interpolation error",
    "How far the interpolated maps of an adaptive sweep are off on average, estimated at positions drawn "
      + "at random.")
  /// Joint map.
  public static let jointMap = Definition(
    "joint map",
    "The heatmap of one joint.")
  /// Mean map.
  public static let meanMap = Definition(
    "mean map",
    "The heatmap of the mean over all joints; networks that are compared share one scale.")
  /// MPJPE.
  public static let mpjpe = Definition(
    "MPJPE",
    "Mean per-joint position error: the mean distance of predicted joints from the ground truth, in "
      + "millimetres, after pelvis alignment; where the pelvis is one of the joints, as in SMPL's 24, it is always 0 and "
      + "counts.")
  /// PA-MPJPE.
  public static let paMPJPE = Definition(
    "PA-MPJPE",
    "The MPJPE after Procrustes alignment in place of pelvis alignment.")
  /// Pelvis alignment.
  public static let pelvisAlignment = Definition(
    "pelvis alignment",
    "Shifting the prediction so that its pelvis is at the pelvis of the reference.")
  /// Procrustes alignment.
  public static let procrustesAlignment = Definition(
    "Procrustes alignment",
    "The similarity transform (rotation, scale, shift) that fits the prediction to the reference best.")
  /// PVE.
  public static let pve = Definition(
    "PVE",
    "Per-vertex error: the mean distance of predicted vertices from those of the true body, in "
      + "millimetres, after pelvis alignment.")
  /// Occluder.
  public static let occluder = Definition(
    "occluder",
    "What is laid over the crop before the network sees it.")
  /// Occluder size.
  public static let occluderSize = Definition(
    "occluder size",
    "The side of the occluder in pixels of a 224-pixel crop; a network with another crop scales it.")
  /// Stride.
  public static let stride = Definition(
    "stride",
    "The step between neighbouring positions, in pixels of a 224-pixel crop; a network with another crop "
      + "scales it.")
  /// Grid.
  public static let grid = Definition(
    "grid",
    "The rule that turns a stride into positions: centred, corner or picture.")
  /// On the body.
  public static let onTheBody = Definition(
    "on the body",
    "Positions at which the patch's centre is on the body as the crop shows it: inside the silhouette of "
      + "the true body.")
  /// On the predicted body.
  public static let onThePredictedBody = Definition(
    "on the predicted body",
    "The same where the true silhouette is not known: inside that of a clean prediction, the first network's for all "
      + "that are compared.")
  /// Off the body.
  public static let offTheBody = Definition(
    "off the body",
    "Positions at which the patch's centre is not on the body.")
  /// Position.
  public static let position = Definition(
    "position",
    "Where the occluder is centred, in pixels of the network's crop.")
  /// Scale.
  public static let scale = Definition(
    "scale",
    "The range of numbers that a colour bar shows; \"≤\" or \"≥\" at an end marks values beyond it, drawn in "
      + "the last colour, and their share is written below.")
  /// Silhouette.
  public static let silhouette = Definition(
    "silhouette",
    "The pixels of the crop that show the body.")
  /// Tolerance.
  public static let tolerance = Definition(
    "tolerance",
    "How far the interpolated maps of an adaptive sweep may be off on average, in millimetres.")
  /// Unoccluded image.
  public static let unoccludedImage = Definition(
    "unoccluded image",
    "The picture without the occluder; short: clean.")
  /// Worst position.
  public static let worstPosition = Definition(
    "worst position",
    "The position of the maximum of the quantity that the row names; an adaptive sweep gives a lower "
      + "limit of it.")
  /// Worst positions.
  public static let worstPositions = Definition(
    "worst positions",
    "The positions of the largest mean over joints whose patches do not overlap, the worst first.")
  /// 95 % confidence interval.
  public static let confidenceInterval = Definition(
    "95 % confidence interval",
    "The range from the 2.5th to the 97.5th percentile of means over people drawn again with replacement; "
      + "with several seeds it is widened for the spread of the seeds.")
  /// Paired difference.
  public static let pairedDifference = Definition(
    "paired difference",
    "The difference of two networks on the same people; its confidence interval draws the same people for "
      + "both.")
  /// Rank correlation.
  public static let rankCorrelation = Definition(
    "rank correlation",
    "Spearman's correlation: how far two quantities grow together, from −1 to 1, whatever the shape of "
      + "the relation.")
  /// Attention.
  public static let attention = Definition(
    "attention",
    "For every joint, the weights that part attention gives to the cells of its feature map; they sum to "
      + "1.")
  /// Attention on the patch.
  public static let attentionOnThePatch = Definition(
    "attention on the patch",
    "The share of a joint's attention on the cells that the patch covers; a cell that is covered in part "
      + "counts in part.")
  /// The skin in UV space.
  public static let skin = Definition(
    "skin in UV space",
    "The surface of the body laid out in a square map, every pixel of which stores where a point of the skin is; "
      + "what is hidden is a hole in it, which a network of this kind fills (Zhang et al. 2020).")
  /// Coarse positions.
  public static let coarsePositions = Definition(
    "coarse positions",
    "One in so many positions of the grid, down and across, at which expensive occluders are measured.")
}
