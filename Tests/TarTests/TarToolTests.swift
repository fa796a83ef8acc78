import Foundation
import NIOCore
import Testing

@testable import Tar

/// Archives pass between this and the tar programs people restore with: promise 8 (plain formats).
@Suite struct TarToolTests {
  static let long = String(repeating: "long-name/", count: 30) + "file"

  @Test func realTarExtractsWhatIsWritten() async throws {
    let data = Array("hello\n".utf8)
    let block = [UInt8](repeating: 7, count: 512)
    let sparse = TarSparse(
      realSize: 3 << 20, segments: [.init(offset: 4_096, length: 512), .init(offset: 2 << 20, length: 6)])
    let time = TarEntry.Time(seconds: 1_700_000_000, nanoseconds: 123_456_789)
    let bytes = try await archive([
      Member(entry: TarEntry(name: "d/", kind: .directory, mode: 0o750, modified: time)),
      Member(entry: TarEntry(name: "d/file", mode: 0o640, modified: time), content: data),
      Member(entry: TarEntry(name: "d/empty", mode: 0o4755)),
      Member(entry: TarEntry(name: TarName(Self.long), mode: 0o600), content: data),
      Member(entry: TarEntry(name: "d/Größe und\nZeile", mode: 0o600), content: data),
      Member(entry: TarEntry(name: "d/link", kind: .symbolicLink, mode: 0o777, linkTarget: "file")),
      Member(entry: TarEntry(name: "d/longlink", kind: .symbolicLink, linkTarget: TarName(Self.long))),
      Member(entry: TarEntry(name: "d/hard", kind: .hardLink, linkTarget: "d/file")),
      Member(entry: TarEntry(name: "d/holes", mode: 0o600, sparse: sparse), content: block + data),
      Member(entry: TarEntry(name: "d/fifo", kind: .fifo, mode: 0o600)),
      Member(entry: TarEntry(name: "big-id", mode: 0o600, userID: 4_000_000_000, groupID: 3_000_000_000)),
    ])
    try await withTemporaryFolder { folder in
      _ = FileManager.default.createFile(atPath: "\(folder)/a.tar", contents: Data(bytes))
      try await shell(
        "mkdir out && tar --same-permissions --no-same-owner --warning=no-timestamp -xf a.tar -C out", in: folder)
      let listing = try await shellText(
        "cd out/d && stat -c '%n %a %s' file empty hard holes link fifo && stat -c %y file && readlink link longlink && "
          + "stat -c %h file && cat 'Größe und\nZeile' \"../\(Self.long)\"", in: folder)
      #expect(
        listing == """
          file 640 6
          empty 4755 0
          hard 640 6
          holes 600 3145728
          link 777 4
          fifo 600 0
          2023-11-14 22:13:20.123456789 +0000
          file
          \(Self.long)
          2
          hello
          hello

          """)
      let holes = try await shell(
        "cd out/d; dd if=holes bs=1 skip=4095 count=8 2>/dev/null; dd if=holes bs=1 skip=2097151 count=8 2>/dev/null",
        in: folder)
      #expect(holes == [0] + block.prefix(7) + [0] + data + [0])
      let ids = try await shellText("tar --numeric-owner -tvf a.tar big-id", in: folder)
      #expect(ids.contains("4000000000/3000000000"))
    }
  }

  @Test func busyboxExtractsWhatIsWritten() async throws {
    let bytes = try await archive([
      Member(entry: TarEntry(name: "d/", kind: .directory, mode: 0o755)),
      Member(entry: TarEntry(name: TarName(Self.long)), content: Array("x".utf8)),
      Member(entry: TarEntry(name: "d/Größe", modified: .init(seconds: 5, nanoseconds: 5)), content: Array("y".utf8)),
    ])
    try await withTemporaryFolder { folder in
      _ = FileManager.default.createFile(atPath: "\(folder)/a.tar", contents: Data(bytes))
      let text = try await shellText(
        "busybox tar -xf a.tar && cat 'd/Größe' && find . -name 'file' | wc -l", in: folder)
      #expect(text.hasPrefix("y"))
    }
  }

  @Test func pythonReadsExtendedAttributes() async throws {
    let entry = TarEntry(name: "f", extendedAttributes: ["user.comment": Array("ä=1\n".utf8), "user.a=b%": [1]])
    let bytes = try await archive([Member(entry: entry)])
    #expect(try members(of: bytes)[0].entry == entry)
    try await withTemporaryFolder { folder in
      _ = FileManager.default.createFile(atPath: "\(folder)/a.tar", contents: Data(bytes))
      let script = "import tarfile; print(sorted(tarfile.open('a.tar').getmember('f').pax_headers.items()))"
      let text = try await shellText("python3 -c \"\(script)\"", in: folder)
      #expect(text == "[('SCHILY.xattr.user.a%3Db%25', '\\x01'), ('SCHILY.xattr.user.comment', 'ä=1\\n')]\n")
    }
  }

  static let formats = ["v7", "ustar", "oldgnu", "gnu", "posix"]

  @Test(arguments: formats, [1, 511, 100_000]) func everyFormatOfRealTarIsRead(format: String, pieces: Int) async throws
  {
    try await withTemporaryFolder { folder in
      let bytes = try await shell(
        """
        mkdir -p d/e; printf hello >d/file; chmod 640 d/file; ln d/file d/hard; ln -s file d/link; : >d/empty
        touch -d @1700000000.5 d/file; head -c 1500 /dev/zero >d/zeros
        tar --format=\(format) --sort=name --owner=root:0 --group=root:0 -cf - d
        """, in: folder)
      let found = try members(of: bytes, pieces: pieces)
      #expect(
        found.map(\.entry.name.description) == ["d/", "d/e/", "d/empty", "d/file", "d/hard", "d/link", "d/zeros"])
      #expect(found.map(\.entry.kind) == [.directory, .directory, .file, .file, .hardLink, .symbolicLink, .file])
      #expect(found[3].content == Array("hello".utf8))
      #expect(found[3].entry.mode == 0o640)
      #expect(found[3].entry.modified.seconds == 1_700_000_000)
      if format == "posix" { #expect(found[3].entry.modified.nanoseconds == 500_000_000) }
      if format != "v7" { #expect(found[3].entry.userName == "root") }
      #expect(found[4].entry.linkTarget == "d/file")
      #expect(found[5].entry.linkTarget == "file")
      #expect(found[6].content == [UInt8](repeating: 0, count: 1_500))
    }
  }

  @Test(arguments: ["gnu", "posix"]) func longNamesOfRealTarAreRead(format: String) async throws {
    try await withTemporaryFolder { folder in
      let bytes = try await shell(
        """
        mkdir -p "$(dirname \(Self.long))"; printf x >\(Self.long); ln -s \(Self.long) link
        tar --format=\(format) -cf - \(Self.long) link
        """, in: folder)
      let found = try members(of: bytes)
      #expect(found.map(\.entry.name.string) == [Self.long, "link"])
      #expect(found[1].entry.linkTarget?.string == Self.long)
    }
  }

  @Test(arguments: ["gnu", "0.0", "0.1", "1.0"]) func sparseFilesOfRealTarAreKnown(version: String) async throws {
    try await withTemporaryFolder { folder in
      let format = version == "gnu" ? "--format=gnu" : "--format=posix --sparse-version=\(version)"
      let bytes = try await shell(
        """
        truncate -s 8M holes; for i in 0 1 2 3 4 5 6 7; do
        printf data | dd of=holes bs=1 seek=$((i * 1048576 + 65536)) conv=notrunc 2>/dev/null; done
        tar \(format) --sparse -cf - holes
        """, in: folder)
      let found = try members(of: bytes)
      let entry = try #require(found.first?.entry)
      #expect(entry.name == "holes")
      #expect(entry.realSize == 8 << 20)
      #expect(entry.size < 1 << 20)
      let sparse = try #require(entry.sparse)
      #expect(sparse.format.rawValue == (version == "gnu" ? "GNU" : "GNU.sparse \(version)"))
      if version != "1.0" { #expect(sparse.segments.count >= 8) }
    }
  }

  @Test func busyboxAndPythonArchivesAreRead() async throws {
    try await withTemporaryFolder { folder in
      let bytes = try await shell("mkdir d; printf x >d/f; ln -s f d/l; busybox tar -cf - d", in: folder)
      #expect(try members(of: bytes).map(\.entry.name.description).sorted() == ["d/", "d/f", "d/l"])
      let other = try await shell(
        "python3 -c \"import tarfile, sys; t = tarfile.open(fileobj=sys.stdout.buffer, mode='w|'); t.add('d'); t.close()\"",
        in: folder)
      #expect(try members(of: other).map(\.entry.name.description).sorted() == ["d/", "d/f", "d/l"])
    }
  }
}
