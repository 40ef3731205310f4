import Archives
import Bodies
import Foundation
import Networks
import Pictures
import Synchronization
import Tensors

/// A picture that every worker of a model has opened.
final class WorkerPicture: PreparedPicture {
  private let model: WorkerModel
  private let id: String
  private let view: WorkerView
  /// What the network saw, as a picture for people; nil where the worker does not show it.
  let shown: Picture?
  /// The occluder's coverage in the input's pixels, 0…255; nil for rectangles.
  private let mask: (bytes: [UInt8], shape: [Int])?
  private let clean = Mutex<[Bool: Predictions]>([:])
  private let numbers = Mutex(0)
  /// Rows and columns of the maps of attention, once some were told.
  private let mapSize = Mutex<[Int]?>(nil)

  var frame: PictureFrame { view.frame }

  func picturePlace(x: Double, y: Double) -> (x: Double, y: Double) { view.picturePlace(x: x, y: y) }

  init(_ model: WorkerModel, _ picture: Picture, box: Box?, occlusion: Occlusion) throws {
    // Networks that run here check it where they cut it out.
    if let box { try picture.check(box) }
    (self.model, id) = (model, WorkerModel.nextPicture())
    let shape = [picture.height, picture.width, 3]
    let filler: Npz.Values =
      switch try occlusion.filler(in: picture, box: box) {
      case .colour(let colour): .floats(Tensor([1, 1, 3], colour))
      case .picture(let other): .bytes(other.pixels, shape: shape)
      }
    var arrays: [(name: String, values: Npz.Values)] = [
      ("picture", .bytes(picture.pixels, shape: shape)), ("filler", filler),
    ]
    if let box {
      let numbers = [box.x, box.y, box.width, box.height].map { Float($0) }
      arrays.append(("box", .floats(Tensor([4], numbers))))
    }
    let (id, question) = (id, arrays)
    // All at once: a network may take seconds to look at a picture.
    let answers = Mutex<[Int: Result<ArrayMessage, ModelError>]>([:])
    let connections = model.connections
    Workers.run(connections.count, workers: connections.count) { index, _ in
      let answer = Result { () throws(ModelError) in
        try connections[index].ask(["say": "open", "id": id], question, expecting: "opened")
      }
      answers.withLock { $0[index] = answer }
    }
    let opened = try answers.withLock { answers in try connections.indices.map { try answers[$0]!.get() } }
    let views = try zip(opened, connections).map { message, worker -> WorkerView in
      let view = try Opened(message, from: worker).view(of: picture, box: box)
      if let problem = view.problem(with: occlusion) { throw worker.broken(problem) }
      return view
    }
    guard views.allSatisfy({ $0.agrees(with: views[0]) }) else {
      throw ModelError(
        .badData,
        "\(model.identity.label): its workers see different parts of the picture, or inputs of other sizes")
    }
    view = views[0]
    shown = opened[0].bytes("shown").flatMap { bytes, shape in
      shape.count == 3 && shape[2] == 3 && shape.allSatisfy { $0 > 0 }
        ? Picture(width: shape[1], height: shape[0], pixels: bytes) : nil
    }
    mask = occlusion.coverage(in: view.frame, step: view.step)
  }

  deinit { for connection in model.connections { connection.say(["say": "close", "id": id]) } }

  // MARK: Predictions

  func predict(at windows: [Window?], attention: Bool) throws -> Predictions {
    // The unoccluded image is asked about as often as it is wanted.
    if windows.allSatisfy({ $0 == nil }) {
      return try model.predictions(
        windows.map { _ in ([0, 0, 0, 0], [0, 0]) }, of: self, attention: attention)
    }
    let hidden = windows.map { $0.flatMap(view.hidden) }
    let asked = hidden.compactMap(\.self)
    // Where the network does not look, it predicts what it predicts without an occluder.
    let unoccluded = try asked.count == hidden.count ? nil : cleanPredictions(attention: attention)
    guard !asked.isEmpty else { return unoccluded!.repeated(hidden.count) }
    let told = try model.predictions(asked, of: self, attention: attention)
    guard let unoccluded else { return told }
    var next = 0
    return Predictions(
      stacking: hidden.map { hidden in
        guard hidden != nil else { return unoccluded }
        defer { next += 1 }
        return told.rows(next..<next + 1)
      })
  }

  /// What it predicts on the unoccluded image, asked once.
  private func cleanPredictions(attention: Bool) throws -> Predictions {
    if let known = clean.withLock({ $0[attention] ?? $0[true] }) { return known }
    let found = try model.predictions([([0, 0, 0, 0], [0, 0])], of: self, attention: attention)
    clean.withLock { $0[attention] = found }
    return found
  }

  /// As many windows at once as they come: the worker puts batches together itself.
  func planned(for positions: PositionGrid, batch: Int, attention: Bool) throws -> any PreparedPicture {
    self
  }

  /// Asks one worker.
  func ask(
    _ hidden: ArraySlice<(pixels: [Int32], offset: [Int32])>, _ connection: WorkerConnection, attention: Bool
  ) throws -> Predictions {
    var arrays: [(name: String, values: Npz.Values)] = [
      ("windows", .integers(hidden.flatMap(\.pixels), shape: [hidden.count, 4]))
    ]
    if let mask {
      arrays.append(("masks", .bytes(mask.bytes, shape: mask.shape)))
      arrays.append(("offsets", .integers(hidden.flatMap(\.offset), shape: [hidden.count, 2])))
    }
    let number = numbers.withLock { number in
      number += 1
      return number
    }
    let wanted = attention && model.outputs.contains(.attention) ? #"["attention"]"# : "[]"
    let answer = try connection.ask(
      ["say": "ask", "id": id, "number": "\(number)", "want": wanted], arrays, expecting: "told")
    let predictions = try WorkerAnswer(answer, count: hidden.count, from: connection, attention: attention)
      .predictions(by: model, view)
    if let attention = predictions.attention { try check(attention, from: connection) }
    return predictions
  }

  /// Refuses maps of attention of another size than those before, which could not be laid together.
  private func check(_ attention: Tensor, from connection: WorkerConnection) throws(ModelError) {
    let size = Array(attention.shape[1...2])
    guard size[0] <= Predictions.mostMapCells / size[1] else {
      throw connection.broken(
        "tells attention of \(size[0]) × \(size[1]) places; at most \(Predictions.mostMapCells) are taken")
    }
    let first = mapSize.withLock { known -> [Int] in
      let kept = known ?? size
      known = kept
      return kept
    }
    guard size == first else {
      throw connection.broken(
        "tells attention of \(size[0]) × \(size[1]) after some of \(first[0]) × \(first[1]); all maps of a picture are "
          + "of one size")
    }
  }
}

/// What a worker says when it has opened a picture.
private struct Opened {
  let height: Int, width: Int
  let active: (rows: Range<Int>, columns: Range<Int>)?
  let place: WorkerView.ToPicture?

  init(_ message: ArrayMessage, from worker: WorkerConnection) throws {
    func list(_ key: String) -> [Int]? {
      message.texts[key].flatMap { try? JSONDecoder().decode([Int].self, from: Data($0.utf8)) }
    }
    guard let size = list("size"), size.count == 2, size.allSatisfy({ (1...1 << 16).contains($0) }) else {
      throw worker.broken("says no size of its input, or one that makes no sense")
    }
    (height, width) = (size[0], size[1])
    if let edges = list("active") {
      guard edges.count == 4, 0 <= edges[0], edges[0] < edges[2], edges[2] <= height, 0 <= edges[1],
        edges[1] < edges[3], edges[3] <= width
      else { throw worker.broken("looks at a part of its input that is not in it (active)") }
      active = (edges[0]..<edges[2], edges[1]..<edges[3])
    } else {
      active = nil
    }
    do {
      guard let numbers = try message.doubles("to_picture") else {
        place = nil
        return
      }
      guard numbers.count == 6, numbers.allSatisfy({ $0.isFinite && abs($0) < 1e7 }), numbers[0] > 1e-4,
        numbers[4] > 1e-4, abs(numbers[1]) < 1e-6, abs(numbers[3]) < 1e-6
      else { throw worker.broken("says a to_picture that does more than scale and shift") }
      place = .init(scaleX: numbers[0], x: numbers[2], scaleY: numbers[4], y: numbers[5])
    } catch let error as ArchiveError { throw worker.broken(error.message) }
  }

  func view(of picture: Picture, box: Box?) -> WorkerView {
    WorkerView(height: height, width: width, active: active, place: place, box: box, picture: picture)
  }
}
