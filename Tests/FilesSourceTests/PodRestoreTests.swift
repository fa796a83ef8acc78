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
  /// As `FakePod.real`, with what comes on the standard input, which stays open until the command has ended.
  /// - Parameter share: Of the archive, that comes before a session's input ends too early.
  private static func real(_ programs: String, share: Double = 1) -> PodCommand {
    { call, connection in
      guard call.query.contains("stdin=true") else { return try await FakePod.real(call, connection, programs) }
      let program = "\(programs)/\(call.command[0])"
      guard FileManager.default.fileExists(atPath: program) else {
        return try await connection.internalError(
          "OCI runtime exec failed: exec: \"\(call.command[0])\": executable file not found in $PATH: unknown")
      }
      let size = try #require(Int(call.command[4]), "every command counts its input: \(call.command)")
      var input: [UInt8] = []
      while input.count < size, let piece = try await connection.stdin() { input += Array(piece.readableBytesView) }
      #expect(input.count == size)
      let isCut = share < 1 && isExtraction(call)
      if isCut { input = Array(input.prefix(Int(Double(size) * share) / 512 * 512)) }
      let (output, errors, status) = try await run(
        program, Array(call.command.dropFirst()), programs, input, isCut: isCut)
      if !output.isEmpty { try await connection.stdout(ByteBuffer(bytes: output)) }
      if !errors.isEmpty { try await connection.stderr(String(decoding: errors, as: UTF8.self)) }
      switch status {
      case .exited(let code): try await connection.exit(Int(code))
      case .signaled(let signal): try await connection.exit(128 + Int(signal))
      }
    }
  }

  private static func isExtraction(_ call: ExecServer.Call) -> Bool {
    call.command.contains("--extract") || call.command.contains("-x")
  }

  private static func run(
    _ program: String, _ arguments: [String], _ programs: String, _ input: [UInt8], isCut: Bool
  ) async throws -> ([UInt8], [UInt8], TerminationStatus) {
    let result = try await Subprocess.run(
      .path(.init(program)), arguments: Arguments(arguments), environment: .custom(["PATH": programs]),
      input: .inputWriter, output: .sequence, error: .sequence
    ) { execution in
      async let output = bytes(of: execution.standardOutput)
      async let errors = bytes(of: execution.standardError)
      // A command may end before it has all.
      _ = try? await execution.standardInputWriter.write(input)
      if isCut { try? await execution.standardInputWriter.finish() }
      let all = try await (output, errors)
      try? await execution.standardInputWriter.finish()
      return all
    }
    return (result.closureResult.0, result.closureResult.1, result.terminationStatus)
  }

  private static func bytes(of output: SubprocessOutputSequence) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    for try await piece in output { piece.withUnsafeBytes { bytes += $0 } }
    return bytes
  }

  private func programs(_ image: String, in folder: String) async throws -> String {
    let path = try await FakePod.programs(image, in: folder)
    switch image {
    case "busybox":
      try await shell("for p in xargs df head tee cat wc; do ln -s $(command -v busybox) bin/$p; done", in: folder)
    case "gnu", "bsdtar":
      try await shell("for p in xargs sh df head tee cat wc; do ln -s $(command -v $p) bin/$p; done", in: folder)
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
      // tar, and nothing to count with.
      let tarOnly = try await FakePod.programs("gnu", in: folder)
      for missing in ["sh head tee cat wc", "head", "tee", "cat", "wc"] {
        let others = ["sh", "head", "tee", "cat", "wc"].filter { !missing.contains($0) }.joined(separator: " ")
        try await shell("for p in \(others); do ln -s $(command -v $p) bin/$p; done", in: folder)
        try await FakePod.run(handle: Self.real(tarOnly)) { client, _ in
          let error = await #expect(throws: SnapshotSourceError.self) {
            _ = try await destination(client, folder + "/out", .replace).preflight()
          }
          #expect(error?.code == .configuration, "\(missing)")
          #expect(error?.message.contains("cannot be counted") == true, "\(missing): \(error?.message ?? "")")
        }
        try await shell("rm -f bin/sh bin/head bin/tee bin/cat bin/wc", in: folder)
      }
      // Nothing to look with.
      try await shell("for p in sh head tee cat wc; do ln -s $(command -v $p) bin/$p; done", in: folder)
      try await FakePod.run(handle: Self.real(tarOnly)) { client, _ in
        let error = await #expect(throws: SnapshotSourceError.self) {
          _ = try await destination(client, folder + "/out", .fail).preflight()
        }
        #expect(error?.message.contains("has no xargs") == true)
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

  @Test(arguments: ["gnu", "busybox", "bsdtar"]) func aSessionThatEndsEarlyIsNoSuccess(image: String) async throws {
    try await withTemporaryFolder { folder in
      // Cut in a file's content, and between two members, where every tar says that all is well.
      let bytes = try await archive((0..<64).map { (TarEntry(name: TarName("f\($0)")), "x") })
      let programs = try await programs(image, in: folder)
      try await shell("mkdir out", in: folder)
      for share in [0, 0.3, 0.5, 0.99] {
        try await FakePod.run(handle: Self.real(programs, share: share)) { client, _ in
          let error = await #expect(throws: SnapshotSourceError.self, "\(share)") {
            try await destination(client, folder + "/out", .replace).run(bytes)
          }
          #expect(error?.code == .partlyDone)
          #expect(error?.message.contains("conflictPolicy Replace") == true)
        }
      }
      try await FakePod.run(handle: Self.real(programs)) { client, _ in
        try await destination(client, folder + "/out", .replace).run(bytes)
        #expect(try await shell("ls out | wc -l", in: folder) == "64\n")
      }
    }
  }

  /// What a kubelet says that ends a session with the command still at work.
  @Test(arguments: ["exit", "status", "count", "drop", "close"]) func nothingSaidIsNoSuccess(end: String) async throws {
    try await withTemporaryFolder { folder in
      let bytes = try await source(folder)
      let programs = try await programs("gnu", in: folder)
      try await shell("mkdir out", in: folder)
      let real = Self.real(programs)
      try await FakePod.run(handle: { call, connection in
        guard Self.isExtraction(call) else { return try await real(call, connection) }
        _ = try await connection.stdin()
        switch end {
        case "status": try await connection.stdout("status 0\n")
        case "count": try await connection.stdout("\(bytes.count)\n")
        case "drop": throw ConnectionDropped()
        case "close": return try await connection.close()
        default: break
        }
        try await connection.exit(0)
      }) { client, _ in
        let error = await #expect(throws: SnapshotSourceError.self) {
          try await destination(client, folder + "/out", .replace).run(bytes)
        }
        #expect(error?.code == .partlyDone, "\(error.map(String.init(describing:)) ?? "")")
      }
    }
  }

  @Test func fewerBytesThanPromisedEndTheSession() async throws {
    try await withTemporaryFolder { folder in
      let bytes = try await source(folder)
      let programs = try await programs("gnu", in: folder)
      try await shell("mkdir out", in: folder)
      let real = Self.real(programs)
      try await FakePod.run(handle: { call, connection in
        guard Self.isExtraction(call) else { return try await real(call, connection) }
        while try await connection.stdin() != nil {}
        try await connection.exit(0)
      }) { client, _ in
        for size in [bytes.count + 1, bytes.count - 1] {
          let error = await #expect(throws: SnapshotSourceError.self) {
            _ = try await destination(client, folder + "/out", .replace).restore(
              from: Pieces(bytes: bytes), size: Int64(size), force: false
            ) {}
          }
          #expect(error?.code == .partlyDone)
          #expect(error?.message.contains("bytes came") == true, "\(error?.message ?? "")")
        }
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
      let isTar = Self.isExtraction(call)
      if isTar { try await connection.stderr("tar: f: Cannot open: No space left on device\n") }
      try await connection.stdout("status \(isTar ? 2 : 0)\n\(call.command[4])\n")
      try await connection.exit(0)
    }) { client, _ in
      let error = await #expect(throws: SnapshotSourceError.self) {
        _ = try await destination(client, "/data", .replace).restore(
          from: Pieces(bytes: bytes), size: Int64(bytes.count), force: false
        ) {}
      }
      #expect(error?.code == .partlyDone)
      #expect(error?.message.contains("No space left") == true)
    }
  }
}
