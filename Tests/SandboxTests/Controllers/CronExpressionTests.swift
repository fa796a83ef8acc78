import Foundation
import KubernetesModel
import Testing

@testable import Sandbox

@Suite struct CronExpressionTests {
  @Test(arguments: [
    ("0 3 * * *", "2026-11-21T03:00:00Z", "2026-11-22T03:00:00Z"),
    ("*/15 * * * *", "2026-11-21T03:01:30Z", "2026-11-21T03:15:00Z"),
    ("@hourly", "2026-11-21T03:00:00Z", "2026-11-21T04:00:00Z"),
    ("0 0 29 2 *", "2026-11-21T00:00:00Z", "2028-02-29T00:00:00Z"),
    ("0 12 * * mon-fri", "2026-11-20T12:00:00Z", "2026-11-23T12:00:00Z"),
    ("0 0 1 * sun", "2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z"),
  ])
  func nextTimes(expression: String, after: String, expected: String) throws {
    let next = try CronExpression(expression).next(
      after: try #require(RFC3339.parse(after)), timeZone: try #require(TimeZone(identifier: "UTC")))
    #expect(next == RFC3339.parse(expected))
  }

  @Test func timeZonesShiftTheHour() throws {
    let zone = try #require(TimeZone(identifier: "Europe/Berlin"))
    let next = try CronExpression("0 3 * * *").next(
      after: try #require(RFC3339.parse("2026-11-21T00:00:00Z")), timeZone: zone)
    #expect(next == RFC3339.parse("2026-11-21T02:00:00Z"))
  }

  @Test(arguments: ["", "* * * *", "0 0 3 * * *", "60 * * * *", "0 24 * * *", "0 3 * * 7", "a * * * *", "*/0 * * * *"])
  func malformedExpressionsAreRefused(text: String) {
    #expect(throws: CronExpression.ParseError.self) { try CronExpression(text) }
  }
}
