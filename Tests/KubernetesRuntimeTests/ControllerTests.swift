import Foundation
import KubernetesClient
import KubernetesModel
import KubernetesRuntime
import KubernetesTestKit
import Logging
import ServiceLifecycle
import Testing

struct ControllerTests {
  let api = InMemoryAPI()
  let client: KubernetesClient

  init() { client = api.client }

  private func maps() -> Informer<ConfigMap> {
    Informer(
      client, ConfigMap.self,
      options: WatcherOptions(backoff: Backoff(base: .milliseconds(1), cap: .milliseconds(5), jitter: 0.5)),
      logger: quiet)
  }

  private func controller(
    options: Controller.Options = .init(), clock: some Clock<Duration> = ContinuousClock(),
    _ reconcile: @escaping @Sendable (ObjectKey) async throws -> ReconcileResult
  ) -> Controller {
    let queue = WorkQueue<ObjectKey>(
      name: "test", backoff: Backoff(base: .milliseconds(1), cap: .milliseconds(5), jitter: 0), clock: clock)
    return Controller(
      name: "test", options: options, queue: queue, reconciler: ClosureReconciler(reconcile), logger: quiet,
      clock: clock)
  }

  @Test func whatExistsAndWhatChangesIsReconciled() async throws {
    try await client.create(configMap("a"))
    let seen = Recorded<String>()
    let maps = maps()
    let controller = controller { key in
      seen.append(key.name)
      return .done
    }
    controller.watch(maps)
    try await beside([maps.run, controller.run]) {
      try await eventually { seen.values == ["a"] }
      try await client.create(configMap("b"))
      try await eventually { seen.values == ["a", "b"] }
    }
  }

  @Test func nothingIsReconciledBeforeEverythingIsRead() async throws {
    try await client.create(configMap("a"))
    api.onRequest { $0.verb == .list ? .status(500) : nil }
    let seen = Recorded<Bool>()
    let maps = maps()
    let controller = controller { key in
      seen.append(maps.store[key] != nil)
      return .done
    }
    controller.watch(maps)
    controller.queue.add(key("a"))
    try await beside([maps.run, controller.run]) {
      try await eventually { api.requests.count > 5 }
      #expect(seen.count == 0)
      api.clearFaults()
      try await eventually { seen.values.first == true }
    }
  }

  @Test func aChangeOfAnOwnedObjectReconcilesItsOwner() async throws {
    let seen = Recorded<String>()
    let maps = maps()
    let controller = controller { key in
      seen.append(key.description)
      return .done
    }
    controller.watchOwned(maps, by: Job.resource)
    try await beside([maps.run, controller.run]) {
      var owned = configMap("child")
      owned.metadata.ownerReferences = [
        OwnerReference(apiVersion: "batch/v1", kind: "Job", name: "parent", uid: "u", controller: true)
      ]
      var foreign = configMap("foreign")
      foreign.metadata.ownerReferences = [
        OwnerReference(apiVersion: "other/v1", kind: "Job", name: "stranger", uid: "u", controller: true)
      ]
      try await client.create(foreign)
      try await client.create(owned)
      try await eventually { seen.values == ["n/parent"] }
    }
  }

  @Test func failuresAreRepeatedAndTerminalOnesAreNot() async throws {
    let seen = Recorded<String>()
    let controller = controller { key in
      seen.append(key.name)
      if key.name == "terminal" { throw TerminalError("bad spec") }
      if seen.values.filter({ $0 == key.name }).count < 4 {
        throw KubernetesError(code: .serverError, operation: "x", message: "y")
      }
      return .done
    }
    try await beside([controller.run]) {
      controller.queue.add(key("terminal"))
      controller.queue.add(key("transient"))
      try await eventually { seen.values.filter { $0 == "transient" }.count == 4 }
      #expect(seen.values.filter { $0 == "terminal" }.count == 1)
    }
  }

  @Test func aReconcileComesBackWhenItAsksFor() async throws {
    let clock = ManualClock()
    let seen = Recorded<Duration>()
    let controller = controller(clock: clock) { _ in
      seen.append(clock.now.offset)
      return .requeue(after: .seconds(60))
    }
    try await beside([controller.run]) {
      controller.queue.add(key("a"))
      try await eventually { seen.count == 1 }
      try await clock.settle()
      clock.advance(by: .seconds(59))
      try await clock.settle()
      #expect(seen.count == 1)
      clock.advance(by: .seconds(1))
      try await eventually { seen.count == 2 }
      #expect(seen.values == [.zero, .seconds(60)])
    }
  }

  @Test func aReconcileThatHangsIsCancelledAndRepeated() async throws {
    let clock = ManualClock()
    let seen = Recorded<Bool>()
    let controller = controller(options: .init(reconcileTimeout: .seconds(10)), clock: clock) { _ in
      seen.append(true)
      if seen.count == 1 { try await Task.sleep(for: .seconds(3_600)) }
      return .done
    }
    try await beside([controller.run]) {
      controller.queue.add(key("a"))
      try await eventually { seen.count == 1 }
      try await clock.advance(by: .seconds(1)) { seen.count == 2 }
      #expect(clock.now.offset >= .seconds(10))
    }
  }

  @Test func shutdownLetsWorkEndAndTakesNoMore() async throws {
    let started = Recorded<String>()
    let ended = Recorded<String>()
    let gate = Recorded<Bool>()
    let controller = controller(options: .init(workers: 1)) { key in
      started.append(key.name)
      try await eventually { gate.count == 1 }
      ended.append(key.name)
      return .done
    }
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(services: [.init(service: controller)], logger: quiet))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      controller.queue.add(key("a"))
      controller.queue.add(key("b"))
      try await eventually { started.count == 1 }
      await group.triggerGracefulShutdown()
      // No one waits any more: the queue is shut down while the work goes on.
      try await eventually { controller.queue.count == 0 }
      gate.append(true)
      try await tasks.waitForAll()
    }
    #expect(started.values == ["a"] && ended.values == ["a"])
  }

  @Test func workThatDoesNotEndIsCancelledAfterTheGrace() async throws {
    let clock = ManualClock()
    let cancelled = Recorded<Bool>()
    let started = Recorded<Bool>()
    let controller = controller(
      options: .init(reconcileTimeout: .seconds(9_999), shutdownGrace: .seconds(15)), clock: clock
    ) {
      _ in
      started.append(true)
      do {
        try await Task.sleep(for: .seconds(3_600))
      } catch {
        cancelled.append(true)
        throw error
      }
      return .done
    }
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(services: [.init(service: controller)], logger: quiet))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      controller.queue.add(key("a"))
      try await eventually { started.count == 1 }
      await group.triggerGracefulShutdown()
      // One sleeper is the reconcile's own limit, the other one the grace.
      try await clock.advance(by: .seconds(1), whileSleeping: 2) { cancelled.count == 1 }
      #expect(clock.now.offset == .seconds(15))
      try await tasks.waitForAll()
    }
    #expect(api.requests.isEmpty)
  }

  @Test func informersAndControllersEndOnShutdown() async throws {
    let maps = maps()
    let controller = controller { _ in .done }
    controller.watch(maps)
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: [.init(service: maps), .init(service: controller)], logger: quiet))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      try await eventually { api.watchCount == 1 }
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
    }
    #expect(api.watchCount == 0)
  }
}
