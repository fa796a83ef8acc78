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
