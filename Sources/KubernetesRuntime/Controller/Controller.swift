import KubernetesClient
public import KubernetesModel
public import Logging
import Metrics
public import ServiceLifecycle
import Synchronization

/// Calls a ``Reconciler`` for each key that a change concerns.
///
/// Flow: informers tell of changes, mappings turn them into keys, the queue orders them, workers reconcile.
///
///     let controller = Controller(name: "backuppolicy", reconciler: reconciler, logger: logger)
///     controller.watch(policies)
///     controller.watchOwned(cronJobs, by: BackupPolicy.resource)
///     controller.watch(jobs) { change in change.metadata.labels?["policy"].map { ... } ?? [] }
///
/// It waits until its informers have read everything once; they have to run as services of their own. On graceful shutdown
/// it takes no new key, lets the work that has begun end, and cancels what still runs after `shutdownGrace`. It can run
/// once.
///
/// Metrics, by `controller`: `kubernetes_reconcile_duration_seconds`, `kubernetes_reconcile_errors_total` (also by
/// `kind`: transient, terminal), `kubernetes_workqueue_depth`.
public final class Controller: Service {
  public struct Options: Sendable {
    /// Keys worked on at once.
    public var workers: Int
    /// After this a reconcile is cancelled and counts as failed.
    public var reconcileTimeout: Duration
    public var shutdownGrace: Duration

    public init(
      workers: Int = 2, reconcileTimeout: Duration = .seconds(120), shutdownGrace: Duration = .seconds(15)
    ) {
      self.workers = workers
      self.reconcileTimeout = reconcileTimeout
      self.shutdownGrace = shutdownGrace
    }
  }

  public let name: String
  public let queue: WorkQueue<ObjectKey>
  private let reconciler: any Reconciler
  private let options: Options
  private let clock: ErasedClock
  private let logger: Logger
  private let duration: Timer
  private let syncs = Mutex<[@Sendable () async throws -> Void]>([])

  public init(
    name: String, options: Options = Options(), queue: WorkQueue<ObjectKey>? = nil, reconciler: some Reconciler,
    logger: Logger, clock: some Clock<Duration> = ContinuousClock()
  ) {
    self.name = name
    self.options = options
    self.queue = queue ?? WorkQueue(name: name, clock: clock)
    self.reconciler = reconciler
    self.clock = ErasedClock(clock)
    var logger = logger
    logger[metadataKey: "controller"] = "\(name)"
    self.logger = logger
    duration = Timer(label: "kubernetes_reconcile_duration_seconds", dimensions: [("controller", name)])
  }

  /// Reconciles the keys that `keys` gives for each change of these objects; by default the object's own.
  public func watch<Object>(
    _ informer: Informer<Object>, keys: @escaping @Sendable (Change<Object>) -> [ObjectKey] = { [$0.key] }
  ) {
    syncs.withLock { $0.append { try await informer.store.waitUntilSynced() } }
    informer.onChange { [queue] change in
      for key in keys(change) { queue.add(key) }
      // A change of owner or label concerns the old one as well.
      if case .updated(let old, _) = change { for key in keys(.deleted(old)) { queue.add(key) } }
    }
  }

  /// Reconciles the object of type `owner` that controls a changed object.
  public func watchOwned<Object>(_ informer: Informer<Object>, by owner: ResourceType) {
    watch(informer) { change in
      guard let reference = change.metadata.controllerReference, reference.kind == owner.kind,
        // Only the group has to be the same: the version may be an older one.
        reference.apiVersion.split(separator: "/").dropLast().joined() == owner.group
      else { return [] }
      return [ObjectKey(namespace: owner.isNamespaced ? change.metadata.namespace : nil, name: reference.name)]
    }
  }

  public func run() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { [self] in
        // What waits for a sync has to end on shutdown as well.
        try await runUntilShutdown { for wait in self.syncs.withLock({ $0 }) { try await wait() } }
        if Task.isShuttingDownGracefully { return }
        logger.info("The controller starts.")
        try await work()
      }
      group.addTask { [self] in
        try await queue.run()
        // The queue is shut down; what has begun gets some time.
        try await clock.sleep(for: options.shutdownGrace)
        throw GraceExpired()
      }
      defer { group.cancelAll() }
      do {
        try await withTaskCancellationOrGracefulShutdownHandler {
          try await group.next()
        } onCancelOrGracefulShutdown: { [queue] in
          queue.shutDown()
        }
      } catch is GraceExpired {
        logger.info("Work that has begun is cancelled.")
      }
    }
    try Task.checkCancellation()
  }

  private func work() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<max(1, options.workers) {
        group.addTask { [self] in
          while let key = await queue.next() { await handle(key) }
        }
      }
      try await group.waitForAll()
    }
  }

  private func handle(_ key: ObjectKey) async {
    defer { queue.finish(key) }
    let start = clock.now
    let reconciler = reconciler
    do {
      let result = try await withTimeout(options.reconcileTimeout, clock: clock) { try await reconciler.reconcile(key) }
      queue.forget(key)
      if case .requeue(let delay) = result { queue.add(key, after: delay) }
    } catch {
      failed(key, error)
    }
    duration.record(duration: clock.now - start)
  }

  private func failed(_ key: ObjectKey, _ error: any Error) {
    // The process is stopping; the next one starts with every key.
    if Task.isCancelled { return }
    var metadata: Logger.Metadata = ["object": "\(key)", "error": "\(error)"]
    let isTerminal = error is TerminalError
    if isTerminal {
      queue.forget(key)
    } else {
      let delay = queue.addAfterFailure(key)
      metadata["retry.seconds"] = "\(delay.seconds)"
    }
    Counter(
      label: "kubernetes_reconcile_errors_total",
      dimensions: [("controller", name), ("kind", isTerminal ? "terminal" : "transient")]
    ).increment()
    logger.info("A reconcile failed.", metadata: metadata)
  }
}

/// The time for work that has begun is over.
private struct GraceExpired: Error {}
