import Archives
import Foundation

/// A value in an experiment's file, and the path of keys that leads to it.
struct PlanNode {
  let file: String
  let key: String
  let value: JSONValue

  func failure(_ sentence: String) -> EvaluationError {
    EvaluationError(.badData, file, "\(key.isEmpty ? "" : "'\(key)' ")\(sentence)")
  }

  func failure(_ inner: String, _ sentence: String) -> EvaluationError {
    EvaluationError(.badData, file, "'\(path(inner))' \(sentence)")
  }

  private func path(_ inner: String) -> String { key.isEmpty ? inner : key + "." + inner }

  subscript(_ inner: String) -> PlanNode? {
    value[inner].map { PlanNode(file: file, key: path(inner), value: $0) }
  }

  /// The value of a key that must be there.
  func needed(_ inner: String) throws -> PlanNode {
    guard let node = self[inner] else { throw failure(inner, "is missing") }
    return node
  }

  /// Refuses keys that are neither known nor of version 0.1.0.
  func checkKeys(_ known: [String], old: [String] = []) throws {
    guard let members = value.object else { throw failure("must be an object") }
    if let unknown = members.keys.sorted().first(where: { !(known + old).contains($0) }) {
      throw failure(unknown, "is not a key; there are \(known.joined(separator: ", "))")
    }
  }

  func string() throws -> String {
    guard let text = value.string else { throw failure("must be a string") }
    return text
  }

  /// A text that can be the name of a folder.
  func fileName() throws -> String {
    let name = try string()
    let isPlain = name.unicodeScalars.allSatisfy(\.isPrintable)
    guard !name.isEmpty, !name.hasPrefix("."), !name.contains("/"), isPlain, name.utf8.count <= 100,
      !ExperimentPlan.outputFiles.contains(name)
    else {
      throw failure(
        "'\(String(name.filter { !$0.isNewline }.prefix(40)))' cannot be a name; use up to 100 letters and digits"
      )
    }
    return name
  }

  func integer(in range: ClosedRange<Int>) throws -> Int {
    guard let number = value.integer, range.contains(number) else {
      throw failure(
        range.upperBound == .max
          ? "must be a whole number, \(range.lowerBound) or more"
          : "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  func bool() throws -> Bool {
    guard let flag = value.bool else { throw failure("must be true or false") }
    return flag
  }

  func choice<T: RawRepresentable<String>>(_ type: T.Type) throws -> T {
    guard let choice = T(rawValue: try string()) else {
      throw failure("is '\(try string())', which is unknown")
    }
    return choice
  }

  func items() throws -> [PlanNode] {
    guard let items = value.array else { throw failure("must be an array") }
    return items.enumerated().map { PlanNode(file: file, key: "\(key)[\($0)]", value: $1) }
  }
}

extension JSONValue {
  /// This value with the members of another in place of its own, object within object.
  func overlaid(with other: JSONValue) -> JSONValue {
    guard case .object(let mine) = self, case .object(let theirs) = other else { return other }
    return .object(mine.merging(theirs) { $0.overlaid(with: $1) })
  }

  /// The first path of keys that another value lacks, and the keys that it has there.
  func firstKey(missingIn other: JSONValue) -> (path: String, known: [String])? {
    guard case .object(let mine) = self, case .object(let theirs) = other else { return nil }
    for (key, value) in mine.sorted(by: { $0.key < $1.key }) {
      guard let counterpart = theirs[key] else { return (key, theirs.keys.sorted()) }
      if let inner = value.firstKey(missingIn: counterpart) { return ("\(key).\(inner.path)", inner.known) }
    }
    return nil
  }
}

extension DecodingError {
  /// The keys that lead to the value that could not be read.
  var keyPath: String {
    let context: Context =
      switch self {
      case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
        .dataCorrupted(let context):
        context
      @unknown default: Context(codingPath: [], debugDescription: "")
      }
    return context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
  }
}
