import Foundation
import KubernetesClient
import KubernetesModel
import KubernetesRuntime
import KubernetesTestKit
import Testing

private let kubeconfig = ProcessInfo.processInfo.environment["HOLDFAST_TEST_KUBECONFIG"]

/// Against a running API server, where `HOLDFAST_TEST_KUBECONFIG` names one. Works in a namespace of its own, which it
/// deletes.
@Suite(.enabled(if: kubeconfig != nil, "HOLDFAST_TEST_KUBECONFIG is not set"), .serialized)
struct LiveServerTests {
  private func withNamespace(_ body: @Sendable (KubernetesClient, String) async throws -> Void) async throws {
    let configuration = try ClientConfiguration.load(kubeconfig: kubeconfig, environment: [:])
    try await KubernetesClient.withMeteredClient(configuration: configuration) { client in
      let name = "live-\(UUID().uuidString.prefix(8).lowercased())"
      try await client.create(Namespace(metadata: ObjectMeta(name: name)))
      do {
        try await body(client, name)
        try await client.delete(Namespace.self, name: name)
      } catch {
        _ = try? await client.delete(Namespace.self, name: name)
        throw error
      }
    }
  }

  private func map(_ name: String, _ namespace: String, data: [String: String]? = nil) -> ConfigMap {
    ConfigMap(metadata: ObjectMeta(name: name, namespace: namespace, labels: ["app": "live"]), data: data)
  }

  @Test func objectsComeAndGo() async throws {
    try await withNamespace { client, namespace in
      #expect(try await client.serverVersion().gitVersion.hasPrefix("v1."))
      let created = try await client.create(map("a", namespace, data: ["k": "1"]))
      #expect(created.metadata.uid != nil)
      let exists = await #expect(throws: KubernetesError.self) { try await client.create(map("a", namespace)) }
      #expect(exists?.code == .alreadyExists)
      var changed = created
      changed.data = ["k": "2"]
      changed = try await client.update(changed)
      let stale = await #expect(throws: KubernetesError.self) { try await client.update(created) }
      #expect(stale?.code == .conflict)
      let patched = try await client.patch(
        ConfigMap.self, name: "a", namespace: namespace, .merge(["data": ["k": .null, "l": "3"]]))
      #expect(patched.data == ["l": "3"])
      let dry = try await client.create(map("dry", namespace), options: WriteOptions(isDryRun: true))
      #expect(dry.metadata.name == "dry")
      #expect(
        try await absentIfNotFound { try await client.get(ConfigMap.self, name: "dry", namespace: namespace) } == nil)
      let guarded = await #expect(throws: KubernetesError.self) {
        try await client.delete(
          ConfigMap.self, name: "a", namespace: namespace, options: DeleteOptions(uid: "someone-else"))
      }
      #expect(guarded?.code == .conflict)
      try await client.delete(
        ConfigMap.self, name: "a", namespace: namespace, options: DeleteOptions(uid: created.metadata.uid))
      let gone = await #expect(throws: KubernetesError.self) {
        try await client.get(ConfigMap.self, name: "a", namespace: namespace)
      }
      #expect(gone?.code == .notFound && gone?.status?.details?.name == "a")
    }
  }

  @Test func appliedFieldsHaveOwners() async throws {
    try await withNamespace { client, namespace in
      try await client.apply(map("a", namespace, data: ["k": "1", "l": "1"]), fieldManager: "one")
      let conflict = await #expect(throws: KubernetesError.self) {
        try await client.apply(map("a", namespace, data: ["k": "2"]), fieldManager: "two")
      }
      #expect(conflict?.code == .conflict)
      try await client.apply(map("a", namespace, data: ["k": "2"]), fieldManager: "two", force: true)
      // What a manager no longer applies and nobody else owns goes away.
      let after = try await client.apply(map("a", namespace), fieldManager: "one")
      #expect(after.data == ["k": "2"])
      let again = try await client.apply(map("a", namespace), fieldManager: "one")
      #expect(again.metadata.resourceVersion == after.metadata.resourceVersion)
    }
  }

  @Test func listsComeInPages() async throws {
    try await withNamespace { client, namespace in
      for number in 0..<7 { try await client.create(map("m\(number)", namespace)) }
      let options = ListOptions(labelSelector: "app=live", limit: 3)
      let page = try await client.listPage(ConfigMap.resource, namespace: namespace, options: options)
      #expect(page.items.count == 3 && page.metadata.continue?.isEmpty == false)
      let list = try await client.list(ConfigMap.self, namespace: namespace, options: options)
      #expect(list.objects().count == 7 && list.failures().isEmpty)
    }
  }

  @Test func informersFollow() async throws {
    try await withNamespace { client, namespace in
      let informer = Informer(
        client, ConfigMap.self, namespace: namespace, options: WatcherOptions(labelSelector: "app=live"),
        logger: quiet)
      try await client.create(map("a", namespace))
      try await beside([informer.run]) {
        try await informer.store.waitUntilSynced()
        try await client.create(map("b", namespace))
        try await eventually { informer.store.objects.map(\.key.name) == ["a", "b"] }
        // What leaves the selection is deleted, as far as the watch goes.
        try await client.patch(
          ConfigMap.self, name: "a", namespace: namespace, .merge(["metadata": ["labels": ["app": "other"]]]))
        try await eventually { informer.store.objects.map(\.key.name) == ["b"] }
        try await client.delete(ConfigMap.self, name: "b", namespace: namespace)
        try await eventually { informer.store.objects.isEmpty }
      }
    }
  }

  @Test func oneOfTwoLeads() async throws {
    try await withNamespace { client, namespace in
      let log = Recorded<String>()
      let elector = { @Sendable (identity: String) in
        try LeaderElector(
          client,
          options: .init(
            lease: ObjectKey(namespace: namespace, name: "lock"), identity: identity, leaseDuration: .seconds(3),
            renewDeadline: .seconds(2), retryPeriod: .milliseconds(300)), logger: quiet
        ) {
          log.append(identity)
          try await eventually(within: .seconds(1)) { false }
        }
      }
      // The work of each fails after a second, which gives the lease back.
      await withTaskGroup(of: Void.self) { group in
        for identity in ["a", "b"] {
          group.addTask { await #expect(throws: DeadlineExceeded.self) { try await elector(identity).run() } }
        }
      }
      #expect(Set(log.values) == ["a", "b"])
      let lease = try await client.get(Lease.self, name: "lock", namespace: namespace)
      #expect(lease.spec?.holderIdentity == "" && (lease.spec?.leaseTransitions ?? 0) >= 1)
    }
  }

  @Test func eventsAreCounted() async throws {
    try await withNamespace { client, namespace in
      let recorder = EventRecorder(client, component: "live", instance: "test", logger: quiet)
      let object = try await client.create(map("a", namespace)).reference
      try await beside([recorder.run]) {
        for _ in 0..<3 { recorder.record(.warning, reason: "Failed", message: "no bucket", about: object) }
        try await eventually {
          let events = try await client.list(Event.self, namespace: namespace).objects()
          return events.first { $0.reason == "Failed" }?.count == 3
        }
      }
    }
  }
}
