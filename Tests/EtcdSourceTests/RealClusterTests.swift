import Bolt
import Crypto
import Foundation
import NIOCore
import SnapshotSource
import Synchronization
import TestServers
import Testing

@testable import EtcdSource

/// Against real etcd servers.
@Suite struct RealClusterTests {
  @Test(arguments: EtcdCluster.Version.allCases, EtcdConfiguration.API.allCases)
  func aSnapshotIsWhatEtcdsOwnToolsTake(_ version: EtcdCluster.Version, _ api: EtcdConfiguration.API) async throws {
    let cluster = try await EtcdCluster.start(version)
    defer { cluster.stop() }
    for index in 0..<20 { try await cluster.etcdctl("put", "key\(index)", String(repeating: "v", count: 1_000)) }
    let capture = try await Capture.of(EtcdConfiguration(endpoints: cluster.endpoints, api: api))

    let status = try await capture.status()
    #expect(status.totalKey >= 20)
    #expect(status.revision == 21)
    #expect(capture.warnings.isEmpty)
    #expect(capture.facts["version"]?.hasPrefix(version == .debian ? "3.4." : "3.5.") == true)
    #expect(capture.facts["leader"] == "true")
    #expect(capture.facts["revision"] == "21")
    #expect(capture.facts["totalKeys"] == "\(status.totalKey)")
    #expect(capture.facts["hashKVRevision"] == "21")
    #expect(capture.facts["hashKV"].flatMap(UInt32.init) != nil)
    let listed = try await cluster.etcdctl("endpoint", "status", "-w", "json")
    let clusterID = try #require(UInt64(capture.facts["clusterID"] ?? "", radix: 16))
    #expect(listed.contains("\(clusterID)"))
  }

  @Test func bytesThatAreCutOrChangedAreRefused() async throws {
    let cluster = try await EtcdCluster.start()
    defer { cluster.stop() }
    try await cluster.etcdctl("put", "a", "b")
    let bytes = try await Capture.of(EtcdConfiguration(endpoints: cluster.endpoints)).bytes
    func code(_ bytes: [UInt8]) -> SnapshotSourceError.Code? {
      var checker = EtcdSnapshotChecker()
      for start in stride(from: 0, to: bytes.count, by: 1000) {
        checker.consume(ByteBuffer(bytes: bytes[start..<min(start + 1000, bytes.count)]))
      }
      do {
        _ = try SnapshotJudgement.facts(of: checker.finish(), operation: "test")
        return nil
      } catch {
        return (error as? SnapshotSourceError)?.code
      }
    }
    #expect(code(bytes) == nil)
    for count in [0, 31, 32, 4096, bytes.count - 33, bytes.count - 32, bytes.count - 1] {
      #expect(code(Array(bytes.prefix(count))) == .truncated, "\(count)")
    }
    // Cut where the length could be that of a snapshot.
    #expect(code(Array(bytes.prefix(8192 + 32))) == .corrupt)
    for position in [0, 5000, bytes.count / 2, bytes.count - 33, bytes.count - 1] {
      var changed = bytes
      changed[position] ^= 1
      #expect(code(changed) == .corrupt, "\(position)")
    }
    // A damaged database under a hash that is right.
    var damaged = Array(bytes.dropLast(32))
    damaged.replaceSubrange(8192..., with: [UInt8](repeating: 0xff, count: damaged.count - 8192))
    #expect(code(damaged + Array(SHA256.hash(data: damaged))) == .corrupt)
  }

  @Test func aRestoreOfTheSnapshotServesItsKeys() async throws {
    let cluster = try await EtcdCluster.start()
    try await cluster.etcdctl("put", "hello", "from before")
    let capture = try await Capture.of(EtcdConfiguration(endpoints: cluster.endpoints))
    cluster.stop()

    let folder = try ServerProcess.makeFolder("restore")
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("etcd.db").path
    try Data(capture.bytes).write(to: URL(fileURLWithPath: file))
    let data = folder.appendingPathComponent("data").path
    _ = try await EtcdCluster.run([
      try EtcdCluster.program("etcdutl", .pypi), "snapshot", "restore", file, "--data-dir", data,
    ])
    let restored = try await EtcdCluster.run([
      "/bin/sh", "-c", #"strings -a "$1"/member/snap/db | grep -c "from before""#, "sh", data,
    ])
    #expect(Int(restored.trimmingCharacters(in: .whitespacesAndNewlines)).map { $0 > 0 } == true)
  }

  @Test func oneMemberOfThreeThatIsDownIsAWarning() async throws {
    let cluster = try await EtcdCluster.start(count: 3)
    defer { cluster.stop() }
    try await cluster.etcdctl("put", "a", "b")
    try await cluster.members[1].stopAndWait()
    let capture = try await Capture.of(EtcdConfiguration(endpoints: cluster.endpoints))
    #expect(capture.warnings.count { $0.contains(cluster.endpoints[1]) } == 1, "\(capture.warnings)")
    _ = try await capture.status()
    // The leader is followed wherever it is, also from one that is not first.
    try await eventually("a leader of two", within: .seconds(30)) {
      (try? await Capture.of(EtcdConfiguration(endpoints: cluster.endpoints)))?.facts["leader"] == "true"
    }
  }

  @Test func theLastMemberOfALostClusterIsStillSaved() async throws {
    let cluster = try await EtcdCluster.start(count: 3)
    defer { cluster.stop() }
    try await cluster.etcdctl("put", "a", "b")
    try await cluster.members[1].stopAndWait()
    try await cluster.members[2].stopAndWait()
    let configuration = EtcdConfiguration(endpoints: [cluster.endpoints[0]])
    try await eventually("the leader is missed", within: .seconds(40)) {
      (try? await Capture.of(configuration))?.warnings.contains { $0.contains("no leader") } == true
    }
    #expect(try await Capture.of(configuration).status().totalKey >= 1)
  }

  @Test(arguments: EtcdConfiguration.API.allCases)
  func usersPasswordsAndRightsAreToldApart(_ api: EtcdConfiguration.API) async throws {
    let cluster = try await EtcdCluster.start()
    defer { cluster.stop() }
    for arguments in [
      ["user", "add", "root", "--new-user-password", "geheim"], ["user", "grant-role", "root", "root"],
      ["user", "add", "reader", "--new-user-password", "lesen"], ["auth", "enable"],
    ] {
      _ = try await EtcdCluster.run(
        [try EtcdCluster.program("etcdctl", .pypi), "--endpoints", cluster.endpoints[0]] + arguments)
    }
    func configuration(_ user: EtcdConfiguration.User?) -> EtcdConfiguration {
      EtcdConfiguration(endpoints: cluster.endpoints, user: user, api: api)
    }
    let capture = try await Capture.of(configuration(.init(name: "root", password: "geheim")))
    _ = try await capture.status()

    let wrong = await Capture.failure(configuration(.init(name: "root", password: "falsch")))
    #expect(wrong?.code == .unauthorized)
    #expect(wrong?.message.contains("authSecretRef") == true, "\(wrong?.message ?? "")")
    #expect(wrong?.message.contains("falsch") == false)

    let reader = await Capture.failure(configuration(.init(name: "reader", password: "lesen")))
    #expect(reader?.code == .unauthorized)
    #expect(reader?.message.contains("role root") == true, "\(reader?.message ?? "")")

    let nobody = await Capture.failure(configuration(nil))
    #expect(nobody?.code == .unauthorized)
    #expect(nobody?.message.contains("authSecretRef") == true, "\(nobody?.message ?? "")")
  }

  @Test func endpointsOfTwoClustersAreRefused() async throws {
    let one = try await EtcdCluster.start()
    let other = try await EtcdCluster.start()
    defer {
      one.stop()
      other.stop()
    }
    let error = await Capture.failure(EtcdConfiguration(endpoints: one.endpoints + other.endpoints))
    #expect(error?.code == .configuration)
    #expect(error?.message.contains("different clusters") == true)
  }

  @Test(arguments: EtcdConfiguration.API.allCases)
  func aServerThatIsKilledInTheMiddleIsTruncated(_ api: EtcdConfiguration.API) async throws {
    let cluster = try await EtcdCluster.start()
    defer { cluster.stop() }
    let value = String((0..<400_000).map { _ in "abcdefghijklmnopqrstuvwxyz0123456789".randomElement() ?? "a" })
    for index in 0..<60 {
      let folder = try ServerProcess.makeFolder("value")
      defer { try? FileManager.default.removeItem(at: folder) }
      let file = folder.appendingPathComponent("v").path
      try Data("\(index)\(value)".utf8).write(to: URL(fileURLWithPath: file))
      _ = try await EtcdCluster.run([
        "/bin/sh", "-c", #""$1" --endpoints "$2" put "$3" <"$4""#, "sh",
        try EtcdCluster.program("etcdctl", .pypi), cluster.endpoints[0], "k\(index)", file,
      ])
    }
    let isFirst = Mutex(true)
    let error = await #expect(throws: SnapshotSourceError.self) {
      _ = try await EtcdSource(
        name: "etcd", configuration: EtcdConfiguration(endpoints: cluster.endpoints, api: api)
      ).capture { _ in
        let first = isFirst.withLock { first in
          defer { first = false }
          return first
        }
        if first { try await cluster.members[0].stopAndWait() }
      }
    }
    #expect(error?.code == .truncated, "\(String(describing: error))")
  }

  @Test func aCancelledCaptureEndsAtOnce() async throws {
    let cluster = try await EtcdCluster.start()
    defer { cluster.stop() }
    let source = EtcdSource(name: "etcd", configuration: EtcdConfiguration(endpoints: cluster.endpoints))
    await withTaskGroup(of: Void.self) { group in
      let (began, begin) = AsyncStream<Void>.makeStream()
      group.addTask {
        await #expect(throws: CancellationError.self) {
          _ = try await source.capture { _ in
            begin.yield()
            try await Task.sleep(for: .seconds(600))
          }
        }
      }
      for await _ in began { break }
      group.cancelAll()
    }
  }

  @Test func whatTheSinkThrowsComesOutUnchanged() async throws {
    struct Full: Error {}
    let cluster = try await EtcdCluster.start()
    defer { cluster.stop() }
    let source = EtcdSource(name: "etcd", configuration: EtcdConfiguration(endpoints: cluster.endpoints))
    await #expect(throws: Full.self) { _ = try await source.capture { _ in throw Full() } }
  }
}
