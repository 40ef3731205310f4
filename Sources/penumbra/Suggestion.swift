/// What somebody meant who mistyped a word.
enum Suggestion {
  /// The word of a list that is nearest to `word`, unless it is another word altogether.
  static func nearest(to word: String, in list: [String]) -> String? {
    let near = list.map { (name: $0, distance: distance(word.lowercased(), $0.lowercased())) }
      .min { $0.distance < $1.distance }
    return near.flatMap { $0.distance <= max(1, $0.name.count / 3) ? $0.name : nil }
  }

  /// How many letters have to be changed, added, left out, or swapped with the next.
  private static func distance(_ a: String, _ b: String) -> Int {
    let (a, b) = (Array(a), Array(b))
    var rows = [Array(0...b.count)]
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
        var least = min(row[j] + 1, rows[i][j + 1] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { least = min(least, rows[i - 1][j - 1] + 1) }
        row.append(least)
      }
      rows.append(row)
    }
    return rows[a.count][b.count]
  }
}
