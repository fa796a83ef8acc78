/// The range, names and title of one field.
struct CronBounds {
  var title: String
  var range: ClosedRange<Int>
  /// What a bare `H` may become.
  var hashRange: ClosedRange<Int>
  var names: [String] = []

  static let all = [
    CronBounds(title: "minute", range: 0...59, hashRange: 0...59),
    CronBounds(title: "hour", range: 0...23, hashRange: 0...23),
    // Every month has 28 days.
    CronBounds(title: "day of month", range: 1...31, hashRange: 1...28),
    CronBounds(
      title: "month", range: 1...12, hashRange: 1...12,
      names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]),
    CronBounds(
      title: "day of week", range: 0...6, hashRange: 0...6, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
  ]
}

/// One parsed field.
struct CronField {
  var bits: UInt64 = 0
  /// `*` or `?` without a step above 1: for the day fields, "unrestricted".
  var isStar = false
  var plain = ""
}

struct CronFieldParser {
  var bounds: CronBounds
  var seed: String

  private static let macros = [
    "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
  ]

  /// Splits an expression into its five fields.
  static func fields(of text: String) throws(CronSchedule.ParseError) -> [String] {
    let shown = Syntax.quoted(text)
    if text.hasPrefix("TZ=") || text.hasPrefix("CRON_TZ=") {
      throw error("\(shown) names a time zone; put the zone into timeZone and only the five fields here")
    }
    if text.hasPrefix("@every") {
      throw error(
        "\(shown) is an interval, which has no fixed times; write the times, for example '0 */6 * * *' or 'H * * * *'")
    }
    if text.hasPrefix("@") {
      guard let macro = macros[text] else {
        throw error("\(shown) is not known; use \(macros.keys.sorted().joined(separator: ", ")) or five cron fields")
      }
      return macro.split(separator: " ").map(String.init)
    }
    guard text.utf8.count <= 200 else { throw error("is longer than 200 characters") }
    let fields = text.split { $0 == " " || $0 == "\t" }.map(String.init)
    guard fields.count == 5 else {
      let hint = fields.count > 5 ? "; there are no seconds and no years" : ""
      throw error(
        "\(shown) has \(fields.count) \(fields.count == 1 ? "field" : "fields"); write five: minute, hour, day of month, "
          + "month, day of week\(hint)")
    }
    return fields
  }

  func parse(_ text: String) throws(CronSchedule.ParseError) -> CronField {
    var field = CronField()
    var parts: [String] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let element = try element(String(part))
      field.bits |= element.bits
      field.isStar = field.isStar || element.isStar
      parts.append(element.plain)
    }
    field.plain = parts.joined(separator: ",")
    return field
  }

  /// One part of a list: `*`, `5`, `1-5`, `*/15`, `10-40/5`, `H`, `H(0-29)`, `H/15`.
  private func element(_ text: String) throws(CronSchedule.ParseError) -> CronField {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count <= 2, !parts[0].isEmpty else { throw malformed(text) }
    let step = parts.count == 2 ? try self.step(parts[1], in: text) : 1
    if parts[0].first == "H" { return try hashed(parts[0], step: parts.count == 2 ? step : nil, text) }
    if parts[0] == "*" || parts[0] == "?" { return field(bounds.range, step: step, isStar: step == 1) }
    let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false).map(String.init)
    guard ends.count <= 2 else { throw malformed(text) }
    let low = try value(ends[0], in: text)
    // As in robfig/cron, `5/15` runs from 5 to the end of the field.
    let high = ends.count == 2 ? try value(ends[1], in: text) : (parts.count == 2 ? bounds.range.upperBound : low)
    guard low <= high else {
      throw Self.error(
        "\(bounds.title) \(Syntax.quoted(text)) runs backwards; write the lower end first, or two ranges")
    }
    return field(low...high, step: step, isStar: false)
  }

  private func hashed(_ head: String, step: Int?, _ text: String) throws(CronSchedule.ParseError) -> CronField {
    var range = bounds.hashRange
    if head != "H" {
      guard head.hasPrefix("H("), head.hasSuffix(")") else { throw malformed(text) }
      let ends = head.dropFirst(2).dropLast().split(separator: "-", omittingEmptySubsequences: false).map(String.init)
      guard ends.count == 2 else { throw malformed(text) }
      let (low, high) = (try value(ends[0], in: text), try value(ends[1], in: text))
      guard low <= high else { throw malformed(text) }
      range = low...high
    }
    guard let step else {
      let picked = range.lowerBound + pick(range.count)
      return field(picked...picked, step: 1, isStar: false)
    }
    guard step <= range.count else {
      throw Self.error("\(bounds.title) \(Syntax.quoted(text)) has a step longer than its range of \(range.count)")
    }
    return field((range.lowerBound + pick(step))...range.upperBound, step: step, isStar: false)
  }

  private func field(_ range: ClosedRange<Int>, step: Int, isStar: Bool) -> CronField {
    var bits: UInt64 = 0
    for value in stride(from: range.lowerBound, through: range.upperBound, by: step) { bits |= 1 << UInt64(value) }
    let plain =
      if isStar {
        "*"
      } else if range.count == 1 {
        "\(range.lowerBound)"
      } else if step == 1 {
        "\(range.lowerBound)-\(range.upperBound)"
      } else if range == bounds.range {
        "*/\(step)"
      } else {
        "\(range.lowerBound)-\(range.upperBound)/\(step)"
      }
    return CronField(bits: bits, isStar: isStar, plain: plain)
  }

  private func step(_ text: String, in element: String) throws(CronSchedule.ParseError) -> Int {
    guard let step = number(text), step > 0 else { throw malformed(element) }
    guard step <= bounds.range.count else {
      throw Self.error(
        "\(bounds.title) \(Syntax.quoted(element)) has a step of \(step), but the field has only \(bounds.range.count) "
          + "values; a longer interval belongs into the next field")
    }
    return step
  }

  private func value(_ text: String, in element: String) throws(CronSchedule.ParseError) -> Int {
    if let position = bounds.names.firstIndex(of: text.lowercased()) { return position + bounds.range.lowerBound }
    guard let value = number(text) else { throw malformed(element) }
    guard bounds.range.contains(value) else {
      let hint = bounds.title == "day of week" && value == 7 ? "; Sunday is 0 or sun" : ""
      throw Self.error(
        "\(bounds.title) \(Syntax.quoted(element)) is out of range "
          + "\(bounds.range.lowerBound)-\(bounds.range.upperBound)\(hint)")
    }
    return value
  }

  private func number(_ text: String) -> Int? {
    (1...4).contains(text.utf8.count) && text.allSatisfy(\.isASCIIDigit) ? Int(text) : nil
  }

  /// A stable choice of 0 to `count - 1` by seed and field: FNV-1a, then the finalizer of SplitMix64, whose low bits are
  /// good enough for a remainder. Never change it: policies would move their runs.
  private func pick(_ count: Int) -> Int {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in "\(seed)/\(bounds.title)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    hash = (hash ^ (hash >> 30)) &* 0xbf58_476d_1ce4_e5b9
    hash = (hash ^ (hash >> 27)) &* 0x94d0_49bb_1331_11eb
    return Int((hash ^ (hash >> 31)) % UInt64(count))
  }

  private func malformed(_ element: String) -> CronSchedule.ParseError {
    let names = bounds.names.isEmpty ? "" : ", names (\(bounds.names[0]), \(bounds.names[1]), …)"
    return Self.error(
      "\(bounds.title) \(Syntax.quoted(element)) is not understood; use *, numbers \(bounds.range.lowerBound)-"
        + "\(bounds.range.upperBound)\(names), ranges a-b, steps */n, lists a,b or H")
  }

  private static func error(_ message: String) -> CronSchedule.ParseError { CronSchedule.ParseError(message: message) }
}
