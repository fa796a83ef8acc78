import Logging
import NIOCore
import Synchronization

/// A part's bytes; belongs to whoever holds it: the free ones, the uploader, or the request that sends it.
final class PartBuffer: Sendable {
  private let content = Mutex(ByteBuffer())

  var count: Int { content.withLock { $0.readableBytes } }
  var bytes: ByteBuffer { content.withLock { $0 } }

  /// - Returns: How many bytes were taken.
  func fill(from source: inout ByteBuffer, upTo limit: Int) -> Int {
    content.withLock { content in
      let count = min(limit - content.readableBytes, source.readableBytes)
      guard var slice = source.readSlice(length: count) else { return 0 }
      return content.writeBuffer(&slice)
    }
  }

  /// Keeps the memory, unless a request still refers to it.
  func clear() { content.withLock { $0.clear() } }
}

/// What the uploader and the tasks that send share: two queues between them, the upload, and what went wrong first.
///
/// Buffers go round: free -> filling -> parts -> sent -> free. There are `concurrency` of them, so neither queue holds
/// more, and waiting for a free one is the backpressure.
final class UploadSession: Sendable {
  private enum Phase {
    case notStarted
    /// The store may have begun one that we do not know.
    case starting
    case started(any MultipartUpload)
  }

  let key: String
  let store: any ObjectStore
  let options: UploadOptions
  var operation: String { "upload of \(store.location)/\(key)" }

  private let phase = Mutex(Phase.notStarted)
  private let failure = Mutex<(any Error)?>(nil)
  private let free = AsyncStream<PartBuffer>.makeStream()
  private let parts = AsyncStream<(number: Int, buffer: PartBuffer)>.makeStream()

  init(key: String, store: any ObjectStore, options: UploadOptions) throws {
    self.key = key
    self.store = store
    self.options = options
    guard options.partSize > 0, options.concurrency > 0 else {
      throw ObjectStoreError(
        .configuration, operation: "upload of \(key)",
        message: "partSize and concurrency must be positive, not \(options.partSize) and \(options.concurrency)")
    }
    for _ in 0..<options.concurrency { free.continuation.yield(PartBuffer()) }
  }

  // MARK: Uploader's side

  func check() throws {
    try Task.checkCancellation()
    if let error = failure.withLock({ $0 }) { throw error }
  }

  func freeBuffer() async throws -> PartBuffer {
    var iterator = free.stream.makeAsyncIterator()
    if let buffer = await iterator.next() { return buffer }
    try check()
    throw CancellationError()
  }

  func send(_ number: Int, _ buffer: PartBuffer) {
    parts.continuation.yield((number, buffer))
  }

  func endParts() {
    parts.continuation.finish()
  }

  /// Ends both queues.
  /// - Returns: What failed first.
  @discardableResult
  func fail(_ error: any Error) -> any Error {
    let first = failure.withLock { failure in
      let first = failure ?? error
      failure = first
      return first
    }
    parts.continuation.finish()
    free.continuation.finish()
    return first
  }

  // MARK: Senders' side

  /// Sends parts as they come, each in a task of its own, until there are no more.
  func sendParts() async throws {
    do {
      try await withThrowingDiscardingTaskGroup { group in
        for await part in parts.stream {
          let upload = try await started()
          group.addTask {
            do {
              let sha256 = self.options.partSHA256?(part.number)
              try await upload.uploadPart(part.number, body: part.buffer.bytes, sha256: sha256)
            } catch {
              // Wakes the loop above, which does not see a child's error.
              throw self.fail(error)
            }
            part.buffer.clear()
            self.free.continuation.yield(part.buffer)
          }
        }
      }
      try check()
    } catch {
      throw fail(error)
    }
  }

  private func started() async throws -> any MultipartUpload {
    if case .started(let upload) = phase.withLock({ $0 }) { return upload }
    phase.withLock { $0 = .starting }
    let upload = try await store.startUpload(key)
    phase.withLock { $0 = .started(upload) }
    return upload
  }

  // MARK: End

  /// Makes the object and asks the store for its size, where the credentials may.
  func finish(single: PartBuffer?, size: Int64) async throws {
    if case .started(let upload) = phase.withLock({ $0 }) {
      try await upload.complete()
    } else {
      try await store.put(key, body: single?.bytes ?? ByteBuffer(), condition: .none)
    }
    switch try await store.size(of: key) {
    case .known(size): return
    case .known(let stored):
      throw ObjectStoreError(
        .integrity, operation: operation,
        message: "\(size) bytes were sent and the store has \(stored.map { "\($0)" } ?? "no such object")")
    case .secret:
      // The answer to the completion, with its checksums, must do.
      options.logger?.debug(
        "the credentials may not ask for the size of what was written", metadata: ["store.key": "\(key)"])
    }
  }

  /// Drops what was sent. Never throws, and takes no longer than it may.
  func abort() async {
    // In a task of its own, awaited here: it must also run when this one is cancelled, as it is on SIGTERM.
    let failed = await Task {
      do {
        try await withTimeout(options.abortTimeout, operation: "abort of \(operation)") { try await self.dropUpload() }
        return nil as (any Error)?
      } catch {
        return error
      }
    }.value
    if let failed {
      options.logger?.warning(
        "upload not aborted; its parts stay in the store until they are cleaned up",
        metadata: ["store.key": "\(key)", "store.error": "\(failed)"])
    }
  }

  private func dropUpload() async throws {
    switch phase.withLock({ $0 }) {
    case .notStarted: return
    case .started(let upload):
      try await upload.abort()
      // Starting may have taken several tries, and each may have begun one. Not every store can list them.
      try? await dropOpenUploads()
    case .starting: try await dropOpenUploads()
    }
  }

  private func dropOpenUploads() async throws {
    for upload in try await store.listUploads(prefix: key) where upload.key == key {
      try await store.abortUpload(upload)
    }
  }
}
