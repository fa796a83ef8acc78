import Foundation
import KubernetesTestKit
import NIOCore
import SnapshotSource
import Subprocess
import SystemPackage
import Synchronization
import Testing

@testable import FilesSource

/// Pods whose commands run for real, with the programs that images have: what they give is extracted and compared.
@Suite struct PodToolsTests {
  static let images = ["gnu", "busybox", "bsdtar", "shell", "busybox shell"]

  @Test(arguments: images) func everyImageGivesTheFiles(image: String) async throws {
    try await withTemporaryFolder { folder in
      try await shell(
        #"""
        mkdir -p src/d/e src/skip src/-x; printf hello >src/d/f; chmod 640 src/d/f; ln src/d/f src/d/g; ln -s f src/d/l
        ln -s $'odd\n' src/d/odd; : >src/d/e/.hidden; : >src/d/e/..two; printf x >$'src/d/two\nlines '; mkfifo src/d/p
        head -c 700000 /dev/urandom >src/d/r; touch -d '2020-02-02 02:02:02' src/d/*; chmod 711 src/d/e
        printf no >src/skip/a; printf no >src/d/b.log; printf y >src/-x/@z
        """#, in: folder)
      let programs = try await FakePod.programs(image, in: folder)
      let captured = try await FakePod.run(handle: FakePod.real(programs)) { client, server in
        let captured = try await capture(
          FakePod.source(client, paths: [folder + "/src"], exclude: ["*.log", folder + "/src/s*"]))
        #expect(server.execCalls.allSatisfy { $0.container == "main" && $0.pod == "web-0" })
        return captured
      }
      try captured.write(to: folder + "/a.tar")
      try await shell(
        """
        mkdir out; tar --delay-directory-restore -xpf a.tar -C out; rm -r src/skip src/d/b.log; mv out/$PWD/src new
        diff -r --no-dereference -x p src new
        touch -d '2021-01-01' src src/d new new/d
        """, in: folder)
      let listing = #"(cd $1; find . -printf '%P|%y|%m|%U|%G|%l|%n|%Ts\n' | LC_ALL=C sort)"#
      #expect(
        try await shell("set -- new; \(listing)", in: folder) == shell("set -- src; \(listing)", in: folder))
      #expect(captured.facts.warnings == [])
      #expect(captured.facts.values["pod"] == "web-0")
      #expect(captured.facts.values["container"] == "main")
      #expect(captured.facts.values["tar"]?.isEmpty == false)
      #expect(captured.facts.values["files"] == "8")
    }
  }

  @Test func gnuTarKeepsHolesAttributesAndNanoseconds() async throws {
    try await withTemporaryFolder { folder in
      try await shell(
        """
        mkdir src; truncate -s 30M src/h; printf x | dd of=src/h bs=1 seek=9000000 conv=notrunc status=none
        setfattr -n user.a -v b src/h; touch -d '2020-02-02 02:02:02.25' src/h
        """, in: folder)
      let programs = try await FakePod.programs("gnu", in: folder)
      let captured = try await FakePod.run(handle: FakePod.real(programs)) { client, _ in
        try await capture(FakePod.source(client, paths: [folder + "/src"]))
      }
      #expect(captured.bytes.count < 1 << 20)
      try captured.write(to: folder + "/a.tar")
      let text = try await shell(
        """
        mkdir out; tar --xattrs -xpf a.tar -C out; cmp src/h out/$PWD/src/h
        cd out/$PWD/..; getfattr -n user.a --only-values */src/h; stat -c ' %y' */src/h; du -k */src/h | cut -f1
        """, in: folder)
      #expect(text.hasPrefix("b 2020-02-02 02:02:02.250000000"))
      #expect(Int(text.split(separator: "\n").last ?? "") ?? 999 < 100)
    }
  }

  @Test(arguments: images) func aPathThatIsNotThereIsNamed(image: String) async throws {
    try await withTemporaryFolder { folder in
      try await shell("mkdir src; touch src/f", in: folder)
      let programs = try await FakePod.programs(image, in: folder)
      let error = try await FakePod.run(handle: FakePod.real(programs)) { client, _ in
        await failure(of: FakePod.source(client, paths: [folder + "/src", folder + "/nope"]))
      }
      #expect(error?.code == .configuration)
      #expect(error?.message.contains("/nope") == true)
    }
  }

  @Test(arguments: images) func aPathThatIsALinkIsRefused(image: String) async throws {
    try await withTemporaryFolder { folder in
      try await shell("touch f; ln -s f l", in: folder)
      let programs = try await FakePod.programs(image, in: folder)
      let error = try await FakePod.run(handle: FakePod.real(programs)) { client, _ in
        await failure(of: FakePod.source(client, paths: [folder + "/l"]))
      }
      #expect(error?.code == .configuration)
      #expect(error?.message.contains("is a symbolic link to f") == true)
    }
  }

  @Test func anImageWithoutToolsSaysWhatElseThereIs() async throws {
    try await withTemporaryFolder { folder in
      let programs = try await FakePod.programs("none", in: folder)
      let error = try await FakePod.run(handle: FakePod.real(programs)) { client, _ in
        await failure(of: FakePod.source(client, paths: [folder]))
      }
      #expect(error?.code == .configuration)
      #expect(error?.message.contains("persistentVolumeClaim") == true)
      #expect(error?.message.contains("pod.container") == true)
    }
  }

  // MARK: Files that change

  /// The file changes right after the first archive was made, as tar sees it then.
  @Test(arguments: ["gnu", "busybox", "bsdtar"], [1, 9]) func aFileThatChangesIsFetchedAgain(
    image: String, times: Int
  ) async throws {
    try await withTemporaryFolder { folder in
      try await shell(
        "mkdir -p src/d; head -c 5000 /dev/zero >src/d/f; ln src/d/f src/d/g; printf same >src/d/s; touch -d @1600000000 src/d/s",
        in: folder)
      // Its last change is of an earlier second than the capture's start.
      let programs = try await FakePod.programs(image, in: folder)
      let made = Mutex(0)
      let handle: PodCommand = { call, connection in
        guard call.command.contains("-c") || call.command.contains("--create") else {
          return try await FakePod.real(call, connection, programs)
        }
        let isTorn = made.withLock { made in
          made += 1
          return made <= times
        }
        if isTorn { try await shell("echo $RANDOM >>src/d/f", in: folder) }
        guard isTorn, image == "gnu" else {
          try await FakePod.real(call, connection, programs)
          return
        }
        let result = try await Subprocess.run(
          .path(.init(programs + "/tar")), arguments: Arguments(Array(call.command.drop { !$0.hasPrefix("--") })),
          output: .bytes(limit: 1 << 24), error: .string(limit: 1 << 20))
        try await connection.stdout(ByteBuffer(bytes: result.standardOutput))
        try await connection.stderr("tar: .\(folder)/src/d/f: file changed as we read it\n")
        try await connection.exit(1)
      }
      let captured = try await FakePod.run(handle: handle) { client, _ in
        try await capture(
          FakePod.source(client, paths: [folder + "/src"], pause: { try await Task.sleep(for: $0) }))
      }
      try captured.write(to: folder + "/a.tar")
      if times == 1 {
        try await shell(
          "mkdir out; tar -xf a.tar -C out; diff -r src out/$PWD/src; [ $(stat -c %h out/$PWD/src/d/f) -ge 1 ]",
          in: folder)
        #expect(captured.facts.values["changed"] == nil)
        #expect(Int(captured.facts.values["readAgain"] ?? "") ?? 0 >= 1)
        #expect(captured.facts.warnings == [])
      } else {
        #expect(captured.facts.values["changed"]?.contains("/src/d/f") == true)
        #expect(captured.facts.warnings.contains { $0.contains("may be torn") && $0.contains("/src/d/f") })
      }
    }
  }

  @Test func ofAShellsFileThatChangesTheLaterCopyCounts() async throws {
    try await withTemporaryFolder { folder in
      try await shell("mkdir src; head -c 5000 /dev/zero >src/f; head -c 5000 /dev/zero >src/g", in: folder)
      let programs = try await FakePod.programs("shell", in: folder)
      let made = Mutex(0)
      let captured = try await FakePod.run(handle: { call, connection in
        if call.command.last == folder + "/src/f", call.command[2].hasPrefix("cat"),
          made.withLock({ made in
            made += 1
            return made == 1
          })
        {
          try await shell("echo more >>src/f", in: folder)
        }
        try await FakePod.real(call, connection, programs)
      }) { client, _ in try await capture(FakePod.source(client, paths: [folder + "/src"])) }
      try captured.write(to: folder + "/a.tar")
      try await shell("mkdir out; tar -xf a.tar -C out; diff -r src out/$PWD/src", in: folder)
      #expect(captured.facts.values["readAgain"] == "1" && captured.facts.warnings == [])
    }
  }

  @Test func withoutFindWhetherFilesChangedIsSaidToBeUnknown() async throws {
    try await withTemporaryFolder { folder in
      try await shell("mkdir src; touch src/f", in: folder)
      let programs = try await FakePod.programs("busybox", in: folder)
      try await shell("rm bin/find", in: folder)
      let captured = try await FakePod.run(handle: FakePod.real(programs)) { client, _ in
        try await capture(FakePod.source(client, paths: [folder + "/src"]))
      }
      #expect(captured.facts.warnings.contains { $0.contains("is not known") })
    }
  }
}
