import Archives
import CZlib
import Explorer
import Foundation
import Models
import Presentation
import Records
import ReportSupport
import Tensors
import Testing

/// Reads a page as the browser does, by the rules of docs/explorer.md alone.
struct PageReader {
  let text: String
  let header: JSONValue
  /// The blocks in the page and in the scripts beside it, by name.
  private let blocks: [String: String]

  /// The page of some files.
  init(_ page: ExplorerPage) throws {
    text = String(decoding: try #require(page.files.last).data, as: UTF8.self)
    let start = try #require(text.range(of: #"<script type="application/json" id="header">"#))
    let end = try #require(text.range(of: "</script>", range: start.upperBound..<text.endIndex))
    header = try JSONValue(Data(text[start.upperBound..<end.lowerBound].utf8), from: "header")
    var blocks: [String: String] = [:]
    for match in text.matches(of: /<script type="application\/octet-stream" id="(\w+)">([^<]*)<\/script>/) {
      blocks[String(match.1)] = String(match.2)
    }
    for file in page.files.dropLast() {
      for match in String(decoding: file.data, as: UTF8.self).matches(of: /"(b\d+)":"([^"]*)"/) {
        blocks[String(match.1)] = String(match.2)
      }
    }
    self.blocks = blocks
  }

  /// The page of some records.
  init(
    _ records: [SweepRecord], style: MapStyle = MapStyle(),
    _ change: (inout ExplorerPage.Options) -> Void = { _ in }
  )
    throws
  {
    try self.init(Self.page(records, style: style, change))
  }

  static func page(
    _ records: [SweepRecord], style: MapStyle = MapStyle(),
    _ change: (inout ExplorerPage.Options) -> Void = { _ in }
  ) throws -> ExplorerPage {
    var options = ExplorerPage.Options()
    change(&options)
    return try ExplorerPage(PictureReport.grouped(records, style: style), options: options)
  }

  /// A report of the header.
  func report(_ index: Int = 0) throws -> JSONValue { try #require(header["reports"]?.array?[index]) }

  /// A network of the header.
  func network(_ index: Int = 0, of report: Int = 0) throws -> JSONValue {
    try #require(try self.report(report)["networks"]?.array?[index])
  }

  /// A quantity of the header by its name.
  func quantity(_ name: String, of report: Int = 0) throws -> JSONValue {
    try #require(try self.report(report)["quantities"]?.array?.first { $0["name"]?.string == name })
  }

  /// The bytes of a block.
  func bytes(_ name: String) throws -> Data {
    let text = try #require(blocks[name], "no block \(name)")
    return try #require(Data(base64Encoded: text))
  }

  /// The numbers of an array, `[positions, planes]`, not a number where nothing was measured.
  func numbers(_ about: JSONValue) throws -> [Double] {
    let shape = try #require(about["shape"]?.integers)
    let step = try #require(about["step"]?.number), offset = try #require(about["offset"]?.number)
    let (rows, columns, planes) = (shape[0], shape[1], shape[2])
    let count = rows * columns * planes
    let packed = [UInt8](try bytes(try #require(about["block"]?.string)))
    var bytes = [UInt8](repeating: 0, count: 2 * count + 1)
    var length = uLong(bytes.count)
    #expect(uncompress(&bytes, &length, packed, uLong(packed.count)) == Z_OK)
    #expect(Int(length) == 2 * count)
    var planesOfIntegers = [Int](repeating: 0, count: count)
    for plane in 0..<planes {
      for row in 0..<rows {
        for column in 0..<columns {
          let i = (plane * rows + row) * columns + column
          let zigzag = Int(bytes[i]) + 256 * Int(bytes[count + i])
          let residual = zigzag % 2 == 0 ? zigzag / 2 : -(zigzag + 1) / 2
          let left = column > 0 ? planesOfIntegers[i - 1] : 0
          let up = row > 0 ? planesOfIntegers[i - columns] : 0
          let corner = row > 0 && column > 0 ? planesOfIntegers[i - columns - 1] : 0
          planesOfIntegers[i] = ((residual + left + up - corner) % 65_536 + 65_536) % 65_536
        }
      }
    }
    return (0..<rows * columns).flatMap { position in
      (0..<planes).map { plane in
        let integer = planesOfIntegers[plane * rows * columns + position]
        return integer == 65_535 ? .nan : offset + step * Double(integer)
      }
    }
  }

  /// The numbers of an array of a network.
  func array(_ name: String, of network: Int = 0, report: Int = 0) throws -> [Double] {
    try numbers(try #require(try self.network(network, of: report)["arrays"]?[name], "no array \(name)"))
  }

  /// All texts of the header that people may read.
  var texts: [String] {
    func texts(_ value: JSONValue) -> [String] {
      switch value {
      case .string(let text): [text]
      case .array(let items): items.flatMap(texts)
      case .object(let members):
        members.filter { $0.key != "array" && $0.key != "joints" }.flatMap { texts($0.value) }
      default: []
      }
    }
    return texts(header)
  }
}

/// A record that no network made.
func record(_ change: (inout SyntheticRecord) -> Void = { _ in }) -> SweepRecord {
  var synthetic = SyntheticRecord()
  change(&synthetic)
  return synthetic.record
}

extension SweepRecord {
  /// The record with other results, or with interpolated positions.
  func with(_ results: PositionResults? = nil, computed: [Float]? = nil) -> SweepRecord {
    SweepRecord(
      settings: settings, notes: notes, positions: positions, skeleton: skeleton, measured: measured,
      results: results ?? self.results, clean: clean, context: context, worstAttention: worstAttention,
      computed: computed.map { Tensor(positions.shape, $0) })
  }
}

/// Expects numbers within a distance of others, and none where there is none.
func expectNear(
  _ actual: [Double], _ expected: [Double], within distance: Double, _ label: String = "",
  at location: SourceLocation = #_sourceLocation
) {
  #expect(actual.count == expected.count, "\(label)", sourceLocation: location)
  let far = zip(actual, expected).filter { $0.isNaN != $1.isNaN || abs($0 - $1) > distance }
  #expect(
    far.isEmpty, "\(label): \(far.first.map { "\($0.0), not \($0.1)" } ?? "")", sourceLocation: location)
}

extension JSONValue {
  /// The whole numbers of an array, the numbers, the texts.
  var integers: [Int]? { array?.compactMap(\.integer) }
  var numbers: [Double]? { array?.compactMap(\.number) }
  var strings: [String]? { array?.compactMap(\.string) }
}

extension Tensor {
  /// The elements in thousandths.
  var millimetres: [Double] { elements.map { Double($0) * 1000 } }
}
