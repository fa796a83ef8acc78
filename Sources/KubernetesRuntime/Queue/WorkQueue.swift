import KubernetesClient
import Metrics
import Synchronization

/// Keys to be worked on: each at most once at a time, never lost, later when it failed.
///
/// A key that is added while it is worked on comes again afterwards. One that is added several times before it is worked
/// on comes once. `run()` has to run for delayed keys to come.
public final class WorkQueue<Key: Hashable & Sendable>: Sendable {
  private struct State {
    var queue = WorkQueueState<Key>()
    var waiters: [(id: UInt64, continuation: CheckedContinuation<Key?, Never>)] = []
    var nextID: UInt64 = 0
  }

  private let state = Mutex(State())
  private let timerChanged = Signal()
  private let backoff: Backoff
  private let clock: ErasedClock
  private let random: @Sendable () -> Double
  private let depth: Gauge

  /// - Parameters:
  ///   - name: For metrics: `kubernetes_workqueue_depth` by `name`.
  ///   - backoff: The waits of ``addAfterFailure(_:)``, for each key.
  public init(
    name: String, backoff: Backoff = Backoff(base: .milliseconds(200), cap: .seconds(300), jitter: 0.2),
    clock: some Clock<Duration> = ContinuousClock(),
    random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
  ) {
    self.backoff = backoff
    self.clock = ErasedClock(clock)
    self.random = random
    depth = Gauge(label: "kubernetes_workqueue_depth", dimensions: [("name", name)])
  }

  /// Wants `key` to be worked on, now or once its present work is done.
  public func add(_ key: Key) { change { $0.add(key) } }

  /// Wants `key` to be worked on after a while; the earliest of several times counts.
  public func add(_ key: Key, after delay: Duration) {
    guard delay > .zero else { return add(key) }
    change { $0.add(key, at: clock.now + delay) }
    timerChanged.fire()
  }

  /// Wants `key` to be worked on after a wait that grows with its failures in a row.
  /// - Returns: The wait.
  @discardableResult
  public func addAfterFailure(_ key: Key) -> Duration {
    let failures = state.withLock { $0.queue.countFailure(key) }
    let delay = backoff.delay(afterFailures: failures, random: random())
    add(key, after: delay)
    return delay
  }

  /// Ends a row of failures.
  public func forget(_ key: Key) { state.withLock { $0.queue.forget(key) } }

  /// The next key, when there is one; nil when the queue is shut down or the task is cancelled.
  ///
  /// Call ``finish(_:)`` when its work is done, however it ended.
  public func next() async -> Key? {
    let id = state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let answer: Key?? = state.withLock { state in
          if Task.isCancelled { return .some(nil) }
          if let key = state.queue.take() {
            report(state)
            return key
          }
          if state.queue.isShutDown { return .some(nil) }
          state.waiters.append((id, continuation))
          return nil
        }
        if let answer { continuation.resume(returning: answer) }
      }
    } onCancel: {
      let waiter = state.withLock { state in
        state.waiters.firstIndex { $0.id == id }.map { state.waiters.remove(at: $0).continuation }
      }
      waiter?.resume(returning: nil)
    }
  }

  /// Says that the work on a key from ``next()`` is done.
  public func finish(_ key: Key) { change { $0.finish(key) } }

  /// Takes no more keys; each waiting ``next()`` returns nil. Work that has begun is not touched.
  public func shutDown() {
    let waiters = state.withLock { state in
      state.queue.shutDown()
      defer { state.waiters = [] }
      report(state)
      return state.waiters
    }
    for waiter in waiters { waiter.continuation.resume(returning: nil) }
    timerChanged.fire()
  }

  /// Keys that are ready and not yet worked on.
  public var count: Int { state.withLock { $0.queue.depth } }

  /// Hands over delayed keys when they are due, until the queue is shut down or the task is cancelled.
  public func run() async throws {
    while true {
      try Task.checkCancellation()
      change { $0.promote(now: clock.now) }
      let (isShutDown, due) = state.withLock { ($0.queue.isShutDown, $0.queue.nextDue) }
      if isShutDown { return }
      guard let due else {
        await timerChanged.wait()
        continue
      }
      let wait = due - clock.now
      guard wait > .zero else { continue }
      await withTaskGroup(of: Void.self) { group in
        group.addTask { [clock] in try? await clock.sleep(for: wait) }
        group.addTask { [timerChanged] in await timerChanged.wait() }
        await group.next()
        group.cancelAll()
      }
    }
  }

  private func change(_ body: (inout WorkQueueState<Key>) -> Void) {
    let served = state.withLock { state -> [(CheckedContinuation<Key?, Never>, Key)] in
      body(&state.queue)
      var served: [(CheckedContinuation<Key?, Never>, Key)] = []
      while !state.waiters.isEmpty, let key = state.queue.take() {
        served.append((state.waiters.removeFirst().continuation, key))
      }
      report(state)
      return served
    }
    for (continuation, key) in served { continuation.resume(returning: key) }
  }

  private func report(_ state: borrowing State) { depth.record(state.queue.depth) }
}
