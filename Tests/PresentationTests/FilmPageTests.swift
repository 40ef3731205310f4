import Bodies
import Models
import Presentation
import Records
import ReportSupport
import Tensors
import Testing

@Suite("A sweep as a film") struct FilmPageTests {
  private func page(
    stride: Int = 28, joints: [Int] = [], _ change: (inout SyntheticRecord) -> Void = { _ in }
  ) -> (FilmPage, PictureReport) {
    var synthetic = SyntheticRecord()
    synthetic.positions = PositionRule(stride: stride)
    change(&synthetic)
    let report = PictureReport.grouped([synthetic.record])[0]
    return (FilmPage(report, joints: joints), report)
  }

  @Test("maps fill in the order of the sweep, and are whole at the end") func filling() {
    let (page, report) = page(joints: [4])
    let whole = [report.meanMap(report.entries[0]), report.jointMap(report.entries[0], 4)]
    var done = 0
    for frame in 0..<page.frameCount {
      let maps = page.moments(at: frame)[0].maps
      for (map, whole) in zip(maps, whole) {
        let count = map.values.prefix { !$0.isNaN }.count
        #expect(map.values[count...].allSatisfy { $0.isNaN })
        #expect(map.values[..<count] == whole.values[..<count])
      }
      let now = maps[0].values.count { !$0.isNaN }
      #expect(now >= done)
      done = now
    }
    #expect(page.moments(at: page.frameCount - 1)[0].maps == whole)
    #expect(page.progress(at: page.frameCount - 1) == "\(done) of \(done) positions")
  }

  @Test("few positions are frames of their own, many are at most 20 seconds") func length() {
    let (short, report) = page()
    let count = report.entries[0].record.positions.count
    #expect(short.frameCount == count + 2 * short.framesPerSecond && count < 150)
    let (long, _) = page(stride: 4) { $0.parts = [] }
    #expect(long.framesPerSecond == 25 && long.frameCount == 500)
    #expect(long.moments(at: 0)[0].maps[0].values.count { !$0.isNaN } <= 6)
  }

  @Test("shows the occluder, the prediction and its number at the same position") func moments() {
    let (page, report) = page()
    let record = report.entries[0].record
    let moment = page.moments(at: 11)[0]
    let window = record.positions[11]
    #expect(abs(moment.occluder.x * 96 - Double(window.x.pixels.lowerBound)) < 1e-9)
    #expect(abs(moment.occluder.y * 96 - Double(window.y.pixels.lowerBound)) < 1e-9)
    let mean = Double(record.meanError.elements[11]) * 1000
    let clean =
      record.clean.error.elements.reduce(0.0) { $0 + Double($1) } * 1000 / Double(record.measured.count)
    #expect(moment.value == "\(NumberFormat(decimals: 0, isSigned: true)(mean - clean)) mm")
    #expect(moment.pose?.skeletons.count == 1)
    #expect(page.moments(at: 12)[0].pose?.skeletons[0].points != moment.pose?.skeletons[0].points)
  }

  @Test("of a record without joints only maps fill") func bare() {
    let (page, _) = page { $0.parts = [] }
    #expect(!page.hasPictures && page.moments(at: 0)[0].pose == nil)
  }
}
