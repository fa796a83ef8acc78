import Foundation
import NIOCore
import SnapshotSource
import Synchronization
import Tar
import Testing

@testable import FilesSource

/// Pieces of an archive, as a store gives them.
struct Pieces: AsyncSequence, Sendable {
  struct Broken: Error {}
  var bytes: [UInt8]
  var size = 10_000
  /// Bytes after which the stream breaks; nil for never.
  var breaksAfter: Int?
  var onPiece: @Sendable (Int) async throws -> Void = { _ in }

  struct AsyncIterator: AsyncIteratorProtocol {
    var pieces: Pieces
    var place = 0
    mutating func next() async throws -> ByteBuffer? {
      try await pieces.onPiece(place)
      if let limit = pieces.breaksAfter, place >= limit { throw Broken() }
      guard place < pieces.bytes.count else { return nil }
      let end = Swift.min(place + pieces.size, pieces.bytes.count)
      defer { place = end }
      return ByteBuffer(bytes: pieces.bytes[place..<end])
    }
  }
  func makeAsyncIterator() -> AsyncIterator { AsyncIterator(pieces: self) }
}

extension SnapshotPlanner {
  func planned(_ bytes: [UInt8]) async throws -> [RestoreAction] {
    _ = try await preflight()
    return try await plan(from: Pieces(bytes: bytes), size: Int64(bytes.count))
  }

  /// As the executor does it: a plan first, and nothing where that has a conflict.
  @discardableResult
  func run(_ bytes: [UInt8]) async throws -> [String: String] {
    let actions = try await planned(bytes)
    guard !actions.contains(where: { $0.kind == .conflict }) else {
      throw SnapshotSourceError(.conflict, operation: "plan", message: "\(actions.map(\.object))")
    }
    _ = try await restore(from: Pieces(bytes: bytes), size: Int64(bytes.count), force: false) {}
    return try await verify().values
  }
}

/// An archive of given members.
func archive(_ entries: [(TarEntry, String)]) async throws -> [UInt8] {
  var bytes: [UInt8] = []
  try await withTarWriter(into: { bytes += Array($0.readableBytesView) }) { writer in
    for (entry, content) in entries { try await writer.append(entry, content: ByteBuffer(string: content)) }
  }
  return bytes
}

/// Files back into a claim. What comes out is compared with what went in by `find`, `getfattr` and `diff`.
@Suite struct FolderRestoreTests {
  private func destination(_ folder: String, _ policy: FileConflictPolicy = .fail, sub: String? = nil)
    -> FolderFilesDestination
  {
    FolderFilesDestination(name: "files", root: folder, place: "claim data", subPath: sub, policy: policy)
  }

  /// All that is in a folder, to the bit.
  private func state(_ folder: String) async throws -> String {
    try await shell(
      #"set -- \#(folder); \#(LocalFilesTests.listing); cd $1; find . -type f -print0 | LC_ALL=C sort -z | xargs -0r sha256sum"#,
      in: "/")
  }

  private func temporaries(_ folder: String) async throws -> String {
    try await shell("find . -name '.holdfast-*'", in: folder)
  }

  @Test func aTreeComesBackAsItWas() async throws {
    try await withTemporaryFolder { folder in
      try await shell(LocalFilesTests.tree, in: folder)
      try await shell("chown 4711:815 src/file; chown -h 4712 src/link; touch -hd '2001-01-01' src/link", in: folder)
      let captured = try await capture(claim(folder + "/src"))
      try await shell("mkdir out; touch -r src out; chmod --reference=src out", in: folder)
      let actions = try await destination(folder + "/out").planned(captured.bytes)
      #expect(actions.contains { $0.kind == .create && $0.object.hasSuffix(" names") })
      #expect(!actions.contains { $0.kind == .conflict })
      let before = try await shell("ls -A out", in: folder)
      #expect(before.isEmpty, "a plan changes nothing")
      let facts = try await destination(folder + "/out").run(captured.bytes)
      try await shell("touch -r src out", in: folder)
      #expect(try await state(folder + "/out") == state(folder + "/src"))
      let used = try await shell("du -k --total out/holes out/allholes out/front | tail -1 | cut -f1", in: folder)
      #expect(Int(used.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0 < 100, "holes stay holes")
      #expect(facts["replaced"] == "0")
      #expect(try await temporaries(folder).isEmpty)

      // Once more: all is as in the backup.
      let again = try await destination(folder + "/out").run(captured.bytes)
      #expect(again["created"] == "0" && again["replaced"] == "0")
    }
  }

  @Test func archivesOfOtherToolsComeBackToo() async throws {
    try await withTemporaryFolder { folder in
      try await shell(
        """
        mkdir -p src/d; printf hello >src/d/f; ln src/d/f src/d/g; ln -s f src/d/l; truncate -s 3M src/h
        printf x | dd of=src/h bs=1 seek=1500000 conv=notrunc status=none
        """, in: folder)
      for (number, tool) in [
        "tar --sparse -C src -cf a.tar .", "tar --sparse --format=posix --sparse-version=0.1 -C src -cf a.tar .",
        "tar --format=ustar -C src -cf a.tar d h", "bsdtar -C src -cf a.tar .", "cd src; busybox tar cf ../a.tar .",
      ].enumerated() {
        try await shell("\(tool); mkdir \(folder)/out\(number)", in: folder)
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: folder + "/a.tar")))
        try await destination(folder + "/out\(number)").run(bytes)
        try await shell("diff -r --no-dereference src out\(number); test src/h -ef src/h", in: folder)
        #expect(try await shell("stat -c %h out\(number)/d/f", in: folder) == "2\n", "\(tool)")
      }
    }
  }

  @Test func failChangesNothingWhereOneFileDiffers() async throws {
    try await withTemporaryFolder { folder in
      try await shell("mkdir -p src/d; echo new >src/d/f; echo b >src/z; mkdir -p out/d; echo old >out/d/f", in: folder)
      let captured = try await capture(claim(folder + "/src"))
      let before = try await state(folder + "/out")
      let actions = try await destination(folder + "/out").planned(captured.bytes)
      #expect(actions.first == RestoreAction(.conflict, "/d/f", detail: "is there and differs from the backup"))
      await #expect(throws: SnapshotSourceError.self) { try await destination(folder + "/out").run(captured.bytes) }
      #expect(try await state(folder + "/out") == before)
    }
  }

  @Test func skipLeavesWhatIsThereAndReplaceDoesNot() async throws {
    try await withTemporaryFolder { folder in
      try await shell(
        "mkdir -p src/d; echo new >src/d/f; ln -s f src/d/l; echo b >src/z; chmod 700 src/d; mkdir -p out/d; echo old >out/d/f; "
          + "ln -s other out/d/l; chmod 755 out/d; echo mine >out/mine", in: folder)
      let captured = try await capture(claim(folder + "/src"))
      try await shell("cp -a out two", in: folder)
      let skipped = try await destination(folder + "/out", .skip).run(captured.bytes)
      #expect(skipped["skipped"] == "2")
      #expect(
        try await shell("cat out/d/f out/z out/mine; readlink out/d/l; stat -c %a out/d", in: folder)
          == "old\nb\nmine\nother\n755\n")
      let replaced = try await destination(folder + "/two", .replace).run(captured.bytes)
      #expect(replaced["replaced"] == "3", "f, l and the folder's mode: \(replaced)")
      #expect(
        try await shell("cat two/d/f two/z two/mine; readlink two/d/l; stat -c %a two/d", in: folder)
          == "new\nb\nmine\nf\n700\n")
    }
  }

  @Test func aFolderAndAFileOfOneNameAreAConflictUnderAnyPolicy() async throws {
    try await withTemporaryFolder { folder in
      try await shell(
        "mkdir -p src/a src/c; echo x >src/a/f; echo y >src/b; mkdir -p out/b/in; echo z >out/a", in: folder)
      let captured = try await capture(claim(folder + "/src"))
      for policy in [FileConflictPolicy.fail, .skip, .replace] {
        let actions = try await destination(folder + "/out", policy).planned(captured.bytes)
        let conflicts = actions.filter { $0.kind == .conflict }.map(\.object)
        #expect(conflicts.contains("/a") && conflicts.contains("/b"), "\(policy) \(actions)")
      }
    }
  }

  @Test func aSubfolderIsMade() async throws {
    try await withTemporaryFolder { folder in
      try await shell("mkdir src out; echo x >src/f", in: folder)
      let captured = try await capture(claim(folder + "/src"))
      let preview = try await destination(folder + "/out", sub: "/a/b").preflight()
      #expect(preview.object == "/a/b of claim data")
      try await destination(folder + "/out", sub: "/a/b").run(captured.bytes)
      #expect(try await shell("cat out/a/b/f", in: folder) == "x\n")
    }
  }

  // MARK: Hostile archives

  /// What an archive must not do, whoever made it: reach outside of the place.
  static let hostile: [(name: String, entries: [(TarEntry, String)])] = [
    ("parent", [(TarEntry(name: "../outside"), "x")]),
    ("parent inside", [(TarEntry(name: "a/../../outside"), "x")]),
    ("absolute", [(TarEntry(name: "/outside"), "x")]),
    ("link target", [(TarEntry(name: "l", kind: .hardLink, linkTarget: "../secret"), "")]),
    ("absolute link target", [(TarEntry(name: "l", kind: .hardLink, linkTarget: "/etc/passwd"), "")]),
    (
      "behind a link",
      [(TarEntry(name: "l", kind: .symbolicLink, linkTarget: ".."), ""), (TarEntry(name: "l/outside"), "x")]
    ),
    (
      "folder over a link",
      [
        (TarEntry(name: "l", kind: .symbolicLink, linkTarget: ".."), ""), (TarEntry(name: "l/", kind: .directory), ""),
        (TarEntry(name: "l/outside"), "x"),
      ]
    ),
    (
      "hard link behind a link",
      [
        (TarEntry(name: "l", kind: .symbolicLink, linkTarget: ".."), ""),
        (TarEntry(name: "h", kind: .hardLink, linkTarget: "l/secret"), ""),
      ]
    ),
    (
      "hard link to a link, written through",
      [
        (TarEntry(name: "l", kind: .symbolicLink, linkTarget: "../outside"), ""),
        (TarEntry(name: "h", kind: .hardLink, linkTarget: "l"), ""), (TarEntry(name: "h"), "x"),
      ]
    ),
    ("the place as a file", [(TarEntry(name: "."), "x")]),
    ("deep", [(TarEntry(name: TarName(String(repeating: "d/", count: 600) + "f")), "x")]),
  ]

  @Test(arguments: hostile.indices, [FileConflictPolicy.fail, .replace])
  func nothingOutsideOfThePlaceIsReached(index: Int, policy: FileConflictPolicy) async throws {
    try await withTemporaryFolder { folder in
      let (name, entries) = Self.hostile[index]
      try await shell("mkdir out; echo s >secret; ln -s .. out/way; echo keep >out/keep", in: folder)
      let bytes = try await archive(entries)
      // Also without the plan, which refuses most of it.
      for isPlanned in [true, false] {
        let target = destination(folder + "/out", policy)
        do {
          if isPlanned {
            try await target.run(bytes)
          } else {
            _ = try await target.restore(from: Pieces(bytes: bytes), size: 0, force: true) {}
          }
          #expect(name == "hard link to a link, written through", "\(name) was taken")
        } catch {
          #expect(error is SnapshotSourceError, "\(name): \(error)")
        }
      }
      #expect(try await shell("ls -A; cat secret; stat -c %h secret", in: folder) == "out\nsecret\ns\n1\n", "\(name)")
      #expect(try await temporaries(folder).isEmpty)
    }
  }

  /// A link that is there already, put by who may write the claim.
  @Test func linksThatAreThereAreNotFollowed() async throws {
    try await withTemporaryFolder { folder in
      try await shell("mkdir -p src/d out other; echo x >src/d/f; ln -s ../other out/d", in: folder)
      let captured = try await capture(claim(folder + "/src"))
      for policy in [FileConflictPolicy.fail, .skip, .replace] {
        let actions = try await destination(folder + "/out", policy).planned(captured.bytes)
        #expect(actions.contains { $0.kind == .conflict && $0.object.hasPrefix("/d") }, "\(actions)")
        let error = await #expect(throws: SnapshotSourceError.self) {
          _ = try await destination(folder + "/out", policy).restore(
            from: Pieces(bytes: captured.bytes), size: 0, force: true
          ) {}
        }
        #expect(error?.message.contains("link") == true)
      }
      #expect(try await shell("ls -A other", in: folder).isEmpty)
    }
  }

  @Test func bytesThatAreNoWholeArchiveAreRefusedByThePlan() async throws {
    try await withTemporaryFolder { folder in
      try await shell("mkdir src out; head -c 50000 /dev/urandom >src/f; echo b >src/g", in: folder)
      let bytes = try await capture(claim(folder + "/src")).bytes
      for count in [0, 100, 511, 512, 1_500, 40_000, bytes.count / 2] {
        let error = await #expect(throws: SnapshotSourceError.self) {
          _ = try await destination(folder + "/out").planned(Array(bytes.prefix(count)))
        }
        #expect(error?.code == .truncated || error?.code == .corrupt, "\(count)")
      }
      var changed = bytes
      changed[100] ^= 1
      _ = await #expect(throws: SnapshotSourceError.self) { try await destination(folder + "/out").planned(changed) }
      #expect(try await shell("ls -A out", in: folder).isEmpty)
    }
  }

  // MARK: What dies in the middle

  @Test func aBrokenRestoreLeavesWholeFilesAndTheNextOneFinishes() async throws {
    try await withTemporaryFolder { folder in
      try await shell(LocalFilesTests.tree, in: folder)
      try await shell("chmod 555 src/sub; chmod 2755 src/empty", in: folder)
      let bytes = try await capture(claim(folder + "/src")).bytes
      try await shell("mkdir out; touch -r src out", in: folder)
      for part in stride(from: 1, through: 19, by: 3) {
        let error = await #expect(throws: (any Error).self) {
          _ = try await destination(folder + "/out").restore(
            from: Pieces(bytes: bytes, size: 700, breaksAfter: bytes.count * part / 20), size: 0, force: false
          ) {}
        }
        #expect((error as? SnapshotSourceError)?.code == .partlyDone)
        #expect(try await temporaries(folder).isEmpty, "the file that was being written goes")
        // What is there under its name is whole.
        try await shell(
          "cd out; find . -type f | while IFS= read -r f; do cmp -s \"$f\" \"../src/$f\" || exit 1; done || true",
          in: folder)
      }
      try await destination(folder + "/out").run(bytes)
      try await shell("touch -r src out", in: folder)
      #expect(try await state(folder + "/out") == state(folder + "/src"))
    }
  }

  /// A killed process cannot clean up: its leavings have the name that the next restore takes.
  @Test func leavingsOfAKilledRestoreGo() async throws {
    try await withTemporaryFolder { folder in
      try await shell("mkdir src; echo x >src/f", in: folder)
      let bytes = try await capture(claim(folder + "/src")).bytes
      try await shell("mkdir out", in: folder)
      // Learn the name from a restore that is stopped while the file is open.
      let seen = Mutex("")
      _ = await #expect(throws: SnapshotSourceError.self) {
        _ = try await destination(folder + "/out").restore(
          from: Pieces(
            bytes: bytes, size: 512,
            onPiece: { _ in
              let names = try FileManager.default.contentsOfDirectory(atPath: folder + "/out")
              guard let name = names.first(where: { $0.hasPrefix(".holdfast-") }) else { return }
              seen.withLock { $0 = name }
              throw Pieces.Broken()
            }), size: 0, force: false
        ) {}
      }
      let name = seen.withLock { $0 }
      #expect(name.hasPrefix(".holdfast-"))
      try await shell("echo half >out/\(name); mkdir -m 1700 out/sub", in: folder)
      try await destination(folder + "/out").run(bytes)
      #expect(try await temporaries(folder).isEmpty)
      #expect(try await shell("cat out/f", in: folder) == "x\n")
    }
  }

  @Test func aFolderOfAKilledRestoreGetsItsModeLater() async throws {
    try await withTemporaryFolder { folder in
      try await shell("mkdir -p src/d; echo x >src/d/f; chmod 750 src/d; touch -d 2001-01-01 src/d", in: folder)
      let bytes = try await capture(claim(folder + "/src")).bytes
      try await shell("mkdir -p out/d; chmod 1700 out/d", in: folder)
      try await destination(folder + "/out").run(bytes)
      #expect(try await shell("stat -c '%a %Y' out/d", in: folder) == shell("stat -c '%a %Y' src/d", in: folder))
    }
  }

  @Test func aFileThatComesAfterThePlanIsNotOverwritten() async throws {
    try await withTemporaryFolder { folder in
      try await shell("mkdir src out; echo x >src/f", in: folder)
      let bytes = try await capture(claim(folder + "/src")).bytes
      let target = destination(folder + "/out")
      #expect(try await target.planned(bytes).contains { $0.kind == .create })
      try await shell("echo somebody >out/f", in: folder)
      let error = await #expect(throws: SnapshotSourceError.self) {
        _ = try await target.restore(from: Pieces(bytes: bytes), size: 0, force: false) {}
      }
      #expect(error?.code == .partlyDone)
      #expect(error?.message.contains("after the plan") == true)
      #expect(try await shell("cat out/f", in: folder) == "somebody\n")
    }
  }

  /// A file that changed while it was taken stands in the archive twice; the later one counts.
  @Test(arguments: [FileConflictPolicy.fail, .skip, .replace])
  func theLaterCopyOfAFileStays(policy: FileConflictPolicy) async throws {
    try await withTemporaryFolder { folder in
      try await shell("mkdir out", in: folder)
      let time = TarEntry.Time(seconds: 1_000_000_000)
      let bytes = try await archive([
        (TarEntry(name: "d/", kind: .directory, mode: 0o555, modified: time), ""), (TarEntry(name: "d/f"), "first"),
        (TarEntry(name: "z"), "z"), (TarEntry(name: "d/f", mode: 0o600), "second"),
      ])
      try await destination(folder + "/out", policy).run(bytes)
      #expect(
        try await shell("cat out/d/f; stat -c ' %a' out/d/f; stat -c '%a %Y' out/d", in: folder)
          == "second 600\n555 1000000000\n")
    }
  }

  // MARK: Limits

  @Test func aVolumeThatIsTooSmallIsToldBefore() async throws {
    try await withTemporaryFolder { folder in
      try await shell("mkdir out", in: folder)
      let place = RestorePlace(root: folder + "/out", name: "claim data", subPath: nil, isToBeMade: false)
      let free = try #require(try place.open()?.freeSpace())
      #expect(free.bytes > 0)
      var header = try await archive([(TarEntry(name: "huge"), "")])
      // The size field of a ustar header is at 124, its checksum at 148; base 256 holds any number.
      header.replaceSubrange(124..<136, with: [0x80, 0, 0, 0, 0, 0, 0x70, 0, 0, 0, 0, 0])
      let sum = header[..<512].enumerated().reduce(0) { $0 + ((148..<156).contains($1.offset) ? 32 : Int($1.element)) }
      header.replaceSubrange(148..<156, with: Array(String(format: "%06o\u{0} ", sum).utf8))
      let planner = TreePlanner(
        place: place, root: try place.open(), policy: .fail, isRoot: true, operation: "test")
      try planner.consume(ByteBuffer(bytes: header[..<512]))
      // The content never comes: what was counted is looked at as the destination does.
      let tally = planner.tally
      #expect(tally.space > free.bytes)
    }
  }

  @Test func aReadOnlyPlaceIsToldBefore() async throws {
    try await withTemporaryFolder { folder in
      let error = await #expect(throws: SnapshotSourceError.self) {
        _ = try await destination(folder + "/gone").preflight()
      }
      #expect(error?.code == .configuration && error?.message.contains("claim data is not here") == true)
      let proc = await #expect(throws: SnapshotSourceError.self) {
        _ = try await FolderFilesDestination(
          name: "f", root: "/proc/self/fdinfo", place: "claim data", policy: .fail
        ).run(try await archive([(TarEntry(name: "x"), "y")]))
      }
      #expect(proc != nil)
    }
  }

  /// Memory stays bounded: names are counted and only the first are kept.
  @Test func manyFilesAreCountedAndFewAreNamed() async throws {
    try await withTemporaryFolder { folder in
      try await shell("mkdir out src; cd src; for i in $(seq 1000 1299); do echo $i >f$i; done", in: folder)
      let bytes = try await capture(claim(folder + "/src")).bytes
      try await shell("cp src/f12* out/; for f in out/*; do echo other >$f; done", in: folder)
      let actions = try await destination(folder + "/out").planned(bytes)
      #expect(actions.filter { $0.kind == .conflict }.count == 11)
      #expect(actions.contains { $0.kind == .conflict && $0.object == "90 more" })
      #expect(actions.contains { $0.kind == .create && $0.object == "200 names" })
      #expect(actions.count < 20)
    }
  }
}
