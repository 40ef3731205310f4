import Archives
import Foundation
import Models
import Networks
import Pictures
import TestSupport
import Tensors
import Testing

/// The squares of `Fixtures/golden/person-finder.npz`, and what LiteRT computes for them.
private enum Reference {
  static let side = PersonFinderNetwork.side

  static func archive() throws -> Archive { try Archive(contentsOf: fixture("golden/person-finder.npz")) }

  /// Every pixel or every second one of the repository's pictures, black beyond them, some mirrored.
  static func squares() throws -> [Picture] {
    let table = try archive().tensor("crops")
    let pictures = try BlazePoseReference.pictures.map { try Picture(contentsOf: fixture($0)) }
    return (0..<table.shape[0]).map { row in
      let entry = (0..<5).map { Int(table[row, $0]) }
      let from = pictures[entry[0]]
      var square = Picture(width: side, height: side, red: 0, green: 0, blue: 0)
      for y in 0..<side {
        for x in 0..<side {
          let (column, row) = (entry[1] + entry[3] * x, entry[2] + entry[3] * y)
          guard (0..<from.width).contains(column), (0..<from.height).contains(row) else { continue }
          square[entry[4] == 1 ? side - 1 - x : x, y] = from[column, row]
        }
      }
      return square
    }
  }

  static func results() throws -> AnchorResults {
    let values = try squares().map { Tensor([1, side, side, 3], $0.pixels.map { Float($0) / 127.5 - 1 }) }
    return try PersonFinderTests.network().estimate(Tensor(stacking: values))
  }
}

@Suite("Person finder") struct PersonFinderTests {
  static func network() throws -> PersonFinderNetwork { try PersonFinderNetwork(weights()) }
  static func weights() throws -> Weights {
    let path = fixture(PersonFinder.file)
    return Weights(try Archive(contentsOf: path).tensors(), source: path)
  }

  // MARK: Numbers

  @Test("scores and places are those of its own file by LiteRT") func reference() throws {
    let expected = try Reference.archive()
    let found = try Reference.results()
    let scores = try expected.tensor("scores"), places = try expected.tensor("places")
    let kept = try expected.tensor("kept")
    #expect(found.scores.shape == scores.shape && found.places.shape == [7, 2254, 12])
    // Kernels of LiteRT are up to 8e-4 in scores before the logistic function and 3e-3 pixels apart.
    expectClose(found.scores, scores, absolute: 2e-3, relative: 0, "scores before a logistic function")
    let ours = Tensor(
      places.shape,
      (0..<kept.count).flatMap { place in
        let (row, anchor) = (place / kept.shape[1], Int(kept.elements[place]))
        return (0..<12).map { found.places[row, anchor, $0] }
      })
    expectClose(ours, places, absolute: 1e-2, relative: 0, "pixels")
    #expect(scores.elements.max()! > 1 && places.elements.map(abs).max()! > 100)
    if ProcessInfo.processInfo.environment["GOLDEN_MULTIPLES"] != nil {
      func off(_ a: Tensor, _ b: Tensor) -> Float { zip(a.elements, b.elements).map { abs($0 - $1) }.max()! }
      print("person finder: scores \(off(found.scores, scores)), places \(off(ours, places)) pixels")
    }
  }

  @Test("people are those that plain code makes of the same numbers") func decoding() throws {
    let expected = try Reference.archive().tensor("people")
    let found = try Reference.results()
    let people = (0..<7).flatMap { row in
      Detection.people(
        scores: found.scores.rows(row..<row + 1).elements, places: found.places.rows(row..<row + 1).elements
      ).map { (row: row, $0) }
    }
    #expect(people.map(\.row) == (0..<expected.shape[0]).map { Int(expected[$0, 0]) })
    for (index, (_, person)) in people.enumerated() {
      let numbers = [person.score, person.hips.x, person.hips.y, person.end.x, person.end.y].map(Float.init)
      expectClose(
        numbers, (1..<6).map { expected[index, $0] }, absolute: 2e-2, relative: 0, "person \(index)")
    }
  }

  @Test("anchors are the middles of the pixels of three maps") func anchors() {
    let anchors = PersonFinderNetwork.anchors
    #expect(anchors.count == 2254)
    #expect(anchors[0] == [4, 4] && anchors[1] == [4, 4] && anchors[2] == [12, 4])
    #expect(anchors[2 * 28 * 28] == [8, 8] && anchors[2 * 28 * 28 + 2 * 14] == [8, 24])
    #expect(anchors.suffix(6).allSatisfy { $0 == [208, 208] })
  }

  // MARK: Decoding

  private static func detection(_ score: Double, _ x: Double, _ y: Double = 0) -> Detection {
    Detection(
      score: score, box: Box(x: x, y: y, width: 10, height: 10), hips: [x, y + 20], end: [x, y + 50])
  }

  @Test("detections that overlap are one, averaged by their scores; others stay") func merging() {
    #expect(Detection.merged([]).isEmpty)
    let alone = Self.detection(0.7, 3)
    #expect(Detection.merged([alone]) == [alone])
    // 10 and 12 share 8/12 of what they cover, 10 and 18 only 2/18.
    let people = Detection.merged([Self.detection(0.6, 12), Self.detection(0.9, 10), Self.detection(0.5, 18)])
    #expect(people.map(\.score) == [0.9, 0.5])
    #expect(abs(people[0].box.x - (0.9 * 10 + 0.6 * 12) / 1.5) < 1e-9)
    #expect(abs(people[0].hips.x - people[0].box.x) < 1e-9 && people[0].end.y == 50)
    #expect(people[1] == Self.detection(0.5, 18))
    // Equal scores: the first is kept, whatever their order.
    #expect(Detection.merged([Self.detection(0.5, 0), Self.detection(0.5, 99)]).map(\.box.x) == [0, 99])
    #expect(abs(people[0].square.width - 60) < 1e-9 && people[0].square.y == -10)
  }

  @Test("an anchor below a half is nobody, whatever its place") func threshold() {
    var scores = [Float](repeating: -1, count: 2254)
    var places = [Float](repeating: 0, count: 2254 * 12)
    #expect(Detection.people(scores: scores, places: places).isEmpty)
    scores[3] = 0
    for (index, value) in [1, 2, 8, 6, 0, 10, 0, 40, 0, 0, 0, 0].enumerated() {
      places[3 * 12 + index] = Float(value)
    }
    let people = Detection.people(scores: scores, places: places)
    #expect(
      people == [
        Detection(score: 0.5, box: Box(x: 9, y: 3, width: 8, height: 6), hips: [12, 14], end: [12, 44])
      ])
    // Far beyond what a logistic function tells apart.
    scores = scores.map { $0 * 1e4 }
    #expect(Detection.people(scores: scores, places: places).count == 1)
  }

  // MARK: Pictures

  @Test("rendered people and an astronaut are found where they are") func people() throws {
    let finder = try PersonFinder()
    // The squares about the person, as measured once; a few pixels of freedom.
    let expected: [(String, Box)] = [
      ("people/person-1.png", Box(x: 60, y: 36, width: 308, height: 308)),
      ("people/person-2.png", Box(x: 10, y: 0, width: 263, height: 263)),
      ("people/person-3.png", Box(x: 36, y: 46, width: 295, height: 295)),
      ("astronaut.png", Box(x: -339, y: 0, width: 1071, height: 1071)),
    ]
    for (name, box) in expected {
      let picture = try Picture(contentsOf: fixture(name))
      let people = try finder.people(in: picture)
      #expect(people.count == 1, "\(name)")
      let person = try #require(people.first)
      #expect(person.score > 0.75 && person.score < 1)
      #expect(person.box.intersectionOverUnion(box) > 0.95, "\(name): \(person.box)")
      #expect(person.box.width == person.box.height && person.box.x == person.box.x.rounded())
      #expect(try finder.people(in: picture) == people)
    }
  }

  @Test("of several people the largest comes first") func several() throws {
    let person = try Picture(contentsOf: fixture("people/person-1.png"))
    let other = try Picture(contentsOf: fixture("people/person-2.png"))
    var picture = Picture(width: 768, height: 384, red: 0, green: 0, blue: 0)
    for y in 0..<384 {
      for x in 0..<384 { (picture[x, y], picture[x + 384, y]) = (person[x, y], other[x, y]) }
    }
    let people = try PersonFinder().people(in: picture)
    #expect(people.count == 2)
    let (large, small) = (try #require(people.first), try #require(people.last))
    #expect(
      large.box.intersectionOverUnion(Box(x: 60, y: 36, width: 308, height: 308)) > 0.9, "\(large.box)")
    #expect(
      small.box.intersectionOverUnion(Box(x: 394, y: 0, width: 263, height: 263)) > 0.9, "\(small.box)")
  }

  @Test("nobody is in gray, black, a few pixels or a strip") func nobody() throws {
    let finder = try PersonFinder()
    for (width, height) in [(384, 256), (9, 8), (8, 1), (3000, 2), (1, 700)] {
      for level in [0, 128, 255] as [UInt8] {
        let picture = Picture(width: width, height: height, red: level, green: level, blue: level)
        #expect(try finder.people(in: picture).isEmpty, "\(width) × \(height)")
      }
    }
    #expect(throws: PictureError.self) {
      try finder.people(in: Picture(width: 7, height: 5, red: 9, green: 9, blue: 9))
    }
  }

  // MARK: Files

  @Test("weights that are missing, misshapen or no numbers are refused by name") func damaged() throws {
    var weights = try Self.weights()
    let kernel = try #require(weights.tensors["middle.enlarged.weight"])
    weights.tensors["middle.enlarged.weight"] = nil
    #expect(throws: WeightError.self) { try PersonFinderNetwork(weights) }
    weights.tensors["middle.enlarged.weight"] = kernel.reshaped([1152, 192, 1, 1])
    #expect(throws: WeightError.self) { try PersonFinderNetwork(weights) }
    weights.tensors["middle.enlarged.weight"] = Tensor(kernel.shape, repeating: .nan)
    let error = #expect(throws: WeightError.self) { try PersonFinderNetwork(weights) }
    #expect(error?.description.contains("middle.enlarged.weight") == true)
  }
}
