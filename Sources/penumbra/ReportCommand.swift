import Models
import Archives
public import ArgumentParser
import Bodies
import Figures
import Foundation
import Pictures
public import Presentation
import Records
import Tensors

extension Colormap: ExpressibleByArgument {
  /// A colour map by its name.
  public init?(argument: String) { self.init(named: argument) }

  /// The name.
  public var defaultValueDescription: String { name }

  /// The names, for help and errors.
  public static var allValueStrings: [String] { all.map(\.name) }
}

/// `penumbra report`: figures and arrays from records alone.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Draw the figures of finished sweeps.",
    discussion: """
      Records of one picture are drawn side by side on one scale. Differences are the second network minus the first, \
      in the order given; from a folder, pooled networks come first.
      """)

  @Argument(help: ArgumentHelp("Records, or folders of records.", valueName: "dir"))
  var records: [String]

  @Option(help: ArgumentHelp("PDF to write.", valueName: "file"))
  var out = "report.pdf"

  @Option(help: ArgumentHelp("Also write every figure as a PNG to this folder.", valueName: "dir"))
  var png: String?

  @Option(
    help: ArgumentHelp("Also write every record's arrays as an npz file to this folder.", valueName: "dir"))
  var npz: String?

  @Option(help: "Colours of the maps.")
  var colormap = Colormap.inferno

  @OptionGroup var body: BodyOptions

  func run() throws {
    let found = try records.flatMap { try SweepRecord.finished(in: $0) }
    let (paths, read) = (found.map(\.path), found.map(\.record))
    let body = try body.load()
    let isSame = read.compactMap(\.settings.body).allSatisfy { $0.fingerprint == body.source.fingerprint }
    if !isSame {
      Console.writeError(
        "penumbra: \(body.source.name) is not the body of every record; drawing skeletons instead of surfaces"
      )
    }
    let report = Report(read, body: isSame ? body.model : nil, colours: colormap)

    try makeFolder(URL(filePath: out).deletingLastPathComponent().path)
    try AtomicFile.write(report.pdf(), to: out)
    Console.writeLine(out)
    if let png { try Self.writeFigures(of: report, into: png) }
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
