import Foundation
import Testing

@testable import HoldfastAPI

struct CronScheduleTests {
  struct Row: Decodable {
    var schedule: String
    var zone: String
    var after: String
    var next: [String]
    /// Of croniter's cases: what the CronJob controller does instead, and why the two differ.
    var robfig: [String]?
    var why: String?
  }

  static func rows(_ fixture: String) throws -> [Row] {
    let url = try #require(
      Bundle.module.url(forResource: fixture, withExtension: "jsonl", subdirectory: "Fixtures"))
    return try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
      .map { try JSONDecoder().decode(Row.self, from: Data($0.utf8)) }
  }

  static func date(_ text: String) throws -> Date { try Date.ISO8601FormatStyle().parse(text) }

  @Test func agreesWithTheCronJobControllersOwnParser() throws {
    let rows = try Self.rows("robfig-cron")
    #expect(rows.count > 500)
    for row in rows {
      let zone = try #require(TimeZoneName.resolve(row.zone), "\(row.zone)")
      let schedule = try CronSchedule(row.schedule, seed: "")
      let runs = schedule.next(5, after: try Self.date(row.after), timeZone: zone).map { $0.ISO8601Format() }
      #expect(runs == row.next, "\(row.schedule) in \(row.zone) after \(row.after)")
      // What the CronJob gets means the same.
      let plain = try CronSchedule(schedule.plain, seed: "")
      #expect(plain.plain == schedule.plain)
      #expect(plain.needsBothDays == schedule.needsBothDays && plain.minutes == schedule.minutes, "\(row.schedule)")
    }
  }

  /// Where the two differ, what Kubernetes runs counts, and the case says why.
  @Test func agreesWithCroniterButWhereTheControllerDoesNot() throws {
    let rows = try Self.rows("croniter")
    #expect(rows.count > 300)
    #expect(Set(rows.map(\.zone)) == ["Europe/Berlin", "America/New_York", "Etc/UTC"])
    for row in rows {
      #expect((row.robfig == nil) == (row.why == nil))
      let zone = try #require(TimeZoneName.resolve(row.zone), "\(row.zone)")
      let runs = try CronSchedule(row.schedule, seed: "").next(5, after: Self.date(row.after), timeZone: zone)
      #expect(
        runs.map { $0.ISO8601Format() } == row.robfig ?? row.next, "\(row.schedule) in \(row.zone) after \(row.after)")
    }
    let differing = rows.filter { $0.robfig != nil }
    #expect(!differing.isEmpty && differing.allSatisfy { $0.why?.hasPrefix("clocks go forward") == true })
  }

  /// Random expressions against a clock that steps minute by minute, over zones whose clocks change at midnight, by half
  /// an hour, or by a whole day.
  @Test(arguments: [
    ("Europe/Berlin", "2026-03-28T00:00:00Z"), ("Europe/Berlin", "2026-10-24T00:00:00Z"),
    ("America/Havana", "2026-03-07T12:00:00Z"), ("America/Havana", "2026-10-31T12:00:00Z"),
    ("Africa/Cairo", "2026-04-23T12:00:00Z"), ("Africa/Cairo", "2026-10-29T12:00:00Z"),
    ("Australia/Lord_Howe", "2026-04-03T12:00:00Z"), ("Australia/Lord_Howe", "2026-10-02T12:00:00Z"),
    ("America/St_Johns", "2010-11-06T12:00:00Z"), ("Pacific/Apia", "2011-12-29T00:00:00Z"),
    ("UTC", "2027-12-31T00:00:00Z"), ("Asia/Kathmandu", "2028-02-28T00:00:00Z"),
  ])
  func agreesWithAClockThatStepsMinuteByMinute(zone: String, start: String) throws {
    var generator = SeededGenerator(seed: 7)
    let timeZone = try #require(TimeZoneName.resolve(zone))
    let start = try Self.date(start)
    let clock = (1...3 * 1_440).map { minute -> (Date, Wall) in
      let date = start.addingTimeInterval(Double(minute) * 60)
      return (date, Wall(date, timeZone))
    }
    for _ in 0..<40 {
      let expression = Self.randomExpression(using: &generator)
      let schedule = try CronSchedule(expression, seed: "a/b")
      let expected = clock.filter { Self.matches(schedule, $0.1) }.map(\.0)
      var runs: [Date] = []
      var last = start
      while let run = schedule.next(after: last, timeZone: timeZone), run <= clock.last!.0, runs.count < 200 {
        runs.append(run)
        last = run
      }
      #expect(runs == Array(expected.prefix(200)), "\(expression) in \(zone)")
    }
  }

  @Test func expectedIntervalIsTheLongestGap() throws {
    let cases: [(String, Int)] = [
      ("* * * * *", 60), ("*/15 * * * *", 900), ("0 * * * *", 3_600), ("@hourly", 3_600), ("0 3 * * *", 86_400),
      ("0 3,4 * * *", 23 * 3_600), ("0 2 * * 1-5", 3 * 86_400), ("@weekly", 7 * 86_400), ("@monthly", 31 * 86_400),
      ("0 0 31 * *", 61 * 86_400), ("@yearly", 366 * 86_400), ("0 0 29 2 *", 1_461 * 86_400),
      ("*/40 * * * *", 2_400), ("50 23 1 * *", 31 * 86_400),
    ]
    for (text, seconds) in cases {
      #expect(try CronSchedule(text, seed: "").expectedInterval == .seconds(seconds), "\(text)")
    }
  }

  @Test func expectedIntervalGrowsWhereClocksStretchedAGap() throws {
    let berlin = try #require(TimeZoneName.resolve("Europe/Berlin"))
    let schedule = try CronSchedule("30 2 * * *", seed: "")
    // 29 March has no 02:30.
    let day = try Self.date("2026-03-29T12:00:00Z")
    #expect(schedule.expectedInterval(around: day, timeZone: berlin) == .seconds(47 * 3_600))
    #expect(
      schedule.expectedInterval(around: try Self.date("2026-06-01T12:00:00Z"), timeZone: berlin) == .seconds(86_400))
  }

  @Test(arguments: ["0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 31 feb *"])
  func impossibleDatesNeverCome(text: String) throws {
    let schedule = try CronSchedule(text, seed: "")
    #expect(schedule.next(after: Date(timeIntervalSince1970: 0), timeZone: .gmt) == nil)
    #expect(schedule.expectedInterval == nil)
  }

  @Test func hashedFieldsAreStablePlainAndSpread() throws {
    // Written down: a change would move the runs of policies that exist.
    #expect(try CronSchedule("H 2 * * *", seed: "openziti/overlay").plain == "42 2 * * *")
    var minutes: Set<String> = []
    for index in 0..<400 {
      let seed = "namespace/policy-\(index)"
      let schedule = try CronSchedule("H 2 * * *", seed: seed)
      #expect(try CronSchedule("H 2 * * *", seed: seed) == schedule)
      #expect(try CronSchedule(schedule.plain, seed: "other").minutes == schedule.minutes)
      minutes.insert(schedule.plain)
      let bounded = try CronSchedule("H(0-29)/10 H(1-3) H * H", seed: seed)
      #expect(bounded.minutes.nonzeroBitCount == 3 && bounded.minutes >> 30 == 0)
      #expect(bounded.hours & ~0b1110 == 0 && bounded.daysOfMonth.trailingZeroBitCount <= 28)
      #expect(try CronSchedule("H/15 * * * *", seed: seed).minutes.nonzeroBitCount == 4)
    }
    #expect(minutes.count == 60, "400 policies should start in every minute of the hour")
  }

  @Test(arguments: [
    ("", "has 0 fields"), ("0 3 * *", "has 4 fields"), ("0 0 3 * * *", "has 6 fields"),
    ("60 * * * *", "out of range 0-59"),
    ("* 24 * * *", "out of range 0-23"), ("* * 0 * *", "out of range 1-31"), ("* * * 13 *", "out of range 1-12"),
    ("* * * * 7", "Sunday is 0 or sun"), ("5-1 * * * *", "runs backwards"), ("*/0 * * * *", "is not understood"),
    ("*/90 * * * *", "longer interval"), ("1,,2 * * * *", "is not understood"), ("1-2-3 * * * *", "is not understood"),
    ("*-5 * * * *", "is not understood"), ("a * * * *", "is not understood"), ("* * L * *", "is not understood"),
    ("* * * * 5#2", "is not understood"), ("+5 * * * *", "is not understood"), ("-5 * * * *", "is not understood"),
    ("1/2/3 * * * *", "is not understood"), ("H(5 * * * *", "is not understood"),
    ("H(40-20) * * * *", "is not understood"),
    ("H(0-4)/9 * * * *", "longer than its range"), ("@every 1h", "0 */6 * * *"), ("@reboot", "is not known"),
    ("TZ=UTC 0 3 * * *", "put the zone into timeZone"), ("CRON_TZ=UTC 0 3 * * *", "put the zone into timeZone"),
    ("٣ * * * *", "is not understood"),
  ])
  func malformedExpressionsSayWhatToDo(text: String, message: String) throws {
    let error = #expect(throws: CronSchedule.ParseError.self) { try CronSchedule(text, seed: "") }
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
  }

  @Test func zoneNamesAreThoseOfTheDatabase() {
    for name in ["UTC", "Etc/UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "CET", "Asia/Kolkata", "GB"] {
      #expect(TimeZoneName.resolve(name) != nil, "\(name)")
    }
    for name in [
      "", "Local", "local", "PST", "IST", "Europe/Atlantis", "europe/berlin", "../etc/passwd", "GMT+3", "+02:00",
      "Europe/Berlin ", "Europe/",
    ] {
      #expect(TimeZoneName.resolve(name) == nil, "\(name)")
    }
  }

  // MARK: The slow clock

  struct Wall {
    var minute: Int
    var hour: Int
    var day: Int
    var month: Int
    var weekday: Int

    init(_ date: Date, _ zone: TimeZone) {
      var calendar = Calendar(identifier: .gregorian)
      calendar.timeZone = zone
      let parts = calendar.dateComponents([.minute, .hour, .day, .month, .weekday], from: date)
      (minute, hour, day, month) = (parts.minute!, parts.hour!, parts.day!, parts.month!)
      weekday = parts.weekday! - 1
    }
  }

  static func matches(_ schedule: CronSchedule, _ wall: Wall) -> Bool {
    func has(_ bits: UInt64, _ value: Int) -> Bool { bits >> UInt64(value) & 1 == 1 }
    let (day, weekday) = (has(schedule.daysOfMonth, wall.day), has(schedule.daysOfWeek, wall.weekday))
    return has(schedule.minutes, wall.minute) && has(schedule.hours, wall.hour) && has(schedule.months, wall.month)
      && (schedule.needsBothDays ? day && weekday : day || weekday)
  }

  static func randomExpression(using generator: inout SeededGenerator) -> String {
    func field(_ range: ClosedRange<Int>, star: Int) -> String {
      switch Int.random(in: 0..<10, using: &generator) {
      case 0..<star: return "*"
      case star..<7: return "\(Int.random(in: range, using: &generator))"
      case 7:
        let low = Int.random(in: range, using: &generator)
        return "\(low)-\(Int.random(in: low...range.upperBound, using: &generator))"
      case 8: return "*/\(Int.random(in: 1...range.count, using: &generator))"
      default: return "\(Int.random(in: range, using: &generator)),\(Int.random(in: range, using: &generator))"
      }
    }
    return [
      field(0...59, star: 3), field(0...3, star: 5), field(1...31, star: 6), field(1...12, star: 7),
      field(0...6, star: 6),
    ]
    .joined(separator: " ")
  }
}

/// SplitMix64: the same numbers in every run.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
    return value ^ (value >> 31)
  }
}
