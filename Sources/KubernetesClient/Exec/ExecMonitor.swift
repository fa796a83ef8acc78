import Synchronization

/// Watches a running command's connection: silence, the time in all, and why it was given up.
///
/// The consumer's time does not count as silence: while it works, nothing is read, so nothing can be heard.
final class ExecMonitor: Sendable {
  private struct State {
    var isWaiting = false
    /// When the wait began, or the last frame came in it.
    var frameWait: Duration
    var dataWait: Duration
    var statusAt: Duration?
    var failure: (any Error)?
    var isDone = false
  }

  enum Verdict {
    case goOn(for: Duration)
    /// The status came, and the server does not close.
    case finished
    case failed(KubernetesError)
  }

  private let state: Mutex<State>
  private let start: Duration
  private let limits: ExecLimits
  private let operation: String
  private let clock: ErasedClock

  init(limits: ExecLimits, operation: String, clock: ErasedClock) {
    (self.limits, self.operation, self.clock) = (limits, operation, clock)
    start = clock.now
    state = Mutex(State(frameWait: start, dataWait: start))
  }

  /// The first reason for which the connection was given up.
  var failure: (any Error)? { state.withLock { $0.failure } }

  func fail(_ error: any Error) { state.withLock { if $0.failure == nil { $0.failure = error } } }

  func waitBegins(afterData: Bool) {
    let now = clock.now
    state.withLock { state in
      state.isWaiting = true
      state.frameWait = now
      if afterData { state.dataWait = now }
    }
  }

  func waitEnds() { state.withLock { $0.isWaiting = false } }

  func statusCame() { state.withLock { $0.statusAt = clock.now } }

  /// Runs until the task is cancelled or a limit is passed; then it calls `abort`.
  func watch(abort: @Sendable () -> Void) async {
    while true {
      switch verdict() {
      case .goOn(let duration):
        guard (try? await clock.sleep(for: duration)) != nil else { return }
      case .finished: return abort()
      case .failed(let error):
        fail(error)
        return abort()
      }
    }
  }

  private func verdict() -> Verdict {
    let now = clock.now
    let state = state.withLock { ($0.isWaiting, $0.frameWait, $0.dataWait, $0.statusAt) }
    let (isWaiting, frameWait, dataWait, statusAt) = state
    if let total = limits.total, now - start >= total {
      return .failed(timeout("the command did not end within \(total)"))
    }
    if let statusAt {
      return isWaiting && now - max(statusAt, frameWait) >= limits.closing ? .finished : .goOn(for: limits.closing)
    }
    if isWaiting, now - frameWait >= limits.unresponsive {
      return .failed(
        KubernetesError(
          code: .connection, operation: operation,
          message: "the server said nothing for \(limits.unresponsive), not even to a ping; the connection is dead"))
    }
    if isWaiting, now - dataWait >= limits.idle {
      return .failed(timeout("the command wrote nothing for \(limits.idle) and did not end"))
    }
    var rest = min(limits.unresponsive, limits.idle, limits.closing)
    if isWaiting { rest = min(rest, limits.unresponsive - (now - frameWait), limits.idle - (now - dataWait)) }
    if let total = limits.total { rest = min(rest, total - (now - start)) }
    return .goOn(for: rest)
  }

  private func timeout(_ message: String) -> KubernetesError {
    KubernetesError(code: .timeout, operation: operation, message: message)
  }
}
