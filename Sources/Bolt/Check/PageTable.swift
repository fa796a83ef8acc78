/// What is kept of the pages that passed: 16 bytes for each, and its first and last key and references.
///
/// Whether a page belongs to the database is only known when all have passed: until then each page that looks like a
/// branch or leaf page is kept, left-overs of earlier transactions too.
struct PageTable: Sendable {
  enum Kind: UInt8, Sendable { case branch, leaf }

  struct Record: Sendable {
    var id: UInt32
    var overflow: UInt32
    /// Where the page's details begin; of a faulty page the number of its first bad element.
    var detail: UInt32 = 0
    var count: UInt16
    var kind: Kind
    var fault: PageFault = .unfinished
  }

  /// The page at the other end of a reference.
  struct Edge: Sendable {
    var page: UInt32
    /// On a branch page the hash of the key, on a leaf page the number of the bucket's name.
    var tag: UInt32
  }

  struct Details: Sendable {
    var firstKey: [UInt8] = []
    var lastKey: [UInt8] = []
    var edges: [Edge] = []
    var inlineBuckets = 0
    /// Keys in the inline buckets.
    var inlineKeys = 0
  }

  /// The bytes of a key that are kept; of a longer one its hash too.
  let keyLimit: Int
  let memoryLimit: Int
  private(set) var records: [Record] = []
  /// The details, one page's after another's in pieces of 1 MiB: one large array would have to be copied to grow.
  private var chunks: [[UInt8]] = []
  private var chunkBytes = 0
  /// Of the page that is being added.
  private var detail: [UInt8] = []
  private(set) var matches: [ProbeMatch] = []
  private var matchBytes = 0
  /// How many matches there are for each probe that takes a limited number.
  private var candidates: [UInt8: Int] = [:]
  private(set) var isFull = false

  init(keyLimit: Int, memoryLimit: Int) {
    self.keyLimit = keyLimit
    self.memoryLimit = min(memoryLimit, Int(UInt32.max))
  }

  /// Adds what is counted elsewhere: the ids of a free list.
  mutating func account(extra: Int) {
    let used = records.count * MemoryLayout<Record>.stride + chunkBytes + matchBytes + extra
    guard used > memoryLimit, !isFull else { return }
    isFull = true
    records = []
    chunks = []
    matches = []
  }

  /// - Returns: The record's number.
  mutating func begin(_ record: Record) -> Int {
    records.append(record)
    return records.count - 1
  }

  mutating func fail(_ number: Int, _ fault: PageFault, element: Int) {
    guard !isFull else { return }
    records[number].fault = fault
    records[number].detail = UInt32(element)
  }

  /// - Parameter limits: For each probe how many matches are kept; nil for all.
  mutating func complete(_ number: Int, _ details: Details, _ found: [ProbeMatch], limits: [Int?] = []) {
    guard !isFull else { return }
    detail.removeAll(keepingCapacity: true)
    append(details.firstKey)
    append(details.lastKey)
    append(UInt32(details.inlineBuckets))
    append(UInt32(details.inlineKeys))
    append(UInt32(details.edges.count))
    for edge in details.edges {
      append(edge.page)
      append(edge.tag)
    }
    records[number].fault = .none
    records[number].detail = store()
    for var match in found {
      if Int(match.probe) < limits.count, let limit = limits[Int(match.probe)] {
        guard candidates[match.probe, default: 0] < limit else { continue }
        candidates[match.probe, default: 0] += 1
      }
      match.record = UInt32(number)
      matchBytes += ProbeMatch.cost + (match.bytes?.count ?? 0)
      matches.append(match)
    }
  }

  private static let chunkSize = 1 << 20

  /// - Returns: Where the detail begins: the chunk, and the place in it in the lower 20 bits. Details that are longer than a
  ///   chunk have one of their own.
  private mutating func store() -> UInt32 {
    if (chunks.last?.count ?? Self.chunkSize) + detail.count > Self.chunkSize {
      var chunk: [UInt8] = []
      chunk.reserveCapacity(max(Self.chunkSize, detail.count))
      chunks.append(chunk)
      chunkBytes += max(Self.chunkSize, detail.count)
    }
    let start = chunks[chunks.count - 1].count
    chunks[chunks.count - 1].append(contentsOf: detail)
    return UInt32(chunks.count - 1) << 20 | UInt32(start)
  }

  private mutating func append(_ value: UInt32) {
    withUnsafeBytes(of: value.littleEndian) { detail.append(contentsOf: $0) }
  }

  private mutating func append(_ key: [UInt8]) {
    let kept = min(key.count, keyLimit)
    append(UInt32(key.count))
    detail.append(contentsOf: key[..<kept])
    if kept < key.count {
      let hash = key.withUnsafeBytes { FNV.hash($0) }
      withUnsafeBytes(of: hash.littleEndian) { detail.append(contentsOf: $0) }
    }
  }

  // MARK: Reading back

  /// Records are begun in the order of their pages.
  func find(_ page: UInt64) -> Int? {
    var (low, high) = (0, records.count)
    while low < high {
      let middle = (low + high) / 2
      if UInt64(records[middle].id) < page { low = middle + 1 } else { high = middle }
    }
    return low < records.count && UInt64(records[low].id) == page ? low : nil
  }

  func details(_ number: Int) -> StoredDetails {
    let place = Int(records[number].detail)
    return StoredDetails(chunk: place >> 20, at: place & (Self.chunkSize - 1), self)
  }

  mutating func sortMatches() {
    matches.sort { $0.record < $1.record }
  }

  func matches(of number: Int) -> ArraySlice<ProbeMatch> {
    var (low, high) = (0, matches.count)
    while low < high {
      let middle = (low + high) / 2
      if Int(matches[middle].record) < number { low = middle + 1 } else { high = middle }
    }
    return matches[low...].prefix { Int($0.record) == number }
  }

  fileprivate func load(_ chunk: Int, _ offset: Int) -> UInt32 {
    chunks[chunk].withUnsafeBytes { $0.littleEndian(at: offset) }
  }

  func key(_ stored: StoredKey) -> ArraySlice<UInt8> {
    chunks[stored.chunk][stored.offset..<(stored.offset + stored.kept)]
  }

  private func hash(_ stored: StoredKey) -> UInt64 {
    chunks[stored.chunk].withUnsafeBytes { $0.littleEndian(at: stored.offset + stored.kept) }
  }

  /// The hash that a branch page keeps of a key.
  func hash32(_ stored: StoredKey) -> UInt32 {
    guard stored.isWhole else {
      let hash = hash(stored)
      return UInt32(truncatingIfNeeded: hash ^ (hash >> 32))
    }
    return key(stored).withUnsafeBytes { FNV.hash32($0) }
  }

  /// - Returns: Nil where two long keys differ only after what is kept of them.
  func isAscending(_ left: StoredKey, _ right: StoredKey) -> Bool? {
    let order = key(left).withUnsafeBytes { leftBytes in
      key(right).withUnsafeBytes { compareKeys(leftBytes, $0) }
    }
    if order != 0 || (left.isWhole && right.isWhole) { return order < 0 }
    // The kept parts are equal and of one length, so that a key with nothing more is the smaller one.
    if left.isWhole { return true }
    if right.isWhole { return false }
    return hash(left) == hash(right) ? false : nil
  }
}

/// A key in the table's memory.
struct StoredKey: Sendable {
  fileprivate let chunk: Int
  fileprivate let offset: Int
  let length: Int
  fileprivate let kept: Int

  var isWhole: Bool { kept == length }

  fileprivate init(chunk: Int, at position: Int, _ table: PageTable) {
    self.chunk = chunk
    length = Int(table.load(chunk, position))
    kept = min(length, table.keyLimit)
    offset = position + 4
  }

  fileprivate var end: Int { offset + kept + (isWhole ? 0 : 8) }
}

/// A page's details in the table's memory.
struct StoredDetails: Sendable {
  let firstKey: StoredKey
  let lastKey: StoredKey
  let inlineBuckets: Int
  let inlineKeys: Int
  let edgeCount: Int
  private let chunk: Int
  private let edges: Int

  fileprivate init(chunk: Int, at offset: Int, _ table: PageTable) {
    self.chunk = chunk
    firstKey = StoredKey(chunk: chunk, at: offset, table)
    lastKey = StoredKey(chunk: chunk, at: firstKey.end, table)
    let rest = lastKey.end
    inlineBuckets = Int(table.load(chunk, rest))
    inlineKeys = Int(table.load(chunk, rest + 4))
    edgeCount = Int(table.load(chunk, rest + 8))
    edges = rest + 12
  }

  func edge(_ index: Int, _ table: PageTable) -> PageTable.Edge {
    PageTable.Edge(page: table.load(chunk, edges + index * 8), tag: table.load(chunk, edges + index * 8 + 4))
  }
}
