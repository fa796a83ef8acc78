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

  /// The stand-in for the CronJob controller starts Jobs when the real one does. The cases are those of the API's tests.
  @Test(arguments: ["robfig-cron", "croniter"]) func agreesWithTheRealController(fixture: String) throws {
    struct Row: Decodable {
      var schedule: String
      var zone: String
      var after: String
      var next: [String]
      var robfig: [String]?
    }
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appending(path: "../../HoldfastAPITests/Fixtures/\(fixture).jsonl").standardizedFileURL
    let lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
    #expect(lines.count > 300)
    for line in lines {
      let row = try JSONDecoder().decode(Row.self, from: Data(line.utf8))
      let zone = try #require(TimeZone(identifier: row.zone), "\(row.zone)")
      let expression = try CronExpression(row.schedule)
      var last = try #require(RFC3339.parse(row.after))
      // The first two: looking for later ones minute by minute takes long.
      let expected = (row.robfig ?? row.next).prefix(2)
      var runs: [String] = []
      while runs.count < expected.count, let run = expression.next(after: last, timeZone: zone) {
        runs.append(run.ISO8601Format())
        last = run
      }
      #expect(runs == Array(expected), "\(row.schedule) in \(row.zone) after \(row.after)")
    }
  }

  @Test(arguments: ["", "* * * *", "0 0 3 * * *", "60 * * * *", "0 24 * * *", "0 3 * * 7", "a * * * *", "*/0 * * * *"])
  func malformedExpressionsAreRefused(text: String) {
    #expect(throws: CronExpression.ParseError.self) { try CronExpression(text) }
  }
}
