public import KubernetesClient
public import KubernetesModel
public import Logging
import Metrics
import Synchronization

/// What a watcher tells.
public enum WatcherEvent<Object: KubernetesObject>: Sendable {
  /// All objects that there are, in place of all that were known. Comes first, and again whenever changes may have been
  /// missed.
  case restarted([Decoded<Object>])
  /// An object is new or changed, or is the same as before.
  case applied(Decoded<Object>)
  /// An object is gone; this is its last state.
  case deleted(Decoded<Object>)
}

/// What to watch and how.
public struct WatcherOptions: Sendable {
  public var labelSelector: String?
  public var fieldSelector: String?
  /// Objects in a page of a list.
  public var pageSize: Int
  /// When the server is asked to end a watch; up to a fifth more, so that many watchers do not return at once.
  public var timeout: Duration
  /// The server is asked for metadata alone. One that does not know how sends all.
  public var isMetadataOnly: Bool
  public var backoff: Backoff

  public init(
    labelSelector: String? = nil, fieldSelector: String? = nil, pageSize: Int = 500, timeout: Duration = .seconds(290),
    isMetadataOnly: Bool = false,
    backoff: Backoff = Backoff(base: .milliseconds(500), cap: .seconds(15), jitter: 0.5)
  ) {
    self.isMetadataOnly = isMetadataOnly
    self.labelSelector = labelSelector
    self.fieldSelector = fieldSelector
    self.pageSize = pageSize
    self.timeout = timeout
    self.backoff = backoff
  }
}

/// Follows the objects of a kind for as long as it runs, whatever happens to the connection or the server.
///
/// Flow: ``WatcherState`` decides, this carries out.
///
/// Guarantees: the handler hears first of all objects, then of each change; after a gap, of all objects again. An object
/// that cannot be read is reported as such and ends nothing. A server that fails is asked again with growing waits.
///
/// Caveats: of several changes in short order only the last may be told; a deletion during a gap shows only as an absence
/// from the next `restarted`.
public struct Watcher<Object: KubernetesObject>: Sendable {
  private let client: KubernetesClient
  private let namespace: String?
  private let options: WatcherOptions
  private let clock: ErasedClock
  private let random: @Sendable () -> Double
  private let keep: @Sendable (Object) -> Object
  private let logger: Logger

  /// - Parameters:
  ///   - namespace: nil means all.
  ///   - keep: What of an object is told, so that many large ones need little memory. Applied as they are read, so that never
  ///     more than a page of them is there whole.
  ///   - random: Gives values from 0 up to, but not including, 1.
  public init(
    _ client: KubernetesClient, _ type: Object.Type = Object.self, namespace: String? = nil,
    options: WatcherOptions = WatcherOptions(), logger: Logger, clock: some Clock<Duration> = ContinuousClock(),
    random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) },
    keeping keep: @escaping @Sendable (Object) -> Object = { $0 }
  ) {
    self.keep = keep
    self.client = client
    self.namespace = namespace
    self.options = options
    self.logger = logger
    self.clock = ErasedClock(clock)
    self.random = random
  }

  /// Runs until its task is cancelled.
  /// - Parameters:
  ///   - onFailure: Called for each failed call, which is tried again in any case.
  ///   - onWatching: Called when the server has taken a watch: from then on every change is told.
  ///   - handle: Called in order, one at a time; the watch waits for it.
  /// - Throws: `CancellationError`, or what `handle` throws.
  public func run(
    onFailure: @escaping @Sendable (KubernetesError) -> Void = { _ in },
    onWatching: @escaping @Sendable () -> Void = {},
    _ handle: @escaping @Sendable (WatcherEvent<Object>) async throws -> Void
  ) async throws {
    let state = Locked(WatcherState.initial)
    let collected = Locked<[Decoded<Object>]>([])
    let perform: @Sendable ([WatcherState.Action]) async throws -> Void = { actions in
      try await carryOut(actions, collected, onFailure: onFailure, handle: handle)
    }
    while true {
      try Task.checkCancellation()
      switch state.withLock({ $0.call }) {
      case .list(let token, let isPaginated):
        let input = try await list(continueToken: token, isPaginated: isPaginated)
        try await perform(state.withLock { $0.handle(input) })
      case .watch(let version):
        let input = try await watch(from: version, state: state, onWatching: onWatching, perform: perform)
        try await perform(state.withLock { $0.handle(input) })
      }
    }
  }

  private func list(continueToken: String?, isPaginated: Bool) async throws -> WatcherState.Input {
    do {
      return .page(
        try await client.listPage(
          Object.resource, namespace: namespace,
          options: ListOptions(
            labelSelector: options.labelSelector, fieldSelector: options.fieldSelector,
            limit: isPaginated ? options.pageSize : nil, continueToken: continueToken,
            isMetadataOnly: options.isMetadataOnly)))
    } catch {
      return .listFailed(try failure(error, operation: "list \(Object.resource.plural)"))
    }
  }

  private func watch(
    from version: String, state: Locked<WatcherState>, onWatching: @escaping @Sendable () -> Void,
    perform: @escaping @Sendable ([WatcherState.Action]) async throws -> Void
  ) async throws -> WatcherState.Input {
    let start = clock.now
    let operation = "watch \(Object.resource.plural)"
    let watchOptions = WatchOptions(
      labelSelector: options.labelSelector, fieldSelector: options.fieldSelector, resourceVersion: version,
      timeoutSeconds: Int((options.timeout.seconds * (1 + 0.2 * random())).rounded(.up)),
      isMetadataOnly: options.isMetadataOnly)
    Counter(label: "kubernetes_watch_starts_total", dimensions: [("resource", Object.resource.plural)]).increment()
    do {
      try await client.watch(
        Object.resource, namespace: namespace, options: watchOptions, onOpen: onWatching
      ) { event in
        if case .error(let status) = event { throw KubernetesError(status: status, operation: operation) }
        let actions = state.withLock { $0.handle(.event(event)) }
        do {
          try await perform(actions)
        } catch {
          throw HandlerError(underlying: error)
        }
      }
      return .watchEnded(error: nil, after: clock.now - start)
    } catch let error as HandlerError {
      throw error.underlying
    } catch {
      return .watchEnded(error: try failure(error, operation: operation), after: clock.now - start)
    }
  }

  private func decode(_ json: JSONValue) -> Decoded<Object> {
    let decoded = Decoded<Object>(json)
    return decoded.object.map { Decoded(keep($0)) } ?? decoded
  }

  /// What a transport threw, as one of our errors: nothing but cancellation ends a watcher.
  private func failure(_ error: any Error, operation: String) throws -> KubernetesError {
    if let error = error as? KubernetesError { return error }
    if error is CancellationError || Task.isCancelled { throw CancellationError() }
    return KubernetesError(code: .connection, operation: operation, message: "\(error)", cause: error)
  }

  private func carryOut(
    _ actions: [WatcherState.Action], _ collected: Locked<[Decoded<Object>]>,
    onFailure: @Sendable (KubernetesError) -> Void, handle: @Sendable (WatcherEvent<Object>) async throws -> Void
  ) async throws {
    for action in actions {
      switch action {
      case .collect(let page, let isFirst):
        let decoded = page.map(decode)
        collected.withLock { if isFirst { $0 = decoded } else { $0 += decoded } }
      case .emitRestart:
        let all = collected.withLock { objects in
          defer { objects = [] }
          return objects
        }
        try await handle(.restarted(all))
      case .emitApplied(let object): try await handle(.applied(decode(object)))
      case .emitDeleted(let object): try await handle(.deleted(decode(object)))
      case .backOff(let failures):
        let delay = options.backoff.delay(afterFailures: failures, random: random())
        if delay > .zero { try await clock.sleep(for: delay) }
      case .report(let error):
        Counter(
          label: "kubernetes_watch_failures_total",
          dimensions: [("resource", Object.resource.plural), ("code", error.code.description)]
        ).increment()
        logger.info(
          "A list or watch failed and is tried again.",
          metadata: ["resource": "\(Object.resource.plural)", "error": "\(error)"])
        onFailure(error)
      }
    }
  }
}

/// Tells an error of the handler from one of the watch.
private struct HandlerError: Error {
  let underlying: any Error
}

/// A value behind a lock that closures can share.
final class Locked<Value: Sendable>: Sendable {
  private let mutex: Mutex<Value>

  init(_ value: Value) { mutex = Mutex(value) }

  func withLock<Result: Sendable>(_ body: (inout Value) throws -> Result) rethrows -> Result {
    try mutex.withLock { value in try body(&value) }
  }
}
