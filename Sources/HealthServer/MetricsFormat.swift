/// How a scrape is written.
enum MetricsFormat: Sendable {
  case prometheus, openMetrics

  var contentType: String {
    switch self {
    case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
    case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
    }
  }

  /// What a client asks for. Prometheus's own text is the answer to everything that is not understood: it is what a client
  /// without the header expects.
  /// - Parameter accept: The values of `Accept` (RFC 9110, section 12.5.1).
  static func wanted(accept: [String]) -> MetricsFormat {
    var best = (format: MetricsFormat.prometheus, quality: 0.0)
    for range in accept.flatMap({ $0.split(separator: ",") }) {
      let parts = range.split(separator: ";").map { trimmed($0).lowercased() }
      let parameters = Dictionary(
        parts.dropFirst().compactMap { part -> (String, String)? in
          let pair = part.split(separator: "=", maxSplits: 1).map(trimmed)
          return pair.count == 2 ? (pair[0], pair[1]) : nil
        }, uniquingKeysWith: { first, _ in first })
      guard let format = offered(parts.first ?? "", version: parameters["version"]) else { continue }
      let quality = parameters["q"].flatMap(Double.init) ?? 1
      // Of two as good the one that comes first.
      if quality > best.quality { best = (format, quality) }
    }
    return best.format
  }

  private static func offered(_ type: String, version: String?) -> MetricsFormat? {
    switch type {
    case "application/openmetrics-text": ["0.0.1", "1.0.0", nil].contains(version) ? .openMetrics : nil
    case "text/plain", "text/*", "*/*": ["0.0.4", nil].contains(version) ? .prometheus : nil
    default: nil
    }
  }

  private static func trimmed(_ text: some StringProtocol) -> String {
    let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\"" }
    return String(text.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
  }
}
