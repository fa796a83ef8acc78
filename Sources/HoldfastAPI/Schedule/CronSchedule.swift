/// A five-field cron expression in the dialect of Kubernetes' CronJob (robfig/cron v3), plus `H`.
///
/// Fields are minute (0-59), hour (0-23), day of month (1-31), month (1-12 or `jan`) and day of week (0-6 or `sun`), each
/// `*`, `?`, a value, a range, a step or a list of them. Where both day fields are restricted, a day that matches either
/// is taken. `@hourly`, `@daily`, `@midnight`, `@weekly`, `@monthly`, `@yearly` and `@annually` are known.
///
/// `H` stands for a value that is picked once for each policy, so that many policies do not start in the same minute:
/// `H`, `H(0-29)`, `H/15`, `H(0-29)/10`. ``plain`` is the expression with every `H` written out.
public struct CronSchedule: Sendable, Hashable, CustomStringConvertible {
  /// What is wrong with the expression and what to write instead, fit to follow a field's name.
  public struct ParseError: Error, Sendable, Hashable, CustomStringConvertible {
    public let message: String
    public var description: String { message }
  }

  /// As it was written.
  public let text: String
  /// Five plain fields, as a CronJob takes them.
  public let plain: String

  // One bit for each value.
  let minutes: UInt64
  let hours: UInt64
  let daysOfMonth: UInt64
  let months: UInt64
  let daysOfWeek: UInt64
  /// One of the day fields is unrestricted, so that a day has to match both.
  let needsBothDays: Bool

  /// - Parameter seed: What `H` is picked by: `namespace/name` of the policy.
  public init(_ text: String, seed: String) throws(ParseError) {
    let fields = try CronFieldParser.fields(of: text)
    var parsed: [CronField] = []
    for (position, field) in fields.enumerated() {
      parsed.append(try CronFieldParser(bounds: CronBounds.all[position], seed: seed).parse(field))
    }
    self.text = text
    plain = parsed.map(\.plain).joined(separator: " ")
    minutes = parsed[0].bits
    hours = parsed[1].bits
    daysOfMonth = parsed[2].bits
    months = parsed[3].bits
    daysOfWeek = parsed[4].bits
    needsBothDays = parsed[2].isStar || parsed[4].isStar
  }

  public var description: String { text }

  /// Whether a run starts on this day at all.
  func matches(dayNumber: Int) -> Bool {
    let date = CivilDate(dayNumber: dayNumber)
    guard months >> UInt64(date.month) & 1 == 1 else { return false }
    let dayOfMonth = daysOfMonth >> UInt64(date.day) & 1 == 1
    let dayOfWeek = daysOfWeek >> UInt64(CivilDate.weekday(dayNumber: dayNumber)) & 1 == 1
    return needsBothDays ? dayOfMonth && dayOfWeek : dayOfMonth || dayOfWeek
  }
}
