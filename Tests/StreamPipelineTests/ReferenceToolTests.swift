import Age
import Foundation
import NIOCore
import Testing

@testable import StreamPipeline

/// Promise 8 of DESIGN: with `age` and `zstd` alone a person can restore.
@Suite struct ReferenceToolTests {
  static let sizes = [0, 1, 100_000, 6 << 20]

  @Test(arguments: sizes)
  func toolsOpenWhatWeStore(size: Int) async throws {
    try await withTemporaryFolder { folder in
      let identity = AgeIdentity.generate()
      let plain = mixedBytes(size, seed: 1)
      var pipeline = try EncodePipeline(
        compression: .zstd(level: 3), encryption: .age([try #require(identity.recipient)]))
      try folder.appending(path: "x.zst.age").write(try pipeline.transform(pieces(plain, seed: 1)))
      try folder.appending(path: "key").write(Array(try #require(identity.revealSecretKey()).utf8))
      func path(_ name: String) -> String { folder.appending(path: name).path }
      try await runTool("age", ["-d", "-i", path("key"), "-o", path("x.zst"), path("x.zst.age")])
      try await runTool("zstd", ["-d", "-q", path("x.zst"), "-o", path("x")])
      #expect(try folder.appending(path: "x").bytes() == plain)
    }
  }

  @Test(arguments: sizes)
  func weOpenWhatToolsStore(size: Int) async throws {
    try await withTemporaryFolder { folder in
      let identity = AgeIdentity.generate()
      let plain = mixedBytes(size, seed: 2)
      try folder.appending(path: "x").write(plain)
      func path(_ name: String) -> String { folder.appending(path: name).path }
      try await runTool("zstd", ["-3", "-q", path("x"), "-o", path("x.zst")])
      try await runTool(
        "age", ["-r", "\(try #require(identity.recipient))", "-o", path("x.zst.age"), path("x.zst")])
      var pipeline = try DecodePipeline(DecodeSettings(encodings: [.zstd, .age], identities: [identity]))
      #expect(try pipeline.transform(pieces(folder.appending(path: "x.zst.age").bytes(), seed: 2)) == plain)
    }
  }

  @Test func zstdFilesOfOtherShapesAreRead() async throws {
    try await withTemporaryFolder { folder in
      let plain = mixedBytes(3 << 20, seed: 3)
      let input = folder.appending(path: "x")
      try input.write(plain)
      let shapes = [("a", ["-1", "--no-check"]), ("b", ["-19", "-T2"]), ("c", ["--fast=5", "-B1MiB", "-T2"])]
      for (name, options) in shapes {
        let file = folder.appending(path: name)
        try await runTool("zstd", options + ["-q", input.path, "-o", file.path])
        var decompressor = try ZstdDecompressor()
        #expect(try decompressor.transform(pieces(file.bytes(), seed: 4)) == plain)
        // Frames after each other are one stream, also with a skippable one between.
        let skippable: [UInt8] = [0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]
        var joined = try ZstdDecompressor()
        #expect(
          try joined.transform(pieces(file.bytes() + skippable + file.bytes(), seed: 5)) == plain + plain)
        var cut = try ZstdDecompressor()
        #expect(throws: StreamPipelineError.self) { try cut.transform([ByteBuffer(bytes: file.bytes().dropLast())]) }
        for tail in [[0], [1, 2, 3, 4, 5], Array("PK".utf8)] as [[UInt8]] {
          var trailing = try ZstdDecompressor()
          #expect(throws: StreamPipelineError.self) {
            try trailing.transform([ByteBuffer(bytes: file.bytes() + tail)])
          }
        }
      }
    }
  }

  @Test func hugeWindowIsRefusedUnlessAllowed() async throws {
    try await withTemporaryFolder { folder in
      let (input, file) = (folder.appending(path: "x"), folder.appending(path: "x.zst"))
      let plain = mixedBytes(200_000, seed: 6)
      try input.write(plain)
      // From a pipe, so that zstd does not shrink the window to the file's size.
      try await runTool("sh", ["-c", "zstd -q --long=27 < \(input.path) > \(file.path)"])
      var careful = try ZstdDecompressor()
      let error = try #require(
        #expect(throws: StreamPipelineError.self) { try careful.transform([ByteBuffer(bytes: file.bytes())]) })
      #expect(error.code == .windowTooLarge)
      var trusting = try ZstdDecompressor(maximumWindowLog: 27)
      #expect(try trusting.transform([ByteBuffer(bytes: file.bytes())]) == plain)
      #expect(throws: StreamPipelineError.self) { try ZstdDecompressor(maximumWindowLog: 28) }
    }
  }
}
