internal import NIOCore
internal import Synchronization

/// Joins one producing task with one consuming task by a queue of a few buffers: a full queue suspends the producer.
///
/// A failure overtakes what is queued: the consumer must not go on with a stream that is known to be broken.
/// Cancelling either task ends both sides with `CancellationError`.
final class BoundedChannel: Sendable {
  private typealias Producer = CheckedContinuation<Void, any Error>
  private typealias Consumer = CheckedContinuation<ByteBuffer?, any Error>

  private enum End {
    case finished
    case failed(any Error)
    case aborted
  }

  private struct State {
    var queue: [ByteBuffer] = []
    var end: End?
    var wasDrained = false
    var producer: Producer?
    var consumer: Consumer?
    var spares: [ByteBuffer] = []
  }

  private let depth: Int
  private let spareCapacity: Int
  private let state = Mutex(State())

  init(depth: Int, spareCapacity: Int) {
    self.depth = depth
    self.spareCapacity = spareCapacity
  }

  /// Returns when the queue has room for another one.
  func send(_ buffer: ByteBuffer) async throws {
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        offer(buffer, continuation)
      }
    } onCancel: {
      abort()
    }
  }

  /// Nil at the end.
  func next() async throws -> ByteBuffer? {
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        take(continuation)
      }
    } onCancel: {
      abort()
    }
  }

  /// The producer's end: nil when all was sent. Later ends do not count.
  func finish(throwing error: (any Error)? = nil) {
    end(error.map { .failed($0) } ?? .finished)
  }

  /// Ends both sides without a reason of its own.
  func abort() {
    end(.aborted)
  }

  /// The error that the producer ended with.
  var failure: (any Error)? {
    state.withLock { state in
      if case .failed(let error) = state.end { error } else { nil }
    }
  }

  /// Whether the consumer saw the end.
  var wasDrained: Bool {
    state.withLock { $0.wasDrained }
  }

  /// An empty buffer: a recycled one if there is any.
  func spare() -> ByteBuffer {
    if let spare = state.withLock({ $0.spares.popLast() }) { return spare }
    var buffer = ByteBuffer()
    buffer.reserveCapacity(spareCapacity)
    return buffer
  }

  /// Gives a buffer back whose bytes are no longer needed.
  func recycle(_ buffer: consuming ByteBuffer) {
    var buffer = buffer
    guard buffer.capacity >= spareCapacity && buffer.capacity <= 4 * spareCapacity else { return }
    buffer.clear()
    state.withLock { state in
      if state.spares.count <= depth { state.spares.append(buffer) }
    }
  }
}

extension BoundedChannel {
  private func offer(_ buffer: ByteBuffer, _ continuation: Producer) {
    let (consumer, result) = state.withLock { state -> (Consumer?, Result<Void, any Error>?) in
      switch state.end {
      case .failed(let error): return (nil, .failure(error))
      case .aborted: return (nil, .failure(CancellationError()))
      case .finished, nil: break
      }
      if let consumer = state.consumer {
        state.consumer = nil
        return (consumer, .success(()))
      }
      state.queue.append(buffer)
      if state.queue.count < depth { return (nil, .success(())) }
      state.producer = continuation
      return (nil, nil)
    }
    consumer?.resume(returning: buffer)
    if let result { continuation.resume(with: result) }
  }

  private func take(_ continuation: Consumer) {
    let (producer, result) = state.withLock { state -> (Producer?, Result<ByteBuffer?, any Error>?) in
      switch state.end {
      case .failed(let error): return (nil, .failure(error))
      case .aborted: return (nil, .failure(CancellationError()))
      case .finished where state.queue.isEmpty:
        state.wasDrained = true
        return (nil, .success(nil))
      case .finished, nil: break
      }
      guard !state.queue.isEmpty else {
        state.consumer = continuation
        return (nil, nil)
      }
      let buffer = state.queue.removeFirst()
      defer { state.producer = nil }
      return (state.producer, .success(buffer))
    }
    producer?.resume()
    if let result { continuation.resume(with: result) }
  }

  private func end(_ end: End) {
    let (producer, consumer) = state.withLock { state -> (Producer?, Consumer?) in
      // A stream that was finished stays so: cancelling afterwards must not turn it into a broken one.
      guard state.end == nil else { return (nil, nil) }
      state.end = end
      if case .finished = end {
        if state.consumer != nil { state.wasDrained = true }
      } else {
        state.queue = []
      }
      defer {
        state.producer = nil
        state.consumer = nil
      }
      return (state.producer, state.consumer)
    }
    switch end {
    case .finished:
      consumer?.resume(returning: nil)
    case .failed(let error):
      producer?.resume(throwing: error)
      consumer?.resume(throwing: error)
    case .aborted:
      producer?.resume(throwing: CancellationError())
      consumer?.resume(throwing: CancellationError())
    }
  }
}
