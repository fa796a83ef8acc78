internal import KubernetesModel

/// Where two objects differ: paths alone, so that no value of a Secret can show.
enum ObjectDifference {
  /// Paths that are told of one object.
  static let limit = 20

  /// `spec.replicas`, `spec.template.spec.containers[0].image`, `data["tls.key"]`; sorted, at most ``limit`` and a word on
  /// the rest. Empty where both are the same.
  static func paths(from live: JSONValue, to wanted: JSONValue) -> [String] {
    var paths: [String] = []
    collect(live, wanted, "", &paths)
    paths.sort()
    guard paths.count > limit else { return paths }
    return Array(paths.prefix(limit)) + ["and \(paths.count - limit) more"]
  }

  private static func collect(_ live: JSONValue, _ wanted: JSONValue, _ path: String, _ paths: inout [String]) {
    guard live != wanted else { return }
    switch (live, wanted) {
    case (.object(let live), .object(let wanted)):
      for key in Set(live.keys).union(wanted.keys) {
        let here = member(key, of: path)
        switch (live[key], wanted[key]) {
        case (let before?, let after?): collect(before, after, here, &paths)
        // The server leaves out what is empty.
        case (let only?, nil), (nil, let only?): if !only.isVoid { paths.append(here) }
        case (nil, nil): continue
        }
      }
    case (.array(let live), .array(let wanted)) where live.count == wanted.count:
      for (index, pair) in zip(live, wanted).enumerated() { collect(pair.0, pair.1, "\(path)[\(index)]", &paths) }
    case (.integer(let integer), .number(let number)), (.number(let number), .integer(let integer)):
      if Double(integer) != number { paths.append(path) }
    default: paths.append(path)
    }
  }

  private static func member(_ key: String, of path: String) -> String {
    let isPlain = key.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
    guard isPlain else { return "\(path)[\"\(key)\"]" }
    return path.isEmpty ? key : "\(path).\(key)"
  }
}

extension JSONValue {
  /// null, `{}` or `[]`.
  var isVoid: Bool {
    switch self {
    case .null: true
    case .object(let members): members.isEmpty
    case .array(let elements): elements.isEmpty
    default: false
    }
  }
}
