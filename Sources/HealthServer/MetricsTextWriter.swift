/// Writes Prometheus's text format, version 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format).
struct MetricsTextWriter {
  static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  private(set) var text = ""

  mutating func write(_ name: String, type: MetricType, help: String?, series: [MetricLabels: SeriesSnapshot]) {
    let lines = series.sorted { $0.key.pairs.lexicographicallyPrecedes($1.key.pairs) }
    // A family without a value yet is left out, its header too.
    guard lines.contains(where: { $0.value != .value(nil) }) else { return }
    if let help { text += "# HELP \(name) \(Self.escapedHelp(help))\n" }
    text += "# TYPE \(name) \(type.rawValue)\n"
    for (labels, snapshot) in lines {
      switch snapshot {
      case .value(let value): if let value { line(name, labels.pairs, value) }
      case .histogram(let bounds, let counts, let sum): histogram(name, labels.pairs, bounds, counts, sum)
      }
    }
  }

  private mutating func histogram(
    _ name: String, _ labels: [String], _ bounds: [Double], _ counts: [UInt64], _ sum: Double
  ) {
    var total: UInt64 = 0
    for (bound, count) in zip(bounds + [.infinity], counts) {
      total += count
      line("\(name)_bucket", labels + ["le=\"\(Self.number(bound))\""], Double(total))
    }
    line("\(name)_sum", labels, sum)
    line("\(name)_count", labels, Double(total))
  }

  private mutating func line(_ name: String, _ labels: [String], _ value: Double) {
    text += name
    if !labels.isEmpty { text += "{\(labels.joined(separator: ","))}" }
    text += " \(Self.number(value))\n"
  }

  /// As Go's `ParseFloat` reads it.
  static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    return value.magnitude < 0x1p53 && value == value.rounded() ? "\(Int64(value))" : "\(value)"
  }

  static func escaped(_ value: String) -> String {
    var result = ""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "\"": result += "\\\""
      case "\n": result += "\\n"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// In help texts a quotation mark stands for itself.
  private static func escapedHelp(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
