public import Foundation

/// Reads values of headers that the stores share.
public enum HeaderValues {
  /// Of `bytes 0-9/443`: the number of bytes that come, nil for `bytes */443`, and the full size.
  /// https://www.rfc-editor.org/rfc/rfc9110#name-content-range
  public static func contentRange(_ text: String) -> (length: Int64?, size: Int64)? {
    let parts = text.split(separator: " ")
    guard parts.count == 2, parts[0] == "bytes" else { return nil }
    let sides = parts[1].split(separator: "/")
    guard sides.count == 2, let size = Int64(sides[1]) else { return nil }
    if sides[0] == "*" { return (nil, size) }
    let bounds = sides[0].split(separator: "-").compactMap { Int64($0) }
    guard bounds.count == 2, bounds[0] <= bounds[1] else { return nil }
    return (bounds[1] - bounds[0] + 1, size)
  }

  /// ISO 8601 in UTC, with or without a fraction of seconds.
  public static func isoDate(_ text: String) -> Date? {
    guard text.hasSuffix("Z") else { return nil }
    let whole = text.dropLast().prefix { $0 != "." }
    return try? Date("\(whole)Z", strategy: .iso8601)
  }

  /// `Sat, 21 Nov 2026 11:21:19 GMT`
  public static func httpDate(_ text: String) -> Date? {
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let parts = text.split(separator: " ")
    guard parts.count == 6, let day = Int(parts[1]), let month = months.firstIndex(of: String(parts[2])),
      let year = Int(parts[3])
    else { return nil }
    return isoDate(String(format: "%04d-%02d-%02dT", year, month + 1, day) + parts[4] + "Z")
  }

  /// Seconds, or a date.
  public static func retryAfter(_ text: String, now: Date) -> Duration? {
    if let seconds = Int(text), seconds >= 0 { return .seconds(min(seconds, 86_400)) }
    return httpDate(text).map { .seconds(max(0, min($0.timeIntervalSince(now), 86_400))) }
  }
}
