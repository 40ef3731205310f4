import CZlib
import Foundation
import TestSupport
import Testing

/// What is the same of all files that commands write.
@Suite("Files that are written") struct OutputTests {
  /// Part of a folder's name above all inputs and outputs, and a user's and a machine's.
  private static let folder = "Quokkaburg", name = "Numbatina"

  @Test(
    "say nothing of folders, users and machines, and have the permissions that the umask leaves",
    arguments: [0o077, 0o027] as [mode_t])
  func outputs(mask: mode_t) throws {
    try withTemporaryFolder { base in
      let commands = try EveryCommand(in: "\(base)/\(Self.folder) east/of somebody")
      let environment = Dictionary(
        uniqueKeysWithValues: ["USER", "LOGNAME", "HOSTNAME"].map { ($0, Self.name) })
      for arguments in mask == 0o077 ? commands.all : commands.few {
        let run = try CommandLineRun(
          "/bin/sh",
          ["-c", "umask \(String(mask, radix: 8)); exec \"$0\" \"$@\"", CommandLineRun.program] + arguments,
          environment: environment)
        // Nothing is right about a random network.
        #expect(run.code == 0 || arguments[0] == "check" && run.code == 65, "\(arguments[0]): \(run.error)")
      }
      try expectPermissions(under: commands.out, mask)
      let words = [Self.folder, Self.name] + Self.ownNames
      for (path, data) in try files(under: commands.out) {
        let contents = [data] + (path.hasSuffix(".pdf") ? Self.streams(of: data) : [])
        for word in words {
          let isTold = Self.spellings(of: word).contains { spelling in
            contents.contains { $0.range(of: spelling) != nil }
          }
          #expect(!isTold, "\(path) contains \(word)")
        }
      }
    }
  }

  private func expectPermissions(under folder: String, _ mask: mode_t) throws {
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder)
    #expect(names.count > 100)
    for name in names {
      var status = stat()
      #expect(lstat("\(folder)/\(name)", &status) == 0)
      let all: mode_t = status.st_mode & S_IFMT == S_IFDIR ? 0o777 : 0o666
      let mode = String(status.st_mode & 0o7777, radix: 8)
      #expect(status.st_mode & 0o7777 == all & ~mask, "\(name) has mode \(mode)")
    }
  }

  /// The names of who runs the tests and of the machine, where they are no words of the program.
  private static var ownNames: [String] {
    var host = [CChar](repeating: 0, count: 256)
    gethostname(&host, host.count - 1)
    let machine = host.withUnsafeBytes { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    return [NSUserName(), machine]
      .filter { $0.count >= 6 && !["penumbra", "localhost"].contains($0) }
  }

  /// A word in the encodings of texts, npz files and the titles of PDFs.
  private static func spellings(of word: String) -> [Data] {
    let wide = word.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
    let hexadecimal = wide.map { String(format: "%02x", $0) }.joined()
    return [
      Data(word.utf8), Data(wide), Data(word.unicodeScalars.flatMap { [UInt8($0.value & 255), 0, 0, 0] }),
      Data(hexadecimal.utf8), Data(hexadecimal.uppercased().utf8),
    ]
  }

  /// The streams of a PDF that can be unpacked.
  private static func streams(of file: Data) -> [Data] {
    var (streams, rest): ([Data], Data) = ([], file)
    while let start = rest.range(of: Data("\nstream\n".utf8)),
      let end = rest[start.upperBound...].range(of: Data("endstream".utf8))
    {
      let packed = [UInt8](rest[start.upperBound..<end.lowerBound])
      for size in [1 << 20, 1 << 24, 1 << 27] where !packed.isEmpty {
        var (bytes, length) = ([UInt8](repeating: 0, count: size), uLong(size))
        let code = uncompress(&bytes, &length, packed, uLong(packed.count))
        if code == Z_OK { streams.append(Data(bytes[..<Int(length)])) }
        guard code == Z_BUF_ERROR else { break }
      }
      rest = rest[end.upperBound...]
    }
    return streams
  }
}
