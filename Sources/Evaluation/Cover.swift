import Bodies
import Models
import Tensors

/// What one crop shows of a person: which part each pixel is of, where joints are, and what hides them.
struct ShownPerson {
  /// The side of the crop in pixels.
  let side: Int
  /// Per pixel p + 1 where part p of the person is seen, else 0.
  let parts: [UInt8]
  /// The positions of the joints in the crop, pixels; not a number where a position is not known.
  let joints: [SIMD2<Float>]
  /// What hides each joint, if anything; joints outside the picture count as neither visible nor hidden.
  let visibility: [Visibility]
  /// The joint whose error is zero by definition, if there is one.
  let root: Int?
}

extension AnnotatedCrop {
  var person: ShownPerson {
    ShownPerson(
      side: side, parts: parts, joints: positions, visibility: visibility, root: Joint.pelvis.rawValue)
  }
}

/// What the occluder covers of a person at each position.
struct Cover {
  let person: ShownPerson
  let regions: [OcclusionStatistics.Region]
  /// Per position and joint, whether the occluder is on it.
  let coversJoint: [[Bool]]
  /// Per part, the positions where it is covered.
  let positionsOfPart: [[Int]]

  /// What an occluder covers of a person.
  ///
  /// - Parameter coverage: how much it covers of each pixel of its extent, `[height, width]`, 0…1; nil covers all.
  init(_ positions: PositionGrid, _ person: ShownPerson, coverage: Tensor? = nil) {
    self.person = person
    let side = person.side
    /// Whether the occluder covers most of a pixel of its window.
    func covers(_ window: Window, _ row: Int, _ column: Int) -> Bool {
      guard let coverage else { return true }
      return coverage[row - window.y.start, column - window.x.start] > 0.5
    }
    func count(_ window: Window?) -> [Int] {
      var counts = [Int](repeating: 0, count: Joint.count + 1)
      for row in window?.y.pixels ?? 0..<side {
        for column in window?.x.pixels ?? 0..<side where window.map({ covers($0, row, column) }) ?? true {
          counts[Int(person.parts[row * side + column])] += 1
        }
      }
      return counts
    }
    let whole = count(nil)
    let least = max(1, Int(bounded: OcclusionStatistics.minPart * Double(side * side), .up))
    let parts = (0..<Joint.count).filter { whole[$0 + 1] >= least }
    var (regions, coversJoint): ([OcclusionStatistics.Region], [[Bool]]) = ([], [])
    var positionsOfPart = [[Int]](repeating: [], count: Joint.count)
    for index in 0..<positions.count {
      let window = positions[index].window
      let counts = count(window)
      let (row, column) = (
        max(0, min(Int(window.y.centre), side - 1)), max(0, min(Int(window.x.centre), side - 1))
      )
      let isOnBody = person.parts[row * side + column] > 0
      regions.append(isOnBody ? .body : counts.dropFirst().contains { $0 > 0 } ? .edge : .background)
      coversJoint.append(
        person.joints.map { at in
          at.x >= Float(window.x.pixels.lowerBound) && at.x < Float(window.x.pixels.upperBound)
            && at.y >= Float(window.y.pixels.lowerBound) && at.y < Float(window.y.pixels.upperBound)
            && covers(window, Int(at.y), Int(at.x))
        })
      for part in parts
      where Double(counts[part + 1]) >= OcclusionStatistics.coveredShare * Double(whole[part + 1]) {
        positionsOfPart[part].append(index)
      }
    }
    (self.regions, self.coversJoint, self.positionsOfPart) = (regions, coversJoint, positionsOfPart)
  }

  /// What several occluders cover, one after the other.
  init(joining covers: [Cover], _ person: ShownPerson) {
    self.person = person
    (regions, coversJoint) = (covers.flatMap(\.regions), covers.flatMap(\.coversJoint))
    var positionsOfPart = [[Int]](repeating: [], count: Joint.count)
    var first = 0
    for cover in covers {
      for part in positionsOfPart.indices {
        positionsOfPart[part] += cover.positionsOfPart[part].map { $0 + first }
      }
      first += cover.regions.count
    }
    self.positionsOfPart = positionsOfPart
  }

  /// The statistics that depend on what is covered, of error increases `[position][joint]`.
  ///
  /// Positions whose increases are not numbers, where nobody was found, count for nothing.
  func values(_ increases: [[Float]]) -> [OcclusionStatistics.Key: Tensor] {
    let (visibility, joints) = (person.visibility, person.joints.count)
    var (regionSums, regionCounts) = ([Double](repeating: 0, count: 3), [Double](repeating: 0, count: 3))
    var (groupSums, groupCounts) = ([Double](repeating: 0, count: 6), [Double](repeating: 0, count: 6))
    let isFound = increases.map { !$0.contains { $0.isNaN } }
    for (position, increase) in increases.enumerated() where isFound[position] {
      let region = regions[position].rawValue
      regionSums[region] += Double(increase.reduce(0, +)) / Double(increase.count)
      regionCounts[region] += 1
      for j in 0..<joints where j != person.root && visibility[j] != .outsidePicture {
        let first = visibility[j] == .visible ? 0 : OcclusionStatistics.Group.hiddenCovered.rawValue
        let groups = coversJoint[position][j] ? 0...0 : regions[position] == .body ? 1...2 : 1...1
        for group in groups {
          groupSums[first + group] += Double(increase[j])
          groupCounts[first + group] += 1
        }
      }
    }
    var influence: [Float] = []
    for covered in positionsOfPart {
      let covered = covered.filter { isFound[$0] }
      for j in 0..<joints {
        influence.append(
          covered.isEmpty
            ? .nan : Float(covered.reduce(0.0) { $0 + Double(increases[$1][j]) } / Double(covered.count)))
      }
    }
    func means(_ sums: [Double], _ counts: [Double]) -> Tensor {
      Tensor([sums.count], zip(sums, counts).map { $1 > 0 ? Float($0 / $1) : .nan })
    }
    return [
      .regionIncrease: means(regionSums, regionCounts),
      .regionPositions: Tensor([3], regionCounts.map { Float($0) }),
      .groupIncrease: means(groupSums, groupCounts),
      .influence: Tensor([Joint.count, joints], influence),
      .partPositions: Tensor([Joint.count], positionsOfPart.map { Float($0.count) }),
      .isVisible: Tensor(
        [joints], visibility.map { $0 == .visible ? 1 : $0 == .outsidePicture ? Float.nan : 0 }),
    ]
  }
}
