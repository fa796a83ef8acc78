package import Foundation

/// Splits pieces of bytes into lines.
package struct LineDecoder {
  /// A line passed the limit.
  package struct LineTooLong: Error {}

  private var pending = Data()
  private let limit: Int

  /// - Parameter limit: Bytes of a line; etcd refuses objects above 1.5 MiB, so the default is far above any event.
  package init(limit: Int = 16 << 20) { self.limit = limit }

  /// Whether bytes of an unfinished line are left; at the end of a stream that means that it was cut.
  package var hasPartialLine: Bool { !pending.isEmpty }

  /// - Returns: The lines that `piece` completes, without their line ends; empty lines are left out.
  /// - Throws: ``LineTooLong``.
  package mutating func append(_ piece: Data) throws -> [Data] {
    var lines: [Data] = []
    var start = piece.startIndex
    while let end = piece[start...].firstIndex(of: 0x0A) {
      pending.append(piece[start..<end])
      if pending.last == 0x0D { pending.removeLast() }
      if !pending.isEmpty { lines.append(pending) }
      pending = Data()
      start = piece.index(after: end)
    }
    pending.append(piece[start...])
    if pending.count > limit { throw LineTooLong() }
    return lines
  }
}
