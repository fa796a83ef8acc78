/// Durations as people write them in a policy: Go's syntax (`1h30m`, `168h`, `500ms`, `1.5h`), plus `d` (24 hours) and
/// `w` (7 days) (https://pkg.go.dev/time#ParseDuration).
public enum DurationText {
  /// What is wrong with the text and what to write instead, fit to follow a field's name.
  public struct ParseError: Error, Sendable, Hashable, CustomStringConvertible {
    public let message: String
    public var description: String { message }
  }

  /// Nanoseconds in one of each unit.
  private static let units: [String: UInt64] = [
    "w": 604_800_000_000_000, "d": 86_400_000_000_000, "h": 3_600_000_000_000, "m": 60_000_000_000,
    "s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "µs": 1_000, "μs": 1_000, "ns": 1,
  ]

  /// Reads a duration of zero or more, with nanosecond resolution, up to Go's limit of 292 years.
  public static func parse(_ text: String) throws(ParseError) -> Duration {
    let shown = Syntax.quoted(text)
    guard !text.isEmpty else {
      throw ParseError(message: "is empty; write a number with a unit, for example 168h or 30d")
    }
    guard !text.hasPrefix("-") else {
      throw ParseError(message: "\(shown) is negative; write a duration longer than zero, for example 168h or 30d")
    }
    if text == "0" { return .zero }
    var rest = Substring(text)
    var total: UInt64 = 0
    while !rest.isEmpty {
      let (next, overflow) = total.addingReportingOverflow(try component(&rest, of: shown))
      guard !overflow, next <= UInt64(Int64.max) else { throw tooLong(shown) }
      total = next
    }
    return .nanoseconds(Int64(total))
  }

  /// Writes the shortest exact text in weeks to nanoseconds, for example `1w`, `1d12h` or `500ms`. Reading it back gives
  /// the same duration. A duration below zero gets a leading `-`, which ``parse(_:)`` refuses.
  public static func format(_ duration: Duration) -> String {
    guard duration != .zero else { return "0s" }
    guard duration > .zero else { return "-" + format(.zero - duration) }
    let (seconds, attoseconds) = duration.components
    var rest = seconds
    var text = ""
    for (unit, size) in [("w", Int64(604_800)), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)] where rest >= size {
      text += "\(rest / size)\(unit)"
      rest %= size
    }
    var nanoseconds = attoseconds / 1_000_000_000
    for (unit, size) in [("ms", Int64(1_000_000)), ("us", 1_000), ("ns", 1)] where nanoseconds >= size {
      text += "\(nanoseconds / size)\(unit)"
      nanoseconds %= size
    }
    return text.isEmpty ? "0s" : text
  }

  /// Takes one number and its unit off the front of `rest`.
  private static func component(_ rest: inout Substring, of shown: String) throws(ParseError) -> UInt64 {
    let whole = rest.prefix { $0.isASCIIDigit }
    rest = rest.dropFirst(whole.count)
    var fraction: Substring = ""
    if rest.first == "." {
      rest = rest.dropFirst()
      fraction = rest.prefix { $0.isASCIIDigit }
      rest = rest.dropFirst(fraction.count)
    }
    guard !(whole.isEmpty && fraction.isEmpty) else {
      throw ParseError(
        message: "\(shown) is not a duration; write numbers with units and no spaces, for example 1h30m, 168h or 30d")
    }
    let name = rest.prefix { !$0.isASCIIDigit && $0 != "." }
    guard !name.isEmpty else {
      throw ParseError(message: "\(shown) has no unit after \(whole); write for example \(whole)h or \(whole)d")
    }
    guard let unit = units[String(name)] else {
      throw ParseError(
        message: "\(shown) has the unknown unit \(Syntax.quoted(String(name))); units are w, d, h, m, s, ms, us and ns")
    }
    rest = rest.dropFirst(name.count)
    guard let value = whole.isEmpty ? 0 : UInt64(whole) else { throw tooLong(shown) }
    let (scaled, overflow) = value.multipliedReportingOverflow(by: unit)
    guard !overflow else { throw tooLong(shown) }
    return try add(fraction, of: unit, to: scaled, shown)
  }

  private static func add(
    _ fraction: Substring, of unit: UInt64, to scaled: UInt64, _ shown: String
  ) throws(ParseError) -> UInt64 {
    var share: UInt64 = 0
    var scale: UInt64 = 1
    // Fifteen digits are finer than a nanosecond of a week; what follows them cannot count.
    for digit in fraction.utf8.prefix(15) {
      share = share * 10 + UInt64(digit - 0x30)
      scale *= 10
    }
    let (high, low) = share.multipliedFullWidth(by: unit)
    let part = scale.dividingFullWidth((high, low)).quotient
    let (sum, overflow) = scaled.addingReportingOverflow(part)
    guard !overflow else { throw tooLong(shown) }
    return sum
  }

  private static func tooLong(_ shown: String) -> ParseError {
    ParseError(message: "\(shown) is too long; a duration is at most 292 years")
  }
}

extension Character {
  var isASCIIDigit: Bool { ("0"..."9").contains(self) && utf8.count == 1 }
}
