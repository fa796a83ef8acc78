import Foundation
import KubernetesClient
import KubernetesModel
import KubernetesTestKit
import NIOCore
import SnapshotSource
import Subprocess
import Synchronization
import SystemPackage
import Tar
import Testing

@testable import FilesSource

/// Files into pods whose commands run for real, with the programs that images have.
@Suite struct PodRestoreTests {
  /// As `FakePod.real`, with what comes on the standard input.
  private static func real(_ programs: String) -> PodCommand {
    { call, connection in
      guard call.query.contains("stdin=true") else { return try await FakePod.real(call, connection, programs) }
      let program = "\(programs)/\(call.command[0])"
      guard FileManager.default.fileExists(atPath: program) else {
        return try await connection.internalError(
          "OCI runtime exec failed: exec: \"\(call.command[0])\": executable file not found in $PATH: unknown")
      }
      var input: [UInt8] = []
      while let piece = try await connection.stdin() { input += Array(piece.readableBytesView) }
      let result = try await Subprocess.run(
        .path(.init(program)), arguments: Arguments(Array(call.command.dropFirst())),
        environment: .custom(["PATH": programs]), input: .array(input), output: .bytes(limit: 16 << 20),
        error: .string(limit: 1 << 20))
      if !result.standardOutput.isEmpty { try await connection.stdout(ByteBuffer(bytes: result.standardOutput)) }
      if !result.standardError.isEmpty { try await connection.stderr(result.standardError) }
      switch result.terminationStatus {
      case .exited(let code): try await connection.exit(Int(code))
      case .signaled(let signal): try await connection.exit(128 + Int(signal))
      }
    }
  }

  private func programs(_ image: String, in folder: String) async throws -> String {
    let path = try await FakePod.programs(image, in: folder)
    switch image {
    case "busybox": try await shell("for p in xargs df; do ln -s $(command -v busybox) bin/$p; done", in: folder)
    case "gnu", "bsdtar":
      try await shell("for p in xargs sh df; do ln -s $(command -v $p) bin/$p; done", in: folder)
    default: break
    }
    return path
  }

  private func destination(
    _ client: KubernetesClient, _ folder: String, _ policy: FileConflictPolicy
  ) -> PodFilesDestination {
    PodFilesDestination(
      name: "files",
      pods: FilesConfiguration.Pods(namespace: "shop", selector: LabelSelector(matchLabels: ["app": "web"])),
      folder: folder, policy: policy, client: client)
  }

  private func source(_ folder: String) async throws -> [UInt8] {
    try await shell(
      """
      mkdir -p src/d/e; printf hello >src/d/f; chmod 640 src/d/f; ln src/d/f src/d/g; ln -s f src/d/l
      printf x >$'src/d/two\nlines '; head -c 700000 /dev/urandom >src/d/r; touch -d '2020-02-02 02:02:02' src/d/*
      chmod 711 src/d/e
      """, in: folder)
    return try await capture(claim(folder + "/src")).bytes
  }

  @Test(arguments: ["gnu", "busybox", "bsdtar"]) func everyTarGetsTheFiles(image: String) async throws {
    try await withTemporaryFolder { folder in
      let bytes = try await source(folder)
      let programs = try await programs(image, in: folder)
      try await shell("mkdir out; touch -r src out", in: folder)
      try await FakePod.run(handle: Self.real(programs)) { client, server in
        let facts = try await destination(client, folder + "/out", .fail).run(bytes)
        #expect(facts["pod"] == "web-0" && facts["container"] == "main")
        #expect(server.execCalls.allSatisfy { $0.container == "main" })
      }
      try await shell("diff -r --no-dereference src out; touch -r src out", in: folder)
      // BusyBox's tar sets no times of folders and links.
      let kinds = image == "busybox" ? "-type f" : "-mindepth 1"
      let listing = #"(cd $1; find . \#(kinds) -printf '%P|%y|%m|%U|%G|%l|%n|%Ts\n' | LC_ALL=C sort)"#
      #expect(
        try await shell("set -- out; \(listing)", in: folder) == shell("set -- src; \(listing)", in: folder))
    }
  }

  @Test(arguments: ["gnu", "bsdtar"]) func policiesHoldInAPodToo(image: String) async throws {
    try await withTemporaryFolder { folder in
      let bytes = try await source(folder)
      let programs = try await programs(image, in: folder)
      try await shell("mkdir -p out/d two/d; echo old >out/d/f; echo old >two/d/f; ln -s x two/d/l", in: folder)
      try await FakePod.run(handle: Self.real(programs)) { client, server in
        let actions = try await destination(client, folder + "/out", .fail).planned(bytes)
        #expect(actions.filter { $0.kind == .conflict }.map(\.object) == ["/d/f"])
        #expect(!server.execCalls.contains { $0.command.contains("--extract") || $0.command.contains("-x") })
        try await destination(client, folder + "/out", .skip).run(bytes)
        #expect(try await shell("cat out/d/f; cat out/d/g", in: folder).hasPrefix("old\n"))
        let replacing = try await destination(client, folder + "/two", .replace).planned(bytes)
        #expect(replacing.contains { $0.kind == .replace && $0.object == "2 names" })
        try await destination(client, folder + "/two", .replace).run(bytes)
        try await shell("diff -r --no-dereference src two", in: folder)
      }
    }
  }

  @Test func whatAContainerLacksIsNamed() async throws {
    try await withTemporaryFolder { folder in
      let bytes = try await source(folder)
      let shellOnly = try await programs("shell", in: folder)
      try await FakePod.run(handle: Self.real(shellOnly)) { client, _ in
        let error = await #expect(throws: SnapshotSourceError.self) {
          _ = try await destination(client, folder, .fail).preflight()
        }
        #expect(error?.code == .configuration && error?.message.contains("has no tar") == true)
      }
      try await shell("rm -r bin; mkdir out", in: folder)
      // tar, and nothing to look with.
      let tarOnly = try await FakePod.programs("gnu", in: folder)
      try await FakePod.run(handle: Self.real(tarOnly)) { client, _ in
        let error = await #expect(throws: SnapshotSourceError.self) {
          _ = try await destination(client, folder + "/out", .fail).preflight()
        }
        #expect(error?.message.contains("xargs and sh") == true)
        try await destination(client, folder + "/out", .replace).run(bytes)
        try await shell("diff -r --no-dereference src out", in: folder)
      }
    }
  }

  @Test func busyboxIsNotGivenWhatItGetsWrong() async throws {
    try await withTemporaryFolder { folder in
      let programs = try await programs("busybox", in: folder)
      try await shell("mkdir out", in: folder)
      let long = try await archive([(TarEntry(name: TarName(String(repeating: "n", count: 120))), "x")])
      try await FakePod.run(handle: Self.real(programs)) { client, _ in
        let error = await #expect(throws: SnapshotSourceError.self) {
          _ = try await destination(client, folder + "/out", .fail).planned(long)
        }
        #expect(error?.message.contains("more than 100 bytes") == true)
        let skip = await #expect(throws: SnapshotSourceError.self) {
          _ = try await destination(client, folder + "/out", .skip).preflight()
        }
        #expect(skip?.code == .configuration)
        let gone = await #expect(throws: SnapshotSourceError.self) {
          _ = try await destination(client, folder + "/gone", .fail).preflight()
        }
        #expect(gone?.message.contains("no folder") == true)
      }
    }
  }

  @Test(arguments: FolderRestoreTests.hostile.indices) func hostileArchivesNeverReachThePod(index: Int) async throws {
    let (name, entries) = FolderRestoreTests.hostile[index]
    guard name != "hard link to a link, written through" else { return }
    try await withTemporaryFolder { folder in
      let programs = try await programs("gnu", in: folder)
      try await shell("mkdir out", in: folder)
      let bytes = try await archive(entries)
      try await FakePod.run(handle: Self.real(programs)) { client, server in
        let error = await #expect(throws: SnapshotSourceError.self) {
          _ = try await destination(client, folder + "/out", .replace).planned(bytes)
        }
        #expect(error?.code == .corrupt, "\(name)")
        #expect(!server.execCalls.contains { $0.command.contains("--extract") })
      }
    }
  }

  @Test func aTarThatFailsIsAPartialRestore() async throws {
    let bytes = try await archive([(TarEntry(name: "f"), "x")])
    try await FakePod.run(handle: { call, connection in
      if call.command.contains("--version") {
        try await connection.stdout("tar (GNU tar) 1.34\n")
        return try await connection.exit(0)
      }
      if call.command.first == "df" { return try await connection.exit(1) }
      while try await connection.stdin() != nil {}
      try await connection.stderr("tar: f: Cannot open: No space left on device\n")
      try await connection.exit(2)
    }) { client, _ in
      let error = await #expect(throws: SnapshotSourceError.self) {
        _ = try await destination(client, "/data", .replace).restore(
          from: Pieces(bytes: bytes), size: 0, force: false
        ) {}
      }
      #expect(error?.code == .partlyDone)
      #expect(error?.message.contains("No space left") == true)
    }
  }
}
