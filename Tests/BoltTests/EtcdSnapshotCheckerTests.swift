import Crypto
import NIOCore
import Testing

@testable import Bolt

/// The hash behind the database; real snapshots are inspected in `InspectionTests`.
@Suite struct EtcdSnapshotCheckerTests {
  private func check(_ bytes: [UInt8], pieces: Int) -> EtcdSnapshotReport {
    var checker = EtcdSnapshotChecker()
    for start in stride(from: 0, to: bytes.count, by: pieces) {
      checker.consume(ByteBuffer(bytes: bytes[start..<min(bytes.count, start + pieces)]))
    }
    return checker.finish()
  }

  @Test(arguments: [1, 31, 32, 33, 1000, 1_000_000])
  func hashIsVerifiedHoweverTheBytesAreCut(_ pieces: Int) throws {
    let database = try Fixture.bytes("openziti/not-ziti.db")
    let snapshot = database + Array(SHA256.hash(data: database))
    let report = check(snapshot, pieces: pieces)
    #expect(report.hash == .verified)
    #expect(report.verdict == .sound)
    #expect(report.database.size == Int64(database.count))
    // Not etcd's.
    #expect(report.facts == nil)

    var damaged = snapshot
    damaged[database.count + 5] ^= 1
    #expect(check(damaged, pieces: pieces).problems.map(\.code) == [.hashMismatch])
    damaged = snapshot
    // In a free page or behind the last one: only the hash tells.
    damaged[database.count - 1] ^= 1
    #expect(check(damaged, pieces: pieces).problems.map(\.code) == [.hashMismatch])
    #expect(check(database, pieces: pieces).hash == .absent)
    #expect(check(database, pieces: pieces).verdict == .sound)
  }

  @Test func shortInputsAreUnsound() {
    for size in [0, 1, 31, 32, 33, 544] {
      #expect(check([UInt8](repeating: 7, count: size), pieces: 10).verdict == .unsound)
    }
  }
}
