/// A set of page ids: one bit for each page of the database.
struct PageSet: Sendable {
  private var words: [UInt64]

  init(pages: Int) {
    words = Array(repeating: 0, count: (pages + 63) / 64)
  }

  func contains(_ page: Int) -> Bool {
    words[page >> 6] & (1 << UInt64(page & 63)) != 0
  }

  /// - Returns: Whether the page is new in the set.
  mutating func insert(_ page: Int) -> Bool {
    let bit: UInt64 = 1 << UInt64(page & 63)
    guard words[page >> 6] & bit == 0 else { return false }
    words[page >> 6] |= bit
    return true
  }

  var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }
}
