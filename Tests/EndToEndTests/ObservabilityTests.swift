import Foundation
import Testing
import TestServers

/// What the operator tells others: a scrape, and a webhook.
///
/// Each test has a sandbox of its own, since it configures the operator.
@Suite(.enabled(if: !Cluster.isRealConfigured, "starts its own operator"))
struct ObservabilityTests {
  /// A receiver that answers 500 to the first post and 200 to the rest, and keeps what it got, one a line.
  private static let receiver = """
    import http.server, sys
    class Receiver(http.server.BaseHTTPRequestHandler):
        count = 0
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with open("received", "ab") as file:
                file.write(body + b"\\n")
            Receiver.count += 1
            self.send_response(500 if Receiver.count == 1 else 200)
            self.end_headers()
        def log_message(self, *arguments):
            pass
    server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
    with open("port", "w") as file:
        file.write(str(server.server_address[1]))
    server.serve_forever()
    """

  private func port(of process: Operator) async throws -> String {
    try await eventually("the operator serves metrics", within: .seconds(60)) {
      process.process.fullLog.contains("Health and metrics are served.")
    }
    let line = process.process.fullLog.split(separator: "\n").first { $0.contains("Health and metrics are served.") }
    return try #require(line?.firstMatch(of: /"http.port":"(\d+)"/).map { String($0.1) })
  }

  private func scrape(_ port: String, accept: String = "*/*") async throws -> String {
    try await runCommand(
      "curl", ["-fsS", "-H", "Accept: \(accept)", "http://127.0.0.1:\(port)/metrics"]
    ).checked()
  }

  @Test func aScrapeTellsOfPoliciesUntilTheyGoAndAWebhookOfFailures() async throws {
    let cluster = try await Cluster.startSandbox()
    let folder = try ServerProcess.makeFolder("webhook")
    let receiver = try ServerProcess(["/usr/bin/env", "python3", "-c", Self.receiver], folder: folder)
    try await receiver.waitUntil("the receiver listens") {
      (try? String(contentsOf: folder.appendingPathComponent("port"), encoding: .utf8))?.isEmpty == false
    }
    let address = try String(contentsOf: folder.appendingPathComponent("port"), encoding: .utf8)
    let url = folder.appendingPathComponent("url")
    try "http://127.0.0.1:\(address)/hook/secret-token\n".write(to: url, atomically: true, encoding: .utf8)
    let config = folder.appendingPathComponent("config.yaml")
    try "logFormat: json\nnotificationsUrlFile: \(url.path)\nnotificationsReasons: [BackupFailed]\n"
      .write(to: config, atomically: true, encoding: .utf8)

    let process = try await Operator.start(in: cluster, "--config", config.path)
    let port = try await port(of: process)
    let scenario = try await Scenario.make("metrics", in: cluster)
    try await scenario.applyPolicy(scenario.policy())
    #expect(try await scenario.runJob("good") == "Completed")
    try await scenario.applyPolicy(scenario.policy("bad", bucket: "no-such-bucket"), named: "bad")
    #expect(try await scenario.runJob("failed", policy: "bad") == "Failed")

    func has(_ name: String, _ policy: String, _ value: String, in text: String) -> Bool {
      text.contains("\(name){namespace=\"\(scenario.namespace)\",policy=\"\(policy)\"} \(value)\n")
    }
    var text = ""
    try await eventually("the figures of both policies", within: .seconds(60)) {
      text = try await scrape(port)
      return has("holdfast_policy_consecutive_failures", "bad", "1", in: text)
        && has("holdfast_policy_protected", "bao", "1", in: text)
    }
    #expect(has("holdfast_policy_last_run_succeeded", "bao", "1", in: text))
    #expect(has("holdfast_policy_last_run_succeeded", "bad", "0", in: text))
    #expect(has("holdfast_policy_stored_backups", "bao", "1", in: text))
    #expect(has("holdfast_policy_missed_runs", "bao", "0", in: text))
    #expect(
      text.contains("holdfast_policy_next_run_timestamp_seconds{") && text.contains("\nholdfast_operator_leading 1\n"))
    #expect(text.contains("holdfast_policy_last_success_plain_size_bytes{"))
    let lint = try await runCommand("promtool", ["check", "metrics"], input: text)
    #expect(lint.succeeded && lint.output.isEmpty && lint.errors.isEmpty, "\(lint.output)\(lint.errors)")
    #expect(try await scrape(port, accept: "application/openmetrics-text").hasSuffix("\n# EOF\n"))

    try await cluster.kubectl("delete", "backuppolicy", "bad", "--namespace", scenario.namespace).checked()
    try await eventually("the series of the deleted policy end", within: .seconds(60)) {
      !(try await scrape(port).contains("policy=\"bad\""))
    }

    // Told twice, since the first answer was 500; and of nothing else.
    let file = folder.appendingPathComponent("received")
    try await eventually("the notification arrives", within: .seconds(60)) {
      ((try? String(contentsOf: file, encoding: .utf8)) ?? "").split(separator: "\n").count == 2
    }
    let posts = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
    #expect(posts.count == 2 && posts[0] == posts[1])
    #expect(posts[0].contains("\"reason\":\"BackupFailed\"") && posts[0].contains("\"name\":\"failed\""))
    #expect(posts[0].contains("BucketNotFound"))
    let log = process.process.fullLog
    #expect(log.contains("the receiver answered 500") && !log.contains("secret-token"))
    for line in log.split(separator: "\n") {
      #expect((try? JSONSerialization.jsonObject(with: Data(line.utf8))) != nil, "no JSON: \(line)")
    }
    withExtendedLifetime(receiver) {}
  }
}
