import Foundation
import NIOHTTP1
import ObjectStoreTestKit
import Testing
import TestServers

#if canImport(Glibc)
  import Glibc
#endif

/// Promise 7: whatever dies during a restore, its destructive step runs at most once, and the request ends.
@Suite struct RestoreLifeTests {
  /// An OpenBao of the test's own, behind a proxy that counts what restores send.
  private struct World {
    let openBao: OpenBaoServer
    let proxy: FaultProxy
    let rules: FaultRules
    let scenario: Scenario

    static func make(_ name: String, in cluster: Cluster? = nil) async throws -> World {
      let openBao = try await OpenBaoServer.start()
      _ = try await openBao.request("POST", "sys/mounts/kv", json: #"{"type":"kv"}"#)
      _ = try await openBao.request("POST", "kv/database", json: #"{"password":"correct-horse"}"#)
      let rules = FaultRules()
      let proxy = try await FaultProxy.start(upstream: openBao.address) { rules.fault(for: $0) }
      let scenario = try await Scenario.make(name, in: cluster, openBao: openBao)
      let world = World(openBao: openBao, proxy: proxy, scenario: scenario, rules: rules)
      try await scenario.applyPolicy(scenario.policy(address: proxy.endpoint))
      let phase = try await scenario.runJob("one")
      try #require(phase == "Completed")
      return world
    }

    private init(openBao: OpenBaoServer, proxy: FaultProxy, scenario: Scenario, rules: FaultRules) {
      self.openBao = openBao
      self.proxy = proxy
      self.scenario = scenario
      self.rules = rules
    }

    static func isRestore(_ request: ProxiedRequest) -> Bool {
      request.path.hasPrefix("/v1/sys/storage/raft/snapshot") && [.POST, .PUT].contains(request.method)
    }

    var sent: Int { proxy.log.filter { Self.isRestore($0.request) }.count }

    func restore(_ name: String, safetyBackup: Bool = false) async throws {
      try await scenario.cluster.apply(
        """
        apiVersion: holdfast.dev/v1alpha1
        kind: RestoreRequest
        metadata: {name: \(name), namespace: \(scenario.namespace)}
        spec:
          from: {backup: one}
          decryption: {identitySecretRef: {name: age-identity, key: identity.txt}}
          safetyBackup: \(safetyBackup)
        """)
    }

    func status(_ name: String, _ path: String) async throws -> String {
      try await scenario.cluster.value("restorerequest/\(name)", ".status\(path)", in: scenario.namespace)
    }

    /// The phase in which it ends.
    func end(of name: String) async throws -> String {
      try await scenario.cluster.waitFor(
        "restorerequest/\(name)", ".status.phase", in: scenario.namespace, toBe: "Completed", "Failed", "Unknown",
        within: .seconds(180))
    }

    func hasData() async throws -> Bool {
      try await openBao.request("GET", "kv/database").text.contains("correct-horse")
    }

    func loseData() async throws {
      _ = try await openBao.request("DELETE", "kv/database")
      let isGone = try await !hasData()
      try #require(isGone)
    }
  }

  @Test(.enabled(if: !Cluster.isRealConfigured, "kills its own operators"))
  func anOperatorKilledAtAnyStepOfARestoreRunsItOnce() async throws {
    let cluster = try await Cluster.startSandbox()
    var running = try await Operator.start(in: cluster)
    let world = try await World.make("restore-killed", in: cluster)
    // Delays spread over the seconds that a safety backup and a restore take.
    let delays = [0, 150, 400, 800, 1_500, 2_500, 4_000, 6_000]
    for (index, delay) in delays.enumerated() {
      try await world.loseData()
      try await world.restore("back-\(index)", safetyBackup: true)
      try await Task.sleep(for: .milliseconds(delay))
      running.process.signal(SIGKILL)
      running = try await Operator.start(in: cluster)
      #expect(try await world.end(of: "back-\(index)") == "Completed", "after \(delay) ms")
      #expect(world.sent == index + 1, "after \(delay) ms")
      #expect(try await world.hasData())
    }
  }

  /// The answer is on its way when the pod is killed: nobody can know, and nobody tries it again but a person.
  @Test func anExecutorKilledInItsRestoreIsUnknownUntilAPersonResumesIt() async throws {
    let world = try await World.make("restore-unknown")
    let scenario = world.scenario
    try await world.loseData()
    world.rules.add(.hangAfter, times: 1) { World.isRestore($0) }
    try await world.restore("back")
    try await eventually("the snapshot to be sent", within: .seconds(120), every: .milliseconds(200)) {
      world.sent == 1
    }
    let job = try await world.status("back", ".claim.job")
    try await scenario.cluster.kubectl(
      "delete", "pod", "--selector", "job-name=\(job)", "--namespace", scenario.namespace, "--grace-period=0",
      "--force"
    ).checked()
    #expect(try await world.end(of: "back") == "Unknown")
    let message = try await world.status("back", ".failure.message")
    #expect(try await world.status("back", ".failure.reason") == "OutcomeUnknown")
    #expect(message.contains("raft") && message.contains("holdfast restore resume"), "\(message)")
    #expect(world.sent == 1)

    world.rules.removeAll()
    let told = try await holdfast(scenario, "restore", "resume", "back").checked()
    #expect(told.contains("attempt 2"), "\(told)")
    try await scenario.cluster.waitFor(
      "restorerequest/back", ".status.phase", in: scenario.namespace, toBe: "Completed", "Failed",
      within: .seconds(180))
    #expect(try await world.status("back", ".phase") == "Completed")
    #expect(world.sent == 2)
    #expect(try await world.hasData())
    #expect(try await world.status("back", ".attempt") == "2")
    let late = try await holdfast(scenario, "restore", "abandon", "back")
    #expect(late.status == 1 && late.errors.contains("is Completed"), "\(late)")
  }

  /// The store does not answer the preflight when the Job is deleted.
  @Test func aJobDeletedBeforeItBeganChangedNothing() async throws {
    let world = try await World.make("restore-early")
    let scenario = world.scenario
    let rules = FaultRules()
    let proxy = try await FaultProxy.start(upstream: scenario.store.endpoint) { rules.fault(for: $0) }
    try await scenario.applyPolicy(scenario.policy(address: world.proxy.endpoint, endpoint: proxy.endpoint))
    try await world.loseData()
    rules.add(.hang) { $0.method == .GET && $0.path.contains("manifest.json") }
    try await world.restore("back")
    try await eventually("the preflight", within: .seconds(120), every: .milliseconds(200)) {
      proxy.log.contains { $0.fault != nil }
    }
    let job = try await world.status("back", ".claim.job")
    try await scenario.cluster.kubectl("delete", "job", job, "--namespace", scenario.namespace).checked()
    #expect(try await world.end(of: "back") == "Failed")
    let message = try await world.status("back", ".failure.message")
    #expect(message.contains("stop") || message.contains("nothing was changed"), "\(message)")
    #expect(world.sent == 0)
    #expect(try await !world.hasData())
    try await proxy.stop()
  }

  private func holdfast(_ scenario: Scenario, _ arguments: String...) async throws -> CommandResult {
    try await runCommand(
      Binaries.path("holdfast"), arguments + ["--namespace", scenario.namespace],
      environment: ["KUBECONFIG": scenario.cluster.kubeconfig])
  }
}
