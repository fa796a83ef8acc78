import Foundation
import NIOHTTP1
import ObjectStoreTestKit
import Testing
import TestServers

/// Promise 4: a stream that broke is never a backup. The Job fails, no manifest appears, nothing stays in the bucket after
/// the next run, and the status and an Event say which step failed.
@Suite struct BrokenStreamTests {
  enum Cut: Sendable, CaseIterable, CustomTestStringConvertible {
    case atTenPercent, atHalf, oneByteBeforeTheEnd, cleanlyButTooEarly

    var testDescription: String { "\(self)" }

    func fault(ofSize size: Int) -> Fault {
      switch self {
      case .atTenPercent: .cutAnswer(after: size / 10)
      case .atHalf: .cutAnswer(after: size / 2)
      case .oneByteBeforeTheEnd: .cutAnswer(after: size - 1)
      case .cleanlyButTooEarly: .endAnswerEarly(after: size * 2 / 3)
      }
    }
  }

  @Test(arguments: Cut.allCases) func aCutSourceStreamIsNeverABackup(cut: Cut) async throws {
    let openBao = try await Self.filled.get()
    let size = try await openBao.request("GET", "sys/storage/raft/snapshot").body.count
    #expect(size > 12 << 20, "more than two parts, so that a multipart upload is under way when it breaks")
    let rules = FaultRules()
    rules.add(cut.fault(ofSize: size)) { $0.path == "/v1/sys/storage/raft/snapshot" && $0.method == .GET }
    let proxy = try await FaultProxy.start(upstream: openBao.address) { rules.fault(for: $0) }
    let scenario = try await Scenario.make("cut", openBao: openBao)
    try await scenario.applyPolicy(
      scenario.policy(address: proxy.endpoint).replacing(
        "    concurrency:", with: "    partSize: 5Mi\n    concurrency:"))

    #expect(try await scenario.runJob("broken") == "Failed")
    let reason = try await scenario.backup("broken", ".status.failure.reason")
    #expect(["SourceTruncated", "SourceCorrupt", "SourceUnreachable"].contains(reason), "\(reason)")
    #expect(try await scenario.backup("broken", ".status.failure.step") == "source")
    #expect(try await scenario.keys().allSatisfy { !$0.hasSuffix("manifest.json") })
    try await scenario.waitForEvent("Backup/broken")

    // The next run is good and leaves nothing of the broken one.
    rules.removeAll()
    #expect(try await scenario.runJob("good") == "Completed")
    #expect(try await scenario.keys().count == 2)
    #expect(try await scenario.openUploads().isEmpty)
    try await proxy.stop()
  }

  /// A pod that is evicted, or whose Job is suspended, gets SIGTERM: its upload is aborted before the grace period ends,
  /// and the pod that takes its place makes the backup, also where no failed attempt is allowed.
  @Test func aPodThatIsToldToStopAbortsItsUploadAndTheNextMakesTheBackup() async throws {
    let openBao = try await Self.filled.get()
    let rules = FaultRules()
    let proxy = try await FaultProxy.start(upstream: openBao.address) { rules.fault(for: $0) }
    let scenario = try await Scenario.make("evict", openBao: openBao)
    try await scenario.applyPolicy(
      scenario.policy(address: proxy.endpoint).replacing(
        "    concurrency:", with: "    partSize: 5Mi\n    concurrency:"))
    func stallOnce() {
      rules.add(.stallAnswer(after: 8 << 20), times: 1) {
        $0.path == "/v1/sys/storage/raft/snapshot" && $0.method == .GET
      }
    }
    func uploadUnderWay() async throws {
      try await eventually("an upload under way", within: .seconds(60), every: .milliseconds(200)) {
        try await !scenario.openUploads().isEmpty
      }
    }
    func suspend(_ isSuspended: Bool) async throws {
      try await scenario.cluster.kubectl(
        "patch", "job", "one", "--namespace", scenario.namespace, "--type=merge", "--patch",
        #"{"spec": {"suspend": \#(isSuspended)}}"#
      ).checked()
    }

    // Suspended, so that no other pod can tidy up after this one.
    stallOnce()
    try await scenario.startJob("one")
    try await uploadUnderWay()
    try await suspend(true)
    try await scenario.cluster.kubectl(
      "wait", "--for=delete", "pod", "--selector", "job-name=one", "--namespace", scenario.namespace, "--timeout=30s"
    ).checked()
    #expect(try await scenario.openUploads().isEmpty)
    #expect(try await scenario.keys().isEmpty)

    stallOnce()
    try await suspend(false)
    try await uploadUnderWay()
    try await scenario.cluster.kubectl(
      "delete", "pod", "--selector", "job-name=one", "--namespace", scenario.namespace, "--timeout=30s"
    ).checked()
    try await scenario.cluster.waitFor(
      "backup/one", ".status.phase", in: scenario.namespace, toBe: "Completed", "Failed")
    #expect(try await scenario.backup("one", ".status.phase") == "Completed")
    #expect(try await scenario.keys().count == 2)
    #expect(try await scenario.openUploads().isEmpty)
    try await proxy.stop()
  }

  /// 500, 503 and a lost answer are tried again, and the backup succeeds.
  @Test func aStoreThatStumblesIsTriedAgain() async throws {
    let store = try await SeaweedServer.shared.get()
    let rules = FaultRules()
    rules.add(.internalError, times: 2) { $0.method == .PUT && !$0.isOfPreflight }
    rules.add(.slowDown, times: 2) { $0.method == .POST }
    rules.add(.loseAnswer, times: 1) { $0.method == .PUT && $0.query.contains("partNumber") }
    let proxy = try await FaultProxy.start(upstream: store.endpoint) { rules.fault(for: $0) }
    let scenario = try await Scenario.make("stumble", openBao: try await Self.filled.get())
    try await scenario.applyPolicy(
      scenario.policy(endpoint: proxy.endpoint).replacing(
        "    concurrency:", with: "    partSize: 5Mi\n    concurrency:"))
    #expect(try await scenario.runJob("one") == "Completed")
    #expect(proxy.log.filter { $0.fault != nil }.count >= 4)
    #expect(try await scenario.keys().count == 2)
    try await proxy.stop()
  }

  /// 403 is not tried again: the credentials will not get better.
  @Test func aRefusalOfTheStoreFailsAtOnce() async throws {
    let store = try await SeaweedServer.shared.get()
    let proxy = try await FaultProxy.start(upstream: store.endpoint) { $0.method == .PUT ? .accessDenied : nil }
    let scenario = try await Scenario.make("refused")
    try await scenario.applyPolicy(scenario.policy(endpoint: proxy.endpoint))
    #expect(try await scenario.runJob("one") == "Failed")
    #expect(try await scenario.backup("one", ".status.failure.reason") == "AccessDenied")
    #expect(proxy.log.filter { $0.request.method == .PUT && !$0.request.isOfPreflight }.count == 1)
    try await proxy.stop()
  }

  /// An OpenBao whose snapshot does not fit two parts. What it stores is encrypted and does not compress.
  private static let filled = SharedServer {
    let server = try await OpenBaoServer.start()
    _ = try await server.request("POST", "sys/mounts/kv", json: #"{"type":"kv"}"#)
    let value = Data((0..<360_000).map { _ in UInt8.random(in: 0...255) }).base64EncodedString()
    for index in 0..<32 {
      let answer = try await server.request("POST", "kv/filler-\(index)", json: #"{"value":"\#(value)"}"#)
      guard answer.status == 204 else { throw TestServerError("filling OpenBao: \(answer.status) \(answer.text)") }
    }
    return server
  }
}
