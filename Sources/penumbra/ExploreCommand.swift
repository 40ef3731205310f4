import ArgumentParser
import Explorer
import Foundation
import Live
import Models
import Records
import Sweeps
import Synchronization
import Tensors

/// `penumbra explore`: a page whose numbers are computed where the pointer is.
struct ExploreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explore",
    abstract: "Serve a page in which an occluder of any size, shape and fill is moved over a picture.",
    discussion: """
      Prints the page's address, which only a browser on this machine can open, and answers until Ctrl-C. Maps are those \
      of a first look at few positions, or of a finished record in DIR; "Write a record" on the page makes the record that \
      penumbra sweep makes with the occluder that is chosen there.
      """)

  @Argument(help: "Pictures of one person each, or folders of such.")
  var pictures: [String]

  @OptionGroup var box: BoxOptions
  @OptionGroup var models: ModelOptions
  @OptionGroup var truth: TruthOptions
  @OptionGroup var joints: JointsOption
  @OptionGroup var body: BodyOptions
  @OptionGroup var occlusion: OcclusionOptions

  @Option(help: ArgumentHelp("Folder of the records (default: Reports/PICTURE).", valueName: "dir"))
  var out: String?

  @Option(help: ArgumentHelp("Port of the page's address (default: any that is free).", valueName: "n"))
  var port: UInt16 = 0

  @Option(help: "Limit of the program's memory while a record is written, such as 1500MB.")
  var memory = Megabytes(2000)

  @OptionGroup var arithmetic: ArithmeticOptions
  @OptionGroup var quiet: QuietOption

  func run() throws {
    quiet.apply()
    Interruption.watch()
    let body = try body.load()
    let list = try PictureList(pictures)
    let inputs = try inputs(list)
    let models = try models.load(body: body, crop: box.crop, convolutions: arithmetic.algorithm)
    let sweeps = try sweeps(inputs, models, body)
    let folder = out ?? "Reports/\(inputs.count == 1 ? inputs[0].stem : list.name)"
    let interrupted = Mutex<Failure?>(nil)
    let token = LoopbackToken()
    let session = LiveSession(
      sweeps, models: models, in: folder, token: token, bodies: [try .builtIn()]
    ) { sweep, model in
      do {
        let outcome = try sweep.record(
          model, in: folder, remedy: "writing the record again continues it")
        return (outcome.path, outcome.record)
      } catch let failure as Failure where failure.code == .interrupted {
        interrupted.withLock { $0 = failure }
        throw failure
      }
    }
    guard try session.look(Interruption.context()) else {
      throw Failure(.interrupted, "interrupted before the page was ready")
    }
    let server = try LoopbackServer(port: port, token: token) { session.answer(to: $0) }
    Console.writeLine(server.address)
    Console.writeNotice("penumbra: open this address in a browser; Ctrl-C ends it")
    Interruption.wait()
    // A worker that is still asked then would outlive the program.
    if !server.stop() { WorkerModel.endAll() }
    if let failure = interrupted.withLock({ $0 }) { throw failure }
    // Ctrl-C is how a page is closed; other signals come from who takes the machine or the terminal away.
    guard Interruption.exitCode == 128 + SIGINT else {
      throw Failure(.interrupted, "interrupted; the page is closed")
    }
  }

  /// The pictures, each with its person's box.
  private func inputs(_ list: PictureList) throws -> [PictureInput] {
    let isOne = list.paths.count == 1
    if !isOne { try truth.checkIsFolder() }
    let people = try box.people()
    return try (isOne ? [0] : list.whereFound(by: people, person: box.person)).map { number in
      let path = list.paths[number]
      return try box.load(
        path, people: people, stem: isOne ? nil : list.stems[number], truth: try truth.path(of: path))
    }
  }

  /// The sweeps that records are of.
  private func sweeps(
    _ inputs: [PictureInput], _ models: [any PoseModel], _ body: SMPLBody
  ) throws -> [PictureSweep] {
    var options = SweepOptions()
    options.joints = try joints.skeleton() ?? JointsOption.shared(by: models)
    // The page begins with the first; others are chosen there.
    (options.occlusion, options.tolerance) = (try occlusion.occlusions()[0], occlusion.tolerance?.value)
    options.isOnPerson = occlusion.isOnPerson
    (options.memory, options.command) = (memory.value, ShellCommand.current)
    return try inputs.map { input in
      options.positions = try occlusion.rule(for: models, in: input)
      return PictureSweep(input, truth: try truth.load(of: input.path, body), options: options)
    }
  }
}
