import Archives
import Foundation
import Testing

@Suite("Digest") struct DigestTests {
  @Test(
    "SHA-256 of the examples of FIPS 180-4 and its tests",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
      (
        "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrs"
          + "mnopqrstnopqrstu", "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
      ),
      (
        String(repeating: "a", count: 1_000_000),
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
      ),
    ])
  func vectors(text: String, digest: String) {
    #expect(Digest.sha256(text.utf8) == digest)
    #expect(Digest.sha256(Data(text.utf8)) == digest)
    #expect(Digest.sha256(text.utf8.lazy.map(\.self)) == digest)
  }

  @Test("the bytes of a digest are its digits; deflated bytes carry zlib's header and checksum") func bytes()
  {
    let digits = Digest.sha256Bytes(of: "abc").map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
    #expect(digits.joined() == Digest.sha256("abc".utf8))
    let bytes = (0..<10_000).map { UInt8($0 / 100) }
    let packed = deflated(bytes)
    #expect(packed.count < 400 && packed[0] == 0x78 && (Int(packed[0]) * 256 + Int(packed[1])) % 31 == 0)
    var (a, b) = (1, 0)
    for byte in bytes { (a, b) = ((a + Int(byte)) % 65_521, (b + a + Int(byte)) % 65_521) }
    #expect(packed.suffix(4).reduce(0) { $0 * 256 + Int($1) } == b * 65_536 + a)
    #expect(deflated([]).count == 8)
  }
}
