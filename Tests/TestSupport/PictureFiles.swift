import Foundation
public import Pictures

extension Picture {
  /// Writes a PNG file.
  public func writePNG(to path: String) throws { try pngData().write(to: URL(filePath: path)) }
}
