import Foundation
import KubernetesClient
import KubernetesModel
import KubernetesRuntime
import KubernetesTestKit
import Testing

struct InformerTests {
  let api = InMemoryAPI()
  let client: KubernetesClient

  init() { client = api.client }

  private func informer() -> Informer<ConfigMap> {
    Informer(
      client, ConfigMap.self,
      options: WatcherOptions(backoff: Backoff(base: .milliseconds(1), cap: .milliseconds(5), jitter: 0.5)),
      logger: quiet)
  }

  private func names(_ informer: Informer<ConfigMap>) -> [String] {
    informer.store.objects.compactMap(\.metadata.name)
  }

  @Test func storeFollowsTheServer() async throws {
    let informer = informer()
    try await client.create(configMap("a", labels: ["app": "x"]))
    try await beside([informer.run]) {
      try await informer.store.waitUntilSynced()
      #expect(names(informer) == ["a"])
      try await client.create(configMap("b", labels: ["app": "x"], data: ["k": "1"]))
      try await eventually { names(informer) == ["a", "b"] }
      #expect(informer.store.objects(withLabel: "app", equalTo: "x").count == 2)
      try await client.patch(
        ConfigMap.self, name: "b", namespace: "n", .merge(["metadata": ["labels": ["app": "y"]]]))
      try await eventually { informer.store.objects(withLabel: "app", equalTo: "x").count == 1 }
      #expect(informer.store.objects(withLabel: "app", equalTo: "y").first?.data == ["k": "1"])
      try await client.delete(ConfigMap.self, name: "a", namespace: "n")
      try await eventually { names(informer) == ["b"] }
      #expect(informer.store[key("b")] != nil && informer.store[key("a")] == nil)
    }
  }

  @Test func cutWatchesAreTakenUpAgain() async throws {
    let informer = informer()
    try await beside([informer.run]) {
      for round in 0..<5 {
        try await eventually { api.watchCount == 1 }
        api.cutWatches()
        try await client.create(configMap("m\(round)"))
        try await eventually { names(informer).count == round + 1 }
      }
    }
  }

  @Test func deletionsDuringAGapAreFound() async throws {
    let informer = informer()
    let deleted = Recorded<String>()
    informer.onChange { change in if case .deleted(let object) = change { deleted.append(object.key.name) } }
    for name in ["a", "b"] { try await client.create(configMap(name)) }
    try await beside([informer.run]) {
      try await eventually { api.watchCount == 1 }
      // The watch is gone, the object too, and the history has expired: only a new list tells.
      api.onRequest { $0.verb == .watch ? .status(500) : nil }
      api.cutWatches()
      try api.remove(ConfigMap.resource, key("a"))
      api.compact()
      api.clearFaults()
      try await eventually { names(informer) == ["b"] }
      #expect(deleted.values == ["a"])
    }
  }

  @Test func aServerThatIsGoneForAWhileIsFoundAgain() async throws {
    let informer = informer()
    try await beside([informer.run]) {
      try await eventually { api.watchCount == 1 }
      api.onRequest { _ in .connectionLost }
      api.cutWatches()
      try await eventually { api.requests.count > 12 }
      #expect(informer.lastFailure?.code == .connection)
      api.clearFaults()
      try await client.create(configMap("a"))
      try await eventually { names(informer) == ["a"] }
      #expect(informer.lastFailure == nil)
    }
  }

  /// An API server that starts has a list before it takes a watch (429), and of some kinds nothing ever changes.
  @Test func aQuietKindIsWellAgainAsSoonAsItIsWatched() async throws {
    let informer = informer()
    api.onRequest { $0.verb == .watch ? .status(429) : nil }
    try await beside([informer.run]) {
      try await eventually { informer.lastFailure?.code == .tooManyRequests }
      api.clearFaults()
      try await eventually { api.watchCount == 1 }
      try await eventually { informer.lastFailure == nil }
      #expect(informer.store.isSynced)
    }
  }

  @Test func brokenObjectsAreReportedAndEndNothing() async throws {
    let informer = informer()
    let broken = Recorded<String>()
    informer.onChange { change in
      if case .broken(let metadata, let error) = change { broken.append("\(metadata.name ?? ""): \(error.message)") }
    }
    try api.put(ConfigMap.resource, ["metadata": ["name": "bad", "namespace": "n"], "data": 7])
    try await client.create(configMap("good"))
    try await beside([informer.run]) {
      try await informer.store.waitUntilSynced()
      #expect(names(informer) == ["good"])
      #expect(broken.values == ["bad: data is not of the type object"])
      #expect(informer.store.brokenObjects.keys.map(\.name) == ["bad"])
      // It breaks while it is watched, and is mended.
      try api.put(ConfigMap.resource, ["metadata": ["name": "good", "namespace": "n"], "data": ["k": 1]])
      try await eventually { broken.count == 2 }
      #expect(names(informer).isEmpty)
      try api.put(ConfigMap.resource, ["metadata": ["name": "good", "namespace": "n"], "data": ["k": "1"]])
      try await eventually { names(informer) == ["good"] }
      #expect(api.requests.filter { $0.verb == .list }.count == 1)
    }
  }

  @Test func garbageInAWatchIsSurvived() async throws {
    let informer = informer()
    try await beside([informer.run]) {
      try await eventually { api.watchCount == 1 }
      api.sendToWatches("{not json\n")
      try await client.create(configMap("a"))
      try await eventually { names(informer) == ["a"] }
      try await eventually { api.watchCount == 1 }
      api.sendToWatches(#"{"type":"ERROR","object":{"code":410,"reason":"Expired"}}"# + "\n")
      try await client.create(configMap("b"))
      try await eventually { names(informer) == ["a", "b"] }
      #expect(api.requests.filter { $0.verb == .list }.count == 2)
    }
  }

  @Test func lateHandlersHearOfWhatIsThere() async throws {
    let informer = informer()
    try await client.create(configMap("a"))
    try await beside([informer.run]) {
      try await informer.store.waitUntilSynced()
      let added = Recorded<String>()
      informer.onChange { added.append($0.key.name) }
      #expect(added.values == ["a"])
    }
  }

  @Test func watchesEndByThemselvesAfterAboutFiveMinutes() async throws {
    try await beside([informer().run]) {
      try await eventually { api.watchCount == 1 }
      let watch = try #require(api.requests.last)
      let seconds = try #require(watch.query.first { $0.name == "timeoutSeconds" }?.value.flatMap(Int.init))
      #expect((290...348).contains(seconds))
    }
  }
}
