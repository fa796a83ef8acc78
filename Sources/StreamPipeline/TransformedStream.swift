public import NIOCore

/// What comes out of a pipeline, in buffers of about 256 KiB. It can be read once, by one task.
///
/// The end of the sequence means that all stages ended well and all checks passed; anything else throws.
public struct TransformedStream: AsyncSequence, Sendable {
  public typealias Element = ByteBuffer

  let channel: BoundedChannel

  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(channel: channel)
  }

  /// Gives a buffer back for reuse. Optional; only for buffers whose bytes and slices are no longer needed.
  public func recycle(_ buffer: consuming ByteBuffer) {
    channel.recycle(buffer)
  }

  public struct AsyncIterator: AsyncIteratorProtocol {
    let channel: BoundedChannel

    public mutating func next() async throws -> ByteBuffer? {
      try await channel.next()
    }
  }
}
