import Crypto
import Foundation
import NIOCore
import SnapshotSource
import Synchronization

/// A snapshot's bytes on their way into a container, checked and summed up as they pass.
struct SentPieces<Base: AsyncSequence & Sendable>: AsyncSequence, Sendable where Base.Element == ByteBuffer {
  typealias Element = ByteBuffer
  typealias Failure = any Error

  private let base: Base
  private let size: Int64
  private let tally = Tally()

  /// - Parameter size: Bytes that have to come; fewer are an error, and after them nothing comes, and no end.
  init(_ base: Base, size: Int64) {
    self.base = base
    self.size = size
  }

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
    let size: Int64
    let tally: Tally

    mutating func next() async throws -> ByteBuffer? {
      guard let bytes = try await base.next() else {
        let count = tally.state.withLock { $0.count }
        guard count >= size else {
          throw SnapshotSourceError(
            .truncated, operation: "read the snapshot", message: "\(count) of \(size) bytes came; try again")
        }
        // Until whoever reads has enough, and cancels this.
        while true { try await Task.sleep(for: .seconds(3_600)) }
      }
      tally.state.withLock { state in
        state.check.consume(bytes)
        state.count += Int64(bytes.readableBytes)
      }
      tally.sum.add(bytes)
      return bytes
    }
  }

  func makeAsyncIterator() -> AsyncIterator { AsyncIterator(base: base.makeAsyncIterator(), size: size, tally: tally) }

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
