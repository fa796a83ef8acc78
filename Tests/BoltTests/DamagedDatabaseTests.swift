import Testing

@testable import Bolt

/// Each kind of damage, made on purpose in a sound database: found, named, and with its page.
@Suite struct DamagedDatabaseTests {
  private static let name = "bbolt/page-1024.db"

  /// - Parameter kind: Of the pages that `edit` gets.
  private func damaged(
    _ kind: UInt16 = PageFlag.leaf, _ edit: (inout DatabaseEditor, [UInt64]) throws -> Void
  ) throws -> BoltReport {
    var editor = try DatabaseEditor(Self.name)
    let pages = try editor.pages(kind)
    try #require(pages.count > 2)
    try edit(&editor, pages)
    return editor.report()
  }

  @Test func keysOutOfOrderWithinAPage() throws {
    var page: UInt64 = 0
    let report = try damaged { editor, leaves in
      page = try #require(leaves.first { editor.header($0).count > 3 })
      for index in 0..<editor.leafKeySize(page, 2) { editor.bytes[editor.leafKey(page, 2) + index] = 0 }
    }
    #expect(report.problems.contains { $0.code == .keyOrder && $0.page == page })
  }

  @Test func firstKeyThatIsNotTheParents() throws {
    var page: UInt64 = 0
    let report = try damaged(PageFlag.branch) { editor, branches in
      let element = editor.element(branches[0], 1)
      page = editor.get(element + 8)
      // One more in the last byte: still in order, and bbolt's own check passes it.
      let last = element + Int(editor.get(element, as: UInt32.self)) + Int(editor.get(element + 4, as: UInt32.self)) - 1
      editor.bytes[last] ^= 1
    }
    #expect(report.problems.contains { $0.code == .keyOrder && $0.page == page })
  }

  @Test func childrenOfABranchExchanged() throws {
    let report = try damaged(PageFlag.branch) { editor, branches in
      let (first, second) = (editor.element(branches[0], 0) + 8, editor.element(branches[0], 1) + 8)
      let (a, b) = (editor.get(first, as: UInt64.self), editor.get(second, as: UInt64.self))
      editor.put(b, at: first)
      editor.put(a, at: second)
    }
    #expect(report.codes == [.keyOrder])
  }

  @Test func pageThatSaysItIsAnother() throws {
    var page: UInt64 = 0
    let report = try damaged { editor, leaves in
      page = leaves[1]
      editor.put(page + 1, at: editor.offset(page))
    }
    #expect(report.problems.contains { $0.code == .pageTypeInvalid && $0.page == page })
  }

  @Test(arguments: [UInt16(0), 3, 4, 16, 0x8002])
  func pageOfTheWrongType(_ flags: UInt16) throws {
    var page: UInt64 = 0
    let report = try damaged { editor, leaves in
      page = leaves[1]
      editor.put(flags, at: editor.offset(page) + 8)
    }
    #expect(report.problems.contains { $0.code == .pageTypeInvalid && $0.page == page })
  }

  @Test func pageReferencedTwiceLeavesAnotherUnreachable() throws {
    let report = try damaged(PageFlag.branch) { editor, branches in
      let first: UInt64 = editor.get(editor.element(branches[0], 0) + 8)
      editor.put(first, at: editor.element(branches[0], 1) + 8)
    }
    #expect(report.codes.isSuperset(of: [.pageReferencedTwice, .pageUnreachable]))
  }

  @Test func branchThatRefersToItselfEnds() throws {
    var page: UInt64 = 0
    let report = try damaged(PageFlag.branch) { editor, branches in
      page = branches[0]
      editor.put(page, at: editor.element(page, 0) + 8)
    }
    #expect(report.problems.contains { $0.code == .pageReferencedTwice && $0.page == page })
  }

  @Test(arguments: [UInt64(0), 1, 100_000, UInt64.max])
  func childOutsideTheDatabase(_ child: UInt64) throws {
    var page: UInt64 = 0
    let report = try damaged(PageFlag.branch) { editor, branches in
      page = branches[0]
      editor.put(child, at: editor.element(page, 1) + 8)
    }
    #expect(report.problems.contains { $0.code == .pageOutOfBounds && $0.page == page })
  }

  @Test(arguments: [4, 8, 12])
  func elementOutOfItsPage(_ field: Int) throws {
    var page: UInt64 = 0
    let report = try damaged { editor, leaves in
      page = try #require(leaves.first { editor.header($0).count > 3 })
      editor.put(UInt32.max - 7, at: editor.element(page, 1) + field)
    }
    #expect(report.problems.contains { $0.code == .elementInvalid && $0.page == page })
  }

  @Test func overflowPastTheEnd() throws {
    var page: UInt64 = 0
    let report = try damaged { editor, leaves in
      page = try #require(leaves.last)
      editor.put(UInt32.max, at: editor.offset(page) + 12)
    }
    #expect(report.problems.contains { $0.code == .pageOutOfBounds && $0.page == page })
  }

  @Test func pageWithOneElementLess() throws {
    var page: UInt64 = 0
    let report = try damaged { editor, leaves in
      page = try #require(leaves.first { editor.header($0).count > 3 })
      editor.put(editor.header(page).count - 1, at: editor.offset(page) + 10)
    }
    #expect(report.problems.contains { $0.page == page })
  }

  @Test func inlineBucketDamaged() throws {
    // "nested" holds inline buckets named deep, of one key each.
    let name = Array("deep".utf8)
    var count = 0
    let report = try damaged { editor, leaves in
      for page in leaves {
        for index in 0..<Int(editor.header(page).count) {
          let (element, key) = (editor.element(page, index), editor.leafKey(page, index))
          guard editor.get(element, as: UInt32.self) == 1, Array(editor.bytes[key..<(key + 4)]) == name else {
            continue
          }
          // The flags of the page in the value.
          editor.put(UInt16(1), at: key + 4 + 16 + 8)
          count += 1
        }
      }
    }
    #expect(count > 0)
    #expect(report.problems.contains { $0.code == .bucketInvalid })
  }

  @Test func pageInUseAndInTheFreeList() throws {
    var page: UInt64 = 0
    let report = try damaged { editor, leaves in
      page = leaves[0]
      editor.put(page, at: editor.offset(try #require(editor.meta.freelist)) + 16)
    }
    #expect(report.problems.contains { $0.code == .pageFreed && $0.page == page })
    #expect(report.codes == [.pageFreed, .pageUnreachable])
  }

  @Test func pageFreedTwice() throws {
    var editor = try DatabaseEditor(Self.name)
    let list = editor.offset(try #require(editor.meta.freelist))
    let first: UInt64 = editor.get(list + 16)
    editor.put(first, at: list + 24)
    let report = editor.report()
    #expect(report.problems.contains { $0.code == .pageFreedTwice && $0.page == first })
  }

  @Test func pageNeitherFreeNorInUse() throws {
    var editor = try DatabaseEditor(Self.name)
    let list = try #require(editor.meta.freelist)
    let count = editor.header(list).count
    let lost: UInt64 = editor.get(editor.offset(list) + 16 + (Int(count) - 1) * 8)
    editor.put(count - 1, at: editor.offset(list) + 10)
    let report = editor.report()
    #expect(report.problems.map(\.code) == [.pageUnreachable])
    #expect(report.problems.map(\.page) == [lost])
  }

  @Test func freeListWithMoreEntriesThanRoom() throws {
    var editor = try DatabaseEditor(Self.name)
    let list = editor.offset(try #require(editor.meta.freelist))
    editor.put(UInt16(0xFFFF), at: list + 10)
    editor.put(UInt64.max, at: list + 16)
    #expect(editor.report().codes == [.freelistInvalid])
  }

  @Test func freeListOnAnotherPage() throws {
    var editor = try DatabaseEditor(Self.name)
    editor.setMeta(editor.meta.root, at: 32)
    #expect(editor.report().codes.contains(.pageTypeInvalid))
    editor.setMeta(UInt64(1 << 40), at: 32)
    #expect(editor.report().codes.contains(.pageOutOfBounds))
  }

  @Test func rootOutsideTheDatabase() throws {
    for root in [UInt64(0), 1, 1 << 40] {
      var editor = try DatabaseEditor(Self.name)
      editor.setMeta(root, at: 16)
      #expect(editor.report().codes == [.pageOutOfBounds])
    }
  }

  @Test(arguments: [UInt64(1) << 20, 1 << 40, UInt64.max])
  func fileShorterThanItsHighWaterMark(_ pages: UInt64) throws {
    var editor = try DatabaseEditor(Self.name)
    editor.setMeta(pages, at: 40)
    let report = editor.report()
    #expect(report.codes == [.truncated])
    #expect(report.problems[0].page == UInt64(editor.bytes.count / 1024))
  }

  @Test func everyPrefixIsTruncatedOrNoDatabase() throws {
    let bytes = try Fixture.bytes("openziti/not-ziti.db")
    let size = Int(try #require(check(bytes).databaseSize))
    for length in stride(from: 0, to: size, by: 101) {
      let report = check(Array(bytes[..<length]))
      #expect(report.verdict == .unsound)
      #expect(report.codes.isSubset(of: [.notBolt, .metaInvalid, .truncated]))
    }
    #expect(check(Array(bytes[..<size])).isSound)
  }

  @Test(arguments: [UInt64(0), 1])
  func metaPageThatSaysItIsAnother(_ page: UInt64) throws {
    var editor = try DatabaseEditor(Self.name)
    editor.put(page + 7, at: editor.offset(page))
    #expect(editor.report().problems.map(\.page) == [page])
    editor = try DatabaseEditor(Self.name)
    editor.put(PageFlag.leaf, at: editor.offset(page) + 8)
    #expect(editor.report().problems.map(\.code) == [.pageTypeInvalid])
  }

  @Test func metaPagesThatDisagreeOnThePageSize() throws {
    for page in 0..<2 {
      var editor = try DatabaseEditor(Self.name)
      let start = page * 1024 + 16
      editor.put(UInt32(4096), at: start + 8)
      editor.put(editor.bytes.withUnsafeBytes { FNV.hash($0.slice(start, 56)) }, at: start + 56)
      #expect(editor.report().verdict == .unsound)
    }
  }

  @Test func bothMetaPagesDamaged() throws {
    let report = check(try Fixture.bytes("openziti/ctrl-bad-meta.db"))
    #expect(report.codes == [.metaInvalid])
    #expect(report.problems[0].page == 0)
    #expect(report.problems[0].message.contains("checksum"))
  }

  @Test func otherFilesAreNotBolt() {
    #expect(check([]).codes == [.notBolt])
    #expect(check(Array(repeating: 0, count: 100_000)).codes == [.notBolt])
    #expect(check(Array("hello".utf8)).codes == [.notBolt])
  }

  @Test func checkGivesUpAtItsLimitOfMemory() throws {
    let bytes = try Fixture.bytes("bbolt/page-512.db")
    let report = check(bytes, memoryLimit: 4096)
    #expect(report.verdict == .undecided)
    #expect(report.codes == [.limitReached])
  }

  @Test func listOfProblemsIsBounded() throws {
    var editor = try DatabaseEditor("bbolt/page-512.db")
    // An empty free list: every free page on its own or in a run is lost.
    for page in try editor.pages(PageFlag.leaf) { editor.put(UInt16(0), at: editor.offset(page) + 8) }
    let report = editor.report()
    #expect(report.problems.count <= BoltReport.keptProblems)
    #expect(report.problemCount >= report.problems.count)
  }
}
