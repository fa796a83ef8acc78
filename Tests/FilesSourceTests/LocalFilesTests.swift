import Foundation
import NIOCore
import SnapshotSource
import Synchronization
import Tar
import Testing

@testable import FilesSource

/// A claim, or this machine. What comes out is compared by GNU tar, as a person would restore it: promise 8.
@Suite struct LocalFilesTests {
  /// Names of any bytes and length, holes, links, attributes, odd times.
  static let tree = #"""
    mkdir -p src/empty src/sub "src/$(printf 'Gr\303\266\303\237e')"
    printf hello >src/file; chmod 640 src/file; touch -d '2023-11-14 22:13:20.123456789' src/file
    : >src/nothing; chmod 4755 src/nothing
    ln src/file src/sub/hard; ln -s file src/link; ln -s /etc/passwd src/absolute; ln -s nowhere src/dangling
    printf x >"src/$(printf 'not\377utf8\n and more ')"
    printf y >"src/-rf"; printf z >src/@at
    head -c 300000 /dev/urandom >src/random; head -c 65536 /dev/urandom >src/edge
    truncate -s 64M src/holes; printf data | dd of=src/holes bs=1 seek=33554433 conv=notrunc status=none
    printf end | dd of=src/holes bs=1 seek=67108861 conv=notrunc status=none
    truncate -s 10M src/allholes; printf front >src/front; truncate -s 5000001 src/front
    mkfifo src/fifo; touch -d '1960-01-01 00:00:00.5' src/old
    deep=src; for i in $(seq 1 17); do deep=$deep/$(printf 'd%.0s' $(seq 1 200)); (cd src; mkdir -p ${deep#src/}); done
    setfattr -n user.comment -v $'two\nlines=%' src/file; setfattr -n user.folder -v 1 src/sub
    chmod 711 src/sub
    """#

  static let listing =
    #"(cd $1; find . -printf '%P|%y|%m|%U|%G|%l|%n|%T@\n' | LC_ALL=C sort; (getfattr -Rdm - . 2>/dev/null || true) | LC_ALL=C sort)"#

  @Test func realTarRestoresATreeAsItWas() async throws {
    try await withTemporaryFolder { folder in
      try await shell(Self.tree, in: folder)
      let captured = try await capture(claim(folder + "/src"))
      try captured.write(to: folder + "/a.tar")
      try await shell("mkdir out; tar --xattrs -xpf a.tar -C out; diff -r --no-dereference -x fifo src out", in: folder)
      let was = try await shell("set -- src; \(Self.listing)", in: folder)
      #expect(try await shell("set -- out; \(Self.listing)", in: folder) == was)
      #expect(was.contains("user.comment") && was.contains("user.folder"))
      // Holes stay holes: in the archive, and when it is extracted.
      #expect(captured.bytes.count < 2 << 20)
      let used = try await shell("du -k --total out/holes out/allholes out/front | tail -1 | cut -f1", in: folder)
      #expect(Int(used.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0 < 100)
      #expect(captured.facts.warnings == [])
      #expect(captured.facts.values["from"] == "claim data")
      #expect(captured.facts.values["devices"] == "1")
    }
  }

  /// Promise 8, with the layers that a backup has.
  @Test func ageZstdAndTarRestoreByHand() async throws {
    try await withTemporaryFolder { folder in
      try await shell(Self.tree, in: folder)
      try await capture(claim(folder + "/src", exclude: ["fifo"])).write(to: folder + "/a.tar")
      try await shell(
        """
        age-keygen -o key 2>/dev/null; zstd -q a.tar -o a.zst; age -r $(age-keygen -y key) -o a.age a.zst
        mkdir out; age -d -i key a.age | zstd -dq | tar -xf - -C out; diff -r --no-dereference -x fifo src out
        """, in: folder)
    }
  }

  @Test(arguments: ["bsdtar -xpf", "busybox tar -xpf", "python3 -m tarfile -e"])
  func otherToolsRestoreWhatTheyCan(tool: String) async throws {
    try await withTemporaryFolder { folder in
      try await shell(
        "mkdir -p src/d; printf hello >src/d/f; ln src/d/f src/d/g; ln -s f src/d/l; chmod 600 src/d/f", in: folder)
      try await shell("head -c 200000 /dev/urandom >src/r; printf x >src/Größe", in: folder)
      try await capture(claim(folder + "/src")).write(to: folder + "/a.tar")
      try await shell("mkdir out; cd out; \(tool) ../a.tar; cd ..; diff -r --no-dereference src out", in: folder)
      #expect(try await shell("stat -c '%a %h' out/d/f", in: folder) == "600 2\n")
    }
  }

  @Test func bsdtarKeepsHolesToo() async throws {
    try await withTemporaryFolder { folder in
      try await shell(
        "mkdir src; truncate -s 20M src/h; printf x | dd of=src/h bs=1 seek=9000000 conv=notrunc status=none",
        in: folder)
      try await capture(claim(folder + "/src")).write(to: folder + "/a.tar")
      try await shell("mkdir out; bsdtar -xf a.tar -C out; cmp src/h out/h", in: folder)
    }
  }

  @Test func pathsAreTakenOnceAndUnderTheirNames() async throws {
    try await withTemporaryFolder { folder in
      try await shell(
        "mkdir -p etc/ziti/pki etc/other; echo 1 >etc/ziti/a; echo 2 >etc/ziti/pki/b; echo 3 >etc/other/c; echo 4 >f",
        in: folder)
      let captured = try await capture(claim(folder, paths: ["/etc/ziti/", "/etc//ziti/pki/b", "/f"]))
      #expect(try captured.names().sorted() == ["etc/ziti/", "etc/ziti/a", "etc/ziti/pki/", "etc/ziti/pki/b", "f"])
      #expect(captured.facts.values["files"] == "3")
      #expect(captured.facts.values["folders"] == "2")
      #expect(captured.facts.values["bytes"] == "6")
    }
  }

  @Test func whatIsExcludedStaysOut() async throws {
    try await withTemporaryFolder { folder in
      try await shell(
        "mkdir -p a/b/logs a/cache/x; touch a/1.log a/1.txt a/b/2.log a/b/logs/3 a/cache/x/4 a/b/keep; mkdir -m 0 a/secret",
        in: folder)
      let captured = try await capture(
        claim(folder, paths: ["/a"], exclude: ["*.log", "/a/cache", "logs", "/a/sec*", "/a/*/nothing", "b/keep"]))
      #expect(try captured.names().sorted() == ["a/", "a/1.txt", "a/b/", "a/b/keep"], "b/keep is no whole path")
    }
  }

  @Test func aPathThatIsNotThereIsNamed() async throws {
    try await withTemporaryFolder { folder in
      let error = await failure(of: claim(folder, paths: ["/etc/nope"]))
      #expect(error?.code == .configuration)
      #expect(error?.description.contains("/etc/nope of claim data") == true)
      let missing = await failure(of: claim(folder + "/gone"))
      #expect(missing?.code == .configuration)
      #expect(missing?.message.contains("claim data is not here") == true)
    }
  }

  /// A link in a claim could lead into the executor's own secrets.
  @Test func linksAreNotFollowed() async throws {
    try await withTemporaryFolder { folder in
      try await shell(
        "mkdir -p claim secret/in; echo s >secret/in/key; ln -s ../secret claim/way; ln -s ../secret/in/key claim/key",
        in: folder)
      for path in ["/way/in/key", "/way/in", "/way", "/key"] {
        let error = await failure(of: claim(folder + "/claim", paths: [path]))
        #expect(error?.code == .configuration, "\(path)")
        #expect(error?.message.contains("symbolic link to") == true)
      }
      let captured = try await capture(claim(folder + "/claim"))
      #expect(try captured.entries().map(\.kind) == [.directory, .symbolicLink, .symbolicLink])
      // Of this machine, a path may go through links.
      let machine = FilesSource(
        name: "f", configuration: FilesConfiguration(place: .machine, paths: [folder + "/claim/way/in/key"]))
      #expect(try await capture(machine).members().map(\.content) == [Array("s\n".utf8)])
    }
  }

  /// Tests may run as root, who may read all: the walk then runs as another user, by a command of its own.
  @Test func whatCannotBeReadIsAFailureThatNamesIt() async throws {
    try await withTemporaryFolder { folder in
      try await shell("mkdir -p src/d; touch src/d/f; chmod 0 src/d/f", in: folder)
      guard geteuid() != 0 else {
        let failure = FolderWalk(
          root: .init(path: folder, name: "claim data", isMachine: false), paths: PathSet(["/"]),
          patterns: PathPatterns([])
        ).failure(CallFailure(number: EACCES), Array("src/d/f".utf8))
        #expect(failure.code == .unauthorized)
        #expect(failure.description.contains("/src/d/f") && failure.message.contains("runAsUser"))
        return
      }
      let error = await failure(of: claim(folder + "/src"))
      #expect(error?.code == .unauthorized)
      #expect(error?.description.contains("/d/f") == true)
    }
  }

  @Test func socketsAreLeftOutAndNamed() async throws {
    try await withTemporaryFolder { folder in
      try await shell(
        "mkdir src; python3 -c \"import socket; socket.socket(socket.AF_UNIX).bind('src/s')\"; touch src/f", in: folder)
      let captured = try await capture(claim(folder + "/src"))
      #expect(try captured.names() == ["./", "f"])
      #expect(captured.facts.warnings == ["1 sockets were left out: /s"])
    }
  }

  @Test func ownersHaveNamesOnThisMachineAndNumbersInAClaim() async throws {
    try await withTemporaryFolder { folder in
      try await shell("touch f", in: folder)
      #expect(try await capture(claim(folder, paths: ["/f"])).entries().map(\.userName) == [""])
      let names = OwnerNames(passwd: "root:x:0:0::/:/bin/sh\nother:x:0:0\nbroken\na:b:c\n", group: "adm:x:4:\n")
      #expect(names.user(0) == "root" && names.group(4) == "adm" && names.user(7) == "")
    }
  }

  // MARK: Files that change

  /// The sink stands still in the middle of a large file, and the file is changed then.
  private func captureWhileChanging(
    _ script: String, size: Int = 3_000_000, everyTime: Bool = false
  ) async throws -> (Captured, extracted: String) {
    try await withTemporaryFolder { folder in
      try await shell("mkdir src; head -c \(size) /dev/zero | tr '\\0' a >src/big; echo last >src/z", in: folder)
      let times = Mutex(0)
      let source = FilesSource(
        name: "f",
        configuration: FilesConfiguration(place: .folder(folder + "/src", name: "claim"), paths: ["/big", "/z"]),
        pause: { _ in })
      let captured = try await capture(source) { count in
        let isDue = times.withLock { times in
          guard count > 600_000 * (times + 1) else { return false }
          times += 1
          return everyTime || times == 1
        }
        if isDue { try await shell(script, in: folder) }
      }
      try captured.write(to: folder + "/a.tar")
      return (
        captured,
        try await shell("mkdir out; tar -xf a.tar -C out; md5sum <out/big; cat out/z; md5sum <src/big", in: folder)
      )
    }
  }

  @Test(arguments: [
    "printf BBBB | dd of=src/big bs=1 seek=2000000 conv=notrunc status=none", "echo more >>src/big",
    "truncate -s 1000000 src/big", "truncate -s 100 src/big",
  ])
  func aFileThatChangesOnceIsReadAgain(change: String) async throws {
    let (captured, extracted) = try await captureWhileChanging(change)
    #expect(try captured.names() == ["big", "big", "z"])
    let lines = extracted.split(separator: "\n")
    #expect(lines.count == 3 && lines[0] == lines[2], "the later copy is what tar extracts")
    #expect(captured.facts.values["readAgain"] == "1")
    #expect(captured.facts.values["changed"] == nil)
    #expect(captured.facts.warnings == [])
    #expect(captured.facts.values["files"] == "2")
  }

  @Test func aFileThatNeverHoldsStillIsNamed() async throws {
    let (captured, _) = try await captureWhileChanging("echo more >>src/big", everyTime: true)
    #expect(try captured.names() == ["big", "big", "big", "z"])
    #expect(captured.facts.values["changed"] == "/big")
    #expect(captured.facts.warnings.first?.contains("may be torn: /big") == true)
  }

  @Test func aFileThatIsRemovedWhileItIsReadIsWholeAllTheSame() async throws {
    try await withTemporaryFolder { folder in
      try await shell("mkdir src; head -c 3000000 /dev/zero >src/big; mkdir src/d; touch src/d/f", in: folder)
      let done = Mutex(false)
      let captured = try await capture(claim(folder + "/src")) { _ in
        guard
          done.withLock({ done in
            defer { done = true }
            return !done
          })
        else { return }
        try await shell("rm -r src/big", in: folder)
      }
      #expect(captured.facts.values["files"] != nil)
      #expect(try captured.members().count >= 3)
    }
  }

  // MARK: Bounds

  @Test func nestingIsBounded() async throws {
    try await withTemporaryFolder { folder in
      try await shell("d=a; for i in $(seq 1 20); do d=$d/a; done; mkdir -p $d", in: folder)
      let walk = FolderWalk(
        root: .init(path: folder, name: "claim", isMachine: false), paths: PathSet(["/"]), patterns: PathPatterns([]),
        depthLimit: 10)
      let error = #expect(throws: SnapshotSourceError.self) { while try !walk.next().isEmpty {} }
      #expect(error?.message.contains("deeper than 10") == true)
    }
  }

  @Test func whatTheKernelMakesIsLeftOutOfThisMachine() throws {
    let walk = FolderWalk(
      root: .init(path: "/", name: "this machine", isMachine: true), paths: PathSet(["/"]),
      patterns: PathPatterns(["/[!psd]*", "/p[!r]*", "/s[!y]*", "/d[!e]*"]))
    var left: [String] = []
    while true {
      let items = try walk.next()
      if items.isEmpty { break }
      for case .leftOut(let path) in items { left.append(PathSet.display(path)) }
    }
    #expect(left.sorted() == ["/dev", "/proc", "/sys"])
  }

  /// Promise 5. In one batch there are at most 128 files, or 512 KiB of them.
  @Test func batchesAreBounded() async throws {
    try await withTemporaryFolder { folder in
      try await shell(
        "mkdir src; for i in $(seq 1 1000); do : >src/$i; done; for i in a b c d e f g h i j k l; do head -c 65536 /dev/zero >src/$i; done; head -c 70000 /dev/zero >src/big",
        in: folder)
      let walk = FolderWalk(
        root: .init(path: folder + "/src", name: "claim", isMachine: false), paths: PathSet(["/"]),
        patterns: PathPatterns([]))
      var count = 0
      while true {
        let items = try walk.next()
        if items.isEmpty { break }
        count += items.count
        var (size, large) = (0, 0)
        for item in items {
          if case .small(_, let content, _) = item { size += content.readableBytes }
          if case .large = item { large += 1 }
        }
        #expect(items.count <= 128 && size <= 640 << 10 && large <= 1)
      }
      #expect(count == 1_014)
    }
  }

  @Test func manyHardLinksAreBounded() {
    var links = HardLinks()
    let file = HardLinks.File(device: 1, inode: 2)
    links.insert(file, name: [97], count: 3)
    #expect(links.name(of: file) == [97] && links.name(of: file) == [97])
    #expect(links.name(of: file) == nil, "all names are seen")
    for index in 0..<20_000 {
      links.insert(HardLinks.File(device: 1, inode: UInt64(index)), name: Array(repeating: 98, count: 4_000), count: 2)
    }
    #expect(links.isFull)
  }

  @Test func cancellationEndsIt() async throws {
    try await withTemporaryFolder { folder in
      try await shell("mkdir src; truncate -s 1 src/s; head -c 5000000 /dev/zero >src/big", in: folder)
      let task = Task {
        try await capture(claim(folder + "/src")) { _ in
          while !Task.isCancelled { await Task.yield() }
        }
      }
      await Task.yield()
      task.cancel()
      await #expect(throws: (any Error).self) { _ = try await task.value }
    }
  }

  @Test func whatTheSinkThrowsComesOut() async throws {
    struct Full: Error {}
    try await withTemporaryFolder { folder in
      try await shell("head -c 2000000 /dev/zero >big", in: folder)
      await #expect(throws: Full.self) { _ = try await claim(folder).capture { _ in throw Full() } }
    }
  }
}
