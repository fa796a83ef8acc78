import Synchronization

/// Wakes one waiting task; a signal that nobody waits for is kept, several are one.
final class Signal: Sendable {
  private enum State {
    case idle
    case pending
    case waiting(CheckedContinuation<Void, Never>)
  }

  private let state = Mutex(State.idle)

  func fire() {
    let waiter: CheckedContinuation<Void, Never>? = state.withLock { state in
      guard case .waiting(let continuation) = state else {
        state = .pending
        return nil
      }
      state = .idle
      return continuation
    }
    waiter?.resume()
  }

  /// Returns after a signal or when the task is cancelled. One task at a time may wait.
  func wait() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isDue = state.withLock { state in
          if case .idle = state, !Task.isCancelled {
            state = .waiting(continuation)
            return false
          }
          state = .idle
          return true
        }
        if isDue { continuation.resume() }
      }
    } onCancel: {
      // Also where the waiter has not yet arrived: it then finds the signal pending.
      fire()
    }
  }
}
