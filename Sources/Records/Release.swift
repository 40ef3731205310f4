/// What this build of Penumbra is.
public enum Release {
  /// The version that records and reports carry.
  public static let version = "0.1.0"
}
