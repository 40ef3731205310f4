package import Models

/// What a page asks: an occluder at a place of a picture.
package struct LiveQuestion: Equatable, Sendable {
  /// The name of the report that is shown.
  package let report: String
  /// The centre of the occluder, pixels of the picture.
  package let x: Double, y: Double
  /// The occluder.
  package let occlusion: Occlusion

  /// Reads a query.
  ///
  /// - Parameter known: an occlusion whose shape and fill may be of files, which a page asks for by their names.
  /// - Throws: ``Problem`` that says what is missing or makes no sense.
  package init(_ query: [String: String], about known: Occlusion) throws(Problem) {
    func value<T>(_ name: String, _ make: (String) -> T?) throws(Problem) -> T {
      guard let text = query[name], let value = make(text) else {
        throw Problem("'\(name)' is \(query[name].map { "'\($0.prefix(40))'" } ?? "missing")")
      }
      return value
    }
    // No picture is so large, and no number less of one.
    func place(_ text: String) -> Double? {
      Double(text).flatMap { $0.isFinite && abs($0) < 1e6 ? $0 : nil }
    }
    report = try value("p") { $0 }
    (x, y) = (try value("x", place), try value("y", place))
    let size = try value("size") { text in
      Int(text).flatMap { (1...Occlusion.referenceSide).contains($0) ? $0 : nil }
    }
    occlusion = Occlusion(
      size: size,
      shape: try value("shape") { $0 == known.shape.name ? known.shape : Occlusion.Shape(name: $0) },
      fill: try value("fill") { $0 == known.fill.name ? known.fill : Occlusion.Fill(name: $0) })
  }

  /// Why a question is not answered, in a few words.
  package struct Problem: Error {
    let text: String
    init(_ text: String) { self.text = text }
  }
}
