public import Foundation

/// A `metav1.Time` or `metav1.MicroTime`: RFC 3339 in UTC.
///
/// `Timestamp` keeps whole seconds on the wire, as `metav1.Time` does; `MicroTimestamp` keeps microseconds (Leases,
/// `events.k8s.io` Events). Both accept any fraction when read.
public struct Timestamp: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
  public var date: Date

  /// - Parameter date: Rounded down to the second, as the API server does.
  public init(_ date: Date) {
    self.date = Date(timeIntervalSince1970: date.timeIntervalSince1970.rounded(.down))
  }

  /// - Parameter text: RFC 3339, for example `2026-11-21T03:00:00Z`; nil where it is not.
  public init?(_ text: String) {
    guard let date = RFC3339.parse(text) else { return nil }
    self.init(date)
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let value = Timestamp(text) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(text)' is not an RFC 3339 time")
    }
    self = value
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }

  public var description: String { RFC3339.format(date, fractionDigits: 0) }

  public static func < (left: Timestamp, right: Timestamp) -> Bool { left.date < right.date }
}

/// A `metav1.MicroTime`. See ``Timestamp``.
public struct MicroTimestamp: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
  public var date: Date

  public init(_ date: Date) { self.date = date }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let date = RFC3339.parse(text) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(text)' is not an RFC 3339 time")
    }
    self.date = date
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }

  public var description: String { RFC3339.format(date, fractionDigits: 6) }

  public static func < (left: MicroTimestamp, right: MicroTimestamp) -> Bool { left.date < right.date }
}

/// RFC 3339 times, parsed and written without a formatter, whose locale and speed would matter in hot paths.
public enum RFC3339 {
  /// - Returns: nil where `text` is not `YYYY-MM-DDTHH:MM:SS[.fraction](Z|±HH:MM)`.
  public static func parse(_ text: String) -> Date? {
    let bytes = Array(text.utf8)
    guard bytes.count >= 20, bytes[4] == 0x2D, bytes[7] == 0x2D, bytes[10] | 0x20 == 0x74, bytes[13] == 0x3A,
      bytes[16] == 0x3A,
      let year = number(bytes[0..<4]), let month = number(bytes[5..<7]), let day = number(bytes[8..<10]),
      let hour = number(bytes[11..<13]), let minute = number(bytes[14..<16]), let second = number(bytes[17..<19]),
      (1...12).contains(month), (1...daysIn(month, of: year)).contains(day), hour < 24, minute < 60, second < 61
    else { return nil }
    var position = 19
    var fraction = 0.0
    if bytes[position] == 0x2E {
      var scale = 0.1
      position += 1
      let start = position
      while position < bytes.count, (0x30...0x39).contains(bytes[position]) {
        fraction += Double(bytes[position] - 0x30) * scale
        scale /= 10
        position += 1
      }
      guard position > start else { return nil }
    }
    guard let offset = zoneOffset(bytes[position...]) else { return nil }
    let seconds = daysSinceEpoch(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset
    return Date(timeIntervalSince1970: Double(seconds) + fraction)
  }

  /// - Parameter fractionDigits: 0 to 9.
  public static func format(_ date: Date, fractionDigits: Int) -> String {
    var seconds = date.timeIntervalSince1970.rounded(.down)
    var scale = 1.0
    for _ in 0..<fractionDigits { scale *= 10 }
    var fraction = ((date.timeIntervalSince1970 - seconds) * scale).rounded()
    if fraction >= scale {
      fraction = 0
      seconds += 1
    }
    let total = Int(seconds)
    let days = Int((Double(total) / 86_400).rounded(.down))
    let rest = total - days * 86_400
    let (year, month, day) = civil(days)
    let time =
      "\(pad(year, 4))-\(pad(month, 2))-\(pad(day, 2))T\(pad(rest / 3_600, 2)):\(pad(rest / 60 % 60, 2)):\(pad(rest % 60, 2))"
    return fractionDigits == 0 ? time + "Z" : time + "." + pad(Int(fraction), fractionDigits) + "Z"
  }

  private static func zoneOffset(_ bytes: ArraySlice<UInt8>) -> Int? {
    guard let first = bytes.first else { return nil }
    if first | 0x20 == 0x7A { return bytes.count == 1 ? 0 : nil }
    let start = bytes.startIndex
    guard bytes.count == 6, first == 0x2B || first == 0x2D, bytes[start + 3] == 0x3A,
      let hours = number(bytes[start + 1..<start + 3]), let minutes = number(bytes[start + 4..<start + 6]),
      hours < 24, minutes < 60
    else { return nil }
    return (first == 0x2D ? -1 : 1) * (hours * 3_600 + minutes * 60)
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
    var value = 0
    for digit in digits {
      guard (0x30...0x39).contains(digit) else { return nil }
      value = value * 10 + Int(digit - 0x30)
    }
    return value
  }

  private static func pad(_ value: Int, _ width: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, width - text.count)) + text
  }

  private static func daysIn(_ month: Int, of year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  // The two conversions between a civil date and a day number are Howard Hinnant's `days_from_civil` and
  // `civil_from_days` (https://howardhinnant.github.io/date_algorithms.html).
  private static func daysSinceEpoch(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let year = month <= 2 ? year - 1 : year
    let era = (year >= 0 ? year : year - 399) / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }
}
