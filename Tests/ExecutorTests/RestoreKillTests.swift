import Foundation
import HoldfastAPI
import JobPlan
import KubernetesClient
import KubernetesModel
import KubernetesTestKit
import NIOCore
import SnapshotSource
import Synchronization
import Testing

@testable import Executor

/// Promise 7, from inside the Job: a pod dies at any moment, and Kubernetes may start another one for the same Job.
@Suite struct RestoreKillTests {
  /// The moments at which a pod can die: before and after each call of the API server and of the destination.
  final class Life: Sendable {
    private let state: Mutex<(left: Int, moments: [String])>

    /// - Parameter moments: How many it lives through.
    init(moments: Int = .max) { state = Mutex((moments, [])) }

    var isOver: Bool { state.withLock { $0.left <= 0 } }
    var moments: [String] { state.withLock { $0.moments } }

    /// - Returns: Whether it is still alive.
    func pass(_ name: String) -> Bool {
      state.withLock { state in
        guard state.left > 0 else { return false }
        state.left -= 1
        state.moments.append(name)
        return true
      }
    }
  }

  /// What pods share.
  final class Server: Sendable {
    let began = Mutex<[String]>([])
    let applied = Mutex<[String]>([])
  }

  struct Destination: SnapshotDestination {
    let name = "db"
    let kind = "fake"
    let pod: String
    let life: Life
    let server: Server

    private func live(_ moment: String) async throws {
      guard !life.pass(moment) else { return }
      // The dead do nothing more.
      try await Task.sleep(for: .seconds(3_600))
    }

    func preflight() async throws -> RestorePreview {
      try await live("preflight")
      return RestorePreview(object: "there", detail: "all of it")
    }

    func restore<Snapshot: AsyncSequence & Sendable>(
      from snapshot: Snapshot, size: Int64, force: Bool, didBegin: @Sendable () async throws -> Void
    ) async throws -> SnapshotFacts where Snapshot.Element == ByteBuffer {
      try await live("restore, before it begins")
      try await didBegin()
      try await live("restore, begun")
      server.began.withLock { $0.append(pod) }
      for try await _ in snapshot {}
      try await live("restore, sent")
      server.applied.withLock { $0.append(pod) }
      try await live("restore, applied")
      return SnapshotFacts()
    }

    func verify() async throws -> SnapshotFacts {
      try await live("verify")
      return SnapshotFacts(["serves": "yes"])
    }
  }

  private func makeJournal() throws -> InMemoryAPI {
    let api = InMemoryAPI()
    try api.put(
      ConfigMap.resource,
      JSONValue(
        encoding: ConfigMap(
          metadata: ObjectMeta(name: ObjectNames.result(job: "job"), namespace: "ns"), data: RestoreJournal().data)))
    return api
  }

  private func journal(_ api: InMemoryAPI) throws -> RestoreJournal {
    let key = ObjectKey(namespace: "ns", name: ObjectNames.result(job: "job"))
    let map = try #require(api.object(ConfigMap.resource, key)).decoded(as: ConfigMap.self)
    return try #require(RestoreJournal(data: map.data ?? [:]))
  }

  /// Runs a pod to its end, or to its death.
  private func run(
    _ pod: String, _ world: World, _ api: InMemoryAPI, _ server: Server, _ life: Life = Life(),
    losingAnswers: Bool = false
  ) async -> ExecutorResult? {
    api.onRequest { request in
      guard !life.isOver else { return .hang }
      _ = life.pass(request.operation)
      // Dying right after the server has done it.
      return losingAnswers && life.isOver ? .answerLost : nil
    }
    let writer = RestoreJournalWriter(client: api.client, namespace: "ns", job: "job", pod: pod)
    let restore = RestoreRun(
      context: world.context(), restore: Plan.Restore(request: "r", origin: world.plan.policy),
      identities: [world.identity],
      makeDestination: { _, _, _ in Destination(pod: pod, life: life, server: server) }, journal: writer)
    let result = await withTaskGroup(of: ExecutorResult?.self) { group in
      group.addTask { await restore.run() }
      group.addTask {
        while !life.isOver, !Task.isCancelled { try? await Task.sleep(for: .milliseconds(2)) }
        return nil
      }
      let first = await group.next() ?? nil
      group.cancelAll()
      return first
    }
    return life.isOver ? nil : result
  }

  @Test(arguments: [false, true])
  func aPodThatDiesAtAnyMomentIsNeverFollowedByAnother(losingAnswers: Bool) async throws {
    let whole = Life()
    let world = World()
    _ = await world.backup()
    let server = Server()
    let api = try makeJournal()
    let result = await run("a", world, api, server, whole)
    #expect(result?.outcome == .succeeded && server.applied.withLock { $0 } == ["a"])
    #expect(try journal(api).doneSources == ["db"] && journal(api).result?.outcome == .succeeded)
    let moments = whole.moments
    #expect(moments.count >= 12, "\(moments)")

    for count in 0..<moments.count {
      let server = Server()
      let api = try makeJournal()
      let first = await run("a", world, api, server, Life(moments: count), losingAnswers: losingAnswers)
      let claimed = try journal(api).begun
      let second = try #require(await run("b", world, api, server))
      let told = "died after \(count) moments, the last \(moments[..<count].last ?? "none"): \(second)"
      #expect(first == nil, "\(told)")
      #expect(server.began.withLock { $0.count } <= 1 && server.applied.withLock { $0.count } <= 1, "\(told)")
      if claimed.isEmpty {
        #expect(second.outcome == .succeeded && server.applied.withLock { $0 } == ["b"], "\(told)")
      } else {
        #expect(second.outcome == .unknown && second.failure?.message.contains("pod a") == true, "\(told)")
        #expect(server.began.withLock { !$0.contains("b") }, "\(told)")
      }
    }
  }

  @Test func ofTwoPodsAtOnceOneBegins() async throws {
    let api = try makeJournal()
    let pods = (0..<8).map { RestoreJournalWriter(client: api.client, namespace: "ns", job: "job", pod: "p\($0)") }
    for pod in pods { try await pod.open() }
    let winners = await withTaskGroup(of: Bool.self) { group in
      for pod in pods {
        group.addTask { (try? await pod.begin("db", isRepeatable: false)) != nil }
      }
      return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(winners == 1)
    #expect(try journal(api).begun.count == 1)
  }

  @Test func nothingBeginsInAClosedJournalOrWithoutOne() async throws {
    let world = World()
    _ = await world.backup()
    let server = Server()
    let api = try makeJournal()
    let key = ObjectKey(namespace: "ns", name: ObjectNames.result(job: "job"))
    var map = try #require(api.object(ConfigMap.resource, key)).decoded(as: ConfigMap.self)
    map.data?["closed"] = "true"
    try api.put(ConfigMap.resource, JSONValue(encoding: map))
    let closed = try #require(await run("a", world, api, server))
    #expect(closed.outcome == .failed && closed.failure?.message.contains("closed") == true, "\(closed)")
    let missing = try #require(await run("a", world, InMemoryAPI(), server))
    #expect(missing.outcome == .failed && missing.failure?.message.contains("ConfigMap job-result") == true)
    #expect(server.began.withLock { $0.isEmpty })
  }

  /// The API server fails while the claim is written: without the claim nothing begins.
  @Test func aClaimThatCannotBeWrittenTouchesNothing() async throws {
    let world = World()
    _ = await world.backup()
    let server = Server()
    let api = try makeJournal()
    api.onRequest { $0.verb == .update ? .status(500) : nil }
    let writer = RestoreJournalWriter(client: api.client, namespace: "ns", job: "job", pod: "a")
    let restore = RestoreRun(
      context: world.context(), restore: Plan.Restore(request: "r", origin: world.plan.policy),
      identities: [world.identity],
      makeDestination: { _, _, _ in Destination(pod: "a", life: Life(), server: server) }, journal: writer)
    let result = await restore.run()
    #expect(result.outcome == .failed && server.began.withLock { $0.isEmpty })
    #expect(result.failure?.message.contains("nothing was changed") == true, "\(result)")
  }
}
