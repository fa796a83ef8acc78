import Foundation
import KubernetesTestKit
import NIOCore
import SnapshotSource
import Synchronization
import Tar
import Testing

@testable import FilesSource

/// What a pod, a network or an attacker does wrong. Promise 4: a stream that broke is never a backup.
@Suite struct PodStreamTests {
  static func archive(_ members: [(TarEntry, String)]) async throws -> ByteBuffer {
    var bytes = ByteBuffer()
    try await withTarWriter(into: { bytes.writeImmutableBuffer($0) }) { writer in
      for (entry, content) in members { try await writer.append(entry, content: ByteBuffer(string: content)) }
    }
    return bytes
  }

  static func good() async throws -> ByteBuffer {
    try await archive([
      (TarEntry(name: "./etc/app/", kind: .directory), ""), (TarEntry(name: "./etc/app/a"), "content"),
      (TarEntry(name: "./etc/app/b"), String(repeating: "x", count: 5_000)),
    ])
  }

  private func failure(_ archive: @escaping PodCommand) async throws -> SnapshotSourceError? {
    try await FakePod.gnu(archive) { client, _ in
      await FilesSourceTests.failure(of: FakePod.source(client, paths: ["/etc/app"]))
    }
  }

  private func failure(_ members: [(TarEntry, String)]) async throws -> SnapshotSourceError? {
    let bytes = try await Self.archive([(TarEntry(name: "etc/app/", kind: .directory), "")] + members)
    return try await failure { _, connection in
      try await connection.stdout(bytes)
      try await connection.exit(0)
    }
  }

  @Test func aGoodStreamIsTaken() async throws {
    let captured = try await FakePod.gnu { _, connection in
      try await connection.stdout(Self.good())
      try await connection.exit(0)
    } _: { client, server in
      let captured = try await capture(FakePod.source(client, paths: ["/etc/app"]))
      #expect(server.execCalls.last?.command.suffix(3) == ["--directory=/", "--", "./etc/app"])
      return captured
    }
    #expect(try captured.names() == ["etc/app/", "etc/app/a", "etc/app/b"])
    #expect(captured.facts.values["bytes"] == "5007")
  }

  // MARK: Ends

  @Test func aConnectionThatIsCutIsAFailure() async throws {
    for isPolite in [true, false] {
      let error = try await failure { _, connection in
        try await connection.stdout(Self.good())
        // The whole archive came; that it was all is not known.
        if !isPolite { throw ConnectionDropped() }
      }
      #expect(error?.code == .truncated)
      #expect(error?.message.contains("pod may have restarted") == true)
    }
  }

  @Test func aPodThatRestartsInTheMiddleIsAFailure() async throws {
    let error = try await failure { _, connection in
      var bytes = try await Self.good()
      try await connection.stdout(bytes.readSlice(length: 2_000) ?? ByteBuffer())
      try await connection.exit(137)
    }
    #expect(error?.code == .truncated)
    #expect(error?.message.contains("137") == true)
  }

  @Test func aStatusThatIsNotZeroAfterOutputIsAFailure() async throws {
    let error = try await failure { _, connection in
      try await connection.stdout(Self.good())
      try await connection.stderr(
        "tar: ./etc/app/key: Cannot open: Permission denied\ntar: Exiting with failure status due to previous errors\n")
      try await connection.exit(2)
    }
    #expect(error?.code == .unauthorized)
    #expect(error?.message.contains("./etc/app/key: Cannot open: Permission denied") == true)
    // Status 1 is a difference only where tar names it.
    let other = try await failure { _, connection in
      try await connection.stdout(Self.good())
      try await connection.stderr("tar: something\n")
      try await connection.exit(1)
    }
    #expect(other?.code == .failed)
  }

  @Test func anArchiveThatEndsEarlyWithStatusZeroIsAFailure() async throws {
    let whole = try await Self.good()
    for length in [0, 100, 512, 700, 1_536, 3_000, 7_600] {
      let error = try await failure { _, connection in
        var bytes = whole
        try await connection.stdout(bytes.readSlice(length: length) ?? ByteBuffer())
        try await connection.exit(0)
      }
      #expect(error?.code == .truncated, "\(length) bytes")
    }
  }

  @Test func aPathThatDoesNotComeIsAFailure() async throws {
    let error = try await FakePod.gnu { _, connection in
      try await connection.stdout(Self.good())
      try await connection.exit(0)
    } _: { client, _ in
      await FilesSourceTests.failure(of: FakePod.source(client, paths: ["/etc/app", "/var/lib/app"]))
    }
    #expect(error?.code == .corrupt)
    #expect(error?.message.contains("gave nothing of /var/lib/app") == true)
  }

  @Test func aLongStandardErrorIsReadToItsEnd() async throws {
    let line = String(repeating: "tar: ./etc/app/x: Cannot stat: Input/output error\n", count: 1_000)
    let error = try await failure { _, connection in
      try await connection.stdout(Self.good())
      for _ in 0..<200 { try await connection.stderr(line) }
      try await connection.exit(2)
    }
    #expect(error?.message.contains("status 2") == true || error?.message.contains("more files than") == true)
    #expect((error?.message.utf8.count ?? .max) < 2_000)
    // Complaints that cannot all be named may hide a changed file.
    let cut = try await failure { _, connection in
      try await connection.stdout(Self.good())
      for _ in 0..<60 { try await connection.stderr(line) }
      try await connection.exit(0)
    }
    #expect(cut?.message.contains("more files than can be named") == true)
  }

  @Test func whatTarSaysBesidesIsAWarning() async throws {
    let captured = try await FakePod.gnu { _, connection in
      try await connection.stderr("tar: ./etc/app/s: socket ignored\ntar: ./etc/app/q: Warning: odd\n")
      try await connection.stdout(Self.good())
      try await connection.stderr("tar: ./etc/app/gone: File removed before we read it\n")
      try await connection.exit(1)
    } _: { client, _ in
      try await capture(FakePod.source(client, paths: ["/etc/app"]))
    }
    #expect(captured.facts.values["vanished"] == "1")
    #expect(captured.facts.warnings.contains { $0.contains("/etc/app/gone") })
    #expect(captured.facts.warnings.contains { $0.contains("sockets were left out: /etc/app/s") })
    #expect(captured.facts.warnings.contains { $0.contains("Warning: odd") })
  }

  // MARK: Rights

  @Test func aRefusedCommandNamesTheRight() async throws {
    let refuse: @Sendable (String, String) -> ExecServer.Answer? = { _, uri in
      uri.contains("/exec")
        ? .failure(403, reason: "Forbidden", "pods \"web-0\" is forbidden: cannot create resource \"pods/exec\"") : nil
    }
    let error = try await FakePod.run(answer: refuse, handle: { _, _ in }) { client, _ in
      await FilesSourceTests.failure(of: FakePod.source(client, paths: ["/etc/app"]))
    }
    #expect(error?.code == .unauthorized)
    #expect(error?.message.contains("pods/exec") == true)
  }

  @Test func wrongCredentialsAreTold() async throws {
    let error = try await FakePod.run(
      answer: { _, _ in .failure(401, reason: "Unauthorized", "Unauthorized") }, handle: { _, _ in }
    ) { client, _ in await FilesSourceTests.failure(of: FakePod.source(client, paths: ["/etc/app"])) }
    #expect(error?.code == .unauthorized)
  }

  @Test func aSelectorWithoutPodsIsTold() async throws {
    let none = #"{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[]}"#
    let error = try await FakePod.run(answer: { _, _ in .init(none) }, handle: { _, _ in }) { client, _ in
      await FilesSourceTests.failure(of: FakePod.source(client, paths: ["/etc/app"]))
    }
    #expect(error?.code == .configuration)
    #expect(error?.message.contains("app=web") == true)
  }

  @Test func aServerThatIsNotThereIsTold() async throws {
    let client = try await FakePod.run(handle: { _, _ in }) { client, _ in client }
    let error = await FilesSourceTests.failure(of: FakePod.source(client, paths: ["/etc/app"]))
    #expect(error != nil)
  }

  // MARK: Hostile content

  @Test(arguments: [
    "../etc/passwd", "/etc/app/a", "etc/app/../../root", "etc/apple", "etc", "root/.ssh/authorized_keys", "./", "..",
  ]) func namesThatNobodyAskedForAreRefused(name: String) async throws {
    let error = try await failure([(TarEntry(name: TarName(name)), "x")])
    #expect(error?.code == .corrupt)
  }

  @Test func linksThatLeadElsewhereAreRefused() async throws {
    for target in ["/etc/passwd", "../x", "etc/passwd"] {
      let link = TarEntry(name: "etc/app/l", kind: .hardLink, linkTarget: TarName(target))
      #expect(try await failure([(link, "")])?.code == .corrupt)
    }
    let behind = try await failure([
      (TarEntry(name: "etc/app/l", kind: .symbolicLink, linkTarget: "/root"), ""), (TarEntry(name: "etc/app/l/f"), "x"),
    ])
    #expect(behind?.message.contains("behind a symbolic link") == true)
    // A hard link is as good as its target.
    let over = try await failure([
      (TarEntry(name: "etc/app/l", kind: .symbolicLink, linkTarget: "/root"), ""),
      (TarEntry(name: "etc/app/h", kind: .hardLink, linkTarget: "etc/app/l"), ""),
      (TarEntry(name: "etc/app/h/f"), "x"),
    ])
    #expect(over?.message.contains("behind a symbolic link") == true)
    let to = try await failure([
      (TarEntry(name: "etc/app/l", kind: .symbolicLink, linkTarget: "/root"), ""),
      (TarEntry(name: "etc/app/h", kind: .hardLink, linkTarget: "etc/app/l/secret"), ""),
    ])
    #expect(to?.message.contains("behind a symbolic link") == true)
    // A symbolic link by itself may point anywhere.
    let link = TarEntry(name: "etc/app/l", kind: .symbolicLink, linkTarget: "/root")
    #expect(try await failure([(link, "")]) == nil)
  }

  /// What a pod complains about is its own words: no file that nobody asked for is read because of them.
  @Test func namesInComplaintsAreNoRequests() async throws {
    let bytes = try await Self.archive([
      (TarEntry(name: "etc/app/", kind: .directory), ""), (TarEntry(name: "etc/app/a"), "content"),
      (TarEntry(name: "etc/app/l", kind: .symbolicLink, linkTarget: "/root"), ""),
    ])
    let commands = try await FakePod.gnu { call, connection in
      try await connection.stdout(bytes)
      guard !call.command.contains(where: { $0.contains("etc/app/a") }) else { return try await connection.exit(0) }
      for name in ["etc/cron.d/x", "etc/app/l/f", "etc/app/a"] {
        try await connection.stderr("tar: ./\(name): file changed as we read it\n")
      }
      try await connection.exit(1)
    } _: { client, server in
      _ = await FilesSourceTests.failure(of: FakePod.source(client, paths: ["/etc/app"]))
      return server.execCalls.map { $0.command.joined(separator: " ") }
    }
    #expect(commands.contains { $0.contains("etc/app/a") })
    #expect(!commands.contains { $0.contains("cron.d") || $0.contains("app/l/f") }, "\(commands)")
  }

  @Test func membersOfUnknownTypesAreRefused() async throws {
    let error = try await failure([(TarEntry(name: "etc/app/x", kind: .other(UInt8(ascii: "Z"))), "x")])
    #expect(error?.code == .corrupt)
  }

  @Test func brokenHeadersAreRefused() async throws {
    let whole = try await Self.good()
    for place in [0, 100, 124, 148, 156, 600] {
      let error = try await failure { _, connection in
        var bytes = whole
        bytes.setInteger(UInt8(0xA7), at: place)
        try await connection.stdout(bytes)
        try await connection.exit(0)
      }
      #expect(error?.code == .corrupt, "byte \(place)")
    }
    let trailing = try await failure { _, connection in
      try await connection.stdout(whole)
      try await connection.stdout("more")
      try await connection.exit(0)
    }
    #expect(trailing?.code == .corrupt)
  }

  /// Promise 5: headers without end.
  @Test func endlessHeadersAreRefused() async throws {
    let header = try await Self.archive([
      (TarEntry(name: "etc/app/x", kind: .other(UInt8(ascii: "x"))), String(repeating: "y", count: 60_000))
    ])
    let error = try await failure { _, connection in
      for _ in 0..<100 {
        try await connection.stdout(header.getSlice(at: 0, length: 512 + 60_416) ?? ByteBuffer())
      }
    }
    #expect(error?.code == .corrupt)
  }

  @Test func sizesBeyondTheStreamAreTruncations() async throws {
    var bytes = ByteBuffer()
    let entry = TarEntry(name: "etc/app/huge", size: 1 << 62)
    try? await withTarWriter(into: { bytes.writeImmutableBuffer($0) }) { writer in
      try await writer.begin(entry)
      try await writer.write(ByteBuffer(repeating: 1, count: 200_000))
    }
    let error = try await failure { [bytes] _, connection in
      try await connection.stdout(bytes)
      try await connection.exit(0)
    }
    #expect(error?.code == .truncated)
    #expect(error?.message.contains("etc/app/huge") == true)
  }

  @Test func mapsOfHolesThatDoNotFitAreRefused() async throws {
    func sparse(_ map: String, real: Int64 = 1 << 20) async throws -> SnapshotSourceError? {
      var bytes = ByteBuffer()
      var entry = TarEntry(name: "etc/app/s", sparse: TarSparse(realSize: real, segments: []))
      entry.size = 1_024
      try await withTarWriter(into: { bytes.writeImmutableBuffer($0) }) { writer in
        try await writer.append(TarEntry(name: "etc/app/", kind: .directory))
        try await writer.beginCopy(of: entry)
        var content = ByteBuffer(string: map)
        content.writeRepeatingByte(0, count: 1_024 - map.utf8.count)
        try await writer.write(content)
        try await writer.end()
      }
      return try await failure { [bytes] _, connection in
        try await connection.stdout(bytes)
        try await connection.exit(0)
      }
    }
    #expect(try await sparse("1\n0\n512\n") == nil)
    for map in [
      "1\n0\n1024\n", "2\n0\n512\n", "1\n2000000\n512\n", "x\n", "99999999999\n", "-1\n", "0\n",
      String(repeating: "1", count: 900),
    ] {
      #expect(try await sparse(map)?.code == .corrupt, "\(map)")
    }
  }

  @Test func cancellationEndsIt() async throws {
    try await FakePod.gnu { _, connection in
      try await connection.stdout(ByteBuffer(Self.good().readableBytesView.prefix(2_000)))
      try await connection.waitForEnd()
    } _: { client, server in
      let task = Task { try await capture(FakePod.source(client, paths: ["/etc/app"])) }
      while server.execCalls.count < 2 { await Task.yield() }
      task.cancel()
      await #expect(throws: (any Error).self) { _ = try await task.value }
      while server.endedConnections < 2 { await Task.yield() }
    }
  }
}
