import Archives
import Bodies
import Foundation
import Models
import Records
import Sweeps
import TestSupport
import Tensors
import Testing

/// What Python's readers make of records.
@Suite("Records in Python", .enabled(if: Python.isThere)) struct PythonTests {
  static func withRecord(isOther: Bool = false, _ body: (_ path: String, SweepRecord) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let record = try HandMade.full(isOther: isOther)
      try record.write(to: folder + "/a.zarr")
      try body(folder + "/a.zarr", record)
    }
  }

  @Test("zarr reads equal numbers") func zarr() throws {
    try Self.withRecord { path, record in
      let script = """
        import sys, zarr
        group = zarr.open_group(sys.argv[1], mode="r")
        error = group["error"]
        print(group.attrs["label"], *error.shape, *error.metadata.dimension_names, group["row"][1])
        print(*(float(value) for value in error[1, 2]))
        """
      let lines = try Python.run(script, path).split(separator: "\n")
      #expect(lines[0] == "full 2 3 5 row column joint 6.5")
      let expected = record.results.error.rows(5..<6).elements
      #expect(lines[1].split(separator: " ").compactMap { Float($0) } == expected)
    }
  }

  @Test("xarray selects joints by name and positions by pixels of the picture", arguments: [false, true])
  func xarray(isOther: Bool) throws {
    try Self.withRecord(isOther: isOther) { path, record in
      let script = """
        import sys, xarray
        data = xarray.open_zarr(sys.argv[1])
        print(*data.error.dims, *data.joints.dims, *data.joint.values)
        print(data.error.attrs["units"], data.error.attrs["long_name"])
        hand = data.error.sel(joint="right_hand")
        print(*(float(value) for value in hand.values.ravel()))
        print(*(float(value) for value in data.picture_row.values), *data.picture_row.dims)
        print(sorted(set(data.error.coords)))
        nearest = data.error.swap_dims(row="picture_row").sel(picture_row=18.2, method="nearest")
        print(float(nearest.isel(column=0, joint=0)))
        print(float(data.clean_error.sel(joint="left_hand")), data.body_mask.dtype, data.attrs["quantity"])
        """
      let lines = try Python.run(script, path).split(separator: "\n").map(String.init)
      try #require(lines.count == 7, "\(lines)")
      let joints = isOther ? ["left_hand", "right_hand"] : DummyModel.skeleton.joints
      let predicted = isOther ? "predicted_joint" : "joint"
      #expect(lines[0] == "row column joint row column \(predicted) axis " + joints.joined(separator: " "))
      #expect(lines[1] == "m distance from the reference, roots aligned")
      let hand = isOther ? 1 : 2
      #expect(numbers(lines[2]) == record.error(of: hand).elements)
      #expect(lines[3] == "10.0 18.0 row")
      #expect(lines[4] == "['column', 'joint', 'picture_column', 'picture_row', 'row']")
      #expect(numbers(lines[5]) == [record.results.error[3, 0]])
      #expect(lines[6] == "\(record.clean.error[0, isOther ? 0 : 1]) uint8 error")
    }
  }

  @Test("xarray writes a record as netCDF and reads equal numbers from it", arguments: [false, true])
  func netCDF(isOther: Bool) throws {
    try Self.withRecord(isOther: isOther) { path, record in
      let script = """
        import sys, xarray
        data = xarray.open_zarr(sys.argv[1]).load()
        data.to_netcdf(sys.argv[2])
        again = xarray.open_dataset(sys.argv[2])
        assert again.equals(data), "other numbers"
        data[["error"]].to_netcdf(sys.argv[2] + "3", format="NETCDF3_64BIT")
        classic = xarray.open_dataset(sys.argv[2] + "3")
        assert classic.error.equals(data.error), "other numbers in the classic format"
        print(again.attrs["identity"], *again.joint.values)
        print(*(float(value) for value in again.error.values[1, 2]))
        """
      let lines = try Python.run(script, path, path + ".nc").split(separator: "\n").map(String.init)
      try #require(lines.count == 2, "\(lines)")
      #expect(lines[0].hasPrefix(record.settings.identity + " "))
      #expect(lines[0].hasSuffix("left_hand right_hand" + (isOther ? "" : " left_foot right_foot")))
      #expect(numbers(lines[1]) == record.results.error.rows(5..<6).elements)
    }
  }

  private func numbers(_ line: String) -> [Float] { line.split(separator: " ").compactMap { Float($0) } }
}
