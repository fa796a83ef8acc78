public import KubernetesClient
public import KubernetesModel

/// What a watcher is doing, and what it does next: list, then watch from where the list ended, and again.
///
/// A pure value. The driver (``Watcher``) makes the call that ``call`` names, feeds back what happened, and carries out
/// the actions in order.
///
///     listing ── last page ──▶ watching ── closed, failed ──▶ watching (from the last version seen)
///        ▲                        │
///        └── 410, or 3 failures in a row ──┘
public enum WatcherState: Sendable, Hashable {
  /// - Parameters:
  ///   - isPaginated: False once the server gave up on a continue token, so that the next try reads all at once.
  ///   - failures: Calls in a row that brought nothing.
  case listing(continueToken: String?, isPaginated: Bool, failures: Int)
  case watching(resourceVersion: String, failures: Int)

  public static let initial = WatcherState.listing(continueToken: nil, isPaginated: true, failures: 0)

  public enum Call: Sendable, Hashable {
    case list(continueToken: String?, isPaginated: Bool)
    case watch(resourceVersion: String)
  }

  public enum Input: Sendable {
    case page(ObjectList<JSONValue>)
    case listFailed(KubernetesError)
    case event(WatchEvent)
    /// - Parameters:
    ///   - error: nil where the server ended the watch in order; what an `ERROR` event said, where there was one.
    ///   - after: How long it lasted.
    case watchEnded(error: KubernetesError?, after: Duration)
  }

  public enum Action: Sendable {
    /// Objects of a list that may not be whole yet. The first page takes the place of what an earlier list has brought.
    case collect([JSONValue], isFirst: Bool)
    /// What was collected is the whole set, in place of all that were known.
    case emitRestart
    case emitApplied(JSONValue)
    case emitDeleted(JSONValue)
    /// Wait before the next call.
    case backOff(failures: Int)
    /// Something failed that is tried again; for logs and metrics.
    case report(KubernetesError)
  }

  /// A watch that ends earlier than this counts as a failure, or a server that cuts each one would be asked in a loop.
  static let shortWatch = Duration.seconds(1)
  /// Watches in a row that may fail before everything is listed again: a server that was restored from a backup, or lost
  /// its memory, may not know the version that is asked for and not say so.
  static let failuresBeforeListing = 3

  public var call: Call {
    switch self {
    case .listing(let token, let isPaginated, _): .list(continueToken: token, isPaginated: isPaginated)
    case .watching(let version, _): .watch(resourceVersion: version)
    }
  }

  public mutating func handle(_ input: Input) -> [Action] {
    switch (self, input) {
    case (.listing(let token, let isPaginated, let failures), .page(let page)):
      listed(page, isFirst: token == nil, isPaginated: isPaginated, failures: failures)
    case (.listing(_, let isPaginated, let failures), .listFailed(let error)):
      listFailed(error, isPaginated: isPaginated, failures: failures)
    case (.watching, .event(let event)):
      received(event)
    case (.watching(let version, let failures), .watchEnded(let error, let lived)):
      ended(error, after: lived, version: version, failures: failures)
    case (.listing, .event), (.listing, .watchEnded), (.watching, .page), (.watching, .listFailed):
      // Not an answer to this state's call; a correct driver never asks.
      []
    }
  }

  private mutating func listed(
    _ page: ObjectList<JSONValue>, isFirst: Bool, isPaginated: Bool, failures: Int
  ) -> [Action] {
    let collect = Action.collect(page.items, isFirst: isFirst)
    if let token = page.metadata.continue, !token.isEmpty {
      self = .listing(continueToken: token, isPaginated: isPaginated, failures: failures)
      return [collect]
    }
    // A list that worked does not end a row of failed watches; an event does.
    self = .watching(resourceVersion: page.metadata.resourceVersion ?? "", failures: failures)
    return [collect, .emitRestart]
  }

  private mutating func listFailed(_ error: KubernetesError, isPaginated: Bool, failures: Int) -> [Action] {
    self = .listing(
      continueToken: nil, isPaginated: isPaginated && error.code != .gone, failures: failures + 1)
    return [.report(error), .backOff(failures: failures + 1)]
  }

  private mutating func received(_ event: WatchEvent) -> [Action] {
    switch event {
    case .added(let object), .modified(let object):
      advance(to: object)
      return [.emitApplied(object)]
    case .deleted(let object):
      advance(to: object)
      return [.emitDeleted(object)]
    case .bookmark(let version):
      self = .watching(resourceVersion: version, failures: 0)
      return []
    case .error, .unknown:
      // The driver ends the watch at an ERROR and tells of it as `watchEnded`.
      return []
    }
  }

  private mutating func advance(to object: JSONValue) {
    guard case .watching(let version, _) = self else { return }
    self = .watching(resourceVersion: object.resourceVersion ?? version, failures: 0)
  }

  private mutating func ended(
    _ error: KubernetesError?, after lived: Duration, version: String, failures: Int
  ) -> [Action] {
    if let error {
      self = isUseless(error) ? relist(failures: failures + 1) : next(version: version, failures: failures + 1)
      return [.report(error), .backOff(failures: failures + 1)]
    }
    guard lived < Self.shortWatch else {
      self = .watching(resourceVersion: version, failures: 0)
      return []
    }
    self = next(version: version, failures: failures + 1)
    return [.backOff(failures: failures + 1)]
  }

  /// Whether the version to watch from will never do again: it has expired, or this server has not reached it, because
  /// it was restored from a backup.
  private func isUseless(_ error: KubernetesError) -> Bool {
    error.code == .gone || error.status?.details?.causes?.contains { $0.reason == "ResourceVersionTooLarge" } ?? false
  }

  private func next(version: String, failures: Int) -> WatcherState {
    failures.isMultiple(of: Self.failuresBeforeListing)
      ? relist(failures: failures) : .watching(resourceVersion: version, failures: failures)
  }

  private func relist(failures: Int) -> WatcherState {
    .listing(continueToken: nil, isPaginated: true, failures: failures)
  }
}
