import ArgumentParser
import Bodies
import Models
import Records

/// The joints that errors are measured over, where others are wanted than those of the ground truth or the network.
struct JointsOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Skeleton that errors are measured over, by name or file, such as common12, the joints that bodies share.",
      valueName: "skeleton"))
  var joints: String?

  /// The skeleton; nil where none was given.
  ///
  /// - Throws: `SkeletonError` where there is none of the name.
  func skeleton() throws -> Skeleton? { try joints.map { try Skeleton.given($0) } }

  /// The joints that networks of different bodies share, which it says; nil where all have the same.
  static func shared(by models: [any PoseModel]) -> Skeleton? {
    guard models.contains(where: { $0.skeleton != models[0].skeleton }) else { return nil }
    Console.writeNotice(
      "penumbra: the networks have different bodies; errors are measured over the joints of common12")
    return .common12
  }

  /// Records that can be compared, over these joints if any were given; says what was done.
  ///
  /// - Throws: `SkeletonError` as above; `RecordError` when a record lacks joints.
  func comparable(_ found: [(path: String, record: SweepRecord)]) throws -> [SweepRecord] {
    let comparable = try ComparableRecords(found, joints: skeleton())
    for note in comparable.notes { Console.writeNotice("penumbra: \(note)") }
    return comparable.records
  }
}
