import Archives
public import Explorer
import Foundation
public import Models
import Pictures
import Presentation
public import Records
public import Sweeps
import Synchronization
public import Tensors

/// Pictures and networks that a page asks about: gives the page, answers where it points, and has records written.
///
///     let session = try LiveSession(pictures, models: models, in: "Reports/photo", token: token, write: record)
///     guard try session.look(context) else { return }
///     let server = try LoopbackServer(token: token) { session.answer(to: $0) }
///
/// Every network answers on a thread of its own. What one of them fails at is its problem alone.
public final class LiveSession: Sendable {
  /// Writes the record of a network's sweep, or goes on with it; returns where it is and what it has.
  public typealias Writer =
    @Sendable (_ sweep: PictureSweep, _ model: any PoseModel) throws -> (path: String, record: SweepRecord)

  /// Networks that were asked about a picture last are kept with what they made of it: a few pictures' worth.
  private static let keptPictures = 3

  private let pictures: [PictureSweep]
  private let models: [any PoseModel]
  private let folder: String
  private let live: ExplorerPage.Live
  private let bodies: [ExplorerBody]
  private let write: Writer
  private let probes: RecentValues<[Int], OcclusionProbe>
  private let fillings: RecentValues<Filled, String?>
  private let state: Mutex<State>

  private struct State {
    /// For every picture the records of each occlusion, those of the first look in front.
    var records: [[[SweepRecord]]]
    /// The page of these; nil until it is asked for.
    var page: Data?
    /// The pictures by the names of the reports that pages had.
    var names: [String: Int] = [:]
    var isWriting = false
  }

  /// A session that has looked at nothing yet.
  ///
  /// - Parameters:
  ///   - pictures: with the occluder that the page begins with, and the positions of records.
  ///   - folder: of the records.
  ///   - bodies: those that the page may contain.
  public init(
    _ pictures: [PictureSweep], models: [any PoseModel], in folder: String, token: LoopbackToken,
    bodies: [ExplorerBody] = [], write: @escaping Writer
  ) {
    precondition(!pictures.isEmpty && !models.isEmpty, "a session about nothing")
    (self.pictures, self.models, self.folder, self.bodies) = (pictures, models, folder, bodies)
    self.write = write
    live = ExplorerPage.Live(token: token.text, about: pictures[0].options.occlusion)
    probes = RecentValues(limit: Self.keptPictures * models.count)
    fillings = RecentValues(limit: Self.keptPictures * models.count)
    state = Mutex(State(records: pictures.map { _ in [] }))
  }

  // MARK: The first look

  /// Has every network look at every picture: reads the records that are there, and else predicts at a few positions.
  ///
  /// - Returns: false when it was stopped.
  /// - Throws: an error of a network or a picture.
  public func look(_ context: WorkContext) throws -> Bool {
    for (number, picture) in pictures.enumerated() {
      let stored = try models.indices.compactMap { network in
        try probe(number, network).finishedRecord(of: ordered(picture, network), in: folder)
      }
      // Networks are compared at the same positions: either all have a record, or all look.
      var records = stored.count == models.count ? stored : []
      for network in models.indices where records.count < models.count {
        let line = context.progress("\(picture.input.source.name), \(models[network].identity.label)")
        defer { line.clear() }
        guard var record = try probe(number, network).firstLook(context.runner(line)) else { return false }
        record.notes.order = network
        records.append(record)
      }
      state.withLock { $0.records[number] = [records] }
    }
    return true
  }

  private func ordered(_ picture: PictureSweep, _ network: Int) -> PictureSweep {
    var picture = picture
    picture.options.order = network
    return picture
  }

  private func probe(_ picture: Int, _ network: Int) throws -> OcclusionProbe {
    // A program of its own may take long for every window.
    let isSlow = models.contains { $0 is WorkerModel }
    return try probes.value(for: [picture, network]) {
      try OcclusionProbe(
        models[network], on: pictures[picture], stride: OcclusionProbe.coarseStride * (isSlow ? 2 : 1))
    }
  }

  // MARK: Answers

  /// Answers a request.
  public func answer(to request: LoopbackRequest) -> LoopbackResponse {
    do throws(LoopbackResponse) {
      switch (request.path, request.method) {
      case ("/", "GET"): return try page()
      case ("/answer", "GET"): return try answer(question(request))
      case ("/record", "POST"): return try record(question(request))
      case ("/", _), ("/answer", _), ("/record", _):
        throw .refusal(405, "\(request.path) is not asked for in this way.")
      default: throw .refusal(404, "There is no \(request.path).")
      }
    } catch { return error }
  }

  private func question(_ request: LoopbackRequest) throws(LoopbackResponse) -> LiveQuestion {
    do throws(LiveQuestion.Problem) {
      return try LiveQuestion(request.query, about: pictures[0].options.occlusion)
    } catch {
      throw .problem(400, error.text)
    }
  }

  private func picture(of question: LiveQuestion) throws(LoopbackResponse) -> Int {
    guard let picture = state.withLock({ $0.names[question.report] }) else {
      throw .problem(404, "no picture '\(question.report.prefix(80))'; reload the page")
    }
    return picture
  }

  private struct Answers: Encodable {
    let text: String
    let networks: [ExplorerAnswer]
  }

  /// What every network predicts.
  private func answer(_ question: LiveQuestion) throws(LoopbackResponse) -> LoopbackResponse {
    let picture = try picture(of: question)
    let answers = Mutex<[Int: (answer: ExplorerAnswer, milliseconds: Int)]>([:])
    Workers.run(models.count, workers: models.count) { network, _ in
      let start = ContinuousClock.now
      let own = answer(question, of: network, on: picture)
      let milliseconds = Int(((ContinuousClock.now - start).seconds * 1000).rounded())
      answers.withLock { $0[network] = (own, milliseconds) }
    }
    let all = answers.withLock { answers in models.indices.map { answers[$0]! } }
    let times = zip(models, all).map { "\($0.identity.label) \($1.milliseconds) ms" }
    return try .json(Answers(text: times.joined(separator: ", "), networks: all.map(\.answer)))
  }

  private func answer(_ question: LiveQuestion, of network: Int, on picture: Int) -> ExplorerAnswer {
    let label = models[network].identity.label
    do {
      let probe = try probe(picture, network)
      guard let answer = try probe.answer(x: question.x, y: question.y, under: question.occlusion) else {
        return ExplorerAnswer(outside: label)
      }
      return ExplorerAnswer(
        label: label, answer.results, at: answer.window, under: question.occlusion, in: probe.frame,
        filling: try filling(question.occlusion, picture, network, probe.frame),
        skeleton: probe.model.skeleton, measured: probe.sweep.measured)
    } catch {
      return ExplorerAnswer(label: label, problem: Self.sentence(error, of: label))
    }
  }

  /// What a network's crop would be if all of it were hidden, as a data URI; nil where the fill is a colour of its own.
  private func filling(
    _ occlusion: Occlusion, _ picture: Int, _ network: Int, _ frame: PictureFrame
  ) throws -> String? {
    guard !occlusion.fill.isPlain else { return nil }
    return try fillings.value(for: Filled(picture: picture, network: network, fill: occlusion.fill)) {
      let crop = try pictures[picture].input.displayFill(of: occlusion, in: frame)
      return crop.map { "data:image/jpeg;base64," + $0.jpegData(quality: 85).base64EncodedString() }
    }
  }

  private struct Filled: Hashable {
    let picture: Int, network: Int
    let fill: Occlusion.Fill
  }

  /// What went wrong, without the network's name, which the page writes in front.
  private static func sentence(_ error: any Error, of label: String) -> String {
    let text = String(describing: error)
    return text.hasPrefix(label + ": ") ? String(text.dropFirst(label.count + 2)) : text
  }

  // MARK: Records

  private struct Written: Encodable {
    var text: String?, problem: String?
    /// The name of the report that has them on the next page.
    let report: String?
  }

  /// Has records written of a sweep with the occluder of a question, one for every network.
  private func record(_ question: LiveQuestion) throws(LoopbackResponse) -> LoopbackResponse {
    let picture = try picture(of: question)
    let isFirst = state.withLock { state in
      defer { state.isWriting = true }
      return !state.isWriting
    }
    guard isFirst else { throw .problem(409, "a record is being written already; wait for it") }
    defer { state.withLock { $0.isWriting = false } }
    var (records, paths, problems): ([SweepRecord], [String], [String]) = ([], [], [])
    for (network, model) in models.enumerated() {
      var sweep = ordered(pictures[picture], network)
      sweep.options.occlusion = question.occlusion
      do {
        let (path, record) = try write(sweep, model)
        records.append(record)
        paths.append(path)
      } catch {
        problems.append("\(model.identity.label): \(Self.sentence(error, of: model.identity.label))")
      }
    }
    let report = records.isEmpty ? nil : add(records, of: picture)
    let text = paths.isEmpty ? nil : "wrote \(paths.joined(separator: ", "))"
    if problems.isEmpty { return try .json(Written(text: text, report: report)) }
    return try .json(
      Written(text: text, problem: problems.joined(separator: "; "), report: report), status: 500)
  }

  /// Shows records from the next page on, in the place of those of the same occluder; returns the name of their report.
  private func add(_ records: [SweepRecord], of picture: Int) -> String? {
    state.withLock { state in
      let (source, occlusion) = (records[0].settings.picture, records[0].settings.occlusion)
      state.records[picture].removeAll { $0[0].settings.occlusion == occlusion }
      state.records[picture].append(records)
      state.page = nil
      return reports(&state).first { $0.settings.picture == source && $0.settings.occlusion == occlusion }?
        .stem
    }
  }

  /// The reports on the records that there are; their names are known from then on.
  private func reports(_ state: inout State) -> [PictureReport] {
    let reports = PictureReport.grouped(state.records.flatMap { $0.flatMap { $0 } })
    for report in reports {
      state.names[report.stem] = pictures.firstIndex { $0.input.source == report.settings.picture }
    }
    return reports
  }

  /// The page of the records that there are.
  private func page() throws(LoopbackResponse) -> LoopbackResponse {
    let made = state.withLock { state -> Data? in
      if let page = state.page { return page }
      let reports = reports(&state)
      var options = ExplorerPage.Options()
      (options.live, options.bodies) = (live, bodies)
      state.page = try? ExplorerPage(reports, options: options).files.last?.data
      return state.page
    }
    guard let made else { throw .refusal(500, "The page cannot be made.") }
    return LoopbackResponse(200, type: "text/html; charset=utf-8", made)
  }
}

extension LoopbackResponse {
  /// A value as JSON.
  fileprivate static func json(
    _ value: some Encodable, status: Int = 200
  ) throws(LoopbackResponse) -> LoopbackResponse {
    guard let json = try? JSONValue(encoding: value) else { throw .refusal(500, "There is no answer.") }
    return LoopbackResponse(status, type: "application/json", Data(json.canonicalText.utf8))
  }

  /// What is wrong, for the page to show.
  fileprivate static func problem(_ status: Int, _ text: String) -> LoopbackResponse {
    (try? json(["problem": text], status: status)) ?? .refusal(status, text)
  }
}
