import KubernetesClient
import KubernetesModel
import KubernetesRuntime
import ServiceLifecycle
import Synchronization

/// Whether the operator does its work, for probes.
public final class OperatorHealth: Sendable {
  private enum State {
    case starting
    /// Another replica leads.
    case standingBy
    case working([WatchedInformer])
  }

  private let state = Mutex(State.starting)

  init() {}

  func standBy() { state.withLock { $0 = .standingBy } }
  func watch(_ informers: [WatchedInformer]) { state.withLock { $0 = .working(informers) } }

  /// Why the operator is not ready; nil where it is. A replica that waits for the lease is ready to take over.
  public var notReady: String? {
    switch state.withLock({ $0 }) {
    case .starting: return "the operator has not started yet"
    case .standingBy: return nil
    case .working(let informers):
      let problems = informers.compactMap { informer in informer.problem().map { "\(informer.name): \($0)" } }
      return problems.isEmpty ? nil : problems.sorted().joined(separator: "\n")
    }
  }
}

/// An informer without its type.
struct WatchedInformer: Sendable {
  let name: String
  let service: any Service
  /// Why what it holds is not up to date.
  let problem: @Sendable () -> String?

  init<Object>(_ informer: Informer<Object>) {
    name = Object.resource.plural
    service = informer
    problem = { [informer] in
      if let failure = informer.lastFailure { return failure.message }
      return informer.store.isSynced ? nil : "not read yet"
    }
  }
}
