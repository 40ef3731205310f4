public import Archives
import Foundation
public import Pictures

/// The people that a detector, a pose network or an annotator found, in one picture or in many.
///
/// Read are the JSON files of OpenPose, AlphaPose, COCO and the many programs that write its form, mmpose and ViTPose,
/// mmdetection, Ultralytics and LabelMe, SPIN's `{"bbox": …}`, and the text files of YOLO; told by their content.
public struct PeopleFile: Sendable {
  /// What was found of one person.
  struct Person: Sendable {
    /// Where the person is; nil where fewer than two points are sure.
    var box: Place?
    /// How sure the program is, if it says so.
    var score: Double?
    /// Which picture the person is in, if the file says so.
    var picture: Key?
  }

  /// A place in a picture.
  enum Place: Sendable {
    case pixels(Box)
    /// In shares of the picture's width and height.
    case shares(Box)
  }

  /// What a file calls a picture by.
  enum Key: Hashable, Sendable {
    case name(String)
    /// A number that the names of COCO's pictures end with.
    case number(Int)
    /// The number of a frame.
    case frame(Int)
  }

  /// The file.
  public let path: String
  /// What it was taken for, such as `COCO's results`.
  public let kind: String
  /// The people by picture; under nil where the file names none.
  private let people: [Key?: [Person]]
  /// What the file calls its pictures, whether or not anybody is in them; empty where it names none.
  private let keys: Set<Key>
  /// The same by their names without folders, with and without ending, and by their numbers.
  private let index: [String: Set<Key>]

  /// Reads a file.
  ///
  /// - Throws: `ArchiveError` when it cannot be read, or is of no form that is known.
  public init(contentsOf path: String) throws(ArchiveError) {
    self.path = path
    // COCO's annotations have half a gigabyte.
    let data = try fileContents(path, limit: 1 << 30)
    var forms = PeopleForms()
    if let labels = PeopleForms.yoloLabels(data) {
      (kind, people, keys, index) = ("labels of YOLO", [nil: labels], [], [:])
      return
    }
    let found = forms.read(try JSONValue(data, from: path), of: nil)
    guard found, let kind = forms.kind else {
      throw ArchiveError(
        .unsupported, file: path,
        "contains no \"bbox\" and no people of a known form; give the person's --box as x,y,w,h")
    }
    (self.kind, people) = (kind, Dictionary(grouping: forms.people, by: \.picture))
    keys = Set(people.keys.compactMap(\.self)).union(forms.listed)
    var index: [String: Set<Key>] = [:]
    for key in keys {
      switch key {
      case .name(let name):
        let (file, stem) = Self.parts(of: name)
        for word in Set([file, stem]) { index[word, default: []].insert(key) }
      case .number(let number), .frame(let number): index["#\(number)", default: []].insert(key)
      }
    }
    self.index = index
  }

  /// How many people there are in all pictures.
  public var peopleCount: Int { people.values.reduce(0) { $0 + $1.count } }
  /// How many pictures the file names.
  public var pictureCount: Int { keys.count }

  /// A person's box, and what had to be guessed to choose it, a sentence each.
  public struct Choice: Sendable {
    /// The box in pixels of the picture.
    public let box: Box
    /// What had to be guessed.
    public let guesses: [String]
  }

  /// The box of a person in a picture: the one asked for, else the largest of those that the program is sure of.
  ///
  /// It is sure of those whose score is at least half of the best one's.
  ///
  /// - Parameters:
  ///   - name: the picture's path, by which files of many pictures name it.
  ///   - number: the number of the person in this picture, from 1, in the order of the file.
  ///   - isOnly: whether it is the only picture that the file is asked about; a file of one picture that is called
  ///     otherwise is then taken for it.
  /// - Throws: `ArchiveError` when nobody was found, or no such person.
  public func choice(
    in picture: Picture, named name: String, number: Int? = nil, isOnly: Bool = true
  ) throws(ArchiveError) -> Choice {
    var guesses: [String] = []
    let own = try people(in: name, isOnly: isOnly, &guesses)
    guard !own.isEmpty else { throw error("nobody was found in the picture; give the person's --box") }
    func pixels(_ place: Place) -> Box {
      guard case .shares(let box) = place else {
        if case .pixels(let box) = place { return box }
        preconditionFailure("a place is one or the other")
      }
      let (width, height) = (Double(picture.width), Double(picture.height))
      return Box(x: box.x * width, y: box.y * height, width: box.width * width, height: box.height * height)
    }
    if let number {
      guard own.indices.contains(number - 1) else {
        throw error("has no person \(number); give 1 to \(own.count)")
      }
      guard let place = own[number - 1].box else { throw error("person \(number) \(Self.unsure)") }
      return Choice(box: pixels(place), guesses: guesses)
    }
    let best = own.compactMap(\.score).max() ?? 0
    let sure = own.indices.filter {
      own[$0].box != nil && (own[$0].score ?? best) >= min(best, best / 2)
    }
    /// How much of a box is in the picture, square pixels.
    func area(_ box: Box) -> Double {
      let width = min(box.x + box.width, Double(picture.width)) - max(box.x, 0)
      let height = min(box.y + box.height, Double(picture.height)) - max(box.y, 0)
      return max(width, 0) * max(height, 0)
    }
    let sized = sure.map { (index: $0, box: pixels(own[$0].box!)) }
    guard
      let chosen = sized.max(by: { a, b in
        let (x, y) = (area(a.box), area(b.box))
        return x != y ? x < y : (own[a.index].score ?? 0) < (own[b.index].score ?? 0)
      })
    else { throw error("everybody in it \(Self.unsure); give the person's --box") }
    if own.count > 1 {
      guesses.append(
        "has \(own.count) people; person \(chosen.index + 1) is taken, the largest of \(sure.count) that it is sure "
          + "of; --person N takes another")
    }
    let box = chosen.box
    if box.x + box.width > 1.1 * Double(picture.width) || box.y + box.height > 1.1 * Double(picture.height),
      kind.contains("COCO"), box.width > box.x, box.height > box.y
    {
      guesses.append(
        "the box reaches beyond the picture; if its numbers are two corners, call them bbox_xyxy")
    }
    return Choice(box: box, guesses: guesses)
  }

  private static let unsure = "has fewer than two points of a confidence above 0.2"

  private func error(_ message: String) -> ArchiveError {
    ArchiveError(.unsupported, file: path, message)
  }

  /// How many people were found in a picture, one of several.
  ///
  /// - Throws: `ArchiveError` where the file has several pictures of the name.
  public func count(in name: String) throws(ArchiveError) -> Int {
    guard keys.isEmpty || ranked(name).best > 0 else { return 0 }
    var guesses: [String] = []
    return try people(in: name, isOnly: false, &guesses).count
  }

  /// The people of one picture.
  private func people(
    in name: String, isOnly: Bool, _ guesses: inout [String]
  ) throws(ArchiveError) -> [Person] {
    guard !keys.isEmpty else { return people[nil] ?? [] }
    let file = URL(filePath: name).lastPathComponent
    let (named, best) = ranked(name)
    guard named.count < 2 || best == 0 else {
      throw error("has \(named.count) pictures called \(file) in different folders; give the person's --box")
    }
    let key: Key
    if best > 0 {
      key = named[0]
      if case .frame(let frame) = key { guesses.append("frame \(frame) is taken for \(file)") }
    } else if named.count == 1, isOnly {
      key = named[0]
      switch key {
      case .name(let other): guesses.append("its picture is called \(other), not \(file)")
      case .number(let number), .frame(let number):
        guesses.append("its only picture, number \(number), is taken for \(file)")
      }
    } else {
      throw error("has no box of \(file): nobody was found in it, or it has other pictures only")
    }
    return people[key] ?? []
  }

  /// The pictures of the file that a name fits best, and how well; all with 0 where it fits none.
  private func ranked(_ name: String) -> (keys: [Key], best: Int) {
    let (file, stem) = Self.parts(of: name)
    var found = (index[file] ?? []).union(index[stem] ?? [])
    if let number = Int(String(stem.reversed().prefix { $0.isNumber }.reversed())) {
      found.formUnion(index["#\(number)"] ?? [])
    }
    func rank(_ key: Key) -> Int {
      guard case .name(let named) = key else { return 1 }
      // A name may have folders; the more of them are the same, the better.
      let theirs = named.split(separator: "/").dropLast(), ours = name.split(separator: "/").dropLast()
      return 2 * zip(theirs.reversed(), ours.reversed()).prefix { $0 == $1 }.count
        + (Self.parts(of: named).file == file ? 2 : 1)
    }
    let ranks = found.map { ($0, rank($0)) }
    guard let best = ranks.map(\.1).max() else { return (Array(keys), 0) }
    return (ranks.filter { $0.1 == best }.map(\.0), best)
  }

  /// A name without its folders, and that without its ending.
  private static func parts(of name: String) -> (file: String, stem: String) {
    let file = name.split(separator: "/").last.map(String.init) ?? name
    guard let dot = file.lastIndex(of: "."), dot != file.startIndex else { return (file, file) }
    return (file, String(file[..<dot]))
  }
}
