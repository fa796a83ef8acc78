import Foundation
import NIOCore
import Testing

@testable import Tar

@Suite struct TarWriterTests {
  @Test func contentOfAnotherSizeIsRefused() async throws {
    let error = await #expect(throws: TarError.self) {
      try await withTarWriter(into: { _ in }) { writer in
        try await writer.begin(TarEntry(name: "a", size: 3))
        try await writer.write(ByteBuffer(string: "four"))
      }
    }
    #expect(error?.code == .invalidEntry)
    #expect(error?.member == "a")
    await #expect(throws: TarError.self) {
      try await withTarWriter(into: { _ in }) { writer in
        try await writer.begin(TarEntry(name: "a", size: 3))
        try await writer.end()
      }
    }
    await #expect(throws: TarError.self) {
      try await withTarWriter(into: { _ in }) { try await $0.begin(TarEntry(name: "a", size: 3)) }
    }
  }

  @Test func entriesThatCannotBeAreRefused() async throws {
    let entries = [
      TarEntry(name: ""), TarEntry(name: "a\u{0}b"), TarEntry(name: "a", size: -1),
      TarEntry(name: "a", kind: .symbolicLink), TarEntry(name: "a", kind: .hardLink, linkTarget: ""),
      TarEntry(name: "a", kind: .directory, size: 5),
      TarEntry(name: "a", sparse: TarSparse(realSize: 5, segments: [.init(offset: 3, length: 3)])),
      TarEntry(
        name: "a",
        sparse: TarSparse(realSize: 50, segments: [.init(offset: 0, length: 3), .init(offset: 9, length: 3)])),
    ]
    for entry in entries {
      await #expect(throws: TarError.self) {
        try await withTarWriter(into: { _ in }) { try await $0.begin(entry) }
      }
    }
  }

  @Test func aFailingSinkEndsTheArchive() async throws {
    struct Full: Error {}
    await #expect(throws: Full.self) {
      try await withTarWriter(into: { _ in throw Full() }) {
        try await $0.append(TarEntry(name: "a"), content: ByteBuffer(repeating: 1, count: 1 << 20))
      }
    }
  }

  @Test func manySmallMembersMakeFewChunks() async throws {
    var sizes: [Int] = []
    try await withTarWriter(into: { sizes.append($0.readableBytes) }) { writer in
      for index in 0..<1_000 {
        try await writer.append(TarEntry(name: TarName("f\(index)")), content: ByteBuffer(string: "text"))
      }
    }
    #expect(sizes.reduce(0, +) == 1_034_240)
    #expect(sizes.count < 12)
  }

  @Test func equalCallsGiveEqualBytes() async throws {
    let members = TarReaderTests.members
    #expect(try await archive(members) == archive(members))
  }
}

/// Sparse files as they are read from one archive and copied into another.
@Suite struct TarSparseCopyTests {
  private func copy(_ bytes: [UInt8]) async throws -> [UInt8] {
    var reader = TarReader()
    var result: [UInt8] = []
    let events = try reader.consume(ByteBuffer(bytes: bytes))
    try reader.finish()
    try await withTarWriter(into: { result += Array($0.readableBytesView) }) { writer in
      for event in events {
        switch event {
        case .entry(var entry):
          if let sparse = entry.sparse, sparse.format != .pax10 {
            entry.sparse = sparse.inFormat10
            try await writer.begin(entry)
          } else {
            try await writer.beginCopy(of: entry)
          }
        case .content(let bytes): try await writer.write(bytes)
        case .entryEnd: try await writer.end()
        case .archiveEnd: break
        }
      }
    }
    return result
  }

  @Test(arguments: ["gnu", "0.0", "0.1", "1.0"], [8 << 20, (8 << 20) + 7]) func copiesExtractAsTheOriginal(
    version: String, size: Int
  ) async throws {
    try await withTemporaryFolder { folder in
      let format = version == "gnu" ? "--format=gnu" : "--format=posix --sparse-version=\(version)"
      let bytes = try await shell(
        """
        truncate -s \(size) holes; for i in 0 1 2 3 4 5 6 7; do
        printf data | dd of=holes bs=1 seek=$((i * 1048576 + 65536)) conv=notrunc 2>/dev/null; done
        tar \(format) --sparse -cf - holes
        """, in: folder)
      let copied = try await copy(bytes)
      try Data(copied).write(to: URL(fileURLWithPath: folder + "/copy.tar"))
      let used = try await shellText(
        "mkdir out; tar -xf copy.tar -C out; cmp holes out/holes; du -k out/holes", in: folder)
      #expect(Int(used.prefix { $0.isNumber }) ?? 9_999 < 200)
      let entry = try #require(try members(of: copied).first)
      var map = TarSparseMapReader(entry.entry)
      var content = ByteBuffer(bytes: entry.content)
      try map.consume(&content)
      try map.finish()
      #expect(map.segments?.reduce(0) { $0 + $1.length } == Int64(content.readableBytes))
    }
  }

  @Test(arguments: [1, 7, 600]) func mapsAreReadInAnyPieces(pieces: Int) throws {
    var entry = TarEntry(name: "s", sparse: TarSparse(realSize: 10_000, segments: []))
    entry.size = 512 + 612
    var bytes = ByteBuffer(string: "2\n0\n512\n9900\n100\n")
    bytes.writeRepeatingByte(0, count: 512 - bytes.readableBytes)
    bytes.writeRepeatingByte(1, count: 612)
    var map = TarSparseMapReader(entry)
    var rest = 0
    while var piece = bytes.readSlice(length: min(pieces, bytes.readableBytes)), piece.readableBytes > 0 {
      try map.consume(&piece)
      rest += piece.readableBytes
    }
    try map.finish()
    #expect(map.segments == [.init(offset: 0, length: 512), .init(offset: 9_900, length: 100)])
    #expect(rest == 612)
  }

  @Test func aMapThatIsCutIsRefused() throws {
    var map = TarSparseMapReader(TarEntry(name: "s", sparse: TarSparse(realSize: 10, segments: [])))
    var bytes = ByteBuffer(string: "2\n0\n")
    try map.consume(&bytes)
    #expect(throws: TarError.self) { try map.finish() }
  }
}
