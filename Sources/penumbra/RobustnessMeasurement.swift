import Archives
import Bodies
import Foundation
import Networks
import Pictures
import Sweeps
import Synchronization
import Tensors
import Training

/// The people and textures that networks are measured on.
struct MeasuredPeople {
  let body: LoadedBody
  let settings: RobustnessSettings
  /// People with nothing in front (or all behind something, by the settings), and with objects and others in front of
  /// some, before held-out panoramas.
  private let clean: Studio, occluded: Studio
  /// What textured patches are cut from: panoramas that stand behind nobody here.
  private let textures: [Picture]

  init(_ body: LoadedBody, _ settings: RobustnessSettings) throws {
    (self.body, self.settings) = (body, settings)
    clean = try BuiltInStudio.load(
      .heldOut, body: body.model, settings: settings.behindObjects ? .behindObjects : .unoccluded)
    occluded = try BuiltInStudio.load(.heldOut, body: body.model, settings: .occluded)
    textures = try Studio.trainingPanoramas.map {
      try Picture(contentsOf: Fixtures.path("panoramas/\($0).jpg"))
    }
  }

  func people(_ range: Range<Int>, for section: RobustnessSection, side: Int) -> [RenderedPerson] {
    (section == .objects ? occluded : clean).people(
      range, seed: UInt64(settings.seed), side: side, with: .covered)
  }

  /// The patch of one person, `[size, size, 3]`, normalised: a square of a panorama, drawn once for every size.
  ///
  /// The square is a tenth to a third of the panorama's height, whatever the size of the patch.
  func texture(of person: Int, patch: Int, size: Int) -> Tensor {
    var random = SeededGenerator(seed: UInt64(settings.seed) ^ UInt64(patch) << 32, stream: UInt64(person))
    let panorama = textures[random.integer(below: textures.count)]
    let side = Int(random.uniform(0.1...0.33) * Float(panorama.height))
    let left = random.integer(below: panorama.width - side)
    let top = random.integer(below: panorama.height - side)
    var pixels: [UInt8] = []
    for row in top..<top + side {
      let start = (row * panorama.width + left) * 3
      pixels += panorama.pixels[start..<start + side * 3]
    }
    let square = Picture(width: side, height: side, pixels: pixels).resized(width: size, height: size)
    return square.normalised()
  }
}

extension RenderedPerson {
  /// The person as observations need it, rendered with ``Studio/Extras/covered``.
  var subject: Subject {
    let side = Float(picture.width)
    return Subject(
      crop: picture.normalised(), parts: zip(parts, covered).map { $1 ? 0 : $0 }, joints: joints,
      places: joints2D.map { ($0 + 1) * (side / 2) }, visibility: visibility)
  }
}

/// One network measured on people, section by section; what is known stays on disk and is not measured again.
///
/// Every section has a file of its own, `SECTION-KEY.npz`, whose key tells network, people's seed, patch and
/// stride; an experiment with more people or patches adds to what is there.
struct RobustnessMeasurement {
  let label: String
  let regressor: Regressor
  let people: MeasuredPeople
  /// Where the files go.
  let folder: String
  let workers: Int

  private var settings: RobustnessSettings { people.settings }

  /// The file of a section.
  func path(of section: RobustnessSection) -> String {
    var key: [String: JSONValue] = [
      "network": .string(regressor.fingerprint), "body": .string(people.body.source.fingerprint),
      "seed": .integer(settings.seed), "section": .string(section.name),
      "version": .integer(section == .objects || settings.behindObjects ? 2 : 1),
    ]
    if settings.behindObjects { key["behind_objects"] = true }
    if case .patch = section {
      key["stride"] = .integer(settings.stride)
      key["every"] = .integer(settings.texturedEvery)
    }
    var fingerprint = Fingerprint()
    fingerprint.add(Data(JSONValue.object(key).compactText.utf8))
    return "\(folder)/\(section.name)-\(fingerprint.text).npz"
  }

  /// How many people every section still lacks.
  func missing() throws -> [(section: RobustnessSection, people: Int)] {
    try settings.sections.map { section in
      let file = try SectionFile(path(of: section), section, people: settings.people)
      return (section, file.missing.count)
    }
  }

  /// Measures what is not on disk, and returns all of it.
  ///
  /// - Throws: a failure with the code of an interruption after Ctrl-C; what was measured is on disk.
  func run() throws -> Robustness {
    try makeFolder(folder)
    var sections: [RobustnessSection: [String: Tensor]] = [:]
    for section in settings.sections { sections[section] = try measure(section) }
    return Robustness(people: settings.people, sections: sections)
  }

  /// Seconds that one person takes on one thread, kernels made before.
  func secondsOfPerson(_ section: RobustnessSection) -> Double {
    let regressor = regressor.with(.fastest)
    let network = ObservedNetwork(regressor, body: people.body.model)
    let rendered = people.people(0..<2, for: section, side: regressor.side)
    _ = observe(rendered[0], 0, section, network, regressor)
    let start = ContinuousClock.now
    _ = observe(rendered[1], 1, section, network, regressor)
    return (ContinuousClock.now - start).seconds
  }

  private func measure(_ section: RobustnessSection) throws -> [String: Tensor] {
    let path = path(of: section)
    var file = try SectionFile(path, section, people: settings.people)
    let count = settings.people
    guard !file.missing.isEmpty else { return file.arrays(count) }
    let line = ProgressLine("Measuring \(label), \(section.name)")
    let regressor = regressor.with(.fastest)
    let network = ObservedNetwork(regressor, body: people.body.model)
    var saved = ContinuousClock.now
    line.show(count - file.missing.count, of: count)
    for start in stride(from: 0, to: count, by: Studio.block) {
      let block = start..<min(start + Studio.block, count)
      let wanted = file.missing.filter(block.contains)
      guard !wanted.isEmpty, !Interruption.isRequested else { continue }
      let rendered = people.people(block, for: section, side: regressor.side)
      let before = count - file.missing.count
      let found = Mutex<[Int: [String: Tensor]]>([:])
      Workers.run(wanted.count, workers: workers) { index, _ in
        guard !Interruption.isRequested else { return }
        let person = wanted[index]
        let values = observe(rendered[person - start], person, section, network, regressor)
        let done = found.withLock {
          $0[person] = values
          return $0.count
        }
        line.show(before + done, of: count)
      }
      for (person, values) in found.withLock({ $0 }) { file.set(values, of: person) }
      if ContinuousClock.now - saved > .seconds(30) || Interruption.isRequested {
        try file.write()
        saved = .now
      }
    }
    line.clear()
    guard file.missing.isEmpty else {
      throw Failure(
        .interrupted,
        "\(path): interrupted at \(count - file.missing.count) of \(count) people; the same command goes on")
    }
    try file.write()
    return file.arrays(count)
  }

  private func observe(
    _ person: RenderedPerson, _ index: Int, _ section: RobustnessSection, _ network: ObservedNetwork,
    _ regressor: Regressor
  ) -> [String: Tensor] {
    guard case .patch(let size, let fill) = section else {
      var values = whole(person, regressor)
      if section == .objects {
        values[Robustness.WholeKey.isCovered.rawValue] = Tensor(
          [24], person.visibility.map { $0 == .hiddenByObject ? 1 : 0 })
      }
      return values
    }
    let occluder = Occluder(size: size)
    let observation: Observation
    switch fill {
    case .gray:
      observation = Observation(
        of: network, on: person.subject, occluder: occluder, stride: settings.stride,
        every: settings.texturedEvery)
    case .textured:
      observation = Observation(
        of: network, on: person.subject,
        texture: people.texture(of: index, patch: size, size: occluder.size(on: network.side)),
        occluder: occluder, stride: settings.stride, every: settings.texturedEvery)
    }
    return Dictionary(uniqueKeysWithValues: observation.values.map { ($0.rawValue, $1) })
  }

  /// The errors in the whole picture.
  private func whole(_ person: RenderedPerson, _ regressor: Regressor) -> [String: Tensor] {
    let (side, body) = (regressor.side, people.body.model)
    let said = NetworkError.ending {
      try regressor.estimate(person.picture.normalised().reshaped([1, side, side, 3]))
    }
    let posed = body.posed(rotations: said.rotations, betas: said.betas)
    let truth = body.posed(
      rotations: person.rotations.reshaped([1, 24, 3, 3]), betas: Tensor([1, 10], person.betas))
    let (joints, trueJoints) = (posed.joints.points, truth.joints.points)
    let errors = JointErrors(of: joints, from: trueJoints, in: .smpl24)
    let vertices = JointErrors.perVertex(
      of: posed.vertices, pelvis: joints[0], from: truth.vertices, pelvis: trueJoints[0])
    typealias Key = Robustness.WholeKey
    return [
      Key.error.rawValue: Tensor([24], errors.perJoint),
      Key.aligned.rawValue: Tensor([24], errors.perJointAligned),
      Key.vertices.rawValue: Tensor([], [vertices]),
    ]
  }
}

/// A section's numbers on disk: arrays `[people, …]`, and in `is_measured` which people are in them.
private struct SectionFile {
  private static let measured = "is_measured"

  let path: String
  private var isMeasured: [Bool]
  private var rows: [String: [Tensor?]] = [:]

  /// What a file knows, with room for `people`; a file that is not there knows nothing.
  ///
  /// - Throws: `ArchiveError`, or a failure when arrays are missing or not those of the section.
  init(_ path: String, _ section: RobustnessSection, people: Int) throws {
    self.path = path
    isMeasured = Array(repeating: false, count: people)
    missing = Array(0..<people)
    guard FileManager.default.fileExists(atPath: path) else { return }
    let archive = try Archive(contentsOf: path)
    let flags = try archive.tensor(Self.measured).elements
    if flags.count > people { isMeasured += Array(repeating: false, count: flags.count - people) }
    for name in archive.names where name != Self.measured {
      let array = try archive.tensor(name)
      let shape = Array(array.shape.dropFirst())
      guard array.shape.first == flags.count,
        shape == section.shapes[name] ?? Observation.Key(rawValue: name)?.shape
      else {
        throw Failure(.badData, "\(path): '\(name)' has another shape; remove the file to measure anew")
      }
      rows[name] = isMeasured.indices.map { person in
        person < flags.count && flags[person] == 1
          ? array.rows(person..<person + 1).reshaped(shape) : nil
      }
    }
    // A measurement that was interrupted before its first person knows nothing yet.
    if flags.contains(1), let name = section.shapes.keys.sorted().first(where: { rows[$0] == nil }) {
      throw Failure(.badData, "\(path): '\(name)' is missing; remove the file to measure anew")
    }
    for (person, flag) in flags.enumerated() { isMeasured[person] = flag == 1 }
    missing = isMeasured.indices.prefix(people).filter { !isMeasured[$0] }
  }

  /// The people that were not measured.
  private(set) var missing: [Int]

  mutating func set(_ values: [String: Tensor], of person: Int) {
    for (name, value) in values {
      rows[name, default: Array(repeating: nil, count: isMeasured.count)][person] = value
    }
    isMeasured[person] = true
    missing.removeAll { $0 == person }
  }

  /// The arrays of the first people.
  func arrays(_ people: Int) -> [String: Tensor] {
    rows.compactMapValues { rows in
      guard let shape = rows.compactMap(\.self).first?.shape else { return nil }
      let none = Tensor(shape, repeating: .nan)
      return Tensor(stacking: rows.prefix(people).map { ($0 ?? none).reshaped([1] + shape) })
    }
  }

  func write() throws {
    let flags = Tensor([isMeasured.count], isMeasured.map { $0 ? 1 : 0 })
    let arrays = arrays(isMeasured.count).sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    try Npz.write([(Self.measured, flags)] + arrays, to: path)
  }
}

/// Makes a folder and those above it.
func makeFolder(_ path: String) throws {
  do {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  } catch {
    throw Failure(.cannotCreate, "\(path): cannot be made; check that its folder may be written to")
  }
}
