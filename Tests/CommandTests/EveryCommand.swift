import Archives
import Foundation
import TestSupport
import Testing

/// Commands of every kind that write files, with whole paths for all that they read and write.
struct EveryCommand {
  /// Where they write.
  let out: String
  private let inputs: String
  private let example: DatasetCommandTests.Example
  private var material: Material { example.material }

  /// Makes the inputs in a folder.
  init(in folder: String) throws {
    (inputs, out) = (folder + "/inputs", folder + "/outputs")
    for path in [inputs, out, inputs + "/cutouts", inputs + "/elsewhere"] { try makeFolder(path) }
    example = try DatasetCommandTests.Example(in: inputs)
    try writeCutout(inputs + "/cutouts/a.png", side: 40)
    // The dataset names its pictures by whole paths, which are not below --images.
    let arrays = try Archive(contentsOf: example.dataset)
    try Npz.write(
      [("imgname", .strings(example.names.map { "\(folder)/inputs/images/\($0)" }))]
        + ["center", "scale", "pose", "shape"].map { ($0, .floats(try arrays.tensor($0))) },
      to: inputs + "/whole.npz")
    try write(
      """
      {"name": "rows", "version": 1, "pictures": {"dataset": {"title": "rows", "names": ["image_0000*.png"]}},
       "occluders": [{"size": 80}], "stride": 112, "joints": "h36m14", "root": ["pelvis"]}
      """, to: "rows.json")
    try write(
      """
      {"name": "tiny", "side": 32, "width": 4, "recipe": {"pictures": 16, "batch": 8},
       "variants": [{"name": "one", "network": "\(example.material.pooled)"},
                    {"name": "gap", "head": "gap",
                     "recipe": {"augmentation": {"occluders": "\(folder)/inputs/cutouts"}}}],
       "evaluation": {"people": 4, "seed": 9, "patches": [80], "fills": ["gray"], "stride": 112,
                      "objects": false}}
      """, to: "plan.json")
  }

  private func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: URL(filePath: "\(inputs)/\(name)"))
  }

  /// The few commands by which every way to write a file is taken.
  var few: [[String]] {
    var commands: [[String]] = []
    func add(_ words: String...) { commands.append(words + ["--body", material.body]) }
    add(
      "sweep", material.picture, "--model", material.pooled, "--model", "A=\(material.attention)", "--truth",
      material.truth, "--stride", "56", "--fill", "image:\(material.picture)", "--out", "\(out)/records")
    add(
      "report", "\(out)/records", "--out", "\(out)/report/report.pdf", "--png", "\(out)/report/png", "--npz",
      "\(out)/report/npz", "--html", "\(out)/report/page.html")
    add(
      "train", "--head", "gap", "--pictures", "16", "--batch", "8", "--side", "32", "--width", "4",
      "--occluders", "\(inputs)/cutouts", "--out", "\(out)/net.safetensors")
    return commands
  }

  /// All of them, each after those whose results it reads.
  var all: [[String]] {
    var commands = few
    func add(_ words: String...) { commands.append(words + ["--body", material.body]) }
    func addOnDataset(_ words: String...) {
      let dataset = [
        "--dataset", "\(inputs)/whole.npz", "--images", "\(inputs)/elsewhere", "--body-dir",
        "\(inputs)/bodies", "--model", material.pooled,
      ]
      commands.append(words + dataset)
    }
    add(
      "sweep", "\(inputs)/people", "--truth", "\(inputs)/people", "--model", material.pooled, "--stride",
      "112", "--shard", "1/1", "--out", "\(out)/set")
    addOnDataset("sweep", "--stride", "112", "--subsample", "4", "--shard", "1/1", "--out", "\(out)/rows")
    addOnDataset("evaluate", "--out", "\(out)/evaluation")
    addOnDataset("benchmark", "\(inputs)/rows.json", "--out", "\(out)/benchmark")
    add(
      "report", "\(out)/records", "--figure", "overview,grid", "--format", "svg", "--out", "\(out)/figures")
    add("influence", "\(out)/records", "--out", "\(out)/i.pdf", "--json-out", "\(out)/i.json")
    add("estimate", material.picture, "--model", material.pooled, "--out", "\(out)/estimate.png")
    add("check", material.pooled, material.picture, "--out", "\(out)/check.pdf")
    add("render", "--count", "2", "--side", "64", "--out", "\(out)/people")
    add("render", "--count", "1", "--frames", "2", "--side", "64", "--out", "\(out)/clips")
    add("experiment", "\(inputs)/plan.json", "--out", "\(out)/experiment")
    return commands
  }
}
