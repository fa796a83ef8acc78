import KubernetesModel
import Testing

@testable import Sandbox

@Suite struct WatchTests {
  private let server = APIServer()
  private let maps = BuiltInResources.resource(.configMaps)

  private func create(_ name: String, _ labels: [String: String] = [:]) throws {
    _ = try server.create(
      maps, namespace: "default",
      object: ["metadata": ["name": .string(name), "labels": .strings(labels)]])
  }

  private func label(_ name: String, _ labels: JSONValue) throws {
    _ = try server.patch(maps, namespace: "default", name: name, subresource: nil, options: WriteOptions()) {
      current throws(APIError) in
      Patching.mergePatch(["metadata": ["labels": labels]], on: current)
    }
  }

  private func events(
    _ options: WatchOptions, after change: () throws -> Void
  ) async throws -> [String] {
    let start = try server.watch(maps, namespace: "default", options: options)
    try change()
    start.changes.stop()
    var seen = start.initial.map { "\($0.type) \($0.object.objectName)" }
    for await event in start.changes.stream {
      guard let event = server.watchEvent(event, maps, namespace: "default", options: options.list) else { continue }
      seen.append("\(event.type) \(event.object.objectName)")
    }
    return seen
  }

  @Test func objectsEnterAndLeaveASelector() async throws {
    try create("a")
    var options = WatchOptions()
    options.list.labels = try LabelQuery("x=1")
    options.list.resourceVersion = String(server.store.revision)
    let seen = try await events(options) {
      try label("a", ["x": "1"])
      try label("a", ["y": "2"])
      try label("a", ["x": .null])
      try label("a", ["y": .null])
      try create("b", ["x": "1"])
    }
    #expect(seen == ["ADDED a", "MODIFIED a", "DELETED a", "ADDED b"])
  }

  @Test func initialEventsEndWithABookmark() async throws {
    try create("a")
    var options = WatchOptions(allowsBookmarks: true, sendsInitialEvents: true)
    options.list.fields = try FieldQuery("metadata.name=a", resource: maps)
    let start = try server.watch(maps, namespace: "default", options: options)
    #expect(start.initial.map(\.type) == ["ADDED", "BOOKMARK"])
    #expect(start.initial.last?.object.annotations == ["k8s.io/initial-events-end": "true"])
  }

  @Test func aForgottenRevisionIsExpired() throws {
    let server = APIServer(store: Store(historyLimit: 1))
    var options = WatchOptions()
    options.list.resourceVersion = "1"
    do throws(APIError) {
      _ = try server.watch(maps, namespace: nil, options: options)
      Issue.record("the watch began")
    } catch {
      #expect(error.code == 410)
      #expect(error.reason == .expired)
    }
  }

  @Test func pagesShowOneState() throws {
    for name in ["a", "b", "c"] { try create(name) }
    var options = ListOptions(limit: 2)
    let first = try server.list(maps, namespace: "default", options: options)
    #expect(first.items.map(\.objectName) == ["a", "b"])
    #expect(first.remaining == 1)
    try create("bb")
    let token: String = try #require(first.continueToken)
    options.continueToken = token
    let second = try server.list(maps, namespace: "default", options: options)
    #expect(second.items.map(\.objectName) == ["c"])
    #expect(second.revision == first.revision)
    #expect(second.continueToken == nil)
  }
}
