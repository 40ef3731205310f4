import Archives
import Figures
import Foundation
import Pictures
import Presentation
import Synchronization
import Tensors

/// Writes a film to a file: an animated PNG by itself, mp4 and webp with ffmpeg.
struct FilmFile {
  /// What the ending of a file's name asks for.
  enum Kind: String, CaseIterable {
    case png, mp4, webp

    /// What ffmpeg is told, between the frames and the file.
    fileprivate var arguments: [String] {
      switch self {
      case .png: []
      case .mp4:
        ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", "18", "-movflags", "+faststart", "-f", "mp4"]
      case .webp: ["-c:v", "libwebp_anim", "-quality", "85", "-loop", "0", "-f", "webp"]
      }
    }
  }

  private let path: String
  private let kind: Kind
  /// The program, for films that need it.
  private let ffmpeg: URL?

  /// A film to be written.
  ///
  /// - Throws: at once, before any frame is drawn, where its kind is unknown or its program is not there.
  init(_ path: String) throws {
    self.path = path
    let ending = URL(filePath: path).pathExtension.lowercased()
    guard let kind = Kind(rawValue: ending) else {
      throw Failure(.usage, "\(path): a film is .mp4, .webp or .png; give --film another ending")
    }
    let folder = URL(filePath: path).deletingLastPathComponent().path
    guard try isThere(folder) else {
      throw Failure(.cannotCreate, "\(path): cannot be created: there is no folder '\(folder)'")
    }
    self.kind = kind
    ffmpeg = kind == .png ? nil : Self.program("ffmpeg")
    guard kind == .png || ffmpeg != nil else {
      throw Failure(
        .unavailable,
        "\(path): ffmpeg is not in PATH; install it, on Debian: apt-get install ffmpeg, or write a .png")
    }
  }

  private static func program(_ name: String) -> URL? {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    return folders.map { URL(filePath: "\($0)/\(name)") }
      .first { FileManager.default.isExecutableFile(atPath: $0.path) }
  }

  /// The film of a picture for this kind of file; an animated PNG keeps every pixel, and has fewer of them.
  func film(_ report: PictureReport, joints: [Int]) -> Film {
    kind == .png
      ? Film(report, joints: joints, scale: 1.5, framesPerSecond: 10)
      : Film(report, joints: joints)
  }

  /// Draws all frames and writes them; the file is there whole or not at all.
  ///
  /// - Throws: a failure with the code of an interruption after Ctrl-C.
  func write(_ film: Film, _ context: WorkContext) throws {
    if kind == .png { try writePNG(film, context) } else { try writeByProgram(film, context) }
    Console.writeNotice(film.missingLetters, path)
  }

  private func writePNG(_ film: Film, _ context: WorkContext) throws {
    var file = AnimatedPNG(
      width: film.size.width, height: film.size.height, frames: film.frameCount,
      framesPerSecond: film.framesPerSecond)
    var bytes = file.begin()
    try draw(film, context) { bytes += file.append($0) }
    bytes += file.end()
    try AtomicFile.write(bytes, to: path)
  }

  private func writeByProgram(_ film: Film, _ context: WorkContext) throws {
    let temporary = try TemporaryFile(beside: path, for: path)
    let process = Process()
    process.executableURL = ffmpeg
    process.arguments =
      [
        "-loglevel", "error", "-nostdin", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s",
        "\(film.size.width)x\(film.size.height)", "-r", "\(film.framesPerSecond)", "-i", "pipe:0",
        // The clock and the versions of libraries would make every run's bytes differ.
        "-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact",
      ] + kind.arguments + [temporary.path]
    let (frames, errors) = (Pipe(), Pipe())
    (process.standardInput, process.standardError) = (frames, errors)
    process.standardOutput = FileHandle.nullDevice
    signal(SIGPIPE, SIG_IGN)  // a program that ends early is an error to report, not a death
    do { try process.run() } catch { throw Failure(.unavailable, "\(path): ffmpeg does not start: \(error)") }
    let words = LastWords(errors.fileHandleForReading.fileDescriptor)
    var hasAll = false
    do {
      try draw(film, context) { try frames.fileHandleForWriting.write(contentsOf: Data($0.pixels)) }
      hasAll = true
    } catch let failure as Failure {
      process.terminate()
      try? frames.fileHandleForWriting.close()
      process.waitUntilExit()
      _ = words.all()
      throw failure
    } catch {}  // the program has ended, and says why
    try? frames.fileHandleForWriting.close()
    process.waitUntilExit()
    let message = words.all()
    guard process.terminationStatus == 0 else {
      let reason = message.split(whereSeparator: \.isNewline).last ?? "no reason given"
      throw Failure(.io, "\(path): ffmpeg failed: \(reason)")
    }
    guard hasAll else {
      throw Failure(.io, "\(path): ffmpeg ended before it had all frames; install another, or write a .png")
    }
    try temporary.replaceTarget()
  }

  /// What a program says, read while it works: one whose pipe is full would wait for ever.
  private final class LastWords: Sendable {
    private let said = Mutex<[UInt8]>([])
    private let isEnd = DispatchSemaphore(value: 0)

    init(_ descriptor: Int32) {
      Thread.detachNewThread { [self] in
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
          let count = read(descriptor, &buffer, buffer.count)
          if count < 0, errno == EINTR { continue }
          guard count > 0 else { break }
          said.withLock { $0 = Array(($0 + buffer[..<count]).suffix(65_536)) }
        }
        isEnd.signal()
      }
    }

    /// The last of it, when it has ended, or a second later: a program that it left behind may keep the pipe open.
    func all() -> String {
      _ = isEnd.wait(timeout: .now() + 1)
      return String(decoding: said.withLock { $0 }, as: UTF8.self)
    }
  }

  /// Draws frames on all threads, a few at a time, and hands them over in order.
  private func draw(_ film: Film, _ context: WorkContext, _ take: (Picture) throws -> Void) throws {
    let line = context.progress(URL(filePath: path).lastPathComponent)
    defer { line.clear() }
    let batch = 4 * context.workers
    for start in stride(from: 0, to: film.frameCount, by: batch) {
      let count = min(batch, film.frameCount - start)
      let drawn = Mutex([Picture?](repeating: nil, count: count))
      let runner = Runner(
        workers: context.workers, isCancelled: { context.cancellation.isRequested },
        progress: { done, _ in line.show(start + done, of: film.frameCount) })
      let isDone = runner.run(count) { index in
        let picture = film.frame(start + index)
        drawn.withLock { $0[index] = picture }
        return 1
      }
      guard isDone else { throw Failure(.interrupted, "\(path): interrupted; nothing was written") }
      for picture in drawn.withLock({ $0 }) { try take(picture!) }
    }
  }
}
