import Glibc
import Synchronization

/// The processes of one pod, and the wish to stop them.
final class PodHandle: Sendable {
  private struct State {
    var isStopping = false
    var isFinished = false
    var processes: Set<pid_t> = []
    /// The containers that run, by name, with the processes of commands in them.
    var containers: [String: (command: ContainerCommand, execs: Set<pid_t>)] = [:]
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

  /// Signals the process group of each container, and of each command in one.
  func signal(_ number: Int32) {
    let processes = state.withLock { state in
      state.containers.values.reduce(into: state.processes) { $0.formUnion($1.execs) }
    }
    for process in processes { Glibc.kill(-process, number) }
  }

  func kill(_ process: pid_t) { Glibc.kill(-process, SIGKILL) }

  // MARK: Commands in containers

  func began(_ container: String, _ command: ContainerCommand) {
    state.withLock { $0.containers[container] = (command, []) }
  }

  /// The container's first process has ended, and with it every other one in it.
  func ended(_ container: String) {
    let execs = state.withLock { $0.containers.removeValue(forKey: container)?.execs ?? [] }
    for process in execs { kill(process) }
  }

  /// What runs in a container; nil where it does not run.
  func running(_ container: String) -> ContainerCommand? {
    state.withLock { $0.isStopping ? nil : $0.containers[container]?.command }
  }

  func addExec(_ process: pid_t, of container: String) {
    let isRunning = state.withLock { state in
      guard !state.isStopping, state.containers[container] != nil else { return false }
      state.containers[container]?.execs.insert(process)
      return true
    }
    // The container ended while the command began.
    if !isRunning { kill(process) }
  }

  /// What the command left behind goes with it; a process of another command may get its number.
  func removeExec(_ process: pid_t, of container: String) {
    _ = state.withLock { $0.containers[container]?.execs.remove(process) }
    kill(process)
  }
}
