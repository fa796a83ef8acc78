import Foundation
import KubernetesClient
import KubernetesModel
@testable import KubernetesRuntime
import KubernetesTestKit
import ServiceLifecycle
import Testing

private let lease = ObjectKey(namespace: "n", name: "lock")

private func options(_ identity: String) -> LeaderElector.Options {
  LeaderElector.Options(lease: lease, identity: identity)
}

/// One candidate at a time, step by step.
struct LeaseLockTests {
  let api = InMemoryAPI()
  let clock = ManualClock()
  let wall = ManualWall()

  private func candidate(_ identity: String) -> LeaseLock {
    LeaseLock(client: api.client, options: options(identity), clock: ErasedClock(clock), wallClock: { wall.now })
  }

  private func holder() -> String? {
    api.object(Lease.resource, lease)?[path: "spec", "holderIdentity"]?.stringValue
  }

  private func isHeld(_ attempt: LeaseLock.Attempt) -> Bool { attempt != .leading }

  @Test func theFirstOneLeads() async throws {
    let a = candidate("a")
    #expect(try await a.tryAcquireOrRenew() == .leading)
    let spec = try #require(api.object(Lease.resource, lease)?["spec"])
    #expect(spec["holderIdentity"] == "a" && spec["leaseDurationSeconds"] == 15 && spec["leaseTransitions"] == 0)
  }

  @Test func aLeaseIsTakenOverOnlyAfterItsTimeWithoutRenewal() async throws {
    let a = candidate("a")
    let b = candidate("b")
    _ = try await a.tryAcquireOrRenew()
    #expect(try await b.tryAcquireOrRenew() == .held(by: "a", until: .seconds(15)))
    clock.advance(by: .seconds(14))
    #expect(try await a.tryAcquireOrRenew() == .leading)
    wall.advance(by: 14)
    #expect(try await a.tryAcquireOrRenew() == .leading)
    clock.advance(by: .seconds(2))
    // The renewal was seen just now, so the time starts anew.
    #expect(try await b.tryAcquireOrRenew() == .held(by: "a", until: .seconds(31)))
    clock.advance(by: .milliseconds(14_999))
    #expect(isHeld(try await b.tryAcquireOrRenew()))
    clock.advance(by: .milliseconds(1))
    #expect(try await b.tryAcquireOrRenew() == .leading)
    #expect(api.object(Lease.resource, lease)?[path: "spec", "leaseTransitions"] == 1)
    // The old leader sees that it has lost.
    #expect(try await a.tryAcquireOrRenew() == .held(by: "b", until: clock.now.offset + .seconds(15)))
  }

  @Test(arguments: [-86_400.0, 86_400, 1e9])
  func jumpsOfTheWallClockDoNoHarm(jump: TimeInterval) async throws {
    let a = candidate("a")
    let b = candidate("b")
    _ = try await a.tryAcquireOrRenew()
    _ = try await b.tryAcquireOrRenew()
    wall.advance(by: jump)
    clock.advance(by: .seconds(3))
    #expect(isHeld(try await b.tryAcquireOrRenew()))
    #expect(try await a.tryAcquireOrRenew() == .leading)
    _ = try await b.tryAcquireOrRenew()
    clock.advance(by: .seconds(15))
    #expect(try await b.tryAcquireOrRenew() == .leading)
  }

  @Test func aReleasedLeaseIsFreeAtOnce() async throws {
    let a = candidate("a")
    let b = candidate("b")
    _ = try await a.tryAcquireOrRenew()
    #expect(isHeld(try await b.tryAcquireOrRenew()))
    try await a.release()
    #expect(holder() == "")
    #expect(try await b.tryAcquireOrRenew() == .leading)
    try await a.release()
    #expect(holder() == "b")
  }

  @Test func ofSeveralWhoWriteOneWins() async throws {
    let a = candidate("a")
    _ = try await a.tryAcquireOrRenew()
    try await a.release()
    let leaders = Recorded<String>()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<10 {
        group.addTask { [self] in
          let identity = "c\(number)"
          if try await candidate(identity).tryAcquireOrRenew() == .leading { leaders.append(identity) }
        }
      }
      try await group.waitForAll()
    }
    #expect(leaders.count == 1 && leaders.values.first == holder())
  }

  @Test func aRenewalWhoseAnswerIsLostIsFoundToBeItsOwn() async throws {
    let a = candidate("a")
    _ = try await a.tryAcquireOrRenew()
    api.onRequest { $0.verb == .update ? .answerLost : nil }
    wall.advance(by: 2)
    await #expect(throws: KubernetesError.self) { try await a.tryAcquireOrRenew() }
    api.clearFaults()
    #expect(try await a.tryAcquireOrRenew() == .leading)
    #expect(api.object(Lease.resource, lease)?[path: "spec", "leaseTransitions"] == 0)
  }

  @Test func aDeletedLeaseIsMadeAgain() async throws {
    let a = candidate("a")
    _ = try await a.tryAcquireOrRenew()
    try api.remove(Lease.resource, lease)
    #expect(try await a.tryAcquireOrRenew() == .leading)
    #expect(holder() == "a")
  }

  @Test func aRenewalNeedsOneCall() async throws {
    let a = candidate("a")
    _ = try await a.tryAcquireOrRenew()
    let before = api.requests.count
    _ = try await a.tryAcquireOrRenew()
    #expect(api.requests.count == before + 1)
  }
}

/// Whole electors.
struct LeaderElectorTests {
  let api = InMemoryAPI()
  let clock = ManualClock()

  private func elector(
    _ identity: String, work: @escaping @Sendable () async throws -> Void
  ) throws -> LeaderElector {
    try LeaderElector(
      api.client, options: options(identity), logger: quiet, clock: clock, random: { 0.99 }, work: work)
  }

  /// Works until it is cancelled or shut down.
  private func working(_ name: String, _ log: Recorded<String>) -> @Sendable () async throws -> Void {
    {
      log.append("\(name) starts")
      do { try await gracefulShutdown() } catch {
        log.append("\(name) is cancelled")
        throw error
      }
      log.append("\(name) ends")
    }
  }

  @Test func anotherOneTakesOverWithinTwentySecondsOfAKill() async throws {
    let log = Recorded<String>()
    let a = try elector("a", work: working("a", log))
    let b = try elector("b", work: working("b", log))
    try await withThrowingTaskGroup(of: Void.self) { group in
      try await withThrowingTaskGroup(of: Void.self) { first in
        first.addTask { try await a.run() }
        try await eventually { log.values == ["a starts"] }
        group.addTask { try await b.run() }
        // One waits to renew, the other to try again.
        try await clock.settle(sleepers: 2)
        first.cancelAll()
        while let result = await first.nextResult() {
          #expect(throws: CancellationError.self) { try result.get() }
        }
      }
      let took = try await clock.advance(by: .seconds(1)) { log.values.contains("b starts") }
      #expect(took > .seconds(10) && took <= .seconds(20))
      group.cancelAll()
      while await group.nextResult() != nil {}
    }
  }

  @Test func aCleanStopReleasesTheLease() async throws {
    let log = Recorded<String>()
    let a = try elector("a", work: working("a", log))
    let group = ServiceGroup(configuration: ServiceGroupConfiguration(services: [.init(service: a)], logger: quiet))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      try await eventually { log.count == 1 }
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
    }
    #expect(log.values == ["a starts", "a ends"])
    #expect(api.object(Lease.resource, lease)?[path: "spec", "holderIdentity"] == "")
  }

  @Test func aCandidateThatWaitsEndsOnShutdown() async throws {
    try api.put(
      Lease.resource,
      ["metadata": ["name": "lock", "namespace": "n"], "spec": ["holderIdentity": "x", "leaseDurationSeconds": 15]])
    let log = Recorded<String>()
    let a = try elector("a", work: working("a", log))
    let group = ServiceGroup(configuration: ServiceGroupConfiguration(services: [.init(service: a)], logger: quiet))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      try await eventually { clock.sleeperCount == 1 }
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
    }
    #expect(log.values.isEmpty)
  }

  @Test(arguments: [InMemoryAPI.Fault.status(500), .connectionLost, .hang])
  func workIsCancelledBeforeAnotherMayLead(fault: InMemoryAPI.Fault) async throws {
    let log = Recorded<String>()
    let a = try elector("a", work: working("a", log))
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await a.run() }
      try await eventually { log.count == 1 }
      try await clock.settle()
      api.onRequest { _ in fault }
      let took = try await clock.advance(by: .seconds(1)) { log.values.contains("a is cancelled") }
      #expect(took <= .seconds(14))
      let error = await #expect(throws: KubernetesError.self) { try await group.next() }
      #expect(error?.code == .leadershipLost)
    }
  }

  @Test func aShortOutageDoesNoHarm() async throws {
    let log = Recorded<String>()
    let a = try elector("a", work: working("a", log))
    try await beside([a.run]) {
      try await eventually { log.count == 1 }
      try await clock.settle()
      api.onRequest { _ in .status(503) }
      try await clock.advance(by: .seconds(1)) { clock.now.offset >= .seconds(7) }
      api.clearFaults()
      let before = api.requests.count
      try await clock.advance(by: .seconds(1)) { api.requests.count > before }
      try await clock.advance(by: .seconds(1)) { clock.now.offset >= .seconds(30) }
      #expect(log.values == ["a starts"])
    }
  }

  @Test func aLeaseTakenByForceCancelsTheWork() async throws {
    let log = Recorded<String>()
    let a = try elector("a", work: working("a", log))
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await a.run() }
      try await eventually { log.count == 1 }
      try await clock.settle()
      _ = try await api.client.patch(
        Lease.resource, name: "lock", namespace: "n", .merge(["spec": ["holderIdentity": "thief"]]))
      let took = try await clock.advance(by: .seconds(1)) { log.values.contains("a is cancelled") }
      #expect(took <= .seconds(3))
      let error = await #expect(throws: KubernetesError.self) { try await group.next() }
      #expect(error?.message.contains("'thief'") == true)
    }
  }

  @Test func failedWorkReleasesTheLeaseAndFails() async throws {
    struct Mine: Error {}
    let a = try elector("a") { throw Mine() }
    await #expect(throws: Mine.self) { try await a.run() }
    #expect(api.object(Lease.resource, lease)?[path: "spec", "holderIdentity"] == "")
  }

  @Test func durationsThatDoNotFitAreRefused() {
    #expect(throws: KubernetesError.self) {
      try LeaderElector(
        api.client,
        options: .init(lease: lease, identity: "a", leaseDuration: .seconds(10), renewDeadline: .seconds(10)),
        logger: quiet, work: {})
    }
  }
}
