import Foundation
public import Pictures
import Tensors

/// Pictures of one moving person in the order of time, all with the same crop; of interest is the one in the middle.
public struct Clip: Sendable {
  /// The frames.
  public let frames: [Picture]
  /// The clip's name and a digest of all frames.
  public let source: SourceFile
  /// Whether the occluder goes with the person from frame to frame; it stays where it is otherwise.
  public var followsPerson: Bool

  /// A clip of at least one frame, all of one size.
  public init(frames: [Picture], name: String, followsPerson: Bool = false) {
    precondition(!frames.isEmpty, "a clip of no frames")
    self.frames = frames
    self.followsPerson = followsPerson
    var fingerprint = Fingerprint()
    for frame in frames { fingerprint.add(Data(frame.fingerprint.text.utf8)) }
    source = SourceFile(name: name, fingerprint: fingerprint.text)
  }

  /// The number of the frame in the middle.
  public var middle: Int { Self.middle(of: frames.count) }

  /// The number of the middle one of so many frames.
  public static func middle(of count: Int) -> Int { count / 2 }

  /// The numbers of `count` frames about the middle; the first and the last one stand for those that are not there.
  func numbers(_ count: Int) -> [Int] {
    (0..<count).map { min(max(middle - count / 2 + $0, 0), frames.count - 1) }
  }
}

/// A network that looks at several frames of a clip.
public protocol ClipModel: PoseModel {
  /// How many frames it looks at.
  var frameCount: Int { get }

  /// Looks at a clip once, for predictions of its middle frame.
  ///
  /// - Parameters:
  ///   - box: where the person is in all frames, in their pixels; nil takes frames as crops already.
  ///   - occlusion: what will cover the windows, which are given in the middle frame.
  /// - Throws: an error of a frame, the box or the model.
  func prepare(_ clip: Clip, box: Box?, occlusion: Occlusion) throws -> any PreparedPicture
}
