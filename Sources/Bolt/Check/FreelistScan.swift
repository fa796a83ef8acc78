/// Reads the free list while its pages pass: 4 bytes are kept for each free page.
struct FreelistScan: Sendable {
  /// In the order of the file; ascending where bbolt wrote it.
  private(set) var pages: [UInt32] = []
  private(set) var problem: BoltProblem?
  /// Of the list itself.
  private(set) var overflow: UInt32 = 0
  private(set) var isComplete = false

  private let id: UInt64
  private let highWaterMark: UInt64
  private let pageSize: Int
  /// Nil before the first page.
  private var remaining: Int?

  init(id: UInt64, highWaterMark: UInt64, pageSize: Int) {
    self.id = id
    self.highWaterMark = highWaterMark
    self.pageSize = pageSize
  }

  /// - Parameter page: One whole page, the first one first.
  mutating func feed(_ page: UnsafeRawBufferPointer) {
    guard problem == nil, !isComplete else { return }
    guard let remaining else { return begin(page) }
    take(page, remaining)
  }

  private mutating func begin(_ page: UnsafeRawBufferPointer) {
    let header = PageHeader(page)
    guard header.id == id, header.flags == PageFlag.freelist else {
      let found = header.id == id ? PageFlag.name(header.flags) : "page \(header.id)"
      return fail(.pageTypeInvalid, "page \(id) should be the free list and says that it is \(found)")
    }
    overflow = header.overflow
    guard id + UInt64(overflow) < highWaterMark else {
      return fail(.pageOutOfBounds, "the free list on page \(id) reaches past the end of the database")
    }
    var rest = UnsafeRawBufferPointer(rebasing: page[BoltFormat.pageHeaderSize...])
    var count = UInt64(header.count)
    if header.count == BoltFormat.countMark {
      count = rest.littleEndian(at: 0)
      rest = UnsafeRawBufferPointer(rebasing: rest[8...])
    }
    let capacity = ((Int(overflow) + 1) * pageSize - (page.count - rest.count)) / 8
    guard count <= highWaterMark, count <= UInt64(capacity) else {
      return fail(
        .freelistInvalid, "the free list on page \(id) says that it has \(count) entries, and has no room for them")
    }
    take(rest, Int(count))
  }

  private mutating func take(_ bytes: UnsafeRawBufferPointer, _ remaining: Int) {
    let count = min(remaining, bytes.count / 8)
    for index in 0..<count {
      let page: UInt64 = bytes.littleEndian(at: index * 8)
      guard page >= 2, page < highWaterMark else {
        return fail(.pageOutOfBounds, "the free list on page \(id) names page \(page), which is outside the database")
      }
      pages.append(UInt32(page))
    }
    self.remaining = remaining - count
    if remaining == count { isComplete = true }
  }

  private mutating func fail(_ code: BoltProblem.Code, _ message: String) {
    problem = BoltProblem(code, page: id, message)
  }
}
