import Executor
import Foundation
import HoldfastAPI
import JobPlan
import ObjectStore
import Synchronization
import Testing

/// Two runs of one policy never overlap, whoever started them.
@Suite struct RunQueueTests {
  private func quick(_ world: World) -> World {
    var world = world
    world.settings.queuePoll = .milliseconds(5)
    return world
  }

  @Test func runsThatStartTogetherTakeTurns() async throws {
    let world = quick(World())
    let inside = Mutex((now: 0, most: 0))
    let source = FakeSource(
      size: 5_000,
      onPiece: { given in
        if given == 0 {
          inside.withLock { state in
            state.now += 1
            state.most = max(state.most, state.now)
          }
        }
        try await Task.sleep(for: .milliseconds(2))
        if given == 4_000 { inside.withLock { $0.now -= 1 } }
      })
    let results = await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<6 { group.addTask { await world.backup([source]).outcome == .succeeded } }
      var results: [Bool] = []
      for await result in group { results.append(result) }
      return results
    }
    #expect(results == [Bool](repeating: true, count: 6))
    #expect(inside.withLock { $0.most } == 1)
    #expect(try await world.list().count == 6)
  }

  @Test func aDeadRunHoldsNobodyUp() async throws {
    var world = quick(World())
    world.processes.gone = [FakeProcesses.process(9)]
    try await world.putLease("20261121T020000Z-aaaaaa", process: FakeProcesses.process(9))
    #expect(await world.backup().outcome == .succeeded)
    #expect(try await world.keys().count == 2, "and what it left is gone")
  }

  @Test func aPruneHoldsNobodyUp() async throws {
    let world = quick(World())
    try await world.putLease("20261121T020000Z-aaaaaa", operation: "prune")
    #expect(await world.backup().outcome == .succeeded)
  }

  @Test func waitingEnds() async throws {
    var world = quick(World())
    world.settings.queueLimit = .milliseconds(30)
    try await world.putLease("20261121T020000Z-aaaaaa")
    let result = await world.backup()
    #expect(result.failure?.reason == "DeadlineExceeded")
    #expect(try await world.keys() == ["20261121T020000Z-aaaaaa/.running"])
  }

  /// A run that others may have called dead never commits, although its own upload went well.
  @Test func aRunThatCouldNotRenewItsLeaseGivesUp() async throws {
    var world = World()
    let elapsed = Mutex(Duration.zero)
    world.clock = StoreClock(
      now: { elapsed.withLock { $0 } }, sleep: { try await Task.sleep(for: $0) })
    let source = FakeSource(onPiece: { given in
      if given == 20_000 { elapsed.withLock { $0 += .seconds(200) } }
    })
    let result = await world.backup([source])
    #expect(result.outcome == .failed)
    #expect(result.failure?.step == "manifest")
    #expect(result.failure?.message.contains("lease") == true)
    #expect(try await world.keys().isEmpty)
  }
}
