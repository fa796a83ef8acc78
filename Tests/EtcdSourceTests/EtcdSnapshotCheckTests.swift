import Crypto
import NIOCore
import SnapshotSource
import Testing

@testable import EtcdSource

/// The hash at a snapshot's end.
@Suite struct EtcdSnapshotCheckTests {
  private let snapshot: [UInt8] = {
    let database = (0..<4096 * 3).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    return database + Array(SHA256.hash(data: database))
  }()

  private func check(_ bytes: some Collection<UInt8>, pieces: Int) -> SnapshotSourceError.Code? {
    var check = EtcdSnapshotCheck(operation: "test")
    var rest = Array(bytes)[...]
    while !rest.isEmpty {
      check.update(ByteBuffer(bytes: rest.prefix(pieces)))
      rest = rest.dropFirst(pieces)
    }
    do {
      _ = try check.finish()
      return nil
    } catch {
      return (error as? SnapshotSourceError)?.code
    }
  }

  @Test(arguments: [1, 7, 31, 32, 33, 512, 4096, 100_000])
  func aWholeSnapshotPassesHoweverItIsCut(_ pieces: Int) {
    #expect(check(snapshot, pieces: pieces) == nil)
  }

  @Test func anEarlyEndIsTruncated() {
    for count in [0, 1, 31, 32, 4096, 4096 * 3, snapshot.count - 1] {
      #expect(check(snapshot.prefix(count), pieces: 1000) == .truncated, "\(count)")
    }
    // Cut where the length could be that of a snapshot.
    #expect(check(snapshot.prefix(4096 + 32), pieces: 1000) == .corrupt)
  }

  @Test func aFlippedByteIsCorrupt() {
    for position in [0, 5000, snapshot.count - 33, snapshot.count - 32, snapshot.count - 1] {
      var bytes = snapshot
      bytes[position] ^= 1
      #expect(check(bytes, pieces: 777) == .corrupt, "\(position)")
    }
  }
}
