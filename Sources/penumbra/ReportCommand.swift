import Models
import Archives
import ArgumentParser
import Bodies
import Explorer
import Figures
import Foundation
import Pictures
import Presentation
import Records
import Tensors

/// `penumbra report`: figures and arrays from records alone.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Draw the figures of finished sweeps.",
    discussion: """
      Records of one picture are drawn side by side on one scale. Differences are the second network minus the first, \
      in the order given; from a folder, in the order in which they were swept.
      """)

  @Argument(help: ArgumentHelp("Records, or folders of records.", valueName: "dir"))
  var records: [String]

  @Option(
    help: ArgumentHelp(
      "PDF to write (default: report.pdf, and none with --html); with --figure the folder of the figures (default: figures), or the file of a single one.",
      valueName: "path"))
  var out: String?

  @Option(help: ArgumentHelp("Also write every figure as a PNG to this folder.", valueName: "dir"))
  var png: String?

  @Option(
    help: ArgumentHelp("Also write every record's arrays as an npz file to this folder.", valueName: "dir"))
  var npz: String?

  @OptionGroup var joints: JointsOption
  @OptionGroup var map: MapOptions
  @OptionGroup var figures: FigureOptions
  @OptionGroup var film: FilmOptions
  @OptionGroup var explorer: ExplorerOptions
  @OptionGroup var body: BodyOptions

  func validate() throws {
    guard figures.figure == nil, let out else { return }
    guard URL(filePath: out).pathExtension.lowercased() == "pdf" else {
      throw ValidationError(
        "--out is \(out); a report is a PDF, so give a name that ends in .pdf, or --figure")
    }
  }

  func run() throws {
    let found = try records.flatMap { try SweepRecord.finished(in: $0) }
    let (paths, read) = (found.map(\.path), try joints.comparable(found))
    let body = try body.load()
    let isSame = read.compactMap(\.settings.body).allSatisfy { $0.fingerprint == body.source.fingerprint }
    if !isSame {
      Console.writeError(
        "penumbra: \(body.source.name) is not the body of every record; drawing skeletons instead of surfaces"
      )
    }
    try checkQuantity(zip(paths, read).map { ($0, $1) })
    let reports = PictureReport.grouped(read, body: isSame ? body.model : nil, style: map.mapStyle)
    try film.check(reports)
    try explorer.check()
    let report = Report(reports)
    if let choices = figures.figure?.choices {
      try FigureWriter(figures, out: out).write(choices, of: report, reports)
    } else if explorer.html == nil || out != nil {
      let out = out ?? "report.pdf"
      try makeFolder(URL(filePath: out).deletingLastPathComponent().path)
      try OutputFile.pdf.announce(out)
      try report.document().write(to: out)
      Console.writeLine(out)
    }
    if let png { try Self.writeFigures(of: report, into: png) }
    try film.write(reports)
    try explorer.write(reports, body: body)
    if let npz {
      let names = paths.map { URL(filePath: $0).deletingPathExtension().lastPathComponent }.distinct
      for (name, record) in zip(names, read) {
        let file = "\(npz)/\(name).npz"
        try makeFolder(npz)
        try Npz.write(record.exportedArrays, to: file)
        Console.writeLine(file)
      }
    }
  }

  /// Refuses a quantity that a record does not have.
  private func checkQuantity(_ found: [(path: String, record: SweepRecord)]) throws {
    guard let quantity = map.mapStyle.quantity else { return }
    for (path, record) in found {
      if let obstacle = quantity.obstacle(in: record) { throw Failure(.badData, "\(path): \(obstacle)") }
    }
  }

  /// Writes every figure as a picture.
  static func writeFigures(of report: Report, into folder: String) throws {
    try makeFolder(folder)
    let figures = report.figures()
    for figure in figures {
      try AtomicFile.write(figure.picture.pngData(), to: "\(folder)/\(figure.name).png")
    }
    Console.writeLine("\(folder): \(figures.count) figures")
  }
}
