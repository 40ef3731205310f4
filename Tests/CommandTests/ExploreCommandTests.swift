import Archives
import Foundation
import Models
import Records
import Synchronization
import TestSupport
import Tensors
import Testing

/// A running `penumbra explore`.
private final class Explorer {
  let process: Process
  let client: LoopbackClient
  private let error: Pipe

  init(_ arguments: [String]) throws {
    let (process, output, error) = try CommandLineRun.piped(["explore"] + arguments)
    (self.process, self.error) = (process, error)
    var line: [UInt8] = []
    while let byte = try output.fileHandleForReading.read(upToCount: 1)?.first, byte != 0x0A {
      line.append(byte)
    }
    if line.isEmpty {
      let said = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      Issue.record("no address: \(said)")
    }
    client = try LoopbackClient(address: String(decoding: line, as: UTF8.self))
  }

  /// Asks; returns the status and the body.
  func ask(
    _ path: String, _ method: String = "GET", _ query: [String: String] = [:]
  ) throws -> (status: Int, body: Data) { try client.ask("/" + path, method, query) }

  func json(_ path: String, _ method: String = "GET", _ query: [String: String]) throws -> JSONValue {
    let (status, body) = try ask(path, method, query)
    #expect(status == 200, "\(String(decoding: body, as: UTF8.self))")
    return try JSONValue(body, from: path)
  }

  /// Sends a signal; returns the exit code and what was said on standard error.
  func end(_ signal: Int32) -> (code: Int32, error: String) {
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
    let said = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    #expect(process.terminationReason == .exit)
    return (process.terminationStatus, said)
  }
}

@Suite("penumbra explore") struct ExploreCommandTests {
  private func arguments(_ material: Material, _ more: String...) -> [String] {
    [material.picture, "--body", material.body, "--stride", "28", "--out", material.folder + "/out"] + more
  }

  @Test(
    "answers are those of the record that it writes, which is that of the sweep",
    arguments: [SIGINT, SIGTERM])
  func answers(signal: Int32) throws {
    try withMaterial { material in
      let networks = ["--model", material.pooled, "--model", material.attention, "--truth", material.truth]
      let explorer = try Explorer(arguments(material) + networks)
      #expect(try LoopbackClient(port: explorer.client.port).ask("/").status == 403)
      let page = String(decoding: try explorer.ask("").body, as: UTF8.self)
      #expect(page.contains("connect-src 'self'") && page.contains("\"label\":\"attending\""))
      #expect(!FileManager.default.fileExists(atPath: material.folder + "/out"))

      let question = ["p": "person", "size": "60", "shape": "disc", "fill": "black"]
      let written = try explorer.json(
        "record", "POST", question.merging(["x": "0", "y": "0"]) { $1 })
      #expect(written["text"]?.string?.contains("person.pooled.disc60-black-stride28.zarr") == true)
      for (number, network) in ["pooled", "attending"].enumerated() {
        let path = material.folder + "/out/person.\(network).disc60-black-stride28.zarr"
        let record = try SweepRecord(finished: path)
        for index in stride(from: 0, to: record.positions.count, by: 9) {
          let position = record.positions[index], frame = record.settings.frame
          let place = [
            "x": "\(frame.pictureX(position.x.centre))", "y": "\(frame.pictureY(position.y.centre))",
          ]
          let answers = try explorer.json("answer", "GET", question.merging(place) { $1 })["networks"]?.array
          let answer = try #require(answers?[number])
          #expect(answer["window"]?.array?[0].integer == position.x.pixels.lowerBound)
          for array in [PositionArray.error, .alignedError] {
            let expected = try #require(record.results[array]).rows(index..<index + 1).elements
            let found = try #require(answer[array.name]?.array).compactMap { $0.number.map { Float($0) } }
            expectClose(found, expected.map { $0 * 1000 }, absolute: 0.02, relative: 0, array.name)
          }
        }
      }
      let (code, said) = explorer.end(signal)
      // Ctrl-C is the way to close a page; other signals are somebody else's wish.
      #expect(code == (signal == SIGINT ? 0 : 128 + signal), "\(said)")
      #expect(said.contains("Ctrl-C") && said.contains("interrupted") == (signal != SIGINT))

      // The same command continues the record, and what is complete is shown by the next page.
      let sweep = try CommandLineRun(
        ["sweep"] + arguments(material, "--occluder-size", "60", "--shape", "disc", "--fill", "black")
          + networks)
      #expect(sweep.code == 0 && sweep.error.contains("is already complete"), "\(sweep.error)")
    }
  }

  @Test("a record that Ctrl-C interrupts is left for the same command, and the exit code says so")
  func interrupted() throws {
    try withMaterial { material in
      let explorer = try Explorer(
        arguments(material) + ["--model", material.pooled, "--stride", "1", "--quiet"])
      _ = try explorer.ask("")
      let question = [
        "p": "person", "x": "9", "y": "9", "size": "40", "shape": "square", "fill": "gray",
      ]
      let answered = DispatchGroup()
      let status = Mutex(0)
      DispatchQueue.global().async(group: answered) { [client = explorer.client] in
        let found = (try? client.ask("/record", "POST", question))?.status ?? -1
        status.withLock { $0 = found }
      }
      let record = material.folder + "/out/person.pooled.square40-stride1.zarr"
      func chunks() -> Int {
        (try? FileManager.default.contentsOfDirectory(atPath: record + "/error/c").count) ?? 0
      }
      while explorer.process.isRunning, chunks() < 1 { usleep(500) }
      let (code, said) = explorer.end(SIGINT)
      answered.wait()
      let isComplete = try SweepRecord(contentsOf: record).isComplete
      #expect(isComplete ? code == 0 : code == 130 && said.contains("interrupted at"), "\(code) \(said)")
      #expect(status.withLock { $0 } == (isComplete ? 200 : 500))
    }
  }

  @Test("a closed terminal and a scheduler close the page", arguments: [SIGHUP, SIGUSR1])
  func closed(signal: Int32) throws {
    try withMaterial { material in
      let explorer = try Explorer(arguments(material, "--model", material.pooled))
      let (code, said) = explorer.end(signal)
      #expect(code == 128 + signal && said.contains("penumbra: interrupted; the page is closed"), "\(said)")
    }
  }

  @Test("several pictures are one page") func several() throws {
    try withMaterial { material in
      let second = material.folder + "/second.png"
      try FileManager.default.copyItem(atPath: material.picture, toPath: second)
      let explorer = try Explorer(arguments(material, second, "--model", material.pooled))
      let page = String(decoding: try explorer.ask("").body, as: UTF8.self)
      #expect(page.contains("\"name\":\"person\"") && page.contains("\"name\":\"second\""))
      let answer = try explorer.json(
        "answer", "GET",
        ["p": "second", "x": "9", "y": "9", "size": "40", "shape": "square", "fill": "gray"])
      #expect(answer["networks"]?.array?.count == 1)
      #expect(explorer.end(SIGINT).code == 0)
    }
  }

  @Test("reports what is wrong in one line") func errors() throws {
    try withMaterial { material in
      let model = ["--model", material.pooled]
      expectFailure(try CommandLineRun(["explore", "nowhere.png"] + model), 66, "nowhere.png")
      expectFailure(
        try CommandLineRun(["explore"] + arguments(material) + ["--model", "nothing"]), 66, "nothing")
      expectFailure(try CommandLineRun(["explore"]), 64, "see penumbra help explore")
      expectFailure(
        try CommandLineRun(["explore"] + arguments(material) + model + ["--port", "70000"]), 64, "--port")
      expectFailure(
        try CommandLineRun(
          ["explore"] + arguments(material, "--region", "100,100,2,2") + model), 65, "move the region")
      let explorer = try Explorer(arguments(material) + model)
      let port = explorer.client.port
      expectFailure(
        try CommandLineRun(["explore"] + arguments(material) + model + ["--port", "\(port)"]), 69,
        "port \(port): cannot be listened at")
      #expect(explorer.end(SIGTERM).code == 143)
    }
  }
}
