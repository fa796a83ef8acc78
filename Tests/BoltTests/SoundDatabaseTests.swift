import Testing

@testable import Bolt

@Suite struct SoundDatabaseTests {
  @Test(arguments: Fixture.sound)
  func databaseThatBboltWroteIsSound(_ name: String) throws {
    let report = check(try Fixture.bytes(name))
    #expect(report.problems == [])
    #expect(report.warnings == [])
    #expect(report.verdict == .sound)
  }

  @Test(arguments: Fixture.sound, [1, 7, 4096, 65537])
  func piecesOfTheStreamDoNotMatter(_ name: String, _ size: Int) throws {
    // One byte at a time only for small files.
    let bytes = try Fixture.bytes(name)
    let pieces = bytes.count > 500_000 ? max(size, 997) : size
    #expect(check(bytes, pieces: pieces) == check(bytes))
  }

  @Test(arguments: Fixture.sound)
  func fileAndStreamGiveTheSameReport(_ name: String) throws {
    let file = try BoltDatabase.check(BoltFileBytes(path: Fixture.path(name)))
    #expect(file == check(try Fixture.bytes(name)))
  }

  @Test(arguments: Fixture.sound)
  func readingFindsAsManyKeysAsTheCheck(_ name: String) throws {
    let report = check(try Fixture.bytes(name))
    let database = try BoltDatabase(path: Fixture.path(name))
    #expect(try count(database.root) == report.keyCount)
    var names: [[UInt8]] = []
    var cursor = try database.root.entries()
    while let entry = try cursor.next() { names.append(entry.key) }
    #expect(report.buckets.map(\.name) == names)
    for summary in report.buckets {
      let bucket = try #require(try database.root.bucket(summary.name))
      #expect(try count(bucket) == summary.keys)
    }
  }

  private func count(_ bucket: BoltBucket) throws -> Int {
    var keys = 0
    var previous: [UInt8]?
    var cursor = try bucket.entries()
    while let entry = try cursor.next() {
      if let previous { #expect(previous.lexicographicallyPrecedes(entry.key)) }
      previous = entry.key
      if let nested = entry.bucket {
        keys += try count(nested)
      } else {
        keys += 1
        #expect(try bucket.value(entry.key) == entry.value)
      }
    }
    return keys
  }

  @Test func reportTellsTheLayout() throws {
    let report = check(try Fixture.bytes("openziti/ctrl-schema44.db"))
    let meta = try #require(report.meta)
    #expect(meta.pageSize == 4096)
    #expect(report.databaseSize == 2_056_192)
    #expect(meta.pages == 502)
    #expect(report.buckets.map(\.text) == ["meta", "ziti"])
    #expect(report.bucket("meta")?.entries == 3)
    #expect(report.bucket("ziti")?.entries == 11)
    let free = try #require(report.freePages)
    #expect(free > 0)
    #expect(report.usedPages + free == 502)
  }

  @Test func listThatIsNotInTheFileIsToldApart() throws {
    let report = check(try Fixture.bytes("bbolt/no-freelist.db"))
    #expect(report.meta?.freelist == nil)
    #expect(report.freePages == nil)
    #expect(report.isSound)
  }

  @Test func cursorBeginsAtAKey() throws {
    let database = try BoltDatabase(path: Fixture.path("openziti/ctrl-schema44.db"))
    let identities = try #require(try database.bucket("ziti", "identities"))
    var all: [[UInt8]] = []
    var cursor = try identities.entries()
    while let entry = try cursor.next() { all.append(entry.key) }
    for start in [0, 1, 100, all.count - 1] {
      var from = try identities.entries(from: all[start])
      #expect(try from.next()?.key == all[start])
      var after = try identities.entries(from: all[start] + [0])
      #expect(try after.next()?.key == (start + 1 < all.count ? all[start + 1] : nil))
    }
    #expect(try identities.value("absent") == nil)
    #expect(try identities.bucket("absent") == nil)
  }

  @Test func firstMetaPageDamagedMeansProbingForThePageSize() throws {
    for name in Fixture.databases {
      var bytes = try Fixture.bytes(name)
      let whole = check(bytes)
      bytes[16 + 48] ^= 0xFF
      let report = check(bytes, pieces: 1000)
      #expect(report.meta?.pageSize == whole.meta?.pageSize)
      #expect(report.warnings.map(\.page) == [0])
    }
  }
}
