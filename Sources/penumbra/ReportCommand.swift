import Archives
public import ArgumentParser
import Bodies
public import Figures
import Foundation
import Pictures
import Sweeps
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
      Records of one picture are drawn side by side on one scale; differences are the second network's less \
      the first's, in the order given. Of a folder, pooled networks come first.
      """)

  @Argument(help: ArgumentHelp("Records, or folders that hold records.", valueName: "dir"))
  var records: [String]

  @Option(help: ArgumentHelp("The report.", valueName: "file"))
  var out = "report.pdf"

  @Option(help: ArgumentHelp("Also write every figure as a PNG into this folder.", valueName: "dir"))
  var png: String?

  @Option(
    help: ArgumentHelp("Also write every record's arrays as an npz file into this folder.", valueName: "dir"))
  var npz: String?

  @Option(help: "The colours of the maps.")
  var colormap = Colormap.inferno

  @OptionGroup var body: BodyOptions

  func run() throws {
    let found = try records.flatMap { try Self.records(in: $0) }
    let (paths, read) = (found.map(\.path), found.map(\.record))
    let body = try body.load()
    let isSame = read.allSatisfy { $0.info.body.fingerprint == body.source.fingerprint }
    if !isSame {
      Console.writeError(
        "penumbra: \(body.source.name) is not the body of every record; skeletons are drawn instead of surfaces"
      )
    }
    let report = try Report(read, body: isSame ? body.model : nil, colours: colormap, files: paths)

    try makeFolder(URL(filePath: out).deletingLastPathComponent().path)
    try AtomicFile.write(report.pdf(), to: out)
    Console.writeLine(out)
    if let png { try Self.writeFigures(of: report, into: png) }
    if let npz {
      let names = Report.distinct(paths.map { URL(filePath: $0).deletingPathExtension().lastPathComponent })
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

  /// The record at a path, or those in the folder at it: by picture, pooled networks first as what the others
  /// are compared with, then by name.
  private static func records(in path: String) throws -> [(path: String, record: SweepRecord)] {
    let manager = FileManager.default
    guard manager.fileExists(atPath: path) else {
      throw Failure(.noInput, "\(path): no such record; check the path")
    }
    if manager.fileExists(atPath: path + "/zarr.json") { return [(path, try SweepRecord(complete: path))] }
    let inside = ((try? manager.contentsOfDirectory(atPath: path)) ?? [])
      .filter { !$0.hasPrefix(".") }.map { "\(path)/\($0)" }.filter {
        manager.fileExists(atPath: $0 + "/zarr.json")
      }
    guard !inside.isEmpty else {
      throw Failure(.badData, "\(path): holds no records; give what penumbra sweep wrote")
    }
    func key(_ record: SweepRecord) -> [String] {
      [record.info.picture.name, record.info.head == "pooled" ? "0" : "1", record.info.label]
    }
    return try inside.map { ($0, try SweepRecord(complete: $0)) }
      .sorted { key($0.1).lexicographicallyPrecedes(key($1.1)) }
  }
}

extension SweepRecord {
  /// The arrays for other programs: lengths in metres, axes of the camera, places as rows and columns.
  fileprivate var exportedArrays: [(String, Tensor)] {
    let grid = [places.rows.count, places.columns.count]
    func overPlaces(_ tensor: Tensor) -> Tensor { tensor.reshaped(grid + tensor.shape.dropFirst()) }
    func one(_ tensor: Tensor) -> Tensor { tensor.reshaped(Array(tensor.shape.dropFirst())) }
    var arrays: [(String, Tensor)] = []
    for (prefix, measured, shape) in [("", measurements, overPlaces), ("clean_", clean, one)] {
      arrays += [
        (prefix + "joints", shape(measured.joints)), (prefix + "error", shape(measured.error)),
        (prefix + "error_pa", shape(measured.alignedError)),
        (prefix + "rotations", shape(measured.rotations)),
        (prefix + "betas", shape(measured.betas)), (prefix + "camera", shape(measured.camera)),
      ]
    }
    arrays += [
      ("mean_error", meanError), ("reference_joints", reference), ("body_mask", bodyMask),
      ("row_centres_px", Tensor([grid[0]], places.rows.map(\.centre))),
      ("column_centres_px", Tensor([grid[1]], places.columns.map(\.centre))),
    ]
    if let cleanAttention { arrays.append(("attention_clean", cleanAttention)) }
    if let worstAttention { arrays.append(("attention_worst", worstAttention)) }
    return arrays
  }
}
