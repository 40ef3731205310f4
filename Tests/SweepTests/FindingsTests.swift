import Bodies
import Foundation
import Networks
import Sweeps
import TestSupport
import Tensors
import Testing

/// Records of made-up errors: error of joint j at place p is `(base + p + j) / 1000` metres.
enum HandMade {
  static let places = 9

  static func record(
    label: String = "a", base: Float = 10, clean: Float = 5, truth: Bool = true,
    visibility: [Visibility]? = (0..<24).map { $0 < 6 ? .visible : .selfOccluded }, picture: String = "1",
    stride: Int = 80, body: String = "b"
  ) -> SweepRecord {
    let info = SweepRecord.Info(
      label: label, network: .init(name: label, fingerprint: label), head: "pooled",
      picture: .init(name: "person.png", fingerprint: picture), box: nil, crop: "spin",
      body: .init(name: "body.npz", fingerprint: body),
      truth: truth ? .init(name: "person.json", fingerprint: "t") : nil, visibility: visibility,
      maskOf: .truth, jointSet: .smpl24, occluder: Occluder(size: 80), grid: Grid(.centred, stride: stride),
      side: 14, seed: 0)
    var mask = Tensor([14, 14])
    for y in 5..<10 { for x in 0..<14 { mask[y, x] = 1 } }  // the middle row of places
    return SweepRecord(
      info: info, measurements: measurements(places) { (base + Float($0 + $1)) / 1000 },
      clean: measurements(1) { _, joint in truth ? (clean + Float(joint)) / 1000 : 0 },
      reference: Tensor([24, 3]), bodyMask: mask, picture: .init(side: 1, bytes: [0, 0, 0]))
  }

  /// Joints whose distances from the origin are the errors; the aligned ones are half as large.
  static func measurements(_ places: Int, _ error: (_ place: Int, _ joint: Int) -> Float) -> Measurements {
    let errors = Tensor([places, 24], (0..<places * 24).map { error($0 / 24, $0 % 24) })
    return Measurements(
      joints: Tensor([places, 24, 3]), error: errors, alignedError: errors.map { $0 / 2 },
      rotations: Tensor([places, 24, 3, 3]), betas: Tensor([places, 10]), camera: Tensor([places, 3]))
  }
}

@Suite("Findings") struct FindingsTests {
  @Test("means, worst values and places agree with sums by hand") func numbers() {
    let findings = Findings(HandMade.record())
    #expect(findings.places == 9)
    // Mean over joints at place p: 10 + p + 11.5; over nine places p is 4 on average.
    expectClose([findings.clean.millimetres, findings.mean.millimetres], [16.5, 25.5], absolute: 1e-3)
    expectClose(
      [findings.worst.millimetres, findings.worst.alignedMillimetres], [29.5, 14.75], absolute: 1e-3)
    // The middle row holds places 3, 4, 5: 4 on average; the others 0, 1, 2, 6, 7, 8: 4 as well.
    #expect(findings.onBody.places == 3 && findings.offBody.places == 6)
    expectClose(
      [findings.onBody.rise!.millimetres, findings.offBody.rise!.millimetres], [9, 9], absolute: 1e-3)

    let knee = findings.joints[Joint.leftKnee.rawValue]
    #expect(knee.joint == "left_knee" && knee.visibility == .visible)
    expectClose(
      [knee.cleanMillimetres, knee.meanMillimetres, knee.worstMillimetres], [9, 18, 22], absolute: 1e-3)
    expectClose([knee.alignedMeanMillimetres, knee.alignedWorstMillimetres], [9, 11], absolute: 1e-3)
    #expect(knee.worstPlace.row == 2 && knee.worstPlace.column == 2)
    #expect(knee.worstPlace.x == 10.5 && knee.worstPlace.y == 10.5)

    #expect(findings.visible?.joints.count == 6 && findings.hidden?.joints.count == 18)
    expectClose([findings.visible!.mean!.millimetres], [10 + 4 + 2.5], absolute: 1e-3)
    expectClose([findings.hidden!.mean!.millimetres], [10 + 4 + 14.5], absolute: 1e-3)
    expectClose([findings.hidden!.clean!.millimetres], [5 + 14.5], absolute: 1e-3)
  }

  @Test("a body mask under some places tells the rise on the body from that off it") func regions() {
    var record = HandMade.record()
    var errors = record.measurements.error
    for joint in 0..<24 { for place in 3...5 { errors[place, joint] += 0.1 } }
    record = record.replacingError(errors)
    let findings = Findings(record)
    expectClose(
      [findings.onBody.rise!.millimetres, findings.offBody.rise!.millimetres], [109, 9], absolute: 1e-2)
  }

  @Test("the worst places are apart by the patch") func worstPlaces() {
    // Patches of 5 pixels at a distance of 5: every place is apart from every other.
    #expect(HandMade.record().worstPlaces() == [8, 7, 6])
    // At a stride of 2 (1.875 rounded), 7 × 7 places: those next to the worst one are passed over.
    let dense = HandMade.record(stride: 30)
    let places = dense.places
    var errors = Tensor([places.count, 24], repeating: 0.01)
    for joint in 0..<24 {
      errors[24, joint] = 0.5
      errors[25, joint] = 0.4  // overlaps the worst
      errors[27, joint] = 0.3  // 6 pixels to the right
    }
    let chosen = dense.replacingError(errors).worstPlaces(2)
    #expect(places.rows.count == 7 && chosen == [24, 27])
  }

  @Test("json carries units in its keys, and never an error where there is no truth") func keys() throws {
    func json(_ record: SweepRecord) throws -> String {
      String(decoding: try JSONEncoder().encode(Findings(record)), as: UTF8.self)
    }
    let error = try json(HandMade.record())
    for key in ["mpjpe_mm", "pa_mpjpe_mm", "worst_mm", "on_body", "visible", "worst_places", "x_px"] {
      #expect(error.contains("\"\(key)\""))
    }
    let displacement = try json(HandMade.record(truth: false))
    #expect(displacement.contains("displacement_mm") && displacement.contains("displacement from the clean"))
    #expect(!displacement.contains("mpjpe") && !displacement.contains("error"))
    let findings = Findings(HandMade.record())
    #expect(try JSONDecoder().decode(Findings.self, from: JSONEncoder().encode(findings)) == findings)
  }

  @Test("without visibility nothing is said of it") func unknownVisibility() {
    let findings = Findings(HandMade.record(visibility: nil))
    #expect(findings.visible == nil && findings.hidden == nil && findings.joints[0].visibility == nil)
  }

  @Test("a comparison is the second less the first") func comparison() throws {
    let comparison = try Comparison(
      HandMade.record(), HandMade.record(label: "b", base: 30, clean: 7), file: "b.zarr")
    expectClose(
      [comparison.difference.mean.millimetres, comparison.difference.clean.millimetres], [20, 2],
      absolute: 1e-3)
    expectClose([comparison.difference.onBodyRise!.millimetres], [18], absolute: 1e-3)
    expectClose([comparison.difference.joints[4].worstMillimetres], [20], absolute: 1e-3)
  }

  @Test("sweeps that were not made alike are not compared") func refused() {
    let first = HandMade.record()
    for second in [
      HandMade.record(picture: "2"), HandMade.record(truth: false), HandMade.record(stride: 40),
      HandMade.record(body: "c"),
    ] {
      let error = #expect(throws: SweepError.self) { try Comparison(first, second, file: "b.zarr") }
      #expect(error?.kind == .badData && error?.description.hasPrefix("b.zarr: ") == true)
    }
  }
}

extension SweepRecord {
  func replacingError(_ error: Tensor) -> SweepRecord {
    let count = error.shape[0]
    return SweepRecord(
      info: info,
      measurements: Measurements(
        joints: Tensor([count, 24, 3]), error: error, alignedError: error,
        rotations: Tensor([count, 24, 3, 3]), betas: Tensor([count, 10]), camera: Tensor([count, 3])),
      clean: clean, reference: reference, bodyMask: bodyMask, picture: picture)
  }
}
