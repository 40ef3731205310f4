import Models
import Tensors
import Archives
import Figures
import Foundation
import Pictures
import Presentation

/// Writes figures that stand alone.
struct FigureWriter {
  private let options: FigureOptions
  private let out: String
  private let format: PaperFigure.Format
  /// Whether `out` is the file of a single figure, not a folder.
  private let isFile: Bool

  private var kind: OutputFile {
    switch format {
    case .pdf: .pdf
    case .svg: .svg
    case .png: .png
    }
  }

  /// A writer into a folder, or to a file where its name ends in a format.
  ///
  /// - Throws: `Failure` where the ending and the format contradict each other.
  init(_ options: FigureOptions, out: String?) throws {
    (self.options, self.out) = (options, out ?? "figures")
    let ending = URL(filePath: self.out).pathExtension.lowercased()
    let named = PaperFigure.Format(rawValue: ending)
    isFile = !ending.isEmpty
    if isFile, named == nil {
      throw Failure(.usage, "--out is \(self.out); figures are .pdf, .svg or .png, or give a folder")
    }
    if let named, let format = options.format, named != format {
      throw Failure(.usage, "--out is \(self.out), but --format is \(format.rawValue); give one of them")
    }
    format = named ?? options.format ?? .pdf
  }

  /// Writes the figures that were asked for and prints their names.
  ///
  /// - Throws: `Failure` when a record has no such figure; nothing is written then.
  func write(_ choices: [FigureChoice], of report: Report, _ reports: [PictureReport]) throws {
    let photographs = try options.photograph.map { try Picture(contentsOf: $0) }
    var files: [(name: String, document: Document)] = []
    for choice in choices {
      for report in reports {
        if let obstacle = choice.obstacle(in: report) {
          throw Failure(.badData, "\(report.name): \(obstacle)")
        }
      }
      if choice == .photograph {
        for report in reports
        where !photographs.contains(where: { $0.fingerprint.text == report.pictureFingerprint }) {
          throw Failure(
            .badData,
            "\(report.name): none of the photographs is the picture that was swept; give it with --photograph"
          )
        }
        for photograph in photographs {
          // At the photograph's own resolution or above, unless a width was asked for.
          let width = options.width?.points ?? max(Double(photograph.width) * 72 / options.dpi + 4, 241)
          let figures = report.figures(over: photograph, fingerprint: photograph.fingerprint.text)
          files += try drawn(figures, width: width)
        }
      } else {
        let width = options.width?.points ?? 180 * 72 / 25.4
        files += try drawn(report.figures(choice), width: width)
      }
    }
    guard !isFile else {
      guard files.count == 1 else {
        throw Failure(
          .usage, "--out is \(out), one file, but there are \(files.count) figures; give a folder")
      }
      try makeFolder(URL(filePath: out).deletingLastPathComponent().path)
      try kind.announce(out)
      try files[0].document.write(to: out)
      return Console.writeLine(out)
    }
    try makeFolder(out)
    let paths = files.map(\.name).distinct.map { "\(out)/\($0).\(format.rawValue)" }
    for path in paths { try kind.announce(path) }
    for (path, file) in zip(paths, files) {
      try AtomicFile.write(file.document.data, to: path)
      Console.writeLine(path)
    }
    Console.writeNotice(files.map(\.document.missingLetters).reduce(MissingLetters([])) { $0.union($1) }, out)
  }

  /// Draws figures.
  ///
  /// - Throws: `Failure` where one has more pixels than a PNG can have.
  private func drawn(
    _ figures: [PaperFigure], width: Double
  ) throws -> [(name: String, document: Document)] {
    try figures.map { figure in
      if format == .png, let obstacle = figure.obstacle(toPNGOf: width, dpi: options.dpi) {
        throw Failure(.usage, "\(figure.name).png: \(obstacle)")
      }
      return (name: figure.name, document: figure.document(format, width: width, dpi: options.dpi))
    }
  }
}
