import Crypto
import NIOCore
import ObjectStore
import ObjectStoreTestKit
import S3Store
import Testing

/// Parts whose digest the caller knows already.
@Suite struct S3PartDigestTests {
  @Test func aKnownDigestIsTheOneThatIsSigned() async throws {
    try await withSeaweed { store, _, _ in
      #expect(store.usesPartSHA256)
      let body = patternedBytes(100_000)
      let digest = body.withUnsafeReadableBytes { Array(SHA256.hash(data: $0)) }
      let upload = try await store.startUpload("a")
      try await upload.uploadPart(1, body: body, sha256: digest)
      try await upload.complete()
      var stored = ByteBuffer()
      try await store.get("a", range: nil) { chunk in stored.writeImmutableBuffer(chunk) }
      #expect(stored == body)
    }
  }

  /// Promise 4: the server compares it with the bytes.
  @Test func aPartWhoseDigestIsWrongIsAnErrorOfIntegrity() async throws {
    try await withSeaweed { store, _, _ in
      let upload = try await store.startUpload("a")
      await #expect {
        try await upload.uploadPart(1, body: patternedBytes(1_000), sha256: [UInt8](repeating: 7, count: 32))
      } throws: { code($0) == .integrity }
      try await upload.abort()
      #expect(try await store.head("a") == nil)
    }
  }

  @Test func withTLSNoDigestIsAskedFor() async throws {
    try await withSeaweed { _, configuration, _ in
      var configuration = configuration
      configuration.endpoint = "https://127.0.0.1:1"
      try await S3Store.withStore(configuration) { #expect(!$0.usesPartSHA256) }
    }
  }
}
