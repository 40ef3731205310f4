import Archives
import Bodies
import Foundation
import Models
import Pictures
import Records
import Rendering
import Tensors

/// A folder of rendered people, NUMBER.png and NUMBER.json, all of one renderer, seed and size, or the frames of one clip.
struct RenderedFolder {
  private let path: String
  /// Renders the people of some numbers.
  private let people: (Range<Int>) -> [RenderedSample]
  /// The frames of a clip; nil of people, who never end.
  private let end: Int?
  /// How many pictures are in memory at once.
  private let step: Int

  /// A folder of people.
  init(_ path: String, _ renderer: Renderer, seed: UInt64, side: Int) {
    (self.path, end, step) = (path, nil, min(Renderer.block, Self.step(side: side)))
    people = { renderer.people($0, seed: seed, side: side) }
  }

  /// A folder of the frames of a clip.
  init(
    _ path: String, _ renderer: Renderer, clip: Int, frames: Int, motions: Motions, seed: UInt64, side: Int
  ) {
    (self.path, end, step) = (path, frames, Self.step(side: side))
    people = {
      renderer.clip(clip, frames: frames, motions: motions, seed: seed, side: side, only: $0)
    }
  }

  /// As many as have colours and labels of about 128 MB; a clip is posed anew for each such part of it.
  private static func step(side: Int) -> Int { max(1, 128_000_000 / (4 * side * side)) }

  /// Renders so many people, those that are not there already; who calls it has the lock of the folder, or has claimed it.
  ///
  /// - Throws: a failure when other people are there, which are left alone, and after a signal.
  func write(count: Int, _ progress: ProgressLine) throws {
    defer { progress.clear() }
    try write(count: count) { progress.show($0, of: count) }
  }

  /// The same, with another measure of what is done.
  func write(count: Int, progress: (_ done: Int) -> Void) throws {
    try makeFolder(path)
    try checkIsOwn()
    // Where nothing is missing nothing is written, which would remove what a killed run left.
    TemporaryFile.removeLeftovers(in: path)
    for first in stride(from: 0, to: count, by: step) {
      try write(first..<min(first + step, count), of: count, progress: progress)
    }
  }

  /// Makes the folder, and takes its lock, which is beside the first picture.
  ///
  /// - Throws: `ArchiveError` when another process has it.
  func lock() throws(ArchiveError) -> FolderLock {
    try makeFolder(path)
    return try FolderLock(on: pictureFile(0))
  }

  /// Sees to it that the first person is there, by whom processes that render other people find that the folder is taken.
  ///
  /// Those that render the same people may then do so at the same time, each what it finds missing.
  ///
  /// - Throws: as ``write(count:_:)``.
  func claim() throws {
    let lock = try lockUnlessClaimed()
    defer { withExtendedLifetime(lock) {} }
    try write(count: 1) { _ in }
  }

  /// The lock of the folder; nil where the first person is there while another process has it, or there are no locks.
  private func lockUnlessClaimed() throws -> FolderLock? {
    while true {
      do throws(ArchiveError) { return try lock() } catch {
        guard error.systemError == EWOULDBLOCK else {
          if let number = error.systemError, FolderLock.unsupported.contains(number) { return nil }
          throw error
        }
      }
      if try isComplete(0) { return nil }
      try checkIsWanted(0, of: 1)
      usleep(20_000)
    }
  }

  private func checkIsWanted(_ done: Int, of count: Int) throws {
    guard Interruption.isRequested else { return }
    throw Failure(
      .interrupted, "\(path): interrupted at \(done) of \(count) pictures; the same command continues")
  }

  /// The name of a person's picture in the folder.
  static func pictureName(_ number: Int) -> String { String(format: "%05d.png", number) }

  /// Renders the people of the given numbers, and writes those that are not there already.
  ///
  /// - Throws: a failure when other people are there, which are left alone.
  private func write(_ numbers: Range<Int>, of count: Int, progress: (_ done: Int) -> Void) throws {
    for (number, person) in zip(numbers, people(numbers)) {
      try checkIsWanted(number, of: count)
      try check(number, is: person)
      if try !isComplete(number) {
        // A picture that is there stays, and the truth names it: others may have begun to read it.
        if try !isThere(pictureFile(number)) {
          try AtomicFile.write(person.picture.pngData(), to: pictureFile(number))
        }
        let fingerprint = try Picture(contentsOf: pictureFile(number)).fingerprint.text
        try AtomicFile.write(truth(of: person, fingerprint).json(), to: truthFile(number))
      }
      progress(number + 1)
    }
  }

  /// Looks at the first and the last person of the folder, whatever their numbers, before anything is written.
  ///
  /// - Throws: a failure when they are other people than these.
  private func checkIsOwn() throws {
    let names = try folderNames(path)
    let numbers = names.compactMap { name -> Int? in
      guard let dot = name.lastIndex(of: "."), let number = Int(name[..<dot]),
        (0..<RenderCommand.mostPeople).contains(number),
        [truthFile(number), pictureFile(number)].contains("\(path)/\(name)")
      else { return nil }
      return number
    }
    for number in Set([numbers.min(), numbers.max()].compactMap(\.self)).sorted() {
      guard number < end ?? .max else { throw Self.foreign(pictureFile(number)) }
      try check(number, is: people(number..<number + 1)[0])
    }
  }

  private func pictureFile(_ number: Int) -> String { "\(path)/\(Self.pictureName(number))" }
  private func truthFile(_ number: Int) -> String { String(format: "%@/%05d.json", path, number) }

  private func truth(of person: RenderedSample, _ fingerprint: String? = nil) -> GroundTruthFile {
    GroundTruthFile(
      pose: person.pose, betas: person.betas,
      camera: [person.camera.scale, person.camera.tx, person.camera.ty], visibility: person.visibility,
      picture: fingerprint ?? person.picture.fingerprint.text)
  }

  /// Refuses to write over files of another person.
  ///
  /// Another processor may round a number of the same person otherwise, and change a level of a few pixels.
  private func check(_ number: Int, is person: RenderedSample) throws {
    func isNear(_ a: [Float]?, _ b: [Float]?) -> Bool {
      guard let a, let b, a.count == b.count else { return a == b }
      return zip(a, b).allSatisfy { abs($0 - $1) <= 1e-4 }
    }
    let own = truth(of: person)
    let found = try ifOfTheKind { try GroundTruthFile(contentsOf: truthFile(number)) }
    let isTruth =
      isNear(own.pose, found?.pose) && isNear(own.betas, found?.betas) && isNear(own.camera, found?.camera)
    let picture = try ifOfTheKind { try Picture(contentsOf: pictureFile(number)) }
    let isPicture = picture?.shows(person.picture) ?? false
    for (file, isOwn) in [(pictureFile(number), isPicture), (truthFile(number), isTruth)] where !isOwn {
      if try isThere(file) { throw Self.foreign(file) }
    }
  }

  private static func foreign(_ file: String) -> Failure {
    Failure(
      .cannotCreate,
      "\(file): is there already and not of the person that this command renders; choose another --out, or remove it"
    )
  }

  /// Whether a person is there whose picture is the one that the ground truth names.
  private func isComplete(_ number: Int) throws -> Bool {
    let truth = try ifOfTheKind { try GroundTruthFile(contentsOf: truthFile(number)) }
    guard let named = truth?.picture_fingerprint,
      let picture = try ifOfTheKind({ try Picture(contentsOf: pictureFile(number)) })
    else { return false }
    return picture.fingerprint.text == named
  }
}

extension Picture {
  /// Whether two pictures are the same but for rounding, a hundredth of a level on average.
  fileprivate func shows(_ other: Picture) -> Bool {
    guard width == other.width, height == other.height else { return false }
    let difference = zip(pixels, other.pixels).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
    return Double(difference) <= 0.01 * Double(pixels.count)
  }
}
