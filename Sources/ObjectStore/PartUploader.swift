public import NIOCore

/// Uploads what `body` writes as one object, in parts that are sent while the next is filled.
///
///     let (_, summary) = try await withUpload(to: key, in: store) { uploader in
///       for try await chunk in stream { try await uploader.write(chunk) }
///     }
///
/// Returns when the object is there and the store says it has the size that was written. Where `body` throws, a part
/// fails for good or the task is cancelled, the upload is aborted and nothing is visible under the key.
///
/// - Memory is `partSize x concurrency` at most: so many part buffers exist, among them the one being filled, and
///   `write` waits for one to be free. They are used again and again. What does not fill the first goes up in one request.
/// - Does not retry; give it a ``RetryingStore``.
/// - The abort runs in its own time (``UploadOptions/abortTimeout``) even when the task is cancelled. Where it fails, the
///   parts remain as debris for ``ObjectStore/listUploads(prefix:)``.
/// - A lost answer to the completion can leave a whole object and an error: the key names debris then, until a manifest
///   names the key.
public func withUpload<Value: Sendable>(
  to key: String, in store: any ObjectStore, options: UploadOptions = UploadOptions(),
  isolation: isolated (any Actor)? = #isolation, _ body: (PartUploader) async throws -> Value
) async throws -> (value: Value, summary: UploadSummary) {
  let session = try UploadSession(key: key, store: store, options: options)
  let uploader = PartUploader(session: session)
  do {
    let value = try await withThrowingTaskGroup(of: Void.self) { group in
      _ = isolation
      group.addTask { try await session.sendParts() }
      do {
        let value = try await body(uploader)
        try await uploader.sendRest()
        try await group.next()
        return value
      } catch {
        // What failed first is the reason; what `body` saw may be its echo. Kept before the cancellation, whose echo from
        // the senders must not take its place.
        let reason = session.fail(error)
        group.cancelAll()
        throw reason
      }
    }
    return (value, try await uploader.finish())
  } catch {
    await session.abort()
    throw error
  }
}

/// Takes the bytes of an object in order, in chunks of any size.
public actor PartUploader {
  private let session: UploadSession
  private var filling: PartBuffer?
  private var partCount = 0
  private var size: Int64 = 0
  private var isWriting = false

  init(session: UploadSession) {
    self.session = session
  }

  /// Returns when the chunk is copied; waits while all part buffers are in use.
  /// - Throws: What ended the upload, as soon as it is known. One call at a time.
  public func write(_ chunk: ByteBuffer) async throws {
    guard !isWriting else {
      throw ObjectStoreError(
        .failed, operation: session.operation, message: "two writes at once; their order would be lost")
    }
    isWriting = true
    defer { isWriting = false }
    var rest = chunk
    while rest.readableBytes > 0 {
      try session.check()
      let buffer = try await bufferWithRoom()
      size += Int64(buffer.fill(from: &rest, upTo: session.options.partSize))
    }
  }

  private func bufferWithRoom() async throws -> PartBuffer {
    if let filling, filling.count < session.options.partSize { return filling }
    // Only now is it sure that this is not the object's end, which may be a single request or the last part.
    try sendFilled(isLast: false)
    let buffer = try await session.freeBuffer()
    filling = buffer
    return buffer
  }

  private func sendFilled(isLast: Bool) throws {
    guard let filled = filling else { return }
    guard partCount + (isLast ? 1 : 2) <= maximumPartCount else { throw tooLarge() }
    partCount += 1
    filling = nil
    session.send(partCount, filled)
  }

  private func tooLarge() -> ObjectStoreError {
    let partSize = session.options.partSize
    return ObjectStoreError(
      .configuration, operation: session.operation,
      message: "the object is larger than \(maximumPartCount) parts of \(partSize) bytes, which is "
        + "\(Int64(maximumPartCount) * Int64(partSize)) bytes; set a larger partSize")
  }

  /// No more bytes come: sends what is left unless it is all there is.
  func sendRest() throws {
    if partCount > 0 { try sendFilled(isLast: true) }
    session.endParts()
  }

  /// Makes the object, after all parts are sent.
  func finish() async throws -> UploadSummary {
    try await session.finish(single: filling, size: size)
    return UploadSummary(size: size, partCount: partCount)
  }
}
