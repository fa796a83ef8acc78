public import NIOCore

/// Writes a tar archive (POSIX pax) member by member, in constant memory.
///
/// Made by ``withTarWriter(into:_:)``. Members go out in the order of the calls, so equal calls give equal bytes. Not for
/// concurrent use. An error leaves an archive that cannot be continued.
public final class TarWriter {
  /// Bytes that are gathered before they go to the sink, so that many small members make few chunks.
  private static let chunkSize = 128 << 10

  private let sink: (ByteBuffer) async throws -> Void
  private var pending = ByteBuffer()
  private var current: (name: TarName, size: Int64)?

  /// Bytes of the current member that have not been written yet.
  public private(set) var remaining: Int64 = 0
  /// Bytes of the archive so far.
  public private(set) var byteCount: Int64 = 0

  init(sink: @escaping (ByteBuffer) async throws -> Void) { self.sink = sink }

  /// A member whose content is in memory.
  /// - Parameter entry: Its `size` is set from `content`.
  public func append(_ entry: TarEntry, content: ByteBuffer = ByteBuffer()) async throws {
    var entry = entry
    entry.size = Int64(content.readableBytes)
    try await begin(entry)
    try await write(content)
    try await end()
  }

  /// Begins a member; exactly its size in bytes has to follow. Of a sparse file these are the segments' bytes, one after
  /// the other, and `size` is ignored.
  /// - Throws: ``TarError`` with `invalidEntry`, or what the sink threw.
  public func begin(_ entry: TarEntry) async throws {
    try await begin(entry, hasMap: false)
  }

  /// As ``begin(_:)`` for an entry of a ``TarReader``, whose content follows as the reader gives it: that of a sparse file
  /// in the format 1.0 begins with its map.
  public func beginCopy(of entry: TarEntry) async throws {
    try await begin(entry, hasMap: entry.sparse?.format == .pax10)
  }

  private func begin(_ entry: TarEntry, hasMap: Bool) async throws {
    if let current { throw fault("the member before this one was not ended", current.name) }
    let hasContent =
      switch entry.kind {
      case .file, .other: true
      default: false
      }
    guard hasContent || entry.size == 0 else { throw fault("only a file has content", entry.name) }
    let map = hasMap ? [] : entry.sparse.map { TarHeaderEncoder.sparseMap($0) } ?? []
    let size = hasMap ? entry.size : entry.sparse.map { $0.dataSize ?? 0 } ?? entry.size
    let stored = size + Int64(map.count)
    try await emit(ByteBuffer(bytes: try TarHeaderEncoder.encode(entry, storedSize: stored) + map))
    current = (entry.name, stored)
    remaining = size
  }

  /// - Throws: ``TarError`` with `invalidEntry` where that is more than was announced, or what the sink threw.
  public func write(_ content: ByteBuffer) async throws {
    guard content.readableBytes > 0 else { return }
    guard let current, Int64(content.readableBytes) <= remaining else {
      throw fault("more content than the member's size says", self.current?.name)
    }
    _ = current
    remaining -= Int64(content.readableBytes)
    try await emit(content)
  }

  /// Ends a member.
  /// - Throws: ``TarError`` with `invalidEntry` where content is missing, or what the sink threw.
  public func end() async throws {
    guard let current else { throw fault("no member has begun", nil) }
    guard remaining == 0 else { throw fault("\(remaining) bytes are missing", current.name) }
    self.current = nil
    try await emit(ByteBuffer(repeating: 0, count: TarBlock.padding(after: current.size)))
  }

  /// The two zero blocks, padded to a whole record as tar programs do.
  func finish() async throws {
    if let current { throw fault("the last member was not ended", current.name) }
    let end = byteCount + Int64(2 * TarBlock.size)
    let record = Int64(TarBlock.recordSize)
    let padding = Int((record - end % record) % record)
    try await emit(ByteBuffer(repeating: 0, count: 2 * TarBlock.size + padding))
    try await flush()
  }

  private func emit(_ bytes: ByteBuffer) async throws {
    byteCount += Int64(bytes.readableBytes)
    if bytes.readableBytes >= Self.chunkSize / 2 {
      try await flush()
      return try await sink(bytes)
    }
    pending.writeImmutableBuffer(bytes)
    if pending.readableBytes >= Self.chunkSize { try await flush() }
  }

  private func flush() async throws {
    guard pending.readableBytes > 0 else { return }
    let chunk = pending
    pending = ByteBuffer()
    try await sink(chunk)
  }

  private func fault(_ message: String, _ name: TarName?) -> TarError {
    TarError(.invalidEntry, message, member: name?.description)
  }
}

/// Runs `body` with a writer and ends the archive when it returns.
///
/// - Parameter sink: Called with one chunk at a time, in order, of at most 128 KiB or the size that was written.
/// - Throws: ``TarError``, or what `body` or `sink` threw; the archive then has no end mark.
public func withTarWriter<Value>(
  into sink: (ByteBuffer) async throws -> Void, _ body: (TarWriter) async throws -> Value
) async throws -> Value {
  try await withoutActuallyEscaping(sink) { sink in
    let writer = TarWriter(sink: sink)
    let value = try await body(writer)
    try await writer.finish()
    return value
  }
}
