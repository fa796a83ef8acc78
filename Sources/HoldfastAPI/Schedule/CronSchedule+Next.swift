public import Foundation

extension CronSchedule {
  /// The first run after `date`, or nil where none comes within five years (30 February).
  ///
  /// A run is any instant whose wall clock in `timeZone` matches. So when clocks go forward, runs in the skipped hour do
  /// not happen; when they go back, runs in the repeated hour happen twice, an hour apart. The CronJob controller
  /// (robfig/cron v3) does the same, but for two corners: where clocks go forward at midnight it can pass over a whole
  /// day that a day field singles out, and where they go back by half an hour over half an hour.
  public func next(after date: Date, timeZone: TimeZone) -> Date? {
    let after = date.timeIntervalSince1970
    let today = Int(((after + Double(timeZone.secondsFromGMT(for: date))) / 86_400).rounded(.down))
    let lastYear = CivilDate(dayNumber: today).year + 5
    // From yesterday, since a clock that goes back over midnight gives the day before once more.
    var day = today - 1
    while CivilDate(dayNumber: day).year <= lastYear {
      defer { day += 1 }
      guard matches(dayNumber: day) else { continue }
      let (run, hasTransition) = firstRun(on: day, after: after, timeZone)
      guard let run else { continue }
      // Around a transition the next day's first minutes can come before this day's last.
      let other = hasTransition && matches(dayNumber: day + 1) ? firstRun(on: day + 1, after: after, timeZone).run : nil
      return Date(timeIntervalSince1970: min(run, other ?? run))
    }
    return nil
  }

  /// The next runs after `date`, at most `count`.
  public func next(_ count: Int, after date: Date, timeZone: TimeZone) -> [Date] {
    var runs: [Date] = []
    var last = date
    while runs.count < count, let run = next(after: last, timeZone: timeZone) {
      runs.append(run)
      last = run
    }
    return runs
  }

  /// The longest time between two consecutive runs by the calendar alone, all days having 24 hours; nil where no run
  /// ever comes.
  public var expectedInterval: Duration? {
    guard let day = minutesOfDay() else { return nil }
    var longest = day.longestGap
    var previous: Int?
    // Twenty-eight years hold every combination of weekday and date, and seven leap days.
    for number in 10_957..<(10_957 + 28 * 365 + 8) where matches(dayNumber: number) {
      if let previous { longest = max(longest, (number - previous) * 1_440 + day.first - day.last) }
      previous = number
    }
    return previous == nil ? nil : .seconds(longest * 60)
  }

  /// The longest time between two consecutive runs around `now`: ``expectedInterval``, or more where a change of clocks
  /// just stretched a gap (25 hours for a daily run, 47 where the run fell into the skipped hour).
  public func expectedInterval(around now: Date, timeZone: TimeZone) -> Duration? {
    guard let usual = expectedInterval else { return nil }
    var longest = Double(usual.components.seconds)
    var previous: Date?
    var cursor = now.addingTimeInterval(-2 * longest - 7_200)
    while let run = next(after: cursor, timeZone: timeZone) {
      if let previous { longest = max(longest, run.timeIntervalSince(previous)) }
      if run > now { break }
      previous = run
      cursor = run
    }
    return .seconds(Int64(longest))
  }

  /// First and last minute of a day that has runs, and the longest gap between them.
  private func minutesOfDay() -> (first: Int, last: Int, longestGap: Int)? {
    var result: (first: Int, last: Int, longestGap: Int)?
    for hour in 0..<24 where hours >> UInt64(hour) & 1 == 1 {
      for minute in 0..<60 where minutes >> UInt64(minute) & 1 == 1 {
        let current = hour * 60 + minute
        if let known = result {
          result = (known.first, current, max(known.longestGap, current - known.last))
        } else {
          result = (current, current, 0)
        }
      }
    }
    return result
  }

  /// The earliest run on a matching day after an instant, both in seconds since 1970.
  private func firstRun(
    on day: Int, after: Double, _ timeZone: TimeZone
  ) -> (run: Double?, hasTransition: Bool) {
    let midnight = Double(day) * 86_400
    func offset(at instant: Double) -> Double {
      Double(timeZone.secondsFromGMT(for: Date(timeIntervalSince1970: instant)))
    }
    // Offsets lie between -12 and +14 hours, so that these two instants are before and behind the whole local day.
    let offsets = (offset(at: midnight - 54_000), offset(at: midnight + 86_400 + 54_000))
    let hasTransition = offsets.0 != offsets.1
    var earliest: Double?
    for hour in 0..<24 where hours >> UInt64(hour) & 1 == 1 {
      let wallHour = midnight + Double(hour) * 3_600
      if !hasTransition, wallHour + 3_600 - offsets.0 <= after { continue }
      for minute in 0..<60 where minutes >> UInt64(minute) & 1 == 1 {
        let wall = wallHour + Double(minute) * 60
        let first = wall - offsets.0
        guard hasTransition else {
          if first > after { return (first, false) }
          continue
        }
        // Each wall clock time has none, one or two instants: an offset counts where it is in force at that instant.
        for (instant, offsetThen) in [(first, offsets.0), (wall - offsets.1, offsets.1)]
        where instant > after && instant < earliest ?? .infinity && offset(at: instant) == offsetThen {
          earliest = instant
        }
      }
    }
    return (earliest, hasTransition)
  }
}
