import Foundation
import Tensors
import Testing

@Suite("Guarded memory", .enabled(if: !GuardedMemory.isBare)) struct GuardedMemoryTests {
  @Test("a byte written past the end ends the program in one line, after the call that wrote it")
  func checked() async {
    let result = await #expect(processExitsWith: .exitCode(70), observing: [\.standardErrorContent]) {
      let memory = GuardedMemory(byteCount: 10)
      memory.check("the test's memory", after: "nothing")
      memory.start.storeBytes(of: 0, toByteOffset: 10, as: UInt8.self)
      memory.check("the test's memory", after: "the test")
    }
    #expect(
      String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        == "penumbra: the test wrote past the end of the test's memory, 10 bytes; internal error; please report it\n"
    )
  }

  @Test("a number written past the end of a tensor ends the program when the tensor is released")
  func released() async {
    let result = await #expect(processExitsWith: .exitCode(70), observing: [\.standardErrorContent]) {
      var tensor = Tensor([3, 5])
      tensor.withMutablePointer { $0[15] = 0 }
    }
    #expect(
      String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        == "penumbra: a call that is not checked wrote past the end of a buffer, 60 bytes; internal error; "
        + "please report it\n")
  }

  @Test("memory can be written to its last byte, whatever used its block before")
  func reuse() {
    for isPooled in [true, false] {
      for size in [0, 1, 63, 64, 65_279, 65_280, 65_281, 65_536, 1 << 20, (1 << 20) - 256, (1 << 20) - 255] {
        for byte: UInt8 in [0, 1] {
          let memory = GuardedMemory(byteCount: size, isPooled: isPooled)
          #expect(Int(bitPattern: memory.start) % 64 == 0)
          memory.start.initializeMemory(as: UInt8.self, repeating: byte, count: size)
          memory.check("memory", after: "the test")
          #expect(memory.bytes.allSatisfy { $0 == byte })
        }
      }
    }
  }
}
