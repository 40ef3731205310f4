import Archives

/// The names that version 0.1.0 had for keys of JSON objects; scripts that read them go on working.
enum FormerKeys {
  private static let names = [
    "positions": "places", "positions_per_second": "places_per_second",
    "operations_per_position": "operations_per_place", "computed_positions": "computed_places",
    "checked_positions": "checked_places", "worst_position": "worst_place", "worst_positions": "worst_places",
    "position": "place", "increase": "rise", "on_body_increase": "on_body_rise",
    "off_body_increase": "off_body_rise", "skeleton": "joint_set", "occluder_px": "patch_px",
    "subsample": "every", "minus_reference": "less_reference",
  ]

  /// The value with every renamed member under its former name as well, at any depth.
  static func added(to value: JSONValue) -> JSONValue {
    switch value {
    case .array(let items): return .array(items.map(added))
    case .object(let members):
      var all = members.mapValues(added)
      for (name, former) in names {
        if let member = all[name], all[former] == nil { all[former] = member }
      }
      return .object(all)
    default: return value
    }
  }
}
