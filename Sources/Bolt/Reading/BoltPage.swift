/// A branch or leaf page, or the page within an inline bucket, read at any place.
struct BoltPage: Sendable {
  /// A page with large values is read as far as this; the rest when it is asked for.
  private static let loadLimit = 1 << 20

  /// Zero of an inline page.
  let id: UInt64
  let isBranch: Bool
  let count: Int
  /// The page's beginning, with all its elements.
  private let loaded: [UInt8]
  private let length: Int
  private let offset: Int64
  private let source: any BoltBytes

  init(_ id: UInt64, of database: BoltDatabase) throws {
    let meta = database.meta
    guard id >= 2, id < min(meta.pages, BoltFormat.maximumPages) else {
      throw BoltError(.corrupt, page: id, "page \(id) is outside the database")
    }
    source = database.bytes
    offset = Int64(id) * Int64(meta.pageSize)
    let first = try source.read(at: offset, count: meta.pageSize)
    guard first.count == meta.pageSize else { throw BoltError(.corrupt, page: id, "the file ends before page \(id)") }
    let header = first.withUnsafeBytes { PageHeader($0) }
    guard header.id == id, [PageFlag.branch, PageFlag.leaf].contains(header.flags) else {
      throw BoltError(.corrupt, page: id, "page \(id) is no branch or leaf page")
    }
    guard id + UInt64(header.overflow) < meta.pages else {
      throw BoltError(.corrupt, page: id, "page \(id) reaches past the end of the database")
    }
    self.id = id
    isBranch = header.flags == PageFlag.branch
    count = Int(header.count)
    length = (Int(header.overflow) + 1) * meta.pageSize
    let elementsEnd = BoltFormat.pageHeaderSize + count * BoltFormat.elementSize
    guard elementsEnd <= length else { throw BoltError(.corrupt, page: id, "page \(id) has too many elements") }
    loaded =
      header.overflow == 0
      ? first : try source.read(at: offset, count: min(length, max(Self.loadLimit, elementsEnd)))
    guard elementsEnd <= loaded.count else { throw BoltError(.corrupt, page: id, "the file ends within page \(id)") }
  }

  /// - Parameter value: An inline bucket's, without its header.
  init(inline value: [UInt8]) throws {
    (id, isBranch, source, offset, length, loaded) = (0, false, BoltMemoryBytes(value), 0, value.count, value)
    guard value.count >= BoltFormat.pageHeaderSize else { throw Self.badInline }
    let header = value.withUnsafeBytes { PageHeader($0) }
    count = Int(header.count)
    guard header.flags == PageFlag.leaf, BoltFormat.pageHeaderSize + count * BoltFormat.elementSize <= length else {
      throw Self.badInline
    }
  }

  private static let badInline = BoltError(.corrupt, page: nil, "an inline bucket is damaged")

  private func element(_ index: Int) -> Int { BoltFormat.pageHeaderSize + index * BoltFormat.elementSize }

  private func read(_ start: Int, _ size: Int) throws -> [UInt8] {
    guard start >= 0, size <= length - start else {
      throw BoltError(.corrupt, page: id, "an element reaches out of page \(id)")
    }
    if start + size <= loaded.count { return Array(loaded[start..<(start + size)]) }
    let bytes = try source.read(at: offset + Int64(start), count: size)
    guard bytes.count == size else { throw BoltError(.corrupt, page: id, "the file ends within page \(id)") }
    return bytes
  }

  func key(_ index: Int) throws -> [UInt8] {
    let start = element(index)
    let (position, size) = loaded.withUnsafeBytes { bytes in
      guard isBranch else {
        let element = LeafElement(bytes, at: start)
        return (element.position, element.keySize)
      }
      let element = BranchElement(bytes, at: start)
      return (element.position, element.keySize)
    }
    return try read(start + position, size)
  }

  func child(_ index: Int) -> UInt64 {
    loaded.withUnsafeBytes { BranchElement($0, at: element(index)).page }
  }

  func value(_ index: Int) throws -> BoltValue {
    let start = element(index)
    let element = loaded.withUnsafeBytes { LeafElement($0, at: start) }
    let bytes = try read(start + element.position + element.keySize, element.valueSize)
    guard element.flags & BoltFormat.bucketElementFlag != 0 else { return .bytes(bytes) }
    guard bytes.count >= BoltFormat.bucketHeaderSize else {
      throw BoltError(.corrupt, page: id, "a bucket on page \(id) is damaged")
    }
    let root: UInt64 = bytes.withUnsafeBytes { $0.littleEndian(at: 0) }
    return .bucket(root == 0 ? .inline(Array(bytes[BoltFormat.bucketHeaderSize...])) : .page(root))
  }

  /// The first index whose key is not less than `key`, and whether it is that key.
  func search(_ key: [UInt8]) throws -> (index: Int, isExact: Bool) {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if try order(self.key(middle), key) < 0 { low = middle + 1 } else { high = middle }
    }
    return (low, try low < count && order(self.key(low), key) == 0)
  }

  private func order(_ left: [UInt8], _ right: [UInt8]) -> Int {
    left.withUnsafeBytes { left in right.withUnsafeBytes { compareKeys(left, $0) } }
  }
}

enum BoltValue: Sendable {
  case bytes([UInt8])
  case bucket(BoltTree)
}

/// Where a bucket's content is.
enum BoltTree: Sendable {
  case page(UInt64)
  case inline([UInt8])
}
