import Networks
import Tensors
import TestSupport
import Testing
import Training

@Suite("Resuming a trainer") struct ResumingTests {
  @Test("running means of another shape, without their squares, or none at all are refused") func moments()
    throws
  {
    let renderer = try SmallRenderer.inCity()
    let fresh = try Trainer(TrainerTests.recipe(.pooled), renderer: renderer)
    var trainer = fresh
    _ = try trainer.advance(workers: 1)
    let state = Dictionary(uniqueKeysWithValues: trainer.state)
    func resumes(from state: [String: Tensor], step: Int = 1) -> Bool {
      var copy = fresh
      return copy.resume(from: state, step: step)
    }
    #expect(resumes(from: state))
    let name = try #require(state.keys.filter { $0.hasPrefix("first.") && state[$0]!.count > 1 }.min())
    var other = state
    other[name] = Tensor([1])
    #expect(!resumes(from: other))
    other["second." + name.dropFirst("first.".count)] = Tensor([1])
    #expect(!resumes(from: other))
    other = state
    other[name] = nil
    #expect(!resumes(from: other))
    let bare = state.filter { $0.key.hasPrefix("weights.") }
    #expect(!resumes(from: bare) && resumes(from: bare, step: 0))
  }
}
