import ArgumentParser
import Foundation

/// A kind of file that commands write: its ending is kept to, and nothing else is written over.
enum OutputFile: String {
  case png, safetensors

  /// Refuses the ending of another kind; a name without an ending is taken as it is.
  func checkEnding(of path: String, option: String = "--out") throws {
    let url = URL(filePath: path)
    guard ["", rawValue].contains(url.pathExtension.lowercased()) else {
      let name = url.deletingPathExtension().lastPathComponent
      throw ValidationError(
        "\(option) \(path): a \(title) file is written; call it \(name).\(rawValue)")
    }
  }

  /// Refuses to write over an input, or over a file of another kind.
  func checkPlace(_ path: String, inputs: [String] = []) throws {
    func resolved(_ path: String) -> String { URL(filePath: path).resolvingSymlinksInPath().path }
    if let input = inputs.first(where: { resolved($0) == resolved(path) }) {
      throw Failure(.cannotCreate, "\(path): would be written over \(input), an input; name another file")
    }
    guard let file = FileHandle(forReadingAtPath: path) else { return }
    let start = (try? file.read(upToCount: 9)) ?? Data()
    if !start.isEmpty, !isOwn(start) {
      throw Failure(
        .cannotCreate, "\(path): is there already and no \(title) file; remove it or name another")
    }
  }

  private var title: String { self == .png ? "PNG" : "safetensors" }

  private func isOwn(_ start: Data) -> Bool {
    switch self {
    case .png: start.starts(with: [0x89, 0x50, 0x4E, 0x47])
    // Eight bytes of a length, then the header's JSON.
    case .safetensors: start.count == 9 && start.last == UInt8(ascii: "{")
    }
  }
}
