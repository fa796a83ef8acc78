import Crypto
import Foundation
import NIOCore
import SnapshotSource
import TestServers
import Testing

@testable import EtcdSource

/// Pieces of a snapshot, as a store gives them.
private struct Pieces: AsyncSequence, Sendable {
  struct Broken: Error {}
  var bytes: [UInt8]
  var breaksAfter: Int?

  struct AsyncIterator: AsyncIteratorProtocol {
    var pieces: Pieces
    var place = 0
    mutating func next() async throws -> ByteBuffer? {
      if let limit = pieces.breaksAfter, place >= limit { throw Broken() }
      guard place < pieces.bytes.count else { return nil }
      let end = Swift.min(place + 9_000, pieces.bytes.count)
      defer { place = end }
      return ByteBuffer(bytes: pieces.bytes[place..<end])
    }
  }
  func makeAsyncIterator() -> AsyncIterator { AsyncIterator(pieces: self) }
}

/// Snapshots of a real etcd laid down, and what etcd's own tools make of them.
@Suite struct RestoreTests {
  /// A snapshot with the key `hello`, of an etcd that is gone.
  private static let snapshot = SharedServer<[UInt8]> {
    let cluster = try await EtcdCluster.start()
    try await cluster.etcdctl("put", "hello", "from before")
    for index in 0..<50 { try await cluster.etcdctl("put", "key\(index)", String(repeating: "v", count: 2_000)) }
    let bytes = try await Capture.of(EtcdConfiguration(endpoints: cluster.endpoints)).bytes
    cluster.stop()
    return bytes
  }

  private func withFolder(_ body: (String) async throws -> Void) async throws {
    let folder = try ServerProcess.makeFolder("restore")
    defer { try? FileManager.default.removeItem(at: folder) }
    try await body(folder.path)
  }

  private func destination(
    _ folder: String, _ policy: EtcdDestination.ConflictPolicy = .fail, path: String = "/snapshots/etcd.db",
    dataDir: String? = nil, members: [EtcdRestoreCommands.Member] = []
  ) -> EtcdDestination {
    EtcdDestination(
      name: "etcd",
      configuration: EtcdDestination.Configuration(
        root: folder, place: "claim etcd", path: path, policy: policy,
        commands: EtcdRestoreCommands(members: members, dataDir: folder + "/restored"),
        dataDirectory: dataDir.map { EtcdDataDirectory(path: $0) },
        now: { Date(timeIntervalSince1970: 1_795_000_000) }))
  }

  @discardableResult
  private func run(_ destination: EtcdDestination, _ bytes: [UInt8]) async throws -> [String: String] {
    _ = try await destination.preflight()
    let actions = try await destination.plan(from: Pieces(bytes: bytes), size: Int64(bytes.count))
    guard !actions.contains(where: { $0.kind == .conflict }) else {
      throw SnapshotSourceError(.conflict, operation: "plan", message: "\(actions)")
    }
    _ = try await destination.restore(from: Pieces(bytes: bytes), size: Int64(bytes.count), force: false) {}
    return try await destination.verify().values
  }

  private func names(_ folder: String) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: folder).sorted()
  }

  /// Starts etcd from a data directory, and reads a key from it.
  private func value(of key: String, in dataDir: String) async throws -> String {
    try await startWithFreePorts(2) { ports in
      let client = "http://127.0.0.1:\(ports[0])"
      let process = try ServerProcess(
        [
          try EtcdCluster.program("etcd", .pypi), "--data-dir", dataDir, "--listen-client-urls", client,
          "--advertise-client-urls", client, "--listen-peer-urls", "http://127.0.0.1:\(ports[1])",
          "--unsafe-no-fsync",
        ], folder: try ServerProcess.makeFolder("etcd"))
      defer { process.stop() }
      try await process.waitUntil("etcd serves") { process.fullLog.contains("ready to serve client requests") }
      return try await EtcdCluster.run([
        try EtcdCluster.program("etcdctl", .pypi), "--endpoints", client, "get", key, "--print-value-only",
      ])
    }
  }

  @Test func theFileAndItsDigestAreLaidDownAndTheCommandOfThePlanWorks() async throws {
    let bytes = try await Self.snapshot.get()
    try await withFolder { folder in
      let target = destination(folder)
      let preview = try await target.preflight()
      #expect(preview.object == "/snapshots/etcd.db of claim etcd")
      let command = try #require(preview.entries.first { $0.object == "then, one member" }?.detail)
      #expect(preview.entries.contains { $0.detail.contains("--bump-revision 1000000000 --mark-compacted") })
      #expect(try names(folder) == [], "a plan changes nothing")
      let facts = try await run(target, bytes)
      #expect(try names(folder) == ["snapshots", "snapshots/etcd.db", "snapshots/etcd.db.sha256"])
      let digest = SHA256.hash(data: bytes).map { String(format: "%02x", $0) }.joined()
      #expect(facts["sha256"] == digest && facts["oneMember"] == command && facts["revision"] == "52")
      _ = try await EtcdCluster.run(["/bin/sh", "-c", "cd \(folder)/snapshots && sha256sum -c etcd.db.sha256"])

      // Word for word, but for where the tools are.
      let tools = (try EtcdCluster.program("etcdutl", .pypi) as NSString).deletingLastPathComponent
      _ = try await EtcdCluster.run(["/bin/sh", "-c", "PATH=\(tools):$PATH; cd \(folder)/snapshots && \(command)"])
      #expect(try await value(of: "hello", in: folder + "/restored") == "from before\n")
    }
  }

  /// Three members, each by its own command, form one cluster that has the keys.
  @Test func theCommandsForSeveralMembersMakeACluster() async throws {
    let bytes = try await Self.snapshot.get()
    try await withFolder { folder in
      try await startWithFreePorts(6) { ports in
        let members = (0..<3).map {
          EtcdRestoreCommands.Member(name: "m\($0)", peerURL: "http://127.0.0.1:\(ports[3 + $0])")
        }
        var commands = EtcdRestoreCommands(members: members, token: "after the fire")
        try await run(destination(folder, .replace, members: members), bytes)
        let tools = (try EtcdCluster.program("etcdutl", .pypi) as NSString).deletingLastPathComponent
        var processes: [ServerProcess] = []
        defer { for process in processes { process.stop() } }
        for (index, member) in members.enumerated() {
          commands.dataDir = "\(folder)/m\(index)-\(ports[0])"
          let own = try #require(commands.severalMembers(file: "etcd.db").first { $0.member == member.name })
          #expect(own.command.contains("--initial-cluster-token 'after the fire'"))
          _ = try await EtcdCluster.run([
            "/bin/sh", "-c", "PATH=\(tools):$PATH; cd \(folder)/snapshots; \(own.command)",
          ])
          let client = "http://127.0.0.1:\(ports[index])"
          processes.append(
            try ServerProcess(
              [
                try EtcdCluster.program("etcd", .pypi), "--name", member.name, "--data-dir", commands.dataDir,
                "--listen-client-urls", client, "--advertise-client-urls", client, "--listen-peer-urls", member.peerURL,
                "--unsafe-no-fsync",
              ], folder: try ServerProcess.makeFolder("etcd")))
        }
        for process in processes {
          try await process.waitUntil("etcd serves") { process.fullLog.contains("ready to serve client requests") }
        }
        let found = try await EtcdCluster.run([
          try EtcdCluster.program("etcdctl", .pypi), "--endpoints", "http://127.0.0.1:\(ports[1])", "get", "hello",
          "--print-value-only",
        ])
        #expect(found == "from before\n")
      }
    }
  }

  /// What the container of etcd's image does in the pod, with the tools of both versions.
  @Test(arguments: [("etcdutl", EtcdCluster.Version.pypi), ("etcdctl", .debian)])
  func aDataDirectoryAppearsOnlyWhole(tool: String, version: EtcdCluster.Version) async throws {
    let bytes = try await Self.snapshot.get()
    try await withFolder { folder in
      // What a run that died left.
      try FileManager.default.createDirectory(
        atPath: folder + "/data/.holdfast-m0/member", withIntermediateDirectories: true)
      try await run(destination(folder, path: "/etcd.db", dataDir: "/data/m0"), bytes)
      #expect(!FileManager.default.fileExists(atPath: folder + "/data/.holdfast-m0"))
      let directory = EtcdDataDirectory(path: "/data/m0")
      #expect(directory.temporaryPath == "/data/.holdfast-m0")
      let missing = #expect(throws: SnapshotSourceError.self) { _ = try directory.publish(in: folder) }
      #expect(missing?.message.contains("made no data directory") == true)
      _ = try await EtcdCluster.run([
        try EtcdCluster.program(tool, version), "snapshot", "restore", folder + "/etcd.db", "--data-dir",
        folder + directory.temporaryPath,
      ])
      // Damaged: it does not get its name.
      let database = folder + "/data/.holdfast-m0/member/snap/db"
      let whole = try Data(contentsOf: URL(fileURLWithPath: database))
      var damaged = whole
      for place in stride(from: 8_192, to: damaged.count, by: 512) { damaged[place] ^= 0xff }
      try damaged.write(to: URL(fileURLWithPath: database))
      let corrupt = #expect(throws: SnapshotSourceError.self) { _ = try directory.publish(in: folder) }
      #expect(corrupt?.code == .corrupt)
      #expect(!FileManager.default.fileExists(atPath: folder + "/data/m0"))
      try whole.write(to: URL(fileURLWithPath: database))
      let facts = try directory.publish(in: folder)
      #expect(facts.values["dataDir"] == "/data/m0")
      #expect(facts.values["dataDir.revision"] == "52", "\(facts)")
      #expect(try await value(of: "hello", in: folder + "/data/m0") == "from before\n")

      // A second restore there is refused before anything is written.
      let before = try names(folder)
      let again = try await destination(folder, .replace, path: "/etcd.db", dataDir: "/data/m0").plan(
        from: Pieces(bytes: bytes), size: Int64(bytes.count))
      let conflict = again.first { $0.kind == .conflict && $0.object == "/data/m0 of claim etcd" }
      #expect(conflict?.detail?.contains("can be used as it is; else remove it, or name another") == true)
      #expect(try names(folder) == before)
      // Also where nothing is left of the snapshot's folder.
      let other = try await destination(folder, path: "/elsewhere/etcd.db", dataDir: "/data/m0").plan(
        from: Pieces(bytes: bytes), size: Int64(bytes.count))
      #expect(other.contains { $0.kind == .conflict && $0.object == "/data/m0 of claim etcd" })
      // One that came after the plan: both are kept, and both are named.
      try FileManager.default.copyItem(atPath: folder + "/data/m0", toPath: folder + "/data/.holdfast-m0")
      let late = #expect(throws: SnapshotSourceError.self) { _ = try directory.publish(in: folder) }
      #expect(late?.code == .conflict)
      #expect(late?.message.contains("in /data/.holdfast-m0: rename it to another name") == true)
      #expect(FileManager.default.fileExists(atPath: folder + "/data/.holdfast-m0/member/snap/db"))
    }
  }

  @Test func anotherFileIsNeverOverwritten() async throws {
    let bytes = try await Self.snapshot.get()
    try await withFolder { folder in
      let file = folder + "/etcd.db"
      try Data("somebody's".utf8).write(to: URL(fileURLWithPath: file))
      try Data("list".utf8).write(to: URL(fileURLWithPath: file + ".sha256"))
      let refused = await #expect(throws: SnapshotSourceError.self) {
        try await run(destination(folder, path: "/etcd.db"), bytes)
      }
      #expect(refused?.code == .conflict)
      // Also where it came after the plan.
      let late = await #expect(throws: SnapshotSourceError.self) {
        _ = try await destination(folder, path: "/etcd.db").restore(
          from: Pieces(bytes: bytes), size: Int64(bytes.count), force: true
        ) {}
      }
      #expect(late?.code == .conflict)
      try await run(destination(folder, .skip, path: "/etcd.db"), bytes)
      #expect(try String(contentsOfFile: file, encoding: .utf8) == "somebody's")
      #expect(try String(contentsOfFile: file + ".sha256", encoding: .utf8) == "list")
      #expect(try names(folder) == ["etcd.db", "etcd.db.sha256"])

      let facts = try await run(destination(folder, .replace, path: "/etcd.db"), bytes)
      let kept = try #require(facts["kept"])
      #expect(kept.hasPrefix("etcd.db.holdfast-2026"))
      #expect(try String(contentsOfFile: "\(folder)/\(kept)", encoding: .utf8) == "somebody's")
      #expect(try String(contentsOfFile: "\(folder)/\(kept).sha256", encoding: .utf8) == "list")
      #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == Data(bytes))
      // The same once more is no change.
      let actions = try await destination(folder, path: "/etcd.db").plan(
        from: Pieces(bytes: bytes), size: Int64(bytes.count))
      #expect(actions.map(\.kind) == [.skip])
      try await run(destination(folder, path: "/etcd.db"), bytes)
      #expect(try names(folder).count == 4)
    }
  }

  @Test func bytesThatAreNoWholeSnapshotLeaveNothing() async throws {
    let bytes = try await Self.snapshot.get()
    try await withFolder { folder in
      var cases: [(String, [UInt8])] = [0, 32, 4_096, bytes.count - 33, bytes.count - 1].map {
        ("cut at \($0)", Array(bytes.prefix($0)))
      }
      for place in [0, 5_000, bytes.count / 2, bytes.count - 1] {
        var changed = bytes
        changed[place] ^= 1
        cases.append(("changed at \(place)", changed))
      }
      for (name, given) in cases {
        _ = await #expect(throws: SnapshotSourceError.self, "\(name)") {
          _ = try await destination(folder).plan(from: Pieces(bytes: given), size: Int64(given.count))
        }
        _ = await #expect(throws: SnapshotSourceError.self, "\(name)") {
          _ = try await destination(folder).restore(from: Pieces(bytes: given), size: Int64(given.count), force: true) {
            Issue.record("the destructive step began with bytes \(name)")
          }
        }
      }
      _ = await #expect(throws: Pieces.Broken.self) {
        _ = try await destination(folder).restore(
          from: Pieces(bytes: bytes, breaksAfter: 40_000), size: Int64(bytes.count), force: false
        ) { Issue.record("the destructive step began with a broken stream") }
      }
      let left = try names(folder).filter { !$0.hasSuffix("snapshots") }
      #expect(left == [])
    }
  }

  @Test func placesThatCannotBeWrittenAreToldBefore() async throws {
    let bytes = try await Self.snapshot.get()
    try await withFolder { folder in
      let gone = await #expect(throws: SnapshotSourceError.self) { try await run(destination(folder + "/gone"), bytes) }
      #expect(gone?.code == .configuration && gone?.message.contains("claim etcd is not here") == true)
      try FileManager.default.createSymbolicLink(atPath: folder + "/snapshots", withDestinationPath: "/tmp")
      let link = await #expect(throws: SnapshotSourceError.self) { try await run(destination(folder), bytes) }
      #expect(link?.code == .conflict && link?.message.contains("link") == true)
      // More than any disk has.
      let huge = await #expect(throws: SnapshotSourceError.self) {
        _ = try await destination(folder, path: "/etcd.db").plan(from: Pieces(bytes: bytes), size: 1 << 60)
      }
      #expect(huge?.code == .noSpace)
      #expect(huge?.message.contains("make room") == true)
      #expect(try names(folder) == ["snapshots"])
    }
  }

  @Test func wordsForAShellAreQuoted() {
    let commands = EtcdRestoreCommands(dataDir: "/a b/it's")
    #expect(commands.oneMember(file: "etcd.db") == #"etcdutl snapshot restore etcd.db --data-dir '/a b/it'\''s'"#)
    #expect(commands.severalMembers(file: "x").isEmpty)
    #expect(commands.form(file: "x").contains("--initial-cluster NAME="))
  }
}
