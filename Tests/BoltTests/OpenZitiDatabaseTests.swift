import NIOCore
import OpenZitiSource
import Testing

@testable import Bolt

/// The meaning of each fixture, as their README gives it.
@Suite struct OpenZitiDatabaseTests {
  private func verdict(_ name: String, pieces: Int = 10_000) throws -> OpenZitiVerdict {
    verdict(try Fixture.bytes("openziti/\(name).db"), pieces)
  }

  private func verdict(_ bytes: [UInt8], _ pieces: Int = 10_000) -> OpenZitiVerdict {
    var check = OpenZitiDatabaseCheck()
    for start in stride(from: 0, to: bytes.count, by: pieces) {
      check.consume(ByteBuffer(bytes: bytes[start..<min(bytes.count, start + pieces)]))
    }
    return check.finish()
  }

  @Test func snapshotOfSchema44() throws {
    guard case .snapshot(let database) = try verdict("ctrl-schema44") else {
      Issue.record("\(try verdict("ctrl-schema44"))")
      return
    }
    #expect(database.schema == 44)
    #expect(database.origin == .snapshot)
    #expect(database.resetTimeline == true)
    #expect(database.snapshotID == "d3b07384-d9a0-4c9b-8f6e-1c2d3e4f5a6b")
    #expect(database.timelineID == "0b8f6a0e-5d0c-4a52-9a0f-f3a5c1b2d3e4")
    #expect(database.identities == 514)
    #expect(database.raftIndex == 0)
    #expect(database.clusterID == nil)
    #expect(database.hasDefaultAdmin)
    #expect(database.size == 2_056_192)
    #expect(database.facts["schemaVersion"] == "44")
  }

  @Test func smallSnapshotOfSchema38() throws {
    guard case .snapshot(let database) = try verdict("ctrl-schema38") else {
      Issue.record("\(try verdict("ctrl-schema38"))")
      return
    }
    #expect(database.schema == 38)
    #expect(database.identities == 34)
    #expect(database.edgeRouters <= database.routers)
  }

  @Test func liveCopyIsNoSnapshot() throws {
    let verdict = try verdict("ctrl-live-copy")
    guard case .noSnapshot(let database) = verdict else {
      Issue.record("\(verdict)")
      return
    }
    #expect(database.origin == .liveCopy)
    #expect(database.snapshotID == nil)
    #expect(verdict.message?.contains("live") == true)
  }

  @Test func truncatedAndBadMetaAreDamaged() throws {
    for (name, code) in [("ctrl-truncated", BoltProblem.Code.truncated), ("ctrl-bad-meta", .metaInvalid)] {
      guard case .damaged(let problems) = try verdict(name) else {
        Issue.record("\(name): \(try verdict(name))")
        continue
      }
      #expect(problems.map(\.code) == [code])
      #expect(problems[0].page != nil)
    }
  }

  @Test func otherDatabaseIsToldApart() throws {
    #expect(try verdict("not-ziti") == .otherDatabase)
  }

  @Test(arguments: [0, 1])
  func snapshotWithOneBadMetaPageIsRefused(_ page: Int) throws {
    var bytes = try Fixture.bytes("openziti/ctrl-schema38.db")
    bytes[page * 4096 + 16 + 20] ^= 1
    switch verdict(bytes) {
    case .damaged: break
    // The older page describes the database before it was marked as a snapshot.
    case .noSnapshot: break
    case let other: Issue.record("\(other)")
    }
  }

  @Test func endOfTheStreamAnywhereIsDamage() throws {
    let bytes = try Fixture.bytes("openziti/ctrl-schema38.db")
    // What follows the high-water mark is not needed.
    for length in stride(from: 0, to: 167_936, by: 4999) {
      guard case .damaged = verdict(Array(bytes[..<length])) else {
        Issue.record("\(length) bytes")
        continue
      }
    }
  }
}
