import NIOCore
import Testing

@testable import Tar

/// Promise 4: a stream that broke is never a backup. Whatever the bytes are, there is a verdict.
@Suite struct TarReaderTests {
  static let members = [
    Member(entry: TarEntry(name: "d/", kind: .directory, mode: 0o755)),
    Member(
      entry: TarEntry(
        name: "d/ümlaut", size: 700, mode: 0o600, userID: 1_000, groupID: 1 << 40, userName: "zoë",
        modified: .init(seconds: -5, nanoseconds: 250_000_000), extendedAttributes: ["user.x": [0, 1, 2]]),
      content: [UInt8](repeating: 7, count: 700)),
    Member(entry: TarEntry(name: "l", kind: .symbolicLink, linkTarget: TarName(String(repeating: "t", count: 300)))),
    Member(entry: TarEntry(name: "dev", kind: .characterDevice, device: .init(major: 1, minor: 3))),
  ]

  @Test(arguments: [1, 2, 511, 512, 513, 1 << 20]) func whatWasWrittenIsReadBack(pieces: Int) async throws {
    let bytes = try await archive(Self.members)
    #expect(bytes.count % 10_240 == 0)
    #expect(try readMembers(bytes, pieces) == Self.members)
  }

  @Test func everyCutIsFoundOut() async throws {
    let bytes = try await archive(Self.members)
    let end = bytes.lastIndex { $0 != 0 } ?? 0
    // Up to the first byte after the last member: any cut before the whole second zero block.
    let content = (end / 512 + 1) * 512
    for count in stride(from: 0, to: content + 1_023, by: 7) {
      #expect(throws: TarError.self) { try readMembers(Array(bytes.prefix(count)), 1 << 20) }
    }
    #expect(try readMembers(Array(bytes.prefix(content + 1_024)), 1 << 20) == Self.members)
  }

  struct Hostile: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var code: TarError.Code
    var bytes: @Sendable () async throws -> [UInt8]

    init(_ name: String, _ code: TarError.Code, _ bytes: @escaping @Sendable () async throws -> [UInt8]) {
      testDescription = name
      self.code = code
      self.bytes = bytes
    }
  }

  static let hostile: [Hostile] = [
    Hostile("nothing", .truncated) { [] },
    Hostile("not a tar archive", .invalidHeader) { [UInt8](repeating: 65, count: 2_048) },
    Hostile("wrong checksum", .invalidHeader) {
      var block = try await header()
      block[0] ^= 1
      return block + endMark
    },
    Hostile("negative size", .invalidHeader) {
      try await header { $0.replaceSubrange(TarBlock.contentSize, with: TarNumber.encode(-512, width: 12)) } + endMark
    },
    Hostile("size beyond 64 bits", .invalidHeader) {
      try await header { $0.replaceSubrange(TarBlock.contentSize, with: [0x80] + [UInt8](repeating: 0xff, count: 11)) }
        + endMark
    },
    Hostile("largest size", .invalidHeader) {
      try await header { $0.replaceSubrange(TarBlock.contentSize, with: TarNumber.encode(.max, width: 12)) } + endMark
    },
    Hostile("size that never comes", .truncated) {
      try await header { $0.replaceSubrange(TarBlock.contentSize, with: TarNumber.encode(1 << 40, width: 12)) }
        + endMark
    },
    Hostile("size that is no number", .invalidHeader) {
      try await header { $0.replaceSubrange(TarBlock.contentSize, with: Array("12x45678901".utf8) + [0]) } + endMark
    },
    Hostile("no name", .invalidHeader) {
      try await header { $0.replaceSubrange(TarBlock.name, with: [UInt8](repeating: 0, count: 100)) } + endMark
    },
    Hostile("directory with content", .invalidHeader) {
      try await header {
        $0[TarBlock.typeFlag] = UInt8(ascii: "5")
        $0.replaceSubrange(TarBlock.contentSize, with: TarNumber.encode(5, width: 12))
      } + endMark
    },
    Hostile("single zero block", .invalidHeader) {
      let block = try await header()
      return block + [UInt8](repeating: 0, count: 512) + block + endMark
    },
    Hostile("bytes after the end", .trailingBytes) { try await header() + endMark + [0, 0, 1] },
    Hostile("second archive after the end", .trailingBytes) {
      let block = try await header()
      return block + endMark + block + endMark
    },
    Hostile("volume of several", .unsupported) {
      try await header { $0[TarBlock.typeFlag] = UInt8(ascii: "M") } + endMark
    },
    Hostile("long name without limit", .limitExceeded) {
      try await header {
        $0[TarBlock.typeFlag] = UInt8(ascii: "L")
        $0.replaceSubrange(TarBlock.contentSize, with: TarNumber.encode(1 << 30, width: 12))
      } + endMark
    },
    Hostile("extended header without limit", .limitExceeded) {
      try await header {
        $0[TarBlock.typeFlag] = UInt8(ascii: "x")
        $0.replaceSubrange(TarBlock.contentSize, with: TarNumber.encode(.max, width: 12))
      } + endMark
    },
    Hostile("extended headers one after the other without limit", .limitExceeded) {
      let one = try await pax(Array("1000000 a=".utf8) + [UInt8](repeating: 65, count: 999_989) + [10])
      return one + one + endMark
    },
    Hostile("extended header without a member", .invalidHeader) { try await pax(Array("9 path=a\n".utf8)) + endMark },
    Hostile("pax length too small", .invalidHeader) { try await pax(Array("3 path=a\n".utf8)) + header() + endMark },
    Hostile("pax length too large", .invalidHeader) { try await pax(Array("99 path=a\n".utf8)) + header() + endMark },
    Hostile("pax length negative", .invalidHeader) { try await pax(Array("-9 path=a\n".utf8)) + header() + endMark },
    Hostile("pax size negative", .invalidHeader) { try await pax(Array("11 size=-1\n".utf8)) + header() + endMark },
    Hostile("pax size beyond 64 bits", .invalidHeader) {
      try await pax(Array("30 size=99999999999999999999\n\n".utf8)) + header() + endMark
    },
    Hostile("pax time that is none", .invalidHeader) {
      try await pax(Array("14 mtime=1.2x\n".utf8)) + header() + endMark
    },
    Hostile("sparse map past the end", .invalidHeader) {
      try await pax(
        Array("22 GNU.sparse.major=0\n".utf8).dropLast(0) + Array("23 GNU.sparse.realsize=1\n".utf8)) + header()
        + endMark
    },
    Hostile("old sparse map that overlaps", .invalidHeader) {
      try await header {
        $0[TarBlock.typeFlag] = UInt8(ascii: "S")
        $0.replaceSubrange(TarBlock.magic, with: TarBlock.gnuMagic)
        for at in [386, 398, 410, 422] { $0.replaceSubrange(at..<(at + 12), with: TarNumber.encode(8, width: 12)) }
        $0.replaceSubrange(TarBlock.sparseRealSize, with: TarNumber.encode(100, width: 12))
      } + endMark
    },
    Hostile("old sparse map without end", .limitExceeded) {
      var block = [UInt8](repeating: 0, count: 512)
      for at in stride(from: 0, to: 504, by: 12) {
        block.replaceSubrange(at..<(at + 12), with: TarNumber.encode(0, width: 12))
      }
      block[504] = 1
      let first = try await header {
        $0[TarBlock.typeFlag] = UInt8(ascii: "S")
        $0.replaceSubrange(TarBlock.magic, with: TarBlock.gnuMagic)
        $0[TarBlock.sparseHasMore] = 1
      }
      return (0..<4_000).reduce(into: first) { bytes, _ in bytes += block }
    },
  ]

  /// An extended header with any content.
  static func pax(_ content: [UInt8]) async throws -> [UInt8] {
    try await header {
      $0[TarBlock.typeFlag] = UInt8(ascii: "x")
      $0.replaceSubrange(TarBlock.contentSize, with: TarNumber.encode(Int64(content.count), width: 12))
    } + content + [UInt8](repeating: 0, count: TarBlock.padding(after: Int64(content.count)))
  }

  @Test(arguments: hostile) func hostileBytesAreRefused(_ hostile: Hostile) async throws {
    let bytes = try await hostile.bytes()
    let error = #expect(throws: TarError.self) { try readMembers(bytes, 4_096) }
    #expect(error?.code == hostile.code, "\(error.map(\.description) ?? "")")
  }

  /// No change of any byte crashes the reader; each gives a verdict.
  @Test func changedBytesGiveAVerdict() async throws {
    let bytes = try await archive(Self.members)
    var generator = SeededGenerator(state: 1)
    for _ in 0..<3_000 {
      var changed = bytes
      for _ in 0..<Int.random(in: 1...6, using: &generator) {
        let start = Int.random(in: 0..<10, using: &generator) * 512
        changed[min(start + Int.random(in: 0..<512, using: &generator), changed.count - 1)] =
          UInt8.random(in: 0...255, using: &generator)
      }
      // The checksums are made right again, so that what lies behind them is reached.
      for start in stride(from: 0, to: changed.count - 511, by: 512)
      where Array(changed[(start + 257)..<(start + 262)]) == Array("ustar".utf8) {
        let sum = TarBlock.checksums(of: Array(changed[start..<(start + 512)])).unsigned
        changed.replaceSubrange((start + 148)..<(start + 156), with: TarNumber.encode(sum, width: 7) + [32])
      }
      _ = try? readMembers(changed, 1_000)
    }
  }

  @Test(
    arguments: [
      ("/etc/passwd", TarName.Hazard.absolute), ("a/../../b", .parent), ("..", .parent), ("a/..b", nil), ("./a", nil),
    ] as [(String, TarName.Hazard?)])
  func hostileNamesAreFlagged(name: String, hazard: TarName.Hazard?) async throws {
    let bytes = try await archive([
      Member(entry: TarEntry(name: TarName(name))),
      Member(entry: TarEntry(name: "l", kind: .hardLink, linkTarget: TarName(name))),
      Member(entry: TarEntry(name: "s", kind: .symbolicLink, linkTarget: TarName(name))),
    ])
    #expect(try readMembers(bytes, 512).map(\.entry.hazard) == [hazard, hazard, nil])
  }

  @Test func aNameForPeopleHidesNothing() {
    #expect(TarName("a\u{1b}[31m\n\u{202e}b").description == "a\\u{1b}[31m\\u{a}\\u{202e}b")
  }

  @Test(
    arguments: [
      ("1700000000", 1_700_000_000, 0), ("1.5", 1, 500_000_000), ("-1.25", -2, 750_000_000), ("0.0000000019", 0, 1),
      ("-7", -7, 0),
    ] as [(String, Int64, Int32)])
  func timesAreReadAndWritten(text: String, seconds: Int64, nanoseconds: Int32) {
    let time = TarEntry.Time(seconds: seconds, nanoseconds: nanoseconds)
    #expect(TarNumber.time(Array(text.utf8)) == time)
    #expect(TarNumber.time(Array(TarNumber.text(time).utf8)) == time)
  }

  @Test(arguments: [0, 1, 8_589_934_591, 8_589_934_592, Int64.max, -1, -512, Int64.min])
  func numbersAreReadAndWritten(number: Int64) {
    #expect(TarNumber.decode(TarNumber.encode(number, width: 12)[...]) == number)
  }

  @Test func memoryDoesNotGrowWithContent() throws {
    var reader = TarReader()
    let entry = TarEntry(name: "big", size: 1 << 33)
    _ = try reader.consume(ByteBuffer(bytes: TarHeaderEncoder.encode(entry, storedSize: 1 << 33)))
    let piece = ByteBuffer(repeating: 1, count: 1 << 20)
    var seen: Int64 = 0
    for _ in 0..<(1 << 13) {
      for case .content(let bytes) in try reader.consume(piece) { seen += Int64(bytes.readableBytes) }
    }
    #expect(seen == 1 << 33)
    #expect(try reader.consume(ByteBuffer(bytes: endMark)) == [.archiveEnd])
    try reader.finish()
  }
}

/// ``members(of:pieces:)``, whose name the suite's own member hides.
private func readMembers(_ bytes: [UInt8], _ pieces: Int) throws -> [Member] { try members(of: bytes, pieces: pieces) }
