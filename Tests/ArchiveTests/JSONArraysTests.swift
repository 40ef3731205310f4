import Archives
import Foundation
import TestSupport
import Testing

@Suite("JSON as a file of arrays") struct JSONArraysTests {
  private func archive(_ text: String) throws -> Archive {
    try withTemporaryFolder { folder in
      let path = folder + "/a.json"
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      return try Archive(contentsOf: path)
    }
  }

  @Test("lists of numbers and texts are arrays, objects within have names with a dot") func objects() throws {
    let found = try archive(
      #" {"a": [[1, 2], [3, 4]], "b": [0.5, 1], "n": 3, "t": ["x", "long"], "who": "me", "in": {"c": [1]}, "odd": [[1], [2, 3]], "mixed": [1, "x"], "none": null}"#
    )
    #expect(found.format == .json && Set(found.names) == ["a", "b", "n", "t", "in.c"])
    #expect(try found.shape("a") == [2, 2] && found.integers("a") == [1, 2, 3, 4])
    #expect(
      try found.doubles("b") == [0.5, 1] && found.shape("n") == [] && found.strings("t") == ["x", "long"])
    #expect(found.metadata["who"] == "me")
  }

  @Test("a list of objects gives the columns that all have") func rows() throws {
    let found = try archive(#"[{"name": "a", "p": [1, 2], "q": 1}, {"name": "b", "p": [3, 4]}]"#)
    #expect(Set(found.names) == ["name", "p"])
    #expect(try found.strings("name") == ["a", "b"] && found.doubles("p") == [1, 2, 3, 4])
  }

  @Test(
    "what has no arrays is refused", arguments: ["{}", "[]", "[1", #"{"a": "b"}"#, "[[[", #"{"a": null}"#])
  func refused(_ text: String) {
    #expect(throws: ArchiveError.self) { try archive(text) }
  }
}
