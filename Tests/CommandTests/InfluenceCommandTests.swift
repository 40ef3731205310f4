import Bodies
import Evaluation
import Foundation
import Models
import Records
import TestSupport
import Tensors
import Testing

/// `influence`, over a few rendered people.
@Suite("Influence of body parts, from the command line") struct InfluenceCommandTests {
  /// Three rendered people swept with two networks; the folder of records.
  static func sweep(_ material: Material, truth: Bool = true, _ more: String...) throws -> String {
    let folder = material.folder
    let render = try CommandLineRun([
      "render", "--count", "3", "--seed", "6", "--side", "64", "--out", folder + "/people", "--body",
      material.body,
    ])
    #expect(render.code == 0, "\(render.error)")
    let run = try CommandLineRun(
      [
        "sweep", folder + "/people", "--model", material.pooled, "--model", material.attention, "--body",
        material.body, "--stride", "16", "--out", folder + "/records",
      ] + (truth ? ["--truth", folder + "/people"] : []) + more)
    #expect(run.code == 0, "\(run.error)")
    return folder + "/records"
  }

  private func object(_ run: CommandLineRun) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
  }

  @Test(
    "the matrix is the mean increase over positions that hide half of a part, then over pictures",
    arguments: ["square", "disc"])
  func matrix(_ shape: String) throws {
    try withMaterial { material in
      let out = try Self.sweep(material, "--shape", shape)
      let pdf = material.folder + "/parts.pdf"
      let run = try CommandLineRun(["influence", out, "--body", material.body, "--json", "--out", pdf])
      #expect(run.code == 0, "\(run.error)")
      #expect(try Data(contentsOf: URL(filePath: pdf)).starts(with: Data("%PDF".utf8)))
      let found = try object(run)
      #expect(found["networks"] as? [String] == ["pooled", "attending"])
      #expect(found["bodies"] as? [String] == ["ground truth"])
      let entries = try #require(found["entries"] as? [[String: Any]])
      let body = try SMPLBody(contentsOf: material.body).model
      for (entry, network) in zip(entries, ["pooled", "attending"]) {
        let records = try SweepRecord.finished(in: out).map(\.record).filter {
          $0.settings.model.label == network
        }
        #expect(records.count == 3)
        // Millimetres by part and joint, of the pictures in which the part is covered somewhere.
        var sums: [[[Double]]] = Array(repeating: Array(repeating: [], count: 24), count: 24)
        for record in records {
          let truth = try #require(record.context.truthBody),
            camera = try #require(record.context.truthCamera)
          let shown = Silhouette(
            of: body, rotations: truth.rotations, betas: truth.betas, camera: WeakPerspectiveCamera(camera),
            side: record.settings.frame.side)
          let side = record.settings.frame.side
          let coverage = record.settings.occlusion.coverage(
            record.settings.occlusion.extent(in: record.settings.frame))
          for part in 0..<24 {
            let pixels = shown.parts.indices.filter { shown.parts[$0] == UInt8(part + 1) }
            guard Double(pixels.count) >= 0.0005 * Double(side * side) else { continue }
            let covering = (0..<record.positions.count).filter { index in
              let window = record.positions[index].window
              let hidden = pixels.count { pixel in
                let (row, column) = (pixel / side, pixel % side)
                guard window.y.pixels.contains(row), window.x.pixels.contains(column) else { return false }
                return (coverage?[row - window.y.start, column - window.x.start] ?? 1) > 0.5
              }
              return 2 * hidden >= pixels.count
            }
            guard !covering.isEmpty else { continue }
            for joint in 0..<24 {
              let rise = covering.map {
                Double(record.results.error[$0, joint] - record.clean.error[0, joint]) * 1000
              }
              sums[part][joint].append(rise.reduce(0, +) / Double(rise.count))
            }
          }
        }
        let influence = try #require(entry["influence"] as? [String: Any])
        let mean = try #require(influence["mean_mm"] as? [[Any]])
        let pictures = try #require(influence["pictures"] as? [[Int]])
        var compared = 0
        for part in 0..<24 {
          for joint in 0..<24 {
            #expect(pictures[part][joint] == sums[part][joint].count)
            guard !sums[part][joint].isEmpty else {
              #expect(mean[part][joint] is NSNull)
              continue
            }
            let expected = sums[part][joint].reduce(0, +) / Double(sums[part][joint].count)
            let own = try #require(mean[part][joint] as? Double)
            #expect(abs(own - expected) < 1e-3, "part \(part), joint \(joint)")
            compared += 1
          }
        }
        #expect(compared > 24 * 5)
      }
    }
  }

  @Test("other numbers are the means of what each record's own findings say") func values() throws {
    try withMaterial { material in
      let out = try Self.sweep(material)
      let found = try object(try CommandLineRun(["influence", out, "--body", material.body, "--json"]))
      let entry = try #require((found["entries"] as? [[String: Any]])?.last)
      let values = try #require(entry["values"] as? [String: [String: Any]])
      let findings = try SweepRecord.finished(in: out).map(\.record)
        .filter { $0.settings.model.label == "attending" }.map { Findings($0) }
      func mean(_ value: (Findings) -> Float?) -> Double {
        let known = findings.compactMap(value).map(Double.init)
        return known.reduce(0, +) / Double(known.count)
      }
      let pairs: [(String, (Findings) -> Float?)] = [
        ("clean_mm", { $0.clean.millimetres }), ("mean_mm", { $0.mean.millimetres }),
        ("worst_mm", { $0.worst.millimetres }), ("pa_worst_mm", { $0.worst.alignedMillimetres }),
        ("increase_mm", { $0.mean.millimetres - $0.clean.millimetres }),
        ("on_body_increase_mm", { $0.onBody?.increase?.millimetres }),
      ]
      for (key, value) in pairs {
        let own = try #require(values[key]?["mean"] as? Double, "\(key)")
        #expect(abs(own - mean(value)) < 0.01, "\(key): \(own), \(mean(value))")
        let (low, high) = (values[key]?["low"] as? Double ?? .nan, values[key]?["high"] as? Double ?? .nan)
        #expect(low <= own + 1e-9 && own <= high + 1e-9)
      }
      // The difference from the first network is that of the means.
      let first = try #require(
        ((found["entries"] as? [[String: Any]])?.first?["values"] as? [String: [String: Any]])?["mean_mm"]?[
          "mean"]
          as? Double)
      let difference = try #require(
        (entry["minus_first"] as? [String: [String: Any]])?["mean_mm"]?["mean"] as? Double)
      #expect(abs(difference - ((values["mean_mm"]?["mean"] as? Double ?? .nan) - first)) < 1e-6)
      // Every picture has its worst position, the worst first.
      let worst = try #require(entry["worst_positions"] as? [[String: Any]])
      let sizes = worst.compactMap { $0["mm"] as? Double }
      #expect(sizes.count == 3 && sizes == sizes.sorted(by: >))
      #expect(
        abs(sizes[0] - findings.map { Double($0.worst.millimetres - $0.clean.millimetres) }.max()!) < 0.01)
    }
  }

  @Test(
    "without ground truth the body is the first network's clean prediction, and distances are displacements")
  func withoutTruth() throws {
    try withTemporaryFolder { folder in
      let people = folder + "/people", out = folder + "/records"
      let render = try CommandLineRun([
        "render", "--count", "2", "--seed", "6", "--side", "96", "--out", people,
      ])
      #expect(render.code == 0, "\(render.error)")
      let sweep = try CommandLineRun([
        "sweep", people, "--model", "gap-small", "--model", "attention-small", "--stride", "28", "--out", out,
      ])
      #expect(sweep.code == 0, "\(sweep.error)")
      let run = try CommandLineRun(["influence", out])
      #expect(run.code == 0, "\(run.error)")
      #expect(run.output.contains("displacement while a part is covered"))
      let found = try object(try CommandLineRun(["influence", out, "--json"]))
      #expect(found["bodies"] as? [String] == ["clean prediction of gap-small"])
      #expect(found["quantity"] as? String == "displacement from the clean prediction")
    }
  }

  @Test("parts are hidden by their outline, and are taken together over pictures") func parts() throws {
    try withTemporaryFolder { folder in
      let people = folder + "/people", out = folder + "/records"
      let render = try CommandLineRun([
        "render", "--count", "3", "--seed", "6", "--side", "192", "--out", people,
      ])
      #expect(render.code == 0, "\(render.error)")
      let models = ["--model", "gap-small", "--model", "attention-small", "--out", out]
      let run = try CommandLineRun(["sweep", people, "--truth", people, "--shape", "part:all"] + models)
      #expect(run.code == 0, "\(run.error)")
      #expect(
        run.error.contains("penumbra influence \(out)") && run.error.contains("shows nothing to hide of"))
      let body = try SMPLBody().model
      let records = try SweepRecord.finished(in: out).map(\.record)
      #expect(records.count > 2 * 3 * 12 && records.count < 2 * 3 * 24)
      var rises: [String: [Float]] = [:]
      for record in records {
        #expect(record.positions.count == 1)
        let part = try #require(record.settings.occlusion.shape.part)
        let truth = try #require(record.context.truthBody), camera = try #require(record.context.truthCamera)
        let side = record.settings.frame.side
        let shown = Silhouette(
          of: body, rotations: truth.rotations, betas: truth.betas, camera: WeakPerspectiveCamera(camera),
          side: side)
        let window = record.positions[0].window, coverage = try #require(record.context.occluderCoverage)
        var (both, either) = (0, 0)
        for row in 0..<side {
          for column in 0..<side {
            let isPart = shown.parts[row * side + column] == UInt8(part.rawValue + 1)
            let isHidden =
              window.y.pixels.contains(row) && window.x.pixels.contains(column)
              && coverage[row - window.y.start, column - window.x.start] > 0.5
            both += isPart && isHidden ? 1 : 0
            either += isPart || isHidden ? 1 : 0
          }
        }
        // Thin parts are a few pixels wide in a crop of 96.
        if either > 60 {
          #expect(
            Float(both) > (either > 150 ? 0.8 : 0.6) * Float(either), "\(part.name): \(both) of \(either)")
        }
        if record.settings.model.label == "gap-small" {
          let joints = record.measured.count
          let rise = (0..<joints).map { record.results.error[0, $0] - record.clean.error[0, $0] }
          rises[part.name, default: []].append(1000 * rise.reduce(0, +) / Float(joints))
        }
      }
      let found = try object(try CommandLineRun(["influence", out, "--json"]))
      let entries = try #require(found["entries"] as? [[String: Any]])
      #expect(entries.count == 2 && found["left_out"] as? Int == 0)
      let parts = try #require(entries[0]["parts"] as? [[String: Any]])
      for part in parts {
        let name = try #require(part["part"] as? String),
          mean = try #require(part["mean_mm"] as? [String: Any])
        let own = try #require(rises[name], "\(name)")
        #expect(mean["pictures"] as? Int == own.count)
        #expect(abs((mean["mean"] as? Double ?? .nan) - Double(own.reduce(0, +)) / Double(own.count)) < 0.01)
      }
      #expect(parts.count == rises.count)
    }
  }

  @Test("records that do not go together are refused with a reason") func refusals() throws {
    try withMaterial { material in
      let out = try Self.sweep(material)
      let record = try #require(try SweepRecord.paths(in: out).first)
      expectFailure(
        try CommandLineRun(["influence", record, record, "--body", material.body]), 65,
        "same picture, network")
      expectFailure(
        try CommandLineRun(["influence", material.folder + "/people"]), 65, "contains no records")
      expectFailure(try CommandLineRun(["influence", out, "--out", "x.png"]), 64, "ends in .pdf")
      expectFailure(try CommandLineRun(["influence", out]), 65, "give it with --body")
      let impostor = try CommandLineRun([
        "sweep", material.folder + "/people", "--truth", material.folder + "/people", "--model",
        "pooled=\(material.attention)", "--body", material.body, "--stride", "56", "--shape", "disc", "--out",
        out,
      ])
      #expect(impostor.code == 0, "\(impostor.error)")
      expectFailure(
        try CommandLineRun(["influence", out, "--body", material.body]), 65,
        "is of another network called pooled")
      let picture = [
        "sweep", material.picture, "--model", material.pooled, "--body", material.body, "--out", out + "2",
      ]
      expectFailure(
        try CommandLineRun(picture + ["--shape", "part:head", "--tolerance", "2"]), 64, "is at one place")
      expectFailure(try CommandLineRun(picture + ["--shape", "part:nose"]), 64, "part:nose")
      // The network puts nobody into the picture.
      expectFailure(try CommandLineRun(picture + ["--shape", "part:head"]), 65, "shows none of the parts")
    }
  }
}
