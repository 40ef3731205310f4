import Archives
import Bodies
import Evaluation
import Explorer
import Figures
import Foundation
import Live
import Models
import Networks
import Pictures
import Presentation
import Records
import Tensors
import TestSupport

/// Lets libFuzzer make up bytes for one reader of files, named by `PENUMBRA_FUZZ`.
///
/// A reader must give what the bytes say or throw its error; a trap, a hang or a great deal of memory is found
/// by libFuzzer. `Tests/fuzz` builds and runs all of them.
@main
enum Fuzzing {
  static func main() {
    var (count, arguments) = (CommandLine.argc, CommandLine.unsafeArgv)
    exit(
      runFuzzer(&count, &arguments) { start, count in
        reader.read(start.map { Data(bytes: $0, count: count) } ?? Data())
        return 0
      })
  }
}

/// libFuzzer's own: calls the function with bytes until time is up.
@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ read: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

private let reader: Reader = {
  let name = ProcessInfo.processInfo.environment["PENUMBRA_FUZZ"] ?? ""
  guard let reader = Reader(rawValue: name) else {
    fatalError("PENUMBRA_FUZZ is '\(name)', not one of \(Reader.allCases.map(\.rawValue))")
  }
  return reader
}()

private enum Reader: String, CaseIterable {
  case npz, npy, safetensors, torch, legacy, pickle, joblib, packed, truth, sequence, json, people, zarr,
    chunk, message, request, benchmark, picture, record, plan, skeleton, network, share

  func read(_ bytes: Data) {
    switch self {
    case .npz, .npy, .safetensors, .legacy, .pickle, .joblib, .packed: readArchive(bytes)
    case .torch:
      // The pickle inside the zip file, which would hardly ever survive its checksum; then some storages.
      var zip = StoredZip()
      zip.add("archive/data.pkl", bytes)
      for key in 0..<12 { zip.add("archive/data/\(key)", Data((0..<200).map { UInt8($0) })) }
      readArchive(zip.finished())
    case .truth:
      let path = scratch + "/truth"
      try! bytes.write(to: URL(filePath: path))
      do {
        let truth = try GroundTruth(contentsOf: path, body: nil)
        precondition(truth.joints.shape == [truth.skeleton.count, 3])
      } catch { precondition(!"\(error)".contains("\n"), "an error that is no line") }
    case .sequence:
      // A folder with one sequence of 3DPW.
      let folder = scratch + "/sequences"
      try! FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try! bytes.write(to: URL(filePath: folder + "/input.pkl"))
      do {
        for row in try Dataset(contentsOf: folder).rows {
          guard case .body(let pose, let betas) = row.truth else { preconditionFailure("no body") }
          precondition(pose.count == 72 && betas.count == 10)
        }
      } catch { precondition(!"\(error)".contains("\n"), "an error that is no line") }
      // The same as one file, a sequence or rows of annotations.
      do {
        for row in try Dataset(contentsOf: folder + "/input.pkl").rows {
          precondition(row.side > 0 && row.side.isFinite)
          if case .body(let pose, let betas) = row.truth {
            precondition((pose + betas).allSatisfy(\.isFinite) && pose.count == 72)
          }
        }
      } catch { precondition(!"\(error)".contains("\n"), "an error that is no line") }
    case .json:
      do throws(ArchiveError) {
        let value = try JSONValue(bytes, from: "input")
        let again = try JSONValue(Data(value.text.utf8), from: "text")
        precondition(again.text == value.text, "JSON changes when it is written and read")
        let canonical = try JSONValue(Data(value.canonicalText.utf8), from: "text").canonicalText
        precondition(canonical == value.canonicalText, "canonical JSON changes when it is written and read")
      } catch { check(error) }
    case .people:
      let path = scratch + "/people.json"
      try! bytes.write(to: URL(filePath: path))
      let picture = Picture(width: 8, height: 8, pixels: [UInt8](repeating: 0, count: 192))
      do throws(ArchiveError) {
        let people = try PeopleFile(contentsOf: path)
        _ = try people.count(in: "a/1.jpg")
        _ = try people.choice(in: picture, named: "a/1.jpg")
        _ = try people.choice(in: picture, named: "a/1.jpg", number: 1)
      } catch { check(error) }
    case .message:
      var rest = bytes
      do {
        while let message = try ArrayMessage.next(
          from: "worker",
          read: { (memory) throws(ArchiveError) in
            guard !rest.isEmpty else { return false }
            guard rest.count >= memory.count else {
              throw ArchiveError(.damaged, file: "worker", "ends early")
            }
            memory.copyBytes(from: rest.prefix(memory.count))
            rest = rest.dropFirst(memory.count)
            return true
          })
        {
          for name in message.names {
            let tensor = try message.tensor(name)
            precondition(tensor != nil, "no array of a name that there is")
          }
          WorkerModel.read(hello: message)
        }
      } catch { precondition(!"\(error)".contains("\n"), "an error that is no line") }
    case .request:
      // What a browser sends, and the question in it.
      do throws(LoopbackResponse) {
        let request = try LoopbackRequest(bytes)
        precondition(request.path.hasPrefix("/") && !request.method.isEmpty)
        if let question = try? LiveQuestion(request.query, about: Occlusion()) {
          precondition(question.x.isFinite && (1...Occlusion.referenceSide).contains(question.occlusion.size))
        }
      } catch { precondition((400..<500).contains(error.status)) }
    case .benchmark:
      let path = scratch + "/benchmark.json"
      try! bytes.write(to: URL(filePath: path))
      do {
        let benchmark = try Benchmark(contentsOf: path)
        precondition(!benchmark.occluders.isEmpty && benchmark.digest.count == 64)
        if case .dataset(_, let names) = benchmark.pictures {
          _ = try Benchmark.rows([], named: names, in: path)
        }
      } catch { precondition(!"\(error)".contains("\n"), "an error that is no line") }
    case .zarr:
      // An array of 4 × 4 numbers under whatever the input says of it, after a chunk of the same length.
      let folder = scratch + "/array"
      try! FileManager.default.createDirectory(
        atPath: folder + "/c/0", withIntermediateDirectories: true)
      try! bytes.write(to: URL(filePath: folder + "/zarr.json"))
      try! Data(repeating: 1, count: 64).write(to: URL(filePath: folder + "/c/0/0"))
      do throws(ArchiveError) {
        let array = try ZarrArray(contentsOf: folder)
        if array.shape.reduce(1, { $0.multipliedReportingOverflow(by: max(1, $1)).partialValue }) <= 4096 {
          _ = try array.readAll()
        }
      } catch { check(error) }
    case .chunk:
      // A chunk of 40 × 3 numbers in the packing that the first byte names.
      guard let first = bytes.first else { return }
      let packing = Self.packings[Int(first) % Self.packings.count]
      let array = "\(scratch)/\(packing.joined(separator: "-"))"
      writeHeader(of: array, packing)
      try! bytes.dropFirst().write(to: URL(filePath: array + "/c/0/0"))
      do throws(ArchiveError) {
        let numbers = try ZarrArray(contentsOf: array).readAll()
        precondition(numbers.shape == [40, 3])
      } catch { check(error) }
    case .record: readRecord(bytes)
    case .share:
      // The note of a process that swept its share of a set.
      let folder = scratch + "/shared/.shards/set-12345678"
      try! FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try! bytes.write(to: URL(filePath: folder + "/1of2.json"))
      do {
        for set in try SetShare.all(in: scratch + "/shared") {
          precondition(set.count >= set.missing && set.missing >= 0)
          precondition(set.set.pictures.count == set.count)
          // None leads out of the folder.
          precondition(set.swept.records.allSatisfy { !$0.split(separator: "/").contains("..") })
          precondition(!set.missingShards.isEmpty)
          _ = try set.aggregates()
        }
      } catch { precondition(!"\(error)".contains("\n"), "an error that is no line") }
    case .plan:
      let path = scratch + "/plan.json"
      try! bytes.write(to: URL(filePath: path))
      do {
        let plan = try ExperimentPlan(contentsOf: path)
        precondition(!plan.measured.isEmpty)
      } catch { precondition(!"\(error)".contains("\n"), "an error that is no line") }
    case .skeleton:
      let path = scratch + "/skeleton.json"
      try! bytes.write(to: URL(filePath: path))
      do throws(SkeletonError) {
        let skeleton = try Skeleton(contentsOf: path)
        precondition(skeleton.count > 0)
      } catch { precondition(!"\(error)".contains("\n"), "an error that is no line") }
    case .network:
      // The header of a safetensors file, before as many zeros as it says, at most 4 MB.
      let path = scratch + "/network.safetensors"
      let end = (try? JSONValue(bytes, from: ""))?.object?.values.compactMap {
        $0["data_offsets"]?.array?.last?.integer
      }.max()
      let file = Data(Mutator.little(bytes.count, 8)) + bytes + Data(count: min(4 << 20, max(0, end ?? 0)))
      try! file.write(to: URL(filePath: path))
      do {
        let file = try NetworkFile(contentsOf: path)
        if file.kind == .body { _ = try Regressor(file.weights()) }
      } catch { precondition(!"\(error)".contains("\n"), "an error that is no line") }
    case .picture:
      do throws(PictureError) {
        let picture = try Picture(data: bytes, from: "input")
        precondition(picture.pixels.count == picture.width * picture.height * 3)
      } catch { precondition(!error.description.contains("\n")) }
      do throws(PictureError) {
        let cutout = try Cutout(data: bytes, from: "input")
        precondition(cutout.pixels.count == cutout.width * cutout.height)
      } catch { precondition(!error.description.contains("\n")) }
    }
  }

  /// What chunks are packed by, in the order in which `Tests/fuzz` numbers its seeds.
  private static let packings = [["zstd"], ["gzip"], ["crc32c"], ["zstd", "crc32c"], ["crc32c", "gzip"]]

  private func writeHeader(of array: String, _ packing: [String]) {
    guard !FileManager.default.fileExists(atPath: array + "/zarr.json") else { return }
    let codecs = packing.map { JSONValue.object(["name": .string($0)]) }
    let header: JSONValue = [
      "zarr_format": 3, "node_type": "array", "data_type": "float32", "fill_value": 0, "shape": [40, 3],
      "chunk_grid": ["name": "regular", "configuration": ["chunk_shape": [40, 3]]],
      "chunk_key_encoding": ["name": "default"], "codecs": .array([["name": "bytes"]] + codecs),
    ]
    try! FileManager.default.createDirectory(atPath: array + "/c/0", withIntermediateDirectories: true)
    try! AtomicFile.write(header.text, to: array + "/zarr.json")
  }

  private func readArchive(_ bytes: Data) {
    let path = scratch + "/input"
    try! bytes.write(to: URL(filePath: path))
    do throws(ArchiveError) {
      let archive = try Archive(contentsOf: path)
      for name in archive.names {
        do throws(ArchiveError) {
          let (type, shape) = try (archive.type(name), archive.shape(name))
          if type.isText {
            _ = try archive.strings(name)
          } else {
            let tensor = try archive.tensor(name)
            precondition(tensor.shape == shape)
            let doubles = try archive.doubles(name)
            precondition(doubles.count == tensor.count)
          }
        } catch { check(error) }
      }
      _ = archive.summary()
      for (name, reason) in archive.leftOut {
        precondition(!reason.isEmpty && archive.problem(with: name) != nil)
      }
      _ = try? BodyModel(archive.tensors(), from: path)
    } catch { check(error) }
  }

  /// A record whose files are a zip file's entries; of few of them, which the bytes choose, also a report and a page.
  private func readRecord(_ bytes: Data) {
    let folder = scratch + "/record.zarr"
    let manager = FileManager.default
    try? manager.removeItem(atPath: folder)
    for (name, contents) in (Mutator.entries(Array(bytes)) ?? []).prefix(200) {
      let parts = name.split(separator: "/", omittingEmptySubsequences: false)
      guard parts.count < 8, parts.allSatisfy({ !["", ".", ".."].contains($0) && $0.utf8.count < 100 }) else {
        continue
      }
      let path = "\(folder)/\(name)"
      try? manager.createDirectory(
        atPath: URL(filePath: path).deletingLastPathComponent().path, withIntermediateDirectories: true)
      _ = try? Data(contents).write(to: URL(filePath: path))
    }
    do {
      let record = try SweepRecord(finished: folder)
      precondition(record.positions.count > 0 && record.missingPositions == 0)
      let reports = PictureReport.grouped([record])
      guard bytes.reduce(0, { ($0 &* 31) &+ Int($1) }) % 64 == 0 else { return }
      precondition(!Report(reports).words.isEmpty)
      let page = try ExplorerPage(reports)
      precondition(!page.files.isEmpty)
    } catch { precondition(!"\(error)".contains("\n"), "an error that is no line") }
  }

  private func check(_ error: ArchiveError) {
    precondition(!error.description.contains("\n") && !error.message.isEmpty, "an error that is no line")
  }
}

private let scratch: String = {
  let folder = NSTemporaryDirectory() + "/penumbra-fuzz-\(getpid())"
  try! FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  return folder
}()
