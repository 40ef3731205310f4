import Foundation
import TestSupport
import Testing

/// The files of `Python/`, by their own tests, with this program.
@Suite("Python files") struct PythonFilesTests {
  @Test(
    "their tests pass", .enabled(if: Python.isThere),
    arguments: ["test_worker", "test_record", "test_examples"])
  func tests(module: String) throws {
    let folder = repository.appending(path: "Python").path
    let run = try CommandLineRun(
      Python.path, ["-B", "-m", "unittest", "-q", module], in: folder + "/tests",
      environment: [
        "PYTHONPATH": folder, "PENUMBRA": CommandLineRun.program, "PENUMBRA_FIXTURES": fixture(""),
      ])
    #expect(run.code == 0, "\(run.error.suffix(4000))")
  }
}
