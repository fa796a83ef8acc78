import NIOCore
import Synchronization

/// How far the sending of a snapshot came.
final class SendProgress: Sendable {
  struct State {
    /// Bytes handed to the connection.
    var sent: Int64 = 0
    /// The last byte was handed to the connection.
    var isComplete = false
    /// Why reading the snapshot failed.
    var failure: (any Error)?
    var lastStep = ContinuousClock.now
  }

  let state = Mutex(State())
}

/// A snapshot on its way to the server, whose last piece is held back until the reading of all of it ended well.
///
/// A reader that checks digests knows only at the end whether the bytes were right. The request announces its length, so
/// that without the last piece the server gets an archive that is cut off, and refuses it.
struct HeldBackSequence<Base: AsyncSequence & Sendable>: AsyncSequence, Sendable where Base.Element == ByteBuffer {
  typealias Element = ByteBuffer

  let base: Base
  let progress: SendProgress

  struct AsyncIterator: AsyncIteratorProtocol {
    var base: Base.AsyncIterator
    let progress: SendProgress
    var held: ByteBuffer?

    mutating func next() async throws -> ByteBuffer? {
      do {
        while let piece = try await base.next() {
          guard piece.readableBytes > 0 else { continue }
          let ready = held
          held = piece
          if let ready { return note(ready, isLast: false) }
        }
        defer { held = nil }
        return held.map { note($0, isLast: true) }
      } catch {
        progress.state.withLock { $0.failure = error }
        throw error
      }
    }

    private func note(_ piece: ByteBuffer, isLast: Bool) -> ByteBuffer {
      progress.state.withLock { state in
        state.sent += Int64(piece.readableBytes)
        state.isComplete = isLast
        state.lastStep = .now
      }
      return piece
    }
  }

  func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(base: base.makeAsyncIterator(), progress: progress)
  }
}
