extension JSONValue {
  /// Whether netCDF can hold the value as an attribute: a text, a number, or a list of numbers.
  ///
  /// `xarray.Dataset.to_netcdf` refuses any other; lists of texts are refused by the classic format alone.
  public var isNetCDFAttribute: Bool {
    switch self {
    case .string, .integer, .number: true
    case .array(let items): items.allSatisfy { $0.number != nil }
    case .null, .bool, .object: false
    }
  }

  /// The members of an object as attributes that netCDF can hold; none for other values.
  ///
  /// Texts, numbers and lists of numbers stay. Null members are left out. Objects, truth values and lists of
  /// anything else become their canonical JSON as a text, under the same name.
  public var netCDFAttributes: [String: JSONValue] {
    (object ?? [:]).compactMapValues { value in
      if value.isNetCDFAttribute { return value }
      return value == .null ? nil : .string(value.canonicalText)
    }
  }
}
