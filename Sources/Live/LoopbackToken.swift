import Foundation

/// A random word that whoever asks has to know.
public struct LoopbackToken: Sendable {
  /// 43 letters and digits for 256 random bits, as an address takes them.
  public let text: String

  /// A word that nobody knows yet.
  public init() {
    var random = SystemRandomNumberGenerator()
    let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    text = Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
      .replacing("=", with: "")
  }

  /// Whether a word is this one; how long that takes says nothing of where they differ.
  func matches(_ word: String?) -> Bool {
    let (own, given) = (Array(text.utf8), Array((word ?? "").utf8))
    var difference = UInt8(own.count == given.count ? 0 : 1)
    for index in own.indices { difference |= own[index] ^ (index < given.count ? given[index] : 0) }
    return difference == 0
  }
}
