public import Tensors
public import Testing

/// Records an issue unless every element is within `absolute + relative · |expected|` of the expected one.
public func expectClose(
  _ actual: some Collection<Float>, _ expected: some Collection<Float>, absolute: Float = 1e-5,
  relative: Float = 1e-5, _ label: String = "", at location: SourceLocation = #_sourceLocation
) {
  guard actual.count == expected.count else {
    Issue.record("\(label): \(actual.count) values, expected \(expected.count)", sourceLocation: location)
    return
  }
  var worst: (index: Int, excess: Float, actual: Float, expected: Float)?
  for (index, (a, e)) in zip(actual, expected).enumerated() {
    let excess = abs(a - e) - (absolute + relative * abs(e))
    if !(excess <= 0), !(excess <= worst?.excess ?? -1) { worst = (index, excess, a, e) }
  }
  if let worst {
    Issue.record(
      "\(label): element \(worst.index) is \(worst.actual), expected \(worst.expected)",
      sourceLocation: location)
  }
}

/// As above for tensors, whose shapes must agree too.
public func expectClose(
  _ actual: Tensor, _ expected: Tensor, absolute: Float = 1e-5, relative: Float = 1e-5, _ label: String = "",
  at location: SourceLocation = #_sourceLocation
) {
  #expect(actual.shape == expected.shape, "\(label): shapes differ", sourceLocation: location)
  expectClose(actual.elements, expected.elements, absolute: absolute, relative: relative, label, at: location)
}
