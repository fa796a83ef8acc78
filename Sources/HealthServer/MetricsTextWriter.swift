/// Writes Prometheus's text format, version 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format), or OpenMetrics 1.0.0
/// (https://prometheus.io/docs/specs/om/open_metrics_spec/).
struct MetricsTextWriter {
  let format: MetricsFormat
  private var text = ""

  init(format: MetricsFormat) { self.format = format }

  /// What was written since the last call: an answer of megabytes need not be in memory as a whole.
  mutating func takeText() -> String {
    let taken = text
    text = ""
    return taken
  }

  /// To be called once, after the last family.
  mutating func finish() { if format == .openMetrics { text += "# EOF\n" } }

  /// The whole answer.
  mutating func finished() -> String {
    finish()
    return takeText()
  }

  mutating func write(
    _ name: String, type: MetricType, help: String?, series: [(labels: MetricLabels, snapshot: SeriesSnapshot)]
  ) {
    let lines = series.sorted { $0.labels.text < $1.labels.text }
    // A family without a value yet is left out, its header too.
    guard lines.contains(where: { $0.snapshot != .value(nil) }) else { return }
    // In OpenMetrics a counter's family has no suffix, only its samples do.
    let isBare = format == .openMetrics && type == .counter && name.hasSuffix("_total")
    let family = isBare ? String(name.dropLast("_total".count)) : name
    if let help { text += "# HELP \(family) \(escapedHelp(help))\n" }
    text += "# TYPE \(family) \(type.rawValue)\n"
    for (labels, snapshot) in lines {
      switch snapshot {
      case .value(let value): if let value { line(name, labels.text, value) }
      case .histogram(let bounds, let counts, let sum): histogram(name, labels.text, bounds, counts, sum)
      }
    }
  }

  private mutating func histogram(
    _ name: String, _ labels: String, _ bounds: [Double], _ counts: [UInt64], _ sum: Double
  ) {
    var total: UInt64 = 0
    for (bound, count) in zip(bounds + [.infinity], counts) {
      total += count
      line("\(name)_bucket", "\(labels)\(labels.isEmpty ? "" : ",")le=\"\(bucket(bound))\"", Double(total))
    }
    line("\(name)_sum", labels, sum)
    line("\(name)_count", labels, Double(total))
  }

  private mutating func line(_ name: String, _ labels: String, _ value: Double) {
    text += name
    if !labels.isEmpty {
      text += "{"
      text += labels
      text += "}"
    }
    text += " "
    text += Self.number(value)
    text += "\n"
  }

  /// OpenMetrics writes bounds as numbers with a point, so that both ends read the same text.
  private func bucket(_ bound: Double) -> String {
    let text = Self.number(bound)
    return format == .openMetrics && text.allSatisfy(\.isNumber) ? text + ".0" : text
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

  /// In help texts a quotation mark stands for itself, but in OpenMetrics.
  private func escapedHelp(_ text: String) -> String {
    if format == .openMetrics { return Self.escaped(text) }
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
