public import KubernetesClient
public import KubernetesModel
public import Logging
public import ServiceLifecycle
import Synchronization

/// Keeps a ``Store`` up to date and tells handlers of each change; the shared cache of one kind, from which any number of
/// controllers may read.
///
/// Runs until its task is cancelled or the program shuts down gracefully.
public final class Informer<Object: KubernetesObject>: Service {
  public typealias Handler = @Sendable (Change<Object>) -> Void

  public let store: Store<Object>
  private let watcher: Watcher<Object>
  private let handlers = Mutex<[Handler]>([])
  private let failure = Mutex<KubernetesError?>(nil)

  /// - Parameters:
  ///   - namespace: nil means all.
  ///   - keep: What of an object the store holds and handlers see. By default all of it.
  public init(
    _ client: KubernetesClient, _ type: Object.Type = Object.self, namespace: String? = nil,
    options: WatcherOptions = WatcherOptions(), indexers: [String: Store<Object>.Indexer] = [:], logger: Logger,
    clock: some Clock<Duration> = ContinuousClock(), keeping keep: @escaping @Sendable (Object) -> Object = { $0 }
  ) {
    store = Store(indexers: indexers)
    watcher = Watcher(
      client, type, namespace: namespace, options: options, logger: logger, clock: clock, keeping: keep)
  }

  /// Why the last list or watch failed; nil while all is well. For readiness checks.
  public var lastFailure: KubernetesError? { failure.withLock { $0 } }

  /// Adds a handler; it hears of what the store already holds as `added`, then of each change.
  ///
  /// A handler has to return at once, since the watch waits for it. It may hear of a change twice.
  public func onChange(_ handler: @escaping Handler) {
    handlers.withLock { $0.append(handler) }
    for object in store.objects { handler(.added(object)) }
  }

  public func run() async throws {
    try await runUntilShutdown { [self] in
      try await watcher.run(
        onFailure: { [self] error in failure.withLock { $0 = error } },
        // No event need come: of some kinds there is none for hours.
        onWatching: { [self] in failure.withLock { $0 = nil } },
        { [self] event in take(event) })
    }
  }

  private func take(_ event: WatcherEvent<Object>) {
    failure.withLock { $0 = nil }
    let changes = store.apply(event)
    let handlers = handlers.withLock { $0 }
    for change in changes {
      for handler in handlers { handler(change) }
    }
  }
}
