import Archives
public import ArgumentParser
import Foundation
import Models
public import Pictures

extension Box: ExpressibleByArgument {
  /// A box written as `x,y,w,h`, spaces allowed; nil unless all are finite numbers.
  public init?(argument: String) {
    let numbers = argument.split(separator: ",", omittingEmptySubsequences: false)
      .map { Double($0.trimmingCharacters(in: .whitespaces)) }
    guard numbers.count == 4, let x = numbers[0], let y = numbers[1], let width = numbers[2],
      let height = numbers[3], [x, y, width, height].allSatisfy(\.isFinite)
    else { return nil }
    self.init(x: x, y: y, width: width, height: height)
  }
}

extension CropMethod: ExpressibleByArgument {}

/// Which part of a picture shows the person.
struct BoxOptions: ParsableArguments {
  // A value that begins with a minus is a value all the same.
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Box of the person in pixels of the picture; find, which looks for the person; or whole, which takes the picture as "
        + "the crop (default: whole for squares of at most \(PersonBox.largestCrop) pixels and rendered people, find for "
        + "others).", valueName: "x,y,w,h|find|whole"))
  var box: PersonBox?

  @Option(
    help: ArgumentHelp(
      "Boxes in a file: SPIN's {\"bbox\": [x, y, w, h]}, COCO's results or annotations, or those of a detector; or a "
        + "folder of such files, one for each picture.", valueName: "file|dir"))
  var bbox: String?

  @Option(
    help: ArgumentHelp(
      "Boxes from points: JSON of OpenPose, AlphaPose, mmpose or ViTPose, or a folder of such files.",
      valueName: "file|dir"))
  var openpose: String?

  @Option(
    help: ArgumentHelp(
      "Number of the person in the picture, from 1, in the file's order (default: the largest that it is sure of), or of "
        + "those that are found, the largest first.",
      valueName: "n"))
  var person: Int?

  @Option(
    help: ArgumentHelp(
      "Method to cut out and resize the box: spin, pare (PARE's evaluation), demo (PARE's demo) or blazepose, a quarter "
        + "larger than the box (default: the network's own).", valueName: "spin|pare|demo|blazepose"))
  var crop: CropMethod?

  /// Whether a box was given in any form.
  var isGiven: Bool { box != nil || bbox != nil || openpose != nil }

  func validate() throws {
    if [box != nil, bbox != nil, openpose != nil].count(where: { $0 }) > 1 {
      throw ValidationError("Give the box once: --box, --bbox or --openpose")
    }
    if let person {
      guard box == nil || box == .find else {
        throw ValidationError("--person is for --bbox, --openpose and --box find; leave out the box")
      }
      try checkNumber(person, of: "--person", in: 1...1_000_000)
    }
  }

  /// Reads a picture and the box in it, which it checks; says what was guessed.
  ///
  /// - Parameters:
  ///   - stem: what results of one of several pictures are called after; the file's name unless given.
  ///   - truth: the file of its ground truth, which may say that the picture is a rendered person.
  func load(
    _ path: String, people: PeopleSource? = nil, stem: String? = nil, truth: String? = nil
  ) throws -> PictureInput {
    var input = try PictureInput(contentsOf: path)
    let box: Box? =
      if let people = try people ?? self.people() {
        try people.choice(in: input.picture, named: path, number: person, isOnly: stem == nil)
      } else {
        try (box ?? .usual(for: input, truth: truth, person: person)).box(in: input, person: person)
      }
    input = input.with(box: box, stem: stem)
    try input.checkBox()
    return input
  }

  /// Where boxes are read from, if they are.
  func people() throws -> PeopleSource? { try (bbox ?? openpose).map { try PeopleSource($0) } }
}

/// A file of people, or a folder with a file for each picture.
enum PeopleSource {
  case file(PeopleFile)
  case folder(String)

  init(_ path: String) throws {
    self = try isFolder(path) ? .folder(path) : .file(PeopleFile(contentsOf: path))
  }

  /// The file or folder.
  var path: String {
    switch self {
    case .file(let file): file.path
    case .folder(let folder): folder
    }
  }

  /// How many people were found in a picture, one of several.
  func count(in picture: String) throws -> Int {
    guard let file = try file(of: picture) else { return 0 }
    // A file of its own may name no picture, or name it otherwise.
    if case .folder = self { return file.peopleCount }
    return try file.count(in: picture)
  }

  /// The box of a person; what was guessed is said.
  func choice(in picture: Picture, named name: String, number: Int?, isOnly: Bool) throws -> Box {
    guard let file = try file(of: name) else {
      throw Failure(.noInput, "\(path): contains no file for \(name), such as \(Self.names(for: name)[0])")
    }
    let isOwn = if case .folder = self { true } else { isOnly }
    let choice = try file.choice(in: picture, named: name, number: number, isOnly: isOwn)
    for guess in choice.guesses { Console.writeNotice("penumbra: \(file.path): \(guess)") }
    return choice.box
  }

  /// The file that tells of a picture; nil where the folder has none.
  private func file(of picture: String) throws -> PeopleFile? {
    switch self {
    case .file(let file): return file
    case .folder(let folder):
      let paths = Self.names(for: picture).map { "\(folder)/\($0)" }
      guard let path = try paths.first(where: { try isThere($0) }) else { return nil }
      // Detectors leave a text empty where they find nobody.
      if path.hasSuffix(".txt"), try fileContents(path).allSatisfy({ $0 <= 0x20 }) { return nil }
      return try PeopleFile(contentsOf: path)
    }
  }

  /// What OpenPose, AlphaPose, mmpose and YOLO call the file of a picture.
  private static func names(for picture: String) -> [String] {
    let stem = URL(filePath: picture).deletingPathExtension().lastPathComponent
    return ["\(stem)_keypoints.json", "\(stem).json", "results_\(stem).json", "\(stem).txt"]
  }
}
