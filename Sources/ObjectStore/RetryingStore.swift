public import Logging
public import NIOCore
import Synchronization

/// Tries again what another store calls retryable, with backoff, within a deadline and a budget.
///
/// - A create-only ``put(_:body:condition:)`` whose first answer got lost finds its own object at the second try: the
///   stored bytes are compared with ours, and only other bytes are ``ObjectStoreError/Code/alreadyExists``.
/// - ``get(_:range:consume:)`` goes on after the last byte that `consume` took; no byte is given twice, and none of
///   another version of the object.
/// - ``deleteAll(_:)`` tries again for the keys alone that failed and may still succeed.
/// - ``startUpload(_:)`` may leave an upload that nobody knows of when an answer is lost; ``listUploads(prefix:)`` finds
///   it, and ``withUpload(to:in:options:isolation:_:)`` looks.
/// - A completed upload whose answer got lost is known by the object's size.
/// - Attempts are ended at the deadline, but for `get`, where the store's own idle limits apply.
public struct RetryingStore: ObjectStore {
  private let base: any ObjectStore
  private let retrier: Retrier

  /// - Parameters:
  ///   - logger: Each retry is a line of level info; nil for none.
  ///   - random: In `0..<1`.
  public init(
    _ base: any ObjectStore, policy: RetryPolicy = RetryPolicy(), logger: Logger? = nil,
    clock: StoreClock = .continuous, random: @escaping @Sendable () -> Double = { .random(in: 0..<1) }
  ) {
    self.base = base
    retrier = Retrier(
      policy: policy, clock: clock, random: random, logger: logger, budget: RetryBudget(policy.budget))
  }

  public var location: String { base.location }
  public var usesPartSHA256: Bool { base.usesPartSHA256 }

  public func put(_ key: String, body: ByteBuffer, condition: WriteCondition) async throws {
    try await retrier.runBounded("PUT \(location)/\(key)") { [base] attempt in
      do {
        try await base.put(key, body: body, condition: condition)
      } catch let error as ObjectStoreError where error.code == .alreadyExists && attempt.isRetry {
        guard try await base.holds(body, at: key, known: error) else { throw error }
      }
    }
  }

  public func startUpload(_ key: String) async throws -> any MultipartUpload {
    let upload = try await retrier.runBounded("start upload of \(location)/\(key)") { [base] _ in
      try await base.startUpload(key)
    }
    return RetryingUpload(base: upload, store: base, retrier: retrier)
  }

  @discardableResult
  public func get(
    _ key: String, range: Range<Int64>?, consume: (ByteBuffer) async throws -> Void
  ) async throws -> Int64 {
    try await get(key, range: range, pin: ReadPin(), consume: consume)
  }

  @discardableResult
  public func get(
    _ key: String, range: Range<Int64>?, pin: ReadPin, consume: (ByteBuffer) async throws -> Void
  ) async throws -> Int64 {
    var progress = GetProgress(range: range)
    do {
      return try await retrier.run("GET \(location)/\(key)") { _ in
        try await resume(key, &progress, pin, consume: consume)
      }
    } catch let failure as ConsumerFailure {
      throw failure.error
    }
  }

  private func resume(
    _ key: String, _ progress: inout GetProgress, _ pin: ReadPin, consume: (ByteBuffer) async throws -> Void
  ) async throws -> Int64 {
    var rest = progress.range
    if progress.delivered > 0 {
      guard let size = try await base.head(key)?.size else { throw gone(key) }
      rest = progress.rest(size: size)
      if rest?.isEmpty == true { return size }
    }
    return try await base.get(key, range: rest, pin: pin) { chunk in
      // What the consumer throws is not the store's failure, even where it looks like one.
      do { try await consume(chunk) } catch { throw ConsumerFailure(error: error) }
      progress.delivered += Int64(chunk.readableBytes)
    }
  }

  private func gone(_ key: String) -> ObjectStoreError {
    ObjectStoreError(
      .integrity, operation: "GET \(location)/\(key)", message: "the object is gone since the read began")
  }

  public func head(_ key: String) async throws -> ObjectInfo? {
    try await retrier.runBounded("HEAD \(location)/\(key)") { [base] _ in try await base.head(key) }
  }

  public func list(prefix: String, startingAfter: String?) async throws -> ObjectPage {
    try await retrier.runBounded("LIST \(location)/\(prefix)") { [base] _ in
      try await base.list(prefix: prefix, startingAfter: startingAfter)
    }
  }

  public func delete(_ key: String) async throws {
    try await retrier.runBounded("DELETE \(location)/\(key)") { [base] _ in try await base.delete(key) }
  }

  public func deleteAll(_ keys: [String]) async throws -> [String: ObjectStoreError] {
    let progress = Mutex((left: keys, failures: [String: ObjectStoreError]()))
    do {
      try await retrier.runBounded("DELETE \(keys.count) objects of \(location)") { [base] _ in
        let failures = try await base.deleteAll(progress.withLock { $0.left })
        try progress.withLock { progress in
          let passing = failures.filter(\.value.isRetryable)
          progress.failures.merge(failures.filter { !$0.value.isRetryable }) { $1 }
          progress.left = progress.left.filter { passing[$0] != nil }
          if let first = progress.left.first, let error = passing[first] { throw error }
        }
      }
    } catch let error as ObjectStoreError {
      let (left, failures) = progress.withLock { $0 }
      // Nothing is known of any key: the request as a whole failed.
      if left.count == keys.count, failures.isEmpty { throw error }
      return failures.merging(left.map { ($0, error) }) { $1 }
    }
    return progress.withLock { $0.failures }
  }

  public func listUploads(prefix: String) async throws -> [OpenUpload] {
    try await retrier.runBounded("list uploads of \(location)/\(prefix)") { [base] _ in
      try await base.listUploads(prefix: prefix)
    }
  }

  public func abortUpload(_ upload: OpenUpload) async throws {
    try await retrier.runBounded("abort upload of \(location)/\(upload.key)") { [base] _ in
      try await base.abortUpload(upload)
    }
  }
}

private struct ConsumerFailure: Error {
  var error: any Error
}

private struct GetProgress {
  var range: Range<Int64>?
  var delivered: Int64 = 0

  func rest(size: Int64) -> Range<Int64> {
    let end = min(range?.upperBound ?? size, size)
    return min((range?.lowerBound ?? 0) + delivered, end)..<end
  }
}

extension ObjectStore {
  /// Whether the object's bytes are exactly these.
  /// - Parameter known: Why we ask; thrown where the credentials may not read.
  fileprivate func holds(_ body: ByteBuffer, at key: String, known: ObjectStoreError) async throws -> Bool {
    var expected = body
    var isEqual = true
    do {
      try await get(key, range: nil) { chunk in
        isEqual = isEqual && expected.readSlice(length: chunk.readableBytes) == chunk
      }
    } catch let error as ObjectStoreError where error.code == .notFound {
      return false
    } catch let error as ObjectStoreError where error.code == .accessDenied {
      var known = known
      known.message += "; perhaps by an earlier attempt of ours, but the credentials may not read it to find out"
      throw known
    }
    return isEqual && expected.readableBytes == 0
  }
}

private final class RetryingUpload: MultipartUpload {
  let base: any MultipartUpload
  let store: any ObjectStore
  let retrier: Retrier
  private let sizes = Mutex<[Int: Int]>([:])

  init(base: any MultipartUpload, store: any ObjectStore, retrier: Retrier) {
    self.base = base
    self.store = store
    self.retrier = retrier
  }

  var key: String { base.key }

  func uploadPart(_ number: Int, body: ByteBuffer) async throws {
    try await uploadPart(number, body: body, sha256: nil)
  }

  func uploadPart(_ number: Int, body: ByteBuffer, sha256: [UInt8]?) async throws {
    try await retrier.runBounded("part \(number) of \(store.location)/\(key)") { [base] _ in
      try await base.uploadPart(number, body: body, sha256: sha256)
    }
    sizes.withLock { $0[number] = body.readableBytes }
  }

  func complete() async throws {
    let size = sizes.withLock { $0.values.reduce(0, +) }
    try await retrier.runBounded("complete upload of \(store.location)/\(key)") { [base, store, key] attempt in
      do {
        try await base.complete()
      } catch let error as ObjectStoreError where error.code == .notFound && attempt.isRetry {
        // The store no longer knows the upload: an earlier attempt made the object, or someone aborted.
        guard try await store.size(of: key) == .known(Int64(size)) else { throw error }
      }
    }
  }

  func abort() async throws {
    try await retrier.runBounded("abort upload of \(store.location)/\(key)") { [base] _ in try await base.abort() }
  }
}
