import NIOCore
import ObjectStore
import ObjectStoreTestKit
import Synchronization
import Testing
import TestServers

private struct Broken: Error {}

@Suite struct PartUploaderTests {
  private let options = UploadOptions(partSize: 1000, concurrency: 3, abortTimeout: .seconds(5))

  // MARK: Promise 5: memory

  /// Counts the bytes of parts that are on their way and holds each until a gate opens.
  private final class InFlight: Sendable {
    let state = Mutex((now: 0, peak: 0, started: 0))
    func begin() {
      state.withLock {
        $0.now += 1
        $0.started += 1
        $0.peak = max($0.peak, $0.now)
      }
    }
    func end() { state.withLock { $0.now -= 1 } }
  }

  @Test(arguments: 1...4) func partsInFlightAndTheOneBeingFilledStayWithinConcurrency(concurrency: Int) async throws {
    let inFlight = InFlight()
    let base = MemoryStore()
    let store = FaultInjectingStore(base) { call in
      guard case .uploadPart = call.kind else { return nil }
      inFlight.begin()
      for _ in 0..<20 { await Task.yield() }
      inFlight.end()
      return nil
    }
    let (_, summary) = try await withUpload(
      to: "a", in: store, options: UploadOptions(partSize: 1000, concurrency: concurrency)
    ) { uploader in
      for index in 0..<300 { try await uploader.write(patternedBytes(333, seed: UInt64(index))) }
    }
    #expect(summary == UploadSummary(size: 99_900, partCount: 100))
    let peak = inFlight.state.withLock { $0.peak }
    #expect(peak <= concurrency)
    // "Really in use": more than one at a time where that is allowed.
    if concurrency > 2 { #expect(peak > 1) }
  }

  @Test func writesWaitWhileAllBuffersAreOnTheirWay() async throws {
    let store = FaultInjectingStore(MemoryStore()) { call in
      if case .uploadPart = call.kind { .hang } else { nil }
    }
    let accepted = InFlight()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        _ = try await withUpload(to: "a", in: store, options: options) { uploader in
          for _ in 0..<100 {
            try await uploader.write(patternedBytes(500))
            accepted.begin()
          }
        }
      }
      try await eventually("three parts are taken") { accepted.state.withLock { $0.started } == 6 }
      for _ in 0..<100 { await Task.yield() }
      #expect(accepted.state.withLock { $0.started } == 6)
      group.cancelAll()
      await #expect(throws: CancellationError.self) { try await group.next() }
    }
  }

  // MARK: Promise 4: what broke leaves nothing

  @Test func anErrorOfTheSourceAbortsAndComesOut() async throws {
    let store = MemoryStore()
    await #expect(throws: Broken.self) {
      _ = try await withUpload(to: "a", in: store, options: options) { uploader in
        try await uploader.write(patternedBytes(5500))
        throw Broken()
      }
    }
    #expect(try await store.listUploads(prefix: "").isEmpty)
    #expect(try await store.head("a") == nil)
  }

  @Test func aSourceThatBreaksBeforeTheFirstPartLeavesNothing() async throws {
    let store = MemoryStore()
    await #expect(throws: Broken.self) {
      _ = try await withUpload(to: "a", in: store, options: options) { uploader in
        try await uploader.write(patternedBytes(10))
        throw Broken()
      }
    }
    #expect(try await store.listAll(prefix: "").isEmpty)
  }

  @Test(arguments: [1, 2, 5]) func aPartThatFailsEndsTheUploadWithItsError(number: Int) async throws {
    let base = MemoryStore()
    let store = FaultInjectingStore(base) { $0.kind == .uploadPart(number) ? .before(Broken()) : nil }
    await #expect(throws: Broken.self) {
      _ = try await withUpload(to: "a", in: store, options: options) { uploader in
        for _ in 0..<1000 { try await uploader.write(patternedBytes(700)) }
      }
    }
    #expect(try await base.listUploads(prefix: "").isEmpty)
    #expect(try await base.head("a") == nil)
  }

  @Test(arguments: [StoreCall.Kind.startUpload, .complete, .head, .put])
  func aStepThatFailsIsNoSuccess(kind: StoreCall.Kind) async throws {
    let base = MemoryStore()
    let store = FaultInjectingStore(base) { $0.kind == kind ? .before(Broken()) : nil }
    await #expect(throws: Broken.self) {
      _ = try await withUpload(to: "a", in: store, options: options) { uploader in
        try await uploader.write(patternedBytes(kind == .put ? 10 : 2500))
      }
    }
    #expect(try await base.listUploads(prefix: "").isEmpty)
  }

  /// The store began an upload and its answer got lost: nobody has its id.
  @Test func anUploadThatBeganUnknownToUsIsFoundAndAborted() async throws {
    let base = MemoryStore()
    let foreign = try await base.startUpload("another")
    let store = FaultInjectingStore(base) { $0.kind == .startUpload ? .after(Broken()) : nil }
    await #expect(throws: Broken.self) {
      _ = try await withUpload(to: "a", in: store, options: options) { try await $0.write(patternedBytes(2500)) }
    }
    #expect(try await base.listUploads(prefix: "").map(\.key) == [foreign.key])
  }

  @Test func anObjectOfAnotherSizeIsNoSuccess() async throws {
    let base = MemoryStore()
    let store = FaultInjectingStore(base) { call in
      if call.kind == .head { try? await base.put("a", body: patternedBytes(3)) }
      return nil
    }
    await #expect {
      _ = try await withUpload(to: "a", in: store, options: options) { try await $0.write(patternedBytes(2500)) }
    } throws: { ($0 as? ObjectStoreError)?.code == .integrity }
  }

  // MARK: Cancellation

  @Test func cancellationAbortsTheUpload() async throws {
    let base = MemoryStore()
    let store = FaultInjectingStore(base) { $0.kind == .uploadPart(2) ? .hang : nil }
    let aborted = Mutex(false)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        _ = try await withUpload(to: "a", in: store, options: options) { uploader in
          while true { try await uploader.write(patternedBytes(100)) }
        }
      }
      try await eventually("the upload began") { try await !base.listUploads(prefix: "").isEmpty }
      group.cancelAll()
      await #expect(throws: CancellationError.self) { try await group.next() }
      aborted.withLock { $0 = true }
    }
    #expect(aborted.withLock { $0 })
    #expect(try await base.listUploads(prefix: "").isEmpty)
  }

  /// SIGTERM must not wait for a store that does not answer: the pod has 30 s.
  @Test func anAbortThatHangsIsGivenUp() async throws {
    let base = MemoryStore()
    let store = FaultInjectingStore(base) { $0.kind == .abort ? .hang : nil }
    let start = ContinuousClock.now
    await #expect(throws: Broken.self) {
      _ = try await withUpload(
        to: "a", in: store, options: UploadOptions(partSize: 10, concurrency: 2, abortTimeout: .milliseconds(100))
      ) { uploader in
        try await uploader.write(patternedBytes(100))
        throw Broken()
      }
    }
    #expect(start.duration(to: .now) < .seconds(4))
    #expect(try await base.listUploads(prefix: "").map(\.key) == ["a"])
  }

  // MARK: Limits and misuse

  @Test func tenThousandPartsAreTheLimit() async throws {
    let store = MemoryStore()
    let options = UploadOptions(partSize: 2, concurrency: 4)
    let (_, summary) = try await withUpload(to: "a", in: store, options: options) {
      try await $0.write(patternedBytes(20_000))
    }
    #expect(summary.partCount == 10_000)
    await #expect {
      _ = try await withUpload(to: "b", in: store, options: options) { try await $0.write(patternedBytes(20_001)) }
    } throws: { error in
      let error = error as? ObjectStoreError
      return error?.code == .configuration && error?.message.contains("partSize") == true
        && error?.message.contains("20000 bytes") == true
    }
    #expect(try await store.head("b") == nil)
    #expect(try await store.listUploads(prefix: "").isEmpty)
  }

  @Test func nonsenseOptionsAreRefused() async throws {
    for options in [UploadOptions(partSize: 0), UploadOptions(concurrency: 0)] {
      await #expect(throws: ObjectStoreError.self) {
        _ = try await withUpload(to: "a", in: MemoryStore(), options: options) { _ in }
      }
    }
  }

  /// 200 faults with a fixed seed, answers lost among them: nothing lost and no false success.
  @Test(arguments: [1, 2, 3] as [UInt64]) func twoHundredFaultsLoseNothing(seed: UInt64) async throws {
    let base = MemoryStore()
    let faults = Mutex((random: SplitMix64(state: seed), remaining: 200))
    let failing = FaultInjectingStore(base) { _ in
      faults.withLock { faults in
        guard faults.remaining > 0, Bool.random(using: &faults.random) else { return nil }
        faults.remaining -= 1
        let error = ObjectStoreError(.serverError, isRetryable: true, operation: "test", message: "made to fail")
        return Bool.random(using: &faults.random) ? .before(error) : .after(error)
      }
    }
    let store = RetryingStore(
      failing, policy: RetryPolicy(maximumAttempts: 100, budget: 1000),
      clock: StoreClock(now: { .zero }, sleep: { _ in try Task.checkCancellation() }))
    var round = 0
    while faults.withLock({ $0.remaining }) > 0 {
      round += 1
      let key = "object-\(round)"
      let body = patternedBytes(10_500, seed: UInt64(round))
      _ = try await withUpload(to: key, in: store, options: options) { try await $0.write(body) }
      try await store.put("manifest-\(round)", body: patternedBytes(100, seed: UInt64(round)), condition: .ifAbsent)
      #expect(try await base.getBytes(key, upTo: 20_000) == body)
      #expect(try await base.getBytes("manifest-\(round)", upTo: 200) == patternedBytes(100, seed: UInt64(round)))
    }
    #expect(round > 5)
  }
}
