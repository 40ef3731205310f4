import Archives
import Bodies
import Evaluation
import Foundation
import Models
import Networks
import Pictures
import Presentation
import Records
import Tensors

/// What is in a file, in facts and arrays.
struct Inspection: Encodable {
  struct Array: Encodable {
    let name: String
    let shape: [Int]
  }

  let kind: String
  /// Which network it is, for people.
  private(set) var network: String?
  var facts: [RecordSummary.Fact] = []
  var arrays: [Array] = []

  private mutating func add(_ name: String, _ value: String) { facts.append(.init(name: name, value: value)) }

  /// What is found at a path.
  init(_ path: String) throws {
    if try isFolder(path) {
      let set = try isThere(path + "/zarr.json") ? nil : ifOfTheKind { try Dataset(contentsOf: path) }
      if let set { self.init(set) } else { try self.init(record: path) }
      return
    }
    if let people = try ifOfTheKind({ try PeopleFile(contentsOf: path) }) {
      self.init(people)
    } else {
      do { try self.init(archive: path) } catch let failure as ArchiveError where failure.kind == .unsupported
      {
        // What is no file of arrays may be a picture, or something that is named when one is wanted.
        let picture: Picture
        do { picture = try Picture(contentsOf: path) } catch {
          if error.kind == .notAPicture { throw failure }
          throw error
        }
        self.init(picture)
      }
    }
  }

  private init(_ people: PeopleFile) {
    kind = people.kind
    add("people", "\(people.peopleCount)")
    if people.pictureCount > 0 { add("pictures", "\(people.pictureCount)") }
  }

  private init(_ picture: Picture) {
    kind = "picture"
    add("size", "\(picture.width) × \(picture.height) pixels")
    add("fingerprint", picture.fingerprint.text)
  }

  private init(_ set: Dataset) {
    kind = set.kind
    add(set)
  }

  private mutating func add(_ set: Dataset) {
    add("rows", "\(set.rows.count)")
    add("joints of errors", set.measured.name)
    add("genders", set.namesGenders ? "in words" : "none in words")
    for row in set.invalid.prefix(3) { add("invalid", "row \(row.index) (\(row.image)): \(row.problem)") }
    for guess in set.guesses { add("taken", guess) }
  }

  private init(record path: String) throws {
    let record = try SweepRecord(contentsOf: path)
    kind = "sweep record"
    facts = RecordSummary(record).facts
    arrays = try SweepRecord.arrays(in: path).map { Array(name: $0.name, shape: $0.shape) }
  }

  private init(archive path: String) throws {
    let archive = try Archive(contentsOf: path)
    let items = archive.summary().sorted { $0.name < $1.name }
    let readable = items.filter { $0.problem == nil }
    // A file is shown for what can be read of it, unless it is damaged or nothing can.
    if let problem = items.compactMap(\.problem).first(where: { $0.kind != .unsupported || readable.isEmpty })
    {
      throw problem
    }
    arrays = readable.map { Array(name: $0.name, shape: $0.shape) }
    let file = try archive.has("v_template") ? nil : ifOfTheKind { try NetworkFile(contentsOf: path) }
    // Read where it is neither a body nor a network.
    lazy var dataset = Result { try Dataset(contentsOf: path) }
    if file == nil, archive.names.contains(where: { $0 == "v_template" || $0.hasSuffix(".v_template") }) {
      kind = "body model"
      let body = try BodyModel(try BodyFiles.arrays(of: archive), from: path)
      add("vertices", "\(body.vertexCount)")
      add("faces", "\(body.faces.count)")
      add("joints", "\(Joint.count)")
      add("regions", body.regions == nil ? "none" : "yes")
      for note in body.notes { add("taken", note) }
    } else if let file {
      kind = "network"
      network = file.origin
      switch file.kind {
      case .body: break
      case .temporal:
        let temporal = try file.temporalNetwork()
        add(
          "network",
          "lifts the keypoints of \(temporal.settings.frames) frames"
            + (temporal.settings.usesLabels ? ", hidden ones left out" : ""))
        add("keypoints", temporal.keypoints.architecture.summary)
        add("crop", "\(temporal.keypoints.side) pixels a side")
        add("fingerprint", temporal.fingerprint)
        add("runs", "yes")
        return
      case .landmarks:
        let landmarks = try file.landmarkNetwork()
        add("network", "BlazePose GHUM full, \(Skeleton.blazepose33.count) landmarks")
        add("crop", "\(LandmarkNetwork.side) pixels a side")
        add("fingerprint", landmarks.fingerprint)
        add("runs", "yes")
        return
      }
      add("network", try file.architecture().summary)
      if let checkpoint = file.checkpoint {
        add("format", archive.format.rawValue)
        if !archive.place.isEmpty { add("weights under", archive.place) }
        if !checkpoint.prefix.isEmpty { list("prefix", [checkpoint.prefix]) }
        list("missing", checkpoint.missing)
        list("not used", checkpoint.unused.filter { !$0.hasSuffix("num_batches_tracked") })
      }
      do {
        let regressor = try file.regressor()
        add("crop", "\(regressor.side) pixels a side")
        add("fingerprint", regressor.fingerprint)
        add("runs", "yes")
      } catch let error as WeightError {
        add("runs", "no: \(error.problem)")
      }
    } else if let set = try ifOfTheKind({ try dataset.get() }) {
      kind = set.kind
      add("format", archive.format.rawValue)
      add(set)
    } else if let truth = try ifOfTheKind({ try GroundTruthFile(contentsOf: path) }),
      truth.pose != nil || truth.positions_m != nil
    {
      kind = "ground truth"
      add("format", archive.format.rawValue)
      add(
        "has", truth.pose == nil ? "positions of \(truth.joints ?? "joints that it does not name")" : "a pose"
      )
      for note in truth.notes { add("taken", note) }
    } else {
      kind = "\(archive.format.rawValue) file"
      if ["imgname", "img_name", "image_path"].contains(where: archive.has) {
        do { _ = try dataset.get() } catch let error as EvaluationError {
          add("no dataset", error.sentence)
        } catch let error as ArchiveError { add("no dataset", error.message) }
      }
    }
    if let packing = archive.packing { add("packed by", packing) }
    if kind == "network" || kind.hasSuffix("file") {
      add("numbers", "\(arrays.reduce(0) { $0 + $1.shape.reduce(1, *) })")
    }
    for item in items {
      if let problem = item.problem { add("not read", "\(item.name): \(problem.message)") }
    }
    for (_, reason) in archive.leftOut { add("left out", reason) }
    let origins = items.filter { $0.origin != nil }
    for origin in Set(origins.compactMap(\.origin)).sorted() {
      list("made of \(origin)", origins.filter { $0.origin == origin }.map(\.name))
    }
    for (name, value) in archive.metadata.sorted(by: { $0.key < $1.key }) { add(name, value) }
  }

  enum CodingKeys: String, CodingKey { case kind, network, facts, arrays }

  /// Notes how many tensors there are of a kind, and the first of them.
  private mutating func list(_ name: String, _ keys: [String]) {
    guard !keys.isEmpty else { return }
    let shown = keys.prefix(6).joined(separator: ", ")
    add(name, "\(keys.count): \(shown)" + (keys.count > 6 ? ", …" : ""))
  }

  /// The inspection as text for people.
  var lines: [String] {
    func columns(_ rows: [(String, String)]) -> [String] {
      TextTable(rows.map { [$0, $1] }, alignments: [.left, .left]).lines
    }
    return [network ?? kind] + columns(facts.map { ("  " + $0.name, $0.value) })
      + (arrays.isEmpty ? [] : ["arrays"])
      + columns(arrays.map { ("  " + $0.name, $0.shape.map(String.init).joined(separator: " × ")) })
  }
}

extension NetworkFile {
  /// Which network it is and who made it, for people.
  fileprivate var origin: String {
    if let checkpoint {
      switch checkpoint.architecture.head.kind {
      case .partAttention: return "PARE, published checkpoint"
      case .pooled, .uv:
        return checkpoint.keys.values.contains(checkpoint.prefix + "fc1.weight")
          ? "SPIN, published checkpoint" : "pooled network in PARE's code, published checkpoint"
      }
    }
    func resolved(_ path: String) -> String { URL(filePath: path).resolvingSymlinksInPath().path }
    let builtIn = LoadedNetwork.builtIn.first { name in
      (try? LoadedNetwork.path(of: name)).map(resolved) == resolved(path)
    }
    if let builtIn { return "\(builtIn), built-in network" }
    if archive.metadata["penumbra.recipe"] != nil { return "own network, trained by penumbra" }
    if let source = archive.metadata["penumbra.source"] {
      let name = (try? architecture().head.kind) == .partAttention ? "PARE" : "SPIN"
      return "\(name), imported from \(source)"
    }
    return "own network"
  }
}
