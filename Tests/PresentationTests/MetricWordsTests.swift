import Evaluation
import Presentation
import Testing

@Suite("Words for metrics") struct MetricWordsTests {
  @Test("a title under a heading, long or short, names one metric") func distinct() {
    var settings = OcclusionRobustness.Settings()
    settings.patches = [40]
    let all = Metric.all(settings)
    #expect(all.count > 40)
    #expect(Set(all.map { "\($0.heading): \($0.title)" }).count == all.count)
    #expect(Set(all.map { "\($0.heading): \($0.shortTitle)" }).count == all.count)
  }
}
