/// Names as Prometheus wants them (https://prometheus.io/docs/concepts/data_model/): ASCII letters, digits and
/// underscores, no digit first.
enum MetricName {
  static let prefix = "holdfast_"

  /// - Parameter suffix: What the name of such a metric ends with by convention, `_total` or `_seconds`; added once.
  static func metric(_ label: String, suffix: String = "") -> String {
    var name = sanitised(label)
    if !name.hasPrefix(prefix) { name = prefix + name }
    return name.hasSuffix(suffix) ? name : name + suffix
  }

  /// - Parameter isOfHistogram: `le` is the histogram's own there.
  static func label(_ name: String, isOfHistogram: Bool) -> String {
    var result = sanitised(name)
    // Two underscores in front are Prometheus's own.
    while result.hasPrefix("__") { result.removeFirst() }
    return isOfHistogram && result == "le" ? "exported_le" : result
  }

  private static func sanitised(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      let isAllowed =
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_": true
        default: false
        }
      result.unicodeScalars.append(isAllowed ? scalar : "_")
    }
    guard let first = result.unicodeScalars.first else { return "_" }
    return ("0"..."9").contains(first) ? "_" + result : result
  }
}
