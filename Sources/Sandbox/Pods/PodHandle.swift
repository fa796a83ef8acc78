import Glibc
import Synchronization

/// The processes of one pod, and the wish to stop them.
final class PodHandle: Sendable {
  private struct State {
    var isStopping = false
    var isFinished = false
    var processes: Set<pid_t> = []
  }

  private let state = Mutex(State())
  /// Grace periods of the stops that were asked for; the first counts, a later shorter one too.
  let stops: AsyncStream<Duration>
  private let stopper: AsyncStream<Duration>.Continuation

  init() { (stops, stopper) = AsyncStream.makeStream(of: Duration.self) }

  var isStopping: Bool { state.withLock { $0.isStopping } }
  /// Every container has ended, and the status says so.
  var isFinished: Bool { state.withLock { $0.isFinished } }

  func finish() { state.withLock { $0.isFinished = true } }

  func stop(grace: Duration) {
    state.withLock { $0.isStopping = true }
    stopper.yield(grace)
  }

  /// - Returns: False where the pod is being stopped: then the process must not go on.
  func add(_ process: pid_t) {
    let isStopping = state.withLock { state in
      state.processes.insert(process)
      return state.isStopping
    }
    if isStopping { Glibc.kill(-process, SIGTERM) }
  }

  func remove(_ process: pid_t) {
    _ = state.withLock { $0.processes.remove(process) }
    Glibc.kill(-process, SIGKILL)  // What a container's first process leaves behind goes with it.
  }

  /// Signals the process group of each container.
  func signal(_ number: Int32) {
    for process in state.withLock({ $0.processes }) { Glibc.kill(-process, number) }
  }
}
