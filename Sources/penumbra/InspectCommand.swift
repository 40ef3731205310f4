import Archives
import ArgumentParser
import Bodies
import Foundation
import Models
import Networks
import Presentation
import Records
import Tensors

/// `penumbra inspect`: what is in a file.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Show the content of a record, a weight file or a body file.")

  @Argument(help: "Record (folder), weight file or built-in network, body file, or any file of arrays.")
  var file: String

  @Flag(help: "Print one JSON object and nothing else.")
  var json = false

  func run() throws {
    var isFolder: ObjCBool = false
    var file = file
    if !FileManager.default.fileExists(atPath: file) { file = try LoadedNetwork.path(of: file) }
    guard FileManager.default.fileExists(atPath: file, isDirectory: &isFolder) else {
      throw Failure(.noInput, "\(file): no such file; check the path")
    }
    let inspection = isFolder.boolValue ? try Inspection(record: file) : try Inspection(archive: file)
    if json { return try Console.writeJSON(inspection) }
    for line in inspection.lines { Console.writeLine(line) }
  }
}

/// What is in a file, in facts and arrays.
private struct Inspection: Encodable {
  struct Array: Encodable {
    let name: String
    let shape: [Int]
  }

  let kind: String
  /// Which network it is, for people.
  private(set) var network: String?
  var facts: [RecordSummary.Fact] = []
  var arrays: [Array] = []

  mutating func add(_ name: String, _ value: String) { facts.append(.init(name: name, value: value)) }

  init(record path: String) throws {
    let record = try SweepRecord(contentsOf: path)
    kind = "sweep record"
    facts = RecordSummary(record).facts
    arrays = try SweepRecord.arrays(in: path).map { Array(name: $0.name, shape: $0.shape) }
  }

  init(archive path: String) throws {
    let archive = try Archive(contentsOf: path)
    let items = archive.summary().sorted { $0.name < $1.name }
    let readable = items.filter { $0.problem == nil }
    // A file is shown for what can be read of it, unless it is damaged or nothing can.
    if let problem = items.compactMap(\.problem).first(where: { $0.kind != .unsupported || readable.isEmpty })
    {
      throw problem
    }
    arrays = readable.map { Array(name: $0.name, shape: $0.shape) }
    let file = archive.has("v_template") ? nil : try? NetworkFile(contentsOf: path)
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
      add("network", try file.architecture().summary)
      if let checkpoint = file.checkpoint {
        add("format", archive.format.rawValue)
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
    } else {
      kind = "\(archive.format.rawValue) file"
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
    return [network ?? kind] + columns(facts.map { ("  " + $0.name, $0.value) }) + ["arrays"]
      + columns(arrays.map { ("  " + $0.name, $0.shape.map(String.init).joined(separator: " × ")) })
  }
}

extension NetworkFile {
  /// Which network it is and who made it, for people.
  fileprivate var origin: String {
    if let checkpoint {
      switch checkpoint.architecture.head.kind {
      case .partAttention: return "PARE, published checkpoint"
      case .pooled:
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
