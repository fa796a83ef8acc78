import NIOCore
import StoreHTTP

/// What of an upload the store has confirmed, and what is still to be sent; pure.
///
/// A resumable upload takes bytes in their order alone, and parts come in any. A part is *taken* when all before it are;
/// what is taken and not confirmed is `pending`. Small parts are *held*: they wait here rather than with their caller,
/// until a large one or the end comes.
struct UploadSequence {
  enum Turn: Equatable {
    /// It waits here, and can be replaced.
    case held
    /// It is taken, now or before; everything up to this offset may be sent.
    case taken(end: Int64)
    /// Parts before it are missing, and it is too large to wait here.
    case wait
    /// It was taken before, with other bytes.
    case conflict
  }

  /// Parts that wait here have no more bytes together than this.
  static let holdLimit = 1 << 20

  private struct Part {
    var end: Int64
    var before: CRC32C
    var after: CRC32C
  }

  /// How much the store has.
  private(set) var confirmed: Int64 = 0
  /// Of all that is taken.
  private(set) var crc = CRC32C()
  /// How much is taken.
  var size: Int64 { confirmed + pendingBytes }
  private var pending: [ByteBuffer] = []
  private var pendingBytes: Int64 = 0
  private var taken: [Part] = []
  private var held: [Int: ByteBuffer] = [:]

  private var next: Int { taken.count + 1 }

  /// - Parameter number: From 1.
  mutating func take(_ number: Int, _ body: ByteBuffer) -> Turn {
    if number < next { return retake(taken[number - 1], start: number == 1 ? 0 : taken[number - 2].end, body) }
    let others = held.reduce(0) { $1.key == number ? $0 : $0 + $1.value.readableBytes }
    if others + body.readableBytes <= Self.holdLimit {
      held[number] = Self.copy(body)
      return .held
    }
    guard (next..<number).allSatisfy({ held[$0] != nil }) else { return .wait }
    while number > next, let body = held.removeValue(forKey: next) { append(body) }
    held[number] = nil
    append(body)
    return .taken(end: size)
  }

  private func retake(_ part: Part, start: Int64, _ body: ByteBuffer) -> Turn {
    var crc = part.before
    crc.update(body)
    return part.end - start == body.readableBytes && crc == part.after ? .taken(end: part.end) : .conflict
  }

  private mutating func append(_ body: ByteBuffer) {
    let before = crc
    crc.update(body)
    if body.readableBytes > 0 { pending.append(body) }
    pendingBytes += Int64(body.readableBytes)
    taken.append(Part(end: size, before: before, after: crc))
  }

  /// Takes what is held; no more parts come.
  /// - Returns: false where parts are missing.
  mutating func takeAll() -> Bool {
    while let body = held.removeValue(forKey: next) { append(body) }
    return held.isEmpty && !taken.isEmpty
  }

  /// Bytes to send next, none where what is left below `end` is no full unit. Copied only where a part's rest, smaller
  /// than a unit, has to be filled up from the next.
  func chunk(upTo end: Int64) -> ByteBuffer? {
    let unit = GCSRequests.chunkUnit
    let sendable = Int(min(end, size) - confirmed) / unit * unit
    guard sendable > 0, let first = pending.first else { return nil }
    let whole = min(first.readableBytes, sendable) / unit * unit
    return whole > 0
      ? first.getSlice(at: first.readerIndex, length: whole) : joined(min(sendable, Self.holdLimit))
  }

  /// The same for the end, where the last bytes need be no full unit.
  /// - Returns: Whether nothing comes after, and the bytes, of which there may be none.
  func lastChunk() -> (isLast: Bool, bytes: ByteBuffer) {
    if pending.count <= 1 { return (true, pending.first ?? ByteBuffer()) }
    if pendingBytes <= Self.holdLimit * 2 { return (true, joined(Int(pendingBytes))) }
    return (false, chunk(upTo: size) ?? ByteBuffer())
  }

  private func joined(_ length: Int) -> ByteBuffer {
    var joined = ByteBufferAllocator().buffer(capacity: length)
    for piece in pending {
      let count = min(piece.readableBytes, length - joined.readableBytes)
      if let slice = piece.getSlice(at: piece.readerIndex, length: count) { joined.writeImmutableBuffer(slice) }
    }
    return joined
  }

  /// The store says that it has so much.
  /// - Returns: false where that cannot be: less than it had, or more than there is.
  mutating func confirm(_ offset: Int64) -> Bool {
    guard (confirmed...size).contains(offset) else { return false }
    var count = Int(offset - confirmed)
    confirmed = offset
    pendingBytes -= Int64(count)
    while count > 0 {
      let step = min(count, pending[0].readableBytes)
      pending[0].moveReaderIndex(forwardBy: step)
      count -= step
      if pending[0].readableBytes == 0 { pending.removeFirst() }
    }
    // A part's rest does not keep the part's memory, which goes round among the parts.
    if let rest = pending.first, rest.readableBytes < GCSRequests.chunkUnit { pending[0] = Self.copy(rest) }
    return true
  }

  private static func copy(_ bytes: ByteBuffer) -> ByteBuffer {
    var copy = ByteBufferAllocator().buffer(capacity: bytes.readableBytes)
    copy.writeImmutableBuffer(bytes)
    return copy
  }
}
