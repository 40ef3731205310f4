import Archives
import ArgumentParser
import Bodies
import Foundation
import Models
import Pictures
import Rendering
import Tensors

/// A fill as it is asked for; files are read when it is known that they are needed.
enum FillChoice: ExpressibleByArgument, Sendable {
  case plain(Occlusion.Fill)
  case texture(String)
  case image(String)
  case builtInTexture(seed: UInt64)

  init?(argument: String) {
    func path(after word: String) -> String? {
      argument.hasPrefix(word) && argument.count > word.count ? String(argument.dropFirst(word.count)) : nil
    }
    if let path = path(after: "image:") {
      self = .image(path)
    } else if let path = path(after: "texture:") {
      if path == "builtin" {
        self = .builtInTexture(seed: 1)
      } else if path.hasPrefix("builtin"), let seed = UInt64(path.dropFirst("builtin".count)) {
        self = .builtInTexture(seed: seed)
      } else {
        self = .texture(path)
      }
    } else if let fill = Occlusion.Fill(name: argument) {
      self = .plain(fill)
    } else {
      return nil
    }
  }

  /// The fill, its file read.
  ///
  /// - Throws: `PictureError` when that is no picture.
  func load() throws -> Occlusion.Fill {
    switch self {
    case .plain(let fill): return fill
    case .texture(let path): return .texture(try Self.file(path))
    case .image(let path): return .image(try Self.file(path))
    case .builtInTexture(let seed):
      let picture = try BuiltInTexture.picture(seed: seed)
      return .texture(
        .init(
          source: .init(name: "builtin\(seed)", fingerprint: picture.fingerprint.text), content: picture))
    }
  }

  private static func file(_ path: String) throws -> OccluderFile<Picture> {
    let picture = try Picture(contentsOf: path)
    return .init(
      source: .init(name: URL(filePath: path).lastPathComponent, fingerprint: picture.fingerprint.text),
      content: picture)
  }
}

/// A shape as it is asked for.
enum ShapeChoice: ExpressibleByArgument, Sendable {
  case plain(Occlusion.Shape)
  case mask(String)
  case parts([Joint])

  init?(argument: String) {
    if argument.hasPrefix("mask:"), argument.count > 5 {
      self = .mask(String(argument.dropFirst(5)))
    } else if argument == "part:all" {
      self = .parts(Joint.allCases)
    } else if argument.hasPrefix("part:"),
      let part = Joint.allCases.first(where: { $0.name == argument.dropFirst(5) })
    {
      self = .parts([part])
    } else if let shape = Occlusion.Shape(name: argument) {
      self = .plain(shape)
    } else {
      return nil
    }
  }

  var defaultValueDescription: String {
    switch self {
    case .plain(let shape): shape.name
    case .mask(let path): "mask:\(path)"
    case .parts(let parts): parts.count == 1 ? "part:\(parts[0].name)" : "part:all"
    }
  }

  /// The shape, its file read.
  ///
  /// - Throws: `PictureError` when that has no alpha channel, `Failure` when it covers nothing.
  func load() throws -> Occlusion.Shape {
    let path: String
    switch self {
    case .plain(let shape): return shape
    case .mask(let file): path = file
    case .parts:
      throw Failure(
        .usage, "--shape \(defaultValueDescription) is for penumbra sweep, which knows the picture")
    }
    let cutout = try Cutout(contentsOf: path)
    guard cutout.pixels.contains(where: { $0.w > 0 }) else {
      throw Failure(.badData, "\(path): is transparent everywhere, so it would hide nothing")
    }
    let aspect = Float(cutout.height) / Float(cutout.width)
    guard Occlusion.aspects.contains(aspect) else {
      throw Failure(.badData, "\(path): is more than 100 times as long as wide")
    }
    var fingerprint = Fingerprint()
    fingerprint.add(Data("\(cutout.width) \(cutout.height)".utf8))
    fingerprint.add(Data(cutout.pixels.map { UInt8(level: $0.w * 255) }))
    return .mask(
      .init(
        source: .init(name: URL(filePath: path).lastPathComponent, fingerprint: fingerprint.text),
        content: cutout), aspect: aspect)
  }
}

/// Centres of the occluder in a file.
enum PositionFile {
  /// Reads JSON `[[x, y], …]`, or lines `x,y`, the first of which may be a heading.
  ///
  /// - Throws: `ArchiveError` when it cannot be read; a failure that names the file when it is no such list.
  static func read(_ path: String) throws -> [[Double]] {
    let data = try fileContents(path)
    let wrong = Failure(
      .badData,
      "\(path): is no list of positions; write JSON [[x, y], …] or a line x,y for each, in pixels of the picture"
    )
    guard data.count <= 1 << 26, let text = String(data: data, encoding: .utf8) else { throw wrong }
    let rows: [[Double]]
    if text.trimmingCharacters(in: .whitespacesAndNewlines).hasPrefix("[") {
      guard let list = try? JSONDecoder().decode([[Double]].self, from: data) else { throw wrong }
      rows = list
    } else {
      var lines = text.split(whereSeparator: \.isNewline).map { line in
        line.split(separator: ",", omittingEmptySubsequences: false).map {
          Double($0.trimmingCharacters(in: .whitespaces))
        }
      }
      if lines.first?.allSatisfy({ $0 == nil }) ?? false { lines.removeFirst() }
      rows = try lines.map { line in
        let known = line.compactMap(\.self)
        guard known.count == line.count else { throw wrong }
        return known
      }
    }
    guard !rows.isEmpty, rows.allSatisfy({ $0.count == 2 && $0.allSatisfy { $0.isFinite && abs($0) < 1e6 } })
    else { throw wrong }
    return rows
  }
}
