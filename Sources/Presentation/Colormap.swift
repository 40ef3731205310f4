/// A way from numbers in 0…1 to colours.
public struct Colormap: Sendable, Equatable {
  /// The name it is asked for by, as `--colormap inferno`.
  public let name: String
  /// Colours at even distances.
  private let stops: [Colour]

  private init(_ name: String, _ codes: [UInt32]) {
    self.name = name
    stops = codes.map { Colour($0) }
  }

  /// The colour of a value; what lies outside 0…1 takes the colour of the nearer end.
  public func colour(at value: Double) -> Colour {
    let position = min(max(value.isNaN ? 0 : value, 0), 1) * Double(stops.count - 1)
    let low = min(Int(position), stops.count - 2)
    return stops[low].mixed(with: stops[low + 1], position - Double(low))
  }

  /// The maps that can be asked for by name; differences have their own.
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

  /// Vermilion through white to blue, for one number minus another: the colour is that of the network whose number is
  /// larger, where the first two networks are compared.
  public static let difference = Colormap(
    "difference",
    [0x7A3300, 0xD55E00, 0xE58E4C, 0xF3C39C, 0xF7F7F5, 0x9CC9E3, 0x4A9CCB, 0x0072B2, 0x003A5E])
}
