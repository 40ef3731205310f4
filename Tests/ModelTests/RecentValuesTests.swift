import Models
import Testing

@Suite("The values that were asked for last") struct RecentValuesTests {
  @Test("are made once while they are kept; the one that was not asked for longest goes first") func order()
    throws
  {
    let values = RecentValues<Int, String>(limit: 2)
    var made: [Int] = []
    func ask(_ key: Int) -> String {
      values.value(for: key) {
        made.append(key)
        return "\(key)"
      }
    }
    #expect([1, 2, 1, 3, 1, 2].map(ask) == ["1", "2", "1", "3", "1", "2"])
    #expect(made == [1, 2, 3, 2])
    struct Failure: Error {}
    #expect(throws: Failure.self) { try values.value(for: 9) { throw Failure() } }
    #expect(ask(9) == "9")
  }
}
