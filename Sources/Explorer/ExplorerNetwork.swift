import Bodies
import Models
import Presentation
import Records
import Tensors

/// Packs what one network made of a picture.
struct ExplorerNetwork {
  /// With more positions than this joints are kept in steps of 2 mm and rotations in steps of 0.005 rad, less than a
  /// pixel of what is drawn.
  static let densePositions = 20_000
  private var isDense: Bool { record.positions.count > Self.densePositions }

  private let report: PictureReport
  private let entry: PictureReport.Entry
  private let positions: PagePositions
  /// The body that the network's is; nil where it is not packed.
  private let body: ExplorerBody?

  private var record: SweepRecord { entry.record }
  private var settings: RecordSettings { record.settings }

  /// A network of a report at the positions that are kept.
  init(
    _ report: PictureReport, _ entry: PictureReport.Entry, _ positions: PagePositions, body: ExplorerBody?
  ) {
    (self.report, self.entry, self.positions, self.body) = (report, entry, positions, body)
  }

  /// The network's part of the header; its arrays become blocks.
  ///
  /// - Parameters:
  ///   - arrays: the numbers of further quantities, `[positions, joints]`, by the names of their arrays.
  ///   - picture: the crop's number among the pictures.
  ///   - filling: the number of the crop as the occluder fills it, where it is no colour.
  ///   - name: the name of a skeleton in the header.
  func header(
    _ blocks: inout PackedBlocks, arrays further: [String: [Double]], picture: Int?, filling: Int?,
    source: String?,
    name: (Skeleton) -> String
  ) -> ExplorerHeader.Network {
    var arrays: [String: PackedArray] = [:]
    var clean: [String: [Nullable<Double>]] = [:]
    pack(.error, 0.1, &arrays, &clean, &blocks, decimals: 2)
    pack(.alignedError, 0.1, &arrays, &clean, &blocks, decimals: 2)
    // So that pages of a few records with every pixel stay small enough to open at once.
    pack(.joints, isDense ? 2 : 0.5, &arrays, &clean, &blocks, decimals: 1)
    pack(.camera, 1e-4, factor: 1, unit: "", &arrays, &clean, &blocks, decimals: 5)
    for (name, values) in further.sorted(by: { $0.key < $1.key }) {
      let reported = ReportedQuantity(rawValue: name)
      arrays[name] = array(
        values, record.measured.count, step: reported == .confidence ? 0.001 : 0.1,
        unit: reported?.unit ?? "mm", &blocks)
    }
    if let computed = record.computed, computed.elements.contains(0) {
      arrays["computed"] = array(computed.elements.map(Double.init), 1, step: 1, unit: "", &blocks)
    }
    if let mask = entry.bodyMask {
      arrays["outline"] = blocks.add(
        mask.elements.map(Double.init), shape: mask.shape + [1], step: 1, unit: "")
    }
    packBody(&arrays, &clean, &blocks)
    let frame = settings.frame
    let spans = positions.spans
    let worst = zip(record.worstPositions(), entry.findings.worstPositions).compactMap { index, finding in
      positions.place(of: index).map {
        ExplorerHeader.Network.Worst(at: $0, text: report.worstText(entry, finding))
      }
    }
    let side = Double(frame.side)
    return ExplorerHeader.Network(
      label: entry.label, colour: entry.colour.code, frame: .init(side: frame.side),
      toPicture: [frame.width / side, 0, 0, frame.height / side, frame.x, frame.y],
      picture: Nullable(picture),
      occluder: .init(
        settings.occlusion, in: frame, coverage: record.context.occluderCoverage,
        filling: filling.map(ExplorerHeader.Occluder.Fill.Source.number)), rows: spans.rows,
      columns: spans.columns,
      isList: positions.isList, skeleton: Nullable(record.skeleton.map(name)),
      measuredFrom: Nullable(measuredFrom), clean: clean, truth: Nullable(truth), arrays: arrays,
      body: Nullable(arrays["rotations"] == nil ? nil : body?.name), worst: worst,
      visibility: Nullable(report.hiddenWords(entry)), lowerLimit: entry.maximum == .lowerLimit,
      interpolation: entry.maximum == .lowerLimit ? report.interpolationText(entry) : nil,
      attention: Nullable(attention(&blocks)), facts: report.facts(entry), source: source)
  }

  // MARK: Arrays

  /// The kept rows of numbers of all positions, `[positions, planes]`, as a block.
  private func array(
    _ values: [Double], _ planes: Int, step: Double, unit: String, _ blocks: inout PackedBlocks
  ) -> PackedArray {
    let all = positions.indices.count == record.positions.count
    let kept =
      all ? values : positions.indices.flatMap { values[$0 * planes..<($0 + 1) * planes] }
    return blocks.add(
      kept, shape: [positions.rows.count, positions.columns.count, planes], step: step, unit: unit)
  }

  private func pack(
    _ array: PositionArray, _ step: Double, factor: Double = 1000, unit: String = "mm",
    _ arrays: inout [String: PackedArray], _ clean: inout [String: [Nullable<Double>]],
    _ blocks: inout PackedBlocks, decimals: Int
  ) {
    guard let tensor = record.results[array] else { return }
    arrays[array.name] = self.array(
      tensor.elements.map { Double($0) * factor }, tensor.count / max(record.positions.count, 1), step: step,
      unit: unit, &blocks)
    clean[array.name] = record.clean[array]?.elements.map {
      Nullable(Double($0) * factor, decimals: decimals)
    }
  }

  /// Rotations and shape, where the network's body is packed.
  private func packBody(
    _ arrays: inout [String: PackedArray], _ clean: inout [String: [Nullable<Double>]],
    _ blocks: inout PackedBlocks
  ) {
    guard body != nil, let predicted = record.results.body, let unoccluded = record.clean.body else { return }
    let planes = Joint.count * 3
    let first = RotationVectors(unoccluded.rotations)
    let vectors = RotationVectors(predicted.rotations, near: first, columns: record.positions.columns.count)
    arrays["rotations"] = array(vectors.numbers, planes, step: isDense ? 0.005 : 0.002, unit: "rad", &blocks)
    arrays["betas"] = array(
      predicted.betas.elements.map(Double.init), BodyModel.shapeCount, step: 0.02, unit: "", &blocks)
    clean["rotations"] = first.numbers.map { Nullable($0, decimals: 4) }
    clean["betas"] = unoccluded.betas.elements.map { Nullable(Double($0), decimals: 3) }
  }

  // MARK: What is known before the occluder comes

  /// For every measured joint its number among those that are predicted; nil where one has none, or where measured joints
  /// are taken from a body otherwise.
  private var measuredFrom: [Int]? {
    guard let skeleton = record.skeleton, let joints = record.results.joints else { return nil }
    let conversion = SkeletonConversion(from: skeleton, to: record.measured)
    guard conversion.isComplete else { return nil }
    let indices = conversion.indices.compactMap(\.self)
    guard skeleton != record.measured else { return indices }
    // Joints of one name may be regressed from the body: what a position's error says decides.
    let (misses, computed) = (record.misses, record.computed?.elements)
    guard let reference = record.reference,
      let known = misses.indices.first(where: { !misses[$0] && computed?[$0] != 0 })
    else { return nil }
    let rows = known..<known + 1
    let errors = JointErrorTable(of: conversion(joints.rows(rows)), from: reference, in: record.measured)
    let differences = zip(errors.error.elements, record.results.error.rows(rows).elements).map {
      abs($0 - $1)
    }
    return differences.allSatisfy { $0 < 1e-3 } ? indices : nil
  }

  private var truth: ExplorerHeader.Network.Truth? {
    let context = record.context
    guard settings.truth != nil, let joints = context.truthJoints else { return nil }
    // Joints relative to an origin that is none of them have no camera to be seen through.
    let camera = record.measured.origin == nil ? context.truthCamera : nil
    let own = body == nil ? nil : context.truthBody
    return .init(
      joints: joints.elements.map { Nullable(Double($0) * 1000, decimals: 1) },
      camera: Nullable(camera?.elements.map { Double($0).rounded(to: 5) }),
      rotations: own.map {
        RotationVectors($0.rotations.reshaped([1] + $0.rotations.shape)).numbers.map { $0.rounded(to: 4) }
      }, betas: own?.betas.elements.map { Double($0).rounded(to: 3) })
  }

  /// The attention on the clean image and at the worst positions, as shares of each joint's largest.
  private func attention(_ blocks: inout PackedBlocks) -> ExplorerHeader.Network.Attention? {
    // Of a record that another program wrote, maps may be of different sizes.
    guard let clean = record.context.cleanAttention, let worst = record.worstAttention,
      clean.shape[...] == worst.shape.dropFirst()
    else { return nil }
    let (rows, columns, joints) = (clean.shape[0], clean.shape[1], clean.shape[2])
    let parts = AttentionPage.parts(of: record, count: joints)
    let at = record.worstPositions().prefix(worst.shape[0]).compactMap(positions.place)
    guard parts.contains(where: { $0 != nil }), !at.isEmpty else { return nil }
    let cells = rows * columns
    let maps = [clean.elements] + (0..<at.count).map { worst.rows($0..<$0 + 1).elements }
    let largest = (0..<joints).map { joint in
      Double(
        maps.reduce(Float(1e-12)) { most, map in
          (0..<cells).reduce(most) { max($0, map[$1 * joints + joint]) }
        })
    }
    let shares = (0..<cells).flatMap { cell in
      maps.flatMap { map in (0..<joints).map { Double(map[cell * joints + $0]) / largest[$0] } }
    }
    return .init(
      array: blocks.add(shares, shape: [rows, columns, maps.count * joints], step: 0.004, unit: ""),
      maps: maps.count, joints: parts.map { $0 ?? -1 }, at: at, titles: report.attentionTitles(at.count),
      key: .init(AttentionPage.attentionKey))
  }
}

extension ExplorerHeader.Occluder {
  /// An occlusion in a network's frame.
  ///
  /// - Parameters:
  ///   - coverage: how much of its pixels it covers, where a file draws its outline.
  ///   - filling: the crop as it would be filled, where the fill is no colour of its own.
  init(
    _ occlusion: Occlusion, in frame: PictureFrame, coverage: Tensor?, filling: Fill.Source?
  ) {
    let extent = occlusion.extent(in: frame)
    let shape =
      switch occlusion.shape {
      case .square: "square"
      case .rectangle: "rectangle"
      case .disc: "disc"
      case .mask: "mask"
      }
    self.init(
      shape: shape, height: extent.height, width: extent.width,
      outline: coverage.map { MaskOutline.lines(of: $0).map { $0.flatMap { [$0.x, $0.y] } } },
      fill: .init(
        kind: filling == nil ? "colour" : "under", colour: filling == nil ? occlusion.colour?.code : nil,
        picture: filling))
  }
}

/// Rotations as vectors along the axis, as long as the angle in radians: three numbers each.
struct RotationVectors {
  /// The numbers of one body after the other.
  private(set) var numbers: [Double]

  /// The vectors of rotations `[N, 24, 3, 3]`.
  init(_ rotations: Tensor) { numbers = Rotation.poses(rotations: rotations).elements.map(Double.init) }

  /// The same for a grid of positions, each vector the one of its two that is nearer to that of the position before.
  ///
  /// About half a turn either of two opposite vectors will do, and jumps between them would pack badly.
  init(_ rotations: Tensor, near first: RotationVectors, columns: Int) {
    self.init(rotations)
    let width = first.numbers.count
    func vector(_ numbers: [Double], _ at: Int) -> SIMD3<Double> {
      SIMD3(numbers[at], numbers[at + 1], numbers[at + 2])
    }
    for start in stride(from: 0, to: numbers.count, by: 3) {
      let before = start / width % columns == 0 ? start - columns * width : start - width
      let other = before < 0 ? vector(first.numbers, start % width) : vector(numbers, before)
      let own = vector(numbers, start)
      let angle = (own * own).sum().squareRoot()
      guard angle > 1e-6, other.x.isFinite else { continue }
      let opposite = own * (1 - 2 * .pi / angle)
      let (near, far) = (own - other, opposite - other)
      guard (far * far).sum() < (near * near).sum() else { continue }
      for axis in 0..<3 { numbers[start + axis] = opposite[axis] }
    }
  }
}
