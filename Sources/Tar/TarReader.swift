public import NIOCore

/// What a ``TarReader`` found.
public enum TarEvent: Sendable, Hashable {
  case entry(TarEntry)
  /// The next piece of the last entry's content; never empty.
  case content(ByteBuffer)
  /// The last entry's content is complete.
  case entryEnd
  /// The two zero blocks were read. Nothing but zeros may follow.
  case archiveEnd
}

/// Reads a tar archive as its bytes arrive, in constant memory: ustar, pax, and what GNU tar and old ones write.
///
/// Nothing in the bytes is trusted: any input gives events or a ``TarError``. An archive is whole only if ``finish()``
/// returns. Names may be hostile (``TarEntry/hazard``); who extracts has to look.
///
/// Not for concurrent use.
public struct TarReader: Sendable {
  private enum State {
    case header
    /// The content of an extended header or a long name.
    case metadata(Metadata, remaining: Int, padding: Int)
    /// More of an old sparse file's map.
    case sparseMap(TarEntry)
    case content(remaining: Int64, padding: Int)
    case padding(Int)
    case end
  }

  enum Metadata {
    case pax, globalPax, longName, longLink
  }

  private var state = State.header
  private var block = ByteBuffer()
  private var zeroBlocks = 0
  private var pending = PendingMetadata()
  private let limits: Limits
  /// Bytes consumed, and where the block that is being read began.
  private var offset: Int64 = 0
  private var blockOffset: Int64 = 0
  private var lastName: TarName?

  public struct Limits: Sendable {
    /// Bytes of all extended headers and long names of one member, and of global ones.
    public var metadata: Int
    /// Segments of a sparse file.
    public var sparseSegments: Int

    public init(metadata: Int = 1 << 20, sparseSegments: Int = 1 << 16) {
      self.metadata = metadata
      self.sparseSegments = sparseSegments
    }
  }

  public init(limits: Limits = Limits()) { self.limits = limits }

  /// - Throws: ``TarError``. The reader cannot be used after that.
  public mutating func consume(_ bytes: ByteBuffer) throws -> [TarEvent] {
    var (bytes, events) = (bytes, [TarEvent]())
    while bytes.readableBytes > 0 {
      let before = bytes.readableBytes
      try step(&bytes, &events)
      offset += Int64(before - bytes.readableBytes)
    }
    return events
  }

  /// To be called at the end of the bytes; they are a whole archive only if this returns.
  /// - Throws: ``TarError`` with `truncated`.
  public func finish() throws {
    if case .end = state { return }
    let place =
      switch state {
      case .content(let remaining, _): "\(remaining) bytes before the end of a member's content"
      default: "without the two zero blocks that end it"
      }
    throw TarError(
      .truncated, "the archive ends \(place)", offset: offset, member: lastName?.description)
  }

  private mutating func step(_ bytes: inout ByteBuffer, _ events: inout [TarEvent]) throws {
    switch state {
    case .header:
      guard let block = fillBlock(&bytes) else { return }
      try readHeader(block, &events)
    case .sparseMap(let entry):
      guard let block = fillBlock(&bytes) else { return }
      try continueSparseMap(block, of: entry, &events)
    case .metadata(let kind, let remaining, let padding):
      try readMetadata(&bytes, kind, remaining: remaining, padding: padding)
    case .content(let remaining, let padding):
      let count = Int(min(remaining, Int64(bytes.readableBytes)))
      if let piece = bytes.readSlice(length: count), count > 0 { events.append(.content(piece)) }
      proceed(remaining: remaining - Int64(count), padding: padding, &events)
    case .padding(let count):
      let skipped = min(count, bytes.readableBytes)
      bytes.moveReaderIndex(forwardBy: skipped)
      state = skipped == count ? .header : .padding(count - skipped)
    case .end:
      guard bytes.readableBytesView.allSatisfy({ $0 == 0 }) else {
        throw fault(.trailingBytes, "bytes follow the end of the archive", at: offset)
      }
      bytes.moveReaderIndex(to: bytes.writerIndex)
    }
  }

  /// A whole block, once it is there.
  private mutating func fillBlock(_ bytes: inout ByteBuffer) -> [UInt8]? {
    if block.readableBytes == 0 { blockOffset = offset }
    let count = min(TarBlock.size - block.readableBytes, bytes.readableBytes)
    if let piece = bytes.readSlice(length: count) { block.writeImmutableBuffer(piece) }
    guard block.readableBytes == TarBlock.size else { return nil }
    defer { block.clear() }
    return Array(block.readableBytesView)
  }

  private mutating func readHeader(_ block: [UInt8], _ events: inout [TarEvent]) throws {
    if block.allSatisfy({ $0 == 0 }) {
      zeroBlocks += 1
      guard zeroBlocks == 2 else { return }
      guard pending.isEmpty else { throw fault(.invalidHeader, "an extended header has no member") }
      state = .end
      events.append(.archiveEnd)
      return
    }
    guard zeroBlocks == 0 else { throw fault(.invalidHeader, "a single zero block is not the end of an archive") }
    let header: TarHeader
    do { header = try TarHeader(block) } catch { throw fault(.invalidHeader, error.message) }
    if let kind = header.metadata { return try beginMetadata(kind, header) }
    if header.typeFlag == UInt8(ascii: "M") {
      throw fault(.unsupported, "the archive is one of several volumes")
    }
    var entry: TarEntry
    do { entry = try pending.apply(to: header) } catch { throw fault(.invalidHeader, error.message) }
    pending.reset()
    lastName = entry.name
    if header.typeFlag == UInt8(ascii: "S") {
      let map: (segments: [TarSparse.Segment], hasMore: Bool)
      do { map = try header.sparseMap() } catch { throw fault(.invalidHeader, error.message) }
      entry.sparse = TarSparse(format: .old, realSize: header.sparseRealSize ?? -1, segments: map.segments)
      if map.hasMore {
        state = .sparseMap(entry)
        return
      }
    }
    try begin(entry, &events)
  }

  private mutating func continueSparseMap(_ block: [UInt8], of entry: TarEntry, _ events: inout [TarEvent]) throws {
    var entry = entry
    let more: (segments: [TarSparse.Segment], hasMore: Bool)
    do { more = try TarHeader.moreSparseMap(block) } catch { throw fault(.invalidHeader, error.message) }
    entry.sparse?.segments += more.segments
    guard (entry.sparse?.segments.count ?? 0) <= limits.sparseSegments else {
      throw fault(.limitExceeded, "the map of a sparse file has more than \(limits.sparseSegments) segments")
    }
    if more.hasMore { state = .sparseMap(entry) } else { try begin(entry, &events) }
  }

  private mutating func begin(_ entry: TarEntry, _ events: inout [TarEvent]) throws {
    guard entry.size >= 0, entry.size <= Int64.max - Int64(TarBlock.size) else {
      throw fault(.invalidHeader, "a member's size is \(entry.size)")
    }
    switch entry.kind {
    case .file, .hardLink, .other: break
    default:
      guard entry.size == 0 else { throw fault(.invalidHeader, "a member that is no file has \(entry.size) bytes") }
    }
    if let sparse = entry.sparse {
      guard sparse.realSize >= 0, sparse.format == .pax10 || sparse.dataSize == entry.size else {
        throw fault(.invalidHeader, "the map of a sparse file does not fit its size")
      }
    }
    events.append(.entry(entry))
    proceed(remaining: entry.size, padding: TarBlock.padding(after: entry.size), &events)
  }

  private mutating func proceed(remaining: Int64, padding: Int, _ events: inout [TarEvent]) {
    guard remaining == 0 else {
      state = .content(remaining: remaining, padding: padding)
      return
    }
    events.append(.entryEnd)
    state = padding > 0 ? .padding(padding) : .header
  }

  private mutating func beginMetadata(_ kind: Metadata, _ header: TarHeader) throws {
    guard header.size >= 0, header.size <= Int64(limits.metadata - pending.byteCount) else {
      throw fault(.limitExceeded, "extended headers have more than \(limits.metadata) bytes")
    }
    pending.byteCount += Int(header.size)
    pending.buffer.clear()
    guard header.size > 0 else { return try finishMetadata(kind) }
    state = .metadata(kind, remaining: Int(header.size), padding: TarBlock.padding(after: header.size))
  }

  private mutating func readMetadata(
    _ bytes: inout ByteBuffer, _ kind: Metadata, remaining: Int, padding: Int
  ) throws {
    let count = min(remaining, bytes.readableBytes)
    if let piece = bytes.readSlice(length: count) { pending.buffer.writeImmutableBuffer(piece) }
    guard count == remaining else {
      state = .metadata(kind, remaining: remaining - count, padding: padding)
      return
    }
    try finishMetadata(kind)
    state = padding > 0 ? .padding(padding) : .header
  }

  private mutating func finishMetadata(_ kind: Metadata) throws {
    do { try pending.finish(kind, limit: limits.metadata) } catch {
      throw fault(.invalidHeader, error.message)
    }
  }

  private func fault(_ code: TarError.Code, _ message: String, at place: Int64? = nil) -> TarError {
    TarError(code, message, offset: place ?? blockOffset, member: lastName?.description)
  }
}
