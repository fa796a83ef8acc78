import NIOCore
import ObjectStore
import ObjectStoreTestKit
import Synchronization
import Testing

/// Time that passes only when someone sleeps.
private final class ManualTime: Sendable {
  private let state = Mutex((now: Duration.zero, sleeps: [Duration]()))
  var sleeps: [Duration] { state.withLock { $0.sleeps } }
  var now: Duration { state.withLock { $0.now } }
  var clock: StoreClock {
    StoreClock(
      now: { self.now },
      sleep: { duration in
        try Task.checkCancellation()
        self.state.withLock {
          $0.now += duration
          $0.sleeps.append(duration)
        }
      })
  }
}

/// Calls that a test counts and makes fail.
private final class Script: Sendable {
  private let state: Mutex<(faults: [StoreFault?], calls: [StoreCall])>
  private let only: @Sendable (StoreCall.Kind) -> Bool

  /// - Parameter faults: For the first calls of the kind, in order.
  init(_ faults: [StoreFault?], only: @escaping @Sendable (StoreCall.Kind) -> Bool = { _ in true }) {
    state = Mutex((faults, []))
    self.only = only
  }

  var calls: [StoreCall.Kind] { state.withLock { $0.calls.map(\.kind) } }

  func decide(_ call: StoreCall) -> StoreFault? {
    state.withLock { state in
      state.calls.append(call)
      guard only(call.kind), !state.faults.isEmpty else { return nil }
      return state.faults.removeFirst()
    }
  }
}

private func failure(
  _ code: ObjectStoreError.Code = .serverError, retryable: Bool = true, after: Duration? = nil
) -> ObjectStoreError {
  ObjectStoreError(code, isRetryable: retryable, retryAfter: after, operation: "test", message: "made to fail")
}

@Suite struct RetryingStoreTests {
  private let time = ManualTime()

  private func store(
    _ base: any ObjectStore, _ script: Script, policy: RetryPolicy = RetryPolicy(), random: Double = 0.999_999
  ) -> RetryingStore {
    RetryingStore(
      FaultInjectingStore(base, decide: { script.decide($0) }), policy: policy, clock: time.clock,
      random: { random })
  }

  @Test func waitsGrowExponentiallyUpToABoundWithFullJitter() async throws {
    let policy = RetryPolicy(baseDelay: .seconds(1), maximumDelay: .seconds(5), deadline: .seconds(1000))
    let script = Script(Array(repeating: .before(failure()), count: 5))
    try await store(MemoryStore(), script, policy: policy, random: 0.5).put("a", body: ByteBuffer())
    #expect(time.sleeps == [.seconds(0.5), .seconds(1), .seconds(2), .seconds(2.5), .seconds(2.5)])
    #expect(script.calls.count == 6)
  }

  @Test func theStoresOwnWaitIsHonoured() async throws {
    let script = Script([.before(failure(.throttled, after: .seconds(7)))])
    try await store(MemoryStore(), script).delete("a")
    #expect(time.sleeps == [.seconds(7)])
  }

  @Test func aWaitBeyondTheDeadlineEndsAtOnceWithTheReason() async throws {
    let script = Script([.before(failure(.throttled, after: .seconds(3600)))])
    await #expect {
      try await store(MemoryStore(), script).delete("a")
    } throws: { error in
      let error = error as? ObjectStoreError
      return error?.code == .throttled && error?.message.contains("deadline") == true
    }
    #expect(time.sleeps.isEmpty)
  }

  @Test func theDeadlineEndsTheRetriesWithTheLastError() async throws {
    let policy = RetryPolicy(
      baseDelay: .seconds(10), maximumDelay: .seconds(10), deadline: .seconds(60), maximumAttempts: 1000)
    let script = Script(Array(repeating: .before(failure()), count: 100))
    await #expect { try await store(MemoryStore(), script, policy: policy).head("a") } throws: {
      ($0 as? ObjectStoreError)?.code == .serverError
    }
    #expect(time.now < .seconds(60))
    #expect(time.now > .seconds(40))
  }

  @Test(arguments: [ObjectStoreError.Code.accessDenied, .notFound, .bucketNotFound, .signatureMismatch, .locked])
  func whatIsPermanentIsTriedOnce(code: ObjectStoreError.Code) async throws {
    let script = Script([.before(failure(code, retryable: false))])
    await #expect(throws: ObjectStoreError.self) { try await store(MemoryStore(), script).head("a") }
    #expect(script.calls == [.head])
  }

  @Test func theBudgetIsSharedByAllOperations() async throws {
    let policy = RetryPolicy(maximumAttempts: 1000, budget: 5)
    let script = Script(Array(repeating: .before(failure()), count: 1000))
    let store = store(MemoryStore(), script, policy: policy)
    for _ in 0..<3 { await #expect(throws: ObjectStoreError.self) { try await store.head("a") } }
    #expect(script.calls.count == 3 + 5)
  }

  @Test func anAttemptThatHangsIsEndedAtTheDeadline() async throws {
    let script = Script([.hang])
    await #expect {
      let policy = RetryPolicy(deadline: .milliseconds(50), maximumAttempts: 1)
      return try await store(MemoryStore(), script, policy: policy).head("a")
    } throws: { ($0 as? ObjectStoreError)?.code == .timeout }
  }

  // MARK: Answers that got lost

  @Test func aCreateOnlyPutWhoseAnswerGotLostFindsItsOwnObject() async throws {
    let base = MemoryStore()
    let script = Script([.after(failure(.timeout))], only: { $0 == .put })
    try await store(base, script).put("manifest", body: patternedBytes(100), condition: .ifAbsent)
    #expect(try await base.getBytes("manifest", upTo: 100) == patternedBytes(100))
  }

  @Test(arguments: [patternedBytes(100, seed: 2), patternedBytes(99), patternedBytes(101), ByteBuffer()])
  func aForeignObjectIsNotMistakenForOurs(foreign: ByteBuffer) async throws {
    let base = MemoryStore()
    try await base.put("manifest", body: foreign)
    let script = Script([.before(failure())], only: { $0 == .put })
    await #expect {
      try await store(base, script).put("manifest", body: patternedBytes(100), condition: .ifAbsent)
    } throws: { ($0 as? ObjectStoreError)?.code == .alreadyExists }
    #expect(try await base.getBytes("manifest", upTo: 1000) == foreign)
  }

  @Test func aTakenKeyAtTheFirstTryIsTakenEvenWithEqualBytes() async throws {
    let base = MemoryStore()
    try await base.put("manifest", body: patternedBytes(100))
    await #expect {
      try await store(base, Script([])).put("manifest", body: patternedBytes(100), condition: .ifAbsent)
    } throws: { ($0 as? ObjectStoreError)?.code == .alreadyExists }
  }

  @Test func aCompletionWhoseAnswerGotLostIsKnownByTheObject() async throws {
    let base = MemoryStore()
    let upload = try await store(base, Script([.after(failure())], only: { $0 == .complete })).startUpload("a")
    try await upload.uploadPart(1, body: patternedBytes(100))
    try await upload.uploadPart(2, body: patternedBytes(50))
    try await upload.complete()
    #expect(try await base.head("a")?.size == 150)
  }

  @Test func anUploadThatSomeoneAbortedIsNotComplete() async throws {
    let base = MemoryStore()
    try await base.put("a", body: patternedBytes(7))
    let script = Script([.before(failure())], only: { $0 == .complete })
    let upload = try await store(base, script).startUpload("a")
    try await upload.uploadPart(1, body: patternedBytes(100))
    for open in try await base.listUploads(prefix: "") { try await base.abortUpload(open) }
    await #expect { try await upload.complete() } throws: { ($0 as? ObjectStoreError)?.code == .notFound }
  }

  @Test func aPartIsSentAgainWithTheSameBytes() async throws {
    let base = MemoryStore()
    let script = Script([.before(failure()), .after(failure(.integrity)), nil, .before(failure())]) {
      if case .uploadPart = $0 { true } else { false }
    }
    let upload = try await store(base, script).startUpload("a")
    try await upload.uploadPart(1, body: patternedBytes(100))
    try await upload.uploadPart(2, body: patternedBytes(10, seed: 2))
    try await upload.complete()
    var whole = patternedBytes(100)
    whole.writeImmutableBuffer(patternedBytes(10, seed: 2))
    #expect(try await base.getBytes("a", upTo: 200) == whole)
  }

  // MARK: Reading

  @Test(arguments: [nil, 0..<200_000, 70_000..<150_000, 70_000..<900_000] as [Range<Int64>?])
  func aReadThatBreaksGoesOnWhereItWas(range: Range<Int64>?) async throws {
    let base = MemoryStore()
    let body = patternedBytes(200_000)
    try await base.put("a", body: body)
    let breaking = BreakingStore(base: base, times: 3)
    var content = ByteBuffer()
    let store = RetryingStore(breaking, clock: time.clock)
    let size = try await store.get("a", range: range) { content.writeImmutableBuffer($0) }
    #expect(size == 200_000)
    let expected = (range ?? 0..<200_000).clamped(to: 0..<200_000)
    #expect(content == body.getSlice(at: Int(expected.lowerBound), length: expected.count))
    #expect(time.sleeps.count == 3)
  }

  /// Half of one object and half of another would be a third that nobody wrote.
  @Test func aReadIsNotResumedOnAnotherVersion() async throws {
    let base = MemoryStore()
    try await base.put("a", body: patternedBytes(200_000))
    let store = RetryingStore(PinningStore(base: base, versions: ["1", "2"]), clock: time.clock)
    var content = ByteBuffer()
    await #expect {
      try await store.get("a", range: nil) { content.writeImmutableBuffer($0) }
    } throws: { ($0 as? ObjectStoreError)?.code == .integrity }
    #expect(content == patternedBytes(200_000).getSlice(at: 0, length: 1000))
  }

  // MARK: Deleting many

  @Test func onlyWhatFailedAndMayPassIsDeletedAgain() async throws {
    let base = DeletingStore([
      ["b": failure(.throttled), "c": failure(.locked, retryable: false), "d": failure()], ["d": failure()], [:],
    ])
    let failures = try await RetryingStore(base, clock: time.clock).deleteAll(["a", "b", "c", "d"])
    #expect(failures.mapValues(\.code) == ["c": .locked])
    #expect(base.asked.map { $0.sorted() } == [["a", "b", "c", "d"], ["b", "d"], ["d"]])
    #expect(time.sleeps.count == 2)
  }

  @Test func whatStaysIsToldForEachKey() async throws {
    let base = DeletingStore(Array(repeating: ["a": failure()], count: 100))
    let failures = try await RetryingStore(base, policy: RetryPolicy(maximumAttempts: 3), clock: time.clock)
      .deleteAll(["a", "b"])
    #expect(failures.mapValues(\.code) == ["a": .serverError])
    #expect(base.asked.count == 3)
  }

  @Test func theConsumersErrorIsNotRetriedEvenIfItLooksLikeTheStores() async throws {
    let base = MemoryStore()
    try await base.put("a", body: patternedBytes(10))
    let script = Script([])
    await #expect {
      try await store(base, script).get("a", range: nil) { _ in throw failure(.throttled) }
    } throws: { ($0 as? ObjectStoreError)?.code == .throttled }
    #expect(script.calls == [.get])
  }
}

/// Each read gives one chunk and breaks, a number of times.
private final class BreakingStore: ObjectStore {
  private let base: MemoryStore
  private let remaining: Mutex<Int>
  init(base: MemoryStore, times: Int) {
    self.base = base
    remaining = Mutex(times)
  }

  var location: String { base.location }

  func get(_ key: String, range: Range<Int64>?, consume: (ByteBuffer) async throws -> Void) async throws -> Int64 {
    let breaks = remaining.withLock { remaining in
      defer { remaining = max(remaining - 1, 0) }
      return remaining > 0
    }
    return try await base.get(key, range: range) { chunk in
      let part = breaks ? chunk.getSlice(at: chunk.readerIndex, length: min(1000, chunk.readableBytes)) ?? chunk : chunk
      try await consume(part)
      if breaks { throw failure(.unreachable) }
    }
  }

  func put(_ key: String, body: ByteBuffer, condition: WriteCondition) async throws { throw failure() }
  func startUpload(_ key: String) async throws -> any MultipartUpload { throw failure() }
  func head(_ key: String) async throws -> ObjectInfo? { try await base.head(key) }
  func list(prefix: String, startingAfter: String?) async throws -> ObjectPage { throw failure() }
  func delete(_ key: String) async throws {}
  func listUploads(prefix: String) async throws -> [OpenUpload] { [] }
  func abortUpload(_ upload: OpenUpload) async throws {}
}

/// Each read is of another version, and the first breaks.
private final class PinningStore: ObjectStore {
  private let base: MemoryStore
  private let versions: Mutex<[String]>

  init(base: MemoryStore, versions: [String]) {
    self.base = base
    self.versions = Mutex(versions)
  }

  var location: String { base.location }

  func get(_ key: String, range: Range<Int64>?, consume: (ByteBuffer) async throws -> Void) async throws -> Int64 {
    try await get(key, range: range, pin: ReadPin(), consume: consume)
  }

  func get(
    _ key: String, range: Range<Int64>?, pin: ReadPin, consume: (ByteBuffer) async throws -> Void
  ) async throws -> Int64 {
    guard pin.bind(to: versions.withLock { $0.removeFirst() }) else { throw failure(.integrity, retryable: false) }
    return try await base.get(key, range: range) { chunk in
      try await consume(chunk.getSlice(at: chunk.readerIndex, length: 1000) ?? chunk)
      throw failure(.unreachable)
    }
  }

  func put(_ key: String, body: ByteBuffer, condition: WriteCondition) async throws { throw failure() }
  func startUpload(_ key: String) async throws -> any MultipartUpload { throw failure() }
  func head(_ key: String) async throws -> ObjectInfo? { try await base.head(key) }
  func list(prefix: String, startingAfter: String?) async throws -> ObjectPage { throw failure() }
  func delete(_ key: String) async throws {}
  func listUploads(prefix: String) async throws -> [OpenUpload] { [] }
  func abortUpload(_ upload: OpenUpload) async throws {}
}

/// Answers to deletions of many as a test wants.
private final class DeletingStore: ObjectStore {
  private let state: Mutex<(answers: [[String: ObjectStoreError]], asked: [[String]])>

  init(_ answers: [[String: ObjectStoreError]]) {
    state = Mutex((answers, []))
  }

  var asked: [[String]] { state.withLock(\.asked) }
  var location: String { "test://" }

  func deleteAll(_ keys: [String]) async throws -> [String: ObjectStoreError] {
    state.withLock { state in
      state.asked.append(keys)
      return state.answers.removeFirst()
    }
  }

  func put(_ key: String, body: ByteBuffer, condition: WriteCondition) async throws { throw failure() }
  func startUpload(_ key: String) async throws -> any MultipartUpload { throw failure() }
  func get(_ key: String, range: Range<Int64>?, consume: (ByteBuffer) async throws -> Void) async throws -> Int64 {
    throw failure()
  }
  func head(_ key: String) async throws -> ObjectInfo? { nil }
  func list(prefix: String, startingAfter: String?) async throws -> ObjectPage { throw failure() }
  func delete(_ key: String) async throws {}
  func listUploads(prefix: String) async throws -> [OpenUpload] { [] }
  func abortUpload(_ upload: OpenUpload) async throws {}
}
