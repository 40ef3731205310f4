import Archives
import Bodies
import Foundation
import Synchronization
import Tensors

extension SweepRecorder {
  /// Seconds between two writings of what is known so far.
  private static let savingInterval = 20.0
  private var soFarPath: String { "\(group.path)/adaptive.npz" }

  /// What was worked out at places that are not in the chunks yet.
  struct Known {
    /// Ascending.
    var places: [Int] = []
    /// In the order of `RecordLayout.overPlaces`, `[places, …]`.
    var tensors: [Tensor] = []
    var count: Int { places.count }
  }

  /// How many places an earlier run left known, told without reading what is known of them.
  var knownCountSoFar: Int {
    guard let archive = try? Archive(contentsOf: soFarPath) else { return 0 }
    return (try? archive.shape("places"))?.first ?? 0
  }

  /// What an earlier run left of an adaptive sweep.
  func knownSoFar() throws(ArchiveError) -> Known {
    guard FileManager.default.fileExists(atPath: soFarPath) else { return Known() }
    let archive = try Archive(contentsOf: soFarPath)
    let numbers = try archive.tensor("places").elements
    let places = numbers.compactMap { Int(exactly: $0) }
    var tensors: [Tensor] = []
    for (name, _) in RecordLayout.overPlaces { tensors.append(try archive.tensor(name)) }
    let shapes = RecordLayout.tensors(of: beginning.clean).map { [places.count] + $0.shape.dropFirst() }
    guard places.count == numbers.count, places.allSatisfy((0..<sweep.places.count).contains),
      tensors.map(\.shape) == shapes
    else {
      throw ArchiveError(
        .damaged, file: soFarPath, "does not belong to this record; remove it to begin anew")
    }
    return Known(places: places, tensors: tensors)
  }

  /// Works out places until interpolation between them is within the tolerance, and fills the record.
  ///
  /// What is known is written every 20 seconds and on cancelling: a later run takes the same steps and works out only
  /// what is missing.
  ///
  /// - Parameter tolerance: the mean deviation of the error maps, metres.
  /// - Returns: whether the record is complete.
  func refine(
    to tolerance: Float, workers: Int, isCancelled: @Sendable () -> Bool,
    forecast: ((Sweep.Forecast) -> Void)?, progress: @Sendable (_ done: Int, _ total: Int) -> Void
  ) throws(ArchiveError) -> Bool {
    let places = sweep.places
    var refinement = Refinement(
      rows: places.rows.count, columns: places.columns.count, tolerance: tolerance,
      seed: beginning.info.seed)
    let shapes = RecordLayout.tensors(of: beginning.clean).map { [places.count] + $0.shape.dropFirst() }
    let store = Mutex(Store(shapes))
    let known = try knownSoFar()
    store.withLock { $0.take(known.places, known.tensors) }
    let rerun = sweep.prepared(crop)
    if let forecast, let rerun, known.count == 0,
      let time = sweep.forecast(crop, beginning.reference, chunks, by: rerun, workers: workers)
    {
      forecast(time)
    }
    let clock = ContinuousClock()
    var saved = clock.now
    progress(store.withLock(\.count), places.count)
    while !refinement.wanted.isEmpty {
      let missing = store.withLock { store in refinement.wanted.filter { !store.isKnown[$0] } }
      let lists = sweep.lists(of: missing, by: rerun, workers: workers)
      let isDone = sweep.run(
        over: crop, against: beginning.reference, lists: lists, by: rerun, workers: workers,
        isCancelled: isCancelled
      ) { index, measurements in
        store.withLock {
          $0.take(lists[index], RecordLayout.tensors(of: measurements))
          progress($0.count, places.count)
        }
      }
      if !isDone || saved.duration(to: clock.now) > .seconds(Self.savingInterval) {
        try save(store.withLock(\.known))
        saved = clock.now
      }
      guard isDone else { return false }
      refinement.take(store.withLock { store in refinement.wanted.map { store.errors(at: $0) } })
    }
    try finish(refinement, store.withLock(\.tensors))
    return true
  }

  private func save(_ known: Known) throws(ArchiveError) {
    try Npz.write(
      [("places", .integers(known.places.map(Int32.init), shape: [known.count]))]
        + zip(RecordLayout.overPlaces, known.tensors).map { ($0.name, .floats($1)) }, to: soFarPath)
  }

  /// Writes which places were worked out, how far the rest may be off, and the chunks.
  private func finish(_ refinement: Refinement, _ tensors: [Tensor]) throws(ArchiveError) {
    let places = sweep.places
    let count = refinement.known
    if try group.written("computed") == nil {
      try? FileManager.default.removeItem(atPath: "\(group.path)/computed")
      try group.write(
        "computed",
        Tensor(
          [places.rows.count, places.columns.count],
          (0..<places.count).map { refinement.isKnown($0) ? 1 : 0 }), ["row", "column"], type: .uint8,
        attributes: ["comment": "1 where the network was asked, 0 where values are interpolated"])
    }
    var info = beginning.info
    info.interpolation = .init(
      computed: count, meanMillimetres: 1000 * Double(refinement.deviation.mean),
      standardErrorMillimetres: 1000 * Double(refinement.deviation.standardError),
      checked: refinement.deviation.places)
    var group = group
    try group.setAttributes(info.attributes(places))
    let filled = zip(RecordLayout.overPlaces, tensors).map { entry, tensor in
      let filled = refinement.filled(tensor)
      return entry.name == "rotations" ? Self.turned(filled, where: { !refinement.isKnown($0) }) : filled
    }
    for (index, chunk) in chunks.enumerated() {
      try write(RecordLayout.measurements(of: filled.map { $0.rows(chunk) }), chunk: index)
    }
    try? FileManager.default.removeItem(atPath: soFarPath)
  }

  /// Mixtures of rotations `[places, 24, 3, 3]` made rotations again.
  private static func turned(_ rotations: Tensor, where isMixed: (Int) -> Bool) -> Tensor {
    var result = rotations
    result.withMutableElements { elements in
      for place in 0..<rotations.shape[0] where isMixed(place) {
        for joint in 0..<24 {
          let start = elements.baseAddress! + (place * 24 + joint) * 9
          let mixed = Matrix3(start)
          let axes = [Point(1, 0, 0), Point(0, 1, 0), Point(0, 0, 1)]
          let turned = axes.map { mixed * $0 }
          // With their opposites, so that the middle of the points is the origin.
          Procrustes(aligning: axes + axes.map { -$0 }, to: turned + turned.map { -$0 })
            .rotation.write(to: start)
        }
      }
    }
    return result
  }

  /// Measurements at places, whatever order they come in.
  private struct Store {
    private(set) var tensors: [Tensor]
    private(set) var isKnown: [Bool]
    private(set) var count = 0

    init(_ shapes: [[Int]]) {
      tensors = shapes.map { Tensor($0, repeating: .nan) }
      isKnown = Array(repeating: false, count: shapes[0][0])
    }

    mutating func take(_ places: [Int], _ found: [Tensor]) {
      guard !places.isEmpty else { return }
      for i in tensors.indices {
        let width = tensors[i].count / isKnown.count
        tensors[i].withMutableElements { to in
          found[i].withElements { from in
            for (index, place) in places.enumerated() {
              for k in 0..<width { to[place * width + k] = from[index * width + k] }
            }
          }
        }
      }
      for place in places where !isKnown[place] {
        isKnown[place] = true
        count += 1
      }
    }

    /// Errors over joints, metres.
    func errors(at place: Int) -> [Float] { tensors[1].rows(place..<place + 1).elements }

    var known: Known {
      let places = isKnown.indices.filter { isKnown[$0] }
      return Known(
        places: places,
        tensors: tensors.map { tensor in Tensor(stacking: places.map { tensor.rows($0..<$0 + 1) }) })
    }
  }
}
