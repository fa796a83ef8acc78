import KubernetesModel

/// Runs `sync` once at the start, after every change of one of `resources`, and when the time that the last `sync`
/// asked for has passed. Changes that come while `sync` runs are folded into one more run: the controllers here are
/// level-triggered and look at everything each time, which is cheap at a sandbox's size.
///
/// - Parameter sync: Returns after how long to look again without a change, or nil.
func runSyncLoop(
  on resources: [ResourceType], of cluster: any ClusterAccess, clock: ContinuousClock = ContinuousClock(),
  sync: @escaping @Sendable () async -> Duration?
) async {
  let (wakeups, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
  let timers = TimerState()
  await withTaskGroup(of: Void.self) { group in
    for resource in resources {
      group.addTask {
        for await _ in cluster.watch(resource) { wake.yield() }
      }
    }
    group.addTask {
      // One timer task: it sleeps in short steps, so that a nearer deadline set meanwhile is seen.
      while !Task.isCancelled {
        try? await clock.sleep(for: .milliseconds(100))
        if await timers.takeIfDue(now: clock.now) { wake.yield() }
      }
    }
    wake.yield()
    for await _ in wakeups {
      if Task.isCancelled { break }
      let again = await sync()
      await timers.set(again.map { clock.now + $0 })
    }
    group.cancelAll()
  }
}

private actor TimerState {
  private var due: ContinuousClock.Instant?

  func set(_ instant: ContinuousClock.Instant?) { due = instant }

  func takeIfDue(now: ContinuousClock.Instant) -> Bool {
    guard let due, due <= now else { return false }
    self.due = nil
    return true
  }
}
