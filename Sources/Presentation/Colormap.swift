/// A way from numbers in 0…1 to colours.
public struct Colormap: Sendable, Equatable {
  /// The name it is asked for by, as `--colormap inferno`.
  public let name: String
  /// Colours at even distances.
  private let stops: [Colour]
  /// Whether the middle stands for 0 and the halves for numbers below and above it.
  public let isSigned: Bool

  private init(_ name: String, _ codes: [UInt32], isSigned: Bool = false) {
    (self.name, self.isSigned) = (name, isSigned)
    stops = codes.map { Colour($0) }
  }

  /// The colour of a value; what lies outside 0…1 takes the colour of the nearer end.
  public func colour(at value: Double) -> Colour {
    let position = min(max(value.isNaN ? 0 : value, 0), 1) * Double(stops.count - 1)
    let low = min(Int(position), stops.count - 2)
    return stops[low].mixed(with: stops[low + 1], position - Double(low))
  }

  /// The maps that can be asked for by name; signed numbers have their own.
  public static let all = [inferno, viridis, jet]

  /// The map of a name, or nil.
  public init?(named name: String) {
    guard let map = Self.all.first(where: { $0.name == name }) else { return nil }
    self = map
  }

  /// Black through red to pale yellow, even to the eye; the default.
  ///
  /// The values of matplotlib (S. van der Walt, N. Smith; CC0) at 33 points.
  public static let inferno = Colormap(
    "inferno",
    [
      0x000004, 0x040312, 0x0B0724, 0x150B37, 0x210C4A, 0x2E0A5A, 0x3C0965, 0x4A0C6B, 0x57106D, 0x63146E,
      0x70196E, 0x7D1E6D, 0x89226A, 0x962766, 0xA32B61, 0xAF315C, 0xBB3755, 0xC63E4D, 0xD14644, 0xDB4F3B,
      0xE35932, 0xEB6528, 0xF1711E, 0xF67F14, 0xF98D0A, 0xFB9C06, 0xFCAB0F, 0xFBBA1F, 0xF9CA32, 0xF5D949,
      0xF2E865, 0xF3F586, 0xFCFFA4,
    ])

  /// Violet through green to yellow, even to the eye (matplotlib, as above).
  public static let viridis = Colormap(
    "viridis",
    [
      0x440154, 0x470D60, 0x48186A, 0x482374, 0x472D7B, 0x453681, 0x424086, 0x3F4989, 0x3B528B, 0x375A8D,
      0x33638D, 0x2F6A8E, 0x2C728E, 0x297A8E, 0x26818E, 0x23898E, 0x21908C, 0x1F988B, 0x1F9F88, 0x21A685,
      0x28AE80, 0x31B57B, 0x3EBC74, 0x4CC26C, 0x5DC963, 0x6ECE58, 0x82D34C, 0x96D83F, 0xABDC32, 0xC0DF24,
      0xD5E21A, 0xEAE51A, 0xFDE725,
    ])

  /// The rainbow of the published figures: not even to the eye, for comparison with them.
  ///
  /// Straight lines between blue, cyan, yellow and red, dark at both ends.
  public static let jet = Colormap(
    "jet", [0x000080, 0x0000FF, 0x0080FF, 0x00FFFF, 0x80FF80, 0xFFFF00, 0xFF8000, 0xFF0000, 0x800000])

  /// Teal through white to red, for what the occluder does: red where it raises the error, teal where it lowers it.
  ///
  /// Colours of ColorBrewer (C. Brewer; Apache 2.0): the teal of BrBG and the red of RdBu, apart for every kind of colour
  /// vision.
  public static let change = Colormap(
    "change",
    [
      0x003C30, 0x01665E, 0x35978F, 0x80CDC1, 0xC7EAE5, 0xF7F7F7, 0xFDDBC7, 0xF4A582, 0xD6604D, 0xB2182B,
      0x67001F,
    ], isSigned: true)

  /// White to dark gray, for the share of pictures in which nobody was found: no number of millimetres has these colours.
  public static let misses = Colormap("misses", [0xF7F7F7, 0xD0D0D0, 0x969696, 0x636363, 0x252525])

  /// Green through white to purple, for one network minus another: purple where the number is larger.
  ///
  /// PRGn of ColorBrewer (as above); no network and no other map has these colours.
  public static let difference = Colormap(
    "difference",
    [
      0x00441B, 0x1B7837, 0x5AAE61, 0xA6DBA0, 0xD9F0D3, 0xF7F7F7, 0xE7D4E8, 0xC2A5CF, 0x9970AB, 0x762A83,
      0x40004B,
    ], isSigned: true)
}
