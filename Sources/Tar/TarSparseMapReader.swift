public import NIOCore

/// Reads the map that the content of a sparse file in the format 1.0 begins with: decimal numbers, each on a line of its
/// own, padded to a block. https://www.gnu.org/software/tar/manual/html_node/PAX-1.html
///
/// Nothing in the bytes is trusted. Not for concurrent use.
public struct TarSparseMapReader: Sendable {
  private let entry: TarEntry
  private let limit: Int
  private var line: [UInt8] = []
  private var count: Int64?
  private var numbers: [Int64] = []
  private var consumed: Int64 = 0

  /// nil until the map is complete; then sorted, without overlap, within the file, and of as many bytes as follow the map.
  /// The last one may be empty and only tell the file's end.
  public private(set) var segments: [TarSparse.Segment]?

  /// - Parameters:
  ///   - entry: Of a ``TarReader``, with ``TarEntry/sparse`` of the format ``TarSparse/Format/pax10``.
  ///   - limit: Segments at most.
  public init(_ entry: TarEntry, limit: Int = 1 << 20) {
    self.entry = entry
    self.limit = limit
  }

  /// Takes what belongs to the map off the front of the content; what it leaves is the segments' bytes.
  /// - Throws: ``TarError``.
  public mutating func consume(_ content: inout ByteBuffer) throws {
    while segments == nil || !consumed.isMultiple(of: Int64(TarBlock.size)) {
      guard let byte = content.readInteger(as: UInt8.self) else { return }
      consumed += 1
      guard segments == nil else { continue }  // The padding.
      guard byte == UInt8(ascii: "\n") else {
        line.append(byte)
        guard line.count <= 20 else { throw fault("the map of a sparse file is no list of numbers") }
        continue
      }
      try take()
    }
  }

  /// To be called at the end of the content.
  /// - Throws: ``TarError`` where the map is not complete.
  public func finish() throws {
    guard segments != nil else { throw fault("the map of a sparse file is longer than its content") }
  }

  private mutating func take() throws {
    guard let number = TarNumber.decimal(line), number >= 0 else {
      throw fault("the map of a sparse file is no list of numbers")
    }
    line = []
    if let count {
      numbers.append(number)
      if Int64(numbers.count) == 2 * count { try complete() }
      return
    }
    guard number <= Int64(limit) else {
      throw TarError(
        .limitExceeded, "the map of a sparse file has more than \(limit) segments", member: entry.name.description)
    }
    count = number
    if number == 0 { try complete() }
  }

  private mutating func complete() throws {
    let found = stride(from: 0, to: numbers.count, by: 2).map {
      TarSparse.Segment(offset: numbers[$0], length: numbers[$0 + 1])
    }
    let blocks = (consumed + Int64(TarBlock.size) - 1) / Int64(TarBlock.size) * Int64(TarBlock.size)
    let sparse = TarSparse(realSize: entry.sparse?.realSize ?? entry.size, segments: found)
    guard let size = sparse.dataSize, size == entry.size - blocks else {
      throw fault("the map of a sparse file does not fit its size")
    }
    numbers = []
    segments = found
  }

  private func fault(_ message: String) -> TarError {
    TarError(.invalidHeader, message, member: entry.name.description)
  }
}
