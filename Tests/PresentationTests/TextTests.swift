import Presentation
import Testing

@Suite("Numbers and tables as text") struct TextTests {
  @Test("numbers have a true minus, a sign where asked for, and none at zero") func numbers() {
    #expect(NumberFormat.whole(-0.4) == "0" && NumberFormat.whole(-12.6) == "−13")
    #expect(NumberFormat.tenths(3.14) == "3.1" && NumberFormat.tenths(-3.14) == "−3.1")
    #expect(NumberFormat.signed(3.14) == "+3.1" && NumberFormat.signed(-0.04) == "0.0")
    #expect(NumberFormat.thousandths(0.12345) == "0.123")
    #expect(NumberFormat.tenths(Float?.none) == "–" && NumberFormat.tenths(Double.nan) == "–")
  }

  @Test("ticks have as many decimals as they need") func ticks() {
    #expect([0, -20, 0.2, 0.25, 1.004].map(NumberFormat.tick) == ["0", "−20", "0.2", "0.25", "1"])
  }

  @Test("columns of a table have one width, and no line ends in spaces") func table() {
    let table = TextTable([["joint", "", "mm"], ["left hip", "yes", "12.0"], ["all", "", "−3.5"]])
    #expect(
      table.lines == [
        "joint            mm",
        "left hip  yes  12.0",
        "all            −3.5",
      ])
    let left = TextTable([["a", "bb"], ["ccc", "d"]], alignments: [.left, .left])
    #expect(left.lines == ["a    bb", "ccc  d"])
    #expect(TextTable([]).lines.isEmpty)
  }

  @Test("a Markdown table has headings among its rows") func markdown() {
    var table = MarkdownTable(["", "gap"])
    table.add(heading: "Clean")
    table.add(["MPJPE", "78.3"])
    #expect(table.text == "| | gap |\n| --- | --- |\n| **Clean** | |\n| MPJPE | 78.3 |\n")
  }

  @Test("names in a phrase are told apart from its words") func phrase() {
    let (label, count) = ("my network", 3)
    let phrase: Phrase = "\(name: label): error of \(count) joints"
    #expect(phrase.text == "my network: error of 3 joints")
    #expect(phrase.parts.map(\.isName) == [true, false, false, false])
    #expect((phrase + " (1 of 2)").text.hasSuffix("joints (1 of 2)"))
  }

  @Test("names for files are distinct") func distinct() {
    #expect(["a", "a", "b", "a-2", "a"].distinct == ["a", "a-3", "b", "a-2", "a-4"])
    #expect(["a", "a"].distinct == ["a", "a-2"] && [String]().distinct.isEmpty)
  }
}
