import Archives
import ArgumentParser
import Foundation
import Models
import Pictures
import Records

/// Where the person is: in a box, wherever one is found, or in the whole picture.
enum PersonBox: Equatable, ExpressibleByArgument {
  case given(Box)
  case find
  case whole

  /// The largest side in pixels of a square picture that is taken for a crop.
  static let largestCrop = 256

  /// A box written as `x,y,w,h`, or a word.
  init?(argument: String) {
    switch argument {
    case "find": self = .find
    case "whole": self = .whole
    default:
      guard let box = Box(argument: argument) else { return nil }
      self = .given(box)
    }
  }

  /// What is done unless something was given: small squares and rendered people are crops already, all others are not.
  ///
  /// - Throws: a failure where it cannot be told whether the person is a rendered one.
  static func usual(for input: PictureInput, truth: String?, person: Int?) throws -> PersonBox {
    let picture = input.picture
    guard person == nil, picture.width == picture.height else { return .find }
    if picture.width <= largestCrop { return .whole }
    // `penumbra render` names the picture in the ground truth that it writes beside it.
    let beside = URL(filePath: input.path).deletingPathExtension().path + ".json"
    for file in [truth, beside].compactMap(\.self) {
      guard try isThere(file) else { continue }
      let named = try ifOfTheKind { try GroundTruthFile(contentsOf: file) }
      if named?.picture_fingerprint == input.source.fingerprint { return .whole }
    }
    return .find
  }

  /// The box in a picture, nil for the whole of it; says what was found.
  ///
  /// - Throws: a failure where there is no person of the number, or the finder cannot be read.
  func box(in input: PictureInput, person: Int?) throws -> Box? {
    switch self {
    case .given(let box): return box
    case .whole: return nil
    case .find: break
    }
    let people = try Self.people(in: input)
    if let person, person > people.count {
      let those = people.isEmpty ? "nobody is found in it" : "of those found give 1 to \(people.count)"
      throw ModelError(.nobodyFound, "\(input.path): has no person \(person); \(those), or --box x,y,w,h")
    }
    let name = input.source.name
    guard !people.isEmpty else {
      Console.writeNotice(
        "penumbra: \(name): nobody is found in it, and the whole picture is the crop; --box x,y,w,h gives the person's box"
      )
      return nil
    }
    let found = people[(person ?? 1) - 1]
    let numbers = [found.box.x, found.box.y, found.box.width, found.box.height].map { "\(Int($0))" }
    let others =
      people.count > 1 ? " (\(person ?? 1) of \(people.count); --person N takes another)" : ""
    Console.writeNotice(
      "penumbra: \(name): person found at \(numbers.joined(separator: ",")), "
        + String(format: "score %.2f", found.score) + others)
    return found.box
  }

  /// Read once, when the first picture without a box comes.
  private static let finder = Result { try PersonFinder() }

  private static func people(in input: PictureInput) throws -> [PersonFinder.Person] {
    do {
      return try finder.get().people(in: input.picture)
    } catch let error as PictureError {
      throw error.naming(input.path)
    } catch let error as ArchiveError {
      throw ArchiveError(
        error.kind, file: error.file, entry: error.entry,
        "\(error.message); people are found with it: give --box x,y,w,h or --box whole")
    }
  }
}
