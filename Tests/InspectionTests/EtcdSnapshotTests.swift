import Age
import Foundation
import TestServers
import Testing

@testable import Bolt
@testable import Inspection

/// Snapshots of real etcd servers, against what etcd's own tool says of them.
@Suite struct EtcdSnapshotTests {
  private struct Status: Decodable {
    var hash: UInt32
    var revision: Int64
    var totalKey: Int
    var totalSize: Int64
  }

  @Test(arguments: EtcdCluster.Version.allCases)
  func snapshotOfARealServer(_ version: EtcdCluster.Version) async throws {
    let folder = try Folder()
    let file = "\(folder.path)/snapshot.db"
    let status = try await makeSnapshot(version, file)

    let report = try await inspect(file)
    #expect(report.kind == .etcdSnapshot)
    #expect(report.sound == true, "\(report.problems)")
    #expect(report.facts["sha256"] == "verified")
    #expect(report.facts["revision"] == "\(status.revision)")
    #expect(report.facts["totalKeys"] == "\(status.totalKey)")
    #expect(report.facts["databaseSize"] == "\(status.totalSize)")
    #expect(report.facts["hash"] == String(status.hash, radix: 16))
    #expect(report.facts["members"] == "1")
    #expect(report.facts["clusterVersion"]?.hasPrefix("3.") == true)
    #expect(report.facts["consistentIndex"] != nil)

    let bytes = try folder.read("snapshot.db")
    try await inspectVariants(of: bytes, facts: report.facts)
  }

  private func makeSnapshot(_ version: EtcdCluster.Version, _ file: String) async throws -> Status {
    let cluster = try await EtcdCluster.start(version)
    defer { cluster.stop() }
    let etcdctl = [try EtcdCluster.program("etcdctl", version), "--endpoints", cluster.endpoints[0]]
    for index in 0..<60 {
      _ = try await EtcdCluster.run(
        etcdctl + ["put", "key-\(index)", String(repeating: "value \(index) ", count: 200)])
    }
    _ = try await EtcdCluster.run(etcdctl + ["del", "key-7"])
    _ = try await EtcdCluster.run(etcdctl + ["snapshot", "save", file])
    let output = try await EtcdCluster.run(etcdctl + ["snapshot", "status", file, "-w", "json"])
    // 3.5 says before it that the command has moved.
    let json = try #require(output.split(separator: "\n").last { $0.hasPrefix("{") })
    return try JSONDecoder().decode(Status.self, from: Data(json.utf8))
  }

  private func inspectVariants(of bytes: [UInt8], facts: [String: String]) async throws {
    let identity = AgeIdentity.generate()
    let streamed = try await inspect(bytes: try encode(bytes, zstd: true, age: identity), [identity])
    #expect(streamed.kind == .etcdSnapshot)
    #expect(streamed.sound == true)
    // The hash takes a second reading, in the order of keys.
    #expect(streamed.facts == facts.filter { $0.key != "hash" })

    let withoutHash = try await inspect(bytes: Array(bytes.dropLast(32)))
    #expect(withoutHash.kind == .etcdDatabase)
    #expect(withoutHash.sound == true)
    #expect(withoutHash.warnings.count == 1)
    #expect(withoutHash.facts["hash"] == facts["hash"])

    for position in [100, bytes.count / 2, bytes.count - 40, bytes.count - 1] {
      var damaged = bytes
      damaged[position] ^= 1
      let report = try await inspect(bytes: damaged)
      #expect(report.sound == false, "a bit at \(position)")
    }
    for length in [bytes.count / 2, bytes.count - 1, bytes.count - 512] {
      let report = try await inspect(bytes: Array(bytes[..<length]))
      // With a part of the hash, or of unused pages, gone it is still a whole database, but no snapshot.
      #expect(report.sound == false || report.kind == .etcdDatabase, "\(length) of \(bytes.count) bytes")
    }
  }
}
