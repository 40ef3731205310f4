import Archives
import ArgumentParser
import Foundation
import Models

/// `penumbra inspect`: what is in a file.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Show what a file is taken for, and what is in it.")

  @Argument(
    help:
      "Record (folder), weight file or built-in network, body, dataset, people, ground truth, picture, or any file of arrays."
  )
  var file: String

  @Flag(help: "Print one JSON object and nothing else.")
  var json = false

  func run() throws {
    var file = file
    if try !isThere(file) { file = try LoadedNetwork.path(of: file) }
    guard try isThere(file) else {
      throw Failure(.noInput, "\(file): no such file; check the path")
    }
    // What a file is takes several looks; records change while they are made, and pipes are changed by who writes into them.
    let inspection = try isFile(file) ? unchanged(file) { try Inspection(file) } : Inspection(file)
    if json { return try Console.writeJSON(inspection) }
    for line in inspection.lines { Console.writeLine(line) }
  }
}
