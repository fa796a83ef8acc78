import Foundation
import NIOCore
import NIOHTTP1
import ObjectStore
import StoreHTTP
import Synchronization

/// A resumable upload behind the interface of one in parts.
/// https://cloud.google.com/storage/docs/performing-resumable-uploads
///
/// - One request is under way at a time: a session takes bytes in their order. A part waits until those before it are
///   taken, and returns when the store has confirmed it, but for a rest of less than 256 KiB that goes with the next.
///   Small parts wait here (``UploadSequence/holdLimit``); a large one that is awaited before an earlier one is sent
///   waits for ever.
/// - Where the store keeps less than was sent, the rest is sent again. After an error nobody knows what it has: the next
///   try asks, and goes on from there. Bytes are kept until they are confirmed.
/// - A part sent again must be what it was: what the session has taken cannot be replaced.
/// - The store compares the CRC of the whole before it makes the object, and what it says it made is compared again.
actor GCSUpload: MultipartUpload {
  nonisolated let key: String
  private let store: GCSStore
  private let session: String

  private enum Outcome {
    case completed
    case aborted
    /// For good: every call says so.
    case failed(ObjectStoreError)
  }
  private var outcome: Outcome?
  private var sequence = UploadSequence()
  private var isSending = false
  /// A request went wrong, and the store may have kept any of it.
  private var isUncertain = false
  /// How far anything was sent; the store cannot have more.
  private var furthest: Int64 = 0
  private let waiters = Waiters()

  init(store: GCSStore, key: String, session: String) {
    self.store = store
    self.key = key
    self.session = session
  }

  func uploadPart(_ number: Int, body: ByteBuffer) async throws {
    let operation = "part \(number) of \(store.location)/\(key)"
    guard (1...maximumPartCount).contains(number) else {
      throw ObjectStoreError(
        .configuration, operation: operation, message: "part numbers go from 1 to \(maximumPartCount)")
    }
    while true {
      try checkOpen(operation)
      switch sequence.take(number, body) {
      case .held: return
      case .wait: try await waiters.wait()
      case .conflict:
        throw ObjectStoreError(
          .unsupported, operation: operation,
          message: "the store has taken this part with other bytes; a resumable upload cannot replace them")
      case .taken(let end):
        waiters.wakeAll()
        return try await send(upTo: end, operation)
      }
    }
  }

  /// The object in one part and one request, for what is too large to be copied into a put.
  func finish(with body: ByteBuffer) async throws {
    _ = sequence.take(1, body)
    try await complete()
  }

  func complete() async throws {
    let operation = "complete upload of \(store.location)/\(key)"
    if case .completed = outcome { return }
    try checkOpen(operation)
    guard sequence.takeAll() else {
      throw ObjectStoreError(.configuration, operation: operation, message: "parts are missing")
    }
    while true {
      if case .completed = outcome { return }
      try checkOpen(operation)
      try await inTurn { try await self.sendLast(operation) }
    }
  }

  func abort() async throws {
    if case .completed = outcome { return }
    outcome = .aborted
    waiters.wakeAll()
    try await store.cancel(session, key: key)
  }

  // MARK: Turns

  private func checkOpen(_ operation: String) throws {
    try Task.checkCancellation()
    switch outcome {
    case nil: return
    case .failed(let error): throw error
    case .completed, .aborted:
      throw ObjectStoreError(
        .notFound, operation: operation, message: "no such upload; it was completed or aborted")
    }
  }

  /// Runs `body` if nobody else sends, or waits until something changes.
  private func inTurn(_ body: () async throws -> Void) async throws {
    guard !isSending else { return try await waiters.wait() }
    isSending = true
    defer {
      isSending = false
      waiters.wakeAll()
    }
    do {
      try await body()
    } catch {
      isUncertain = true
      if let error = error as? ObjectStoreError, !error.isRetryable, outcome == nil, isFinal(error) {
        outcome = .failed(error)
      }
      throw error
    }
  }

  /// Whether no later try can mend it. A permission may be granted meanwhile; the bytes stay wrong.
  private func isFinal(_ error: ObjectStoreError) -> Bool {
    error.code == .integrity || error.code == .notFound || error.code == .alreadyExists
  }

  // MARK: Sending

  private func send(upTo end: Int64, _ operation: String) async throws {
    while sequence.chunk(upTo: end) != nil {
      try checkOpen(operation)
      try await inTurn {
        if isUncertain { return try await recover(size: nil, operation) }
        guard let bytes = sequence.chunk(upTo: end) else { return }
        furthest = max(furthest, sequence.confirmed + Int64(bytes.readableBytes))
        let request = store.requests.chunk(session, key: key, offset: sequence.confirmed, bytes: bytes, last: nil)
        try await read(try await store.transport.answer(request), of: request, sent: bytes.readableBytes, operation)
      }
    }
  }

  private func sendLast(_ operation: String) async throws {
    let size = sequence.size
    if isUncertain { return try await recover(size: size, operation) }
    let (isLast, bytes) = sequence.lastChunk()
    furthest = max(furthest, sequence.confirmed + Int64(bytes.readableBytes))
    let request = store.requests.chunk(
      session, key: key, offset: sequence.confirmed, bytes: bytes, last: isLast ? (size, sequence.crc) : nil)
    let answer = try await store.transport.answer(request)
    if isLast, answer.isSuccess { return try await verify(answer, request) }
    try await read(answer, of: request, sent: bytes.readableBytes, operation)
  }

  /// Asks how much the store has.
  /// - Parameter size: Of the object, where it is known.
  private func recover(size: Int64?, _ operation: String) async throws {
    // Nothing makes the object but the request that carries its CRC.
    let request = store.requests.status(session, key: key, size: nil)
    let answer = try await store.transport.answer(request)
    if answer.isSuccess, size != nil { return try await verify(answer, request) }
    if answer.status == 404 || answer.status == 410, size != nil, try await isThere() {
      outcome = .completed
      return
    }
    try await read(answer, of: request, sent: 0, operation)
    isUncertain = false
  }

  /// What the answer to anything but the last bytes says.
  private func read(_ answer: StoreHTTPAnswer, of request: GCSRequest, sent: Int, _ operation: String) async throws {
    if answer.isSuccess {
      let object = try store.transport.decode(GCSObject.self, answer, request)
      guard object.generation != nil else { throw unreadable(operation) }
      await discard(object)
      throw ObjectStoreError(
        .integrity, operation: operation,
        message: "the store ended the upload at \(sequence.confirmed) bytes, before its end")
    }
    if [404, 410].contains(answer.status) {
      var error = store.transport.failure(answer, request)
      guard error.code == .notFound else { throw error }
      error.message = "the store no longer knows the upload, and what it had is lost; run again (\(error.message))"
      throw error
    }
    guard answer.status == 308 else {
      var error = store.transport.failure(answer, request)
      // What the session has taken cannot be sent again.
      if error.code == .integrity { error.isRetryable = false }
      throw error
    }
    let before = sequence.confirmed
    guard let offset = GCSHeaders.persisted(answer.headers), offset <= furthest, sequence.confirm(offset) else {
      // Before it is believed that what was confirmed is lost, the store is asked.
      throw ObjectStoreError(
        .integrity, isRetryable: sent > 0, operation: operation,
        message:
          "the store says it has \(answer.headers.first(name: "range") ?? "nothing") of the upload, of which it had "
          + "confirmed \(before) bytes and was sent \(furthest)")
    }
    guard sequence.confirmed > before || sent == 0 else {
      throw ObjectStoreError(
        .serverError, isRetryable: true, operation: operation, message: "the store kept none of \(sent) bytes")
    }
  }

  // MARK: The object

  private func verify(_ answer: StoreHTTPAnswer, _ request: GCSRequest) async throws {
    let object = try store.transport.decode(GCSObject.self, answer, request)
    do {
      try store.check(object, size: sequence.size, crc: sequence.crc, request)
    } catch let error as ObjectStoreError where !error.isRetryable {
      await discard(object)
      throw error
    }
    outcome = .completed
  }

  private func unreadable(_ operation: String) -> ObjectStoreError {
    ObjectStoreError(
      .integrity, isRetryable: true, operation: operation, message: "the store's answer is not one of Cloud Storage")
  }

  /// Removes an object that is not what was sent: that one, and no other. What cannot be removed is debris; no manifest
  /// names it.
  private func discard(_ object: GCSObject) async {
    if let generation = object.generation?.value { try? await store.remove(key, generation: generation) }
  }

  /// Whether the object is there, where the session has ended and nobody knows how.
  private func isThere() async throws -> Bool {
    do {
      guard let object = try await store.object(key), object.size?.value == sequence.size else { return false }
      guard object.crc32c.flatMap(CRC32C.value) == sequence.crc.value else {
        throw ObjectStoreError(
          .integrity, operation: "complete upload of \(store.location)/\(key)",
          message: "the store no longer knows the upload, and has another object under the key")
      }
      return true
    } catch let error as ObjectStoreError where error.code == .accessDenied {
      return false
    }
  }
}

/// Calls that wait for something to change.
private final class Waiters: Sendable {
  private struct State {
    var continuations: [UInt64: CheckedContinuation<Void, Never>] = [:]
    var next: UInt64 = 0
  }
  private let state = Mutex(State())

  /// Returns at the next change, or throws at cancellation.
  func wait(isolation: isolated (any Actor)? = #isolation) async throws {
    let id = state.withLock { state in
      state.next += 1
      return state.next
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        state.withLock { $0.continuations[id] = continuation }
        // The handler may have run before.
        if Task.isCancelled { wake(id) }
      }
    } onCancel: {
      wake(id)
    }
    try Task.checkCancellation()
  }

  private func wake(_ id: UInt64) {
    state.withLock { $0.continuations.removeValue(forKey: id) }?.resume()
  }

  func wakeAll() {
    let all = state.withLock { state in
      defer { state.continuations = [:] }
      return state.continuations.values
    }
    for continuation in all { continuation.resume() }
  }
}
