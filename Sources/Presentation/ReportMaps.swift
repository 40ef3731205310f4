import Bodies
import Models
import Records

/// The maps of a report, their scales and legends.
extension PictureReport {
  // MARK: Maps

  /// The mean over joints at every position.
  public func meanMap(_ entry: Entry) -> PositionMap { map(means(entry), entry) }

  /// One joint's numbers at every position.
  public func jointMap(_ entry: Entry, _ joint: Int) -> PositionMap {
    let joints = skeleton.count
    return map(
      stride(from: joint, to: entry.values.count, by: joints).map { entry.values[$0] }, entry)
  }

  /// A network's mean map minus that of the first; nil for the first, and where the occluder was not at the same
  /// positions of the picture; over the first one's crop.
  public func differenceMap(_ entry: Entry) -> PositionMap? {
    entry.index > 0 ? differenceMap(entry, minus: entries[0]) : nil
  }

  /// A network's mean map minus that of another, as above.
  func differenceMap(_ entry: Entry, minus first: Entry) -> PositionMap? {
    guard entry.record.hasPositions(of: first.record) else { return nil }
    return map(zip(means(entry), means(first)).map { $0 - $1 }, first)
      .missing(at: zip(entry.misses, first.misses).map { $0 || $1 })
  }

  /// Whether a network found nobody at some positions.
  package var hasMisses: Bool { entries.contains { $0.findings.missed > 0 } }

  /// The mean over joints of the clean errors that a network's maps compare with; nil where there are none.
  func cleanMean(_ entry: Entry) -> Double? {
    entry.clean.map { $0.reduce(0, +) / Double(max($0.count, 1)) }
  }

  /// The joints that maps are drawn of, by their places: all but a root that is 0 by definition.
  public var mappedJoints: [Int] {
    if style.isPublished {
      let published = MapStyle.publishedJoints.compactMap { name in
        skeleton.index(of: name) ?? (name == "head" ? skeleton.index(of: "head_top") : nil)
      }
      if published.count == MapStyle.publishedJoints.count { return published }
    }
    let root = shown.isAligned ? nil : skeleton.rootIndex
    return skeleton.joints.indices.filter { $0 != root }
  }

  /// The clean errors, as above the published figures.
  func publishedTitle(_ entry: Entry) -> Phrase {
    let clean = entry.findings.clean
    let numbers = [
      hasTruth ? "MPJPE \(NumberFormat.tenths(clean.millimetres)) mm" : nil,
      hasTruth ? clean.alignedMillimetres.map { "PA-MPJPE \(NumberFormat.tenths($0)) mm" } : nil,
    ].compactMap(\.self)
    let unoccluded = numbers.isEmpty ? "" : "; unoccluded: \(numbers.joined(separator: ", "))"
    return
      "\(name: entry.label): \(shown.name) of each joint with the \(occluder) centred at a pixel\(unoccluded)"
  }

  private func means(_ entry: Entry) -> [Double] {
    let joints = skeleton.count
    return stride(from: 0, to: entry.values.count, by: joints).map { start in
      entry.values[start..<start + joints].reduce(0, +) / Double(joints)
    }
  }

  /// Numbers at the positions of a network.
  func map(_ values: [Double], _ entry: Entry) -> PositionMap {
    let record = entry.record
    let (positions, frame) = (record.positions, record.settings.frame)
    if let list = positions.list {
      return PositionMap(values, windows: list.map(PositionMap.Window.init), side: Double(frame.side))
        .missing(at: entry.misses)
    }
    return PositionMap(
      values, rowCentres: positions.rows.map { Double($0.centre) },
      columnCentres: positions.columns.map { Double($0.centre) }, side: Double(frame.side),
      step: Double(record.settings.positions.stride(in: frame))
    ).missing(at: entry.misses)
  }

  // MARK: Scales

  /// All numbers of the mean maps, and of the joint maps.
  var meanValues: [Double] { entries.flatMap(means) }
  var jointValues: [Double] { entries.flatMap(\.values) }

  /// The scale of some numbers of this report's quantity, 0 on it where they are signed.
  func scale(covering values: [Double], share: Double = 1) -> Scale {
    if case .range(let low, let high) = style.scale { return Scale(from: low, to: high, of: values) }
    return Scale(covering: shown.isSigned ? values + [0] : values, share: share)
  }

  /// The scales of every network, by the style's rule; made once, since they sort all numbers.
  ///
  /// - Parameter reports: those that share their scales with this one; none where its own numbers are enough.
  func scales(sharedWith reports: [PictureReport]) -> [(mean: Scale, joint: Scale)] {
    func scales(_ means: [Double], _ joints: [Double]) -> (mean: Scale, joint: Scale) {
      (scale(covering: means), scale(covering: joints, share: MapStyle.cappedShare))
    }
    switch style.scale {
    case .joint, .network: return entries.map { scales(means($0), $0.values) }
    case .picture, .report, .range:
      let all = reports.isEmpty ? [self] : reports
      let shared = scales(all.flatMap(\.meanValues), all.flatMap(\.jointValues))
      return entries.map { _ in shared }
    }
  }

  /// The scale of a network's mean map.
  public func meanScale(_ entry: Entry) -> Scale { scales[entry.index].mean }

  /// The scale of a joint's map.
  public func jointScale(_ entry: Entry, _ joint: Int) -> Scale {
    guard style.scale == .joint else { return scales[entry.index].joint }
    return Scale(spanning: jointMap(entry, joint).values + (shown.isSigned ? [0] : []))
  }

  // MARK: Legends

  /// The colours of the maps.
  public var colours: Colormap { shown.isSigned ? .change : style.colours }

  /// What the colours of a network's mean map stand for.
  package func meanKey(_ entry: Entry) -> ColourKey {
    meanKey(meanScale(entry), of: style.scale == .network || style.scale == .joint ? [entry] : entries)
  }

  /// What the colours of mean maps stand for, with the clean errors of some networks.
  func meanKey(_ scale: Scale, of entries: [Entry]) -> ColourKey {
    var key = ColourKey(
      scale: scale, colours: colours,
      title: legend(
        shown == .error || shown == .increase ? "mean \(shown.name) over joints" : "mean \(shown.name)"))
    key.hasMisses = hasMisses
    guard shown.isAbsolute else { return key }
    key.marks = entries.compactMap { entry in
      cleanMean(entry).map { .init(value: $0, colour: entries.count > 1 ? entry.colour : .ink) }
    }
    key.title =
      key.title + Phrase(entries.count > 1 ? "  (marks: clean, of each network)" : "  (mark: clean)")
    return key
  }

  /// What the colours of a joint's map stand for.
  package func jointKey(_ entry: Entry, _ joint: Int) -> ColourKey {
    var key = ColourKey(
      scale: jointScale(entry, joint), colours: colours, title: legend("\(shown.name) of the joint"))
    key.hasMisses = hasMisses
    guard shown.isAbsolute, let clean = entry.clean else { return key }
    if style.scale == .joint {
      key.marks = [.init(value: clean[joint], colour: .ink)]
    } else {
      // One bar for all joints: the clean errors are between the marks.
      let all = mappedJoints.map { clean[$0] }
      key.marks = [all.min(), all.max()].compactMap { $0.map { .init(value: $0, colour: .ink) } }
    }
    key.title =
      key.title
      + Phrase(key.marks.count > 1 ? "  (clean errors are between the marks)" : "  (mark: clean)")
    return key
  }

  func legend(_ what: String) -> Phrase { Phrase("\(what)\(shown.reference), mm") }

  /// What the colours of difference maps stand for; nil where there are none.
  package var differenceKey: ColourKey? {
    let maps = entries.compactMap(differenceMap)
    guard !maps.isEmpty else { return nil }
    var key = ColourKey(
      scale: Scale(covering: maps.flatMap(\.values), isDifference: true), colours: .difference,
      title: entries.count == 2 ? "\(difference(of: entries[1])), mm" : "network minus the first, mm")
    key.hasMisses = hasMisses
    return key
  }

  // MARK: How to read

  /// What a colour of the mean maps says, a sentence or two.
  func reading(_ occluder: String) -> Phrase {
    let there = "with the \(occluder) centred there"
    let aligned = shown.isAligned ? " after Procrustes alignment" : ""
    var text: String
    switch shown {
    case .increase, .alignedIncrease:
      text =
        "The colour at a pixel says how much the mean error over the joints\(aligned) changes \(there): red where it "
        + "rises, teal where it falls, white where the \(self.occluder) changes nothing."
    case .error, .alignedError:
      text =
        "The colour at a pixel is the mean error over the joints\(aligned) \(there). The clean error is marked on the "
        + "bar: only what differs from it is due to the \(self.occluder)."
    case .displacement, .alignedDisplacement:
      text =
        "The colour at a pixel is how far the joints move on average from the clean prediction\(aligned) \(there): dark "
        + "where they stay, bright where they move."
    }
    if hasMisses { text += " Hatched: nobody was found there." }
    if entries.contains(where: { $0.bodyMask != nil }) { text += " The line is the outline of the body." }
    if style.overlay > 0 {
      text +=
        " Maps are laid over the picture, \(NumberFormat.whole(style.overlay * 100)) % of which shows through: "
        + "colours are mixed with it and are not those of the bar."
    }
    return Phrase(text)
  }
}
