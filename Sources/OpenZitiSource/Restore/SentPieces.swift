import Crypto
import Foundation
import NIOCore
import Synchronization

/// A snapshot's bytes on their way into a container, checked and summed up as they pass.
struct SentPieces<Base: AsyncSequence & Sendable>: AsyncSequence, Sendable where Base.Element == ByteBuffer {
  typealias Element = ByteBuffer
  typealias Failure = any Error

  private let base: Base
  private let tally = Tally()

  init(_ base: Base) { self.base = base }

  final class Tally: Sendable {
    struct State {
      var check = OpenZitiDatabaseCheck()
      var count: Int64 = 0
    }

    let state = Mutex(State())
    let sum = SentSum()
  }

  struct AsyncIterator: AsyncIteratorProtocol {
    var base: Base.AsyncIterator
    let tally: Tally

    mutating func next() async throws -> ByteBuffer? {
      guard let bytes = try await base.next() else { return nil }
      tally.state.withLock { state in
        state.check.consume(bytes)
        state.count += Int64(bytes.readableBytes)
      }
      tally.sum.add(bytes)
      return bytes
    }
  }

  func makeAsyncIterator() -> AsyncIterator { AsyncIterator(base: base.makeAsyncIterator(), tally: tally) }

  /// To be called once, when all was sent.
  func finish() -> (verdict: OpenZitiVerdict, sum: [UInt8], count: Int64) {
    let (verdict, count) = tally.state.withLock { ($0.check.finish(), $0.count) }
    return (verdict, tally.sum.finish(), count)
  }
}

/// SHA-256 of what passes.
final class SentSum: Sendable {
  private let hash = Mutex(SHA256())

  func add(_ bytes: ByteBuffer) { hash.withLock { $0.update(data: bytes.readableBytesView) } }
  func finish() -> [UInt8] { hash.withLock { Array($0.finalize()) } }
}
