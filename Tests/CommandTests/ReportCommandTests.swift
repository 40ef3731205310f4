import Models
import Archives
import Foundation
import Pictures
import Records
import TestSupport
import Tensors
import Testing

@Suite("Report, from the command line") struct ReportCommandTests {
  @Test("draws a report, figures and arrays from records alone, in the same bytes every time") func report()
    throws
  {
    try withMaterial { material in
      let sweep = try CommandLineRun(
        material.sweep("--model", material.attention, "--truth", material.truth))
      #expect(sweep.code == 0, "\(sweep.error)")
      let out = material.folder + "/report"
      // What the sweep read is not needed any more.
      for file in [material.picture, material.truth, material.pooled, material.attention] {
        try FileManager.default.removeItem(atPath: file)
      }
      let arguments = ["report", material.folder + "/out", "--body", material.body]
      let run = try CommandLineRun(
        arguments + ["--out", out + "/a.pdf", "--png", out + "/png", "--npz", out + "/npz"])
      #expect(run.code == 0 && run.error.isEmpty, "\(run.error)")
      let again = try CommandLineRun(arguments + ["--out", out + "/b.pdf"])
      #expect(again.code == 0)
      let pdf = try Data(contentsOf: URL(filePath: out + "/a.pdf"))
      #expect(try pdf == Data(contentsOf: URL(filePath: out + "/b.pdf")))

      let figure = try Picture(contentsOf: out + "/png/person-pooled-mean.png")
      #expect(figure.width == 480)
      let record = try material.read()
      let arrays = try Archive(contentsOf: out + "/npz/person.pooled.square40-stride28.npz")
      #expect(try arrays.tensor("error").elements == record.results.error.elements)
      #expect(try arrays.tensor("error").shape == [8, 8, 24])
      #expect(try arrays.tensor("mean_error") == record.meanError)
      #expect(try arrays.tensor("row_centres_px").elements == record.positions.rows.map(\.centre))
    }
  }

  @Test("accepts pictures swept by fewer networks, and pictures of the same name") func uneven() throws {
    try withMaterial { material in
      let (first, second) = (material.folder + "/one", material.folder + "/two")
      let one = try CommandLineRun(material.sweep(to: "one"))
      let two = try CommandLineRun(
        material.sweep("--model", material.attention, "--truth", material.truth, to: "two"))
      #expect(one.code == 0 && two.code == 0, "\(one.error)\(two.error)")
      // What a killed sweep may leave is no record.
      let partial = first + "/.person.gap.square40.zarr.7-9.partial"
      try FileManager.default.createDirectory(atPath: partial, withIntermediateDirectories: true)
      try Data("{}".utf8).write(to: URL(filePath: partial + "/zarr.json"))
      let (png, npz) = (material.folder + "/png", material.folder + "/npz")
      let run = try CommandLineRun([
        "report", first, second, "--body", material.body, "--out", material.folder + "/a.pdf", "--png", png,
        "--npz", npz,
      ])
      #expect(run.code == 0, "\(run.error)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: npz).count == 3)
      let figures = try FileManager.default.contentsOfDirectory(atPath: png)
      #expect(run.output.contains(": \(figures.count) figures"))
      #expect(figures.contains("person-pooled-mean.png") && figures.contains("person-2-pooled-mean.png"))

      let other = try CommandLineRun(material.sweep("--occluder-size", "56", to: "other"))
      #expect(other.code == 0, "\(other.error)")
      let mixed = try CommandLineRun([
        "report", first, material.folder + "/other", "--body", material.body, "--out",
        material.folder + "/b.pdf", "--png", png + "-mixed",
      ])
      #expect(mixed.code == 0, "\(mixed.error)")
      let settings = try FileManager.default.contentsOfDirectory(atPath: png + "-mixed")
      #expect(settings.contains("person-square40-stride28-pooled-mean.png"))
      #expect(settings.contains("person-square56-stride28-pooled-mean.png"))
    }
  }

  @Test("networks of a folder are in the order in which they were swept") func order() throws {
    try withMaterial { material in
      let sweep = try CommandLineRun([
        "sweep", material.picture, "--model", "z=" + material.attention, "--model", "m=" + material.pooled,
        "--model",
        "a=" + material.attention, "--body", material.body, "--stride", "112", "--out",
        material.folder + "/out",
      ])
      #expect(sweep.code == 0, "\(sweep.error)")
      let found = try SweepRecord.finished(in: material.folder + "/out")
      #expect(found.map(\.record.settings.model.label) == ["z", "m", "a"])
    }
  }

  @Test("patches too large to be apart give fewer worst positions, in figures too") func large() throws {
    try withMaterial { material in
      let run = try CommandLineRun([
        "sweep", material.picture, "--model", material.attention, "--body", material.body, "--out",
        material.folder + "/large", "--stride", "112", "--occluder-size", "200",
      ])
      #expect(run.code == 0, "\(run.error)")
      let report = try CommandLineRun([
        "report", material.folder + "/large", "--body", material.body, "--out", material.folder + "/a.pdf",
      ])
      #expect(report.code == 0, "\(report.error)")
    }
  }

  @Test("reports what is wrong with its input") func badInput() throws {
    try withMaterial { material in
      #expect(try CommandLineRun(material.sweep()).code == 0)
      func expectFailure(_ arguments: [String], _ code: Int32, _ line: String) throws {
        let run = try CommandLineRun(["report"] + arguments + ["--body", material.body])
        #expect(run.code == code && run.errorLines == [Substring(line)], "\(run.error)")
      }
      let folder = material.folder
      try expectFailure(
        [folder + "/none"], 66, "penumbra: \(folder)/none: no such record; check the path")
      try FileManager.default.createDirectory(atPath: folder + "/empty", withIntermediateDirectories: true)
      try expectFailure(
        [folder + "/empty"], 65,
        "penumbra: \(folder)/empty: contains no records; give a folder that penumbra sweep wrote"
      )
      let run = try CommandLineRun([
        "report", material.record(), "--body", material.body, "--out", "/proc/report.pdf",
      ])
      #expect(
        run.code == 73 && run.errorLines.count == 1 && run.error.hasPrefix("penumbra: /proc/report.pdf"))
      let usage = try CommandLineRun(["report", material.record(), "--colormap", "rainbow"])
      #expect(usage.code == 64 && usage.error.contains("'inferno', 'viridis' or 'jet'"))

      // Half of a sweep is not a report.
      let record = try material.record()
      try FileManager.default.removeItem(atPath: record + "/error/c/0")
      try expectFailure(
        [record], 65, "penumbra: \(record): is incomplete; run the same penumbra sweep again to complete it")
    }
  }

  @Test("a record of version 0.1.0 is inspected, reported, compared and measured; a sweep leaves it alone")
  func format1() throws {
    try withTemporaryFolder { folder in
      let record = folder + "/person-1.gap.zarr"
      try FileManager.default.copyItem(atPath: fixture("records/person-1.gap.zarr"), toPath: record)
      let before = try files(under: record)
      let inspected = try CommandLineRun(["inspect", record])
      #expect(inspected.output.contains("penumbra 0.1.0") && inspected.output.contains("filled with 0.5"))
      let report = try CommandLineRun([
        "report", folder, "--out", folder + "/a.pdf", "--npz", folder + "/npz",
      ])
      #expect(report.code == 0 && report.error.isEmpty, "\(report.error)")
      #expect(try CommandLineRun(["compare", record, record]).output.contains("4 positions"))

      let (truth, measured) = (fixture("people/person-1.json"), folder + "/measured.zarr")
      let run = try CommandLineRun(["measure", record, "--truth", truth, "--out", measured])
      #expect(run.code == 0, "\(run.error)")
      let (old, new) = (try SweepRecord(contentsOf: record), try SweepRecord(contentsOf: measured))
      // The record was made on another processor.
      expectClose(new.results.error, old.results.error, absolute: 1e-6)
      expectClose(new.clean.error, old.clean.error, absolute: 1e-6)

      let sweep = try CommandLineRun([
        "sweep", fixture("people/person-1.png"), "--model", "gap=gap-small", "--stride", "112", "--out",
        folder,
      ])
      #expect(sweep.code == 0, "\(sweep.error)")
      #expect(try files(under: record) == before)
    }
  }

  @Test(
    "a record that xarray rewrote, its chunks compressed, gives the same arrays", .enabled(if: Python.isThere)
  )
  func rewritten() throws {
    try withMaterial { material in
      #expect(try CommandLineRun(material.sweep("--truth", material.truth)).code == 0)
      let copy = material.folder + "/copy.zarr"
      let codec = try Python.run(
        """
        import json, pathlib, sys, xarray
        record = xarray.open_zarr(sys.argv[1]).load()
        for array in record.variables.values():
          array.encoding = {}
        record.to_zarr(sys.argv[2], zarr_format=3, consolidated=False)
        metadata = json.loads(pathlib.Path(sys.argv[2], "error", "zarr.json").read_text())
        print(metadata["codecs"][-1]["name"])
        """, material.record(), copy)
      #expect(codec == "zstd")
      for (record, name) in [(try material.record(), "a"), (copy, "b")] {
        let run = try CommandLineRun([
          "report", record, "--body", material.body, "--out", "\(material.folder)/\(name).pdf", "--npz",
          "\(material.folder)/\(name)",
        ])
        #expect(run.code == 0, "\(run.error)")
      }
      let first = try files(under: material.folder + "/a"), second = try files(under: material.folder + "/b")
      #expect(first.count == 1 && Array(first.values) == Array(second.values))
    }
  }

  @Test("draws skeletons when the body is another one, and reports it") func otherBody() throws {
    try withMaterial { material in
      #expect(try CommandLineRun(material.sweep()).code == 0)
      let run = try CommandLineRun(["report", material.record(), "--out", material.folder + "/r.pdf"])
      #expect(run.code == 0 && run.error.contains("body.npz is not the body of every record"))
    }
  }
}
