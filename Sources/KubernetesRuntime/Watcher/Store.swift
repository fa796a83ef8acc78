public import KubernetesClient
public import KubernetesModel
import Synchronization

/// A change to the objects of a ``Store``.
public enum Change<Object: KubernetesObject>: Sendable {
  case added(Object)
  case updated(old: Object, new: Object)
  case deleted(Object)
  /// The object is there but cannot be read; an older state of it, if any, is no longer in the store.
  indirect case broken(ObjectMeta, KubernetesError)

  /// Of the newest state.
  public var metadata: ObjectMeta {
    switch self {
    case .added(let object), .updated(_, let object), .deleted(let object): object.metadata
    case .broken(let metadata, _): metadata
    }
  }

  public var key: ObjectKey { ObjectKey(metadata) }
}

/// The objects of a kind as the watcher last heard of them, with indexes by key, by label and by what the program wants.
///
/// Reading never waits for the server. What is read may be older than the server's state, also older than the program's
/// own last write.
public final class Store<Object: KubernetesObject>: Sendable {
  /// Gives the values under which an object is found in an index.
  public typealias Indexer = @Sendable (Object) -> [String]

  private struct IndexEntry: Hashable {
    /// nil stands for labels.
    let index: String?
    let name: String
    let value: String
  }

  private struct State {
    var objects: [ObjectKey: Object] = [:]
    var broken: [ObjectKey: KubernetesError] = [:]
    var brokenMetadata: [ObjectKey: ObjectMeta] = [:]
    var index: [IndexEntry: Set<ObjectKey>] = [:]
    var isSynced = false
    var waiters: [AsyncStream<Never>.Continuation] = []
  }

  private let state = Mutex(State())
  private let indexers: [String: Indexer]

  public init(indexers: [String: Indexer] = [:]) { self.indexers = indexers }

  public subscript(key: ObjectKey) -> Object? { state.withLock { $0.objects[key] } }

  /// All that could be read, in the order of their keys.
  public var objects: [Object] {
    state.withLock { Array($0.objects.values) }.sorted { $0.key < $1.key }
  }

  /// What cannot be read, and why.
  public var brokenObjects: [ObjectKey: KubernetesError] { state.withLock { $0.broken } }

  /// Whether a list has been read whole once.
  public var isSynced: Bool { state.withLock { $0.isSynced } }

  /// The objects with a label, in the order of their keys.
  public func objects(withLabel name: String, equalTo value: String, namespace: String? = nil) -> [Object] {
    find(IndexEntry(index: nil, name: name, value: value), namespace: namespace)
  }

  /// The objects that an indexer filed under a value, in the order of their keys.
  public func objects(in index: String, equalTo value: String, namespace: String? = nil) -> [Object] {
    find(IndexEntry(index: index, name: "", value: value), namespace: namespace)
  }

  /// The objects that a selector selects, in the order of their keys.
  /// - Throws: `LabelSelector.InvalidSelector`.
  public func objects(matching selector: LabelSelector, namespace: String? = nil) throws -> [Object] {
    try objects.filter { object in
      if let namespace, object.metadata.namespace != namespace { return false }
      return try selector.matches(object.metadata.labels)
    }
  }

  /// Returns once a list has been read whole.
  /// - Throws: `CancellationError`.
  public func waitUntilSynced() async throws {
    let (stream, continuation) = AsyncStream<Never>.makeStream()
    let isSynced = state.withLock { state in
      if !state.isSynced { state.waiters.append(continuation) }
      return state.isSynced
    }
    if isSynced { return }
    for await _ in stream {}
    try Task.checkCancellation()
  }

  /// Takes over what a watcher tells.
  /// - Returns: What changed, in no order. An object that came again as it was is an `updated` one.
  @discardableResult
  public func apply(_ event: WatcherEvent<Object>) -> [Change<Object>] {
    let (changes, waiters) = state.withLock { state -> ([Change<Object>], [AsyncStream<Never>.Continuation]) in
      switch event {
      case .applied(let decoded): return ([put(decoded, in: &state)], [])
      case .deleted(let decoded): return (remove(decoded.key, last: decoded, in: &state).map { [$0] } ?? [], [])
      case .restarted(let all):
        let present = Set(all.map(\.key))
        let gone = Set(state.objects.keys).union(state.broken.keys).subtracting(present)
        let changes = gone.compactMap { remove($0, last: nil, in: &state) } + all.map { put($0, in: &state) }
        state.isSynced = true
        defer { state.waiters = [] }
        return (changes, state.waiters)
      }
    }
    for waiter in waiters { waiter.finish() }
    return changes
  }

  private func put(_ decoded: Decoded<Object>, in state: inout State) -> Change<Object> {
    let key = decoded.key
    let old = state.objects.removeValue(forKey: key)
    if let old { unindex(old, in: &state) }
    switch decoded.result {
    case .success(let object):
      state.broken[key] = nil
      state.brokenMetadata[key] = nil
      state.objects[key] = object
      for entry in entries(object) { state.index[entry, default: []].insert(key) }
      return old.map { .updated(old: $0, new: object) } ?? .added(object)
    case .failure(let error):
      state.broken[key] = error
      state.brokenMetadata[key] = decoded.metadata
      return .broken(decoded.metadata, error)
    }
  }

  private func remove(_ key: ObjectKey, last: Decoded<Object>?, in state: inout State) -> Change<Object>? {
    let error = state.broken.removeValue(forKey: key)
    let metadata = state.brokenMetadata.removeValue(forKey: key)
    let old = state.objects.removeValue(forKey: key)
    if let old { unindex(old, in: &state) }
    if let object = last?.object ?? old { return .deleted(object) }
    // It was broken all the time; its key still has to be looked at once more.
    guard let error = last?.failure ?? error, let metadata = last?.metadata ?? metadata else { return nil }
    return .broken(metadata, error)
  }

  private func unindex(_ object: Object, in state: inout State) {
    for entry in entries(object) {
      state.index[entry]?.remove(object.key)
      if state.index[entry]?.isEmpty ?? false { state.index[entry] = nil }
    }
  }

  private func entries(_ object: Object) -> [IndexEntry] {
    (object.metadata.labels ?? [:]).map { IndexEntry(index: nil, name: $0.key, value: $0.value) }
      + indexers.flatMap { index, values in
        values(object).map { IndexEntry(index: index, name: "", value: $0) }
      }
  }

  private func find(_ entry: IndexEntry, namespace: String?) -> [Object] {
    state.withLock { state in
      (state.index[entry] ?? []).compactMap { state.objects[$0] }
    }.filter { namespace == nil || $0.metadata.namespace == namespace }.sorted { $0.key < $1.key }
  }
}
