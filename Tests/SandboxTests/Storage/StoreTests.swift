import KubernetesModel
import Testing

@testable import Sandbox

@Suite struct StoreTests {
  private let collection = CollectionKey(group: "", plural: "things")
  private let key = StoredKey(namespace: "n", name: "a")

  @Test func aWriteThatIsBasedOnAnOldStateIsRefused() throws {
    let store = Store()
    let first = try store.create(collection, key, ["v": 1])
    let revision = try #require(Int64(first.resourceVersion ?? ""))
    _ = try store.update(collection, key, ["v": 2], expected: revision)
    #expect(throws: Store.WriteError.changed) { try store.update(collection, key, ["v": 3], expected: revision) }
    #expect(throws: Store.WriteError.exists) { try store.create(collection, key, ["v": 4]) }
    #expect(store.get(collection, key)?.value["v"] == 2)
  }

  @Test func aListShowsTheStateOfItsRevision() throws {
    let store = Store()
    let other = StoredKey(namespace: "n", name: "b")
    let first = try #require(Int64(try store.create(collection, key, ["v": 1]).resourceVersion ?? ""))
    _ = try store.update(collection, key, ["v": 2], expected: first)
    _ = try store.create(collection, other, ["v": 9])
    #expect(try store.list(collection, namespace: nil, at: first).items.map(\.value["v"]) == [1])
    #expect(try store.list(collection, namespace: nil).items.map(\.value["v"]) == [2, 9])
  }

  @Test func aWatchGoesOnWhereAListEnded() async throws {
    let store = Store()
    _ = try store.create(collection, key, ["v": 1])
    let listed = try store.list(collection, namespace: nil)
    _ = try store.create(collection, StoredKey(namespace: "n", name: "b"), ["v": 2])
    let watch = try store.watch(collection, after: listed.revision) { $0 }
    _ = try store.create(collection, StoredKey(namespace: "n", name: "c"), ["v": 3])
    try store.delete(collection, key, expected: listed.revision)
    store.sendBookmarks()
    store.close()
    var seen: [String] = []
    for await event in watch.stream { seen.append("\(event.kind.rawValue) \(event.key.name)") }
    #expect(seen == ["ADDED b", "ADDED c", "DELETED a", "BOOKMARK "])
  }

  @Test func anOldRevisionIsCompacted() throws {
    let store = Store(historyLimit: 2)
    for name in ["a", "b", "c", "d"] { _ = try store.create(collection, StoredKey(namespace: "", name: name), [:]) }
    #expect(throws: Store.ReadError.self) { try store.watch(collection, after: 1) { $0 } }
    #expect(throws: Store.ReadError.self) { try store.list(collection, namespace: nil, at: 2) }
    _ = try store.watch(collection, after: store.revision - 2) { $0 }
  }
}
