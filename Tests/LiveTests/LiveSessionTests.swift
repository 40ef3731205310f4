import Archives
import Foundation
import Live
import Models
import Records
import Sweeps
import TestSupport
import Tensors
import Testing

/// A session about the dummy, asked through its server.
private struct Session {
  let server: LoopbackServer
  let session: LiveSession
  let token = LoopbackToken()

  init(
    _ models: [any PoseModel], over input: PictureInput = DummyModel.input(), in folder: String,
    options: SweepOptions = options()
  ) throws {
    session = LiveSession(
      [PictureSweep(input, options: options)], models: models, in: folder, token: token
    ) { sweep, model in
      let (path, recorder) = try sweep.recorder(for: model, in: folder)
      _ = try recorder.run(Runner(workers: 1))
      return (path, try SweepRecord(finished: path))
    }
    #expect(try session.look(WorkContext(workers: 1)))
    server = try LoopbackServer(token: token) { [session] in session.answer(to: $0) }
  }

  static func options() -> SweepOptions {
    var options = SweepOptions()
    options.positions.stride = 16
    return options
  }

  /// Asks; returns the status and the body.
  func ask(
    _ path: String, _ method: String = "GET", _ query: [String: String] = [:]
  ) throws -> (status: Int, body: Data) {
    try LoopbackClient(port: server.port, token: token.text).ask("/" + path, method, query)
  }

  static let question = [
    "p": "person", "x": "16.00", "y": "16.00", "size": "40", "shape": "square", "fill": "gray",
  ]

  func json(
    _ path: String, _ method: String = "GET", _ change: [String: String] = [:]
  ) throws -> (status: Int, JSONValue) {
    let (status, body) = try ask(path, method, Self.question.merging(change) { $1 })
    return (status, try JSONValue(body, from: path))
  }

  /// The answer of a network.
  func answer(_ network: Int = 0, _ change: [String: String] = [:]) throws -> JSONValue {
    let (status, answer) = try json("answer", "GET", change)
    #expect(status == 200)
    return try #require(answer["networks"]?.array?[network])
  }
}

@Suite("A session about pictures") struct LiveSessionTests {
  @Test("the page has the first look, what can be chosen, and leave to ask its server") func page() throws {
    try withTemporaryFolder { folder in
      let session = try Session([DummyModel(), DummyModel(label: "other")], in: folder + "/out")
      defer { session.server.stop() }
      let (status, body) = try session.ask("")
      let page = String(decoding: body, as: UTF8.self)
      #expect(status == 200 && page.contains("connect-src 'self'") && page.contains("<title>"))
      let text = try #require(page.firstMatch(of: /id="header">(.*?)<\/script>/)?.1)
      let header = try JSONValue(Data(text.utf8), from: "header")
      let live = try #require(header["live"])
      #expect(live["token"]?.string == session.token.text && live["size"]?.integer == 40)
      #expect(live["shapes"]?.array?.first?.string == "square" && live["sizes"]?.array?.count == 2)
      let networks = try #require(header["reports"]?.array?[0]["networks"]?.array)
      #expect(networks.map { $0["label"]?.string } == ["dummy", "other"])
      // 28 pixels of 224 are four of 32: eight positions down and across.
      #expect(networks[0]["arrays"]?["error"]?["shape"] == .array([.integer(8), .integer(8), .integer(5)]))
      #expect(!FileManager.default.fileExists(atPath: folder + "/out"))
    }
  }

  @Test("answers have the known displacements, the window, and what hides it") func answers() throws {
    try withTemporaryFolder { folder in
      let model = DummyModel(outputs: [.camera, .confidence, .uncertainty, .body])
      let session = try Session([model], in: folder)
      defer { session.server.stop() }
      _ = try session.ask("")
      let answer = try session.answer(0, ["x": "24.4", "y": "8", "size": "56", "fill": "#010203"])
      // Eight pixels about the nearest: the left hand's neighbourhood.
      #expect(answer["window"]?.array?.compactMap(\.integer) == [20, 4, 28, 12])
      #expect(answer["origin"]?.array?.compactMap(\.integer) == [20, 4])
      #expect(answer["occluder"]?["width"]?.integer == 8)
      #expect(answer["occluder"]?["fill"]?["colour"]?.string == "#010203")
      let error = try #require(answer["error"]?.array).map { $0.number }
      #expect(error == [0, 125, 0, 0, 0])
      #expect(answer["joints"]?.array?.count == 15 && answer["camera"]?.array?.count == 3)
      #expect(answer["confidence"]?.array?.count == 5 && answer["uncertainty"]?.array?.count == 5)
      #expect(answer["rotations"]?.array?.count == 72 && answer["betas"]?.array?.count == 10)
      #expect(answer["missed"] == nil && answer["problem"] == nil)
      let clipped = try session.answer(0, ["x": "0", "y": "31.9", "shape": "disc", "fill": "black"])
      #expect(clipped["window"]?.array?.compactMap(\.integer) == [0, 29, 3, 32])
      #expect(clipped["origin"]?.array?.compactMap(\.integer) == [-3, 29])
      #expect(clipped["occluder"]?["shape"]?.string == "disc")
    }
  }

  @Test("beyond the picture, where nobody is found, and after a failure a network says so, and others go on")
  func problems() throws {
    try withTemporaryFolder { folder in
      var missing = DummyModel(label: "missing")
      missing.isMissing = { $0.x.start > 20 }
      // The unoccluded image, four calls for the first look; the first answer fails.
      var failing = DummyModel(label: "failing")
      failing.failingCall = 6
      let session = try Session([missing, failing], in: folder)
      defer { session.server.stop() }
      _ = try session.ask("")
      let answers = try #require(try session.json("answer", "GET", ["x": "28"]).1["networks"]?.array)
      #expect(answers[0]["missed"]?.bool == true && answers[0]["error"] == nil && answers[0]["window"] != nil)
      #expect(answers[1]["problem"]?.string == "Failure()" && answers[1]["window"] == nil)
      let outside = try #require(try session.json("answer", "GET", ["x": "300"]).1["networks"]?.array)
      #expect(outside.allSatisfy { $0["problem"]?.string?.contains("occluder") == true })
      #expect(try session.answer(1)["error"] != nil)
    }
  }

  @Test("what is asked in another way is refused, naming what is wrong") func refusals() throws {
    try withTemporaryFolder { folder in
      let session = try Session([DummyModel()], in: folder)
      defer { session.server.stop() }
      _ = try session.ask("")
      let wrong: [(String, String, Int)] = [
        ("p", "nobody", 404), ("x", "nan", 400), ("x", "1e300", 400), ("y", "", 400), ("size", "0", 400),
        ("size", "225", 400), ("size", "4.5", 400), ("shape", "star", 400), ("fill", "#12", 400),
      ]
      for (name, value, status) in wrong {
        let (found, answer) = try session.json("answer", "GET", [name: value])
        #expect(found == status, "\(name)=\(value)")
        #expect(answer["problem"]?.string?.contains(name == "p" ? "nobody" : "'\(name)'") == true)
      }
      #expect(try session.ask("answer").status == 400)
      #expect(try session.ask("answer", "POST", Session.question).status == 405)
      #expect(try session.ask("record", "GET", Session.question).status == 405)
      #expect(try session.ask("nothing").status == 404)
      #expect(try session.ask("../../etc/passwd").status == 404)
    }
  }

  @Test("a record is the sweep's, is shown from then on, and is found by the next session") func record()
    throws
  {
    try withTemporaryFolder { folder in
      let models = [DummyModel(), DummyModel(label: "other")]
      let session = try Session(models, in: folder)
      defer { session.server.stop() }
      _ = try session.ask("")
      let (status, answer) = try session.json("record", "POST", ["size": "56", "shape": "disc"])
      let text = try #require(answer["text"]?.string)
      #expect(status == 200 && text.contains("person.dummy.disc56-stride16.zarr"))
      #expect(answer["report"]?.string == "person-disc56-stride16" && answer["problem"] == nil)
      let path = folder + "/person.other.disc56-stride16.zarr"
      let record = try SweepRecord(finished: path)
      #expect(record.positions.shape == [16, 16] && record.notes.order == 1)

      // An answer is what the record has there.
      let position = record.positions[100]
      let live = try session.answer(
        1,
        [
          "x": "\(position.x.centre)", "y": "\(position.y.centre)", "size": "56", "shape": "disc",
        ])
      let expected = record.results.error.rows(100..<101).elements.map { Double($0) * 1000 }
      for (found, expected) in zip(try #require(live["error"]?.array), expected) {
        #expect(abs(try #require(found.number) - expected) <= 0.005)
      }

      // The page has both occluders from then on, and what was asked with the old name is still known.
      let page = String(decoding: try session.ask("").body, as: UTF8.self)
      #expect(page.contains("\"name\":\"person-disc56-stride16\""))
      #expect(page.contains(#""occlusion":{"fill":"gray","shape":"disc","size":56}"#))
      #expect(try session.json("answer").status == 200)

      let next = try Session(
        models, in: folder,
        options: {
          var options = Session.options()
          options.occlusion = Occlusion(size: 56, shape: .disc)
          return options
        }())
      defer { next.server.stop() }
      let again = String(decoding: try next.ask("").body, as: UTF8.self)
      #expect(again.contains("\"shape\":[16,16,5]"))
    }
  }

  @Test("a network that fails leaves the records of the others, and the answer says both") func halfRecord()
    throws
  {
    try withTemporaryFolder { folder in
      var failing = DummyModel(label: "failing")
      failing.failingCall = 8
      let session = try Session([DummyModel(), failing], in: folder)
      defer { session.server.stop() }
      _ = try session.ask("")
      let (status, answer) = try session.json("record", "POST")
      let problem = try #require(answer["problem"]?.string)
      #expect(status == 500 && problem.hasPrefix("failing: "))
      #expect(
        answer["text"]?.string?.contains("person.dummy.") == true && answer["report"]?.string == "person")
      // It goes on with what is missing.
      #expect(try session.json("record", "POST").status == 200)
    }
  }

  @Test("workers answer beside other networks, and one that ends is its own problem") func workers() throws {
    try withTemporaryFolder { folder in
      let input = DummyModel.input()
      // The unoccluded image and two batches for the first look; then one question.
      let session = try Session(
        [try PixelWorker.model(), try PixelWorker.model("die:4", label: "dying")], over: input, in: folder)
      defer { session.server.stop() }
      _ = try session.ask("")
      var problems: [String] = []
      for _ in 0..<4 {
        let answers = try #require(try session.json("answer", "GET", ["fill": "black"]).1["networks"]?.array)
        let expected = PixelWorker.depths(in: input.picture, filler: [0, 0, 0]) { row, column in
          (13..<19).contains(row) && (13..<19).contains(column) ? 1 : 0
        }
        let joints = try #require(answers[0]["joints"]?.array)
        for (joint, depth) in expected.enumerated() {
          #expect(abs(try #require(joints[3 * joint + 2].number) - Double(depth) * 1000) < 0.1)
        }
        if let problem = answers[1]["problem"]?.string { problems.append(problem) }
      }
      #expect(
        problems.count >= 2 && problems.allSatisfy { $0.hasPrefix("the worker was killed") }, "\(problems)")
    }
  }
}
