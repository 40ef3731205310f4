import Tensors

/// Value noise and normal noise from fixed tables, so that a sample costs a look-up.
enum ValueNoise {
  private static let side = 32

  /// A cube of 32³ uniform numbers 0…1 that repeats in every direction.
  static let cube: [Float] = {
    var generator = SeededGenerator(seed: 0x5EED)
    return (0..<side * side * side).map { _ in generator.uniform() }
  }()

  /// Normally distributed numbers.
  static let normal: [Float] = {
    var generator = SeededGenerator(seed: 0x6A55)
    return (0..<1 << 15).map { _ in generator.normal() }
  }()

  /// Smooth noise 0…1 with features about one unit wide, interpolated in the cube.
  @inline(__always)
  static func value(_ p: SIMD3<Float>, _ cube: UnsafePointer<Float>) -> Float {
    // The offset keeps the coordinates positive, where conversion rounds down.
    let q = p + 1024
    let cell = SIMD3(Int32(q.x), Int32(q.y), Int32(q.z))
    let f = SIMD3(q.x - Float(cell.x), q.y - Float(cell.y), q.z - Float(cell.z))
    let x0 = Int(cell.x & 31)
    let x1 = Int((cell.x &+ 1) & 31)
    let y0 = Int(cell.y & 31) * 32
    let y1 = Int((cell.y &+ 1) & 31) * 32
    let near = cube + Int(cell.z & 31) * 1024
    let far = cube + Int((cell.z &+ 1) & 31) * 1024
    let a = SIMD4(near[y0 + x0], near[y1 + x0], far[y0 + x0], far[y1 + x0])
    let b = SIMD4(near[y0 + x1], near[y1 + x1], far[y0 + x1], far[y1 + x1])
    let c = a + (b - a) * f.x
    let u = c.x + (c.y - c.x) * f.y
    let v = c.z + (c.w - c.z) * f.y
    return u + (v - u) * f.z
  }
}
