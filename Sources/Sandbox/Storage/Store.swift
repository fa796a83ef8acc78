import DequeModule
import KubernetesModel
import Synchronization

/// Names the objects that are stored together: all served versions of a resource share one collection.
struct CollectionKey: Sendable, Hashable {
  var group: String
  var plural: String
}

/// The key of one object in a collection; in the order that lists have.
struct StoredKey: Sendable, Hashable, Comparable {
  /// Empty for cluster-scoped objects.
  var namespace: String
  var name: String

  static func < (left: StoredKey, right: StoredKey) -> Bool {
    (left.namespace, left.name) < (right.namespace, right.name)
  }
}

/// One change of one object.
struct StoreEvent: Sendable {
  enum Kind: String, Sendable {
    case added = "ADDED"
    case modified = "MODIFIED"
    case deleted = "DELETED"
    /// No change: everything up to this revision has been sent.
    case bookmark = "BOOKMARK"
  }

  var kind: Kind
  /// After the change; for a deletion the last state, with the revision of the deletion.
  var object: JSONValue
  /// Before the change; nil for an addition.
  var previous: JSONValue?
  var key: StoredKey
  var revision: Int64
}

/// The objects, in memory, with one revision counter for all of them and a bounded history to watch from, as etcd has.
///
/// Every call is atomic. A write takes the revision that its writer has read, so that read-modify-write loops are safe.
final class Store: Sendable {
  enum WriteError: Error { case exists, missing, changed }
  enum ReadError: Error { case compacted(oldest: Int64) }

  private struct Entry {
    var value: JSONValue
    var revision: Int64
  }

  private struct Watcher {
    var collection: CollectionKey
    var yield: @Sendable (StoreEvent) -> Void
    var finish: @Sendable () -> Void
  }

  private struct State {
    /// The first write gets 2: revision 0 means "any" and 1 is an empty store, which clients may watch from.
    var revision: Int64 = 1
    var collections: [CollectionKey: [StoredKey: Entry]] = [:]
    var history: Deque<(collection: CollectionKey, event: StoreEvent)> = []
    /// Changes up to this revision are no longer in the history.
    var compacted: Int64 = 0
    var watchers: [UInt64: Watcher] = [:]
    var nextWatcher: UInt64 = 0
    var isClosed = false
  }

  private let state = Mutex(State())
  private let historyLimit: Int

  /// - Parameter historyLimit: How many changes a watch can go back.
  init(historyLimit: Int = 10_000) { self.historyLimit = historyLimit }

  var revision: Int64 { state.withLock { $0.revision } }

  func get(_ collection: CollectionKey, _ key: StoredKey) -> (value: JSONValue, revision: Int64)? {
    state.withLock { state in
      state.collections[collection]?[key].map { ($0.value, $0.revision) }
    }
  }

  /// The objects in the order of their keys.
  /// - Parameters:
  ///   - namespace: Nil for all.
  ///   - revision: The state at that revision; nil for the newest.
  func list(
    _ collection: CollectionKey, namespace: String?, at revision: Int64? = nil
  ) throws(ReadError) -> (items: [(key: StoredKey, value: JSONValue)], revision: Int64) {
    let result: Result<([StoredKey: JSONValue], Int64), ReadError> = state.withLock { state in
      var values = (state.collections[collection] ?? [:]).mapValues(\.value)
      guard let revision, revision < state.revision else { return .success((values, state.revision)) }
      guard revision >= state.compacted else { return .failure(.compacted(oldest: state.compacted)) }
      for (changed, event) in state.history.reversed() {
        if event.revision <= revision { break }
        if changed == collection { values[event.key] = event.previous }
      }
      return .success((values, revision))
    }
    let (values, revision) = try result.get()
    let items = values.filter { namespace == nil || $0.key.namespace == namespace }.sorted { $0.key < $1.key }
    return (items.map { (key: $0.key, value: $0.value) }, revision)
  }

  func isEmpty(_ collection: CollectionKey) -> Bool {
    state.withLock { $0.collections[collection]?.isEmpty ?? true }
  }

  /// - Returns: The object with its `resourceVersion`.
  func create(_ collection: CollectionKey, _ key: StoredKey, _ value: JSONValue) throws(WriteError) -> JSONValue {
    let result: Result<JSONValue, WriteError> = state.withLock { state in
      guard state.collections[collection]?[key] == nil else { return .failure(.exists) }
      return .success(commit(.added, value, previous: nil, collection, key, in: &state))
    }
    return try result.get()
  }

  /// - Parameter expected: The revision that the change is based on.
  func update(
    _ collection: CollectionKey, _ key: StoredKey, _ value: JSONValue, expected: Int64
  ) throws(WriteError) -> JSONValue {
    let result: Result<JSONValue, WriteError> = state.withLock { state in
      guard let entry = state.collections[collection]?[key] else { return .failure(.missing) }
      guard entry.revision == expected else { return .failure(.changed) }
      return .success(commit(.modified, value, previous: entry.value, collection, key, in: &state))
    }
    return try result.get()
  }

  /// - Parameter last: What the deletion's event shows; nil for what is stored.
  @discardableResult
  func delete(
    _ collection: CollectionKey, _ key: StoredKey, expected: Int64, last: JSONValue? = nil
  ) throws(WriteError) -> JSONValue {
    let result: Result<JSONValue, WriteError> = state.withLock { state in
      guard let entry = state.collections[collection]?[key] else { return .failure(.missing) }
      guard entry.revision == expected else { return .failure(.changed) }
      return .success(commit(.deleted, last ?? entry.value, previous: entry.value, collection, key, in: &state))
    }
    return try result.get()
  }

  private func commit(
    _ kind: StoreEvent.Kind, _ value: JSONValue, previous: JSONValue?, _ collection: CollectionKey, _ key: StoredKey,
    in state: inout State
  ) -> JSONValue {
    state.revision += 1
    var value = value
    value["metadata", default: [:]]["resourceVersion"] = .string(String(state.revision))
    if kind == .deleted {
      state.collections[collection]?[key] = nil
    } else {
      state.collections[collection, default: [:]][key] = Entry(value: value, revision: state.revision)
    }
    let event = StoreEvent(kind: kind, object: value, previous: previous, key: key, revision: state.revision)
    state.history.append((collection, event))
    while state.history.count > historyLimit, let dropped = state.history.popFirst() {
      state.compacted = dropped.event.revision
    }
    for watcher in state.watchers.values where watcher.collection == collection { watcher.yield(event) }
    return value
  }

  /// A running watch.
  struct Watch<Element: Sendable>: Sendable {
    var stream: AsyncStream<Element>
    /// Ends the stream; what is in it can still be read.
    var stop: @Sendable () -> Void
  }

  /// Every change of a collection after `revision`, without a gap. Ends when its consumer is cancelled or the store is
  /// closed.
  /// - Parameters:
  ///   - revision: Nil for what is stored now as `ADDED`, then the changes.
  ///   - transform: What the stream carries of a change; nil to leave it out. Runs inside the store's lock.
  func watch<Element: Sendable>(
    _ collection: CollectionKey, after revision: Int64?, transform: @escaping @Sendable (StoreEvent) -> Element?
  ) throws(ReadError) -> Watch<Element> {
    let (stream, continuation) = AsyncStream<Element>.makeStream(bufferingPolicy: .unbounded)
    let yield: @Sendable (StoreEvent) -> Void = { event in
      if let element = transform(event) { continuation.yield(element) }
    }
    let result: Result<UInt64?, ReadError> = state.withLock { state in
      if state.isClosed { return .success(nil) }
      if let revision {
        guard revision >= state.compacted else { return .failure(.compacted(oldest: state.compacted)) }
        for (changed, event) in state.history where changed == collection && event.revision > revision { yield(event) }
      } else {
        for (key, entry) in (state.collections[collection] ?? [:]).sorted(by: { $0.key < $1.key }) {
          yield(StoreEvent(kind: .added, object: entry.value, previous: nil, key: key, revision: entry.revision))
        }
      }
      let identifier = state.nextWatcher
      state.nextWatcher += 1
      state.watchers[identifier] = Watcher(collection: collection, yield: yield, finish: { continuation.finish() })
      return .success(identifier)
    }
    guard let identifier = try result.get() else {
      continuation.finish()
      return Watch(stream: stream, stop: {})
    }
    continuation.onTermination = { [weak self] _ in
      _ = self?.state.withLock { $0.watchers.removeValue(forKey: identifier) }
    }
    return Watch(stream: stream, stop: { continuation.finish() })
  }

  /// Tells every watch that it has seen all changes until now.
  func sendBookmarks() {
    state.withLock { state in
      let event = StoreEvent(
        kind: .bookmark, object: .null, previous: nil, key: StoredKey(namespace: "", name: ""), revision: state.revision
      )
      for watcher in state.watchers.values { watcher.yield(event) }
    }
  }

  /// Ends all watches, and those to come.
  func close() {
    let watchers = state.withLock { state in
      state.isClosed = true
      return Array(state.watchers.values)
    }
    for watcher in watchers { watcher.finish() }
  }
}

extension JSONValue {
  /// The member of an object, or `value` where it has none, for changes in place.
  subscript(key: String, default value: JSONValue) -> JSONValue {
    get { self[key] ?? value }
    set { self[key] = newValue }
  }
}
