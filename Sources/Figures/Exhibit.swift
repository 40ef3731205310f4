import Bodies
import Foundation
import Pictures
import Sweeps
import Tensors

/// One picture and what every network made of it: records turned into what the pages draw.
struct Exhibit {
  /// One network's sweep.
  struct Entry {
    let record: SweepRecord
    let findings: Findings
    let colour: Colour
    /// What its maps lie upon.
    let ground: Ground
    var label: String { record.info.label }
  }

  let entries: [Entry]
  /// The first two networks side by side, when there are two that can be compared.
  let comparison: Comparison?
  /// The body that records were made with; without it no surfaces are drawn.
  let body: BodyModel?
  /// The crop in colour.
  let crop: Picture
  /// The picture's name without its ending; a report tells apart pictures of one name.
  var stem: String

  init(_ records: [SweepRecord], body: BodyModel?) {
    let pixels = records[0].picture
    let crop = Picture(width: pixels.side, height: pixels.side, pixels: pixels.bytes)
    let small = crop.resized(width: min(crop.width, 320), height: min(crop.height, 320))
    entries = records.enumerated().map { index, record in
      Entry(
        record: record, findings: Findings(record), colour: .network(index),
        ground: Ground(small, mask: record.bodyMask))
    }
    self.crop = crop
    stem = URL(filePath: records[0].info.picture.name).deletingPathExtension().lastPathComponent
    comparison = records.count > 1 ? try? Comparison(records[0], records[1], file: "") : nil
    self.body = body
  }

  var info: SweepRecord.Info { entries[0].record.info }
  var name: String { info.picture.name }
  var hasTruth: Bool { info.truth != nil }
  /// "error" or "displacement from the clean prediction".
  var quantity: String { info.quantity }
  /// The same in a word or two, for narrow places.
  var shortQuantity: String { hasTruth ? "error" : "displacement" }

  // MARK: Maps

  /// The mean over joints at every place.
  func meanMap(_ entry: Entry) -> PlaceMap { map(entry.record.meanError, entry.record) }

  /// One joint's numbers at every place.
  func jointMap(_ entry: Entry, _ joint: Int) -> PlaceMap { map(entry.record.error(of: joint), entry.record) }

  /// The second network's mean map less the first's, when their places are the same.
  func differenceMap() -> PlaceMap? {
    guard entries.count > 1, comparison != nil,
      let difference = Comparison.meanErrorDifference(entries[0].record, entries[1].record)
    else { return nil }
    return map(difference, entries[0].record)
  }

  private func map(_ metres: Tensor, _ record: SweepRecord) -> PlaceMap {
    let places = record.places
    return PlaceMap(
      metres.elements.map { Double($0) * 1000 }, rowCentres: places.rows.map { Double($0.centre) },
      columnCentres: places.columns.map { Double($0.centre) }, side: Double(record.info.side))
  }

  /// One scale for the mean maps of all networks.
  var meanScale: Scale { Scale(covering: entries.flatMap { meanMap($0).values }) }

  /// One scale for every joint of every network, but for the greatest hundredth of all numbers.
  var jointScale: Scale {
    Scale(
      covering: entries.flatMap { entry in
        entry.record.measurements.error.elements.map { Double($0) * 1000 }
      }, share: 0.99)
  }

  // MARK: Bodies

  /// The body of the truth, when it is told as one and its camera is known.
  func truthBody() -> BodyDrawing? {
    let record = entries[0].record
    guard let parameters = record.truthParameters, let camera = record.truthCamera else { return nil }
    return drawing(
      parameters.rotations.reshaped([1, 24, 3, 3]), parameters.betas.reshaped([1, 10]),
      Self.camera(camera, 0),
      BodyDrawing.pale(.truth))
  }

  /// The body of a network's answer to the whole picture.
  func cleanBody(_ entry: Entry) -> BodyDrawing? {
    let clean = entry.record.clean
    return drawing(
      clean.rotations, clean.betas, Self.camera(clean.camera, 0), BodyDrawing.pale(entry.colour))
  }

  private func drawing(
    _ rotations: Tensor, _ betas: Tensor, _ camera: WeakPerspectiveCamera, _ colour: Colour
  ) -> BodyDrawing? {
    guard let body, !body.faces.isEmpty else { return nil }
    let vertices = body.posed(rotations: rotations, betas: betas).vertices.points
    return BodyDrawing(vertices: vertices, faces: body.faces, camera: camera, colour: colour)
  }

  // MARK: Skeletons

  /// Where a rectangle that shows the crop has the joints of an answer.
  func skeleton(_ entry: Entry, _ answers: Measurements, at index: Int, in rect: Rect) -> SkeletonDrawing {
    let joints = answers.joints.rows(index..<index + 1).points
    return Self.project(
      joints, .smpl24, Self.camera(answers.camera, index), entry.record.info.side, rect, entry.colour)
  }

  /// Where the rectangle has the joints of the truth.
  ///
  /// Without the truth's own camera its pelvis is laid on the answer's, which is how errors are measured.
  func truthSkeleton(beside entry: Entry, _ answers: Measurements, at index: Int, in rect: Rect)
    -> SkeletonDrawing?
  {
    guard hasTruth else { return nil }
    let record = entry.record
    var joints = record.reference.points
    let camera: WeakPerspectiveCamera
    if let known = record.truthCamera, record.info.jointSet == .smpl24 {
      camera = Self.camera(known, 0)
    } else {
      camera = Self.camera(answers.camera, index)
      let pelvis = answers.joints.rows(index..<index + 1).points[0]
      let shift = pelvis - record.info.jointSet.root(of: joints)
      joints = joints.map { $0 + shift }
    }
    return Self.project(joints, record.info.jointSet, camera, record.info.side, rect, .truth)
  }

  private static func project(
    _ joints: [Point], _ set: JointSet, _ camera: WeakPerspectiveCamera, _ side: Int, _ rect: Rect,
    _ colour: Colour
  ) -> SkeletonDrawing {
    SkeletonDrawing(
      points: joints.map { joint in
        let place = SIMD2<Double>(camera.project(joint, side: side))
        return SIMD2(rect.x, rect.y) + (place + 1) * SIMD2(rect.width, rect.height) / 2
      }, set: set, colour: colour)
  }

  private static func camera(_ numbers: Tensor, _ index: Int) -> WeakPerspectiveCamera {
    let numbers = numbers.elements
    return WeakPerspectiveCamera(
      scale: numbers[index * 3], tx: numbers[index * 3 + 1], ty: numbers[index * 3 + 2])
  }

  // MARK: The patch

  /// The part of a rectangle that the patch covers at a place.
  func patch(_ entry: Entry, at index: Int, in rect: Rect) -> Rect {
    let place = entry.record.places[index]
    let unit = rect.width / Double(entry.record.info.side)
    return Rect(
      rect.x + Double(place.x.pixels.lowerBound) * unit, rect.y + Double(place.y.pixels.lowerBound) * unit,
      Double(place.x.pixels.count) * unit, Double(place.y.pixels.count) * unit)
  }

  /// The colour that the patch has in a picture.
  var patchColour: Colour {
    let value = info.occluder.value
    let parts = (0..<3).map { channel in
      Double(min(max(value * Picture.colourDeviation[channel] + Picture.meanColour[channel], 0), 1))
    }
    return Colour(parts[0], parts[1], parts[2])
  }
}
