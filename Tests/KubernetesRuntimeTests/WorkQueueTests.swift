@testable import KubernetesRuntime
import KubernetesTestKit
import Synchronization
import Testing

struct WorkQueueStateTests {
  @Test func addingTwiceIsAddingOnce() {
    var queue = WorkQueueState<String>()
    queue.add("a")
    queue.add("a")
    #expect(queue.take() == "a")
    #expect(queue.take() == nil)
  }

  @Test func aKeyAddedDuringItsWorkComesAgainAfterwards() {
    var queue = WorkQueueState<String>()
    queue.add("a")
    _ = queue.take()
    queue.add("a")
    #expect(queue.take() == nil)
    queue.finish("a")
    #expect(queue.take() == "a")
    queue.finish("a")
    #expect(queue.take() == nil)
  }

  @Test func theEarliestOfSeveralTimesCounts() {
    var queue = WorkQueueState<String>()
    queue.add("a", at: .seconds(10))
    queue.add("a", at: .seconds(5))
    queue.add("a", at: .seconds(20))
    #expect(queue.nextDue == .seconds(5))
    queue.promote(now: .seconds(5))
    #expect(queue.take() == "a" && queue.nextDue == nil)
  }

  @Test func addingNowTakesThePlaceOfLater() {
    var queue = WorkQueueState<String>()
    queue.add("a", at: .seconds(10))
    queue.add("a")
    #expect(queue.nextDue == nil)
    #expect(queue.take() == "a")
  }

  @Test func aRequeueDuringTheWorkIsKept() {
    var queue = WorkQueueState<String>()
    queue.add("a")
    _ = queue.take()
    queue.add("a")
    queue.add("a", at: .seconds(60))
    queue.finish("a")
    #expect(queue.take() == "a")
    #expect(queue.nextDue == .seconds(60))
  }

  @Test func shutDownDropsWhatNobodyWorksOn() {
    var queue = WorkQueueState<String>()
    queue.add("a")
    queue.add("b", at: .seconds(1))
    queue.shutDown()
    queue.add("c")
    queue.promote(now: .seconds(9))
    #expect(queue.take() == nil && queue.depth == 0)
  }

  /// Whatever happens in whatever order: no key is worked on twice at once, none is lost, and each that was added after
  /// its last take comes again.
  @Test(arguments: 0..<200) func noOrderLosesOrDoublesAKey(seed: Int) {
    var random = SplitMix(state: UInt64(seed) &+ 1)
    var queue = WorkQueueState<Int>()
    var active: Set<Int> = []
    var wanted: Set<Int> = []
    var delayed: [Int: Int] = [:]
    var now = 0
    for _ in 0..<300 {
      let key = Int(random.next() % 6)
      switch random.next() % 5 {
      case 0:
        queue.add(key)
        wanted.insert(key)
        delayed[key] = nil
      case 1:
        let due = now + Int(random.next() % 10) + 1
        if !(wanted.contains(key) && !active.contains(key)) {
          delayed[key] = min(delayed[key] ?? due, due)
        }
        queue.add(key, at: .seconds(due))
      case 2:
        if let taken = queue.take() {
          #expect(!active.contains(taken))
          #expect(wanted.remove(taken) != nil)
          active.insert(taken)
        } else {
          #expect(wanted.isSubset(of: active))
        }
      case 3:
        if let done = active.min() {
          active.remove(done)
          queue.finish(done)
        }
      default:
        now += 1
        for (key, due) in delayed where due <= now {
          wanted.insert(key)
          delayed[key] = nil
        }
        queue.promote(now: .seconds(now))
      }
      #expect(queue.active == active)
      #expect(queue.nextDue == delayed.values.min().map { .seconds($0) })
    }
    for done in active { queue.finish(done) }
    queue.promote(now: .seconds(now + 100))
    var rest: Set<Int> = []
    while let key = queue.take() { #expect(rest.insert(key).inserted) }
    #expect(rest == wanted.union(delayed.keys))
  }
}

struct WorkQueueTests {
  let clock = ManualClock()

  private func queue() -> WorkQueue<String> {
    WorkQueue(
      name: "test", backoff: Backoff(base: .seconds(1), cap: .seconds(8), jitter: 0), clock: clock, random: { 0 })
  }

  @Test func waitingWorkersAreServed() async throws {
    let queue = queue()
    async let first = queue.next()
    async let second = queue.next()
    queue.add("a")
    queue.add("b")
    #expect(await Set([first, second]) == ["a", "b"])
  }

  @Test func delayedKeysComeWhenTheyAreDue() async throws {
    let queue = queue()
    try await beside([queue.run]) {
      queue.add("late", after: .seconds(30))
      queue.add("soon", after: .seconds(10))
      async let first = queue.next()
      try await clock.settle()
      clock.advance(by: .seconds(9))
      try await clock.settle()
      clock.advance(by: .seconds(1))
      #expect(await first == "soon")
      async let second = queue.next()
      try await clock.settle()
      clock.advance(by: .seconds(20))
      #expect(await second == "late")
    }
  }

  @Test func failuresWaitLongerAndLongerUntilForgotten() {
    let queue = queue()
    let waits = (0..<5).map { _ in queue.addAfterFailure("a") }
    #expect(waits == [.seconds(1), .seconds(2), .seconds(4), .seconds(8), .seconds(8)])
    #expect(queue.addAfterFailure("b") == .seconds(1))
    queue.forget("a")
    #expect(queue.addAfterFailure("a") == .seconds(1))
  }

  @Test func shutDownAndCancellationEndTheWait() async throws {
    let queue = queue()
    let cancelled = await withTaskGroup(of: String?.self) { group in
      group.addTask { await queue.next() }
      group.cancelAll()
      return await group.next() ?? "none"
    }
    #expect(cancelled == nil)
    async let waiting = queue.next()
    queue.shutDown()
    #expect(await waiting == nil)
    #expect(await queue.next() == nil)
  }

  @Test func noKeyRunsTwiceAtOnceUnderManyWorkers() async throws {
    let queue = WorkQueue<Int>(name: "test")
    let running = Locked<[Int: Int]>([:])
    let done = Locked(0)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          while let key = await queue.next() {
            let count = running.withLock { running in
              running[key, default: 0] += 1
              return running[key, default: 0]
            }
            #expect(count == 1)
            await Task.yield()
            running.withLock { $0[key, default: 0] -= 1 }
            queue.finish(key)
            done.withLock { $0 += 1 }
          }
        }
      }
      for round in 0..<2_000 {
        queue.add(round % 5)
        if round.isMultiple(of: 50) { await Task.yield() }
      }
      try? await eventually { queue.count == 0 && running.withLock { $0.values.allSatisfy { $0 == 0 } } }
      queue.shutDown()
    }
    #expect(done.withLock { $0 } >= 5)
  }
}

/// A small generator with a seed (Steele, Lea and Flood, "Fast splittable pseudorandom number generators").
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
