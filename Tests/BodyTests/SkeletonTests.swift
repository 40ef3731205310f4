import Bodies
import Foundation
import TestSupport
import Testing

@Suite("Skeletons") struct SkeletonTests {
  /// The names of the files of `Fixtures/skeletons`.
  static let files = try! FileManager.default.contentsOfDirectory(atPath: fixture("skeletons"))
    .filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()

  @Test("every file equals the built-in skeleton of its name, and every built-in skeleton has a file")
  func builtIn() throws {
    #expect(Self.files == Skeleton.all.map(\.name).sorted())
    for name in Self.files {
      #expect(try Skeleton(contentsOf: fixture("skeletons/\(name).json")) == .named(name))
    }
    #expect(Skeleton.smpl24.count == 24 && Skeleton.h36m14.count == 14 && Skeleton.h36m17.count == 17)
    #expect(Skeleton.smpl54.count == 54 && Skeleton.common12.count == 12)
    #expect(Skeleton.smpl24.index(of: "head") == 15 && Skeleton.smpl24.index(of: "tail") == nil)
  }

  @Test("mirror pairs swap left and right, twice gives the same joint", arguments: files)
  func mirror(name: String) throws {
    let skeleton = try Skeleton.named(name)
    for (joint, mirrored) in skeleton.mirroredIndices.enumerated() {
      #expect(skeleton.mirroredIndices[mirrored] == joint)
      let swapped = skeleton.joints[joint].replacing("left", with: "L").replacing("right", with: "left")
        .replacing("L", with: "right")
      #expect(skeleton.joints[mirrored] == swapped)
    }
  }

  @Test("bones join different joints once each, and mirrored bones are bones", arguments: files)
  func bones(name: String) throws {
    let skeleton = try Skeleton.named(name)
    let mirror = skeleton.mirroredIndices
    let bones = skeleton.boneIndices.map { Set([$0.from, $0.to]) }
    #expect(bones.count == skeleton.bones.count && Set(bones).count == bones.count)
    for bone in bones {
      #expect(bone.count == 2 && bones.contains(Set(bone.map { mirror[$0] })))
    }
  }

  @Test("groups and limbs are symmetric, and limbs contain every joint once", arguments: files)
  func groups(name: String) throws {
    let skeleton = try Skeleton.named(name)
    let mirror = skeleton.mirroredIndices
    for group in skeleton.groups {
      let indices = skeleton.indices(of: group)
      #expect(!indices.isEmpty && Set(indices) == Set(indices.map { mirror[$0] }), "\(group.name)")
    }
    #expect(Set(skeleton.groups.map(\.name)).count == skeleton.groups.count)
    let (order, starts) = skeleton.limbOrder
    #expect(order.sorted() == Array(0..<skeleton.count))
    if !skeleton.limbs.isEmpty {
      #expect(skeleton.limbs.reduce(0) { $0 + $1.joints.count } == skeleton.count)
      #expect(starts.count == skeleton.limbs.count - 1 && starts == starts.sorted())
    }
  }

  @Test("parents make trees, that of the root among them", arguments: files) func parents(name: String) throws
  {
    let skeleton = try Skeleton.named(name)
    guard let parents = skeleton.parents else { return }
    let roots = skeleton.joints.filter { parents[$0] == nil }
    #expect(Set(roots).isSuperset(of: skeleton.root))
    for joint in skeleton.joints {
      var (current, steps) = (joint, 0)
      while let parent = parents[current], steps <= skeleton.count { (current, steps) = (parent, steps + 1) }
      #expect(roots.contains(current), "\(joint)")
    }
  }

  @Test("titles are words, the first with a capital") func titles() throws {
    #expect(Skeleton.smpl24.titles[1] == "Left hip" && Skeleton.smpl24.titles[3] == "Spine1")
    #expect(Skeleton.common12.rootTitle == "middle of left hip and right hip")
    #expect(Skeleton.smpl24.rootTitle == "pelvis" && Skeleton.h36m14.rootTitle == "pelvis")
    #expect(try Skeleton(name: "a", joints: ["nose"]).rootTitle == "origin")
    for skeleton in Skeleton.all {
      #expect(Set(skeleton.titles).count == skeleton.count)
      #expect(skeleton.titles.allSatisfy { !$0.contains("_") && $0.first!.isUppercase })
    }
  }

  @Test("the root is a joint, the middle of several, or the origin") func root() throws {
    let points = (0..<12).map { Point(Float($0), 1, Float($0 * $0)) }
    #expect(Skeleton.common12.root(of: points) == Point(6.5, 1, 42.5) && Skeleton.common12.rootIndex == nil)
    let pelvis = (0..<24).map { Point(Float($0) + 3, 2, 1) }
    #expect(Skeleton.smpl24.root(of: pelvis) == Point(3, 2, 1) && Skeleton.smpl24.rootIndex == 0)
    #expect(Skeleton.h36m14.root(of: points + [Point(), Point()]) == Point())
    #expect(Skeleton.h36m14.rootIndex == nil)
  }

  @Test("SMPL's tables in the code agree with smpl24.json") func joints() {
    let skeleton = Skeleton.smpl24
    #expect(skeleton.joints == Joint.allCases.map(\.name) && skeleton.titles == Joint.allCases.map(\.title))
    #expect(skeleton.mirroredIndices == Joint.allCases.map(\.mirrored.rawValue))
    for joint in Joint.allCases { #expect(skeleton.parents?[joint.name] == joint.parent?.name) }
  }

  // MARK: Conversions

  @Test(
    "the joints that networks share are in every body's skeleton, by name",
    arguments: ["smpl24", "smpl45", "smpl54", "smplx22", "blazepose33", "mhr70", "coco17", "h36m17"])
  func common(name: String) throws {
    let source = try Skeleton.named(name)
    let conversion = SkeletonConversion(from: source, to: .common12)
    #expect(conversion.isComplete && conversion.missing.isEmpty && conversion.origin == nil)
    let points = (0..<source.count).map { Point(Float($0), 0, 0) }
    let converted = conversion(points)
    for (joint, point) in zip(Skeleton.common12.joints, converted) {
      #expect(Int(point.x) == source.index(of: joint))
    }
  }

  @Test("joints without a counterpart are named") func missing() throws {
    let conversion = SkeletonConversion(from: try .named("coco17"), to: .h36m14)
    #expect(!conversion.isComplete && conversion.missing == ["neck", "head_top"])
    #expect(conversion.indices.last == .some(nil) && conversion.indices[0] == 16)
    let hands = SkeletonConversion(from: .h36m17, to: .smpl24)
    #expect(
      hands.missing == [
        "spine1", "spine2", "spine3", "left_foot", "right_foot", "left_collar", "right_collar", "left_hand",
        "right_hand",
      ])
    #expect(hands.indices.count { $0 == nil } == hands.missing.count)
  }

  @Test("a skeleton converts to itself unchanged", arguments: files) func identity(name: String) throws {
    let skeleton = try Skeleton.named(name)
    let conversion = SkeletonConversion(from: skeleton, to: skeleton)
    #expect(conversion.indices == Array(0..<skeleton.count) && conversion.isComplete)
  }

  @Test("the 14 evaluation joints are 14 of Human3.6M's 17 about its pelvis, and keep to annotated ones")
  func evaluation() throws {
    let conversion = SkeletonConversion(from: .h36m17, to: .h36m14)
    #expect(conversion.indices == [6, 5, 4, 1, 2, 3, 16, 15, 14, 11, 12, 13, 8, 10])
    #expect(conversion.origin == 0 && conversion.isComplete)
    let points = (0..<17).map { Point(Float($0) + 2, Float($0 * $0), 1) }
    #expect(conversion(points) == conversion.indices.map { points[$0!] - points[0] })

    // Of annotated joints they take LSP's hips and neck, and Human3.6M's head, as SPIN's evaluation does.
    for (name, first) in [("annotated24", 0), ("spin49", 25)] {
      let annotated = SkeletonConversion(from: try .named(name), to: .h36m14)
      #expect(annotated.indices == (Array(0...12) + [18]).map { $0 + first } && annotated.origin == nil)
    }
    // The head of SMPL's joints stands for the top of the head.
    let smpl = SkeletonConversion(from: .smpl24, to: .h36m14)
    #expect(smpl.isComplete && smpl.indices.last == .some(Joint.head.rawValue) && smpl.origin == nil)
  }

  @Test("the published orders are those of SPIN's tables") func published() throws {
    func indices(_ name: String, from other: String) throws -> [Int?] {
      SkeletonConversion(from: try .named(other), to: try .named(name)).indices
    }
    let openpose = [
      24, 12, 17, 19, 21, 16, 18, 20, 0, 2, 5, 8, 1, 4, 7, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34,
    ]
    let annotated = [
      8, 5, 45, 46, 4, 7, 21, 19, 17, 16, 18, 20, 47, 48, 49, 50, 51, 52, 53, 24, 26, 25, 28, 27,
    ]
    #expect(try indices("smpl24", from: "smpl45") == Array(0..<24))
    #expect(try indices("smpl45", from: "smpl54") == Array(0..<45))
    #expect(try indices("openpose25", from: "smpl45") == openpose)
    #expect(try indices("openpose25", from: "smpl54") == openpose)
    #expect(try indices("annotated24", from: "smpl54") == annotated)
    #expect(try indices("spin49", from: "smpl54") == openpose + annotated)
    #expect(try indices("openpose25", from: "spin49") == Array(0..<25))
    #expect(try indices("annotated24", from: "spin49") == Array(25..<49))
  }

  // MARK: Files

  @Test(
    "invalid files are refused in one line",
    arguments: [
      (#"{"name": "a", "joints": ["x", "y", "x"]}"#, "names a joint twice"),
      (#"{"name": "a", "joints": ["x", ""]}"#, "names a joint twice"),
      (#"{"name": "a", "joints": ["x"], "bones": [["x", "y"]]}"#, "names 'y'"),
      (#"{"name": "a", "joints": ["x", "y"], "bones": [["x"]]}"#, "not of two joints"),
      (#"{"name": "a", "joints": ["x", "y"], "mirror": [["x", "y", "x"]]}"#, "not of two joints"),
      (#"{"name": "a", "joints": ["x", "y"], "mirror": [["x", "z"]]}"#, "names 'z'"),
      (#"{"name": "a", "joints": ["x", "y", "z"], "mirror": [["x", "y"], ["z", "y"]]}"#, "two mirror pairs"),
      (#"{"name": "a", "joints": ["x"], "root": ["pelvis"]}"#, "names 'pelvis'"),
      (#"{"name": "a", "joints": ["x"], "parents": {"x": "y"}}"#, "names 'y'"),
      (#"{"name": "a", "joints": ["x"], "groups": [{"name": "g", "joints": ["w"]}]}"#, "names 'w'"),
      (#"{"name": "a", "joints": ["x"], "limbs": [{"name": "g", "joints": ["w"]}]}"#, "names 'w'"),
      (#"{"name": "a", "joints": []}"#, "has 0 joints"),
      (#"{"name": "a", "joints": ["x"], "root": ["y\nz"]}"#, "not printed"),
      (#"{"name": "a", "joints": ["x\u001b[2J"]}"#, "not printed"),
      (#"{"name": "a"}"#, "form"), (#"{"joints": ["x"]}"#, "form"), ("[1]", "form"), ("", "form"),
    ])
  func refused(text: String, words: String) throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.json"
      try Data(text.utf8).write(to: URL(filePath: path))
      let error = #expect(throws: SkeletonError.self) { try Skeleton(contentsOf: path) }
      let line = error?.description ?? ""
      #expect(line.hasPrefix(path + ": ") && line.contains(words) && !line.contains("\n"), "\(line)")
    }
  }

  @Test("a skeleton is found by its name in folders, after the built-in ones") func folders() throws {
    try withTemporaryFolder { folder in
      let text = #"{"name": "tail2", "joints": ["left_tail", "right_tail"]}"#
      try Data(text.utf8).write(to: URL(filePath: folder + "/tail2.json"))
      let skeleton = try Skeleton.named("tail2", in: ["/nowhere", folder])
      #expect(skeleton.joints == ["left_tail", "right_tail"] && skeleton.mirror.isEmpty)
      #expect(skeleton.mirroredIndices == [0, 1] && skeleton.limbOrder.indices == [0, 1])
      #expect(try Skeleton.named("smpl24", in: [folder]) == .smpl24)
      // What it writes is what it reads.
      let again = try JSONDecoder().decode(Skeleton.self, from: JSONEncoder().encode(Skeleton.h36m14))
      #expect(again == .h36m14)
      for name in ["tail3", "../tail2", ".tail2", ""] {
        let error = #expect(throws: SkeletonError.self) { try Skeleton.named(name, in: [folder]) }
        #expect(error?.description.contains("there are annotated24, blazepose33") == true)
      }
      try Data(text.utf8).write(to: URL(filePath: folder + "/tail9.json"))
      let misnamed = #expect(throws: SkeletonError.self) { try Skeleton.named("tail9", in: [folder]) }
      #expect(misnamed?.description.contains("tail9.json: the skeleton is called tail2;") == true)
    }
    for (path, kind, words) in [
      ("/nowhere/a.json", .badData, "cannot be read"), ("/dev/null", .badData, "a device or a pipe"),
      ("/proc/self/mem", .io, "cannot be read"),
    ] as [(String, SkeletonError.Kind, String)] {
      let error = #expect(throws: SkeletonError.self) { try Skeleton(contentsOf: path) }
      #expect(error?.kind == kind && error?.problem.contains(words) == true)
    }
    #expect(throws: SkeletonError.self) {
      try Skeleton(name: "a", joints: (0...Skeleton.maxJoints).map { "joint\($0)" })
    }
  }
}

extension Skeleton {
  /// For every joint the index of that on the other side of the body.
  fileprivate var mirroredIndices: [Int] {
    var indices = Array(joints.indices)
    for pair in mirror {
      guard let left = index(of: pair[0]), let right = index(of: pair[1]) else { continue }
      (indices[left], indices[right]) = (right, left)
    }
    return indices
  }
}
