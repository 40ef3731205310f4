internal import Archives
import Foundation
public import Tensors

extension Skeleton {
  /// SMPL's 24 joints.
  ///
  /// Loper et al. 2015.
  public static let smpl24 = builtIn(PackageResources.smpl24_json)
  /// The 14 joints of evaluation (Kanazawa et al., HMR, 2018), relative to Human3.6M's pelvis.
  public static let h36m14 = builtIn(PackageResources.h36m14_json)
  /// The 17 joints of Human3.6M as SPIN's regressor takes them from a body's vertices.
  public static let h36m17 = builtIn(PackageResources.h36m17_json)
  /// SMPL's joints, 21 vertices and nine regressed joints, which the published code takes its keypoints from.
  public static let smpl54 = builtIn(PackageResources.smpl54_json)
  /// SPIN's joints of annotated datasets: LSP's, some of MPII and Human3.6M, and five of the face.
  public static let annotated24 = builtIn(PackageResources.annotated24_json)
  /// The landmarks of MediaPipe.
  ///
  /// Bazarevsky et al., BlazePose, 2020.
  public static let blazepose33 = builtIn(PackageResources.blazepose33_json)
  /// The joints that networks of different bodies share, about the middle of the hips.
  public static let common12 = builtIn(PackageResources.common12_json)

  /// The skeletons that are built in: all of `Fixtures/skeletons` when the program was built.
  ///
  /// The list of the files is made by the plugin `ListSkeletons`.
  public static let all = PackageResources.skeletons.map(builtIn)

  /// The skeleton of a name: a built-in one, or `NAME.json` in the first of the folders that has it.
  ///
  /// - Throws: `SkeletonError` when there is none, or its file makes no sense or has another name in it.
  public static func named(_ name: String, in folders: [String] = []) throws(SkeletonError) -> Skeleton {
    if let known = all.first(where: { $0.name == name }) { return known }
    let isPlain = !name.contains("/") && !name.hasPrefix(".")
    for path in isPlain ? folders.map({ "\($0)/\(name).json" }) : [] {
      let isFound: Bool
      do { isFound = try isThere(path) } catch { throw SkeletonError(error) }
      guard isFound else { continue }
      let found = try Skeleton(contentsOf: path)
      guard found.name == name else {
        throw SkeletonError(
          file: path, problem: "is called \(found.name); a file has the name of its skeleton")
      }
      return found
    }
    let names = all.map(\.name).sorted().joined(separator: ", ")
    throw SkeletonError(file: name, problem: "is not known; there are \(names)")
  }

  /// Reads a JSON file, laid out as those of `Fixtures/skeletons`.
  ///
  /// - Throws: `SkeletonError` when it cannot be read or makes no sense.
  public init(contentsOf path: String) throws(SkeletonError) {
    let data: Data
    do { data = try fileContents(path) } catch { throw SkeletonError(error) }
    do {
      self = try JSONDecoder().decode(Skeleton.self, from: data)
    } catch let error as SkeletonError {
      throw SkeletonError(file: path, problem: error.problem)
    } catch {
      throw SkeletonError(file: path, problem: "is not of the form of Fixtures/skeletons/smpl24.json")
    }
  }

  private static func builtIn(_ bytes: [UInt8]) -> Skeleton {
    // A test reads every file; one that made no sense would not be built in.
    try! JSONDecoder().decode(Skeleton.self, from: Data(bytes))
  }
}

extension SkeletonError {
  /// What reading a file ran into.
  fileprivate init(_ error: ArchiveError) {
    self.init(file: error.file, problem: error.message, kind: error.kind == .io ? .io : .badData)
  }
}

/// How joints of one skeleton are taken from those of another.
public struct SkeletonConversion: Sendable {
  /// For every joint of the result its index in the source; nil for one without a counterpart.
  public let indices: [Int?]
  /// The joints of the result without a counterpart.
  public let missing: [String]
  /// The index in the source of the joint that positions of the result are relative to, where the source is their basis.
  public let origin: Int?

  /// Whether every joint has a counterpart.
  public var isComplete: Bool { missing.isEmpty }

  /// The conversion from one skeleton to another: joints of the same name, and those that either names.
  public init(from source: Skeleton, to result: Skeleton) {
    let forward = result.counterparts[source.name] ?? [:]
    let backward = (source.counterparts[result.name] ?? [:]).reduce(into: [String: String]()) {
      $0[$1.value] = $1.key
    }
    indices = result.joints.map { joint in source.index(of: forward[joint] ?? backward[joint] ?? joint) }
    missing = zip(result.joints, indices).filter { $0.1 == nil }.map(\.0)
    origin = result.basis == source.name ? result.origin.flatMap { source.index(of: $0) } : nil
  }

  /// The positions of the result's joints; needs a complete conversion.
  public func callAsFunction(_ positions: [Point]) -> [Point] {
    precondition(isComplete, "no counterparts of \(missing.joined(separator: ", "))")
    let shift = origin.map { positions[$0] } ?? Point()
    return indices.map { positions[$0!] - shift }
  }

  /// The same of several bodies, `[N, joints, 3]` each.
  public func callAsFunction(_ positions: Tensor) -> Tensor {
    Tensor(
      stacking: (0..<positions.shape[0]).map { index in
        Tensor(self(positions.rows(index..<index + 1).points)).reshaped([1, indices.count, 3])
      })
  }
}
