import Bodies
import Figures
import Pictures
import Presentation
import Records
import ReportSupport
import Testing

@Suite("Film") struct FilmTests {
  private func report(_ networks: Int, parts: Set<SyntheticRecord.Part>? = nil) -> PictureReport {
    let records = (0..<networks).map { index in
      var synthetic = SyntheticRecord()
      (synthetic.label, synthetic.seed) = ("network \(index + 1)", UInt64(index + 1))
      if let parts { synthetic.parts = parts }
      return synthetic.record
    }
    return PictureReport.grouped(records)[0]
  }

  @Test("frames are tidy, and of one even size", arguments: [1, 2, 3, 6], [0, 2])
  func layout(networks: Int, joints: Int) {
    for parts in [nil, Set<SyntheticRecord.Part>()] {
      let film = Film(
        report(networks, parts: parts), joints: Array([4, 20].prefix(joints)))
      #expect(film.size.width % 2 == 0 && film.size.height % 2 == 0)
      #expect(film.size.width <= 1400 && film.size.height <= 1800)
      for frame in [0, film.frameCount - 1] {
        // A film has no footer.
        let faults = layoutFaults(of: film.canvas(frame)).filter { !$0.contains("footer") }
        #expect(faults.isEmpty, "\(faults.prefix(5).joined(separator: "\n"))")
      }
      let picture = film.frame(3)
      #expect(picture.width == film.size.width && picture.height == film.size.height)
    }
  }

  @Test("the same frame is the same picture, another is another") func frames() {
    let film = Film(report(1))
    #expect(film.frame(5) == film.frame(5) && film.frame(5) != film.frame(6))
    #expect(film.frame(film.frameCount - 1) == film.frame(film.frameCount - 2))
  }
}
