import Foundation

/// A five-field cron expression as the CronJob controller reads it (github.com/robfig/cron v3): names, ranges, steps
/// and lists; `@daily` and its kin; the two day fields are joined by OR when both are restricted.
struct CronExpression: Sendable {
  struct ParseError: Error { let message: String }

  private let minutes: Set<Int>
  private let hours: Set<Int>
  private let days: Set<Int>
  private let months: Set<Int>
  private let weekdays: Set<Int>
  private let daysAreAny: Bool
  private let weekdaysAreAny: Bool
  /// Of `@every`; nil otherwise.
  private let interval: TimeInterval?

  init(_ text: String) throws(ParseError) {
    let macros = [
      "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
      "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
    ]
    interval = try Self.interval(text)
    if text.hasPrefix("@"), macros[text] == nil, interval == nil {
      throw ParseError(message: "unrecognized descriptor: \(text)")
    }
    let fields = (interval == nil ? macros[text] ?? text : "* * * * *").split(
      separator: " ", omittingEmptySubsequences: true
    ).map(String.init)
    guard fields.count == 5 else {
      throw ParseError(message: "expected exactly 5 fields, found \(fields.count): [\(text)]")
    }
    minutes = try Self.parse(fields[0], 0...59, names: [])
    hours = try Self.parse(fields[1], 0...23, names: [])
    days = try Self.parse(fields[2], 1...31, names: [])
    months = try Self.parse(
      fields[3], 1...12, names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"])
    weekdays = try Self.parse(fields[4], 0...6, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"])
    daysAreAny = Self.isAny(fields[2])
    weekdaysAreAny = Self.isAny(fields[4])
  }

  /// A star restricts nothing, unless a step follows it: `*/10` is a choice of days.
  private static func isAny(_ field: String) -> Bool {
    field.split(separator: ",").contains { ["*", "?", "*/1", "?/1"].contains($0) }
  }

  /// `@every` and a Go duration.
  private static func interval(_ text: String) throws(ParseError) -> TimeInterval? {
    guard text.hasPrefix("@every ") else { return nil }
    var seconds = 0.0
    var rest = text.dropFirst("@every ".count)
    let units: [(String, Double)] = [("ms", 0.001), ("us", 1e-6), ("ns", 1e-9), ("h", 3_600), ("m", 60), ("s", 1)]
    repeat {
      let digits = rest.prefix { $0.isNumber || $0 == "." }
      rest = rest.dropFirst(digits.count)
      guard let value = Double(digits), let (unit, factor) = units.first(where: { rest.hasPrefix($0.0) }) else {
        throw ParseError(message: "failed to parse duration \(text)")
      }
      seconds += value * factor
      rest = rest.dropFirst(unit.count)
    } while !rest.isEmpty
    return max(1, seconds.rounded(.down))
  }

  /// The first time after `date`, to the minute; nil where there is none within five years.
  func next(after date: Date, timeZone: TimeZone) -> Date? {
    if let interval {
      return Date(timeIntervalSince1970: date.timeIntervalSince1970.rounded(.down) + interval)
    }
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = timeZone
    var candidate = Date(timeIntervalSince1970: (date.timeIntervalSince1970 / 60).rounded(.down) * 60 + 60)
    let limit = date.addingTimeInterval(5 * 366 * 86_400)
    while candidate < limit {
      let parts = calendar.dateComponents([.month, .day, .hour, .minute, .weekday], from: candidate)
      guard let month = parts.month, let day = parts.day, let hour = parts.hour, let minute = parts.minute,
        let weekday = parts.weekday
      else { return nil }
      if !months.contains(month) || !dayMatches(day, weekday - 1) {
        candidate = calendar.startOfDay(for: candidate).addingTimeInterval(26 * 3_600)
        candidate = calendar.startOfDay(for: candidate)
      } else if !hours.contains(hour) {
        candidate = candidate.addingTimeInterval(Double(60 - minute) * 60)
      } else if !minutes.contains(minute) {
        candidate = candidate.addingTimeInterval(60)
      } else {
        return candidate
      }
    }
    return nil
  }

  private func dayMatches(_ day: Int, _ weekday: Int) -> Bool {
    if daysAreAny || weekdaysAreAny { return days.contains(day) && weekdays.contains(weekday) }
    return days.contains(day) || weekdays.contains(weekday)
  }

  private static func parse(_ field: String, _ bounds: ClosedRange<Int>, names: [String]) throws(ParseError) -> Set<Int>
  {
    var values: Set<Int> = []
    for part in field.split(separator: ",", omittingEmptySubsequences: false) {
      let pieces = part.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
      guard pieces.count <= 2, let first = pieces.first else { throw ParseError(message: "too many slashes: \(part)") }
      var range = bounds
      if first != "*", first != "?" {
        let ends = first.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard ends.count <= 2, let low = number(ends[0], bounds, names) else {
          throw unreadable(ends[0])
        }
        var high = low
        if ends.count == 2 {
          guard let value = number(ends[1], bounds, names) else { throw unreadable(ends[1]) }
          high = value
        } else if pieces.count == 2 {
          high = bounds.upperBound
        }
        if low < bounds.lowerBound {
          throw ParseError(message: "beginning of range (\(low)) below minimum (\(bounds.lowerBound)): \(part)")
        }
        if high > bounds.upperBound {
          throw ParseError(message: "end of range (\(high)) above maximum (\(bounds.upperBound)): \(part)")
        }
        guard low <= high else {
          throw ParseError(message: "beginning of range (\(low)) beyond end of range (\(high)): \(part)")
        }
        range = low...high
      }
      var step = 1
      if pieces.count == 2 {
        guard let value = Int(pieces[1]), value > 0 else { throw ParseError(message: "bad step in '\(part)'") }
        step = value
      }
      values.formUnion(stride(from: range.lowerBound, through: range.upperBound, by: step))
    }
    return values
  }

  private static func unreadable(_ text: String) -> ParseError {
    ParseError(message: "failed to parse int from \(text): strconv.Atoi: parsing \"\(text)\": invalid syntax")
  }

  private static func number(_ text: String, _ bounds: ClosedRange<Int>, _ names: [String]) -> Int? {
    if let index = names.firstIndex(of: text.lowercased()) { return index + bounds.lowerBound }
    guard !text.isEmpty, text.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
    return Int(text)
  }
}
