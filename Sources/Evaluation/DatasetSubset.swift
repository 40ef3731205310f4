extension Dataset {
  /// Which rows of 3DPW are evaluated, by the name of the sequence.
  public enum Subset: String, Sendable, CaseIterable {
    /// Every row.
    case all
    /// The 24 sequences of the test split.
    case test
    /// The sequences of 3DPW-OCC, in which objects hide people.
    case occ

    /// Whether a picture belongs; its sequence is the name of its folder.
    public func contains(_ image: String) -> Bool {
      let sequence = image.split(separator: "/").dropLast().last.map(String.init) ?? ""
      switch self {
      case .all: return true
      case .test: return Self.testSequences.contains(sequence)
      case .occ:
        return Self.occludedSequences.contains(
          sequence.split(separator: "_").prefix(2).joined(separator: "_"))
      }
    }

    private static let testSequences: Set = [
      "flat_packBags_00", "downtown_weeklyMarket_00", "outdoors_fencing_01", "downtown_walkBridge_01",
      "downtown_enterShop_00", "downtown_rampAndStairs_00", "downtown_bar_00", "downtown_runForBus_01",
      "downtown_cafe_00", "flat_guitar_01", "downtown_runForBus_00", "downtown_sitOnStairs_00",
      "downtown_bus_00", "downtown_arguing_00", "downtown_crossStreets_00", "downtown_walkUphill_00",
      "downtown_walking_00", "downtown_car_00", "downtown_warmWelcome_00", "downtown_upstairs_00",
      "downtown_stairs_00", "downtown_windowShopping_00", "office_phoneCall_00", "downtown_downstairs_00",
    ]
    /// Their first two words.
    private static let occludedSequences: Set = [
      "courtyard_backpack", "courtyard_basketball", "courtyard_bodyScannerMotions", "courtyard_box",
      "courtyard_golf", "courtyard_jacket", "courtyard_laceShoe", "downtown_stairs", "flat_guitar",
      "flat_packBags", "outdoors_climbing", "outdoors_crosscountry", "outdoors_fencing",
      "outdoors_freestyle", "outdoors_golf", "outdoors_parcours", "outdoors_slalom",
    ]
  }
}
