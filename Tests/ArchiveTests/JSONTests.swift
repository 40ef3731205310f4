import Archives
import Foundation
import Testing

@Suite("JSONValue") struct JSONTests {
  private func read(_ text: String) throws -> JSONValue { try JSONValue(Data(text.utf8), from: "test.json") }

  @Test("reads what the standard writes")
  func reads() throws {
    #expect(
      try read(#" {"a": [1, -2.5e3, true, false, null], "b": {}} "#)
        == ["a": [1, -2500.0, true, false, nil], "b": [:]])
    #expect(try read(#""\u00e4\ud83d\ude00\n\/\"""#) == "ä😀\n/\"")
    #expect(try read(#""\ud83d!""#) == "\u{fffd}!")
    #expect(try read("9223372036854775807") == .integer(.max))
    #expect(try read("9223372036854775808") == .number(9223372036854775808))
    #expect(try read("2.0") == .number(2))
  }

  @Test(
    "refuses what is no JSON, at the byte where it stops to be",
    arguments: [
      ("", 0), ("{\"a\" 1}", 5), ("[1,]", 3), ("[1 2]", 3), ("tru", 0), ("\"a", 2), ("1 2", 2),
      ("{\"a\":1,\"a\":2}", 12),
      ("+1", 0), ("[NaN]", 1), ("\"\\x\"", 3), ("\"\\u12g4\"", 3),
    ])
  func refuses(text: String, byte: Int) throws {
    let error = #expect(throws: ArchiveError.self) { try read(text) }
    #expect(error?.byte == byte, "\(error?.description ?? "")")
  }

  @Test("does not follow a hundred thousand brackets down")
  func depth() throws {
    for bracket in ["[", "{\"a\":"] {
      #expect(throws: ArchiveError.self) { try read(String(repeating: bracket, count: 100_000)) }
    }
  }

  @Test("writes members in order, with every bit of a number")
  func writes() throws {
    let value: JSONValue = ["b": 0.1, "a": [[1], [2, 3]], "c": .number(.nan), "d": []]
    #expect(value.compactText == #"{"a":[[1],[2,3]],"b":0.1,"c":"NaN","d":[]}"#)
    #expect(
      value.text == """
        {
          "a": [
            [1],
            [2, 3]
          ],
          "b": 0.1,
          "c": "NaN",
          "d": []
        }

        """)
  }

  @Test("carries Swift values both ways")
  func coding() throws {
    struct Settings: Codable, Equatable {
      var stride = 10, value = 0.1, seed = UInt64(7), worst = Double.infinity, name: String? = "a"
    }
    let value = try JSONValue(encoding: Settings())
    #expect(value["stride"] == 10 && value["value"]?.number == 0.1 && value["worst"] == "Infinity")
    #expect(try value.decoded(as: Settings.self) == Settings())
  }
}
