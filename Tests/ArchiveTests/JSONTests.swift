import Archives
import Foundation
import Tensors
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

  @Test("canonical numbers are those of RFC 8785, appendix B") func canonicalNumbers() {
    let spellings: [(UInt64, String)] = [
      (0, "0"), (0x8000_0000_0000_0000, "0"), (1, "5e-324"), (0x8000_0000_0000_0001, "-5e-324"),
      (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"), (0x4340_0000_0000_0000, "9007199254740992"),
      (0xc340_0000_0000_0000, "-9007199254740992"), (0x4430_0000_0000_0000, "295147905179352830000"),
      (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"), (0x44b5_2d02_c7e1_4af6, "1e+23"),
      (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"), (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
      (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"), (0x444b_1ae4_d6e2_ef50, "1e+21"),
      (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"), (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
      (0x41b3_de43_5555_5553, "333333333.3333332"), (0x41b3_de43_5555_5554, "333333333.33333325"),
      (0x41b3_de43_5555_5557, "333333333.33333343"), (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
      (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
    ]
    for (bits, spelling) in spellings {
      #expect(JSONValue.number(Double(bitPattern: bits)).canonicalText == spelling)
    }
    #expect(JSONValue.number(2).canonicalText == JSONValue.integer(2).canonicalText)
    #expect(JSONValue.integer(.max).canonicalText == "9223372036854775807")
    #expect(JSONValue.array([.number(-.infinity), nil]).canonicalText == #"["-Infinity",null]"#)
  }

  @Test("canonical texts and members are those of RFC 8785, section 3.2") func canonicalTexts() throws {
    let value = try read(
      #"""
      {"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
       "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}
      """#)
    #expect(
      value.canonicalText
        == #"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"#
        + #""string":"€$\u000f\nA'B\"\\\\\"/"}"#)
    let sorted = try read(
      #"{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7}"#
    ).canonicalText
    #expect(sorted == "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\u{fb33}\":3}")
    #expect(JSONValue.string("\u{7f}\u{8}\u{c}").canonicalText == "\"\u{7f}\\b\\f\"")
  }

  @Test("canonical texts read back as the same value, whatever the number") func canonicalRoundTrip() throws {
    var random = SeededGenerator(seed: 1, stream: 0)
    for _ in 0..<2000 {
      let value = Double(bitPattern: random.next())
      guard value.isFinite else { continue }
      #expect(try read(JSONValue.number(value).canonicalText).number == value)
    }
  }

  @Test("attributes for netCDF are texts, numbers and lists of numbers") func netCDFAttributes() {
    let value: JSONValue = [
      "text": "a", "number": 1.5, "numbers": [1, 2.5], "texts": ["a", "b"], "empty": [], "null": nil,
      "flag": true, "nested": ["b": [1], "a": nil], "mixed": [1, "a"], "deep": [[1], [2]],
    ]
    #expect(
      value.netCDFAttributes == [
        "text": "a", "number": 1.5, "numbers": [1, 2.5], "texts": #"["a","b"]"#, "empty": [], "flag": "true",
        "nested": #"{"a":null,"b":[1]}"#, "mixed": #"[1,"a"]"#, "deep": "[[1],[2]]",
      ])
    let areHeld = value.netCDFAttributes.values.allSatisfy(\.isNetCDFAttribute)
    #expect(areHeld)
    #expect(JSONValue.string("a").netCDFAttributes == [:])
  }
}
