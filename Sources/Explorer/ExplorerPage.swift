import Archives
import Bodies
public import Foundation
public import Models
import Pictures
public import Presentation
import Records

/// A page in which sweeps are walked through in a browser: one file that needs no server, no network and no other file.
///
///     let page = try ExplorerPage(PictureReport.grouped(records))
///     try page.files.last.map { try AtomicFile.write($0.data, to: "explorer.html") }
///
/// Numbers, legends, tables and words are those of the pages on paper, made by the same code of `Presentation`; the page
/// computes positions, alignments and sums alone. The same records give the same bytes, without names of folders,
/// people or machines, and without a date.
public struct ExplorerPage: Sendable {
  /// What can be chosen.
  public struct Options: Sendable {
    /// The heading; nil for what the report on paper has.
    public var title: String?
    /// Keeps one of so many positions down and across, and says so.
    public var every = 1
    /// Whether records are scripts beside the page, loaded when they are looked at, so that there may be many.
    public var isFolder = false
    /// The bodies that may be packed, and are where records are of them; of other records skeletons alone are shown.
    public var bodies: [ExplorerBody] = []
    /// What the page needs to ask a server for what is pointed at; nil where there is none.
    public var live: Live?

    /// One file with all positions, and no bodies.
    public init() {}
  }

  /// What a page needs to ask the server that gave it, and what there is to choose.
  public struct Live: Encodable, Sendable {
    /// What every question has to have.
    public let token: String
    /// The least and the most pixels of an occluder, of a box of 224, and those at first.
    public let sizes: [Int], size: Int
    /// The names of shapes and fills, those at first in front.
    public let shapes: [String], fills: [String]

    /// Choices about an occlusion, which the page begins with.
    public init(token: String, about occlusion: Occlusion) {
      self.token = token
      size = occlusion.size
      sizes = [min(8, size), max(Occlusion.referenceSide / 2, size)]
      let shapes: [Occlusion.Shape] = [.square, .disc, .rectangle(aspect: 2), .rectangle(aspect: 0.5)]
      let white = Occlusion.Fill.colour(red: 255, green: 255, blue: 255)
      let fills: [Occlusion.Fill] = [
        .value(0), .colour(red: 0, green: 0, blue: 0), white, .mean, .blur(Occlusion.Fill.usualBlur),
        .noise(1),
      ]
      self.shapes = ([occlusion.shape] + shapes.filter { $0 != occlusion.shape }).map(\.name)
      self.fills = ([occlusion.fill] + fills.filter { $0 != occlusion.fill }).map(\.name)
    }
  }

  /// A file of the page.
  public struct File: Sendable {
    /// Its name, or its path in the folder.
    public let name: String
    /// Its bytes.
    public let data: Data
  }

  /// The page, after the scripts beside it.
  public let files: [File]

  /// How many bytes all files have.
  public var size: Int { files.reduce(0) { $0 + $1.data.count } }

  /// How many bytes a browser reads when the page is opened: not those of the scripts beside it.
  public var openingSize: Int { files[files.count - 1].data.count }

  /// The size in words, "2.4 MB".
  public var sizeText: String { Self.text(ofSize: size) }

  /// A number of bytes in words, "2.4 MB".
  public static func text(ofSize bytes: Int) -> String { "\(NumberFormat.tenths(Double(bytes) / 1e6)) MB" }

  /// The size from which a page takes more than a moment to open, bytes.
  public static let largeSize = 25_000_000

  /// The page on some reports.
  ///
  /// - Throws: an error of the encoder, which no record makes.
  public init(_ reports: [PictureReport], options: Options = Options()) throws {
    precondition(!reports.isEmpty && options.every > 0, "a page on nothing")
    let reports = reports.map(\.forPages)
    var (blocks, shared) = (PackedBlocks(), ExplorerShared())
    var bodies: [String: ExplorerBody] = [:]
    let quantities = ExplorerQuantities(reports, &shared)
    var own: [ExplorerHeader.Report] = []
    for (index, report) in reports.enumerated() {
      let keeping = KeptPositions(every: options.every, of: report)
      let networks = report.entries.map { entry in
        let body = options.bodies.first { $0.fingerprint == entry.record.settings.body?.fingerprint }
        let script = options.isFolder ? own.map(\.networks.count).reduce(entry.index, +) : nil
        let picture = entry.crop.map { shared.number(of: $0, in: script) }
        let filling = entry.filling.map { shared.number(of: $0, in: script) }
        blocks.script = script
        let positions = PagePositions(entry.record.positions, keeping.kept(of: entry.record.positions))
        let network = ExplorerNetwork(report, entry, positions, body: body).header(
          &blocks, arrays: quantities.arrays[index][entry.index], picture: picture, filling: filling,
          source: script.map(Self.script)
        ) { shared.name(of: $0) }
        if let body, network.body.value != nil { bodies[body.name] = body }
        if network.attention.value != nil { shared.add(AttentionPage.attentionKey.colours) }
        return network
      }
      own.append(
        ExplorerHeader.Report(
          report, measured: shared.name(of: report.skeleton), quantities: quantities.quantities[index],
          networks: networks, every: options.every, isLive: options.live != nil))
    }
    blocks.script = nil
    var packedBodies: [String: ExplorerBody.Header] = [:]
    for (name, body) in bodies.sorted(by: { $0.key < $1.key }) { packedBodies[name] = body.header(&blocks) }
    let pictures = shared.images.map { image in
      blocks.script = image.script
      return ExplorerHeader.Image(
        block: blocks.add([UInt8](image.picture.jpegData(quality: 90))), type: "image/jpeg",
        source: image.script.map(Self.script))
    }
    let title = options.title ?? PictureReport.title(of: reports).text
    let header = ExplorerHeader(
      title: title, start: .init(reports, own), reports: own, colourMaps: shared.colourMaps,
      colours: .init(
        truth: Colour.truth.code, clean: Colour.clean.code, hatch: Colour.hatches.map(\.code)),
      skeletons: shared.joints, bodies: packedBodies, pictures: pictures, words: ExplorerWords.all,
      notes: Self.notes(own, every: options.every),
      glossary: ExplorerWords.glossary(reports).map { [$0.title, $0.meaning] },
      live: Nullable(options.live))
    files = try Self.files(
      header, StillPage(reports, tables: own.map(\.tables)), blocks, isFolder: options.isFolder)
  }

  private static func script(_ number: Int) -> String { "data/\(number).js" }

  private static func notes(_ reports: [ExplorerHeader.Report], every: Int) -> [String] {
    let networks = reports.flatMap(\.networks)
    func steps(_ names: String...) -> [Double] {
      names.flatMap { name in networks.compactMap { $0.arrays[name]?.step } }
    }
    return [
      ExplorerWords.steps(
        values: steps(PositionArray.error.name, PositionArray.alignedError.name),
        joints: steps(PositionArray.joints.name))
    ] + (every > 1 ? [ExplorerWords.every(every)] : [])
  }

  // MARK: Files

  private static func files(
    _ header: ExplorerHeader, _ still: StillPage, _ blocks: PackedBlocks, isFolder: Bool
  ) throws -> [File] {
    let scripts = Dictionary(grouping: blocks.blocks.filter { $0.script != nil }, by: { $0.script! })
    let data = scripts.sorted { $0.key < $1.key }.map { number, blocks in
      // Names and base64 have nothing in them that a script would read otherwise.
      let members = blocks.map { "\"\($0.name)\":\"\($0.text)\"" }.joined(separator: ",")
      let text = "window.penumbraBlocks = Object.assign(window.penumbraBlocks || {}, {\(members)});\n"
      return File(name: script(number), data: Data(text.utf8))
    }
    let inside = blocks.blocks.filter { $0.script == nil }.map { block in
      "<script type=\"application/octet-stream\" id=\"\(block.name)\">\(block.text)</script>"
    }
    let page = ExplorerFiles.filled([
      "policy": ExplorerFiles.policy(isFolder: isFolder, isLive: header.live.value != nil),
      "title": header.title.escaped,
      "style": ExplorerFiles.style, "static": still.markup,
      "code": ExplorerFiles.code(isLive: header.live.value != nil),
      "header": try JSONValue(encoding: header).canonicalText.replacing("<", with: "\\u003c"),
      "blocks": inside.joined(separator: "\n"),
    ])
    return data + [File(name: "index.html", data: page)]
  }
}

extension ExplorerHeader.Start {
  /// The picture on which the first two networks differ most, or, where none are compared, that with the largest number;
  /// at the worst position of its second network.
  init(_ reports: [PictureReport], _ headers: [ExplorerHeader.Report]) {
    let differences = reports.map { report in
      report.entries.count < 2
        ? nil : report.differenceMap(report.entries[1])?.values.map(abs).filter(\.isFinite).max()
    }
    let largest = reports.map { report in report.entries.compactMap { report.meanMap($0).high }.max() }
    let ranks = (differences.contains { $0 != nil } ? differences : largest).map { $0 ?? -.infinity }
    let index = ranks.indices.max { (ranks[$0], $1) < (ranks[$1], $0) } ?? 0
    let (report, header) = (reports[index], headers[index])
    let second = min(1, report.entries.count - 1)
    let isSame = report.entries[second].record.hasPositions(of: report.entries[0].record)
    let worst = header.networks[isSame ? second : 0].worst.first?.at ?? []
    self.init(p: header.name, at: worst.map(String.init).joined(separator: ","))
  }
}

extension ExplorerHeader.Report {
  /// What is the same for all networks of a report, with what was made of each.
  init(
    _ report: PictureReport, measured: String, quantities: [ExplorerHeader.Quantity],
    networks: [ExplorerHeader.Network], every: Int, isLive: Bool
  ) {
    let findings = FindingsTable(report.entries.map(\.findings))
    let kept = every > 1 ? " " + ExplorerWords.every(every) : ""
    self.init(
      name: report.stem, title: report.name, explanation: report.explanation.text + kept,
      hasTruth: report.hasTruth, occluder: report.occluder, reference: report.referenceTitle,
      worstTitle: report.worstTitle, worstNote: report.worstNote, measured: measured,
      rootJoint: Nullable(report.skeleton.rootIndex.map { report.skeleton.joints[$0] }),
      quantities: quantities, networks: networks,
      tables: [findings.headlineRows, findings.jointRows].map {
        .init(columns: $0[0], rows: Array($0.dropFirst()))
      }, caveat: Nullable(report.maximaCaveat),
      occlusion: isLive ? .init(report.settings.occlusion) : nil)
  }
}
