public import Foundation
public import Presentation

/// A finished document or figure.
public struct Document: Sendable {
  /// The bytes of the file.
  public let data: Data
  /// Letters that are drawn as boxes, because no font has them.
  public let missingLetters: MissingLetters
}
