import Tensors
import Testing

@Suite("Whole numbers") struct WholeNumbersTests {
  @Test("numbers are rounded as asked, and kept within bounds") func bounded() {
    #expect(Int(bounded: 2.5) == 3 && Int(bounded: -2.5) == -3)
    #expect(Int(bounded: 2.9, .down) == 2 && Int(bounded: -2.1, .down) == -3 && Int(bounded: 2.1, .up) == 3)
    #expect(Int(bounded: 2.9 as Float, .towardZero) == 2)
    #expect(
      Int(bounded: 1e300) == 1_000_000_000 && Int(bounded: -Float.greatestFiniteMagnitude) == -1_000_000_000)
    #expect(
      Int(bounded: Double.infinity) == 1_000_000_000 && Int(bounded: -Double.infinity) == -1_000_000_000)
    #expect(Int(bounded: Double.nan) == 0 && Int(bounded: Float.signalingNaN, .up) == 0)
  }

  @Test("levels are rounded and clipped to a byte") func levels() {
    #expect(UInt8(level: 127.5) == 128 && UInt8(level: 254.4 as Float) == 254)
    #expect(UInt8(level: -1e30) == 0 && UInt8(level: 1e30 as Float) == 255)
    #expect(UInt8(level: Double.nan) == 0 && UInt8(level: Double.infinity) == 255)
  }
}
