import Archives
import ArgumentParser
import Bodies
import Evaluation
import Figures
import Foundation
import Models
import Presentation
import Records

/// `penumbra influence`: what covering each body part does to each joint, over any number of pictures.
struct InfluenceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "influence",
    abstract: "Show what covering each body part does to each joint, over all pictures of some sweeps.",
    discussion: """
      Reads finished records, of any networks on any pictures, and needs no network. Which part the occluder covers is \
      taken from the body of the ground truth, or without one from the clean prediction of the first network that gives a \
      body. Also told: the error increase on the body, at its edge and beside it, visible, hidden and covered joints apart, \
      and the worst positions of all pictures. Pictures that were not swept by all networks alike are left out.
      """)

  @Argument(help: ArgumentHelp("Records, or folders of records.", valueName: "dir"))
  var records: [String]

  @Option(
    help: ArgumentHelp(
      "PDF to write: tables, charts and the matrices of parts and joints.", valueName: "file"))
  var out: String?

  @Option(help: ArgumentHelp("JSON to write, with all numbers.", valueName: "file"))
  var jsonOut: String?

  @OptionGroup var joints: JointsOption
  @OptionGroup var body: BodyOptions

  @Option(help: "Seed of the pictures that the bootstrap draws for intervals.")
  var seed: UInt64 = 0

  @Flag(help: "Print one JSON object and nothing else.")
  var json = false

  @OptionGroup var quiet: QuietOption

  func validate() throws {
    if let out, URL(filePath: out).pathExtension.lowercased() != "pdf" {
      throw ValidationError("--out is \(out); give a name that ends in .pdf")
    }
  }

  func run() throws {
    quiet.apply()
    let paths = try records.flatMap { path in
      let inside = try SweepRecord.paths(in: path)
      guard !inside.isEmpty else {
        throw Failure(.badData, "\(path): contains no records; give a folder that penumbra sweep wrote")
      }
      return inside
    }
    let summary = try OcclusionSummary.reading(
      paths, joints: joints.skeleton(), body: try body.load(), seed: seed)
    guard summary.entries.contains(where: { $0.influence != nil }) else {
      throw Failure(
        .badData,
        "\(records[0]): no record has a body, which says what is covered; sweep with the ground truth's body and camera, or "
          + "also with a network that gives a body")
    }
    let title = records.count == 1 ? URL(filePath: records[0]).lastPathComponent : "\(records.count) folders"
    try summary.write(title: title, pdf: out, json: jsonOut)
    if json { return try Console.writeJSON(summary) }
    for line in OcclusionPages(summary, title: title).lines { Console.writeLine(line) }
  }
}

extension OcclusionSummary {
  /// The summary of records, with progress.
  static func reading(
    _ paths: [String], joints: Skeleton?, body: SMPLBody, truthBody: SMPLBody? = nil, seed: UInt64
  ) throws
    -> OcclusionSummary
  {
    let progress = ProgressLine("Reading records")
    defer { progress.clear() }
    return try OcclusionSummary(of: paths, joints: joints, body: body, truthBody: truthBody, seed: seed) {
      progress.show($0, of: $1)
    }
  }

  /// Writes the report and all numbers, and says where.
  func write(title: String, pdf: String?, json: String?) throws {
    if let pdf {
      try makeFolder(URL(filePath: pdf).deletingLastPathComponent().path)
      try OutputFile.pdf.announce(pdf)
      try OcclusionReport(self, title: title).document().write(to: pdf)
    }
    if let json {
      try makeFolder(URL(filePath: json).deletingLastPathComponent().path)
      try AtomicFile.write(JSONValue(encoding: self).text, to: json)
    }
  }
}
