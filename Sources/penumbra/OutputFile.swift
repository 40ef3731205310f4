import Archives
import ArgumentParser
import Foundation

/// A kind of file that commands write: its ending is kept to, and nothing else is written over.
enum OutputFile: String {
  case png, pdf, svg, html, js, safetensors

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
    do throws(ArchiveError) {
      // Folders are told by who writes; pipes and devices are written in place.
      guard try isFile(path) else { return }
    } catch {
      // Who may not look into the folder may not write there either, which is told then.
      guard error.kind == .noInput else { throw error }
      return
    }
    let start: Data
    do throws(ArchiveError) { start = try fileBeginning(path, count: 9) } catch {
      guard error.kind == .noInput else { throw error }
      throw Failure(
        .cannotCreate, "\(path): is there already and cannot be read; remove it or name another file")
    }
    if !start.isEmpty, !isOwn(start) {
      throw Failure(
        .cannotCreate, "\(path): is there already and no \(title) file; remove it or name another")
    }
  }

  private var title: String { self == .safetensors ? "safetensors" : rawValue.uppercased() }

  /// Says that a file takes the place of an earlier one of its kind; refuses to write over another kind.
  func announce(_ path: String) throws {
    try checkPlace(path)
    if (try? isThere(path)) == true {
      Console.writeNotice("penumbra: \(path): takes the place of the earlier file")
    }
  }

  private func isOwn(_ start: Data) -> Bool {
    switch self {
    case .png: start.starts(with: [0x89, 0x50, 0x4E, 0x47])
    case .pdf: start.starts(with: Data("%PDF".utf8))
    case .svg: start.starts(with: Data("<?xml".utf8)) || start.starts(with: Data("<svg".utf8))
    case .html: start.starts(with: Data("<!doctype".utf8))
    case .js: start.starts(with: Data("window.pe".utf8))
    // Eight bytes of a length, then the header's JSON.
    case .safetensors: start.count == 9 && start.last == UInt8(ascii: "{")
    }
  }
}
