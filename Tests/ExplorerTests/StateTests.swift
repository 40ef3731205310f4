import Archives
import Bodies
import Explorer
import Foundation
import Models
import Presentation
import Records
import ReportSupport
import Tensors
import TestSupport
import Testing

/// Records of every kind make a page that says what they are.
@Suite("States of the explorer's page") struct StateTests {
  @Test("without ground truth all is displacement, and nothing is said of errors") func noTruth() throws {
    let page = try PageReader([
      record {
        $0.parts.subtract([.truth, .mask])
        $0.misses = { $0 == 3 }
        $0.tolerance = 2
      }
    ])
    let report = try page.report()
    #expect(report["hasTruth"]?.bool == false && report["reference"]?.string == "clean prediction")
    for text in page.texts {
      #expect(!text.lowercased().contains("error") && !text.contains("MPJPE"), "\(text)")
    }
    let still = try #require(page.text.firstMatch(of: /(?s)<main id="static">(.*?)<\/main>/)?.1)
    #expect(!still.lowercased().contains("error") && !still.contains("MPJPE"))
    #expect(report["quantities"]?.array?[0]["title"]?.string == "displacement")
    #expect(page.header["title"]?.string == "Where a patch moves gap")
    #expect(try page.network()["truth"] == JSONValue.null)
  }

  @Test("one network has no difference; three have those of every pair") func networks() throws {
    let one = try PageReader([record()])
    #expect(try one.quantity("increase")["differences"]?.array?.isEmpty == true)
    #expect(try one.quantity("increase")["reading"]?.string?.contains("difference") == false)
    let page = try PageReader((1...3).map { n in record { ($0.label, $0.seed) = ("n\(n)", UInt64(n)) } })
    let quantity = try page.quantity("increase")
    let differences = try #require(quantity["differences"]?.array)
    let pairs = differences.map { [$0["of"]?.integer, $0["minus"]?.integer] }
    #expect(pairs == [[1, 0], [2, 0], [2, 1]])
    let keys = try #require(quantity["keys"]?.array)
    let scales = differences.compactMap { $0["mean"]?.integer.flatMap { keys[$0]["high"]?.number } }
    #expect(scales.count == 3 && scales[0] == scales[1])
    let last = keys[try #require(differences[2]["joint"]?.integer)]
    #expect(last["title"]?.string == "n3 minus n2, mm" && last["reverse"]?.string == "n2 minus n3, mm")
  }

  @Test("networks that see other parts of the picture have no difference, and the page says why")
  func unequal() throws {
    let page = try PageReader([
      record(), record { ($0.label, $0.side, $0.corner, $0.extent) = ("wide", 128, -20, 260) },
    ])
    let difference = try #require(page.quantity("error")["differences"]?.array?.first)
    #expect(difference["mean"] == nil && difference["why"]?.string?.contains("no difference") == true)
    #expect(try page.network(1)["frame"]?["side"]?.integer == 128)
    let transform = try #require(page.network(1)["toPicture"]?.numbers)
    #expect(transform == [260 / 128.0, 0, 0, 260 / 128.0, -20, -20])
  }

  @Test("an adaptive sweep says which positions are computed, and that maxima are lower limits")
  func adaptive() throws {
    let adaptive = record { $0.tolerance = 2 }
    let computed = (0..<adaptive.positions.count).map { Float($0 % 2) }
    let page = try PageReader([adaptive.with(computed: computed), record { ($0.label, $0.seed) = ("b", 2) }])
    try expectNear(page.array("computed"), computed.map(Double.init), within: 0)
    #expect(
      try page.network()["lowerLimit"]?.bool == true && page.network()["interpolation"]?.string == "± 1.0 mm")
    #expect(try page.report()["caveat"]?.string?.hasPrefix("≥ is at least") == true)
    #expect(try page.network(1)["arrays"]?["computed"] == nil && page.network(1)["lowerLimit"]?.bool == false)
    let rows = page.texts.filter { $0.hasPrefix("at least ") }
    #expect(!rows.isEmpty)
  }

  @Test("other joints: 14 about a pelvis that is none of them, 33 landmarks, 5 about a middle")
  func skeletons() throws {
    for skeleton in [Skeleton.h36m14, .blazepose33, .five] {
      let page = try PageReader([record { $0.skeleton = skeleton }])
      let report = try page.report()
      #expect(report["measured"]?.string == skeleton.name)
      let own = try #require(page.header["skeletons"]?[skeleton.name])
      #expect(own["joints"]?.strings == skeleton.joints)
      #expect(own["bones"]?.array?.count == skeleton.bones.count)
      #expect(report["rootJoint"] == JSONValue.null)
      #expect(try page.network()["measuredFrom"]?.array?.count == skeleton.count)
      #expect(
        try page.array("error").count == record { $0.skeleton = skeleton }.positions.count * skeleton.count)
    }
    #expect(try PageReader([record()]).report()["rootJoint"]?.string == "pelvis")
  }

  @Test("joints that are measured and not predicted have no place among those that are") func regressed()
    throws
  {
    let (whole, measured) = (record(), record { $0.skeleton = .h36m14 })
    func withJoints(_ results: PositionResults, of other: PositionResults) -> PositionResults {
      var arrays = results.arrays
      arrays[.joints] = other.joints
      return PositionResults(arrays)
    }
    let own = SweepRecord(
      settings: measured.settings, notes: measured.notes, positions: measured.positions, skeleton: .smpl24,
      measured: .h36m14, results: withJoints(measured.results, of: whole.results),
      clean: withJoints(measured.clean, of: whole.clean), context: measured.context)
    let page = try PageReader([own])
    #expect(try page.network()["measuredFrom"] == JSONValue.null)
    #expect(try page.network()["skeleton"]?.string == "smpl24")
    #expect(page.header["skeletons"]?.object?.keys.sorted() == ["h36m14", "smpl24"])
  }

  @Test("skeletons of one name are told apart") func sameName() throws {
    let other = try Skeleton(name: "five", joints: ["a", "b", "c"], bones: [["a", "b"]])
    let page = try PageReader([
      record { $0.skeleton = .five },
      record { ($0.skeleton, $0.picture) = (other, "b.png") },
    ])
    #expect(page.header["skeletons"]?.object?.count == 2)
    let name = try #require(page.report(1)["measured"]?.string)
    #expect(page.header["skeletons"]?[name]?["joints"]?.array?.count == 3)
  }

  @Test("a worker's misses, uncertainty and confidence") func worker() throws {
    let page = try PageReader([
      record {
        $0.parts.insert(.uncertainty)
        $0.misses = { $0 == 5 }
      }, record { ($0.label, $0.seed) = ("plain", 2) },
    ])
    let names = try page.report()["quantities"]?.array?.compactMap { $0["name"]?.string }
    #expect(names?.suffix(2) == ["uncertainty", "confidence"])
    let quantity = try page.quantity("confidence")
    #expect(quantity["unit"]?.string == "" && quantity["decimals"]?.integer == 2)
    #expect(quantity["networks"]?.array?[1]["why"]?.string == "plain reports no confidence.")
    #expect(quantity["differences"]?.array?[0]["why"]?.string == "plain reports no confidence.")
    #expect(quantity["rangeDecimals"]?.integer == 2)
    #expect(try page.network(1)["arrays"]?["confidence"] == nil)
    let report = PictureReport.grouped([
      record {
        $0.parts.insert(.uncertainty)
        $0.misses = { $0 == 5 }
      }, record { ($0.label, $0.seed) = ("plain", 2) },
    ])[0]
    let paper = try #require(PairedMapsPage(uncertaintyIn: report, report.entries)?.networks[0])
    let key = try #require(quantity["keys"]?.array?[0])
    #expect(key["title"]?.string == paper.panels[2].key.title.text)
    #expect(key["high"]?.number == paper.panels[2].key.scale.high)
    let facts = try #require(page.network()["facts"]?.strings)
    #expect(facts.contains { $0.hasPrefix("nobody found at") } && paper.lines.allSatisfy(facts.contains))
    let joints = Skeleton.smpl24.count
    #expect(try page.array("error")[5 * joints..<6 * joints].allSatisfy(\.isNaN))
    #expect(try page.array("joints")[5 * joints * 3].isNaN)
  }

  @Test("shapes and fills") func occluders() throws {
    let shapes: [(Occlusion.Shape, String, Int)] = [
      (.square, "square", 17), (.rectangle(aspect: 2), "rectangle", 34), (.disc, "disc", 17),
    ]
    for (shape, name, height) in shapes {
      let page = try PageReader([
        record { $0.occlusion = Occlusion(shape: shape, fill: .colour(red: 255, green: 128, blue: 0)) }
      ])
      let occluder = try #require(page.network()["occluder"])
      #expect(occluder["shape"]?.string == name && occluder["height"]?.integer == height)
      #expect(occluder["fill"]?["colour"]?.string == "#ff8000")
    }
    #expect(try PageReader([record()]).network()["occluder"]?["fill"]?["colour"]?.string == "#7c7468")
  }

  @Test("a record of errors alone") func bare() throws {
    let page = try PageReader([record { $0.parts = [] }])
    let network = try page.network()
    #expect(network["arrays"]?.object?.keys.sorted() == ["error"])
    #expect(network["picture"] == JSONValue.null && network["skeleton"] == JSONValue.null)
    #expect(try page.report()["quantities"]?.array?.count == 1)
  }

  @Test("nobody found anywhere") func missedEverywhere() throws {
    let page = try PageReader([record { $0.misses = { _ in true } }])
    #expect(try page.network()["worst"]?.array?.isEmpty == true && page.header["start"]?["at"]?.string == "")
    #expect(try page.array("error").allSatisfy(\.isNaN))
  }

  @Test("the built-in body is packed where records are of it, and no other") func bodies() throws {
    let path = fixture("records/person-1.gap.zarr")
    let own = try SweepRecord(contentsOf: path)
    let body = try SMPLBody()
    var same = own, other = own
    same.settings.body = body.source
    other.settings.body = .init(name: "SMPL_NEUTRAL.pkl", fingerprint: "another")
    let packed = try PageReader([same]) { $0.bodies = [try! .builtIn()] }
    let network = try packed.network()
    #expect(network["body"]?.string == "body")
    let header = try #require(packed.header["bodies"]?["body"])
    #expect(header["licence"]?.string == "CC0" && header["vertices"]?.integer == 1000)
    #expect(try packed.numbers(#require(header["faces"])).max() == 999)
    let small = try SMPLBody(contentsOf: fixture("body_1000.npz")).model
    #expect(try packed.numbers(#require(header["faces"])).count == 3 * small.faces.count)
    // Vectors turn as the recorded rotations do.
    let vectors = try packed.array("rotations")
    let rotations = try #require(own.results.body?.rotations)
    let back = Rotation.matrices(
      poses: Tensor([own.positions.count, Joint.count * 3], vectors.map(Float.init)))
    expectClose(back.elements, rotations.elements, absolute: 4e-3)
    let without = try PageReader([other]) { $0.bodies = [try! .builtIn()] }
    #expect(
      try without.network()["body"] == JSONValue.null && without.network()["arrays"]?["rotations"] == nil)
    #expect(without.header["bodies"]?.object?.isEmpty == true)
  }
}
