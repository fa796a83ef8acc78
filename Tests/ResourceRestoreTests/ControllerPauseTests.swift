import Foundation
import KubernetesClient
import KubernetesModel
import SandboxTestKit
import Synchronization
import Testing

@testable import ResourceRestore

/// A controller that is kept away is gone before the first object is written, and back after the last, whatever happened.
@Suite struct ControllerPauseTests {
  private struct Refused: Error {}

  private let secret = object(Types.secrets, "root", ["type": "Opaque", "data": ["a": "YQ=="]])
  private let issuer = object(Types.issuers, "ca", ["spec": ["ca": ["secretName": "root"]]])

  private func restore(
    _ client: KubernetesClient, pause: ControllerPauseHooks, issuersAfterAPause: Int = 3
  ) async throws -> ResourceRestore {
    let read = try await makeSet([(secret, Types.secrets), (issuer, Types.issuers)])
    var restore = ResourceRestore(
      client: client, settings: ResourceRestoreSettings(), pause: pause, read: read, now: { Date() },
      sleep: { _ in await Task.yield() })
    restore.limits.issuersAfterAPause = issuersAfterAPause
    return restore
  }

  private func exists(_ client: KubernetesClient, _ resource: ResourceType, _ name: String) async throws -> Bool {
    try await absentIfNotFound { try await client.get(resource, name: name, namespace: "shop") } != nil
  }

  private func prepare(_ client: KubernetesClient) async throws {
    try await CertManagerDefinitions.install(client)
    try await client.create(Types.namespaces, object(Types.namespaces, "shop", in: nil))
  }

  @Test func issuersAreAwaitedWhenItIsBack() async throws {
    try await withSandbox { client, _ in
      try await prepare(client)
      let seen = Mutex<[String]>([])
      let hooks = ControllerPauseHooks {
        let isThere = try await exists(client, Types.secrets, "root")
        seen.withLock { $0.append("pause \(isThere)") }
      } resume: {
        let isThere = try await exists(client, Types.issuers, "ca")
        seen.withLock { $0.append("resume \(isThere)") }
        // What the controller does when it is back.
        try await client.patch(
          Types.issuers, name: "ca", namespace: "shop",
          .merge(["status": ["conditions": [["type": "Ready", "status": "True"]]]]), subresource: .status)
      }
      let restore = try await restore(client, pause: hooks)
      let outcome = try await restore.apply(try await restore.plan())
      #expect(seen.withLock { $0 } == ["pause false", "resume true"])
      #expect(outcome.written == 2 && outcome.warnings == [])
    }
  }

  @Test func whereNobodyMakesThemReadyThatIsAWarning() async throws {
    try await withSandbox { client, _ in
      try await prepare(client)
      let restore = try await restore(
        client,
        pause: ControllerPauseHooks {
        } resume: {
        })
      #expect(try await restore.apply(try await restore.plan()).warnings.count == 1)
    }
  }

  @Test func whatFailsInBetweenBringsItBack() async throws {
    try await withSandbox { client, _ in
      try await prepare(client)
      let resumed = Mutex(0)
      let failing = ControllerPauseHooks {
        throw Refused()
      } resume: {
        resumed.withLock { $0 += 1 }
      }
      let restore = try await restore(client, pause: failing)
      let plan = try await restore.plan()
      await #expect(throws: Refused.self) { _ = try await restore.apply(plan) }
      #expect(resumed.withLock { $0 } == 1)
      #expect(try await !exists(client, Types.secrets, "root"), "nothing is written where it does not go")

      // The namespace goes away while the restore is under way.
      let vanishing = ControllerPauseHooks {
        _ = try await client.delete(Types.definitions, name: "issuers.cert-manager.io")
      } resume: {
        resumed.withLock { $0 += 1 }
      }
      let second = try await self.restore(client, pause: vanishing)
      let secondPlan = try await second.plan()
      await #expect(throws: (any Error).self) { _ = try await second.apply(secondPlan) }
      #expect(resumed.withLock { $0 } == 2)
    }
  }

  @Test func oneThatCannotBeBroughtBackIsAnErrorOfItsOwn() async throws {
    try await withSandbox { client, _ in
      try await prepare(client)
      let stuck = ControllerPauseHooks {
        throw Refused()
      } resume: {
        throw ResourceRestoreError(.controllerPaused, "run this")
      }
      let restore = try await restore(client, pause: stuck)
      let plan = try await restore.plan()
      do {
        _ = try await restore.apply(plan)
        Issue.record("no error")
      } catch let error as ResourceRestoreError {
        #expect(error.code == .controllerPaused && error.message.contains("run this"))
      }
    }
  }

  @Test func whereNothingIsToBeWrittenNothingIsPaused() async throws {
    try await withSandbox { client, _ in
      try await prepare(client)
      let first = try await restore(
        client,
        pause: ControllerPauseHooks {
        } resume: {
        })
      _ = try await first.apply(try await first.plan())
      let paused = Mutex(0)
      let again = try await restore(
        client,
        pause: ControllerPauseHooks {
          paused.withLock { $0 += 1 }
        } resume: {
        })
      let outcome = try await again.apply(try await again.plan())
      #expect(outcome.written == 0 && paused.withLock { $0 } == 0)
    }
  }
}
