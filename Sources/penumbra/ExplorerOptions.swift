import Archives
import ArgumentParser
import Explorer
import Foundation
import Models
import Presentation

/// Whether a page for a browser is written, and what it keeps.
struct ExplorerOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Page on which the sweeps are explored in a browser, without a server: a file, such as explorer.html, or for many pictures a folder, such as explorer/, whose records are loaded when looked at.",
      valueName: "path"))
  var html: String?

  @Option(
    help: ArgumentHelp(
      "Keep only one of so many positions down and across on the page, which says so (default: 1).",
      valueName: "count"))
  var htmlEvery: Int?

  @Flag(
    help:
      "Pack a body other than the built-in one into the page. Who gets the page gets that body: SMPL's licence, for one, does not allow to pass it on."
  )
  var htmlBody = false

  @Option(help: ArgumentHelp("Heading of the page.", valueName: "text"))
  var title: String?

  func validate() throws {
    guard let html else {
      if htmlEvery != nil || htmlBody || title != nil {
        throw ValidationError("--html-every, --html-body and --title are for --html; give --html too")
      }
      return
    }
    guard html.hasSuffix("/") || URL(filePath: html).pathExtension.lowercased() == "html" else {
      throw ValidationError(
        "--html is \(html); give a name that ends in .html, or a folder with a / at its end")
    }
    // No frame has more positions down or across.
    try checkNumber(htmlEvery, of: "--html-every", in: 1...2048)
  }

  /// Refuses a place that something else has, before anything is drawn.
  func check() throws { try html.map { try ExplorerFile($0).check() } }

  /// Writes the page, if one was asked for, and prints where it is and how large.
  func write(_ reports: [PictureReport], body: SMPLBody) throws {
    guard let html else { return }
    let builtIn = try ExplorerBody.builtIn()
    let bodies = htmlBody ? [builtIn, ExplorerBody(passingOn: body)] : [builtIn]
    Console.writeLine(
      try ExplorerFile(html).write(reports, bodies: bodies, title: title, every: htmlEvery ?? 1))
  }
}

/// Where a page for a browser is written: a file, or a folder of a page and scripts.
struct ExplorerFile {
  private let path: String
  private var isFolder: Bool { path.hasSuffix("/") }
  private var page: String { isFolder ? path + "index.html" : path }

  /// A page at a path, which ends in `/` where it is a folder.
  init(_ path: String) { self.path = path }

  /// Refuses to write over what is no such page.
  func check() throws { try OutputFile.html.announce(page) }

  /// Writes the page, whole or not at all, and says where it is and how large.
  ///
  /// - Parameter limit: the most bytes; of a larger page fewer positions are kept, which it says.
  func write(
    _ reports: [PictureReport], bodies: [ExplorerBody], title: String? = nil, every: Int = 1,
    limit: Int = .max
  ) throws -> String {
    var options = ExplorerPage.Options()
    (options.title, options.every, options.bodies, options.isFolder) = (title, every, bodies, isFolder)
    var made = try ExplorerPage(reports, options: options)
    while made.size > limit, options.every < 4 {
      options.every += 1
      made = try ExplorerPage(reports, options: options)
    }
    let folder = URL(filePath: page).deletingLastPathComponent().path
    try makeFolder(folder)
    if made.files.count > 1 { try makeFolder(folder + "/data") }
    // The page comes last: without its scripts it would show nothing.
    for file in made.files.dropLast() {
      try OutputFile.js.checkPlace("\(folder)/\(file.name)")
      try AtomicFile.write(file.data, to: "\(folder)/\(file.name)")
    }
    try AtomicFile.write(made.files[made.files.count - 1].data, to: page)
    if made.openingSize > ExplorerPage.largeSize {
      let remedy =
        isFolder
        ? "folders of fewer pictures open sooner"
        : "--html \(smaller) loads records when they are looked at, and --html-every 2 keeps a quarter of the positions"
      Console.writeNotice(
        "penumbra: \(page): \(ExplorerPage.text(ofSize: made.openingSize)) take a while to open; \(remedy)")
    }
    let kept = options.every > 1 ? ", one of \(options.every) positions down and across" : ""
    return "\(page): \(made.sizeText)\(kept)"
  }

  private var smaller: String { URL(filePath: path).deletingPathExtension().relativePath + "/" }
}
