import Archives
import Bodies
import Explorer
import Models
import Records
import ReportSupport
import Tensors
import Testing

@Suite("How a page's arrays are packed") struct PackingTests {
  @Test("every number comes back within half a step, nothing where nobody was found") func roundTrip() throws
  {
    let records = [
      record { $0.parts.formUnion([.uncertainty, .attention]) },
      record {
        ($0.label, $0.seed) = ("other", 2)
        $0.misses = { $0 % 5 == 2 }
      },
    ]
    let page = try PageReader(records)
    for (index, record) in records.enumerated() {
      func expect(_ name: String, _ tensor: Tensor?, _ distance: Double) throws {
        try expectNear(
          page.array(name, of: index), try #require(tensor).millimetres, within: distance, name)
      }
      try expect("error", record.results.error, 0.0501)
      try expect("error_pa", record.results.alignedError, 0.0501)
      try expect("joints", record.results.joints, 0.2501)
    }
    try expectNear(
      page.array("camera"), records[0].results.camera!.elements.map(Double.init), within: 0.51e-4)
    try expectNear(page.array("uncertainty"), records[0].measuredUncertainty!.millimetres, within: 0.0501)
    try expectNear(
      page.array("confidence"), records[0].measuredConfidence!.elements.map(Double.init), within: 0.000501)
    #expect(try page.network()["arrays"]?["error"]?["step"]?.number == 0.1)
    #expect(page.texts.contains { $0.contains("steps of 0.1 mm, joints in steps of 0.5 mm") })
  }

  @Test("with every pixel the joints are kept in steps of 2 mm, and the page says so") func dense() throws {
    let own = record {
      ($0.skeleton, $0.parts, $0.side, $0.positions) = (.five, [.joints], 160, PositionRule(stride: 1))
    }
    #expect(own.positions.count == 160 * 160)
    let page = try PageReader([own])
    try expectNear(page.array("joints"), own.results.joints!.millimetres, within: 1.001, "joints")
    try expectNear(page.array("error"), own.results.error.millimetres, within: 0.0501, "error")
    #expect(try page.network()["arrays"]?["joints"]?["step"]?.number == 2)
    #expect(page.texts.contains { $0.contains("steps of 0.1 mm, joints in steps of 2 mm") })
  }

  @Test("one row, one column, and a list of positions") func shapes() throws {
    for rule in [
      PositionRule(stride: 28, region: [0, 0, 20, 200]), PositionRule(stride: 28, region: [0, 0, 200, 20]),
      PositionRule(list: [[20, 30], [90, 140], [150, 60], [60, 60]]),
    ] {
      let own = record { $0.positions = rule }
      let page = try PageReader([own])
      try expectNear(page.array("error"), own.results.error.millimetres, within: 0.0501)
      let shape = try page.network()["arrays"]?["error"]?["shape"]?.integers
      #expect(shape == own.positions.shape + [own.measured.count])
      let spans = try page.network()["rows"]?["centre"]?.array?.count
      #expect(spans == (rule.list == nil ? own.positions.rows.count : own.positions.count))
      #expect(try page.network()["isList"]?.bool == (rule.list != nil))
    }
  }

  @Test("a range that does not fit takes a larger step, and the page says which") func range() throws {
    let own = record()
    var errors = own.results.error
    errors[3, 5] = 9.5
    var arrays = own.results.arrays
    arrays[.error] = errors
    let far = own.with(PositionResults(arrays))
    let page = try PageReader([far])
    #expect(try page.network()["arrays"]?["error"]?["step"]?.number == 0.2)
    try expectNear(page.array("error"), errors.millimetres, within: 0.1001)
    #expect(page.texts.contains { $0.contains("Values are kept in steps of 0.1 or 0.2 mm") })
  }

  @Test("large numbers that hardly differ come back, though their offset has more digits than others")
  func large() throws {
    let own = record()
    var arrays = own.results.arrays
    // As millimetres it has eleven digits, and with ten of them it is larger.
    let errors = Tensor(own.results.error.shape, repeating: 1_000_000.1875)
    arrays[.error] = errors
    let page = try PageReader([own.with(PositionResults(arrays))])
    try expectNear(page.array("error"), errors.millimetres, within: 0.0501)
  }

  @Test("attention whose maps are of different sizes is left out") func attention() throws {
    let own = record { $0.parts.insert(.attention) }
    var context = own.context
    context.cleanAttention = Tensor([14, 14, own.measured.count], repeating: 1 / 196)
    let mixed = SweepRecord(
      settings: own.settings, notes: own.notes, positions: own.positions, skeleton: own.skeleton,
      measured: own.measured, results: own.results, clean: own.clean, context: context,
      worstAttention: own.worstAttention)
    #expect(try PageReader([own]).network()["attention"] != JSONValue.null)
    #expect(try PageReader([mixed]).network()["attention"] == JSONValue.null)
  }

  @Test("every so many positions, and those of the worst positions, are kept alike for all networks")
  func every() throws {
    let records = [record(), record { ($0.label, $0.seed) = ("b", 2) }]
    let page = try PageReader(records) { $0.every = 3 }
    let whole = try PageReader(records)
    let rows = try page.network()["rows"]?["centre"]?.numbers
    let all = records[0].positions.rows.map { Double($0.centre) }
    let worst = records.flatMap { record in record.worstPositions().map { record.positions[$0] } }
    let kept = all.indices.filter { row in row % 3 == 0 || worst.contains { $0.row == row } }
    #expect(rows == kept.map { all[$0] } && kept.count < all.count)
    #expect(try page.network(1)["rows"] == page.network()["rows"])
    #expect(try page.network()["worst"]?.array?.count == whole.network()["worst"]?.array?.count)
    let columns = records[0].positions.columns.indices.filter { column in
      column % 3 == 0 || worst.contains { $0.column == column }
    }
    let errors = records[1].results.error.millimetres, joints = records[1].measured.count
    let expected = kept.flatMap { row in
      columns.flatMap { column -> ArraySlice<Double> in
        let start = (row * records[1].positions.columns.count + column) * joints
        return errors[start..<start + joints]
      }
    }
    try expectNear(page.array("error", of: 1), expected, within: 0.0501)
    // A worst position has its number there.
    let at = try #require(try page.network()["worst"]?.array?[0]["at"]?.integers)
    let error = try page.array("error"), start = (at[0] * columns.count + at[1]) * joints
    let mean = error[start..<start + joints].reduce(0, +) / Double(joints)
    #expect(abs(mean - Double(records[0].meanError.elements.max()!) * 1000) < 0.06)
    // Legends and tables are of all positions, and the page says what was left out.
    #expect(try page.report()["tables"] == whole.report()["tables"])
    #expect(try page.quantity("increase")["keys"] == whole.quantity("increase")["keys"])
    #expect(try page.report()["explanation"]?.string?.contains("every 3rd") == true)
  }
}
