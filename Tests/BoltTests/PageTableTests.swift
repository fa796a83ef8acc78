import Testing

@testable import Bolt

/// What is kept of a page's keys suffices to order them, or says that it does not.
@Suite struct PageTableTests {
  private func table(_ keys: [String], limit: Int) -> (PageTable, [StoredKey]) {
    var table = PageTable(keyLimit: limit, memoryLimit: 1 << 20)
    for (index, key) in keys.enumerated() {
      let record = table.begin(.init(id: UInt32(index), overflow: 0, count: 1, kind: .leaf))
      var details = PageTable.Details()
      details.firstKey = Array(key.utf8)
      details.lastKey = details.firstKey
      details.edges = [PageTable.Edge(page: 7, tag: UInt32(index))]
      table.complete(record, details, [])
    }
    return (table, keys.indices.map { table.details($0).firstKey })
  }

  @Test func orderIsToldWhereItCanBe() {
    let keys = ["", "a", "ab", "abcd", "abcde", "abcdf", "abce"]
    let (table, stored) = table(keys, limit: 4)
    for (left, leftKey) in zip(keys, stored) {
      for (right, rightKey) in zip(keys, stored) {
        let isHidden = left != right && left.count > 4 && right.count > 4 && left.prefix(4) == right.prefix(4)
        let expected = isHidden ? nil : left < right
        #expect(table.isAscending(leftKey, rightKey) == expected, "\(left) \(right)")
      }
    }
  }

  @Test func hashIsThatOfTheWholeKey() {
    for limit in [2, 100] {
      let (table, stored) = table(["abcdef"], limit: limit)
      #expect(table.hash32(stored[0]) == Array("abcdef".utf8).withUnsafeBytes { FNV.hash32($0) })
    }
  }

  @Test func detailsSurviveManyChunks() {
    var table = PageTable(keyLimit: 64, memoryLimit: 64 << 20)
    let sizes = [10, 70_000, 200_000, 0, 131_072, 1]
    for (index, size) in sizes.enumerated() {
      var details = PageTable.Details()
      details.firstKey = [UInt8(index)]
      details.edges = (0..<size).map { PageTable.Edge(page: UInt32($0), tag: UInt32(index)) }
      let record = table.begin(.init(id: UInt32(index), overflow: 0, count: 1, kind: .leaf))
      table.complete(record, details, [])
    }
    for (index, size) in sizes.enumerated() {
      let details = table.details(index)
      #expect(table.key(details.firstKey) == [UInt8(index)])
      #expect(details.edgeCount == size)
      if size > 0 {
        let last = details.edge(size - 1, table)
        #expect(last.page == UInt32(size - 1) && last.tag == UInt32(index))
      }
    }
  }
}
