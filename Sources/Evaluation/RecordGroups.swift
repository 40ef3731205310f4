import Bodies
import Models
import Records

/// The records of a summary by picture, network and setting.
struct RecordGroups {
  /// A picture, and who is looked at in it.
  struct Subject: Hashable {
    let picture: SourceFile
    let box: [Double]?

    static func == (a: Subject, b: Subject) -> Bool {
      a.picture.withoutFolders == b.picture.withoutFolders && a.box == b.box
    }

    func hash(into hasher: inout Hasher) { hasher.combine(picture.fingerprint) }
  }

  struct Cell: Hashable {
    let subject: Subject
    let network: String
    let setting: OcclusionSummary.Setting
  }

  /// Which record it is; several where each hides a body part.
  private(set) var indices: [Cell: [Int]] = [:]
  let networks: [String], settings: [OcclusionSummary.Setting]
  /// The pictures of which all records are there, and how many others are.
  let complete: [Subject], leftOut: Int
  let hasTruth: Bool
  let skeleton: Skeleton

  /// Groups records by what their headers say.
  ///
  /// - Throws: `RecordError` that names a record which cannot be with the others.
  init(_ found: [(path: String, header: RecordHeader)], joints: Skeleton?, body: SMPLBody) throws(RecordError)
  {
    var (networks, settings, subjects):
      ([(order: Int, name: String)], [OcclusionSummary.Setting], [Subject]) = (
        [], [], []
      )
    var skeletons: [Skeleton] = []
    // The first record of each network and of each picture, which others are held against.
    var (ofNetwork, ofSubject): ([String: Int], [Subject: Int]) = ([:], [:])
    for (index, (path, header)) in found.enumerated() {
      let own = header.settings
      if let other = own.body, other.fingerprint != body.source.fingerprint {
        throw RecordError(.badData, path, "was made with the body \(other.name); give it with --body")
      }
      let cell = Cell(
        subject: Subject(picture: own.picture, box: own.box), network: own.model.label,
        setting: .init(own))
      let known = indices[cell]?.first {
        found[$0].header.settings.occlusion.shape.part == own.occlusion.shape.part
      }
      if let known {
        throw RecordError(
          .badData, path,
          "is of the same picture, network and occluder as \(found[known].path); give one of them")
      }
      if (found[0].header.settings.truth == nil) != (own.truth == nil) {
        throw RecordError(
          .badData, path,
          "\(own.truth == nil ? "has no" : "has a") ground truth, unlike other records; give records made alike"
        )
      }
      if let other = ofNetwork[cell.network],
        found[other].header.settings.model.fingerprint != own.model.fingerprint
      {
        throw RecordError(
          .badData, path,
          "is of another network called \(cell.network) than \(found[other].path); give them apart")
      }
      if let other = ofSubject[cell.subject],
        found[other].header.settings.truth?.fingerprint != own.truth?.fingerprint
      {
        throw RecordError(
          .badData, path, "has another ground truth of the picture than \(found[other].path); give them apart"
        )
      }
      if let other = indices[cell]?.first, found[other].header.settings.frame != own.frame {
        throw RecordError(
          .badData, path, "shows another part of the picture than \(found[other].path); give them apart")
      }
      indices[cell, default: []].append(index)
      if ofNetwork[cell.network] == nil {
        ofNetwork[cell.network] = index
        networks.append((header.notes.order ?? (own.model.kind == "pooled" ? 0 : 1), cell.network))
      }
      if !settings.contains(cell.setting) { settings.append(cell.setting) }
      if ofSubject[cell.subject] == nil {
        ofSubject[cell.subject] = index
        subjects.append(cell.subject)
      }
      if !skeletons.contains(header.measured) { skeletons.append(header.measured) }
    }
    // In the order in which they were swept, else in that in which they were given.
    self.networks = networks.enumerated().sorted {
      ($0.element.order, $0.offset) < ($1.element.order, $1.offset)
    }
    .map(\.element.name)
    self.settings = settings
    hasTruth = found.allSatisfy { $0.header.settings.truth != nil }
    skeleton = joints ?? (skeletons.count == 1 ? skeletons[0] : .common12)
    // Parts that not every network was swept with are left out, so that all have the same.
    let swept = indices
    for (cell, own) in swept where cell.setting.hidesParts {
      func part(_ index: Int) -> Joint? { found[index].header.settings.occlusion.shape.part }
      let others = self.networks.map { network in
        let other = Cell(subject: cell.subject, network: network, setting: cell.setting)
        return Set((swept[other] ?? []).map(part))
      }
      let shared = own.filter { index in others.allSatisfy { $0.contains(part(index)) } }
      indices[cell] = shared.isEmpty ? nil : shared
    }
    let (all, known) = (self.networks, indices)
    complete = subjects.filter { subject in
      all.allSatisfy { network in
        settings.allSatisfy { known[Cell(subject: subject, network: network, setting: $0)] != nil }
      }
    }
    leftOut = subjects.count - complete.count
    guard !complete.isEmpty else {
      throw RecordError(
        .badData, found.first?.path ?? "",
        "no picture was swept by every network with every occluder; give records made alike")
    }
  }
}
