import Models

/// What a page knows of its reports: everything but the packed arrays.
///
/// `docs/explorer.md` describes every member.
struct ExplorerHeader: Encodable {
  let format = 1
  let title: String
  let start: Start
  let reports: [Report]
  /// 256 colours of three bytes by the name of their map, in base64.
  let colourMaps: [String: String]
  let colours: Colours
  let skeletons: [String: Joints]
  let bodies: [String: ExplorerBody.Header]
  let pictures: [Image]
  let words: [String: String]
  let notes: [String]
  /// Words with their meanings.
  let glossary: [[String]]
  /// What the page needs to ask the server that gave it; null of a page without one.
  let live: Nullable<ExplorerPage.Live>

  /// Where the page opens: a picture by its name, and a position.
  struct Start: Encodable {
    let p: String, at: String
  }

  /// Colours that stand for what is no network.
  struct Colours: Encodable {
    let truth: String, clean: String
    let hatch: [String]
  }

  /// A picture in a block.
  struct Image: Encodable {
    let block: String, type: String
    /// The script of a folder that has the block.
    let source: String?
  }

  /// A skeleton, its pairs and groups by the joints' numbers.
  struct Joints: Encodable {
    let joints: [String], titles: [String], root: [String]
    let bones: [[Int]], mirror: [[Int]]
    let groups: [Group]

    struct Group: Encodable {
      let title: String, joints: [Int]
    }
  }

  /// One picture under one occlusion.
  struct Report: Encodable {
    let name: String, title: String, explanation: String
    let hasTruth: Bool
    let occluder: String, reference: String, worstTitle: String, worstNote: String
    let measured: String
    let rootJoint: Nullable<String>
    let quantities: [Quantity]
    let networks: [Network]
    let tables: [Table]
    let caveat: Nullable<String>
    /// The occlusion as live mode asks for it; nil elsewhere.
    let occlusion: Choice?

    struct Choice: Encodable {
      let size: Int, shape: String, fill: String

      init(_ occlusion: Occlusion) {
        (size, shape, fill) = (occlusion.size, occlusion.shape.name, occlusion.fill.name)
      }
    }
  }

  /// A table of texts.
  struct Table: Encodable {
    let columns: [String], rows: [[String]]
  }

  /// Numbers that maps can be of, with all their legends.
  struct Quantity: Encodable {
    let name: String, title: String, array: String
    let minusClean: Bool, aligned: Bool
    let unit: String
    let decimals: Int, rangeDecimals: Int
    let signed: Bool
    let reading: String, barTitle: String
    let keys: [Key]
    /// For every network its legends by their numbers, or why it has none.
    let networks: [Legends]
    let differences: [Difference]

    struct Legends: Encodable {
      var mean: Int?
      var joint: OneOrMany?
      var why: String?
    }

    struct Difference: Encodable {
      let of: Int, minus: Int
      var mean: Int?, joint: Int?
      var why: String?
    }
  }

  /// A legend.
  struct Key: Encodable, Equatable {
    let low: Double, high: Double
    let colours: String
    let signed: Bool
    let ticks: [Tick]
    let title: String
    var reverse: String?
    let note: String?
    let marks: [Mark]?

    struct Tick: Encodable, Equatable {
      let at: Double, text: String
    }

    struct Mark: Encodable, Equatable {
      let at: Double
      /// The network that it is of; nil where it is of several.
      let network: Int?
    }
  }

  /// One network's sweep.
  struct Network: Encodable {
    let label: String, colour: String
    let frame: Frame
    /// What takes pixels of the crop to those of the picture: x' = a x + c y + e, y' = b x + d y + f.
    let toPicture: [Double]
    let picture: Nullable<Int>
    let occluder: Occluder
    let rows: Spans, columns: Spans
    let isList: Bool
    let skeleton: Nullable<String>
    /// For every measured joint its number among those that are predicted; null where one has none.
    let measuredFrom: Nullable<[Int]>
    let clean: [String: [Nullable<Double>]]
    let truth: Nullable<Truth>
    let arrays: [String: PackedArray]
    let body: Nullable<String>
    let worst: [Worst]
    let visibility: Nullable<[String]>
    let lowerLimit: Bool
    let interpolation: String?
    let attention: Nullable<Attention>
    let facts: [String]
    /// The script of a folder that has the blocks.
    let source: String?

    struct Frame: Encodable {
      let side: Int
    }

    struct Worst: Encodable {
      let at: [Int], text: String
    }

    struct Truth: Encodable {
      let joints: [Nullable<Double>]
      let camera: Nullable<[Double]>
      let rotations: [Double]?, betas: [Double]?
    }

    struct Attention: Encodable {
      let array: PackedArray
      let maps: Int
      let joints: [Int], at: [[Int]], titles: [String]
      let key: Key
    }
  }

  /// The occluder's shape, its extent in pixels of the crop, and what it shows.
  struct Occluder: Encodable {
    let shape: String
    let height: Int, width: Int
    /// The corners of the lines around what a mask covers, x and y in turn, in pixels from where the occluder begins.
    let outline: [[Int]]?
    let fill: Fill

    struct Fill: Encodable {
      let kind: String, colour: String?, picture: Source?

      /// A picture's number among those of the page, or its data URI.
      enum Source: Encodable {
        case number(Int), address(String)

        func encode(to encoder: any Encoder) throws {
          var container = encoder.singleValueContainer()
          switch self {
          case .number(let number): try container.encode(number)
          case .address(let text): try container.encode(text)
          }
        }
      }
    }
  }

  /// Where the occluder is along an axis, an entry a row or column: its centre, the pixels that it covers, and where it
  /// begins before the border clips it.
  struct Spans: Encodable {
    let centre: [Double]
    let start: [Int], end: [Int], origin: [Int]
  }
}

/// A value, or null: members that may be missing are written all the same.
struct Nullable<Value: Encodable>: Encodable {
  let value: Value?

  init(_ value: Value?) { self.value = value }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if let value { try container.encode(value) } else { try container.encodeNil() }
  }
}

extension Nullable: Sendable where Value: Sendable {}

extension Nullable where Value == Double {
  /// A number with so many decimals; null for what is none.
  init(_ number: Double, decimals: Int) { self.init(number.isFinite ? number.rounded(to: decimals) : nil) }
}

extension Double {
  /// The number with so many decimals.
  func rounded(to decimals: Int) -> Double {
    let factor = [1.0, 10, 100, 1000, 10_000, 100_000][decimals]
    return (self * factor).rounded(.toNearestOrEven) / factor
  }
}

/// One number for all, or one for each.
enum OneOrMany: Encodable {
  case one(Int), many([Int])

  /// The numbers, as one where they are the same.
  init(_ numbers: [Int]) {
    self = Set(numbers).count == 1 ? .one(numbers[0]) : .many(numbers)
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .one(let number): try container.encode(number)
    case .many(let numbers): try container.encode(numbers)
    }
  }
}
